/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Derives the verdict of a run and its reasons from facts, by one rule. The engine collects the
 * facts during a run; `rig recheck` reads them from a run folder. Both call facts_decide(), which
 * has no other input, so a run and its recheck agree.
 *
 * The rule: the first reason decides that is neither a known issue nor excused. A known issue that
 * has killed or blocked a task (a fatal one) excuses reasons that may be its consequences. If no
 * reason decides, the verdict is PASS, provided that no proof in the table of decide.c is missing;
 * a missing proof decides. If there is a known issue, the verdict is KNOWN instead of PASS. Proofs
 * that a known issue prevented are not needed for KNOWN: all proofs if it is fatal, those about
 * lockdep if it turned lockdep off. A fault of the firmware or of QEMU excuses every hang: it is
 * its cause.
 */
#ifndef RIG_VERDICT_FACTS_H
#define RIG_VERDICT_FACTS_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"
#include "verdict/reason.h"
#include "verdict/verdict.h"

struct reason {
	enum reason_kind kind;
	/*
	 * the verdict of the run if this reason decides; VERDICT_KNOWN if it is a known issue,
	 * which never decides
	 */
	enum verdict verdict;
	gboolean fatal;	      /* the report killed or blocked a task (struct report_meaning) */
	gboolean induced;     /* the report is a consequence of the previous one */
	char *text;	      /* a sentence for people; no rule depends on its words */
};

enum guest_judgement { GUEST_SILENT, GUEST_OK, GUEST_BAD };

struct facts {
	GArray *reasons; /* struct reason, in the order in which they were found */
	/* The proofs: observations that PASS needs. */
	enum guest_judgement guest; /* the guest's own verdict; GUEST_SILENT until it arrives */
	gboolean powered_off;	    /* the guest powered off, and QEMU ended without an error */
	gboolean accounts;	    /* memory accounts were taken before and after the load */
	gboolean lockdep_offered;   /* the kernel has lockdep */
	/* the guest reported, after the agents had ended, that lockdep was on */
	gboolean lockdep_armed;
	/* the guest's verdict says that lockdep is off; lockdep_armed is FALSE then */
	gboolean guest_unarmed;
	gboolean lockdep_died;	/* a line of the console shows that lockdep turned itself off */
	gboolean lockdep_known; /* a known issue turned lockdep off */
	guint unheard; /* number of gaps in the console, at which its connection was interrupted */
	gboolean stopped; /* the rig ended the run early, because of a report */
	/* The two members below are only used for facts that are read from a run folder. */
	GHashTable *stood_for; /* maps the text of each reason in the journal to its verdict + 1 */
	/* index in `reasons` at which the reasons of console reports are inserted */
	guint reports_at;
};

/* Maximum number of reasons that are stored. */
#define REASONS_MAX 100

struct facts *facts_new(void);
void facts_free(struct facts *facts);
RIG_DEFINE_AUTO(facts, facts_free)

/*
 * Adds a reason that the engine observed. Returns FALSE, and adds nothing, if a reason with this
 * text exists.
 */
gboolean facts_add(struct facts *facts, enum reason_kind kind, enum verdict verdict,
		   const char *text);

/*
 * Adds a reason: MEANING, which verdict_of_report() made of SPLAT. AT is its index in `reasons`, or
 * G_MAXUINT to append it. The text is copied. Returns FALSE, and adds nothing, if a reason with
 * this text exists.
 */
gboolean facts_add_report(struct facts *facts, const struct splat *splat,
			  const struct report_meaning *meaning, guint at);

/*
 * Replaces the text of the reason OLD by TEXT. Needed because the last lines of a report can change
 * its title.
 */
void facts_rename(struct facts *facts, const char *old, const char *text);

struct decision {
	enum verdict verdict;
	GPtrArray *reasons; /* of char *, owned; the reason that decided comes first */
	GArray *kinds;	    /* enum reason_kind, one for each of `reasons` */
};

/* Applies the rule to FACTS, its only input. Free with decision_clear(). */
struct decision facts_decide(const struct facts *facts);
void decision_clear(struct decision *decision);
#define decision_auto __attribute__((cleanup(decision_clear))) struct decision

/* Make the members `reasons` and `reason_kinds` of the file `verdict`. New references. */
json_t *decision_reasons_json(const struct decision *decision);
json_t *decision_kinds_json(const struct decision *decision);

/* Makes the member `proof` of the file `verdict`. New reference. */
json_t *facts_proof_json(const struct facts *facts);

/*
 * Read the facts of a run folder: call facts_read_entry() for each entry of the journal, then
 * facts_read() with the content of the file `verdict` (borrowed). Reasons that are reports on the
 * console are left out: the caller parses the console again, and adds them at facts->reports_at.
 * For old folders without the member `proof`, the proofs are taken from the journal.
 */
void facts_read_entry(struct facts *facts, json_t *entry);
void facts_read(struct facts *facts, json_t *details);

#endif
