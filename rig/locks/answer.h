/* SPDX-License-Identifier: GPL-2.0-only */
/* Decides whether a cycle of locks is a deadlock, from runs with a trap for it (docs/prove.md). */
#ifndef RIG_LOCKS_ANSWER_H
#define RIG_LOCKS_ANSWER_H

#include <glib.h>
#include <jansson.h>

enum lock_answer {
	ANSWER_NONE, /* the record of the run is incomplete */
	ANSWER_NOT_MET,
	ANSWER_GUARDED,
	ANSWER_REAL,
};

#define LOCK_ANSWERS                                      \
	{                                                 \
		"no answer", "not met", "guarded", "real" \
	}

/*
 * Returns the answer of one run. DETAILS is the content of the file `verdict` of a run with a trap,
 * from any source. Sets *RET_TEXT to the facts behind the answer, one sentence or several lines,
 * which the caller owns.
 */
enum lock_answer lock_answer_of(json_t *details, char **ret_text);

#endif
