// SPDX-License-Identifier: GPL-2.0-only
/* rig prune: deletes old runs, except those that history and comparisons need. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "index/index.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/text.h"

static const char summary[] =
	"Deletes run folders by age and verdict. It always keeps the first and the last run of "
	"every signature, the\n"
	"newest runs of each scenario, machine and kernel, and runs with a label `keep`.\n"
	"Without --yes it only prints what it would delete.";

static const char examples[] = "  rig prune --older 30\n"
			       "  rig prune --older 7 --verdict PASS --verdict SKIP --yes\n"
			       "  rig prune --older 90 --keep 20 --yes --json\n";

static struct {
	int older, keep;
	char **verdicts, *results;
	gboolean yes, json;
} want = {.older = -1, .keep = 3};

static const GOptionEntry options[] = {
	{"older", 'o', 0, G_OPTION_ARG_INT, &want.older, "runs older than DAYS (0 to 36500)",
	 "DAYS"},
	{"verdict", 'v', 0, G_OPTION_ARG_STRING_ARRAY, &want.verdicts,
	 "only runs with this verdict (repeatable; default all)", "VERDICT"},
	{"keep", 'k', 0, G_OPTION_ARG_INT, &want.keep,
	 "keep the newest N of each scenario, machine and kernel (default 3)", "N"},
	{"yes", 'y', 0, G_OPTION_ARG_NONE, &want.yes, "delete them", NULL},
	OPTION_RESULTS(&want.results),
	{"json", 0, 0, G_OPTION_ARG_NONE, &want.json, "print one object", NULL},
	{NULL}};

static gboolean check_words(int argc, char **argv, GError **error)
{
	if (argc > 1)
		return rig_fail(error, RIG_EXIT_USAGE,
				"unexpected argument '%s': prune takes only options", argv[1]);
	if (want.older < 0 || want.older > 36500)
		return rig_fail(error, RIG_EXIT_USAGE,
				"the age is missing or invalid: --older DAYS, 0 to 36500");
	if (want.keep < 0 || want.keep > 100000)
		return rig_fail(error, RIG_EXIT_USAGE, "--keep %d is out of range (0 to 100000)",
				want.keep);
	for (char **v = want.verdicts; v && *v; v++)
		if (!verdict_parse(*v, &(enum verdict){0}))
			return rig_fail(error, RIG_EXIT_USAGE,
					"invalid verdict '%s' (PASS, FAIL, HANG, LOST, INFRA, "
					"SKIP, KNOWN, ABORTED)",
					*v);
	return TRUE;
}

int cmd_prune(int argc, char **argv)
{
	g_autofree char *results = NULL, *before = NULL;
	g_autoptr(GPtrArray) names = NULL;
	rig_auto(run_index) ix = NULL;
	g_autoptr(GError) error = NULL;
	json_auto_t *array = json_array();

	if (!cmd_parse(&argc, &argv, options, "", summary, examples, &error) ||
	    !check_words(argc, argv, &error))
		return rig_report_error(error);
	results = want.results ? g_strdup(want.results) : run_default_results();
	before = rig_utc_days_ago(want.older);
	ix = index_open(results, NULL, NULL, &error);
	names = ix ? index_prunable(ix, before, (const char *const *)want.verdicts, want.keep,
				    &error)
		   : NULL;
	if (!names)
		return rig_report_error(error);
	for (guint i = 0; i < names->len; i++) {
		if (want.yes && !index_prune(ix, names->pdata[i], &error))
			return rig_report_error(error);
		if (want.json)
			json_array_append_new(array, json_string(names->pdata[i]));
		else
			printf("%s %s\n", want.yes ? "deleted" : "would delete",
			       (char *)names->pdata[i]);
	}
	if (want.json)
		cmd_print_json(json_pack("{s:O, s:b}", "runs", array, "deleted", want.yes));
	else if (!names->len)
		puts("no run to delete");
	else
		printf("%u run%s%s\n", names->len, text_s(names->len),
		       want.yes ? " deleted" : "; --yes deletes what is listed");
	return RIG_EXIT_PASS;
}
