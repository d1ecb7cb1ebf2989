/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the splat suite. */
#ifndef RIG_TESTS_SPLAT_H
#define RIG_TESTS_SPLAT_H

#include <check.h>

#include "splat/splat.h"
#include "util/rng.h"

struct expected {
	char *kind, *title, *bug, *lines, *corrupted, *cycle;
	gboolean induced, off;
};

struct fixture {
	char *name, *data;
	const char *log;
	gsize len;
	GPtrArray *expected;
};

extern GPtrArray *fixtures;
const struct fixture *fixture_named(const char *name);

/*
 * Scans LOG, in one piece if CUT is 0, otherwise in pieces of 1 to CUT bytes with lengths drawn
 * from RNG.
 */
GPtrArray *scan(const char *log, gsize len, gsize cut, struct rng *rng);

void add_known_tests(Suite *suite);
void add_schema_tests(TCase *tests);
void load_fixtures(void);
/* A callback of type splat_found; DATA is a GPtrArray. */
void collect_splat(struct splat *splat, void *data);
void free_splat(gpointer splat);
void add_bounds_tests(TCase *tests);
void add_case_tests(TCase *tests);
void add_cycle_tests(TCase *tests);
void add_decode_tests(TCase *tests);
/* Passes decoded data to the scanner DATA. */
void feed_scanner(const guint8 *bytes, gsize len, void *data);
/*
 * Checks that LOG, a form of the fixture generation-4.9-x86.txt, has the same reports if the
 * decoder gets it in pieces of any size; frees LOG. HOW describes the form.
 */
void check_decoded(GString *log, const char *how);
void add_dress_tests(TCase *tests);
void add_generation_tests(TCase *tests);
void add_header_tests(TCase *tests);
void add_mail_tests(TCase *tests);
void add_order_tests(TCase *tests);
void add_row_tests(TCase *tests);
void add_word_tests(TCase *tests);

#endif
