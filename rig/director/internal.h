/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of director/. */
#ifndef RIG_DIRECTOR_INTERNAL_H
#define RIG_DIRECTOR_INTERNAL_H

#include "director/director.h"
#include "symbol/symbol.h"
#include "symbol/variables.h"

enum site_kind { SITE_AT, SITE_RETURN, SITE_UPDATE };

/* The addresses of a place at which a vCPU waits (a place of a hold). */
struct site {
	enum site_kind kind;
	/*
	 * for SITE_UPDATE (a read-modify-write instruction): 1 for the first one of the function,
	 * and so on; 0 for each of them
	 */
	guint nth;
	/*
	 * of struct symbol_range: for SITE_AT single addresses (the sizes are ignored), otherwise
	 * whole functions
	 */
	GArray *at;
};

struct hold_orders {
	char *text; /* from hold_text() */
	struct site side[2];
};

struct director_orders {
	GArray *holds; /* of struct hold_orders; the arms of a sweep come last */
	guint n_arms;
	GPtrArray *visits;	  /* names of the counted functions, indexed by their ID; or NULL */
	gboolean records;	  /* the plugin records lock orders */
	gboolean compares_tasks;  /* a hold has a condition on the name of the task */
	gboolean compares_blocks; /* a hold has a condition on the memory block */
	guint64 cover_from, cover_to; /* the code that is recorded, or both 0 if none is */
	/* for each counted function a GHashTable: the set of IDs of the functions that it calls */
	GPtrArray *calls;
	/*
	 * texts, indexed by the ID in the instruction file: first the calls that are made to fail,
	 * then the functions whose calls are only counted
	 */
	GPtrArray *fails;
	GPtrArray *counted; /* of struct fallible: functions whose calls are counted; or NULL */
	char *text;	    /* text of the instruction file */
};

/* ---- place.c ---- */

gboolean place_is_update(const char *place); /* is PLACE an update (SITE_UPDATE)? */

/*
 * Finds PLACE, a text that hold_check_place() accepts, in SYMBOLS, the symbols of a kernel for
 * ARCH. Errors: RIG_EXIT_USAGE if the kernel has no such place; the message lists similar names.
 */
gboolean place_find(struct symbols *symbols, const char *arch, const char *place, struct site *ret,
		    GError **error);

/*
 * Returns the address ranges of all functions called NAME, as symbols_named() does. Returns NULL
 * with RIG_EXIT_USAGE if there is no such function, or if there are more than 64.
 */
GArray *place_function(struct symbols *symbols, const char *name, GError **error);

/* ---- conditions.c ---- */

/*
 * Appends the line `task`, with which the plugin finds the name of the current task. Returns FALSE
 * if names of tasks cannot be read in this kernel.
 */
gboolean current_line(GString *out, const char *arch, struct symbols *symbols,
		      const struct variables *variables);
/*
 * Appends the lines for the conditions of SPEC, which is hold ID. Errors: RIG_EXIT_USAGE if SPEC
 * compares memory blocks, but conditions.c does not list the function of one of its places.
 */
gboolean condition_lines(GString *out, guint id, const struct hold_spec *spec, GError **error);
/*
 * Appends the addresses that conditions need: for names of tasks if TASKS is TRUE, for numbers of
 * memory blocks if BLOCKS is TRUE. Errors: RIG_EXIT_SKIP if this kernel does not have a symbol.
 */
gboolean condition_addresses(GString *out, const char *arch, struct symbols *symbols,
			     const struct variables *variables, gboolean tasks, gboolean blocks,
			     GError **error);

/* ---- fails.c ---- */

/*
 * Appends the lines for the calls that WATCH makes fail, and fills the fields of ORDERS for them.
 * Errors: RIG_EXIT_USAGE if this kernel lacks one of the functions, or has too many of that name;
 * RIG_EXIT_SKIP if names of tasks are needed and cannot be read in this kernel.
 */
gboolean fail_lines(struct director_orders *orders, GString *out,
		    const struct director_watch *watch, const char *arch, struct symbols *symbols,
		    const struct variables *variables, guint *watches, GError **error);

/* ---- candidates.c ---- */

/*
 * Returns the names of the functions that AROUND selects. It is a director_watch.visits, or one
 * part of it between commas.
 */
GPtrArray *candidates_find(struct symbols *symbols, const char *around, GError **error);

/* ---- cover.c ---- */

/*
 * Appends the line for recorded code to OUT, and fills the fields of ORDERS for it. Errors:
 * RIG_EXIT_SKIP if the kernel lacks the symbols at the start and end of its code.
 */
gboolean cover_lines(struct director_orders *orders, GString *out,
		     const struct variables *variables, GError **error);

/* ---- recorder.c ---- */

/*
 * Appends the lines for the lock recorder to OUT, for spinlocks, too, if SPIN is TRUE, and adds the
 * number of watched addresses to *watches. Errors: RIG_EXIT_SKIP if the kernel lacks a required
 * symbol.
 */
gboolean recorder_lines(GString *out, const struct kernel *kernel, struct symbols *symbols,
			const struct variables *variables, gboolean spin, guint *watches,
			GError **error);

/* ---- trap.c ---- */

/*
 * Appends the lines for TRAP to OUT. Errors: RIG_EXIT_USAGE if KERNEL does not have one of the
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
 * Finds the calls in CALLER of the function with the entry TO, and appends the return address of
 * each to OUT (struct symbol_range, sizes 0). Returns FALSE if the rig cannot decode calls of ARCH.
 */
gboolean code_returns(struct symbols *symbols, const char *arch, const struct symbol_range *caller,
		      guint64 to, GArray *out);

/*
 * Calls CALLED for each call in CALLER to one of FUNCTIONS. FUNCTIONS maps the address of a
 * function's entry (guint64 *) to the value that is passed to CALLED. Finds no calls if the rig
 * cannot decode calls of ARCH.
 */
void code_calls(struct symbols *symbols, const char *arch, const struct symbol_range *caller,
		GHashTable *functions, void (*called)(gpointer value, void *data), void *data);

#endif
