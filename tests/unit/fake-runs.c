// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake-runs DIR N [NIGHTS [locks]]: makes N invented run folders, distributed over NIGHTS nights
 * (100), for tests and benchmarks that read many of them. The same arguments always make the same
 * folders. With `locks` they have lock orders. 1 run in 16 has a finding; the findings of night K
 * have K / 10 + 1 different signatures, so that each tenth night has a new one.
 */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake-runs/locks.h"

static const char *const scenarios[] = {
	"dimm-storm",	   "dimm-remove-vs-sysfs", "cpu-vs-memory-hotplug",
	"probe-vs-online", "virtio-mem-resize",	   "plug-vs-valid-zones"};
static const char *const machines[] = {"pc-q35", "pseries", "powernv9"};

struct fake {
	guint n, night, scenario, machine, signature;
	gboolean bad, locks;
	char *name, *created, *id;
};

static void write_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file)) {
		fprintf(stderr, "fake-runs: cannot write '%s': %s\n", path, g_strerror(errno));
		exit(3);
	}
}

static void write_run(const char *results, const struct fake *f)
{
	g_autofree char *dir = g_build_filename(results, ".new-fake", NULL),
			*final = g_build_filename(results, f->name, NULL);
	g_autofree char *inputs = g_strdup_printf(
		"{\"version\": 1, \"created\": \"%s\", \"scenario\": \"%s\", \"machine\": \"%s\", "
		"\"kernel\": {\"name\": \"6.%u.1\", "
		"\"source\": \"deb:linux-source-6.%u\"}, \"seed\": %u, \"labels\": {\"night\": "
		"\"%s\", \"cell\": \"c%u\", "
		"\"attempt\": \"1\", \"tree\": \"stable\"}}",
		f->created, scenarios[f->scenario], machines[f->machine], f->night / 20,
		f->night / 20, f->n, f->id, f->n);
	g_autofree char *report =
		f->bad ? g_strdup_printf(
				 "{\"kind\": \"lockdep-circular\", \"weight\": \"fail\", "
				 "\"title\": \"possible deadlock in function_%u\", "
				 "\"signature\": {\"bug\": \"v1:lockdep-circular:lock_%u --> "
				 "kn->active\", \"path\": \"p%u\", \"exact\": \"e%u\"}}",
				 f->signature, f->signature, f->signature, f->n)
		       : g_strdup("");
	g_autofree char *verdict = g_strdup_printf(
		"{\"verdict\": \"%s\", \"reasons\": [%s], \"reports\": [%s], \"counts\": "
		"{\"agents\": [{\"id\": 1, \"name\": "
		"\"block-state\", \"ops\": %u}]}, \"times\": {\"boot_ns\": 4000000000, "
		"\"hammer_ns\": 10000000000, \"total_ns\": "
		"15000000000, \"guest_s\": 14.5, \"first_report_s\": %d}, \"expected\": {\"met\": "
		"%s}}",
		f->bad ? "FAIL" : "PASS", f->bad ? "\"possible deadlock\"" : "", report,
		1000 + f->n % 97, f->bad ? 5 : -1, f->bad ? "false" : "true");

	if (mkdir(dir, 0755) < 0) {
		fprintf(stderr, "fake-runs: cannot create '%s': %s\n", dir, g_strerror(errno));
		exit(3);
	}
	write_file(dir, "run.json", inputs);
	write_file(dir, "verdict", verdict);
	write_file(dir, "lock", "");
	if (f->locks)
		put_locks(results, dir,
			  (f->night / 20 * G_N_ELEMENTS(machines) + f->machine) *
					  G_N_ELEMENTS(scenarios) +
				  f->scenario);
	/* make the folder visible only when it is complete */
	if (rename(dir, final) < 0) {
		fprintf(stderr, "fake-runs: cannot create '%s': %s\n", final, g_strerror(errno));
		exit(3);
	}
}

int main(int argc, char **argv)
{
	guint n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0,
	      nights = argc > 3 ? strtoul(argv[3], NULL, 10) : 100;
	g_autoptr(GDateTime) first = g_date_time_new_utc(2026, 1, 1, 22, 0, 0);

	if (!n || !nights) {
		fputs("usage: fake-runs DIR N [NIGHTS [locks]]\n", stderr);
		return 2;
	}
	g_mkdir_with_parents(argv[1], 0755);
	for (guint i = 0; i < n; i++) {
		guint night = (guint64)i * nights / n, k = i - (guint)((guint64)night * n / nights);
		g_autoptr(GDateTime) evening = g_date_time_add_days(first, night);
		g_autoptr(GDateTime) when = g_date_time_add_seconds(evening, k);
		g_autofree char *compact = g_date_time_format(when, "%Y%m%dT%H%M%SZ");
		struct fake f = {.n = i,
				 .night = night,
				 .scenario = i % G_N_ELEMENTS(scenarios),
				 .machine = i / G_N_ELEMENTS(scenarios) % G_N_ELEMENTS(machines),
				 .bad = k % 16 == 15,
				 .locks = argc > 4 && !strcmp(argv[4], "locks"),
				 .signature = k / 16 % (night / 10 + 1)};

		f.created = g_date_time_format(when, "%Y-%m-%dT%H:%M:%SZ");
		f.id = g_date_time_format(evening, "%Y%m%dT%H%M%SZ");
		f.name = g_strdup_printf("%s-%s-%s-6.%u.1-s%u", compact, scenarios[f.scenario],
					 machines[f.machine], night / 20, i);
		write_run(argv[1], &f);
		g_free(f.created);
		g_free(f.id);
		g_free(f.name);
	}
	return 0;
}
