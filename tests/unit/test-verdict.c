// SPDX-License-Identifier: GPL-2.0-only
/* Tests verdicts: names, exit codes, and the rule that derives a verdict from facts. */
#include <check.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "tests/unit/verdict.h"
#include "verdict/details.h"
#include "verdict/facts.h"

START_TEST(names_and_codes)
{
	static const int codes[] = {0, 1, 1, 3, 3, 77, 3, 0, 3};

	for (int v = VERDICT_PASS; v <= VERDICT_RUNNING; v++) {
		enum verdict back;

		ck_assert(verdict_parse(verdict_name(v), &back));
		ck_assert_int_eq(back, v);
		ck_assert_int_eq(verdict_exit_code(v), codes[v]);
	}
	ck_assert(!verdict_parse("pass", &(enum verdict){0}));
	ck_assert(!verdict_parse(NULL, &(enum verdict){0}));
}
END_TEST

/*
 * A case: a word of found[] for each observation, in order; the missing proof, which PASS needs (or
 * NULL); the expected verdict, and the beginning of its first reason.
 */
static const struct {
	const char *found, *lacks;
	enum verdict verdict;
	const char *first; /* NULL if there is no reason */
} cases[] = {
	{"", NULL, VERDICT_PASS, NULL},
	/* for each proof, the verdict if only this proof is missing */
	{"", "guest", VERDICT_LOST, "the guest ended without"},
	{"", "accounts", VERDICT_FAIL, "the memory accounts"},
	{"", "lockdep_armed", VERDICT_INFRA, "lockdep is off"},
	{"", "lockdep_died", VERDICT_INFRA, "the console reports"},
	{"", "unheard", VERDICT_INFRA, "console output is missing"},
	{"", "powered_off", VERDICT_LOST, "the guest did not power off"},
	{"", "stopped", VERDICT_INFRA, "the reports that ended this run"},
	/* the first reason decides */
	{"seen-fail hang-report", NULL, VERDICT_FAIL, "pages missing"},
	{"hang-report seen-fail", NULL, VERDICT_HANG, "task hung"},
	{"seen-infra report", NULL, VERDICT_INFRA, "disk full"},
	{"gave-up", "lockdep_armed", VERDICT_INFRA, "lockdep turned itself off"},
	{"note", NULL, VERDICT_PASS, NULL},
	/*
	 * a known issue alone does not affect the verdict, unless it killed a task or turned
	 * lockdep off
	 */
	{"known-warning", NULL, VERDICT_PASS, NULL},
	{"known-oops", NULL, VERDICT_KNOWN, "known issue: oops in f"},
	{"known-oops", "guest", VERDICT_KNOWN, "known issue: oops in f"},
	{"known-lockdep", "lockdep_armed", VERDICT_KNOWN, "known issue: possible deadlock"},
	{"known-lockdep", "guest", VERDICT_LOST, "the guest ended without"},
	/*
	 * possible consequences of a known issue are excused; another fault, or one of the host, is
	 * not
	 */
	{"known-oops seen-hang seen-lost seen-fail", "guest", VERDICT_KNOWN, "known issue: oops"},
	{"known-oops induced", "guest", VERDICT_KNOWN, "known issue: oops"},
	{"known-oops hang-report", "guest", VERDICT_KNOWN, "known issue: oops"},
	{"known-oops report", "guest", VERDICT_FAIL, "WARNING in g"},
	{"known-oops seen-infra", "guest", VERDICT_INFRA, "disk full"},
	{"seen-fail known-oops", "guest", VERDICT_FAIL, "pages missing"},
	/* the guest reports the death of an agent before the report of the oops is complete */
	{"seen-death seen-bad known-oops", NULL, VERDICT_KNOWN, "known issue: oops in f"},
	{"seen-death seen-bad seen-fail known-oops", NULL, VERDICT_FAIL, "pages missing"},
	{"seen-death seen-bad known-warning", NULL, VERDICT_FAIL, "the guest says: agent 3"},
	{"known-lockdep seen-hang", "guest", VERDICT_HANG, "no progress"},
	{"known-warning seen-hang", "guest", VERDICT_HANG, "no progress"},
	/* a hang: the observation comes first, its explanation later */
	{"seen-hang explained", "guest", VERDICT_HANG, "no progress"},
	{"seen-hang known-explained", "guest", VERDICT_KNOWN, "known issue: A waits for B"},
	{"seen-fail known-explained", "guest", VERDICT_FAIL, "pages missing"},
	/* a fault of the firmware or of QEMU is the cause of hangs, and of nothing else */
	{"seen-hang hang-report firmware explained", "guest", VERDICT_INFRA, "firmware fault"},
	{"seen-hang hang-report emulator explained", "guest", VERDICT_INFRA, "emulator fault"},
	{"seen-fail seen-hang emulator", "guest", VERDICT_FAIL, "pages missing"},
	{"seen-fail seen-hang firmware", "guest", VERDICT_FAIL, "pages missing"},
	{"seen-hang report firmware", "guest", VERDICT_FAIL, "WARNING in g"},
	/* the kind of a reason decides what it excuses and what excuses it, and not its words */
	{"reworded-death reworded-bad known-oops", NULL, VERDICT_KNOWN, "known issue: oops in f"},
	{"words-of-death known-oops", NULL, VERDICT_FAIL, "the guest says: agent 3"},
	{"words-of-bad known-oops", NULL, VERDICT_FAIL, "the guest's own verdict is bad"},
	{"seen-hang reworded-firmware", "guest", VERDICT_INFRA, "the kernel was not started"},
	{"seen-hang words-of-firmware", "guest", VERDICT_HANG, "no progress"},
	/* a recheck keeps what the engine observed, even with the words of a report or a proof */
	{"words-of-report report", NULL, VERDICT_INFRA, "lockdep turned itself off: WARNING in g"},
	{"words-of-proof", NULL, VERDICT_INFRA, "the guest did not power off"},
};

static const struct {
	const char *word;
	enum verdict seen; /* verdict of an observation of the engine */
	const char *kind;  /* kind of a report; NULL for an observation */
	enum splat_weight weight;
	const char *text;
	gboolean known, induced, off;
	enum reason_kind as; /* kind of an observation */
} found[] = {
	{"seen-fail", VERDICT_FAIL, .text = "pages missing"},
	{"seen-death", VERDICT_FAIL, .text = "the guest says: agent 3 run was killed by signal 9",
	 .as = REASON_AGENT_DIED},
	{"seen-bad", VERDICT_FAIL, .text = "the guest's own verdict is bad",
	 .as = REASON_GUEST_BAD},
	{"reworded-death", VERDICT_FAIL, .text = "agent 3 (run) died", .as = REASON_AGENT_DIED},
	{"reworded-bad", VERDICT_FAIL, .text = "the guest has failed", .as = REASON_GUEST_BAD},
	{"reworded-firmware", VERDICT_INFRA, .text = "the kernel was not started",
	 .as = REASON_FIRMWARE},
	{"words-of-death", VERDICT_FAIL,
	 .text = "the guest says: agent 3 run was killed by signal 9"},
	{"words-of-bad", VERDICT_FAIL, .text = "the guest's own verdict is bad"},
	{"words-of-firmware", VERDICT_INFRA, .text = "firmware fault: none"},
	{"words-of-report", VERDICT_INFRA, .text = "lockdep turned itself off: WARNING in g"},
	{"words-of-proof", VERDICT_INFRA, .text = "the guest did not power off"},
	{"seen-hang", VERDICT_HANG, .text = "no progress"},
	{"seen-lost", VERDICT_LOST, .text = "the guest disappeared"},
	{"seen-infra", VERDICT_INFRA, .text = "disk full"},
	{"firmware", VERDICT_INFRA, .text = "firmware fault: CPU 1 waits", .as = REASON_FIRMWARE},
	{"emulator", VERDICT_INFRA, .text = "emulator fault: QEMU executes an int3 in f()",
	 .as = REASON_EMULATOR},
	{"report", .kind = "warning", .text = "WARNING in g"},
	{"induced", .kind = "panic", .text = "kernel panic", .induced = TRUE},
	{"hang-report", .kind = "hung-task", .text = "task hung in h"},
	{"gave-up", .kind = "lockdep-limit", .weight = SPLAT_LOST, .text = "MAX", .off = TRUE},
	{"note", .kind = "oom", .weight = SPLAT_NOTE, .text = "out of memory"},
	{"known-warning", .kind = "warning", .text = "WARNING in f", .known = TRUE},
	{"known-oops", .kind = "paging", .text = "oops in f", .known = TRUE, .off = TRUE},
	{"known-lockdep", .kind = "lockdep-circular", .text = "possible deadlock in f",
	 .known = TRUE, .off = TRUE},
	{"explained", .kind = "hang-cycle", .text = "A waits for B"},
	{"known-explained", .kind = "hang-cycle", .text = "A waits for B", .known = TRUE},
};

/* The data of a run that is stored in a run folder. */
struct written {
	struct facts *facts;
	json_t *reports;    /* reports of the console and of the explanation, as in `verdict` */
	GPtrArray *journal; /* of json_t */
	GPtrArray *splats;  /* the reports of the console that a recheck finds */
};

static struct splat *splat_of(guint i)
{
	struct splat *splat = g_new0(struct splat, 1);

	splat->kind = found[i].kind;
	splat->weight = found[i].weight;
	splat->title = g_strdup(found[i].text);
	splat->induced = found[i].induced;
	splat->validator_off = found[i].off;
	splat->bug = g_strdup_printf("v1:%s:x", found[i].kind);
	splat->path = g_strdup("p");
	splat->exact = g_strdup("e");
	splat->text = g_strdup("");
	splat->frames = g_ptr_array_new();
	if (found[i].known)
		splat->known = json_pack("{s:s, s:s}", "reason", "fixed", "link", "https://x");
	return splat;
}

static void journal(struct written *w, enum verdict verdict, const char *text)
{
	g_ptr_array_add(w->journal, json_pack("{s:s, s:s, s:s}", "what", "reason", "verdict",
					      verdict_name(verdict), "text", text));
}

static void put_word(struct written *w, const char *word)
{
	struct report_meaning meaning;
	struct splat *splat;
	guint i = 0;

	while (i + 1 < G_N_ELEMENTS(found) && strcmp(found[i].word, word))
		i++;
	ck_assert_str_eq(found[i].word, word);
	if (!found[i].kind) {
		facts_add(w->facts, found[i].as, found[i].seen, found[i].text);
		journal(w, found[i].seen, found[i].text);
		return;
	}
	splat = splat_of(i);
	json_array_append_new(w->reports, splat_to_json(splat));
	if (verdict_of_report(splat, &meaning)) {
		facts_add_report(w->facts, splat, &meaning, G_MAXUINT);
		journal(w, meaning.verdict, meaning.reason);
		g_free(meaning.reason);
	}
	if (report_is_explanation(splat->kind))
		splat_free(splat);
	else
		g_ptr_array_add(w->splats, splat);
}

static void prove(struct facts *f, const char *lacks)
{
#define HAS(name) (!lacks || strcmp(lacks, #name))
	f->guest = HAS(guest) ? GUEST_OK : GUEST_SILENT;
	f->powered_off = HAS(powered_off);
	f->accounts = HAS(accounts);
	f->lockdep_offered = TRUE;
	f->lockdep_armed = HAS(lockdep_armed);
	f->lockdep_died = !HAS(lockdep_died);
	f->unheard = HAS(unheard) ? 0 : 2;
	f->stopped = !HAS(stopped);
}

static struct written written_by(int number)
{
	struct written w = {facts_new(), json_array(),
			    g_ptr_array_new_with_free_func((GDestroyNotify)json_decref),
			    g_ptr_array_new_with_free_func((GDestroyNotify)splat_free)};
	g_auto(GStrv) words = g_strsplit(cases[number].found, " ", -1);

	for (char **word = words; *word; word++)
		put_word(&w, *word);
	prove(w.facts, cases[number].lacks);
	return w;
}

static void written_clear(struct written *w)
{
	facts_free(w->facts);
	json_decref(w->reports);
	g_ptr_array_unref(w->journal);
	g_ptr_array_unref(w->splats);
}

static json_t *details_of(const struct written *w, const struct decision *decision)
{
	return json_pack("{s:s, s:o, s:o, s:O, s:o}", "verdict", verdict_name(decision->verdict),
			 "reasons", decision_reasons_json(decision), "reason_kinds",
			 decision_kinds_json(decision), "reports", w->reports, "proof",
			 facts_proof_json(w->facts));
}

START_TEST(run_decides)
{
	struct written w = written_by(_i);
	decision_auto decision = facts_decide(w.facts);

	ck_assert_str_eq(verdict_name(decision.verdict), verdict_name(cases[_i].verdict));
	ck_assert_int_eq(decision.reasons->len > 0, cases[_i].first != NULL);
	if (cases[_i].first)
		ck_assert_msg(g_str_has_prefix(decision.reasons->pdata[0], cases[_i].first), "%s",
			      (char *)decision.reasons->pdata[0]);
	written_clear(&w);
}
END_TEST

/* Returns what a recheck decides that reads the facts from W, and from DETAILS as `verdict`. */
static json_t *rechecked(const struct written *w, json_t *details)
{
	rig_auto(facts) read = facts_new();
	decision_auto decision = {0};
	guint at;

	for (guint i = 0; i < w->journal->len; i++)
		facts_read_entry(read, w->journal->pdata[i]);
	facts_read(read, details);
	read->lockdep_died = w->facts->lockdep_died;
	at = read->reports_at;
	for (guint i = 0; i < w->splats->len; i++) {
		struct report_meaning meaning;

		if (!verdict_of_report(w->splats->pdata[i], &meaning))
			continue;
		at += facts_add_report(read, w->splats->pdata[i], &meaning, at);
		g_free(meaning.reason);
	}
	decision = facts_decide(read);
	return details_of(w, &decision);
}

/*
 * A recheck that reads the facts from a folder makes the same decision, with the same reasons in
 * the same order.
 */
START_TEST(recheck_decides_the_same)
{
	struct written w = written_by(_i);
	decision_auto decision = facts_decide(w.facts);
	json_auto_t *details = details_of(&w, &decision);
	json_auto_t *again = rechecked(&w, details);

	ck_assert(json_equal(details, again));
	written_clear(&w);
}
END_TEST

/* The same for a folder from before reasons had kinds, with the words of that time. */
START_TEST(recheck_reads_former_folders)
{
	struct written w = written_by(_i);
	decision_auto decision = facts_decide(w.facts);
	json_auto_t *details = details_of(&w, &decision);
	json_auto_t *former = json_copy(details);
	json_auto_t *again = NULL;

	json_object_del(former, "reason_kinds");
	again = rechecked(&w, former);
	/* these folders have no emulator faults */
	if (!strstr(cases[_i].found, "words-of") && !strstr(cases[_i].found, "reworded") &&
	    !strstr(cases[_i].found, "emulator"))
		ck_assert(json_equal(details, again));
	written_clear(&w);
}
END_TEST

/* `hang.signature` in the format of hang_json(), and in that of old folders. */
START_TEST(hang_signature)
{
	static const char *const texts[] = {
		"{\"hang\": {\"signature\": {\"bug\": \"v1:hang-leak:x\", \"path\": \"p\", "
		"\"exact\": \"e\"}}}",
		"{\"hang\": {\"signature\": \"v1:hang-leak:x\"}}"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		json_auto_t *details = json_loads(texts[i], 0, NULL);

		ck_assert_str_eq(details_hang_bug(details), "v1:hang-leak:x");
	}
	ck_assert_ptr_null(details_hang_bug(NULL));
}
END_TEST

/* The first reason of a file `verdict`, and its kind. */
static const struct {
	const char *first, *rest; /* members of the object: the first reason, the others */
	enum reason_kind kind;
} kinds[] = {
	{"x", ", \"reason_kinds\": [\"accounts\"]", REASON_ACCOUNTS},
	{"MemTotal is 1 kB, it was 2 kB", ", \"reason_kinds\": [\"other\"]", REASON_OTHER},
	/* a kind of a later version, and damaged files */
	{"x", ", \"reason_kinds\": [\"new\"]", REASON_OTHER},
	{"x", ", \"reason_kinds\": [7]", REASON_OTHER},
	{"firmware fault: y", ", \"reason_kinds\": []", REASON_FIRMWARE},
	{"firmware fault: y", ", \"reason_kinds\": \"other\"", REASON_FIRMWARE},
	/* run folders whose `verdict` has no kinds of reasons */
	{"x", "", REASON_OTHER},
	{"MemTotal is 1 kB, it was 2 kB", "", REASON_ACCOUNTS},
	{"node 0 has 1 present pages, it had 2", "", REASON_ACCOUNTS},
	{"lockdep is no longer armed, so silence proves nothing", "", REASON_PROOF},
	{"the guest did not power off", "", REASON_PROOF},
	{"the guest did not power off cleanly: signal 9", "", REASON_OTHER},
	{"the guest says: agent 1 run was killed by signal 9", "", REASON_AGENT_DIED},
	{"the guest says: agent 1 run is stuck in x", "", REASON_OTHER},
	{"the guest's own verdict is bad", "", REASON_GUEST_BAD},
	{"the lock validator gave up: x",
	 ", \"reports\": [{\"kind\": \"lockdep-limit\", \"title\": \"x\"}]", REASON_REPORT},
	{"known issue: x (fixed)", ", \"reports\": [{\"kind\": \"paging\", \"title\": \"x\"}]",
	 REASON_REPORT},
	{"the hang is a known issue: x",
	 ", \"reports\": [{\"kind\": \"hang-cycle\", \"title\": \"y\", \"known\": {}}]",
	 REASON_EXPLANATION},
	{"x", ", \"reports\": [{\"kind\": \"lock-order\", \"title\": \"x\"}]", REASON_OTHER},
};

START_TEST(a_reason_has_a_kind)
{
	g_autofree char *text = g_strdup_printf("{\"reasons\": [\"%s\"]%s}", kinds[_i].first,
						kinds[_i].rest);
	json_auto_t *details = json_loads(text, 0, NULL);

	ck_assert_msg(details != NULL, "%s", text);
	ck_assert_str_eq(reason_kind_name(details_reason_kind(details, 0)),
			 reason_kind_name(kinds[_i].kind));
	ck_assert_int_eq(reason_kind_parse(reason_kind_name(kinds[_i].kind)), kinds[_i].kind);
	ck_assert_int_eq(details_reason_kind(details, 1), REASON_OTHER);
	ck_assert_int_eq(details_reason_kind(NULL, 0), REASON_OTHER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tc = tcase_create("verdict");

	tcase_add_test(tc, names_and_codes);
	tcase_add_loop_test(tc, run_decides, 0, G_N_ELEMENTS(cases));
	tcase_add_loop_test(tc, recheck_decides_the_same, 0, G_N_ELEMENTS(cases));
	tcase_add_loop_test(tc, recheck_reads_former_folders, 0, G_N_ELEMENTS(cases));
	tcase_add_loop_test(tc, a_reason_has_a_kind, 0, G_N_ELEMENTS(kinds));
	tcase_add_test(tc, hang_signature);
	suite_add_tcase(suite, tc);
	add_known_tests(suite);
	return suite_run(suite);
}
