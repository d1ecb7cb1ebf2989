// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses and checks holds (--hold), which make a vCPU wait at a place of the kernel. rig/director
 * finds the addresses of the places.
 */
#include "scenario/scenario.h"

#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"

#define DEFAULT_VISITS 1
#define DEFAULT_MAX_MS 200
#define DEFAULT_TIMES 100

#define NAME "[A-Za-z_.][A-Za-z0-9_.]*"
#define PLACE_FORMS                                                                   \
	"function, function+0x12, return of function, return of function in caller, " \
	"update in function, update 2 in function, file.c:line (the directories before it may be " \
	"given)"

gboolean hold_check_place(const char *place, GError **error)
{
	static const char pattern[] =
		"^(?:(?:return of |update (?:[1-9] )?in )?" NAME "|return of " NAME " in " NAME
		"|" NAME "\\+0x[0-9a-f]{1,8}|[A-Za-z0-9_./+-]+\\.[chS]:[0-9]{1,7})$";

	if (strlen(place) <= HOLD_PLACE_MAX && g_regex_match_simple(pattern, place, 0, 0))
		return TRUE;
	return rig_fail(error, RIG_EXIT_USAGE, "invalid place '%s' (allowed: " PLACE_FORMS ")",
			place);
}

gboolean hold_check_after(const struct hold_spec *hold, unsigned earlier, GError **error)
{
	return hold->after <= earlier ||
	       rig_fail(error, RIG_EXIT_USAGE,
			"invalid 'after' %u of a hold: it must be the number of an earlier hold, "
			"from 1 (there are %u earlier holds)",
			hold->after, earlier);
}

gboolean hold_check_comm(const char *comm, GError **error)
{
	return (*comm && strlen(comm) < FAIL_COMM && !strpbrk(comm, " ,\t\n")) ||
	       rig_fail(error, RIG_EXIT_USAGE,
			"invalid 'comm' '%s' (the name of a task, at most %d bytes, as in "
			"/proc/PID/comm; kworker* matches names that begin with kworker)",
			comm, FAIL_COMM - 1);
}

/*
 * Checks `same`, a condition on the arguments of both places of a hold. The plugin can read
 * arguments only at a function's first instruction, so both places must be functions.
 */
static gboolean check_same(const struct hold_spec *hold, GError **error)
{
	const char *partner = hold_partner(hold);

	if (!g_regex_match_simple("^(?:block|arg[1-4](?: arg[1-4])?)$", hold->same, 0, 0))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid 'same' '%s' (allowed: argN; argN argM, one argument of "
				"each function; block, the memory block; N and M are 1 to 4)",
				hold->same);
	return (partner && g_regex_match_simple("^" NAME "$", hold->at, 0, 0) &&
		g_regex_match_simple("^" NAME "$", partner, 0, 0)) ||
	       rig_fail(error, RIG_EXIT_USAGE,
			"'same' needs 'until' or 'meet', and functions as both places: arguments "
			"can be read only where a function begins");
}

static gboolean in_range(const char *what, unsigned value, unsigned max, GError **error)
{
	return (value >= 1 && value <= max) ||
	       rig_fail(error, RIG_EXIT_USAGE, "invalid %s %u of a hold (1 to %u)", what, value,
			max);
}

const char *hold_partner(const struct hold_spec *hold)
{
	return hold->until ? hold->until : hold->meet;
}

gboolean hold_check(struct hold_spec *hold, GError **error)
{
	const char *partner = hold_partner(hold);

	if (hold->until && hold->meet)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"the hold at '%s' has both 'until' (it waits for another vCPU at that "
			"place) and 'meet' (both wait for each other); leave one out",
			hold->at);
	if (!hold->until && hold->visits)
		return rig_fail(error, RIG_EXIT_USAGE, "'visits' is allowed only with 'until'");
	hold->visits = hold->visits ? hold->visits : DEFAULT_VISITS;
	hold->max_ms = hold->max_ms ? hold->max_ms : DEFAULT_MAX_MS;
	hold->times = hold->times ? hold->times : DEFAULT_TIMES;
	return hold_check_place(hold->at, error) &&
	       (!partner || hold_check_place(partner, error)) &&
	       (!hold->comm || hold_check_comm(hold->comm, error)) &&
	       (!hold->same || check_same(hold, error)) &&
	       in_range("'visits'", hold->visits, HOLD_VISITS_MAX, error) &&
	       in_range("'max'", hold->max_ms, HOLD_MS_MAX, error) &&
	       in_range("'times'", hold->times, HOLD_TIMES_MAX, error);
}

/* Parses an option with its name, like "visits 16" or "comm sh". */
static gboolean parse_option(struct hold_spec *hold, const char *text, GError **error)
{
	const struct {
		const char *word;
		unsigned *value, max;
	} numbers[] = {{"visits ", &hold->visits, HOLD_VISITS_MAX},
		       {"max ", &hold->max_ms, HOLD_MS_MAX},
		       {"times ", &hold->times, HOLD_TIMES_MAX},
		       {"after ", &hold->after, DIRECTOR_HOLDS_MAX}};
	const struct {
		const char *word;
		char **value;
	} words[] = {{"comm ", &hold->comm}, {"same ", &hold->same}};
	guint64 value;

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_str_has_prefix(text, words[i].word)) {
			g_free(*words[i].value);
			*words[i].value = g_strdup(text + strlen(words[i].word));
			return TRUE;
		}

	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (g_str_has_prefix(text, numbers[i].word) &&
		    g_ascii_string_to_unsigned(text + strlen(numbers[i].word), 10, 0, G_MAXUINT,
					       &value, NULL)) {
			*numbers[i].value = value;
			/* 0 is rejected here, because hold_check() takes it for the default */
			return value || rig_fail(error, RIG_EXIT_USAGE,
						 "invalid '%s' of a hold (1 to %u)", text,
						 numbers[i].max);
		}
	return rig_fail(
		error, RIG_EXIT_USAGE,
		"invalid '%s' of a hold (allowed: visits N, max MILLISECONDS, times N, after N, "
		"comm NAME, same WHAT)",
		text);
}

gboolean hold_parse(const char *text, struct hold_spec *ret, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", 8);
	struct hold_spec hold = {0};
	g_auto(GStrv) sides = NULL;
	gboolean meet;

	meet = *parts && strstr(*parts, " meet ");
	sides = g_strsplit(*parts ? *parts : "", meet ? " meet " : " until ", 2);
	if (!*sides)
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid hold '%s' (for example 'memory_block_add_nid until "
				"valid_zones_show, visits 16', 'A meet B', or 'A, max 200')",
				text);
	hold.at = g_strstrip(g_strdup(sides[0]));
	*(meet ? &hold.meet : &hold.until) = g_strdup(sides[1]);
	if (sides[1])
		g_strstrip(meet ? hold.meet : hold.until);
	for (char **part = parts + 1; *part; part++)
		if (!parse_option(&hold, g_strstrip(*part), error))
			goto bad;
	if (!hold_check(&hold, error))
		goto bad;
	*ret = hold;
	return TRUE;
bad:
	hold_clear(&hold);
	return FALSE;
}

void hold_clear(struct hold_spec *hold)
{
	g_free(hold->at);
	g_free(hold->until);
	g_free(hold->meet);
	g_free(hold->comm);
	g_free(hold->same);
}

char *hold_text(const struct hold_spec *hold)
{
	GString *text = g_string_new(hold->at);

	if (hold_partner(hold))
		g_string_append_printf(text, " %s %s", hold->until ? "until" : "meet",
				       hold_partner(hold));
	if (hold->visits > 1)
		g_string_append_printf(text, ", visits %u", hold->visits);
	g_string_append_printf(text, ", max %u, times %u", hold->max_ms, hold->times);
	if (hold->after)
		g_string_append_printf(text, ", after %u", hold->after);
	if (hold->comm)
		g_string_append_printf(text, ", comm %s", hold->comm);
	if (hold->same)
		g_string_append_printf(text, ", same %s", hold->same);
	return g_string_free(text, FALSE);
}

gboolean scenario_add_hold(struct scenario *scenario, const char *text, GError **error)
{
	struct hold_spec hold;

	if (scenario->n_holds == DIRECTOR_HOLDS_MAX)
		return rig_fail(error, RIG_EXIT_USAGE, "too many holds (at most %d)",
				DIRECTOR_HOLDS_MAX);
	if (!hold_parse(text, &hold, error))
		return FALSE;
	if (!hold_check_after(&hold, scenario->n_holds, error)) {
		hold_clear(&hold);
		return FALSE;
	}
	scenario->holds = g_renew(struct hold_spec, scenario->holds, scenario->n_holds + 1);
	scenario->holds[scenario->n_holds++] = hold;
	return TRUE;
}
