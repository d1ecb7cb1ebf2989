// SPDX-License-Identifier: GPL-2.0-only
/* Checks `expect` of a scenario: the steps and agents that it lists must exist in the scenario. */
#include "scenario/read.h"

#include <string.h>

#include "scenario/fallible.h"

/*
 * The possible outcomes of each kind of step. If `errnos` is set, the step writes a file in the
 * guest and can also end with an errno.
 */
static const struct {
	enum step_do what;
	gboolean errnos;
	const char *const results[4];
} ends[] = {
	{STEP_PLUG, FALSE, {"ok", "refused", NULL}},
	{STEP_UNPLUG, FALSE, {"deleted", "refused", "timed out", NULL}},
	{STEP_RESIZE, FALSE, {"ok", "timed out", NULL}},
	{STEP_ONLINE, TRUE, {"ok", NULL}},
	{STEP_CPU, TRUE, {"ok", NULL}},
};

/*
 * Returns TRUE if WORD is the name of an errno, or a number such as "E524", which the guest prints
 * for an errno without a name.
 */
static gboolean is_errno(const char *word)
{
	guint64 value;

	return *word == 'E' && (fallible_value(RETURNS_ERRNO, word, &value) ||
				g_ascii_string_to_unsigned(word + 1, 10, 1, 4095, NULL, NULL));
}

static gboolean has_step(const struct scenario *s, const struct expect_outcome *one)
{
	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++)
			if (s->tracks[t].steps[i].what == one->what &&
			    !g_strcmp0(s->tracks[t].steps[i].id, one->id))
				return TRUE;
	return FALSE;
}

static gboolean check_agent_outcome(struct yaml_tree *tree, yaml_node_t *node,
				    const struct scenario *s, const struct expect_outcome *one,
				    GError **error)
{
	gboolean found = FALSE;

	for (unsigned i = 0; i < s->n_agents; i++)
		found |= !strcmp(s->agents[i].name, one->agent);
	if (!found)
		return yaml_tree_fail(tree, yaml_tree_get(tree, node, "agent"), error,
				      "the scenario has no agent '%s'", one->agent);
	if (strcmp(one->result, "ok") && !is_errno(one->result))
		return yaml_tree_fail(tree, yaml_tree_get(tree, node, "result"), error,
				      "invalid result '%s'; allowed: ok, or an errno like EBUSY",
				      one->result);
	return TRUE;
}

static gboolean check_step_outcome(struct yaml_tree *tree, yaml_node_t *node,
				   const struct scenario *s, const struct expect_outcome *one,
				   GError **error)
{
	yaml_node_t *result = yaml_tree_get(tree, node, "result");

	if (!has_step(s, one))
		return yaml_tree_fail(tree, node, error, "the scenario has no step '%s'%s%s",
				      step_do_name(one->what), one->id ? " of " : "",
				      one->id ? one->id : "");
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		if (ends[i].what != one->what)
			continue;
		if (g_strv_contains(ends[i].results, one->result) ||
		    (ends[i].errnos && is_errno(one->result)))
			break;
		return yaml_tree_fail_word(
			tree, result, error, one->result, ends[i].results,
			"invalid result '%s' of '%s'%s", one->result, step_do_name(one->what),
			ends[i].errnos ? " (neither an errno like EBUSY nor a known word)" : "");
	}
	if (one->what == STEP_UNPLUG && strcmp(one->result, "deleted") && s->accounts)
		return yaml_tree_fail(tree, result, error,
				      "after a refused unplug the guest still has the memory, so "
				      "the accounts differ; set 'accounts: false'");
	return TRUE;
}

gboolean check_expect(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *expect = yaml_tree_get(tree, yaml_tree_root(tree), "expect");
	yaml_node_t *list = yaml_tree_get(tree, expect, "outcomes");

	if (expect && !s->expect.kind && !s->expect.n_outcomes)
		return yaml_tree_fail(tree, expect, error, "'expect' needs 'kind' or 'outcomes'");
	if (s->expect.kind && s->expect.n_outcomes)
		return yaml_tree_fail(tree, list, error,
				      "'outcomes' are only for a run that passes; leave out "
				      "'kind', which expects a report");
	for (unsigned i = 0; i < s->expect.n_outcomes; i++) {
		const struct expect_outcome *one = &s->expect.outcomes[i];
		yaml_node_t *node = yaml_tree_item(tree, list, i);

		if (!!one->agent == !!yaml_tree_get(tree, node, "do"))
			return yaml_tree_fail(tree, node, error,
					      "an outcome needs either 'do' or 'agent'");
		if (one->agent ? !check_agent_outcome(tree, node, s, one, error)
			       : !check_step_outcome(tree, node, s, one, error))
			return FALSE;
	}
	return TRUE;
}
