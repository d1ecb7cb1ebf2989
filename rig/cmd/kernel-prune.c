// SPDX-License-Identifier: GPL-2.0-only
/* rig kernel prune: deletes cached kernels and sources that were not used for some days. */
#include "cmd/kernel-prune.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "kernel/kernel.h"
#include "util/error.h"

static const char prune_summary[] =
	"Deletes kernels and their build trees from the cache if they were not used for --older "
	"days.\n"
	"They are built again when needed. Without --yes it only prints what it would delete.";
static const char prune_examples[] =
	"  rig kernel prune --older 30\n  rig kernel prune --older 7 --yes\n";

static struct {
	int older;
	gboolean yes, json;
} old = {.older = -1};

static const GOptionEntry prune_options[] = {
	{"older", 'o', 0, G_OPTION_ARG_INT, &old.older, "not used for DAYS days", "DAYS"},
	{"yes", 'y', 0, G_OPTION_ARG_NONE, &old.yes, "delete them", NULL},
	{"json", 0, 0, G_OPTION_ARG_NONE, &old.json, "print one object", NULL},
	{NULL},
};

/*
 * Adds a JSON object about a build or work tree that was not used for some days to LIST, and prints
 * a line about it without --json. GONE is TRUE if it was deleted.
 */
static void print_unused(const struct kernel_unused *unused, gboolean gone, json_t *list)
{
	g_autofree char *size = g_format_size_full(unused->bytes, G_FORMAT_SIZE_IEC_UNITS);
	g_autoptr(GDateTime) used = g_date_time_new_from_unix_utc(unused->used);
	g_autofree char *day = used ? g_date_time_format(used, "%Y-%m-%d") : NULL;

	json_array_append_new(
		list, json_pack("{s:s, s:s, s:s, s:s?, s:I, s:b}", "name", unused->name, "kind",
				unused->is_tree ? "tree" : "build", "dir", unused->dir, "used", day,
				"bytes", (json_int_t)unused->bytes, "deleted", gone));
	if (!old.json)
		printf("%-12s %9s  used %s  %s%s\n",
		       gone	 ? "deleted"
		       : old.yes ? "in use"
				 : "would delete",
		       size, day ? day : "-", unused->is_tree ? "tree " : "", unused->name);
}

int kernel_prune(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = NULL;
	g_autofree char *size = NULL;
	json_auto_t *list = json_array();
	guint64 bytes = 0;

	if (!cmd_parse(&argc, &argv, prune_options, "", prune_summary, prune_examples, &error))
		return rig_report_error(error);
	if (argc > 1 || old.older < 0 || old.older > 36500) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "the age is missing or invalid: --older DAYS, 0 to 36500");
		return rig_report_error(error);
	}
	all = kernel_unused_since(g_get_real_time() / G_USEC_PER_SEC -
				  old.older * G_GINT64_CONSTANT(86400));
	for (guint i = 0; i < all->len; i++) {
		const struct kernel_unused *unused = all->pdata[i];
		gboolean gone = FALSE;

		if (old.yes && !kernel_forget(unused, &gone, &error))
			return rig_report_error(error);
		bytes += gone || !old.yes ? unused->bytes : 0;
		print_unused(unused, gone, list);
	}
	size = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
	if (old.json)
		cmd_print_json(json_pack("{s:O, s:b, s:I}", "unused", list, "deleted", old.yes,
					 "bytes", (json_int_t)bytes));
	else if (!all->len)
		puts("nothing to delete");
	else
		printf("%s%s\n", size, old.yes ? " deleted" : "; --yes deletes them");
	return RIG_EXIT_PASS;
}
