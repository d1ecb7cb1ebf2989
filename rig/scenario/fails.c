// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses and checks the option --fail: calls of kernel functions that are made to fail.
 * rig/director finds the functions in a kernel.
 */
#include <string.h>

#include "plugin/protocol.h"
#include "scenario/fallible.h"
#include "scenario/scenario.h"
#include "util/error.h"

#define NAME "^[A-Za-z_.][A-Za-z0-9_.]*$"
#define FORMS                                                                               \
	"'FUNCTION [in CALLER] [ERRNO][, call N][, times N][, comm NAME][, after STEP]', for " \
	"example 'arch_add_memory ENOMEM, call 2'"

static gboolean check_name(const char *what, const char *name, GError **error)
{
	return (strlen(name) <= HOLD_PLACE_MAX && g_regex_match_simple(NAME, name, 0, 0)) ||
	       rig_fail(error, RIG_EXIT_USAGE,
			"invalid %s '%s' of 'fail' (allowed: the name of a C function)", what,
			name);
}

/*
 * Checks the errno that the call FAIL is to return; if it has none, sets the default from the table
 * in fallible.c.
 */
static gboolean choose_errno(struct fail_spec *fail, GError **error)
{
	const struct fallible *known = fallible_find(fail->function, fail->in);
	g_auto(GStrv) errors = known ? g_strsplit(known->errors, " ", -1) : NULL;
	guint64 value;

	if (!fail->error && !known)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' is not in the table of functions that can fail (`rig race "
				"--fail --list`): give the errno, too ('%s ENOMEM'), or NULL if it "
				"returns a pointer",
				fail->function, fail->function);
	if (!fail->error)
		fail->error = g_strdup(errors[0]);
	if (!fallible_value(RETURNS_ERRNO, fail->error, &value))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid errno '%s' of 'fail' (a name, for example ENOMEM, or NULL "
				"for a function that returns a pointer%s%s)",
				fail->error,
				known ? "; `rig race --fail --list` has for this one: " : "",
				known ? known->errors : "");
	if (known && !strcmp(fail->error, "NULL") != (known->returns == RETURNS_POINTER))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid errno '%s' of 'fail': '%s' %s (`rig race --fail --list` "
				"has: %s)",
				fail->error, fail->function,
				known->returns == RETURNS_POINTER ? "returns NULL when it fails"
								  : "does not return a pointer",
				known->errors);
	return TRUE;
}

/* Returns TRUE if SCENARIO has the step AFTER, such as "plug d" or "cpu". */
static gboolean has_step(const struct scenario *scenario, const char *after)
{
	for (unsigned t = 0; t < scenario->n_tracks; t++)
		for (unsigned i = 0; i < scenario->tracks[t].n_steps; i++)
			if (fail_is_after(after, &scenario->tracks[t].steps[i]))
				return TRUE;
	return FALSE;
}

gboolean fail_is_after(const char *after, const struct step *step)
{
	const char *word = step_do_name(step->what);
	gsize len = strlen(word);

	return !strncmp(after, word, len) &&
	       (!after[len] || (after[len] == ' ' && !g_strcmp0(after + len + 1, step->id)));
}

gboolean fail_complete(struct fail_spec *fail, const struct scenario *scenario, GError **error)
{
	fail->call = fail->call ? fail->call : 1;
	fail->times = fail->times ? fail->times : 1;
	if (fail->comm && !hold_check_comm(fail->comm, error))
		return FALSE;
	if (fail->after && !has_step(scenario, fail->after))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid 'after' '%s' of 'fail': this scenario has no such "
				"step; a step is written like 'plug d'",
				fail->after);
	return check_name("function", fail->function, error) &&
	       (!fail->in || check_name("'in'", fail->in, error)) && choose_errno(fail, error);
}

static gboolean parse_number(const char *word, const char *text, unsigned *ret, GError **error)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, 1, FAIL_CALL_MAX, &value, NULL))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid '%s%s' of --fail (1 to %d; 'call N': the Nth call fails)",
				word, text, FAIL_CALL_MAX);
	*ret = value;
	return TRUE;
}

/* Parses an option such as "call 2" or "comm kworker*". */
static gboolean parse_option(struct fail_spec *fail, const char *text, GError **error)
{
	const struct {
		const char *word;
		unsigned *number;
		char **text;
	} options[] = {
		{"call ", &fail->call, NULL},
		{"times ", &fail->times, NULL},
		{"comm ", NULL, &fail->comm},
		{"after ", NULL, &fail->after},
	};

	for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
		const char *value = text + strlen(options[i].word);

		if (!g_str_has_prefix(text, options[i].word))
			continue;
		if (options[i].number)
			return parse_number(options[i].word, value, options[i].number, error);
		g_free(*options[i].text);
		*options[i].text = g_strstrip(g_strdup(value));
		return TRUE;
	}
	return rig_fail(error, RIG_EXIT_USAGE, "invalid '%s' of --fail (allowed: " FORMS ")", text);
}

/* Parses "FUNCTION [in CALLER] [ERRNO]". */
static gboolean parse_call(struct fail_spec *fail, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	guint n = g_strv_length(words), used = 1;

	if (n && *words[0]) {
		fail->function = g_strdup(words[0]);
		if (n >= 3 && !strcmp(words[1], "in")) {
			fail->in = g_strdup(words[2]);
			used = 3;
		}
		if (n == used + 1)
			fail->error = g_strdup(words[used++]);
		if (n == used)
			return TRUE;
	}
	return rig_fail(error, RIG_EXIT_USAGE, "invalid --fail '%s' (allowed: " FORMS ")", text);
}

void fail_clear(struct fail_spec *fail)
{
	g_free(fail->function);
	g_free(fail->in);
	g_free(fail->error);
	g_free(fail->comm);
	g_free(fail->after);
}

char *fail_text(const struct fail_spec *fail)
{
	GString *text = g_string_new(fail->function);

	if (fail->in)
		g_string_append_printf(text, " in %s", fail->in);
	g_string_append_printf(text, " %s, call %u", fail->error, fail->call);
	if (fail->times > 1)
		g_string_append_printf(text, ", times %u", fail->times);
	if (fail->comm)
		g_string_append_printf(text, ", comm %s", fail->comm);
	if (fail->after)
		g_string_append_printf(text, ", after %s", fail->after);
	return g_string_free(text, FALSE);
}

gboolean scenario_add_fail(struct scenario *scenario, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", 8);
	struct fail_spec fail = {0};

	if (scenario->n_fails == DIRECTOR_FAILS_MAX)
		return rig_fail(error, RIG_EXIT_USAGE, "--fail is given more than %d times",
				DIRECTOR_FAILS_MAX);
	if (!parse_call(&fail, *parts ? g_strstrip(*parts) : "", error))
		goto bad;
	for (char **part = parts + 1; *parts && *part; part++)
		if (!parse_option(&fail, g_strstrip(*part), error))
			goto bad;
	if (!fail_complete(&fail, scenario, error))
		goto bad;
	scenario->fails = g_renew(struct fail_spec, scenario->fails, scenario->n_fails + 1);
	scenario->fails[scenario->n_fails++] = fail;
	return TRUE;
bad:
	fail_clear(&fail);
	return FALSE;
}
