/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Explains why a guest hangs. From the tasks, held locks and CPUs that could be read it builds a
 * wait graph: which task waits for which lock, and which task holds the lock. The result is a
 * sentence for each task, a signature, and JSON for a picture. The input is text, without a guest
 * or a run, so a log from anywhere can be explained. docs/hangs.md describes how to read the
 * result.
 */
#ifndef RIG_HANG_HANG_H
#define RIG_HANG_HANG_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"
#include "symbol/symbol.h"
#include "util/auto.h"

enum hang_kind {
	HANG_NONE,  /* no task waits, so there is no hang */
	HANG_CYCLE, /* each task waits for a lock of the next one */
	HANG_CPU,   /* a CPU runs with interrupts disabled */
	HANG_LEAK,  /* the owner of a lock has exited, or is not inside code that holds the lock */
	HANG_LOOP,  /* the owner of a lock runs, and every sample shows it at the same place */
	HANG_WAIT,  /* the owner of a lock waits for something that is not a lock */
	HANG_UNEXPLAINED, /* a task waits for a lock whose holder is unknown */
};

/* The input. All members are borrowed; each may be NULL. */
struct hang_source {
	const char *console; /* text of a console or of dmesg */
	gsize console_len;
	const char *tasks;     /* the guest's list of tasks (docs/guest-protocol.md, TASKS) */
	const char *registers; /* QEMU's `info registers -a` */
	json_t *owners;	       /* the content of owners.json from a memory image, see owners.c */
};

struct hang; /* an explanation */

/*
 * Explains a hang. Never fails: input that cannot be parsed is ignored, and the sentences then say
 * what is unknown. SOURCE is not needed afterwards.
 */
struct hang *hang_explain(const struct hang_source *source);
void hang_free(struct hang *hang);
RIG_DEFINE_AUTO(hang, hang_free)

enum hang_kind hang_kind(const struct hang *hang);
/* Returns the name of a kind, such as "hang-cycle". */
const char *hang_kind_name(enum hang_kind kind);
/* Returns a title such as "deadlock of &dev->mutex and mem_hotplug_lock". */
const char *hang_title(const struct hang *hang);
/*
 * Returns one sentence for each involved task, from the first waiter to the cause; NULL-terminated.
 */
const char *const *hang_sentences(const struct hang *hang);
/* Returns the signature, with the three levels of splat.h: bug, path, exact. */
const char *hang_signature(const struct hang *hang, guint level);

/*
 * Returns the whole explanation, in the format of rig-json(5). SYMBOLS (or NULL) adds files and
 * lines to the stacks. The caller owns the reference.
 */
json_t *hang_json(const struct hang *hang, struct symbols *symbols);

/*
 * Returns the explanation as a report, so that it can be stored, listed, matched with known issues,
 * and bisected, or NULL if its kind is HANG_NONE.
 */
struct splat *hang_to_splat(const struct hang *hang);

/*
 * Explains the run in DIR from console.raw, and from `who`, `registers` and owners.json in
 * postmortem/, which may be missing; the size of each is limited. Fails if DIR cannot be read.
 */
struct hang *hang_of_folder(const char *dir, GError **error);

/*
 * Returns TRUE if a task with the stack OWNER may hold the lock that a task with the stack WAITER
 * waits for. If WAITER's stack does not show which lock this is, it may be any hotplug lock. Stacks
 * are lines ("f+0x1/0x2"), innermost first.
 */
gboolean hang_may_hold(const GPtrArray *owner, const GPtrArray *waiter);

#endif
