/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Explains why a guest hangs. It builds a wait graph from the tasks, held locks and CPUs that could
 * be read: which task waits for which lock, and which task holds the lock. The result is a sentence
 * for each task, a signature, and JSON, from which a picture is drawn. The input is text and needs
 * no guest or run, so a log from any source can be explained. docs/hangs.md describes how to read
 * the result.
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
	HANG_CPU,   /* a CPU stays in a function with interrupts disabled */
	/* a lock was never released: its owner has exited, is idle, or is in user space */
	HANG_LEAK,
	HANG_LOOP,  /* the task at the end of the chain runs without releasing its lock */
	HANG_WAIT,  /* the task at the end of the chain waits for something that is not a lock */
	/* the holder of a lock is unknown, or data of different moments disagree */
	HANG_UNEXPLAINED,
};

/* The input. All members are borrowed, and any of them may be NULL. */
struct hang_source {
	const char *console; /* text of a console or of dmesg */
	gsize console_len;
	const char *tasks;     /* the guest's list of tasks (docs/guest-protocol.md, TASKS) */
	const char *registers; /* QEMU's `info registers -a` */
	/* owners.json, which owners.py makes of a memory image (owners.c describes it) */
	json_t *owners;
};

struct hang; /* an explanation */

/*
 * Explains a hang. Never fails: input that cannot be parsed is ignored, and the sentences say what
 * is unknown. SOURCE can be freed afterwards.
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
 * Returns the explanation as sentences, NULL-terminated: one for each involved task, from the first
 * waiter to the cause.
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
 * Returns the explanation as a report, which can be stored, listed, matched with known issues, and
 * bisected like a report on the console. Returns NULL if the kind is HANG_NONE.
 */
struct splat *hang_to_splat(const struct hang *hang);

/*
 * Explains the hang of the run in DIR from its files console.raw, and postmortem/who,
 * postmortem/registers and postmortem/owners.json, which may be missing. Of each, a limited size is
 * read. Fails if DIR cannot be read.
 */
struct hang *hang_of_folder(const char *dir, GError **error);

/*
 * Returns a sentence if REGISTERS (QEMU's `info registers -a`) show that a known fault of the
 * firmware, and not the kernel, stopped the guest; otherwise NULL. The caller owns it. The second
 * function reads the file of the run in DIR.
 */
char *hang_firmware_fault(const char *registers);
char *hang_firmware_of_folder(const char *dir);

/*
 * Returns an instruction, for example "an int3 in f() on CPU 1", if CONSOLE (LEN bytes) shows that
 * QEMU executes it although it is no longer in the guest's memory (emulator.c); otherwise NULL. The
 * caller owns it. The second function reads console.raw of the run in DIR from the byte FROM on:
 * the output after the hang.
 */
char *hang_emulator_fault(const char *console, gsize len);
char *hang_emulator_of_folder(const char *dir, guint64 from);

/*
 * Returns TRUE if a task with the stack OWNER may hold the lock for which a task with the stack
 * WAITER waits. If WAITER does not show which lock this is, every function that holds a hotplug
 * lock counts. The stacks are lines such as "f+0x1/0x2", innermost first.
 */
gboolean hang_may_hold(const GPtrArray *owner, const GPtrArray *waiter);

#endif
