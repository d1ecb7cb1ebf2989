/* SPDX-License-Identifier: GPL-2.0-only */
/* A YAML file's form: a libcyaml schema and bounds, with errors for people. */
#ifndef RIG_UTIL_FORM_H
#define RIG_UTIL_FORM_H

#include <cyaml/cyaml.h>

#include "util/tree.h"

/* What the number of a key may be, wherever the key stands; 0 to 65535 where it is not listed. */
struct form_limit {
	const char *key;
	guint64 low, high;
};

struct form {
	const cyaml_schema_value_t *value;
	const char *what;                /* the whole, in errors: "the scenario" */
	const struct form_limit *limits; /* the last one has no key; or NULL */
};

/*
 * Checks TREE against the schema, with the place and what is allowed in each error, then lets
 * libcyaml fill a struct from the same bytes. Everything in it is from g_malloc(); what it owns may
 * be stolen.
 */
void *form_load(const struct form *form, struct tree *tree, const char *data, gsize len,
		GError **error);
void form_free(const struct form *form, void *filled);

#endif
