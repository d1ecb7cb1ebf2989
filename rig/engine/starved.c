// SPDX-License-Identifier: GPL-2.0-only
/*
 * If the host gave the guest too little time (it was starved), in the whole run or in a step that
 * reached its timeout, stores in the verdict what share of the time the guest ran, how many
 * timeouts were not judged, and how many plugs and block operations the run made.
 */
#include "engine/session.h"

#include <string.h>

/*
 * The share is only calculated for a load of at least this many seconds, because the times of
 * threads are only accurate to about a scheduler tick.
 */
#define STARVED_LOAD_S 1

static guint64 block_writes(const struct session *s)
{
	guint64 writes = 0;

	for (guint i = 0; i < s->agents.list->len; i++) {
		const struct agent_run *a = s->agents.list->pdata[i];

		if (g_str_has_prefix(a->agent->name, "block-"))
			writes += a->ops;
	}
	return writes;
}

json_t *starved_json(const struct session *s)
{
	double wall_s = s->times.hammered_ns / (double)RIG_NS_PER_S;
	int percent = wall_s > 0 ? (int)(100 * s->times.hammered_runtime_s / wall_s) : 100;

	if (!s->host.starved_timeouts && (wall_s < STARVED_LOAD_S || percent >= STARVED_PERCENT))
		return NULL;
	return json_pack("{s:i, s:i, s:i, s:I}", "given_percent", percent, "timeouts",
			 (int)s->host.starved_timeouts, "plugs",
			 (int)session_counted(s, "plug", vm_outcome_name(VM_OK)), "block_writes",
			 (json_int_t)block_writes(s));
}
