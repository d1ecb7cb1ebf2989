// SPDX-License-Identifier: GPL-2.0-only
/* rig explain: prints which task waited for which other task when a guest hung. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/findings.h"
#include "cmd/options.h"
#include "hang/hang.h"
#include "hang/memory.h"
#include "kernel/kernel.h"
#include "report/graph.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/term.h"

static const char summary[] =
	"Explains why the guest of a run hung: which task holds which lock and waits for which, "
	"a lock that was never\n"
	"released, an endless loop, a CPU with interrupts off. Uses the run's folder: "
	"the console (SysRq), the guest's\n"
	"list of tasks, and its memory. RUN is a run's name, an unambiguous part of it, a folder, "
	"or `last` (the\n"
	"default). docs/hangs.md describes the output.";

static const char examples[] =
	"  rig explain\n"
	"  rig explain 20261121T0615 --svg waits.svg\n"
	"  rig explain last --json | jq -r '.sentences[]'\n"
	"  rig explain last --vmlinux ~/linux/vmlinux\n"
	"      files, lines and lock owners for a kernel that is not in the cache\n\n"
	"Exit codes: 0 explained, 1 tasks wait and the reason is unknown, 2 no such run, "
	"or no task waits.\n";

static const char *word(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static void print_stack(json_t *task)
{
	json_t *frame;
	size_t i;

	json_array_foreach (json_object_get(task, "stack"), i, frame) {
		g_autofree char *clean = findings_clean(word(frame, "frame"));
		json_t *file = json_object_get(frame, "file");
		g_autofree char *where = file ? findings_clean(json_string_value(file)) : NULL;

		printf("    %s", clean);
		if (where)
			printf("  %s%s:%" JSON_INTEGER_FORMAT "%s", term_colour(TERM_DIM), where,
			       json_integer_value(json_object_get(frame, "line")),
			       term_colour(TERM_PLAIN));
		putchar('\n');
	}
}

static void print_explanation(json_t *json)
{
	g_autofree char *title = findings_clean(word(json, "title")), *key = NULL;
	json_t *item, *tasks = json_object_get(json, "tasks");
	size_t i, others = json_array_size(json_object_get(json, "others"));

	printf("%s%s%s\n", term_colour(TERM_BOLD), title, term_colour(TERM_PLAIN));
	json_array_foreach (json_object_get(json, "sentences"), i, item) {
		g_autofree char *sentence =
			findings_clean(json_string_value(item) ? json_string_value(item) : "?");

		printf("  %s\n", sentence);
	}
	json_array_foreach (tasks, i, item) {
		g_autofree char *comm = findings_clean(word(item, "comm"));

		printf("\n  %s/%" JSON_INTEGER_FORMAT ", state %s\n", comm,
		       json_integer_value(json_object_get(item, "pid")), word(item, "state"));
		print_stack(item);
	}
	if (others)
		printf("\n  %zu more task%s for locks\n", others,
		       others == 1 ? " waits" : "s wait");
	key = findings_clean(word(json_object_get(json, "signature"), "bug"));
	if (*key)
		printf("\n  key  %s\n", key);
}

static gboolean draw(json_t *json, const char *path, GError **error)
{
	g_autofree char *dot =
		graph_dot_of_waits(json_object_get(json, "graph"), word(json, "title"));
	g_auto(GStrv) svgs = graph_draw((const char *const[]){dot, NULL}, error);

	return svgs && rig_write_file(path, svgs[0], -1, error);
}

/*
 * Returns the vmlinux of the run's kernel (by the hash in run.json), if it is still in the cache.
 */
static char *cached_vmlinux(const struct run_info *run)
{
	const char *hash =
		json_string_value(json_object_get(json_object_get(run->inputs, "kernel"), "hash"));

	return hash ? kernel_cached_vmlinux(hash) : NULL;
}

/*
 * Reads the owners of locks from the memory image, unless this was done before. If NAMED is TRUE,
 * the user gave VMLINUX, and the image is read again.
 */
static void read_memory(const struct run_info *run, const char *vmlinux, gboolean named)
{
	g_autofree char *image = g_build_filename(run->dir, "postmortem", "memory.elf", NULL);
	g_autofree char *owners = g_build_filename(run->dir, "postmortem", "owners.json", NULL);
	g_autoptr(GError) error = NULL;

	if (!vmlinux || !g_file_test(image, G_FILE_TEST_EXISTS) ||
	    (!named && g_file_test(owners, G_FILE_TEST_EXISTS)))
		return;
	if (!memory_read(run->dir, vmlinux, &error) && named)
		fprintf(stderr, "rig: cannot read the memory image: %s\n", error->message);
}

int cmd_explain(int argc, char **argv)
{
	g_autofree char *folder = NULL, *svg = NULL, *named = NULL, *vmlinux = NULL;
	rig_auto(symbols) symbols = NULL;
	g_autoptr(GError) error = NULL;
	rig_auto(run_info) run = NULL;
	rig_auto(hang) hang = NULL;
	gboolean json = FALSE;
	json_t *explained;
	const GOptionEntry entries[] = {
		{"svg", 0, 0, G_OPTION_ARG_FILENAME, &svg, "draw the wait graph", "FILE"},
		{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &named,
		 "the kernel's vmlinux (default: the one in the cache)", "FILE"},
		OPTION_RESULTS(&folder),
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print everything as one object", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "[RUN]", summary, examples, &error))
		return rig_report_error(error);
	run = cmd_open_run(argc, argv, folder, &error);
	if (!run)
		return rig_report_error(error);
	vmlinux = named ? g_strdup(named) : cached_vmlinux(run);
	symbols = vmlinux ? symbols_open(vmlinux, named ? &error : NULL) : NULL;
	if (error)
		return rig_report_error(error);
	read_memory(run, vmlinux, named != NULL);
	hang = hang_of_folder(run->dir, &error);
	if (!hang)
		return rig_report_error(error);
	explained = hang_json(hang, symbols);
	if (svg && !draw(explained, svg, &error)) {
		json_decref(explained);
		return rig_report_error(error);
	}
	if (!json)
		print_explanation(explained);
	if (!json && hang_kind(hang) == HANG_NONE) {
		g_autofree char *name = findings_reference(run);

		printf("  the run shows no hang; its reports: rig show %s\n", name);
	}
	if (json)
		cmd_print_json(explained);
	else
		json_decref(explained);
	return hang_kind(hang) == HANG_NONE	     ? RIG_EXIT_USAGE
	       : hang_kind(hang) == HANG_UNEXPLAINED ? RIG_EXIT_FAIL
						     : RIG_EXIT_PASS;
}
