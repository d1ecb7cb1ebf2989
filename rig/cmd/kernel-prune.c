// SPDX-License-Identifier: GPL-2.0-only
/* rig kernel prune: deletes cached kernels and sources that were not used for some days. */
#include "cmd/kernel-prune.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/table.h"
#include "kernel/kernel.h"
#include "util/error.h"

static const char prune_summary[] =
	"Deletes kernels and their build trees from the cache if they were not used for --older "
	"days.\n"
	"They are fetched and built again when needed. Without --yes it only prints what it would "
	"delete.";
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

static const char *const heads[] = {"", "size", "last used", "what", "name", NULL};

/*
 * Adds a build or work tree that was not used for some days to TABLE, and a JSON object about it to
 * LIST. GONE is TRUE if it was deleted.
 */
static void add_unused(const struct kernel_unused *unused, gboolean gone, struct cmd_table *table,
		       json_t *list)
{
	g_autofree char *size = g_format_size_full(unused->bytes, G_FORMAT_SIZE_IEC_UNITS);
	g_autoptr(GDateTime) used = g_date_time_new_from_unix_utc(unused->used);
	g_autofree char *day = used ? g_date_time_format(used, "%Y-%m-%d") : NULL;

	json_array_append_new(
		list, json_pack("{s:s, s:s, s:s, s:s?, s:I, s:b}", "name", unused->name, "kind",
				unused->is_tree ? "tree" : "build", "dir", unused->dir, "used", day,
				"bytes", (json_int_t)unused->bytes, "deleted", gone));
	cmd_table_add(table,
		  g_strdup(gone	     ? "deleted"
			   : old.yes ? "in use"
				     : "would delete"),
		  "");
	cmd_table_add(table, g_steal_pointer(&size), "");
	cmd_table_add(table, g_strdup(day ? day : "-"), "");
	cmd_table_add(table, g_strdup(unused->is_tree ? "source and objects" : "kernel"), "");
	cmd_table_add(table, g_strdup(unused->name), "");
}

/*
 * Deletes ALL with --yes, and adds them to TABLE and LIST. *RET_BYTES is how much was deleted, or
 * would be.
 */
static gboolean forget_all(const GPtrArray *all, struct cmd_table *table, json_t *list,
			   guint64 *ret_bytes, GError **error)
{
	*ret_bytes = 0;
	for (guint i = 0; i < all->len; i++) {
		const struct kernel_unused *unused = all->pdata[i];
		gboolean gone = FALSE;

		if (old.yes && !kernel_forget(unused, &gone, error))
			return FALSE;
		*ret_bytes += gone || !old.yes ? unused->bytes : 0;
		add_unused(unused, gone, table, list);
	}
	return TRUE;
}

int kernel_prune(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = NULL;
	g_autofree char *size = NULL;
	json_auto_t *list = json_array();
	struct cmd_table table;
	guint64 bytes;

	if (!cmd_parse(&argc, &argv, prune_options, "", prune_summary, prune_examples, &error))
		return rig_report_error(error);
	if (argc > 1 || old.older < 0 || old.older > 36500) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "the age is missing or invalid: --older DAYS, 0 to 36500");
		return rig_report_error(error);
	}
	all = kernel_unused_since(g_get_real_time() / G_USEC_PER_SEC -
				  old.older * G_GINT64_CONSTANT(86400));
	table = cmd_table_new(heads);
	forget_all(all, &table, list, &bytes, &error);
	if (!old.json && json_array_size(list))
		cmd_table_print(&table);
	else
		cmd_table_clear(&table);
	if (error)
		return rig_report_error(error);
	size = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
	if (old.json)
		cmd_print_json(json_pack("{s:O, s:b, s:I}", "unused", list, "deleted", old.yes,
					 "bytes", (json_int_t)bytes));
	else if (!all->len)
		puts("nothing to delete");
	else
		printf("%s in all%s\n", size, old.yes ? " deleted" : "; --yes deletes them");
	return RIG_EXIT_PASS;
}
