/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A YAML document as a tree with the position of each value. libcyaml checks types, but drops
 * positions and has no type for "a number or a pair of numbers"; this module provides both.
 */
#ifndef RIG_UTIL_YAML_TREE_H
#define RIG_UTIL_YAML_TREE_H

#include <glib.h>
#include <yaml.h>

#include "util/auto.h"

struct yaml_tree {
	char *file; /* the file's name in error messages */
	yaml_document_t document;
};

/*
 * Parses a file with one document. Error: RIG_EXIT_USAGE (the message has file:line:column), a
 * syntax error, no document or several, anchors and aliases, a key that is not a plain word or is
 * duplicated, or a NUL byte.
 */
struct yaml_tree *yaml_tree_parse(const char *file, const char *data, gsize len, GError **error);
void yaml_tree_free(struct yaml_tree *tree);
RIG_DEFINE_AUTO(yaml_tree, yaml_tree_free)

yaml_node_t *yaml_tree_root(struct yaml_tree *tree);
/* Returns the value of KEY, or NULL if NODE is NULL, not a mapping, or has no such key. */
yaml_node_t *yaml_tree_get(struct yaml_tree *tree, yaml_node_t *node, const char *key);
/*
 * yaml_tree_item() returns the item at INDEX of a list; yaml_tree_key() returns the key at INDEX of
 * a mapping, and sets *ret_value to its value. Beyond the last one, both return NULL.
 */
yaml_node_t *yaml_tree_item(struct yaml_tree *tree, yaml_node_t *node, guint index);
const char *yaml_tree_key(struct yaml_tree *tree, yaml_node_t *node, guint index,
			  yaml_node_t **ret_value);
/* Returns the text of NODE, or NULL if it is not a scalar. */
const char *yaml_tree_text(const yaml_node_t *node);

/* Sets an error RIG_EXIT_USAGE with "file:line:column: " and the message, and returns FALSE. */
gboolean yaml_tree_fail(struct yaml_tree *tree, const yaml_node_t *node, GError **error,
			const char *format, ...) G_GNUC_PRINTF(4, 5);

/*
 * Sets an error as yaml_tree_fail() does, about WORD, which is not one of ALLOWED
 * (NULL-terminated). The message has the nearest allowed word, then all of them.
 */
gboolean yaml_tree_fail_word(struct yaml_tree *tree, const yaml_node_t *node, GError **error,
			     const char *word, const char *const *allowed, const char *format, ...)
	G_GNUC_PRINTF(6, 7);

#endif
