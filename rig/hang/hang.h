/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a guest hangs. From the tasks, held locks and CPUs that could still be read it builds a wait
 * graph: which task waits for which lock, and which task holds it; then a sentence for each task, a
 * signature, and JSON for a picture. Works on text alone, without a guest or a run, so a log of any
 * origin can be explained. docs/hangs.md describes how to read the result.
 */
#ifndef RIG_HANG_HANG_H
#define RIG_HANG_HANG_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"
#include "symbol/symbol.h"
#include "util/auto.h"

enum hang_kind {
	HANG_NONE,	  /* no task waits: no hang visible */
	HANG_CYCLE,	  /* each waits for the next one */
	HANG_CPU,	  /* a CPU with interrupts off */
	HANG_LEAK,	  /* a lock whose owner has exited, or does something else */
	HANG_LOOP,	  /* the owner runs, and every sample shows it in the same place */
	HANG_WAIT,	  /* the owner waits for something other than a lock */
	HANG_UNEXPLAINED, /* a task waits, and the holder is unknown */
};

/* The sources. All borrowed; any may be NULL. */
struct hang_source {
	const char *console; /* bytes of a console or dmesg */
	gsize console_len;
	const char *tasks;     /* the guest's list of tasks (docs/guest-protocol.md, TASKS) */
	const char *registers; /* QEMU's `info registers -a` */
	json_t *owners;	  /* what owners.py found in a memory image, see owners.c */
};

struct hang; /* an explanation */

/* Never fails: what cannot be parsed is left out, and the sentences say so. */
struct hang *hang_explain(const struct hang_source *source);
void hang_free(struct hang *hang);
RIG_DEFINE_AUTO(hang, hang_free)

enum hang_kind hang_kind(const struct hang *hang);
const char *hang_kind_name(enum hang_kind kind); /* "hang-cycle", … */
const char *
hang_title(const struct hang *hang); /* "deadlock of &dev->mutex and mem_hotplug_lock" */
/* One sentence for each task involved, from the first waiter to the cause; NULL-terminated. */
const char *const *hang_sentences(const struct hang *hang);
/* Signature, three levels as splat.h has them: bug, path, exact. */
const char *hang_signature(const struct hang *hang, guint level);

/*
 * Everything, as docs/hangs.md has it. SYMBOLS (or NULL) gives files and lines to the stacks. New
 * reference.
 */
json_t *hang_json(const struct hang *hang, struct symbols *symbols);

/*
 * The explanation as a report, so that it is stored, listed, matched and bisected like one. NULL
 * for HANG_NONE.
 */
struct splat *hang_to_splat(const struct hang *hang);

/*
 * Explains the run in DIR from console.raw and from `who`, `registers` and owners.json in
 * postmortem/; each is bounded and optional. Errors: DIR cannot be read.
 */
struct hang *hang_of_folder(const char *dir, GError **error);

/*
 * Stacks are lines ("f+0x1/0x2"), innermost first. TRUE: a task with the stack OWNER may hold what
 * a task with the stack WAITER waits for: the lock that its stack names, or, if it names none, any
 * hotplug lock.
 */
gboolean hang_may_hold(const GPtrArray *owner, const GPtrArray *waiter);

#endif
