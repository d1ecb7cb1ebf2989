// SPDX-License-Identifier: GPL-2.0-only
/* The table of commands. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"
#include "util/error.h"

static const struct command {
	const char *name, *about;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"run", "run a scenario on a kernel and judge it", cmd_run},
	{"demo", "the demonstration of `make run`: a clean kernel, then a caught deadlock", cmd_demo},
	{"replay", "repeat a run with the same inputs and say whether the outcome differs", cmd_replay},
	{"list", "the runs that are kept", cmd_list},
	{"show", "what a run found", cmd_show},
	{"explain", "why a run's guest hung: who waited for whom", cmd_explain},
	{"recheck", "judge a run's console again, without a guest", cmd_recheck},
	{"report", "what a night found: text, pages, JUnit, KTAP, KCIDB, JSON", cmd_report},
	{"nightly", "run a plan: scenarios, machines and kernels, in parallel", cmd_nightly},
	{"history", "a scenario or a signature over time, kernels and machines", cmd_history},
	{"compare", "two nights or kernels: new, fixed, more often, slower", cmd_compare},
	{"index", "the index over the run folders", cmd_index},
	{"prune", "delete old runs that nobody will miss", cmd_prune},
	{"scan", "find kernel reports in any log", cmd_scan},
	{"scenario", "list, show and check scenarios", cmd_scenario},
	{"kernel", "build a kernel, or check whether one can serve a scenario", cmd_kernel},
	{"zoo", "bugs brought back: are they caught, and how soon", cmd_zoo},
	{"bisect", "the first bad commit, patch or config option, with a stated confidence", cmd_bisect},
	{"probe", "one step of `git bisect run`: exit 0 good, 1 bad, 125 skip", cmd_probe},
	{"doctor", "what this host can do, and what it lacks", cmd_doctor},
	{"clean", "remove what killed runs left on a libvirt host", cmd_clean},
};

static const char intro[] =
	"usage: rig COMMAND [OPTIONS]\n\n"
	"Boots kernels in QEMU, adds and removes memory while agents inside the guest hammer sysfs,\n"
	"and says whether the kernel deadlocked.\n\n";

static const char outro[] =
	"\nstart here:\n"
	"  rig doctor                                     can this host run guests?\n"
	"  rig run dimm-remove-vs-sysfs                   linux-source-6.1, lockdep, q35\n"
	"  rig run dimm-remove-vs-sysfs --patch fix.patch the same kernel with a patch\n"
	"  rig show                                       what the last run found\n"
	"  rig nightly smoke                              several scenarios and machines at a time\n"
	"  rig report                                     what changed since the runs before\n\n"
	"exit codes: 0 pass, 1 fail or hang, 2 usage, 3 infrastructure or guest lost, 77 skip\n"
	"`rig COMMAND --help` tells more about each.\n";

static int help(FILE *out)
{
	fputs(intro, out);
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].about);
	fputs(outro, out);
	return out == stdout ? RIG_EXIT_PASS : RIG_EXIT_USAGE;
}

static const struct command *find(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!g_strcmp0(name, commands[i].name))
			return &commands[i];
	return NULL;
}

/* Started with one of them closed, the next file opened would take its place, and our words. */
static void fill_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* What could not be told (a full disk behind a redirection) must not look like a success. */
static int told(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "rig: cannot write to standard output: %s\n", g_strerror(errno));
	return code == RIG_EXIT_PASS ? RIG_EXIT_INFRA : code;
}

/* `git bisect run` and hooks say in these which repository they are in; the rig names the ones it means itself. */
static void forget_git(void)
{
	static const char *const names[] = {"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE",
					    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_unsetenv(names[i]);
}

int cmd_main(int argc, char **argv)
{
	fill_standard_files();
	forget_git();
	/* file names and help texts in the terminal's own encoding; numbers stay as they are in C */
	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return help(stderr);
	if (find(argv[1]))
		return told(find(argv[1])->run(argc - 1, argv + 1));
	/* "rig help run" is "rig run --help" */
	if (argc == 3 && !strcmp(argv[1], "help") && find(argv[2])) {
		char *words[] = {argv[2], (char *)"--help", NULL};

		return told(find(argv[2])->run(2, words));
	}
	if (!g_strcmp0(argv[1], "--help") || !g_strcmp0(argv[1], "-h") || !g_strcmp0(argv[1], "help"))
		return help(stdout);
	fprintf(stderr, "rig: there is no command '%s'; `rig --help` lists them\n", argv[1]);
	return RIG_EXIT_USAGE;
}

gboolean cmd_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *parameters,
		   const char *summary, const char *examples, GError **error)
{
	g_autofree char *usage = g_strdup_printf("rig %s%s%s", (*argv)[0], *parameters ? " " : "", parameters);
	g_autofree char *details = g_strdup_printf("Examples:\n%s", examples);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	gboolean ok;

	g_option_context_set_summary(context, summary);
	g_option_context_set_description(context, details);
	g_option_context_add_main_entries(context, entries, NULL);
	/* for a usage line that has the command: "rig run SCENARIO [OPTION…]" */
	g_set_prgname(usage);
	ok = g_option_context_parse(context, argc, argv, error);
	g_set_prgname("rig");
	if (ok)
		return TRUE;
	g_prefix_error(error, "%s: ", (*argv)[0]);
	return FALSE;
}

void cmd_print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(json);
}

struct run_info *cmd_open_run(int argc, char **argv, const char *folder, GError **error)
{
	g_autofree char *results = folder ? g_strdup(folder) : run_default_results();

	if (argc > 2) {
		rig_fail(error, RIG_EXIT_USAGE, "'%s' is too much: %s takes one run", argv[2], argv[0]);
		return NULL;
	}
	return run_open(results, argc == 2 ? argv[1] : "last", error);
}
