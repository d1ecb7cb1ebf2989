/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lockdep report that is being parsed: lockdep.c reads its locks, lockdep-phrases.c its
 * sentences.
 */
#ifndef RIG_SPLAT_LOCKDEP_H
#define RIG_SPLAT_LOCKDEP_H

#include <string.h>

#include "splat/internal.h"

/* What the next lock line is. */
enum next { NEXT_NOTHING, NEXT_WANTED, NEXT_HOLDING, NEXT_SAFE, NEXT_UNSAFE, NEXT_NAME };

/* The state of the parser; the fixed sentences of a report change it. */
struct reader {
	struct splat *splat;
	json_t *detail;
	json_t *chain;	  /* the links of a circular report */
	json_t *stack;	  /* frames go here; borrowed */
	json_t *scenario; /* the lines of the scenario are added here; borrowed */
	enum next next;
	gboolean in_held;   /* after "N locks held by" */
	int next_link;	    /* the number that the next "-> #N" must have; -1 before the first */
	int announced;	    /* N of "N locks held by", or -1 */
	GPtrArray *classes; /* lock classes of the chain, #N first */
};

static inline const char *blank(const char *text)
{
	return text + strspn(text, " \t");
}

static inline void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, splat_json_text(text));
}

/*
 * TRUE: TEXT, a line without its indentation, is a sentence that introduces the following lines, or
 * that is complete in one line.
 */
gboolean lockdep_phrase(struct reader *reader, const char *text);
/*
 * Stores LINE if it is a sentence that is kept unchanged, or a line of the scenario. TRUE: nothing
 * else is in it.
 */
gboolean lockdep_keep(struct reader *reader, const char *line);

#endif
