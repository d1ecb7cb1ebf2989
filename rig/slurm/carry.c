// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies files to nodes that share no folder with this host. A step of srun on each node reads an
 * archive from standard input, checks it, unpacks it, and renames the folder; a node that has the
 * folder already reads nothing. The tasks of an array are in the array's script.
 */
#include <string.h>

#include "kernel/kernel.h"
#include "slurm/internal.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"
#include "util/text.h"

#define SEND_LIMIT_S 600
#define STEP_LIMIT_S 60 /* seconds that srun waits for room on a node */
#define PROBE_LIMIT_S 10
/*
 * A node is excluded at REFUSALS_MAX points. If the node refuses an archive, this counts REFUSED
 * points, so three times are sufficient. A failure of srun counts one point, because the controller
 * may only be restarting; but while the place is being opened, one failure is sufficient.
 */
#define REFUSALS_MAX 10
#define REFUSED 4
#define RETRY_NS (15 * RIG_NS_PER_S)
#define AT_A_TIME 8

/* ---- command lines of srun ---- */

static void add(GPtrArray *argv, const char *word)
{
	g_ptr_array_add(argv, g_strdup(word));
}

GPtrArray *carry_step(const struct link *link)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	add(argv, "srun");
	add(argv, "--quiet");
	add(argv, "--nodes=1");
	add(argv, "--ntasks=1");
	add(argv, "--chdir=/");
	g_ptr_array_add(argv, g_strdup_printf("--nodelist=%s", link->node));
	if (link->job) {
		g_ptr_array_add(argv, g_strdup_printf("--jobid=%u", link->job));
		add(argv, "--overlap");
		add(argv, "--mem=0");
	} else {
		g_ptr_array_add(argv, g_strdup_printf("--job-name=%s-carry", link->slurm->name));
		g_ptr_array_add(argv, g_strdup_printf("--immediate=%d", STEP_LIMIT_S));
		cluster_add_options(&link->slurm->options, argv);
	}
	return argv;
}

/* ---- sending archives to nodes ---- */

static void lose(struct link *link, const char *why)
{
	struct slurm *s = link->slurm;
	guint left = 0;

	g_queue_clear(&link->parts);
	g_ptr_array_add(s->excluded, g_strdup(link->node));
	s->update_at = 0;
	for (guint i = 0; i < s->links->len; i++)
		left += ((struct link *)s->links->pdata[i])->refusals < REFUSALS_MAX;
	if (!left && s->base.failed)
		slurm_fail(s,
			   g_error_new(RIG_ERROR, RIG_EXIT_INFRA,
				       "no node accepts the files that its tasks need; node "
				       "'%s': %s", link->node, why));
}

static void on_sent(struct command *command, int code, const char *out, const char *why, void *data)
{
	struct link *link = data;
	const struct slurm *s = link->slurm;

	(void)out;
	link->send = NULL;
	if (!code) {
		g_queue_pop_head(&link->parts);
		link->refusals = 0;
	} else if (link->job && code != PART_REFUSED) {
		/* the step was to run inside a task, which has probably ended */
		link->job = 0;
	} else {
		link->refusals += code == PART_REFUSED ? REFUSED : s->decided ? 1 : REFUSALS_MAX;
		/* while the place is being opened, no timer would start another attempt */
		link->retry_ns = s->decided ? rig_now_ns() + RETRY_NS : 0;
		if (link->refusals >= REFUSALS_MAX)
			lose(link, *why ? why : "srun failed");
	}
	command_free(command);
	carry_next(link->slurm);
}

static void send(struct link *link)
{
	const struct part *part = g_queue_peek_head(&link->parts);
	g_autoptr(GPtrArray) argv = carry_step(link);
	const char *const words[] = {
		"sh",	      "-c",	  part_unpack_script, "sh",
		part->parent, part->name, part->sum,	      link->slurm->carried_record};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		add(argv, words[i]);
	g_ptr_array_add(argv, NULL);
	link->send = command_start((const char *const *)argv->pdata, part->file, SEND_LIMIT_S, NULL,
				   on_sent, link, NULL);
}

void carry_next(struct slurm *s)
{
	guint running = 0;

	/*
	 * all processors may be used by tasks of an earlier process; then a step has room only
	 * inside such a task, which the first squeue call finds
	 */
	if (s->reconciling)
		return;
	for (guint i = 0; i < s->links->len; i++)
		running += ((struct link *)s->links->pdata[i])->send != NULL;
	for (guint i = 0; i < s->links->len && running < AT_A_TIME; i++) {
		struct link *link = s->links->pdata[i];

		if (link->send || g_queue_is_empty(&link->parts) ||
		    (link->refusals && rig_now_ns() < link->retry_ns))
			continue;
		send(link);
		running++;
	}
}

void carry_send(struct slurm *s, struct part *part)
{
	g_ptr_array_add(s->parts, part);
	for (guint i = 0; i < s->links->len; i++) {
		struct link *link = s->links->pdata[i];

		if (link->refusals < REFUSALS_MAX)
			g_queue_push_tail(&link->parts, part);
	}
}

gboolean carry_is_busy(const struct slurm *s)
{
	for (guint i = 0; i < s->links->len; i++)
		if (!g_queue_is_empty(&((struct link *)s->links->pdata[i])->parts))
			return TRUE;
	return FALSE;
}

/* ---- which nodes there are ---- */

static void link_free(void *data)
{
	struct link *link = data;

	command_free(link->send);
	command_free(link->fetch);
	fetch_clear(link);
	g_queue_clear(&link->parts);
	g_ptr_array_unref(link->received);
	g_free(link->node);
	g_free(link);
}

static void part_unref(void *part)
{
	part_free(part);
}

static void add_link(struct slurm *s, const char *node)
{
	struct link *link = g_new0(struct link, 1);

	link->slurm = s;
	link->node = g_strdup(node);
	link->archive_fd = -1;
	g_queue_init(&link->parts);
	link->received = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(s->links, link);
}

static struct link *find_link(const struct slurm *s, const char *node)
{
	for (guint i = 0; i < s->links->len; i++)
		if (!strcmp(((struct link *)s->links->pdata[i])->node, node))
			return s->links->pdata[i];
	return NULL;
}

void carry_note_job(struct slurm *s, const char *node, guint job)
{
	struct link *link = find_link(s, node);

	if (!link)
		return;
	link->job = job;
	link->job_poll = s->polls;
}

void carry_forget_jobs(struct slurm *s)
{
	for (guint i = 0; i < s->links->len; i++) {
		struct link *link = s->links->pdata[i];

		if (link->job_poll != s->polls)
			link->job = 0;
	}
}

json_t *carry_json(const struct slurm *s)
{
	json_t *nodes = json_array();

	for (guint i = 0; i < s->links->len; i++)
		json_array_append_new(nodes,
				      json_string(((struct link *)s->links->pdata[i])->node));
	return nodes;
}

static gboolean find_nodes(struct slurm *s, GError **error)
{
	g_auto(GStrv) lines = cluster_nodes(&s->options, error);

	for (char **line = lines; lines && *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", 2);

		if (!words[0] || !words[1])
			continue;
		if (cluster_is_up(words[1]))
			add_link(s, words[0]);
		else
			g_ptr_array_add(s->excluded, g_strdup(words[0]));
	}
	return lines != NULL;
}

static gboolean send_now(struct slurm *s, GError **error)
{
	guint taken = 0;

	carry_next(s);
	while (carry_is_busy(s))
		g_main_context_iteration(NULL, TRUE);
	for (guint i = 0; i < s->links->len; i++)
		taken += !((struct link *)s->links->pdata[i])->refusals;
	return taken || rig_fail(error, RIG_EXIT_INFRA,
				 "the nodes share no folder with this host, and none of %u node%s "
				 "accepts a copy of the rig by srun; `rig doctor --on slurm` "
				 "prints why",
				 s->links->len, text_s(s->links->len));
}

gboolean carry_begin(struct slurm *s, json_t *nodes, GError **error)
{
	g_autofree char *base = parts_base();
	struct part *rig = part_rig(error);
	json_t *node;
	size_t i;

	if (!rig)
		return FALSE;
	s->carry = TRUE;
	s->carried_rig = g_build_filename(rig->parent, rig->name, "bin", "rig", NULL);
	s->carried_record = g_build_filename(base, "record", s->name, NULL);
	if (!find_nodes(s, error)) {
		part_free(rig);
		return FALSE;
	}
	carry_send(s, rig);
	/* also include nodes that are down, because they may be up later */
	json_array_foreach (nodes, i, node)
		if (json_is_string(node) && !find_link(s, json_string_value(node)))
			add_link(s, json_string_value(node));
	/*
	 * with NODES, carry_next() sends the rig later: a node may have room only inside a task of
	 * an earlier process, which is not known yet
	 */
	return nodes || send_now(s, error);
}

gboolean carry_is_needed(const struct slurm *s)
{
	static const char look[] =
		"if [ -e \"$1/returned\" ] && [ -x \"$2\" ]; then echo shared; else echo apart; fi";
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *output = NULL;
	struct spawn spawn = {.limit_ms = (PROBE_LIMIT_S + 5) * 1000};

	add(argv, "srun");
	add(argv, "--quiet");
	add(argv, "--nodes=1");
	add(argv, "--ntasks=1");
	add(argv, "--chdir=/");
	g_ptr_array_add(argv, g_strdup_printf("--immediate=%d", PROBE_LIMIT_S));
	cluster_add_options(&s->options, argv);
	add(argv, "sh");
	add(argv, "-c");
	add(argv, look);
	add(argv, "sh");
	add(argv, s->dir);
	add(argv, s->options.rig ? s->options.rig : self);
	g_ptr_array_add(argv, NULL);
	spawn.argv = (const char *const *)argv->pdata;
	/*
	 * if srun gets no answer, all nodes are busy: assume a shared folder. If this is wrong, the
	 * tasks will report that they cannot read it
	 */
	return spawn_run(&spawn, &output, NULL) && strstr(output, "apart");
}

void carry_free(struct slurm *s)
{
	if (s->links)
		g_ptr_array_unref(s->links);
	if (s->parts)
		g_ptr_array_unref(s->parts);
	g_string_free(s->kernels, TRUE);
	g_string_free(s->sources, TRUE);
	g_free(s->carried_rig);
	g_free(s->carried_record);
}

void carry_init(struct slurm *s)
{
	s->links = g_ptr_array_new_with_free_func(link_free);
	s->parts = g_ptr_array_new_with_free_func(part_unref);
	s->kernels = g_string_new(NULL);
	s->sources = g_string_new(NULL);
}

/* ---- the script of an array ---- */

static char *script_text(const struct batch *batch, const char *tasks)
{
	const struct slurm *s = batch->slurm;
	g_autofree char *base = parts_base(), *top = g_path_get_dirname(base),
			*cache = g_path_get_dirname(top);
	g_autofree char *cache_q = g_shell_quote(cache), *rig_q = g_shell_quote(s->carried_rig),
			*record_q = g_shell_quote(s->carried_record),
			*kernels_q = g_shell_quote(s->kernels->str),
			*sources_q = g_shell_quote(s->sources->str);

	return g_strdup_printf(
		"#!/bin/sh\n"
		"export XDG_CACHE_HOME=%s " KERNEL_CARRIED "=%s " KERNEL_SOURCES "=%s\n"
		"unset RIG_PROGRAM RIG_HOME\n"
		"rig=%s record=%s name=%s\n"
		"if [ ! -x \"$rig\" ]; then\n"
		"\techo \"rig: node '$SLURMD_NODENAME' does not have '$rig'\" >&2\n"
		"\texit 3\n"
		"fi\n"
		"cd / && mkdir -p \"$record/returned\" || exit 3\n"
		"if [ ! -e \"$record/$name.batch\" ]; then\n"
		"\tnew=$(mktemp \"$record/.new-XXXXXX\") && cat >\"$new\" <<'END OF TASKS' && "
		"mv \"$new\" \"$record/$name.batch\" || exit 3\n"
		"%sEND OF TASKS\n"
		"fi\n"
		"exec \"$rig\" task%s \"$record\" \"$name\"\n",
		cache_q, kernels_q, sources_q, rig_q, record_q, batch->name, tasks,
		batch->kind == CHILD_BUILD ? " --kernel" : "");
}

char *carry_script(const struct batch *batch, GError **error)
{
	g_autofree char *name = g_strconcat(batch->name, ".batch", NULL),
			*script = g_strconcat(batch->name, ".sh", NULL);
	g_autofree char *from = g_build_filename(batch->slurm->dir, name, NULL), *tasks = NULL;
	g_autofree char *file = g_build_filename(batch->slurm->dir, script, NULL), *text = NULL;

	if (!rig_read_file(from, CARRY_TASKS_MAX, &tasks, NULL, error))
		return NULL;
	text = script_text(batch, tasks);
	return rig_write_file(file, text, -1, error) ? g_steal_pointer(&file) : NULL;
}
