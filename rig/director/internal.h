/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of director/. */
#ifndef RIG_DIRECTOR_INTERNAL_H
#define RIG_DIRECTOR_INTERNAL_H

#include "director/director.h"
#include "symbol/symbol.h"
#include "symbol/variables.h"

enum site_kind { SITE_AT, SITE_RETURN, SITE_UPDATE };

/* The addresses of a place. */
struct site {
	enum site_kind kind;
	/*
	 * SITE_UPDATE: the number of the update, counted from the function's entry; 0: each update
	 */
	guint nth;
	/*
	 * of struct symbol_range: for SITE_AT the addresses (sizes are ignored), otherwise whole
	 * functions
	 */
	GArray *at;
};

struct hold_orders {
	char *text; /* from hold_text() */
	struct site side[2];
	gboolean has_condition;
};

struct director_orders {
	GArray *holds; /* of struct hold_orders; the arms of a sweep come last */
	guint n_arms;
	GPtrArray *visits; /* names of the counted functions, indexed by their ID; NULL: none */
	gboolean records;  /* locks are recorded */
	/* a hold has a condition on the task; on the memory block */
	gboolean compares_tasks, compares_blocks;
	guint64 cover_from, cover_to; /* the code that is recorded; both 0: none */
	/* for each counted function, the IDs of those that it calls: a GHashTable as a set */
	GPtrArray *calls;
	/*
	 * texts of the calls that are made to fail, then of those that are only counted; the index
	 * is the ID
	 */
	GPtrArray *fails;
	/* struct fallible: the functions whose calls are counted; NULL: no calls are counted */
	GPtrArray *counted;
	char *text;
};

/* ---- place.c ---- */

/*
 * Finds PLACE, a text that hold_check_place() accepts, in SYMBOLS, the symbols of a kernel for
 * ARCH. Errors: RIG_EXIT_USAGE, the kernel has no such place; the message lists similar names.
 */
gboolean place_find(struct symbols *symbols, const char *arch, const char *place, struct site *ret,
		    GError **error);

/*
 * Returns the functions called NAME, see symbols_named(). NULL and RIG_EXIT_USAGE: there is no such
 * function, or there are too many.
 */
GArray *place_function(struct symbols *symbols, const char *name, GError **error);

/* ---- conditions.c ---- */

/*
 * Appends the line with the addresses for names of tasks. FALSE: they cannot be read in this
 * kernel.
 */
gboolean current_line(GString *out, const char *arch, struct symbols *symbols,
		      const struct variables *variables);
/*
 * Appends the lines for the conditions of SPEC, which is hold ID. Errors: RIG_EXIT_USAGE, the
 * memory block of one of its functions is not known.
 */
gboolean condition_lines(GString *out, guint id, const struct hold_spec *spec, GError **error);
/*
 * Appends the addresses that conditions need: TASKS, for names of tasks; BLOCKS, for numbers of
 * memory blocks. Errors: RIG_EXIT_SKIP, this kernel does not have a symbol.
 */
gboolean condition_addresses(GString *out, const char *arch, struct symbols *symbols,
			     const struct variables *variables, gboolean tasks, gboolean blocks,
			     GError **error);

/* ---- fails.c ---- */

/*
 * Appends the lines for the calls that WATCH makes fail, and fills the fields of ORDERS for them.
 * Errors: RIG_EXIT_USAGE, this kernel does not have a function; RIG_EXIT_SKIP, the names of tasks
 * cannot be read in this kernel.
 */
gboolean fail_lines(struct director_orders *orders, GString *out,
		    const struct director_watch *watch, const char *arch, struct symbols *symbols,
		    const struct variables *variables, guint *watches, GError **error);

/* ---- candidates.c ---- */

/* Finds the functions that AROUND (see director_resolve()) stands for. Errors: RIG_EXIT_USAGE. */
GPtrArray *candidates_find(struct symbols *symbols, const char *around, GError **error);

/* ---- cover.c ---- */

/*
 * Appends the line for recorded code to OUT, and fills the fields of ORDERS for it. Errors:
 * RIG_EXIT_SKIP, the kernel does not have the symbols for the ends of its code.
 */
gboolean cover_lines(struct director_orders *orders, GString *out,
		     const struct variables *variables, GError **error);

/* ---- recorder.c ---- */

/*
 * Appends the lines for the lock recorder to OUT; *watches grows by the number of addresses.
 * Errors: RIG_EXIT_SKIP, the kernel lacks a required symbol.
 */
gboolean recorder_lines(GString *out, const struct kernel *kernel, struct symbols *symbols,
			const struct variables *variables, guint *watches, GError **error);

/* ---- trap.c ---- */

/*
 * Appends the lines for TRAP to OUT. Errors: RIG_EXIT_USAGE, KERNEL does not have one of the
 * classes.
 */
gboolean trap_lines(GString *out, const struct kernel *kernel, struct symbols *symbols,
		    const struct variables *variables, const struct trap_spec *trap,
		    GError **error);

/* ---- code.c ---- */

/*
 * Returns the address at which callers within the kernel enter the function at ADDRESS. On ppc64le,
 * the first two instructions of a function that uses the table of contents set r2; a call from the
 * same image skips them (ELFv2 ABI, 2.3.2.1).
 */
guint64 code_entry(struct symbols *symbols, const char *arch, guint64 address);

/*
 * Finds the calls in CALLER to TO, one of the entries of a function, and appends the return address
 * of each to OUT (struct symbol_range, sizes 0). FALSE: the rig cannot decode calls of ARCH.
 */
gboolean code_returns(struct symbols *symbols, const char *arch, const struct symbol_range *caller,
		      guint64 to, GArray *out);

/*
 * Calls CALLED for each call in CALLER to one of FUNCTIONS, a table of entries (guint64 *) and
 * values. Finds no calls if the rig cannot decode calls of ARCH.
 */
void code_calls(struct symbols *symbols, const char *arch, const struct symbol_range *caller,
		GHashTable *functions, void (*called)(gpointer value, void *data), void *data);

#endif
