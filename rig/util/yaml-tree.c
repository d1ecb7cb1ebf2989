// SPDX-License-Identifier: GPL-2.0-only
/* Parses YAML into a tree with positions; rejects features of YAML that are not supported. */
#include "util/yaml-tree.h"

#include <string.h>

#include "util/error.h"
#include "util/text.h"

#define BRACKETS_MAX 16384

static gboolean fail_at(const char *file, yaml_mark_t mark, GError **error, const char *message)
{
	return rig_fail(error, RIG_EXIT_USAGE, "%s:%zu:%zu: %s", file, mark.line + 1,
			mark.column + 1, message);
}

gboolean yaml_tree_fail(struct yaml_tree *tree, const yaml_node_t *node, GError **error,
			const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	return fail_at(tree->file, node->start_mark, error, message);
}

gboolean yaml_tree_fail_word(struct yaml_tree *tree, const yaml_node_t *node, GError **error,
			     const char *word, const char *const *allowed, const char *format, ...)
{
	const char *nearest = text_nearest(word, allowed);
	g_autofree char *message = NULL, *list = g_strjoinv(", ", (char **)allowed);
	va_list args;

	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	if (nearest)
		return yaml_tree_fail(tree, node, error, "%s; did you mean '%s'? Allowed: %s",
				      message, nearest, list);
	return yaml_tree_fail(tree, node, error, "%s; allowed: %s", message, list);
}

void yaml_tree_free(struct yaml_tree *tree)
{
	if (!tree)
		return;
	yaml_document_delete(&tree->document);
	g_free(tree->file);
	g_free(tree);
}

yaml_node_t *yaml_tree_root(struct yaml_tree *tree)
{
	return yaml_document_get_root_node(&tree->document);
}

const char *yaml_tree_text(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
						      : NULL;
}

const char *yaml_tree_key(struct yaml_tree *tree, yaml_node_t *node, guint index,
			  yaml_node_t **ret_value)
{
	yaml_node_pair_t *pair;

	if (!node || node->type != YAML_MAPPING_NODE)
		return NULL;
	pair = node->data.mapping.pairs.start + index;
	if (pair >= node->data.mapping.pairs.top)
		return NULL;
	if (ret_value)
		*ret_value = yaml_document_get_node(&tree->document, pair->value);
	return yaml_tree_text(yaml_document_get_node(&tree->document, pair->key));
}

yaml_node_t *yaml_tree_get(struct yaml_tree *tree, yaml_node_t *node, const char *key)
{
	yaml_node_t *value;
	const char *name;

	for (guint i = 0; (name = yaml_tree_key(tree, node, i, &value)); i++)
		if (!strcmp(name, key))
			return value;
	return NULL;
}

yaml_node_t *yaml_tree_item(struct yaml_tree *tree, yaml_node_t *node, guint index)
{
	yaml_node_item_t *item;

	if (!node)
		return NULL;
	if (node->type == YAML_MAPPING_NODE) {
		yaml_node_pair_t *pair = node->data.mapping.pairs.start + index;

		return pair < node->data.mapping.pairs.top
			       ? yaml_document_get_node(&tree->document, pair->key)
			       : NULL;
	}
	if (node->type != YAML_SEQUENCE_NODE)
		return NULL;
	item = node->data.sequence.items.start + index;
	return item < node->data.sequence.items.top ? yaml_document_get_node(&tree->document, *item)
						    : NULL;
}

/*
 * Rejects a node that was seen before, because an alias can make the tree a cyclic graph. Must be
 * called before a recursion into the node.
 */
static gboolean reference(struct yaml_tree *tree, GHashTable *seen, int id, GError **error)
{
	if (g_hash_table_add(seen, GINT_TO_POINTER(id)))
		return TRUE;
	return yaml_tree_fail(tree, yaml_document_get_node(&tree->document, id), error,
			      "anchors and aliases are not allowed here");
}

static gboolean check_mapping(struct yaml_tree *tree, yaml_node_t *node, GHashTable *seen,
			      GError **error)
{
	g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
	yaml_node_pair_t *pair;

	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&tree->document, pair->key);
		const char *text = yaml_tree_text(key);

		if (!reference(tree, seen, pair->key, error) ||
		    !reference(tree, seen, pair->value, error))
			return FALSE;
		if (!text)
			return yaml_tree_fail(tree, key, error, "a key must be a plain word");
		if (!g_hash_table_add(keys, (gpointer)text))
			return yaml_tree_fail(tree, key, error, "the key '%s' occurs twice", text);
	}
	return TRUE;
}

static gboolean check_node(struct yaml_tree *tree, yaml_node_t *node, GHashTable *seen,
			   GError **error)
{
	yaml_node_item_t *item;

	if (node->type == YAML_MAPPING_NODE)
		return check_mapping(tree, node, seen, error);
	if (node->type == YAML_SCALAR_NODE)
		return strlen(yaml_tree_text(node)) == node->data.scalar.length ||
		       yaml_tree_fail(tree, node, error, "a NUL character is not allowed");
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
		if (!reference(tree, seen, *item, error))
			return FALSE;
	return TRUE;
}

static gboolean check_all(struct yaml_tree *tree, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	yaml_node_t *node;

	for (node = tree->document.nodes.start; node < tree->document.nodes.top; node++)
		if (!check_node(tree, node, seen, error))
			return FALSE;
	return TRUE;
}

static gboolean load_error(const yaml_parser_t *parser, const char *file, GError **error)
{
	g_autofree char *message = NULL;

	if (parser->error == YAML_READER_ERROR)
		return rig_fail(error, RIG_EXIT_USAGE, "%s: invalid YAML: %s at byte %zu", file,
				parser->problem, parser->problem_offset);
	message = g_strdup_printf("invalid YAML: %s%s%s", parser->context ? parser->context : "",
				  parser->context ? ", " : "",
				  parser->problem ? parser->problem : "out of memory");
	return fail_at(file, parser->problem_mark, error, message);
}

/*
 * Limits the number of opening brackets. libyaml checks each open bracket again for each token, so
 * a file with only brackets would take minutes. No real scenario has so many.
 */
static gboolean check_brackets(const char *file, const char *data, gsize len, GError **error)
{
	gsize n = 0;

	for (gsize i = 0; i < len; i++)
		n += data[i] == '[' || data[i] == '{';
	return n <= BRACKETS_MAX ||
	       rig_fail(error, RIG_EXIT_USAGE, "%s: the file has more than %d '[' and '{'", file,
			BRACKETS_MAX);
}

/* Rejects a second document in the file, which would otherwise be ignored. */
static gboolean check_end(yaml_parser_t *parser, const char *file, GError **error)
{
	yaml_document_t next;
	yaml_node_t *root;
	gboolean ok = TRUE;

	if (!yaml_parser_load(parser, &next))
		return load_error(parser, file, error);
	root = yaml_document_get_root_node(&next);
	if (root)
		ok = fail_at(file, root->start_mark, error, "a second document is not allowed");
	yaml_document_delete(&next);
	return ok;
}

struct yaml_tree *yaml_tree_parse(const char *file, const char *data, gsize len, GError **error)
{
	rig_auto(yaml_tree) tree = NULL;
	yaml_document_t document;
	yaml_parser_t parser;
	gboolean ok;

	if (!check_brackets(file, data, len, error))
		return NULL;
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const guint8 *)data, len);
	if (!yaml_parser_load(&parser, &document)) {
		load_error(&parser, file, error);
		yaml_parser_delete(&parser);
		return NULL;
	}
	tree = g_new0(struct yaml_tree, 1);
	tree->file = g_strdup(file);
	tree->document = document;
	ok = yaml_tree_root(tree) ? check_all(tree, error) && check_end(&parser, file, error)
			     : rig_fail(error, RIG_EXIT_USAGE, "%s:1:1: the file is empty", file);
	yaml_parser_delete(&parser);
	return ok ? g_steal_pointer(&tree) : NULL;
}
