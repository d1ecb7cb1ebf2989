/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one rule for a verdict: from the facts of a run to its verdict and reasons. The engine
 * collects the facts during a run; rig recheck reads them from a run folder. Both call
 * facts_decide(), which depends on nothing else, so that a run and its recheck agree.
 *
 * The rule: the first reason decides, unless it is excused. A known issue never decides; a fatal
 * one excuses what may be its consequence. Where no reason decides, PASS needs every proof of the
 * table in decide.c; with a known issue the best verdict is KNOWN.
 */
#ifndef RIG_VERDICT_FACTS_H
#define RIG_VERDICT_FACTS_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"
#include "verdict/verdict.h"

enum reason_source {
	REASON_SEEN,   /* the engine observed it: a time-out, pages missing, a signal */
	REASON_REPORT, /* a report on the console */
	REASON_HANG,   /* the explanation of a hang (rig/hang) */
};

struct reason {
	enum reason_source source;
	enum verdict verdict; /* the verdict that it leads to; KNOWN for a known issue */
	gboolean fatal;	      /* see struct report_meaning */
	gboolean induced;     /* a report that is a consequence of the previous one */
	char *text;	      /* a sentence, owned */
};

enum guest_judgement { GUEST_SILENT, GUEST_OK, GUEST_BAD };

struct facts {
	GArray *reasons; /* struct reason, in the order in which they were found */
	/* the proofs */
	enum guest_judgement guest; /* the guest's own verdict, GUEST_SILENT before it came */
	gboolean powered_off;	  /* the guest powered off, and QEMU ended without an error */
	gboolean accounts;	  /* memory accounts of both ends were taken */
	gboolean lockdep_offered; /* the kernel has lockdep */
	gboolean lockdep_armed;	  /* the guest said so after the agents had ended */
	gboolean guest_unarmed; /* the guest's verdict says that lockdep is off; part of
				 * lockdep_armed */
	gboolean lockdep_died;	  /* the console says that it was turned off */
	gboolean lockdep_known;	  /* a known issue turned it off */
	guint unheard;		  /* gaps in the console, because its connection was interrupted */
	gboolean stopped;	  /* the rig ended the run early, because of a report */
	/* only of facts that are read from a folder */
	GHashTable *stood_for; /* a reason's text -> its verdict + 1, from the journal */
	/* index in `reasons` at which those of the console's reports are inserted */
	guint reports_at;
};

/* At most this many reasons are kept. */
#define REASONS_MAX 100

struct facts *facts_new(void);
void facts_free(struct facts *facts);
RIG_DEFINE_AUTO(facts, facts_free)

/*
 * Adds a reason that the engine observed. FALSE, with nothing added, where one with that text is
 * there already.
 */
gboolean facts_add(struct facts *facts, enum verdict verdict, const char *text);

/*
 * Adds what a report means (verdict_of_report(); its text is copied). FALSE: it is there already.
 * AT is the place among the reasons; G_MAXUINT is the end.
 */
gboolean facts_add_report(struct facts *facts, const struct splat *splat,
			  const struct report_meaning *meaning, guint at);

/* Replaces the text OLD, because the end of a report can add to its title. */
void facts_rename(struct facts *facts, const char *old, const char *text);

struct decision {
	enum verdict verdict;
	GPtrArray *reasons; /* of char *, owned; the one that decided comes first */
};

/* Applies the rule. It uses nothing but FACTS. Free with decision_clear(). */
struct decision facts_decide(const struct facts *facts);
void decision_clear(struct decision *decision);
#define decision_auto __attribute__((cleanup(decision_clear))) struct decision

/* Is TEXT the sentence of a missing proof? Those are derived, never facts. */
gboolean facts_is_proof(const char *text);

/* Makes the member `proof` of the file `verdict`. New reference. */
json_t *facts_proof_json(const struct facts *facts);

/*
 * Facts of a run folder: call facts_read_entry() for each entry of the journal, then facts_read()
 * with the object of `verdict` (borrowed). Reasons of console reports are left out: the caller adds
 * those of today at facts->reports_at. Folders from before `proof` are completed from the journal.
 */
void facts_read_entry(struct facts *facts, json_t *entry);
void facts_read(struct facts *facts, json_t *details);

#endif
