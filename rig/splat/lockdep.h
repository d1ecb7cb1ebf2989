/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations for parsing a lockdep report: lockdep.c reads its locks, lockdep-phrases.c its
 * sentences.
 */
#ifndef RIG_SPLAT_LOCKDEP_H
#define RIG_SPLAT_LOCKDEP_H

#include <string.h>

#include "splat/internal.h"
#include "splat/word-set.h"

/* What the next lock line is: the wanted lock, the held one, … */
enum next { NEXT_NOTHING, NEXT_WANTED, NEXT_HOLDING, NEXT_SAFE, NEXT_UNSAFE, NEXT_NAME };

/* The state of the parser, which changes with the fixed sentences of a report. */
struct reader {
	struct splat *splat;
	json_t *detail;
	json_t *chain;	  /* the links of the lock chain ("-> #N") in a circular report */
	json_t *stack;	  /* the array to which frames are added; borrowed */
	json_t *scenario; /* the array to which lines of the scenario are added; borrowed */
	enum next next;
	gboolean in_held;   /* reading the list after "N locks held by" */
	struct word_bits found; /* the words of lockdep-phrases.c in the current line */
	int next_link;	    /* the N that the next "-> #N" must have, or -1 before the first one */
	int announced;	    /* the N of "N locks held by", or -1 if there was no such line */
	GPtrArray *classes; /* lock classes of the chain, #N first */
};

static inline void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, splat_json_text(text));
}

/*
 * Searches TEXT, a line without its indentation, for the words of all sentences. Must be called
 * before the functions below, which use the result.
 */
void lockdep_find(struct reader *reader, const char *text);
/* Returns TRUE if a list of held locks follows TEXT: "2 locks held by sh/12:". */
gboolean lockdep_lists_held(const struct reader *reader, const char *text);
/* Returns TRUE if the line is "stack backtrace:". */
gboolean lockdep_is_backtrace(const struct reader *reader);
/*
 * Parses TEXT, a line without its indentation, if it is a sentence that introduces the next lines
 * or contains a fact, and stores the fact. Returns FALSE if it is not such a sentence.
 */
gboolean lockdep_phrase(struct reader *reader, const char *text);
/*
 * Stores LINE if it is a sentence that is stored unchanged, or a line of the scenario. Returns TRUE
 * if the line needs no further parsing.
 */
gboolean lockdep_keep(struct reader *reader, const char *line);

#endif
