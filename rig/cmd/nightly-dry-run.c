// SPDX-License-Identifier: GPL-2.0-only
/* Prints what `rig nightly --dry-run` and `rig validate --dry-run` found out. */
#include <stdio.h>

#include "cmd/findings.h"
#include "cmd/nightly.h"
#include "util/clock.h"
#include "util/text.h"

static double real(json_t *json, const char *key)
{
	return json_number_value(json_object_get(json, key));
}

static char *seconds_text(double s)
{
	return rig_duration_text((gint64)(s * RIG_NS_PER_S));
}

static void print_builds(json_t *builds)
{
	g_autofree char *span = seconds_text(real(builds, "estimate_s"));
	double count = real(builds, "count"), unknown = real(builds, "unknown");

	if (count > unknown)
		printf("%.0f kernel%s to build before, at most about %s (estimated from earlier "
		       "builds)\n",
		       count, text_s(count), span);
	if (unknown)
		printf("%.0f kernel%s to build, of unknown duration: minutes each\n", unknown,
		       text_s(unknown));
}

/*
 * Prints which combinations are left out, and why. If many have the same reason, prints it once:
 * most combinations of all scenarios with all machines cannot run.
 */
static void print_excluded(json_t *excluded)
{
	enum { MANY = 10 };
	g_autoptr(GHashTable) shares = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree guint *n = g_new0(guint, json_array_size(excluded) + 1);
	json_t *item;
	size_t i;

	json_array_foreach (excluded, i, item) {
		const char *why = findings_text(item, "why");
		guint *share = g_hash_table_lookup(shares, why);

		if (!share)
			g_hash_table_insert(shares, (char *)why, share = &n[i]);
		++*share;
	}
	json_array_foreach (excluded, i, item) {
		const char *why = findings_text(item, "why");

		if (n[i] > MANY)
			printf("without  %u combinations: %s (--json lists them)\n", n[i], why);
		else if (*(guint *)g_hash_table_lookup(shares, why) <= MANY)
			printf("without  %s/%s/%s: %s\n", findings_text(item, "tree"),
			       findings_text(item, "scenario"), findings_text(item, "machine"),
			       why);
	}
}

void nightly_print_dry_run(json_t *dry_run)
{
	g_autofree char *span = seconds_text(real(dry_run, "estimate_s")),
			*least = seconds_text(real(dry_run, "at_least_s"));
	json_t *item, *host = json_object_get(dry_run, "host");
	size_t i, n_cells = json_array_size(json_object_get(dry_run, "cells"));

	json_array_foreach (json_object_get(dry_run, "cells"), i, item)
		printf("cell     %-56s %6.0f s  %.2f cores  %5.0f MiB\n",
		       findings_text(item, "cell"), real(item, "estimate_s"), real(item, "cores"),
		       real(item, "memory") / (1 << 20));
	print_excluded(json_object_get(dry_run, "excluded"));
	json_array_foreach (json_object_get(dry_run, "missing"), i, item)
		printf("missing  %s\n", json_string_value(item));
	printf("%zu cell%s (tree/scenario/machine/number), about %s on %.0f cores and %.0f MiB, "
	       "without repetitions of failed cells; no order of the cells takes less than %s\n",
	       n_cells, text_s(n_cells), span, real(host, "cores"),
	       real(host, "memory") / (1 << 20), least);
	print_builds(json_object_get(dry_run, "builds"));
}
