// SPDX-License-Identifier: GPL-2.0-only
/* Deletes old runs and unused kernels after a finished night, by the ages in the plan's `keep`. */
#include "kernel/kernel.h"
#include "nightly/internal.h"
#include "util/clock.h"
#include "util/error.h"

#define S_PER_DAY G_GINT64_CONSTANT(86400)

/*
 * Deletes the runs older than DAYS whose verdict is one of VERDICTS, or any if VERDICTS is NULL.
 * Returns how many were deleted.
 */
static guint delete_runs(struct night *night, guint days, const char *const *verdicts,
			 GError **error)
{
	g_autofree char *before = rig_utc_days_ago(days);
	g_autoptr(GPtrArray) names = NULL;
	guint deleted = 0;

	if (!days)
		return 0;
	names = index_prunable(night->index, before, verdicts, NIGHT_KEEP_NEWEST, error);
	while (names && deleted < names->len &&
	       index_prune(night->index, names->pdata[deleted], error))
		deleted++;
	return deleted;
}

/*
 * Deletes kernels and work trees that were not used for DAYS. Returns how many were deleted, and
 * sets *RET_BYTES to their total size.
 */
static guint delete_kernels(guint days, guint64 *ret_bytes, GError **error)
{
	g_autoptr(GPtrArray) all = NULL;
	guint deleted = 0;

	*ret_bytes = 0;
	if (!days)
		return 0;
	all = kernel_unused_since(g_get_real_time() / G_USEC_PER_SEC - days * S_PER_DAY);
	for (guint i = 0; i < all->len; i++) {
		const struct kernel_unused *unused = all->pdata[i];
		gboolean gone;

		if (!kernel_forget(unused, &gone, error))
			break;
		deleted += gone;
		*ret_bytes += gone ? unused->bytes : 0;
	}
	return deleted;
}

json_t *night_delete_old(struct night *night)
{
	static const char *const passed[] = {"PASS", "SKIP", NULL};
	const struct plan_keep *keep = &night->keep;
	g_autoptr(GError) error = NULL;
	guint64 bytes = 0;
	guint runs = 0, kernels = 0;

	if (night->unfinished || (!keep->runs && !keep->passed && !keep->kernels))
		return NULL;
	runs = delete_runs(night, keep->runs, NULL, &error);
	if (!error)
		runs += delete_runs(night, keep->passed, passed, &error);
	if (!error)
		kernels = delete_kernels(keep->kernels, &bytes, &error);
	return json_pack("{s:i, s:i, s:I, s:s?}", "runs", runs, "kernels", kernels, "kernel_bytes",
			 (json_int_t)bytes, "problem", error ? error->message : NULL);
}
