/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads a YAML file into a struct: a libcyaml schema and bounds, with readable errors. */
#ifndef RIG_UTIL_YAML_SCHEMA_H
#define RIG_UTIL_YAML_SCHEMA_H

#include <cyaml/cyaml.h>

#include "util/yaml-tree.h"

/* The limits of a key's number, wherever the key is; 0 to 65535 if it is not listed. */
struct yaml_limit {
	const char *key;
	guint64 low, high;
};

struct yaml_schema {
	const cyaml_schema_value_t *value;
	const char *what;		 /* name of the whole document in errors: "the scenario" */
	const struct yaml_limit *limits; /* the last one has no key; or NULL */
};

/*
 * Checks TREE against the schema, with the place and what is allowed in each error, then lets
 * libcyaml fill a struct from the same bytes. Everything in it is from g_malloc(); what it owns may
 * be stolen.
 */
void *yaml_schema_load(const struct yaml_schema *form, struct yaml_tree *tree, const char *data,
		       gsize len, GError **error);
void yaml_schema_free(const struct yaml_schema *form, void *filled);

#endif
