// SPDX-License-Identifier: GPL-2.0-only
/* rig qemu: fetches and lists other versions of QEMU, and shows which of them can hold vCPUs. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/table.h"
#include "director/director.h"
#include "director/qemu.h"
#include "util/error.h"
#include "util/spawn.h"

static const char summary[] =
	"get: fetches QEMU of a Debian suite into the cache; the installed one and the system do "
	"not change.\n"
	"list: the installed QEMU and those that were fetched, and whether they load the "
	"director's plugin (holds).\n"
	"Give the name of the suite to --qemu to use it.";

static const char examples[] =
	"  rig qemu get bookworm-backports\n"
	"  rig qemu list\n"
	"  rig run stock-valid-zones --qemu bookworm-backports --kernel "
	"deb:linux-image-cloud-amd64 --no-lockdep\n\n"
	"Exit codes: 0 done, 2 usage, 3 network or disk, 77 it does not run on this host.\n";

static json_t *describe(const char *name, const char *emulator)
{
	g_autofree char *program = qemu_find(name, emulator), *version = NULL, *plugin = NULL,
			*base = NULL;
	g_autoptr(GError) why = NULL;
	gboolean holds;
	int api;

	if (!spawn_words(&version, NULL, program, "--version", NULL))
		return json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", name, "emulator", emulator,
				 "version", "?", "holds", 0, "why", "not installed");
	version[strcspn(version, "\n(")] = '\0';
	holds = director_probe(program, &plugin, &api, &why);
	base = plugin ? g_path_get_basename(plugin) : NULL;
	return json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", name, "emulator", emulator, "version",
			 g_strchomp(version), "holds", holds, "why", holds ? base : why->message);
}

static char *text_of(json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static void print_table(json_t *all)
{
	static const char *const heads[] = {"name for --qemu", "emulator", "version", "holds",
					    NULL};
	struct cmd_table table = cmd_table_new(heads);
	json_t *one;
	size_t i;

	json_array_foreach (all, i, one) {
		gboolean holds = json_is_true(json_object_get(one, "holds"));
		g_autofree char *why = text_of(one, "why");

		cmd_table_add(&table, text_of(one, "name"), "");
		cmd_table_add(&table, text_of(one, "emulator"), "");
		cmd_table_add(&table, text_of(one, "version"), "");
		cmd_table_add(&table, holds ? g_strdup_printf("yes (%s)", why)
					: g_strdup_printf("no: %s", why), "");
	}
	cmd_table_print(&table);
}

static int list(gboolean as_json)
{
	g_auto(GStrv) emulators = qemu_emulators();
	g_auto(GStrv) suites = qemu_list();
	json_auto_t *all = json_array();

	for (char **emulator = emulators; *emulator; emulator++) {
		json_array_append_new(all, describe(*emulator, *emulator));
		for (char **suite = suites; *suite; suite++)
			json_array_append_new(all, describe(*suite, *emulator));
	}
	if (as_json) {
		cmd_print_json(g_steal_pointer(&all));
		return RIG_EXIT_PASS;
	}
	print_table(all);
	return RIG_EXIT_PASS;
}

int cmd_qemu(int argc, char **argv)
{
	gboolean json = FALSE;
	g_autofree char *version = NULL;
	g_autoptr(GError) error = NULL;
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "list: print JSON", NULL}, {NULL}};

	if (!cmd_parse(&argc, &argv, entries, "get SUITE|list", summary, examples, &error))
		return rig_report_error(error);
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list(json);
	if (argc != 3 || strcmp(argv[1], "get")) {
		fputs("rig: qemu takes 'list', or 'get' and a suite, "
		      "for example bookworm-backports\n",
		      stderr);
		return RIG_EXIT_USAGE;
	}
	if (!qemu_get(argv[2], &version, &error))
		return rig_report_error(error);
	printf("got QEMU %s; `rig run … --qemu %s` uses it\n", version, argv[2]);
	return RIG_EXIT_PASS;
}
