// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fetches results from nodes that share no folder with this host. A step of srun on such a node
 * (`rig task --send`) prints the returned results as one archive. This process checks the archive
 * and unpacks it under a temporary name; then it renames each result into returned/. At the next
 * call, the node deletes the results that have arrived.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "slurm/internal.h"
#include "util/archive.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

#define FETCH_LIMIT_S 600
/* If a task has ended, but its result cannot be fetched for this long, the result is abandoned. */
#define GIVE_UP_NS (600 * RIG_NS_PER_S)
#define ARCHIVE_MAX (16ull << 30)
#define DROP_MAX 500 /* maximum number of names of results to delete in one command line */

static const struct archive_limits limits = {.bytes = 64ull << 30, .files = 1000000};

/* ---- which nodes to ask ---- */

void fetch_want(struct task *task)
{
	struct slurm *s = task->batch->slurm;

	for (guint i = 0; i < s->links->len; i++) {
		struct link *link = s->links->pdata[i];

		if (!*task->node || !strcmp(link->node, task->node))
			link->wanted = TRUE;
	}
}

gboolean fetch_is_over(const struct task *task)
{
	const struct slurm *s = task->batch->slurm;

	/* do not wait any longer, although the node may still have the result */
	if (task->state == JOB_NODE_FAIL || rig_now_ns() - task->missing_ns > GIVE_UP_NS)
		return TRUE;
	for (guint i = 0; i < s->links->len; i++) {
		const struct link *link = s->links->pdata[i];

		if ((!*task->node || !strcmp(link->node, task->node)) &&
		    link->fetched_ns < task->missing_ns)
			return FALSE;
	}
	return TRUE;
}

/* ---- received results ---- */

void fetch_clear(struct link *link)
{
	if (link->archive_fd >= 0)
		close(link->archive_fd);
	link->archive_fd = -1;
	if (link->archive)
		g_unlink(link->archive);
	g_clear_pointer(&link->archive, g_free);
}

/* Moves the result NAME ("b7.3.0") from DIR/returned to `returned` of the record folder. */
static void take_result(struct link *link, const char *dir, const char *name)
{
	g_autofree char *from = g_build_filename(dir, "returned", name, NULL);
	g_autofree char *to = g_build_filename(link->slurm->dir, "returned", name, NULL);

	/* ignore a second copy of a result */
	if (!g_rename(from, to) || errno == EEXIST || errno == ENOTEMPTY)
		g_ptr_array_add(link->received, g_strdup(name));
}

/*
 * Moves "b7.3.log", the output of task NAME ("b7.3"), to the folder b7.log of the record folder,
 * also if the task has no result.
 */
static void take_log(struct link *link, const char *dir, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, ".", 2);
	g_autofree char *logs = parts[1] ? g_strconcat(parts[0], ".log", NULL) : NULL;
	g_autofree char *file = g_strconcat(name, ".log", NULL);
	g_autofree char *from = g_build_filename(dir, "log", file, NULL), *to = NULL;

	if (!parts[1] || !batch_named(link->slurm, parts[0]) ||
	    strspn(parts[1], "0123456789") != strlen(parts[1]))
		return;
	to = g_build_filename(link->slurm->dir, logs, parts[1], NULL);
	g_rename(from, to);
}

static gboolean unpack(struct link *link)
{
	g_autofree char *dir = g_build_filename(link->slurm->dir, SWEEP_NEW "XXXXXX", NULL);
	g_autofree char *returned = NULL, *logs = NULL;
	g_auto(GStrv) results = NULL;
	g_auto(GStrv) names = NULL;
	gboolean ok;

	if (!g_mkdtemp_full(dir, 0755))
		return FALSE;
	ok = archive_unpack(link->archive, dir, &limits, NULL);
	returned = g_build_filename(dir, "returned", NULL);
	logs = g_build_filename(dir, "log", NULL);
	results = rig_names_in(returned, "");
	names = rig_names_in(logs, ".log");
	for (char **name = results; ok && *name; name++)
		take_result(link, dir, *name);
	for (char **name = names; ok && *name; name++)
		take_log(link, dir, *name);
	sweep_remove(dir, NULL);
	return ok;
}

static void on_output(const char *bytes, gsize n, void *data)
{
	struct link *link = data;

	/* ignore errors and bytes beyond the limit: unpack() rejects an incomplete archive */
	if (n > link->archive_left || write(link->archive_fd, bytes, n) != (ssize_t)n)
		n = link->archive_left;
	link->archive_left -= n;
}

static void on_fetched(struct command *command, int code, const char *out, const char *why,
		       void *data)
{
	struct link *link = data;

	(void)out;
	(void)why;
	link->fetch = NULL;
	/* code 0 without output is a failure, because srun has lost the output */
	if (code == RIG_EXIT_SKIP || (!code && link->archive_left && unpack(link))) {
		link->fetched_ns = link->asked_ns;
		link->wanted = FALSE;
	} else {
		/* if this was a step inside a task, the task has probably ended */
		link->job = 0;
	}
	fetch_clear(link);
	command_free(command);
}

/* ---- calls of srun ---- */

static GPtrArray *fetch_words(struct link *link)
{
	/* if the rig or the record is not on the node, the node has no results */
	static const char run[] = "rig=$1; shift; [ ! -x \"$rig\" ] || [ ! -d \"$1\" ] || "
				  "exec \"$rig\" task --send \"$@\"; exit 77";
	const struct slurm *s = link->slurm;
	const char *const words[] = {"sh", "-c", run, "sh", s->carried_rig, s->carried_record};
	GPtrArray *argv = carry_step(link);
	guint n = MIN(link->received->len, DROP_MAX);

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(argv, g_strdup(link->received->pdata[i]));
	if (n)
		g_ptr_array_remove_range(link->received, 0, n);
	g_ptr_array_add(argv, NULL);
	return argv;
}

static void ask(struct link *link)
{
	g_autoptr(GPtrArray) argv = fetch_words(link);

	link->archive = g_build_filename(link->slurm->dir, ".archive-XXXXXX", NULL);
	link->archive_fd = g_mkstemp_full(link->archive, O_RDWR | O_CLOEXEC, 0600);
	link->archive_left = ARCHIVE_MAX;
	link->asked_ns = rig_now_ns();
	if (link->archive_fd >= 0)
		link->fetch = command_start((const char *const *)argv->pdata, NULL, FETCH_LIMIT_S,
					    on_output, on_fetched, link, NULL);
	if (!link->fetch)
		fetch_clear(link);
}

void fetch_next(struct slurm *s)
{
	for (guint i = 0; i < s->links->len; i++) {
		struct link *link = s->links->pdata[i];

		if (link->wanted && !link->fetch && !link->send &&
		    rig_now_ns() - link->asked_ns >= POLL_NS)
			ask(link);
	}
}
