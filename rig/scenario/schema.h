/* SPDX-License-Identifier: GPL-2.0-only */
/* The libcyaml schema of a scenario file. Private to scenario/. */
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

/*
 * What libcyaml fills: the public struct, and lists and `expect` in libcyaml's form. scenario.c
 * converts them.
 */
struct raw {
	struct scenario s;
	char **machines, **needs, **files, **hold_cycle, **vary, **kconfig, **modules;
	unsigned n_machines, n_needs, n_files, n_hold_cycle, n_vary, n_kconfig, n_modules;
	struct raw_expect expect;
};

/*
 * Loads a scenario with yaml_schema_load(). Sizes, ranges and params stay empty, because libcyaml
 * has no types for them; the functions of read.h read them.
 */
struct raw *schema_load(struct yaml_tree *tree, const char *data, gsize len, GError **error);
void raw_free(struct raw *raw);
RIG_DEFINE_AUTO(raw, raw_free)

#endif
