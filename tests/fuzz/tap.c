// SPDX-License-Identifier: GPL-2.0-only
/* Fuzzes the output of a user's script in the guest. */
#include "tap/tap.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	rig_auto(tap) tap = tap_parse(text);

	if (tap->failures->len > TAP_FAILURES_MAX)
		abort();
	for (guint i = 0; i < tap->failures->len; i++) {
		struct splat *splat = tap_report(tap->failures->pdata[i], "script.sh");
		json_t *json = splat_to_json(splat);

		if (!json)
			abort();
		json_decref(json);
		splat_free(splat);
	}
	return 0;
}
