/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The coverage of runs: which functions and lines of the covered source files (symbol/sources.h)
 * were reached, in which phase. It is made from the code that the director's plugin has recorded,
 * written into the run folder, read from there, and united over runs.
 */
#ifndef RIG_COVER_COVERAGE_H
#define RIG_COVER_COVERAGE_H

#include <glib.h>
#include <jansson.h>
#include <stdio.h>

#include "symbol/symbol.h"
#include "util/auto.h"

/* The files of a run folder. */
#define COVERAGE_JSON "coverage.json"
#define COVERAGE_LCOV "coverage.info"

enum coverage_phase {
	COVERAGE_BOOT, /* until the agents start, and after a reset of the guest until they start */
	COVERAGE_LOAD, /* from then on, with the teardown */
	COVERAGE_PHASES
};

struct coverage_function {
	char *name;
	guint line;    /* of the declaration; 0: unknown */
	guint64 size;  /* bytes of the largest copy, if the compiler has inlined the function */
	guint64 bytes; /* the most bytes of one copy that were reached under load */
	gboolean reached[COVERAGE_PHASES];
};

struct coverage_line {
	guint line;
	guint reached; /* bit N: in phase N */
};

struct coverage_file {
	char *name;	      /* "mm/slub.c" */
	GPtrArray *functions; /* of struct coverage_function, sorted by name */
	GArray *lines;	      /* of struct coverage_line, sorted; empty without DWARF */
};

struct coverage {
	char *kernel, *arch; /* the kernel's name ("6.1.192-z05"), and "x86_64" */
	char *tree;	     /* the source: line numbers are comparable only within one */
	/*
	 * FALSE: QEMU did not begin the phase of the load, so code that the boot reached can be
	 * missing in it
	 */
	gboolean complete;
	GPtrArray *files; /* of struct coverage_file, sorted by name */
};

/* Numbers of a file, or of all files. */
struct coverage_sums {
	guint functions, reached, boot_only; /* boot_only: reached in the boot, not under load */
	guint lines, lines_reached;
};

/* The recorded code: a bit for each byte from the address FROM on, up to TO, for each phase. */
struct coverage_bits {
	guint64 from, to;
	GBytes *phase[COVERAGE_PHASES];
};

/* Returns an empty coverage; the strings are copied. */
struct coverage *coverage_new(const char *kernel, const char *arch, const char *tree);
/*
 * Makes the coverage of a run. The functions and lines are those of the DWARF of SYMBOLS; without
 * DWARF, the functions are those of source_functions(), and there are no lines. Code outside of
 * BITS is left out. Blocks while it reads DWARF.
 */
struct coverage *coverage_make(const struct coverage_bits *bits, struct symbols *symbols,
			       const char *kernel, const char *arch, const char *tree);
void coverage_free(struct coverage *coverage);
RIG_DEFINE_AUTO(coverage, coverage_free)

/* Return file NAME, or function NAME of FILE, which is added if it is not there. Borrowed. */
struct coverage_file *coverage_file(struct coverage *coverage, const char *name);
struct coverage_function *coverage_function(struct coverage_file *file, const char *name);
/* Returns file NAME, or NULL if there is none. Borrowed. */
const struct coverage_file *coverage_find(const struct coverage *coverage, const char *name);

/*
 * Adds what ONE has reached to SUM. A file that SUM does not have is copied from ONE. Lines are
 * added only if both are of the same source.
 */
void coverage_add(struct coverage *sum, const struct coverage *one);

void coverage_file_sums(const struct coverage_file *file, struct coverage_sums *ret);
void coverage_sums(const struct coverage *coverage, struct coverage_sums *ret);
/* Returns {"functions", "reached", "boot_only", "lines", "lines_reached"}. New reference. */
json_t *coverage_sums_json(const struct coverage_sums *sums);

/* Returns the content of COVERAGE_JSON. New reference. */
json_t *coverage_json(const struct coverage *coverage);
/* Reads and checks the content of COVERAGE_JSON. Error: RIG_EXIT_USAGE. */
struct coverage *coverage_parse(json_t *json, GError **error);

/*
 * Writes the code that was reached under load in lcov's tracefile format (geninfo(1)), with TEST as
 * its test name. Without DWARF, a function has its number in the file instead of a line number.
 */
void coverage_lcov(const struct coverage *coverage, const char *test, FILE *out);

#endif
