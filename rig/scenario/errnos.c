// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of errnos. The table of names is that of the C library, which the guest uses, too
 * (guest-init/text.c). Params with a wrong name are refused here, because the guest would refuse
 * them only after its boot.
 */
#include "scenario/read.h"

#include <string.h>

#include "util/text.h"

#define ERRNO_MAX 133 /* the highest errno: EHWPOISON in include/uapi/asm-generic/errno.h */

int errno_of(const char *name)
{
	for (int i = 1; i <= ERRNO_MAX; i++)
		if (!g_strcmp0(strerrorname_np(i), name))
			return i;
	return 0;
}

/* Params that are lists of errnos. If `words` is set, they also take "any" and "none". */
static const struct {
	const char *key;
	gboolean words;
} lists[] = {
	{"legal", TRUE},   /* guest-init/agent.c: run_expect_errnos() */
	{"errors", FALSE}, /* a parameter of the agent notifier-error */
};

/* Returns the name that is most similar to WORD, in upper or lower case, or NULL. Static. */
static const char *nearest(const char *word, gboolean words)
{
	g_autofree char *upper = g_ascii_strup(word, -1);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *found;

	for (int i = 1; i <= ERRNO_MAX; i++)
		if (strerrorname_np(i))
			g_ptr_array_add(names, (char *)strerrorname_np(i));
	g_ptr_array_add(names, NULL);
	found = text_nearest(upper, (const char *const *)names->pdata);
	return found || !words ? found : text_nearest(word, (const char *[]){"any", NULL});
}

static gboolean check_list(struct yaml_tree *tree, yaml_node_t *value, const char *key,
			   gboolean words, GError **error)
{
	const char *text = yaml_tree_text(value);
	g_auto(GStrv) names = g_strsplit(text, ",", -1);

	if (words && !strcmp(text, "none"))
		return TRUE;
	for (char **name = names; *name; name++) {
		const char *meant = nearest(*name, words);
		g_autofree char *guess = NULL;

		if (errno_of(*name) || (words && !strcmp(*name, "any")))
			continue;
		guess = meant ? g_strdup_printf("; did you mean '%s'? Allowed", meant)
			      : g_strdup("; allowed");
		return yaml_tree_fail(tree, value, error,
				      "unknown errno '%s' in '%s'%s: errnos like "
				      "EBUSY,EINVAL%s",
				      *name, key, guess, words ? ", or 'any', or only 'none'" : "");
	}
	return TRUE;
}

gboolean check_errnos(struct yaml_tree *tree, yaml_node_t *node, GError **error)
{
	yaml_node_t *params = yaml_tree_get(tree, node, "params");

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		yaml_node_t *value = yaml_tree_get(tree, params, lists[i].key);

		if (value && !check_list(tree, value, lists[i].key, lists[i].words, error))
			return FALSE;
	}
	return TRUE;
}
