// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig doctor --connect and rig clean: find domains and volumes that ended runs have left on a
 * libvirt host.
 */
#include "cmd/orphans.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "util/error.h"
#include "vm/orphans.h"

static const char summary[] =
	"Removes domains and volumes that runs have left on a libvirt host, if their rig ran on "
	"this machine and has\n"
	"ended. Objects of a rig that still runs, or that ran on another machine, are kept.";

static const char examples[] =
	"  rig clean --connect qemu:///session\n"
	"  rig clean --connect qemu+ssh://root@host/system --all\n"
	"      also objects that another machine's rig may be using\n\n"
	"Exit codes: 0 done (or nothing to do), 2 usage, 3 the host cannot be reached or refuses, "
	"77 no libvirt module.\n";

static const char *const kinds[] = {
	[ORPHAN_DOMAIN] = "domain", [ORPHAN_VOLUME] = "volume", [ORPHAN_POOL] = "pool",
};

static json_t *list_json(const GPtrArray *all)
{
	json_t *list = json_array();

	for (guint i = 0; i < all->len; i++) {
		const struct orphan *orphan = all->pdata[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:b, s:s}", "kind", kinds[orphan->kind],
						"name", orphan->name, "stale", orphan->stale,
						"owner", orphan->owner));
	}
	return list;
}

static void list_print(const char *verb, const GPtrArray *all)
{
	for (guint i = 0; i < all->len; i++) {
		const struct orphan *orphan = all->pdata[i];

		printf("%-8s %s %s (%s)\n",
		       verb	       ? verb
		       : orphan->stale ? "left"
				       : "in use",
		       kinds[orphan->kind], orphan->name, orphan->owner);
	}
}

int orphans_doctor(const char *uri, gboolean json)
{
	g_autoptr(GError) error = NULL;
	struct orphans found;
	guint stale = 0;

	if (!orphans_find(uri, &found, &error))
		return rig_report_error(error);
	for (guint i = 0; i < found.all->len; i++)
		stale += ((const struct orphan *)found.all->pdata[i])->stale;
	if (json) {
		cmd_print_json(json_pack("{s:s, s:s, s:o}", "uri", found.uri, "hypervisor",
					 found.hypervisor, "left", list_json(found.all)));
	} else {
		printf("ok       %s: %s\n", found.uri, found.hypervisor);
		list_print(NULL, found.all);
		if (stale)
			printf("\nto remove what ended runs left: rig clean --connect '%s'\n", uri);
	}
	orphans_clear(&found);
	return RIG_EXIT_PASS;
}

int cmd_clean(int argc, char **argv)
{
	g_autofree char *uri = NULL;
	gboolean json = FALSE, all = FALSE;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) removed = NULL;
	const GOptionEntry entries[] = {
		{"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "the libvirt host", "URI"},
		{"all", 'a', 0, G_OPTION_ARG_NONE, &all,
		 "also remove objects that are or may be in use", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was removed as JSON", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "", summary, examples, &error))
		return rig_report_error(error);
	if (!uri) {
		fputs("rig: clean needs --connect URI (for example qemu:///session, "
		      "qemu+ssh://host/system)\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	if (!orphans_remove(uri, all, &removed, &error))
		return rig_report_error(error);
	if (json)
		cmd_print_json(json_pack("{s:o}", "removed", list_json(removed)));
	else if (removed->len)
		list_print("removed", removed);
	else
		puts("nothing to remove");
	return RIG_EXIT_PASS;
}
