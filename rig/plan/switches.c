// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draws the values of the kernel switches that a run varies, and adds kernel parameters to the
 * command line.
 */
#include "plan/internal.h"

#include "scenario/switches.h"
#include "util/error.h"

/*
 * Returns the kernel option that the switch S needs, if CONFIG does not have it; otherwise NULL,
 * also if CONFIG is NULL (unknown).
 */
static const char *lacks(GHashTable *config, const struct kernel_switch *s)
{
	const char *const needs[] = {s->needs, NULL};
	g_autoptr(GPtrArray) missing =
		config && s->needs ? kernel_config_lacks(config, needs) : NULL;

	return missing && missing->len ? s->needs : NULL;
}

/*
 * Draws the switch in TEXT. KERNEL was built with the config fragment of the drawn value, if
 * kconfig accepted that.
 */
static gboolean add_switch(struct scenario *scenario, const struct kernel *kernel,
			   GHashTable *config, const char *text, guint64 seed, json_t *list,
			   GError **error)
{
	const struct switch_value *value = switch_draw(text, seed, error);
	const struct kernel_switch *s = value ? switch_find(text, error) : NULL;
	const char *lacking = s ? lacks(config, s) : NULL;
	const char *refused = s && value->fragment ? kernel->refused : NULL;
	char *words;

	if (!s)
		return FALSE;
	json_array_append_new(list, json_pack("{s:s, s:s?, s:s?, s:s*}", "switch", s->name, "value",
					      lacking || refused ? NULL : value->name, "lacks",
					      lacking, "refused", refused));
	if (lacking || refused)
		return TRUE;
	words = g_strconcat(scenario->cmdline, *scenario->cmdline && *value->words ? " " : "",
			    value->words, NULL);
	g_free(scenario->cmdline);
	scenario->cmdline = words;
	return TRUE;
}

static gboolean has_switch(char **texts, const struct kernel_switch *s)
{
	for (; texts && *texts; texts++)
		if (switch_find(*texts, NULL) == s)
			return TRUE;
	return FALSE;
}

/*
 * Adds the switches in TEXTS. If a switch occurs again, later in TEXTS or in LATER, only the last
 * entry counts, so the earlier one is left out.
 */
static gboolean add_all(struct scenario *scenario, const struct kernel *kernel, GHashTable *config,
			char **texts, char **later, guint64 seed, json_t *list, GError **error)
{
	for (; texts && *texts; texts++) {
		const struct kernel_switch *s = switch_find(*texts, NULL);

		if (!has_switch(texts + 1, s) && !has_switch(later, s) &&
		    !add_switch(scenario, kernel, config, *texts, seed, list, error))
			return FALSE;
	}
	return TRUE;
}

gboolean plan_switches(const struct run_request *want, struct scenario *scenario,
		       const struct kernel *kernel, guint64 seed, json_t **ret, GError **error)
{
	g_autoptr(GHashTable) config = NULL;
	json_auto_t *list = json_array();

	if (!*scenario->vary && !want->vary)
		return TRUE;
	if (kernel->config && !(config = kernel_config_load(kernel->config, error)))
		return FALSE;
	if (!add_all(scenario, kernel, config, scenario->vary, want->vary, seed, list,
		     error) ||
	    !add_all(scenario, kernel, config, want->vary, NULL, seed, list, error))
		return FALSE;
	*ret = json_incref(list);
	return TRUE;
}
