// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts: their names, their exit codes, and what one report means for one. */
#include "verdict/verdict.h"

#include "util/error.h"

static const struct {
	const char *name;
	int exit_code;
} verdicts[] = {
	[VERDICT_PASS] = {"PASS", RIG_EXIT_PASS},	 [VERDICT_FAIL] = {"FAIL", RIG_EXIT_FAIL},
	[VERDICT_HANG] = {"HANG", RIG_EXIT_FAIL},	 [VERDICT_LOST] = {"LOST", RIG_EXIT_INFRA},
	[VERDICT_INFRA] = {"INFRA", RIG_EXIT_INFRA},	 [VERDICT_SKIP] = {"SKIP", RIG_EXIT_SKIP},
	[VERDICT_ABORTED] = {"ABORTED", RIG_EXIT_INFRA}, [VERDICT_RUNNING] = {"RUNNING", RIG_EXIT_INFRA},
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

/* Reports of something that does not go on; the others are of something that went wrong. */
static const char *const hang_kinds[] = {"hung-task", "rcu-stall", "soft-lockup", "hard-lockup",
					 "workqueue-lockup", NULL};

gboolean report_is_explanation(const char *kind)
{
	return kind && g_str_has_prefix(kind, "hang-");
}

gboolean verdict_of_report(const struct splat *splat, enum verdict *ret, char **ret_reason)
{
	/* a reset step causes a second boot; an unexpected one ends QEMU or sends a second HELLO */
	if (splat->known || splat->weight == SPLAT_NOTE || g_str_equal(splat->kind, "reboot"))
		return FALSE;
	if (splat->weight == SPLAT_LOST) {
		*ret = VERDICT_INFRA;
		*ret_reason = g_strdup_printf("the lock validator gave up: %s", splat->title);
		return TRUE;
	}
	*ret = g_strv_contains(hang_kinds, splat->kind) || report_is_explanation(splat->kind) ? VERDICT_HANG
											      : VERDICT_FAIL;
	*ret_reason = g_strdup(splat->title);
	return TRUE;
}
