// SPDX-License-Identifier: GPL-2.0-only
/* Reads the facts of a run folder of any version: first the journal, then `verdict`. */
#include <string.h>

#include "verdict/details.h"
#include "verdict/facts.h"

/*
 * The first words of the reason in folders until 2026-11 if a hang was a known issue; the verdict
 * was INFRA.
 */
#define OLD_EXCUSE "the hang is a known issue: "
#define OLD_UNHEARD "what the console said while the connection was lost is not known"

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
 * PASS had all of them. The journal must have been read.
 */
static void guess_proof(struct facts *facts, json_t *details, enum verdict had)
{
	json_t *lockdep = json_object_get(details, "lockdep");
	json_t *accounts = json_object_get(details, "accounts");

	facts->lockdep_offered = strcmp(text_at(lockdep, "state"), "absent") != 0;
	facts->lockdep_armed = json_is_true(json_object_get(lockdep, "armed"));
	facts->accounts = json_is_object(json_object_get(accounts, "before")) &&
			  json_is_object(json_object_get(accounts, "after"));
	if (had == VERDICT_PASS) {
		facts->guest = GUEST_OK;
		facts->powered_off = facts->accounts = TRUE;
	}
}

/*
 * If REPORT is the explanation of a hang, and SENTENCE is the reason that was made of it, sets *RET
 * to this reason. Otherwise returns FALSE.
 */
static gboolean is_explained(json_t *report, const char *sentence, struct reason *ret)
{
	json_t *known = json_object_get(report, "known");
	const char *title = text_at(report, "title");
	g_autofree char *excuse = NULL;

	if (!report_is_explanation(text_at(report, "kind")))
		return FALSE;
	excuse = g_strdup_printf("known issue: %s", title);
	if (strcmp(sentence, title) && !g_str_has_prefix(sentence, excuse) &&
	    !(json_is_object(known) && g_str_has_prefix(sentence, OLD_EXCUSE)))
		return FALSE;
	*ret = (struct reason){
		.source = REASON_HANG,
		.verdict = json_is_object(known) ? VERDICT_KNOWN : VERDICT_HANG,
		.fatal = TRUE,
	};
	return TRUE;
}

/*
 * Returns TRUE if REPORT is a report on the console, and SENTENCE is the reason that
 * verdict_of_report() made of it.
 */
static gboolean is_of_report(json_t *report, const char *sentence)
{
	/* older versions wrote "the lock validator gave up" */
	static const char *const forms[] = {"%s", "lockdep turned itself off: %s",
					    "the lock validator gave up: %s", "known issue: %s ("};
	const char *title = text_at(report, "title");

	if (!report_is_from_console(text_at(report, "kind")))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *text = g_strdup_printf(forms[i], title);

		if (!strcmp(sentence, text) || (i == 3 && g_str_has_prefix(sentence, text)))
			return TRUE;
	}
	return FALSE;
}

/*
 * Sets *RET to the reason whose text is SENTENCE. HAD: the verdict of the run, which the reason
 * gets if the journal has no verdict for it. Returns FALSE if the reason is a report on the
 * console.
 */
static gboolean read_reason(struct facts *facts, json_t *reports, const char *sentence,
			    enum verdict had, struct reason *ret)
{
	guint stood_for = GPOINTER_TO_UINT(g_hash_table_lookup(facts->stood_for, sentence));
	struct reason reason = {.source = REASON_SEEN, .verdict = stood_for ? stood_for - 1 : had};
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		if (is_of_report(report, sentence))
			return FALSE;
		if (is_explained(report, sentence, &reason))
			break;
	}
	reason.text = g_strdup(sentence);
	*ret = reason;
	return TRUE;
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
		struct reason reason;

		if (!sentence || facts->reasons->len >= REASONS_MAX)
			continue;
		if (facts_is_proof(sentence)) {
			if (!json_is_object(proof) && !strcmp(sentence, OLD_UNHEARD))
				facts->unheard = 1;
		} else if (read_reason(facts, reports, sentence, had, &reason)) {
			g_array_append_val(facts->reasons, reason);
		} else if (!reported) {
			reported = TRUE;
			facts->reports_at = facts->reasons->len;
		}
	}
	if (!reported)
		facts->reports_at = facts->reasons->len;
}
