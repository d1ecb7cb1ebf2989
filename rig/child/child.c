// SPDX-License-Identifier: GPL-2.0-only
/* Starts a child, reads its two pipes and interprets its end. */
#include "child/child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/spawn.h"

#define LIMIT_GRACE_S 20

enum { OUT, ERR, N_PIPES };

struct child {
	gboolean is_build;
	struct process process;
	int pipe[N_PIPES];
	guint pipe_source[N_PIPES], end_source, timer;
	GString *text[N_PIPES];
	guint limit_s;
	gboolean overflow, ended;
	struct child_result result;
	child_done done;
	void *data;
	gboolean in_done, freed; /* child_free() was called by DONE: free when it returns */
};

/* ---- the command line ---- */

static void add(GPtrArray *argv, const char *option, const char *value)
{
	if (!value)
		return;
	g_ptr_array_add(argv, g_strdup(option));
	g_ptr_array_add(argv, g_strdup(value));
}

static void add_each(GPtrArray *argv, const char *option, const char *const *values)
{
	for (; values && *values; values++)
		add(argv, option, *values);
}

static void add_number(GPtrArray *argv, const char *option, guint number)
{
	g_autofree char *text = number ? g_strdup_printf("%u", number) : NULL;

	add(argv, option, text);
}

static GPtrArray *words_new(const char *rig, const char *first, const char *second)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, rig ? g_strdup(rig) : g_strdup("/proc/self/exe"));
	g_ptr_array_add(argv, g_strdup(first));
	g_ptr_array_add(argv, g_strdup(second));
	return argv;
}

static GPtrArray *run_words(const struct child_spec *spec)
{
	GPtrArray *argv = words_new(spec->rig, "run", "--json");

	add(argv, "--machine", spec->machine);
	add(argv, "--kernel", spec->kernel);
	add_each(argv, "--patch", spec->patches);
	add_each(argv, "--fragment", spec->fragments);
	add(argv, "--seed", spec->seed);
	add_number(argv, "--duration", spec->duration_s);
	add_number(argv, "--patience", spec->patience_s);
	add_number(argv, "--jobs", spec->jobs);
	add(argv, "--results", spec->results);
	add_each(argv, "--label", spec->labels);
	for (const char *const *word = spec->extra; word && *word; word++)
		g_ptr_array_add(argv, g_strdup(*word));
	/* protects a scenario's name that begins with - */
	add(argv, "--", spec->scenario);
	g_ptr_array_add(argv, NULL);
	return argv;
}

static GPtrArray *build_words(const struct child_build_spec *spec)
{
	GPtrArray *argv = words_new(spec->rig, "kernel", "build");

	g_ptr_array_add(argv, g_strdup("--json"));
	add(argv, "--source", spec->source);
	add(argv, "--arch", spec->arch);
	add_each(argv, "--patch", spec->patches);
	add_each(argv, "--fragment", spec->fragments);
	add_number(argv, "--jobs", spec->jobs);
	if (spec->no_lockdep)
		g_ptr_array_add(argv, g_strdup("--no-lockdep"));
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* ---- its end ---- */

static enum verdict verdict_of_exit(const struct child *child)
{
	if (child->result.end == CHILD_STOPPED)
		return VERDICT_ABORTED;
	if (child->result.end == CHILD_TIMED_OUT)
		return VERDICT_INFRA;
	if (child->result.exit_code == RIG_EXIT_PASS && child->is_build)
		return VERDICT_PASS;
	return child->result.exit_code == RIG_EXIT_SKIP ? VERDICT_SKIP : VERDICT_INFRA;
}

/* The last line of its standard error, or how it ended. */
static char *explain(const struct child *child)
{
	g_autofree char *words = g_utf8_make_valid(child->text[ERR]->str, child->text[ERR]->len);
	const char *last;

	if (child->result.end == CHILD_TIMED_OUT)
		return g_strdup_printf("did not end within its limit of %u s", child->limit_s);
	if (child->overflow)
		return g_strdup_printf("printed more than %u bytes", CHILD_ANSWER_MAX);
	if (child->result.exit_code < 0 && child->result.end != CHILD_STOPPED)
		return g_strdup_printf("killed by signal %d", -child->result.exit_code);
	last = strrchr(g_strchomp(words), '\n');
	last = last ? last + 1 : words;
	if (g_str_has_prefix(last, "rig: "))
		last += strlen("rig: ");
	return *last ? g_strdup(last)
		     : g_strdup_printf("ended with code %d", child->result.exit_code);
}

static void read_build_answer(struct child *child)
{
	struct child_result *r = &child->result;

	r->verdict = verdict_of_exit(child);
	if (!json_object_get(r->answer, "image") && r->verdict == VERDICT_PASS)
		r->verdict = VERDICT_INFRA;
	if (r->verdict != VERDICT_PASS)
		r->problem = explain(child);
}

/*
 * The printed verdict counts only with the exit code that belongs to it. A run that its limit
 * ended prints ABORTED, which means that the user stopped it: that one does not count.
 */
static void read_run_answer(struct child *child)
{
	struct child_result *r = &child->result;
	const char *word = json_string_value(json_object_get(r->answer, "verdict"));

	r->run = g_strdup(json_string_value(json_object_get(r->answer, "run")));
	if (word && verdict_parse(word, &r->verdict) &&
	    verdict_exit_code(r->verdict) == r->exit_code &&
	    !(r->end == CHILD_TIMED_OUT && r->verdict == VERDICT_ABORTED))
		return;
	r->verdict = verdict_of_exit(child);
	r->problem = explain(child);
}

static void read_answer(struct child *child)
{
	struct child_result *r = &child->result;

	if (!child->overflow)
		r->answer = json_loadb(child->text[OUT]->str, child->text[OUT]->len, 0, NULL);
	if (!json_is_object(r->answer)) {
		json_decref(r->answer);
		r->answer = json_object();
	}
	if (child->is_build)
		read_build_answer(child);
	else
		read_run_answer(child);
}

static void reap(struct child *child)
{
	struct process_end end;

	process_reap(&child->process, &end);
	child->result.exit_code = end.code;
	child->result.cpu_s = end.cpu_s;
	child->result.wall_s = end.wall_s;
}

/* Calls DONE when the child and both pipes have ended. */
static void settle(struct child *child)
{
	if (child->process.pid || child->pipe_source[OUT] || child->pipe_source[ERR] ||
	    child->ended)
		return;
	child->ended = TRUE;
	g_clear_handle_id(&child->timer, g_source_remove);
	read_answer(child);
	child->in_done = TRUE;
	child->done(child, &child->result, child->data);
	child->in_done = FALSE;
	if (child->freed)
		child_free(child);
}

static gboolean on_end(int fd, GIOCondition condition, void *data)
{
	struct child *child = data;

	(void)fd;
	(void)condition;
	child->end_source = 0;
	reap(child);
	settle(child);
	return G_SOURCE_REMOVE;
}

/* ---- its output ---- */

static void take(struct child *child, int which, const char *bytes, gsize n)
{
	GString *text = child->text[which];

	if (which == OUT && text->len + n > CHILD_ANSWER_MAX) {
		child->overflow = TRUE;
		return;
	}
	g_string_append_len(text, bytes, n);
	if (which == ERR && text->len > 2 * CHILD_WORDS_MAX)
		g_string_erase(text, 0, text->len - CHILD_WORDS_MAX);
}

static gboolean on_output(int fd, GIOCondition condition, void *data)
{
	struct child *child = data;
	int which = fd == child->pipe[OUT] ? OUT : ERR;
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		take(child, which, bytes, n);
		return G_SOURCE_CONTINUE;
	}
	child->pipe_source[which] = 0;
	settle(child);
	return G_SOURCE_REMOVE;
}

/* ---- starting and stopping ---- */

static gboolean on_grace_over(void *data)
{
	struct child *child = data;

	child->timer = 0;
	process_signal(&child->process, SIGKILL);
	return G_SOURCE_REMOVE;
}

/* SIGTERM now, SIGKILL after GRACE_S; END is the reason. */
static void terminate(struct child *child, enum child_end end, guint grace_s)
{
	if (!child->process.pid || child->result.end != CHILD_ENDED)
		return;
	child->result.end = end;
	process_signal(&child->process, SIGTERM);
	g_clear_handle_id(&child->timer, g_source_remove);
	child->timer = g_timeout_add_seconds(grace_s, on_grace_over, child);
}

void child_stop(struct child *child, guint grace_s)
{
	terminate(child, CHILD_STOPPED, grace_s);
}

static gboolean on_limit(void *data)
{
	struct child *child = data;

	child->timer = 0;
	terminate(child, CHILD_TIMED_OUT, LIMIT_GRACE_S);
	return G_SOURCE_REMOVE;
}

static void watch(struct child *child)
{
	for (int i = 0; i < N_PIPES; i++) {
		fcntl(child->pipe[i], F_SETFL, O_NONBLOCK);
		child->pipe_source[i] = g_unix_fd_add(child->pipe[i], G_IO_IN | G_IO_HUP | G_IO_ERR,
						      on_output, child);
	}
	child->end_source = g_unix_fd_add(child->process.pidfd, G_IO_IN, on_end, child);
}

static struct child *start(GPtrArray *argv, const char *const *env, guint limit_s, child_done done,
			   void *data, GError **error)
{
	rig_auto(child) child = g_new0(struct child, 1);
	const struct spawn spawn = {
		.argv = (const char *const *)argv->pdata,
		.env = env,
		.new_group = TRUE,
		.out = SPAWN_PIPE,
		.err = SPAWN_PIPE,
	};

	child->pipe[OUT] = child->pipe[ERR] = -1;
	for (int i = 0; i < N_PIPES; i++)
		child->text[i] = g_string_new(NULL);
	child->done = done;
	child->data = data;
	child->limit_s = limit_s;
	if (!process_start(&spawn, &child->process, error))
		return NULL;
	child->pipe[OUT] = child->process.out;
	child->pipe[ERR] = child->process.err;
	watch(child);
	if (limit_s)
		child->timer = g_timeout_add_seconds(limit_s, on_limit, child);
	return g_steal_pointer(&child);
}

struct child *child_run(const struct child_spec *spec, child_done done, void *data, GError **error)
{
	g_autoptr(GPtrArray) argv = run_words(spec);

	return start(argv, spec->env, spec->limit_s, done, data, error);
}

struct child *child_build(const struct child_build_spec *spec, child_done done, void *data,
			  GError **error)
{
	g_autoptr(GPtrArray) argv = build_words(spec);
	struct child *child = start(argv, spec->env, spec->limit_s, done, data, error);

	if (child)
		child->is_build = TRUE;
	return child;
}

int child_pid(const struct child *child)
{
	return child->process.pid;
}

void child_free(struct child *child)
{
	if (!child)
		return;
	if (child->in_done) {
		child->freed = TRUE;
		return;
	}
	if (child->process.pid) {
		process_signal(&child->process, SIGKILL);
		process_reap(&child->process, NULL);
	}
	g_clear_handle_id(&child->timer, g_source_remove);
	g_clear_handle_id(&child->end_source, g_source_remove);
	for (int i = 0; i < N_PIPES; i++) {
		g_clear_handle_id(&child->pipe_source[i], g_source_remove);
		if (child->pipe[i] >= 0)
			close(child->pipe[i]);
		if (child->text[i])
			g_string_free(child->text[i], TRUE);
	}
	json_decref(child->result.answer);
	g_free(child->result.run);
	g_free(child->result.problem);
	g_free(child);
}
