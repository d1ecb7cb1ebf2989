// SPDX-License-Identifier: GPL-2.0-only
/* rig doctor --connect, rig clean: what runs left on a libvirt host, and its removal. */
#include "cmd/left.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "util/error.h"
#include "vm/libvirt-left.h"

static const char summary[] =
	"Removes domains and volumes of runs from a libvirt host: those whose rig ran on this machine and has gone.\n"
	"What a rig that still runs, or one on another machine, has there is left alone.";

static const char examples[] =
	"  rig clean --connect qemu:///session\n"
	"  rig clean --connect qemu+ssh://root@host/system --all\n"
	"      also what another machine's rig may be using\n\n"
	"Exit codes: 0 done (also where there was nothing), 2 usage, 3 the host cannot be reached, or refused.\n";

static const char *const kinds[] = {
	[LV_LEFT_DOMAIN] = "domain", [LV_LEFT_VOLUME] = "volume", [LV_LEFT_POOL] = "pool",
};

static json_t *list_json(const GPtrArray *all)
{
	json_t *list = json_array();

	for (guint i = 0; i < all->len; i++) {
		const struct lv_left *left = all->pdata[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s}", "kind", kinds[left->kind], "name",
						      left->name, "stale", left->stale, "owner", left->owner));
	}
	return list;
}

static void list_print(const char *verb, const GPtrArray *all)
{
	for (guint i = 0; i < all->len; i++) {
		const struct lv_left *left = all->pdata[i];

		printf("%-8s %s %s (%s)\n", verb ? verb : left->stale ? "left" : "in use", kinds[left->kind], left->name,
		       left->owner);
	}
}

int left_doctor(const char *uri, gboolean json)
{
	g_autoptr(GError) error = NULL;
	struct lv_survey survey;
	guint stale = 0;

	if (!lv_survey(uri, &survey, &error))
		return rig_report_error(error);
	for (guint i = 0; i < survey.left->len; i++)
		stale += ((const struct lv_left *)survey.left->pdata[i])->stale;
	if (json) {
		cmd_print_json(json_pack("{s:s, s:s, s:o}", "uri", survey.uri, "hypervisor", survey.hypervisor, "left",
					 list_json(survey.left)));
	} else {
		printf("ok       %s: %s\n", survey.uri, survey.hypervisor);
		list_print(NULL, survey.left);
		if (stale)
			printf("\nto remove what is left: rig clean --connect '%s'\n", uri);
	}
	lv_survey_clear(&survey);
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
		{"all", 'a', 0, G_OPTION_ARG_NONE, &all, "also what is or may be in use", NULL},
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was removed as JSON", NULL},
		{NULL}};

	if (!cmd_parse(&argc, &argv, entries, "", summary, examples, &error))
		return rig_report_error(error);
	if (!uri) {
		fputs("rig: clean needs --connect URI: qemu:///session, qemu+ssh://host/system\n", stderr);
		return RIG_EXIT_USAGE;
	}
	if (!lv_clean(uri, all, &removed, &error))
		return rig_report_error(error);
	if (json)
		cmd_print_json(json_pack("{s:o}", "removed", list_json(removed)));
	else if (removed->len)
		list_print("removed", removed);
	else
		puts("nothing was left");
	return RIG_EXIT_PASS;
}
