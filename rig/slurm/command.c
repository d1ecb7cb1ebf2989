// SPDX-License-Identifier: GPL-2.0-only
/* Runs one program, and reports its output and its exit from the main loop. */
#include "slurm/command.h"

#include <signal.h>
#include <string.h>

#include "util/piped.h"

#define KEPT_MAX (1u << 20)

struct command {
	struct piped piped;
	guint timer;
	GString *text[PIPED_N];
	command_output output;
	command_done done;
	void *data;
};

char *command_why(const char *text)
{
	g_autofree char *copy = g_utf8_make_valid(text, -1);
	const char *last, *error;

	last = strrchr(g_strchomp(copy), '\n');
	last = last ? last + 1 : copy;
	error = strstr(last, "error: ");
	return g_strdup(error ? error + strlen("error: ") : last);
}

static void on_ended(const struct process_end *end, void *data)
{
	struct command *c = data;
	g_autofree char *why = command_why(c->text[PIPED_ERR]->str);

	g_clear_handle_id(&c->timer, g_source_remove);
	c->done(c, end->code, c->text[PIPED_OUT]->str, why, c->data);
}

static void on_output(int which, const char *bytes, gsize n, void *data)
{
	struct command *c = data;

	if (which == PIPED_OUT && c->output)
		c->output(bytes, n, c->data);
	else if (c->text[which]->len + n <= KEPT_MAX)
		g_string_append_len(c->text[which], bytes, n);
}

static gboolean on_limit(void *data)
{
	struct command *c = data;

	c->timer = 0;
	process_signal(&c->piped.process, SIGKILL);
	return G_SOURCE_REMOVE;
}

struct command *command_start(const char *const *argv, const char *input, guint limit_s,
			      command_output output, command_done done, void *data, GError **error)
{
	/* list arrays in full: by default squeue cuts the list of tasks off after 64 characters */
	const char *const env[] = {"SLURM_BITSTR_LEN=0", NULL};
	const struct spawn spawn = {.argv = argv, .env = env, .input = input};
	rig_auto(command) c = g_new0(struct command, 1);
	const struct piped_calls calls = {on_output, on_ended, c};

	c->output = output;
	c->done = done;
	c->data = data;
	for (int i = 0; i < PIPED_N; i++)
		c->text[i] = g_string_new(NULL);
	if (!piped_start(&c->piped, &spawn, &calls, error))
		return NULL;
	c->timer = g_timeout_add_seconds(limit_s, on_limit, c);
	return g_steal_pointer(&c);
}

void command_free(struct command *c)
{
	if (!c)
		return;
	piped_clear(&c->piped);
	g_clear_handle_id(&c->timer, g_source_remove);
	for (int i = 0; i < PIPED_N; i++)
		g_string_free(c->text[i], TRUE);
	g_free(c);
}
