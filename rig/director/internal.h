/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this room share. */
#ifndef RIG_DIRECTOR_INTERNAL_H
#define RIG_DIRECTOR_INTERNAL_H

#include "director/director.h"
#include "symbol/symbol.h"
#include "symbol/variables.h"

enum site_kind { SITE_AT, SITE_RETURN, SITE_UPDATE };

/* A place that was found. */
struct site {
	enum site_kind kind;
	guint nth; /* SITE_UPDATE: which one, counted from the function's entry; 0: each */
	GArray *at; /* of struct symbol_range: whole functions, for SITE_AT addresses whose sizes do
		     * not matter */
};

struct hold_orders {
	char *text; /* hold_text() */
	struct site side[2];
};

struct director_orders {
	GArray *holds;	   /* of struct hold_orders; the arms of a sweep come last */
	guint n_arms;
	GPtrArray *visits; /* names of the functions that are counted, by their ID; NULL: none */
	gboolean records;  /* locks */
	GPtrArray *calls;  /* for each of them those that it calls: GHashTable, a set of IDs */
	char *text;
};

/* ---- place.c ---- */

/*
 * Where PLACE (checked by hold_check_place()) is in a kernel for ARCH. Errors: RIG_EXIT_USAGE, with
 * names that are like it.
 */
gboolean place_find(struct symbols *symbols, const char *arch, const char *place, struct site *ret,
		    GError **error);

/* ---- candidates.c ---- */

/* The functions that AROUND (of director_resolve()) names. Errors: RIG_EXIT_USAGE. */
GPtrArray *candidates_find(struct symbols *symbols, const char *around, GError **error);

/* ---- recorder.c ---- */

/*
 * Appends the lines of the lock recorder; *watches grows by the addresses. Errors: RIG_EXIT_SKIP, a
 * symbol that is needed is not there.
 */
gboolean recorder_lines(GString *out, const struct kernel *kernel, struct symbols *symbols,
			const struct variables *variables, guint *watches, GError **error);

/* ---- trap.c ---- */

/* Appends the lines of TRAP. Errors: RIG_EXIT_USAGE, a class that KERNEL does not have. */
gboolean trap_lines(GString *out, const struct kernel *kernel, struct symbols *symbols,
		    const struct variables *variables, const struct trap_spec *trap,
		    GError **error);

/* ---- code.c ---- */

/*
 * Where callers within the kernel enter the function at ADDRESS. On ppc64le a function that uses
 * the table of contents sets r2 in its first two instructions, which a call from the same image
 * skips (ELFv2 ABI, 2.3.2.1).
 */
guint64 code_entry(struct symbols *symbols, const char *arch, guint64 address);

/*
 * Appends to OUT (struct symbol_range, sizes 0) the return address of each call in CALLER to TO,
 * one of the entries of a function. FALSE: the rig cannot decode calls of ARCH.
 */
gboolean code_returns(struct symbols *symbols, const char *arch, const struct symbol_range *caller,
		      guint64 to, GArray *out);

/*
 * CALLED for each call in CALLER to one of FUNCTIONS, a table of entries (guint64 *) and values.
 * None where the rig cannot decode calls of ARCH.
 */
void code_calls(struct symbols *symbols, const char *arch, const struct symbol_range *caller,
		GHashTable *functions, void (*called)(gpointer value, void *data), void *data);

#endif
