/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of reasons. Rules and readers distinguish reasons by kind and never by the sentence,
 * which is for people. The file `verdict` has the kind of each reason in `reason_kinds`; details.h
 * reads it. A new kind needs a rule or a reader that distinguishes it from REASON_OTHER.
 */
#ifndef RIG_VERDICT_REASON_H
#define RIG_VERDICT_REASON_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"

enum reason_kind {
	REASON_OTHER,	    /* any observation of the engine: a timeout, a signal, a full disk */
	REASON_REPORT,	    /* a report on the console; a recheck parses it again */
	REASON_EXPLANATION, /* the explanation of a hang (rig/hang) */
	REASON_PROOF, /* a proof that PASS needs is missing; only facts_decide() adds this kind */
	REASON_AGENT_DIED,  /* an agent was killed by a signal */
	REASON_GUEST_BAD,   /* the guest's own verdict is bad; its reasons come before */
	REASON_FIRMWARE,    /* the guest's firmware, and not the kernel, stopped the guest */
	REASON_EMULATOR,    /* QEMU, and not the kernel, stopped the guest */
	REASON_ACCOUNTS,    /* the memory accounts after the load differ from those before it */
};

/* Returns the name of a kind, for example "agent-died". */
const char *reason_kind_name(enum reason_kind kind);
/*
 * Returns the kind called TEXT. Returns REASON_OTHER if TEXT is NULL or unknown: a later version
 * may have more kinds.
 */
enum reason_kind reason_kind_parse(const char *text);

/* Returns the kind of the reason that is made of SPLAT (verdict_of_report()). */
enum reason_kind reason_kind_of_report(const struct splat *splat);

/*
 * Returns the kind of a reason that was stored without one, from its SENTENCE, and from REPORTS,
 * the reports of the same run. This is the only function that recognises a reason by its words.
 */
enum reason_kind reason_kind_of_former(const char *sentence, json_t *reports);

#endif
