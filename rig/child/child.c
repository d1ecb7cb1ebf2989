// SPDX-License-Identifier: GPL-2.0-only
/* Starts a child, keeps its output and waits for its exit. */
#include "child/child.h"

#include <signal.h>

#include "util/piped.h"

#define LIMIT_GRACE_S 20

struct child {
	enum child_kind kind;
	struct piped piped;
	guint timer;
	GString *text[PIPED_N];
	guint limit_s;
	gboolean overflow;
	struct child_result result;
	child_done done;
	void *data;
	gboolean in_done; /* the function `done` is running */
	/* `done` has called child_free(); the child is freed after `done` returns */
	gboolean freed;
};

/* ---- the command line of a child ---- */

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

static GPtrArray *words_new(const char *first, const char *second)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup(first));
	g_ptr_array_add(argv, g_strdup(second));
	return argv;
}

static char **words_end(GPtrArray *argv)
{
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

char **child_run_words(const struct child_spec *spec)
{
	GPtrArray *argv = words_new("run", "--json");

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
	/* "--" protects a scenario's name that begins with "-" */
	add(argv, "--", spec->scenario);
	return words_end(argv);
}

char **child_build_words(const struct child_build_spec *spec)
{
	GPtrArray *argv = words_new("kernel", "build");

	g_ptr_array_add(argv, g_strdup("--json"));
	add(argv, "--source", spec->source);
	add(argv, "--arch", spec->arch);
	add_each(argv, "--patch", spec->patches);
	add_each(argv, "--fragment", spec->fragments);
	add(argv, "--optional", spec->optional);
	add(argv, "--scenario", spec->scenario);
	add_number(argv, "--jobs", spec->jobs);
	if (spec->no_lockdep)
		g_ptr_array_add(argv, g_strdup("--no-lockdep"));
	return words_end(argv);
}

/* ---- the end of a child ---- */

static void on_ended(const struct process_end *end, void *data)
{
	struct child *child = data;

	g_clear_handle_id(&child->timer, g_source_remove);
	child->result.exit_code = end->code;
	child->result.cpu_s = end->cpu_s;
	child->result.wall_s = end->wall_s;
	child_read_answer(child->kind, child->limit_s,
			  child->overflow ? NULL : child->text[PIPED_OUT], child->text[PIPED_ERR],
			  &child->result);
	child->in_done = TRUE;
	child->done(child, &child->result, child->data);
	child->in_done = FALSE;
	if (child->freed)
		child_free(child);
}

static void on_output(int which, const char *bytes, gsize n, void *data)
{
	struct child *child = data;
	GString *text = child->text[which];

	if (which == PIPED_OUT && text->len + n > CHILD_ANSWER_MAX) {
		child->overflow = TRUE;
		return;
	}
	g_string_append_len(text, bytes, n);
	if (which == PIPED_ERR && text->len > 2 * CHILD_WORDS_MAX)
		g_string_erase(text, 0, text->len - CHILD_WORDS_MAX);
}

/* ---- starting and stopping ---- */

static gboolean on_grace_over(void *data)
{
	struct child *child = data;

	child->timer = 0;
	process_signal(&child->piped.process, SIGKILL);
	return G_SOURCE_REMOVE;
}

/* Sends SIGTERM now, and SIGKILL after GRACE_S. END is stored as the reason. */
static void terminate(struct child *child, enum child_end end, guint grace_s)
{
	if (!child->piped.process.pid || child->result.end != CHILD_ENDED)
		return;
	child->result.end = end;
	process_signal(&child->piped.process, SIGTERM);
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

static char **with_program(const struct child_command *command)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

	g_strv_builder_add(argv, command->rig ? command->rig : "/proc/self/exe");
	g_strv_builder_addv(argv, (const char **)command->words);
	return g_strv_builder_end(argv);
}

struct child *child_start(const struct child_command *command, child_done done, void *data,
			  GError **error)
{
	rig_auto(child) child = g_new0(struct child, 1);
	g_auto(GStrv) argv = with_program(command);
	const struct spawn spawn = {.argv = (const char *const *)argv, .env = command->env};
	const struct piped_calls calls = {on_output, on_ended, child};

	child->kind = command->kind;
	for (int i = 0; i < PIPED_N; i++)
		child->text[i] = g_string_new(NULL);
	child->done = done;
	child->data = data;
	child->limit_s = command->limit_s;
	if (!piped_start(&child->piped, &spawn, &calls, error))
		return NULL;
	if (child->limit_s)
		child->timer = g_timeout_add_seconds(child->limit_s, on_limit, child);
	return g_steal_pointer(&child);
}

struct child *child_run(const struct child_spec *spec, child_done done, void *data, GError **error)
{
	g_auto(GStrv) words = child_run_words(spec);
	const struct child_command command = {CHILD_RUN, words, spec->env, spec->rig,
					      spec->limit_s};

	return child_start(&command, done, data, error);
}

struct child *child_build(const struct child_build_spec *spec, child_done done, void *data,
			  GError **error)
{
	g_auto(GStrv) words = child_build_words(spec);
	const struct child_command command = {CHILD_BUILD, words, spec->env, spec->rig,
					      spec->limit_s};

	return child_start(&command, done, data, error);
}

int child_pid(const struct child *child)
{
	return child->piped.process.pid;
}

void child_free(struct child *child)
{
	if (!child)
		return;
	if (child->in_done) {
		child->freed = TRUE;
		return;
	}
	piped_clear(&child->piped);
	g_clear_handle_id(&child->timer, g_source_remove);
	for (int i = 0; i < PIPED_N; i++)
		g_string_free(child->text[i], TRUE);
	child_result_clear(&child->result);
	g_free(child);
}
