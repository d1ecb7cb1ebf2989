/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this room share. */
#ifndef RIG_DIRECTOR_INTERNAL_H
#define RIG_DIRECTOR_INTERNAL_H

#include "director/director.h"
#include "symbol/symbol.h"

/* A place that was found. */
struct site {
	GArray *at;	     /* of struct symbol_range; with is_return whole functions, else sizes are 0 */
	gboolean is_return;
};

struct hold_orders {
	char *text; /* hold_text() */
	struct site side[2];
};

struct director_orders {
	GArray *holds; /* of struct hold_orders */
	char *text;
};

/* ---- place.c ---- */

/* Where PLACE (checked by hold_check_place()) is. Errors: RIG_EXIT_USAGE, with names that are like it. */
gboolean place_find(struct symbols *symbols, const char *place, struct site *ret, GError **error);

#endif
