/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a guest hangs: from what it could still tell (tasks, held locks, CPUs) to who waits for whom, and from
 * there to a sentence, a signature and a picture's worth of JSON. Works on text alone; knows nothing of
 * guests or runs, so a log from anywhere can be explained. docs/hangs.md teaches how to read the answer.
 */
#ifndef RIG_HANG_HANG_H
#define RIG_HANG_HANG_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"
#include "symbol/symbol.h"
#include "util/auto.h"

enum hang_kind {
	HANG_NONE,	  /* nobody waits: no hang to be seen */
	HANG_CYCLE,	  /* each waits for the next one */
	HANG_CPU,	  /* a CPU with interrupts off */
	HANG_LEAK,	  /* a lock whose owner has gone, or does something else */
	HANG_LOOP,	  /* the owner runs, and is seen in the same place again and again */
	HANG_WAIT,	  /* the owner waits for something that is no lock */
	HANG_UNEXPLAINED, /* somebody waits, and it cannot be seen for whom */
};

/* What there is to read. All borrowed; any part may be missing (NULL). */
struct hang_source {
	const char *console; /* bytes of a console or dmesg */
	gsize console_len;
	const char *who;  /* the guest's answer to WHO (docs/guest-protocol.md) */
	const char *registers; /* QEMU's `info registers -a` */
	json_t *owners;	  /* what owners.py found in a memory image, see owners.c */
};

struct hang; /* an explanation */

/* Never fails: what cannot be understood is left out, and said so. */
struct hang *hang_explain(const struct hang_source *source);
void hang_free(struct hang *hang);
RIG_DEFINE_AUTO(hang, hang_free)

enum hang_kind hang_kind(const struct hang *hang);
const char *hang_kind_name(enum hang_kind kind); /* "hang-cycle", … */
const char *hang_title(const struct hang *hang); /* "deadlock of &dev->mutex and mem_hotplug_lock" */
/* One sentence for each task that matters, in the order of the story; NULL-terminated. */
const char *const *hang_sentences(const struct hang *hang);
/* Signature, three levels as splat.h has them: bug, path, exact. */
const char *hang_signature(const struct hang *hang, guint level);

/*
 * Everything, as docs/hangs.md has it. SYMBOLS (or NULL) gives files and lines to the stacks. New
 * reference.
 */
json_t *hang_json(const struct hang *hang, struct symbols *symbols);

/* The explanation as a report, so that it is kept, listed, matched and bisected as reports are. NULL for
 * HANG_NONE. */
struct splat *hang_to_splat(const struct hang *hang);

/*
 * Explains the run in DIR from console.raw and postmortem/{who,registers,owners.json}; each is bounded, and
 * none is needed. Errors: DIR cannot be read.
 */
struct hang *hang_of_folder(const char *dir, GError **error);

/*
 * Stacks as lines ("f+0x1/0x2"), innermost first. TRUE: a task with the stack OWNER may hold what a task with
 * the stack WAITER waits for: the lock that its stack names, or, where it names none, any hotplug lock.
 */
gboolean hang_may_hold(const GPtrArray *owner, const GPtrArray *waiter);

#endif
