// SPDX-License-Identifier: GPL-2.0-only
/*
 * A libcyaml schema is used twice. First, check() compares the document's tree with it, because
 * libcyaml's own errors have the position before an unknown key, not that of the key, and do not
 * list the allowed values. Then libcyaml fills the structs.
 */
#include "util/yaml-schema.h"

#include <string.h>

#include "util/error.h"

static gboolean check(const struct yaml_schema *form, struct yaml_tree *tree, yaml_node_t *node,
		      const cyaml_schema_value_t *value, const char *key, GError **error);

static gboolean check_uint(const struct yaml_schema *form, struct yaml_tree *tree,
			   yaml_node_t *node, const char *key, GError **error)
{
	const char *text = yaml_tree_text(node);
	guint64 number, low = 0, high = G_MAXUINT16;

	for (const struct yaml_limit *limit = form->limits; limit && limit->key; limit++)
		if (!strcmp(limit->key, key)) {
			low = limit->low;
			high = limit->high;
		}
	if (!text || !g_ascii_string_to_unsigned(text, 10, low, high, &number, NULL))
		return yaml_tree_fail(tree, node, error,
				 "invalid value '%s' for '%s'; allowed: %" G_GUINT64_FORMAT
				 " to %" G_GUINT64_FORMAT,
				 text ? text : "a list", key, low, high);
	return TRUE;
}

static gboolean check_string(struct yaml_tree *tree, yaml_node_t *node,
			     const cyaml_schema_value_t *value, const char *key, GError **error)
{
	const char *text = yaml_tree_text(node);

	if (!text)
		return yaml_tree_fail(tree, node, error,
				      "'%s' takes a text, not a list or keys", key);
	if (strlen(text) < value->string.min || strlen(text) > value->string.max)
		return yaml_tree_fail(tree, node, error,
				      "'%s' takes %u to %u characters; this value has %zu", key,
				      value->string.min, value->string.max, strlen(text));
	return TRUE;
}

static gboolean check_bool(struct yaml_tree *tree, yaml_node_t *node, const char *key,
			   GError **error)
{
	const char *text = yaml_tree_text(node);

	/* libcyaml would take any word for TRUE that it does not list as a word for FALSE */
	if (!g_strcmp0(text, "true") || !g_strcmp0(text, "false"))
		return TRUE;
	return yaml_tree_fail(tree, node, error,
			      "invalid value '%s' for '%s'; allowed: true, false",
			      text ? text : "a list", key);
}

static gboolean check_enum(struct yaml_tree *tree, yaml_node_t *node,
			   const cyaml_schema_value_t *value, const char *key, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	const char *text = yaml_tree_text(node);

	for (guint i = 0; i < value->enumeration.count; i++) {
		const char *word = value->enumeration.strings[i].str;

		if (!g_strcmp0(text, word))
			return TRUE;
		g_ptr_array_add(words, (gpointer)word);
	}
	if (!text)
		return yaml_tree_fail(tree, node, error,
				      "'%s' takes one word, not a list or keys", key);
	g_ptr_array_add(words, NULL);
	return yaml_tree_fail_word(tree, node, error, text, (const char *const *)words->pdata,
				   "invalid value '%s' for '%s'", text, key);
}

static gboolean check_sequence(const struct yaml_schema *form, struct yaml_tree *tree,
			       yaml_node_t *node, const cyaml_schema_value_t *value,
			       const char *key, GError **error)
{
	yaml_node_t *item;
	guint n = 0;

	if (node->type != YAML_SEQUENCE_NODE)
		return yaml_tree_fail(tree, node, error, "'%s' takes a list", key);
	for (; (item = yaml_tree_item(tree, node, n)); n++) {
		if (n == value->sequence.max)
			return yaml_tree_fail(tree, item, error, "'%s' takes at most %u entries",
					      key, value->sequence.max);
		if (!check(form, tree, item, value->sequence.entry, key, error))
			return FALSE;
	}
	if (n < value->sequence.min)
		return yaml_tree_fail(tree, node, error, "'%s' takes at least %u entry", key,
				      value->sequence.min);
	return TRUE;
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *key)
{
	for (; fields->key; fields++)
		if (!strcmp(fields->key, key))
			return fields;
	return NULL;
}

static gboolean check_mapping(const struct yaml_schema *form, struct yaml_tree *tree,
			      yaml_node_t *node, const cyaml_schema_value_t *value, const char *key,
			      GError **error)
{
	const cyaml_schema_field_t *fields = value->mapping.fields, *field;
	yaml_node_t *child;
	const char *name;

	if (node->type != YAML_MAPPING_NODE)
		return yaml_tree_fail(tree, node, error, "'%s' takes keys and values, 'key: value'",
				      key);
	for (guint i = 0; (name = yaml_tree_key(tree, node, i, &child)); i++) {
		field = find_field(fields, name);
		if (!field) {
			g_autoptr(GPtrArray) keys = g_ptr_array_new();

			for (field = fields; field->key; field++)
				g_ptr_array_add(keys, (gpointer)field->key);
			g_ptr_array_add(keys, NULL);
			return yaml_tree_fail_word(tree, yaml_tree_item(tree, node, i), error, name,
						   (const char *const *)keys->pdata,
						   "unknown key '%s' in %s", name, key);
		}
		if (!check(form, tree, child, &field->value, name, error))
			return FALSE;
	}
	for (field = fields; field->key; field++)
		if (!(field->value.flags & CYAML_FLAG_OPTIONAL) &&
		    !yaml_tree_get(tree, node, field->key))
			return yaml_tree_fail(tree, node, error, "the key '%s' is missing in %s",
					      field->key, key);
	return TRUE;
}

static gboolean check(const struct yaml_schema *form, struct yaml_tree *tree, yaml_node_t *node,
		      const cyaml_schema_value_t *value, const char *key, GError **error)
{
	switch (value->type) {
	case CYAML_UINT:
		return check_uint(form, tree, node, key, error);
	case CYAML_STRING:
		return check_string(tree, node, value, key, error);
	case CYAML_BOOL:
		return check_bool(tree, node, key, error);
	case CYAML_ENUM:
		return check_enum(tree, node, value, key, error);
	case CYAML_SEQUENCE:
		return check_sequence(form, tree, node, value, key, error);
	case CYAML_MAPPING:
		return check_mapping(form, tree, node, value, key, error);
	default:
		return TRUE;
	}
}

static void *memory(void *context, void *block, size_t size)
{
	(void)context;
	return g_realloc(block, size);
}

static void G_GNUC_PRINTF(3, 0)
	keep_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
	(void)level;
	g_string_append_vprintf(context, format, args);
}

static const cyaml_config_t config = {
	.log_fn = keep_log,
	.mem_fn = memory,
	.log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS,
};

void *yaml_schema_load(const struct yaml_schema *form, struct yaml_tree *tree, const char *data,
		       gsize len, GError **error)
{
	g_autoptr(GString) log = g_string_new(NULL);
	cyaml_config_t mine = config;
	void *filled = NULL;
	cyaml_err_t err;

	if (!check(form, tree, yaml_tree_root(tree), form->value, form->what, error))
		return NULL;
	mine.log_ctx = log;
	err = cyaml_load_data((const guint8 *)data, len, &mine, form->value, &filled, NULL);
	if (err == CYAML_OK)
		return filled;
	g_strdelimit(g_strchomp(log->str), "\n", ';');
	rig_fail(error, RIG_EXIT_USAGE, "%s: %s: %s", tree->file, cyaml_strerror(err), log->str);
	return NULL;
}

void yaml_schema_free(const struct yaml_schema *form, void *filled)
{
	cyaml_free(&config, form->value, filled, 0);
}
