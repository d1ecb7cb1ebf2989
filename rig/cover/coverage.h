/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The coverage of a run: which functions and lines of the covered source files (symbol/sources.h)
 * it reached, and whether in the boot or under load. It is made from the code that the director's
 * plugin has recorded, written into the run folder, read from there, and united over runs.
 */
#ifndef RIG_COVER_COVERAGE_H
#define RIG_COVER_COVERAGE_H

#include <glib.h>
#include <jansson.h>
#include <stdio.h>

#include "symbol/symbol.h"
#include "util/auto.h"

/* Names of the files in a run folder. */
#define COVERAGE_JSON "coverage.json"
#define COVERAGE_LCOV "coverage.info"

enum coverage_phase {
	COVERAGE_BOOT, /* from power-on or a reset of the guest until the agents start */
	COVERAGE_LOAD, /* from the start of the agents to the end, including the teardown */
	COVERAGE_PHASES
};

/* A function of a source file. */
struct coverage_function {
	char *name;
	guint line;   /* line of the declaration, or 0 if it is not known */
	/* size in bytes; of a function with inlined copies, that of the largest copy */
	guint64 size;
	/* number of bytes that were reached under load, in the copy in which most were */
	guint64 bytes;
	gboolean reached[COVERAGE_PHASES];
};

struct coverage_line {
	guint line;
	guint reached; /* bit N is set if the line was reached in phase N */
};

struct coverage_file {
	char *name;	      /* "mm/slub.c" */
	GPtrArray *functions; /* of struct coverage_function, sorted by name */
	GArray *lines;	      /* of struct coverage_line, sorted; empty without DWARF */
};

struct coverage {
	char *kernel, *arch; /* the kernel's name ("6.1.192-z05"), and "x86_64" */
	/* identifies the kernel's source; line numbers of different sources cannot be compared */
	char *tree;
	/*
	 * FALSE if QEMU did not discard its translated code when the load began. Then code that was
	 * already reached in the boot is not recorded again under load.
	 */
	gboolean complete;
	GPtrArray *files; /* of struct coverage_file, sorted by name */
};

/* Counts for a file, or for all files. */
struct coverage_sums {
	guint functions; /* number of functions */
	guint reached;	 /* number of functions that were reached under load */
	guint boot_only; /* number of functions that were reached in the boot only */
	guint lines, lines_reached;
};

/*
 * The recorded code: for each phase, one bit for each byte of the addresses from FROM up to TO
 * (excluded).
 */
struct coverage_bits {
	guint64 from, to;
	GBytes *phase[COVERAGE_PHASES];
};

/* Returns a coverage without files. Copies the strings. */
struct coverage *coverage_new(const char *kernel, const char *arch, const char *tree);
/*
 * Makes the coverage of a run. The functions and lines are those of the DWARF of SYMBOLS; without
 * DWARF, the functions are those of source_functions(), and there are no lines. Code outside of
 * BITS is left out. Blocks while it reads DWARF.
 */
struct coverage *coverage_make(const struct coverage_bits *bits, struct symbols *symbols,
			       const char *kernel, const char *arch, const char *tree);
void coverage_free(struct coverage *coverage);
/* Removes the files of memory hotplug's neighbours (SOURCE_NEAR of symbol/sources.h). */
void coverage_drop_neighbours(struct coverage *coverage);
RIG_DEFINE_AUTO(coverage, coverage_free)

/*
 * Return the file or function called NAME; they add it if it is not there. The result is borrowed.
 */
struct coverage_file *coverage_file(struct coverage *coverage, const char *name);
struct coverage_function *coverage_function(struct coverage_file *file, const char *name);
/* Returns file NAME, or NULL if there is none. The result is borrowed. */
const struct coverage_file *coverage_find(const struct coverage *coverage, const char *name);

/*
 * Adds to SUM what ONE has reached. The lines are only added if `tree` is the same in both. If SUM
 * has no files, it takes the `tree` of ONE.
 */
void coverage_add(struct coverage *sum, const struct coverage *one);

/* Set *RET to the sums of FILE, or of all files of COVERAGE. */
void coverage_file_sums(const struct coverage_file *file, struct coverage_sums *ret);
void coverage_sums(const struct coverage *coverage, struct coverage_sums *ret);
/*
 * Returns {"functions", "reached", "boot_only", "lines", "lines_reached"}. The caller owns the
 * reference.
 */
json_t *coverage_sums_json(const struct coverage_sums *sums);

/* Returns the content of COVERAGE_JSON. The caller owns the reference. */
json_t *coverage_json(const struct coverage *coverage);
/* Reads and checks the content of COVERAGE_JSON. Error: RIG_EXIT_USAGE. */
struct coverage *coverage_parse(json_t *json, GError **error);

/*
 * Writes the code that was reached under load in lcov's tracefile format (geninfo(1)). TEST is the
 * name of the test in it. Without DWARF there are no line numbers: then the Nth function of a file
 * is written as line N.
 */
void coverage_lcov(const struct coverage *coverage, const char *test, FILE *out);

#endif
