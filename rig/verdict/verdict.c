// SPDX-License-Identifier: GPL-2.0-only
/* The table of verdicts, and the meaning of a report for the verdict. */
#include "verdict/verdict.h"

#include "splat/known.h"
#include "util/error.h"

static const struct {
	const char *name;
	int exit_code;
	gboolean judged, alarm;
} verdicts[] = {
	[VERDICT_PASS] = {"PASS", RIG_EXIT_PASS, TRUE, FALSE},
	[VERDICT_FAIL] = {"FAIL", RIG_EXIT_FAIL, TRUE, TRUE},
	[VERDICT_HANG] = {"HANG", RIG_EXIT_FAIL, TRUE, TRUE},
	[VERDICT_LOST] = {"LOST", RIG_EXIT_INFRA, FALSE, FALSE},
	[VERDICT_INFRA] = {"INFRA", RIG_EXIT_INFRA, FALSE, FALSE},
	[VERDICT_SKIP] = {"SKIP", RIG_EXIT_SKIP, FALSE, FALSE},
	[VERDICT_ABORTED] = {"ABORTED", RIG_EXIT_INFRA, FALSE, FALSE},
	[VERDICT_KNOWN] = {"KNOWN", RIG_EXIT_PASS, FALSE, FALSE},
	[VERDICT_RUNNING] = {"RUNNING", RIG_EXIT_INFRA, FALSE, FALSE},
};

const char *verdict_name(enum verdict verdict)
{
	return verdicts[verdict].name;
}

gboolean verdict_parse(const char *text, enum verdict *ret)
{
	for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++)
		if (!g_strcmp0(text, verdicts[i].name)) {
			*ret = i;
			return TRUE;
		}
	return FALSE;
}

int verdict_exit_code(enum verdict verdict)
{
	return verdicts[verdict].exit_code;
}

gboolean verdict_is_judged(enum verdict verdict)
{
	return verdicts[verdict].judged;
}

gboolean verdict_is_alarm(enum verdict verdict)
{
	return verdicts[verdict].alarm;
}

/*
 * The kinds of reports about lack of progress: their verdict is HANG. All other kinds are about a
 * fault.
 */
static const char *const hang_kinds[] = {"hung-task",	"rcu-stall",	    "soft-lockup",
					 "hard-lockup", "workqueue-lockup", NULL};

/* The kinds of reports after which the kernel kills the current task (oops, BUG()) or panics. */
static const char *const killing_kinds[] = {"oops",   "null-deref",	 "paging",	 "gpf",
					    "divide", "invalid-opcode",	 "double-fault", "stack",
					    "bug",    "list-corruption", "usercopy",	 "panic",
					    NULL};

gboolean report_is_explanation(const char *kind)
{
	return kind && g_str_has_prefix(kind, "hang-");
}

gboolean report_is_from_console(const char *kind)
{
	static const char *const derived[] = {"lock-order", "lock-edge", "lock-cycle",
					      "test-failed", NULL};

	return !report_is_explanation(kind) && (!kind || !g_strv_contains(derived, kind));
}

static gboolean is_hang(const char *kind)
{
	return g_strv_contains(hang_kinds, kind) || report_is_explanation(kind);
}

gboolean report_is_fatal(const char *kind)
{
	return kind && (is_hang(kind) || g_strv_contains(killing_kinds, kind));
}

static gboolean known_meaning(const struct splat *splat, struct report_meaning *ret)
{
	const char *why = json_string_value(json_object_get(splat->known, "reason"));

	if (!report_is_fatal(splat->kind) && !splat->validator_off)
		return FALSE;
	ret->verdict = VERDICT_KNOWN;
	ret->reason = g_strdup_printf("known issue: %s (%s)", splat->title,
				      why ? why : "no reason given");
	return TRUE;
}

gboolean verdict_of_report(const struct splat *splat, struct report_meaning *ret)
{
	struct report_meaning meaning = {.fatal = report_is_fatal(splat->kind)};

	/*
	 * Ignore a second boot on the console. A step `reset` causes one; an unexpected one is
	 * detected without the console, because QEMU ends or the guest sends a second HELLO.
	 */
	if (splat->weight == SPLAT_NOTE || g_str_equal(splat->kind, "reboot") ||
	    known_is_excuse(splat->known))
		return FALSE;
	if (splat->known) {
		if (!known_meaning(splat, &meaning))
			return FALSE;
	} else if (splat->weight == SPLAT_LOST) {
		meaning.verdict = VERDICT_INFRA;
		meaning.reason = g_strdup_printf("lockdep turned itself off: %s", splat->title);
	} else {
		meaning.verdict = is_hang(splat->kind) ? VERDICT_HANG : VERDICT_FAIL;
		meaning.reason = g_strdup(splat->title);
	}
	*ret = meaning;
	return TRUE;
}
