// SPDX-License-Identifier: GPL-2.0-only
/* rig scan: what did the kernel report in this log, ours or not? */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "splat/splat.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/term.h"

#define CHUNK (256 * 1024)

struct scan {
	const char *file;
	json_t *array; /* NULL: print for people */
	guint failing, lost, notes;
	gboolean many; /* files */
};

static const char *weight_colour(const struct splat *splat)
{
	return term_colour(splat->weight == SPLAT_FAIL ? TERM_RED : TERM_YELLOW);
}

/* "A is taken while B is held, …": the cycle, link by link, and what closes it. */
static void print_cycle(const struct splat *splat)
{
	char **cycle = splat->cycle;
	guint n = cycle ? g_strv_length(cycle) : 0;

	if (n < 2)
		return;
	printf("  cycle      ");
	for (guint i = 0; i < n; i++)
		printf("%s --> ", cycle[i]);
	printf("%s\n", cycle[0]);
	for (guint i = 0; i < n; i++)
		printf("             %s is taken while %s is held\n", cycle[(i + 1) % n], cycle[i]);
}

static void print_lock(const char *label, const struct splat_lock *lock)
{
	if (lock->klass)
		printf("  %-10s %s%s%s\n", label, lock->klass, lock->function ? " in " : "",
		       lock->function ? lock->function : "");
}

static void print_people(const struct scan *scan, const struct splat *splat)
{
	const char *plain = term_colour(TERM_PLAIN);

	printf("%s%s%s: %s%s%s\n", weight_colour(splat), splat->kind, plain, term_colour(TERM_BOLD),
	       splat->title, plain);
	if (scan->many)
		printf("  file       %s\n", scan->file);
	printf("  lines      %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "\n", splat->first_line,
	       splat->last_line);
	if (splat->when >= 0)
		printf("  when       %.6f s after boot\n", splat->when);
	if (splat->comm && splat->cpu >= 0)
		printf("  task       %s, pid %d, CPU %d\n", splat->comm, splat->pid, splat->cpu);
	else if (splat->comm)
		printf("  task       %s, pid %d\n", splat->comm, splat->pid);
	print_lock("wants", &splat->acquiring);
	print_lock("holds", &splat->holding);
	print_cycle(splat);
	printf("  signature  %s\n", splat->bug);
	if (splat->corrupted)
		printf("  damaged    %s\n", splat->corrupted_why);
	if (splat->missed)
		printf("  damaged    printk dropped %u messages inside it\n", splat->missed);
	if (splat->truncated)
		printf("  damaged    it was cut short\n");
	if (splat->induced)
		printf("  note       it came of the report before it\n");
	if (splat->validator_off)
		printf("  note       the lock validator is off from here on\n");
	putchar('\n');
}

static void found(struct splat *splat, void *data)
{
	struct scan *scan = data;

	if (splat->weight == SPLAT_FAIL)
		scan->failing++;
	else if (splat->weight == SPLAT_LOST)
		scan->lost++;
	else
		scan->notes++;
	if (scan->array) {
		json_t *json = splat_to_json(splat);
		g_autofree char *file = g_filename_display_name(scan->file);

		json_object_set_new(json, "file", json_string(file));
		json_array_append_new(scan->array, json);
	} else {
		print_people(scan, splat);
	}
	splat_free(splat);
}

static gboolean scan_file(struct scan *scan, const char *path, gboolean *lockdep_died,
			  GError **error)
{
	rig_auto(scanner) scanner = scanner_new(found, scan);
	g_autofree guint8 *chunk = g_malloc(CHUNK);
	gboolean is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int failure = 0;
	ssize_t n;

	if (fd < 0)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot open '%s': %s", path,
				g_strerror(errno));
	scan->file = path;
	while ((n = read(fd, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			failure = errno;
			break;
		}
		scanner_feed(scanner, chunk, n);
	}
	if (!is_stdin)
		close(fd);
	if (failure)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", path,
				g_strerror(failure));
	scanner_flush(scanner);
	*lockdep_died |= scanner_lockdep_died(scanner);
	return TRUE;
}

static void print_summary(const struct scan *scan, gboolean lockdep_died)
{
	guint all = scan->failing + scan->lost + scan->notes;

	if (!all) {
		printf("no reports%s\n", lockdep_died ? "; the lock validator was off" : "");
		return;
	}
	printf("%u report%s: %u failing, %u loss of coverage, %u noted%s\n", all,
	       all == 1 ? "" : "s", scan->failing, scan->lost, scan->notes,
	       lockdep_died ? "; the lock validator was off" : "");
}

int cmd_scan(int argc, char **argv)
{
	gboolean as_json = FALSE, lockdep_died = FALSE;
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &as_json,
		 "an array with an object for each report", NULL},
		{NULL},
	};
	struct scan scan = {0};
	g_autoptr(GError) error = NULL;

	if (!cmd_parse(&argc, &argv, entries, "FILE...|-",
		       "Finds the kernel's reports in console logs, dmesg, journals and mails.\n"
		       "Exits with 0 where none is a failure, with 1 where one is.",
		       "  rig scan console.log\n"
		       "  journalctl -k | rig scan -\n"
		       "  rig scan --json */console.raw | jq '.[].title'\n",
		       &error))
		return rig_report_error(error);
	if (argc < 2) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "scan: name at least one file, or - for standard input");
		return rig_report_error(error);
	}
	scan.array = as_json ? json_array() : NULL;
	scan.many = argc > 2;
	for (int i = 1; i < argc; i++) {
		if (!scan_file(&scan, argv[i], &lockdep_died, &error)) {
			json_decref(scan.array);
			return rig_report_error(error);
		}
	}
	if (as_json)
		cmd_print_json(scan.array);
	else
		print_summary(&scan, lockdep_died);
	return scan.failing ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}
