// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the facts of a run folder that any version of the rig has written. The reasons and proofs
 * come from the file `verdict`, the verdict of each reason from the journal. If `verdict` has no
 * member `proof`, because an old version wrote it, the proofs come from the journal, too, and from
 * other members of `verdict`.
 */
#include <string.h>

#include "verdict/details.h"
#include "verdict/facts.h"

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_t *facts_proof_json(const struct facts *facts)
{
	static const char *const words[] = {
		[GUEST_SILENT] = "none", [GUEST_OK] = "ok", [GUEST_BAD] = "bad"};

	return json_pack("{s:s, s:b, s:b, s:b, s:b, s:i, s:b}", "guest", words[facts->guest],
			 "powered_off", facts->powered_off, "accounts", facts->accounts,
			 "lockdep_offered", facts->lockdep_offered, "lockdep_armed",
			 facts->lockdep_armed, "unheard", (int)facts->unheard, "stopped",
			 facts->stopped);
}

void facts_read_entry(struct facts *facts, json_t *entry)
{
	const char *what = text_at(entry, "what"), *to = text_at(entry, "to");
	enum verdict verdict;

	if (!strcmp(what, "powered-off"))
		facts->powered_off = TRUE;
	else if (!strcmp(what, "state") && !strcmp(to, "reported"))
		facts->stopped = TRUE;
	else if (!strcmp(what, "state") && !strcmp(to, "poweroff"))
		/*
		 * The run enters this state after the guest's own verdict. If that was bad, the
		 * journal also has a reason, which decides.
		 */
		facts->guest = GUEST_OK;
	else if (!strcmp(what, "reason") && verdict_parse(text_at(entry, "verdict"), &verdict))
		g_hash_table_insert(facts->stood_for, g_strdup(text_at(entry, "text")),
				    GUINT_TO_POINTER(verdict + 1));
}

static void read_proof(struct facts *facts, json_t *proof)
{
	const char *guest = text_at(proof, "guest");

	facts->guest = !strcmp(guest, "ok")    ? GUEST_OK
		       : !strcmp(guest, "bad") ? GUEST_BAD
					       : GUEST_SILENT;
	facts->powered_off = json_is_true(json_object_get(proof, "powered_off"));
	facts->accounts = json_is_true(json_object_get(proof, "accounts"));
	facts->lockdep_offered = json_is_true(json_object_get(proof, "lockdep_offered"));
	facts->lockdep_armed = json_is_true(json_object_get(proof, "lockdep_armed"));
	facts->unheard =
		(guint)CLAMP(json_integer_value(json_object_get(proof, "unheard")), 0, G_MAXINT);
	facts->stopped = json_is_true(json_object_get(proof, "stopped"));
}

/*
 * Infers the proofs for a folder from before the member `proof` existed: a run with the verdict
 * PASS had all of them, and gaps in the console were a reason. The journal must have been read.
 */
static void guess_proof(struct facts *facts, json_t *details, enum verdict had)
{
	static const char gaps[] =
		"what the console said while the connection was lost is not known";
	json_t *lockdep = json_object_get(details, "lockdep");
	json_t *accounts = json_object_get(details, "accounts"), *reason;
	size_t i;

	facts->lockdep_offered = strcmp(text_at(lockdep, "state"), "absent") != 0;
	facts->lockdep_armed = json_is_true(json_object_get(lockdep, "armed"));
	facts->accounts = json_is_object(json_object_get(accounts, "before")) &&
			  json_is_object(json_object_get(accounts, "after"));
	if (had == VERDICT_PASS) {
		facts->guest = GUEST_OK;
		facts->powered_off = facts->accounts = TRUE;
	}
	json_array_foreach (json_object_get(details, "reasons"), i, reason)
		if (!g_strcmp0(json_string_value(reason), gaps))
			facts->unheard = 1;
}

/*
 * Returns the verdict of the reason that explains the hang: KNOWN if its report in REPORTS is a
 * known issue.
 */
static enum verdict explained_verdict(json_t *reports)
{
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report)
		if (report_is_explanation(text_at(report, "kind")) &&
		    json_is_object(json_object_get(report, "known")))
			return VERDICT_KNOWN;
	return VERDICT_HANG;
}

/*
 * Appends the reason SENTENCE of KIND. HAD is the verdict of the run, which the reason gets if the
 * journal has no verdict for it.
 */
static void append(struct facts *facts, json_t *reports, enum reason_kind kind,
		   const char *sentence, enum verdict had)
{
	guint stood_for = GPOINTER_TO_UINT(g_hash_table_lookup(facts->stood_for, sentence));
	struct reason reason = {
		.kind = kind,
		.verdict = stood_for ? stood_for - 1 : had,
		.text = g_strdup(sentence),
	};

	if (kind == REASON_EXPLANATION) {
		reason.verdict = explained_verdict(reports);
		reason.fatal = TRUE;
	}
	g_array_append_val(facts->reasons, reason);
}

void facts_read(struct facts *facts, json_t *details)
{
	json_t *reports = json_object_get(details, "reports"), *old;
	json_t *proof = json_object_get(details, "proof");
	enum verdict had = VERDICT_INFRA;
	gboolean reported = FALSE;
	size_t i;

	verdict_parse(text_at(details, "verdict"), &had);
	if (json_is_object(proof))
		read_proof(facts, proof);
	else
		guess_proof(facts, details, had);
	json_array_foreach (json_object_get(details, "reasons"), i, old) {
		const char *sentence = json_string_value(old);
		enum reason_kind kind = details_reason_kind(details, i);

		if (!sentence || kind == REASON_PROOF || facts->reasons->len >= REASONS_MAX)
			continue;
		if (kind != REASON_REPORT) {
			append(facts, reports, kind, sentence, had);
		} else if (!reported) {
			reported = TRUE;
			facts->reports_at = facts->reasons->len;
		}
	}
	if (!reported)
		facts->reports_at = facts->reasons->len;
}
