// SPDX-License-Identifier: GPL-2.0-only
/* rig scan: finds kernel reports in logs of any origin. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/locks.h"
#include "cmd/scan.h"
#include "splat/decode.h"
#include "splat/known.h"
#include "splat/splat.h"
#include "store/store.h"
#include "symbol/symbol.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/json-write.h"
#include "util/text.h"

#define OUTPUT_BYTES 65536 /* JSON is written in pieces of this size; a report is several KiB */

struct scan {
	const char *file;
	struct scanner *scanner;
	/*
	 * of struct splat, sorted by first line: reports that are printed when an earlier one has
	 * ended
	 */
	GQueue waiting;
	gboolean json;
	struct symbols *symbols; /* from --vmlinux, or NULL */
	struct known *known;	 /* the list of known issues, or NULL */
	guint failing, lost, notes, expected;
	guint missed;  /* number of stack frames whose function is not in the vmlinux */
	gboolean many; /* more than one file was given */
	guint unread;  /* number of files that could not be read to their end */
	guint64 lines, kernel_lines;
	json_t *reports; /* the reports of the file for the lock graph, or NULL without --locks */
	GString *text;	 /* JSON that is not written yet */
};

static void count(struct scan *scan, const struct splat *splat, const struct known_issue *issue)
{
	if (issue)
		scan->expected++;
	else if (splat->weight == SPLAT_FAIL)
		scan->failing++;
	else if (splat->weight == SPLAT_LOST)
		scan->lost++;
	else
		scan->notes++;
}

static guint all_reports(const struct scan *scan)
{
	return scan->failing + scan->lost + scan->notes + scan->expected;
}

static void write_json(struct scan *scan)
{
	fwrite(scan->text->str, 1, scan->text->len, stdout);
	g_string_truncate(scan->text, 0);
}

/*
 * Prints one report as an item of the JSON array. The array is not built in memory, so that a log
 * of any length can be scanned.
 */
static void print_json(struct scan *scan, const struct splat *splat,
		       const struct known_issue *issue, json_t *places)
{
	g_autofree char *file = g_filename_display_name(scan->file);
	json_auto_t *known = issue ? known_json(issue) : json_null();
	struct json_writer writer = {.out = scan->text};

	g_string_append(scan->text, all_reports(scan) > 1 ? ",\n" : "");
	json_write_open(&writer, NULL, '{');
	splat_write_json(&writer, splat);
	json_write_text(&writer, "file", file);
	json_write_value(&writer, "known", known);
	if (places)
		json_write_value(&writer, "symbolised", places);
	json_write_close(&writer, '}');
	if (scan->text->len >= OUTPUT_BYTES)
		write_json(scan);
}

static void show(struct scan *scan, struct splat *splat)
{
	const struct known_issue *issue =
		scan->known ? known_match(scan->known, splat, NULL) : NULL;
	json_t *places = scan->symbols ? symbols_report(scan->symbols, splat, &scan->missed) : NULL;

	count(scan, splat, issue);
	if (scan->json)
		print_json(scan, splat, issue, places);
	else
		scan_print(scan->many ? scan->file : NULL, splat, issue, places);
	json_decref(places);
	splat_free(splat);
}

/* Prints the waiting reports that begin before LINE. */
static void show_until(struct scan *scan, guint64 line)
{
	struct splat *first;

	while ((first = g_queue_peek_head(&scan->waiting)) && first->first_line < line)
		show(scan, g_queue_pop_head(&scan->waiting));
}

/*
 * Called when a report ends. Reports may end in another order than they began, but are printed in
 * the order in which they began.
 */
static void found(struct splat *splat, void *data)
{
	struct scan *scan = data;
	GList *before = scan->waiting.tail;

	if (scan->reports)
		json_array_append_new(scan->reports, splat_to_json(splat));
	while (before && ((struct splat *)before->data)->first_line > splat->first_line)
		before = before->prev;
	g_queue_insert_after(&scan->waiting, before, splat);
	show_until(scan, scanner_open_line(scan->scanner));
}

static void feed(const guint8 *bytes, gsize len, void *data)
{
	scanner_feed(data, bytes, len);
}

static gboolean scan_file(struct scan *scan, const char *path, gboolean *lockdep_died,
			  GError **error)
{
	rig_auto(scanner) scanner = scanner_new(found, scan);
	gboolean is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	guint64 kernel;
	gboolean ok;

	if (fd < 0)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot open '%s': %s", path,
				g_strerror(errno));
	scan->file = path;
	scan->scanner = scanner;
	ok = decode_fd(fd, path, feed, scanner, error);
	if (!is_stdin)
		close(fd);
	scanner_flush(scanner);
	if (ok && scanner_is_reversed(scanner))
		ok = rig_fail(error, RIG_EXIT_USAGE,
			      "'%s': the newest line is the first one, so reports cannot be read; "
			      "reverse it (tac FILE | rig scan -, or journalctl without -r)",
			      path);
	show_until(scan, G_MAXUINT64);
	scan->lines += scanner_lines(scanner, &kernel);
	scan->kernel_lines += kernel;
	*lockdep_died |= scanner_lockdep_died(scanner);
	return ok;
}

/* Prints why no report was found: the log is empty, is not a kernel log, or has no report. */
static void print_nothing(const struct scan *scan, gboolean lockdep_died)
{
	const char *off = lockdep_died ? "; lockdep was off" : "";

	printf("no reports%s\n", off);
	if (!scan->lines)
		fprintf(stderr, "rig: the input is empty\n");
	else
		fprintf(stderr, "rig: %" G_GUINT64_FORMAT " line%s read%s\n", scan->lines,
			text_s(scan->lines),
			scan->kernel_lines ? "; the format of the kernel's lines is known"
					   : ", none with a kernel time stamp or tag: is it a "
					     "kernel log? (known prefixes: docs/reports.md)");
}

static void print_summary(const struct scan *scan, gboolean lockdep_died)
{
	guint all = all_reports(scan);

	if (scan->unread)
		fprintf(stderr, "rig: %u file%s could not be read completely\n", scan->unread,
			text_s(scan->unread));
	if (!all) {
		/* do not say that these are not kernel logs if a part could not be read */
		if (!scan->unread || scan->kernel_lines)
			print_nothing(scan, lockdep_died);
		return;
	}
	printf("%u report%s: %u failing, %u that turned lockdep off, %u noted", all, text_s(all),
	       scan->failing, scan->lost, scan->notes);
	if (scan->known)
		printf(", %u known", scan->expected);
	printf("%s\n", lockdep_died ? "; lockdep was off" : "");
}

/* Prints remarks about the given vmlinux and list of known issues. */
static void print_remarks(const struct scan *scan, const char *vmlinux, const char *list)
{
	const struct known_issue *issues;
	guint n = 0;

	if (scan->missed)
		fprintf(stderr, "rig: %u frame%s not in '%s': it may be of another build\n",
			scan->missed, scan->missed == 1 ? " is" : "s are", vmlinux);
	if (scan->symbols && !symbols_have_lines(scan->symbols))
		fprintf(stderr,
			"rig: '%s' has no DWARF, so there are functions but no lines "
			"(scenarios/kconfig/debuginfo.config)\n",
			vmlinux);
	issues = scan->known ? known_issues(scan->known, &n) : NULL;
	for (guint i = 0; i < n; i++) {
		const char *what = issues[i].signature ? issues[i].signature : issues[i].title;

		if (issues[i].expired)
			fprintf(stderr, "rig: %s: issue %u '%s' expired on %s\n", list, i + 1, what,
				issues[i].expires);
		else if (!issues[i].matches)
			fprintf(stderr, "rig: %s: issue %u '%s' matched no report\n", list, i + 1,
				what);
	}
}

static gboolean open_helpers(struct scan *scan, const char *vmlinux, const char *list,
			     GError **error)
{
	g_autofree char *now = rig_utc_now(FALSE);

	if (vmlinux && !(scan->symbols = symbols_open(vmlinux, error)))
		return FALSE;
	return !list || (scan->known = known_load(list, now, error));
}

/* Adds the lock orders in the reports of FILE to the lock graph, for `rig locks`. */
static gboolean add_locks(struct scan *scan, struct lock_db *graph, const char *file,
			  GError **error)
{
	guint edges = 0;

	if (!lock_db_add_log(graph, file, scan->reports, &edges, error))
		return FALSE;
	json_array_clear(scan->reports);
	fprintf(stderr, "rig: %u lock order%s of '%s' are in the lock graph\n", edges,
		text_s(edges), file);
	return TRUE;
}

/*
 * Scans all files. If a file cannot be read to its end, prints an error, counts it in `unread`, and
 * continues with the next file. Errors: those of the lock graph.
 */
static gboolean scan_all(struct scan *scan, char **files, struct lock_db *graph, GError **error)
{
	gboolean lockdep_died = FALSE, ok = TRUE;

	scan->many = files[0] && files[1];
	if (scan->json)
		g_string_append_c(scan->text, '[');
	for (; ok && *files; files++) {
		g_autoptr(GError) damage = NULL;

		if (!scan_file(scan, *files, &lockdep_died, &damage)) {
			rig_report_error(damage);
			scan->unread++;
		}
		if (graph && (!damage || json_array_size(scan->reports)))
			ok = add_locks(scan, graph, *files, error);
	}
	if (scan->json) {
		g_string_append(scan->text, "]\n");
		write_json(scan);
	} else if (ok) {
		print_summary(scan, lockdep_died);
	}
	return ok;
}

static struct lock_db *open_graph(struct scan *scan, const char *folder, GError **error)
{
	g_autofree char *results = folder ? g_strdup(folder) : run_default_results();

	scan->reports = json_array();
	if (g_mkdir_with_parents(results, 0755) < 0) {
		rig_fail(error, RIG_EXIT_USAGE, "cannot create the folder '%s': %s", results,
			 g_strerror(errno));
		return NULL;
	}
	return locks_graph(results, FALSE, error);
}

int cmd_scan(int argc, char **argv)
{
	g_autofree char *vmlinux = NULL, *list = NULL, *folder = NULL;
	gboolean locks = FALSE;
	rig_auto(lock_db) graph = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	struct scan scan = {.waiting = G_QUEUE_INIT, .text = text};
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &scan.json,
		 "print an array with an object for each report", NULL},
		{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &vmlinux,
		 "print files and lines of frames from this vmlinux", "FILE"},
		{"known", 0, 0, G_OPTION_ARG_FILENAME, &list,
		 "list of known issues, which do not count (default: the rig's own list)", "FILE"},
		{"locks", 0, 0, G_OPTION_ARG_NONE, &locks,
		 "add the lock orders of lockdep's reports to the lock graph (docs/locks.md)",
		 NULL},
		{"results", 'r', 0, G_OPTION_ARG_FILENAME, &folder,
		 "folder of run folders that has the lock graph", "DIR"},
		{NULL},
	};
	g_autoptr(GError) error = NULL;
	gboolean ok;

	if (!cmd_parse(&argc, &argv, entries, "FILE...|-",
		       "Finds the kernel's reports in console logs, dmesg, journals and mails.\n"
		       "Exit codes: 0 no report, or only known ones; 1 a report; 2 a file could\n"
		       "not be read to its end (the others were), or has its newest line first.",
		       "  rig scan console.log\n"
		       "  journalctl -k | rig scan -\n"
		       "  rig scan --vmlinux vmlinux console.log\n"
		       "  rig scan --json results/*/console.raw | jq '.[].title'\n",
		       &error))
		return rig_report_error(error);
	if (argc < 2) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "scan: name at least one file, or - for standard input");
		return rig_report_error(error);
	}
	ok = open_helpers(&scan, vmlinux, list, &error) &&
	     (!locks || (graph = open_graph(&scan, folder, &error))) &&
	     scan_all(&scan, argv + 1, graph, &error);
	if (ok)
		print_remarks(&scan, vmlinux, list);
	symbols_free(scan.symbols);
	json_decref(scan.reports);
	known_free(scan.known);
	if (!ok)
		return rig_report_error(error);
	if (scan.unread)
		return RIG_EXIT_USAGE;
	return scan.failing + scan.lost + scan.notes ? RIG_EXIT_FAIL : RIG_EXIT_PASS;
}
