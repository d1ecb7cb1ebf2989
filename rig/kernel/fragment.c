// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses config fragments, merges them into a base config as scripts/kconfig/merge_config.sh does,
 * and compares the result of kconfig with them. rig-kernel(1) has the grammar: lines as in
 * a .config, and
 *
 *	CONFIG_A=y | CONFIG_B=y	one of them is enough (an option that was renamed)
 *	CONFIG_A=y # if known	no error if the kernel does not have this option
 *	CONFIG_A=y # if possible	no error if the option cannot be set
 */
#include "kernel/internal.h"

#include <string.h>

#include "util/error.h"

static void setting_free(void *data)
{
	struct setting *setting = data;

	for (guint i = 0; i < setting->n; i++) {
		g_free(setting->option[i].name);
		g_free(setting->option[i].value);
	}
	g_free(setting->where);
	g_free(setting);
}

GPtrArray *fragment_list_new(void)
{
	return g_ptr_array_new_with_free_func(setting_free);
}

/* Parses "CONFIG_X=value" or "# CONFIG_X is not set". */
static gboolean parse_option(const char *text, struct option *ret)
{
	static const char pattern[] =
		"^(?:(CONFIG_\\w+)=(y|m|n|-?\\d+|0[xX][[:xdigit:]]+|\"[^\"]*\")"
		"|# (CONFIG_\\w+) is not set)$";
	static GRegex *regex;
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *set = NULL, *value = NULL, *unset = NULL;

	if (!regex)
		regex = g_regex_new(pattern, G_REGEX_OPTIMIZE, 0, NULL);
	if (!g_regex_match(regex, text, 0, &match))
		return FALSE;
	set = g_match_info_fetch(match, 1);
	value = g_match_info_fetch(match, 2);
	unset = g_match_info_fetch(match, 3);
	if (set && *set)
		*ret = (struct option){g_steal_pointer(&set),
				       strcmp(value, "n") ? g_steal_pointer(&value) : NULL};
	else
		*ret = (struct option){g_steal_pointer(&unset), NULL};
	return TRUE;
}

/* Removes the marker "# if …" from LINE and returns its meaning. */
static enum option_must take_marker(char *line)
{
	static const struct {
		const char *text;
		enum option_must must;
	} markers[] = {
		{"# if known", OPTION_IF_KNOWN},
		{"# if possible", OPTION_IF_POSSIBLE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(markers); i++)
		if (g_str_has_suffix(line, markers[i].text) &&
		    strlen(line) > strlen(markers[i].text)) {
			line[strlen(line) - strlen(markers[i].text)] = '\0';
			g_strchomp(line);
			return markers[i].must;
		}
	return OPTION_REQUIRED;
}

gboolean fragment_parse(const char *name, const char *text, GPtrArray *settings, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *line = g_strstrip(lines[i]);
		struct setting *setting;
		g_auto(GStrv) part = NULL;

		/* skip comments, but not "# CONFIG_X is not set" */
		if (!*line || (*line == '#' && !g_str_has_prefix(line, "# CONFIG_")))
			continue;
		setting = g_new0(struct setting, 1);
		setting->must = take_marker(line);
		setting->where = g_strdup_printf("%s:%u", name, i + 1);
		g_ptr_array_add(settings, setting);
		part = g_strsplit(line, "|", -1);
		for (guint p = 0; part[p]; p++) {
			if (setting->n >= G_N_ELEMENTS(setting->option))
				return rig_fail(error, RIG_EXIT_USAGE,
						"%s: at most %zu alternatives on a line",
						setting->where, G_N_ELEMENTS(setting->option));
			if (!parse_option(g_strstrip(part[p]), &setting->option[setting->n]))
				return rig_fail(
					error, RIG_EXIT_USAGE,
					"%s: invalid option '%s': write CONFIG_X=y, =m, =n, a "
					"number or \"text\"",
					setting->where, part[p]);
			setting->n++;
		}
	}
	return TRUE;
}

/* Returns a table that maps the name of an option to the last setting that has it. */
static GHashTable *last_settings(GPtrArray *settings)
{
	GHashTable *last = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < settings->len; i++) {
		struct setting *setting = settings->pdata[i];

		for (guint k = 0; k < setting->n; k++)
			g_hash_table_replace(last, setting->option[k].name, setting);
	}
	return last;
}

char *fragment_merge(const char *base, GPtrArray *settings)
{
	g_autoptr(GHashTable) last = last_settings(settings);
	g_autoptr(GString) text = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(base, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		const char *at = g_str_has_prefix(lines[i], "# CONFIG_") ? lines[i] + 2 : lines[i];
		g_autofree char *name = g_strndup(at, strcspn(at, " ="));

		if (!g_hash_table_contains(last, name))
			g_string_append_printf(text, "%s\n", lines[i]);
	}
	for (guint i = 0; i < settings->len; i++) {
		const struct setting *setting = settings->pdata[i];

		/*
		 * Add the alternatives in reverse order, because the first one is preferred, and
		 * kconfig uses the last of several options that exclude each other.
		 */
		for (guint k = setting->n; k-- > 0;) {
			const struct option *option = &setting->option[k];

			if (g_hash_table_lookup(last, option->name) != setting)
				continue;
			if (option->value)
				g_string_append_printf(text, "%s=%s\n", option->name,
						       option->value);
			else
				g_string_append_printf(text, "# %s is not set\n", option->name);
		}
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

GHashTable *config_parse(const char *text)
{
	GHashTable *config = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		const char *equal = strchr(lines[i], '=');

		if (g_str_has_prefix(lines[i], "CONFIG_") && equal)
			g_hash_table_replace(config, g_strndup(lines[i], equal - lines[i]),
					     g_strchomp(g_strdup(equal + 1)));
	}
	return config;
}

gboolean option_met(const struct option *option, GHashTable *config)
{
	const char *has = g_hash_table_lookup(config, option->name);

	return option->value ? !g_strcmp0(has, option->value) : !has || !strcmp(has, "n");
}

/* Returns why an option does not have the requested value. */
static char *option_why(const struct option *option, GHashTable *config, struct kconfig *kconfig)
{
	const char *has = g_hash_table_lookup(config, option->name);

	if (!option->value)
		return g_strdup_printf("it is %s: another option selects it, or it cannot be set",
				       has);
	if (has)
		return g_strdup_printf("it is %s", has);
	return kconfig ? kconfig_why(kconfig, option->name + strlen("CONFIG_"), config)
		       : g_strdup("it is not set");
}

static gboolean excused(const struct setting *setting, struct kconfig *kconfig)
{
	if (setting->must != OPTION_IF_KNOWN)
		return setting->must == OPTION_IF_POSSIBLE;
	for (guint k = 0; k < setting->n; k++)
		if (!kconfig || kconfig_has(kconfig, setting->option[k].name + strlen("CONFIG_")))
			return FALSE;
	return TRUE;
}

char *fragment_unmet(GPtrArray *settings, GHashTable *config, const char *src, const char *srcarch)
{
	g_autoptr(GHashTable) last = last_settings(settings);
	g_autoptr(GString) text = g_string_new(NULL);
	rig_auto(kconfig) kconfig = NULL;

	for (guint i = 0; i < settings->len; i++) {
		const struct setting *setting = settings->pdata[i];
		gboolean met = FALSE;

		for (guint k = 0; k < setting->n; k++)
			met |= option_met(&setting->option[k], config) ||
			       g_hash_table_lookup(last, setting->option[k].name) != setting;
		if (met)
			continue;
		if (!kconfig && src)
			kconfig = kconfig_load(src, srcarch);
		if (excused(setting, kconfig))
			continue;
		for (guint k = 0; k < setting->n; k++) {
			const struct option *option = &setting->option[k];
			g_autofree char *why = option_why(option, config, kconfig);

			g_string_append_printf(text, "%s%s: %s%s%s was dropped by kconfig: %s",
					       text->len ? "\n" : "", setting->where, option->name,
					       option->value ? "=" : " is not set",
					       option->value ? option->value : "", why);
		}
	}
	return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}
