/* SPDX-License-Identifier: GPL-2.0-only */
/* The form of a scenario file. Private to scenario/. */
#ifndef RIG_SCENARIO_SCHEMA_H
#define RIG_SCENARIO_SCHEMA_H

#include "scenario/scenario.h"
#include "util/yaml-tree.h"

struct raw_expect {
	char *kind;
	char **cycle;
	unsigned n_cycle;
	struct expect_outcome *outcomes;
	unsigned n_outcomes;
};

/* The public struct as libcyaml fills it, and what libcyaml stores in another form. */
struct raw {
	struct scenario s;
	char **machines, **needs, **files, **hold_cycle;
	unsigned n_machines, n_needs, n_files, n_hold_cycle;
	struct raw_expect expect;
};

/*
 * yaml_schema_load() of a scenario. Sizes, ranges and params are left empty: libcyaml has no such
 * types, read.h does.
 */
struct raw *schema_load(struct yaml_tree *tree, const char *data, gsize len, GError **error);
void raw_free(struct raw *raw);
RIG_DEFINE_AUTO(raw, raw_free)

#endif
