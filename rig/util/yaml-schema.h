/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads a YAML file into a struct by a libcyaml schema and limits, with readable errors. */
#ifndef RIG_UTIL_YAML_SCHEMA_H
#define RIG_UTIL_YAML_SCHEMA_H

#include <cyaml/cyaml.h>

#include "util/yaml-tree.h"

/*
 * The limits of numbers with a certain key, wherever the key is. Numbers with other keys must be in
 * 0 to 65535.
 */
struct yaml_limit {
	const char *key;
	guint64 low, high;
};

struct yaml_schema {
	const cyaml_schema_value_t *value;
	/* the name of the document in error messages: "the scenario" */
	const char *what;
	/* an array that ends with an entry without a key; NULL if no value has a limit */
	const struct yaml_limit *limits;
};

/*
 * Checks TREE against the schema (each error has the place and the allowed values), then fills a
 * struct from the same text with libcyaml. All memory of the struct is from g_malloc(), so its
 * members may be stolen.
 */
void *yaml_schema_load(const struct yaml_schema *form, struct yaml_tree *tree, const char *data,
		       gsize len, GError **error);
void yaml_schema_free(const struct yaml_schema *form, void *filled);

#endif
