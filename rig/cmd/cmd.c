// SPDX-License-Identifier: GPL-2.0-only
/* Has the table of commands, calls the requested one, and has code that all commands share. */
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
	int codes_from; /* is added to the exit codes of usage and infrastructure errors */
} commands[] = {
	{"run", "run a scenario on a kernel and check the result", cmd_run},
	{"demo", "the demonstration of `make run`: a clean kernel, then a caught deadlock",
	 cmd_demo},
	{"replay", "repeat a run with the same inputs and compare the outcome", cmd_replay},
	{"list", "list the runs", cmd_list},
	{"show", "show the result of a run", cmd_show},
	{"explain", "explain why a run's guest hung: which task waited for which", cmd_explain},
	{"recheck", "parse a run's console again and update its verdict, without a guest",
	 cmd_recheck},
	{"report", "report a night's results: text, HTML, JUnit, KTAP, KCIDB, JSON", cmd_report},
	{"nightly", "run a plan: scenarios, machines and kernels, in parallel", cmd_nightly},
	{"validate", "run all scenarios on all machines of this host: one table", cmd_validate},
	{"history", "show a scenario or a signature over time, kernels and machines", cmd_history},
	{"coverage", "show which code of hotplug the runs reached, and what none did",
	 cmd_coverage},
	{"compare", "compare two nights or kernels: new, fixed, more frequent, slower",
	 cmd_compare},
	{"index", "manage the database of run folders", cmd_index},
	{"locks", "lock orders of all runs: cycles, new ones, the declared order", cmd_locks},
	{"prune", "delete old runs", cmd_prune},
	{"scan", "find kernel reports in any log", cmd_scan},
	{"scenario", "list, show, check and write scenarios", cmd_scenario},
	{"kernel", "build a kernel, or check one against a scenario", cmd_kernel},
	{"zoo", "test the rig with reintroduced bugs", cmd_zoo},
	{"bisect", "find the first bad commit, patch or config option, with its probability",
	 cmd_bisect},
	{"race", "find holds that make a scenario fail: which vCPU must wait where", cmd_race},
	{"prove", "test whether a lock cycle is a deadlock: real, guarded, or not met", cmd_prove},
	{"probe", "one step of `git bisect run`: exit 0 good, 1 bad, 125 skip", cmd_probe,
	 PROBE_CODES_FROM},
	{"qemu", "get other versions of QEMU, and list which of them can hold vCPUs", cmd_qemu},
	{"task", "run one task of a job array on its node; Slurm starts it", cmd_task},
	{"doctor", "check what this host can run, and what is missing", cmd_doctor},
	{"clean", "remove what killed runs left on a libvirt host", cmd_clean},
};

static const char intro[] =
	"usage: rig COMMAND [OPTIONS]\n\n"
	"Boots kernels in QEMU, adds and removes memory while agents inside the guest access "
	"sysfs,\n"
	"and reports whether the kernel deadlocked.\n\n";

static const char outro[] =
	"\nstart here:\n"
	"  rig doctor                                      check whether this host can run guests\n"
	"  rig run dimm-remove-vs-sysfs                    linux-source-6.1, lockdep, q35\n"
	"  rig run dimm-remove-vs-sysfs --patch fix.patch  the same kernel with a patch\n"
	"  rig show                                        the result of the last run\n"
	"  rig nightly smoke                               several scenarios and machines in "
	"parallel\n"
	"  rig validate                                    all scenarios on all machines, "
	"one table\n"
	"  rig report                                      what changed since earlier runs\n\n"
	"exit codes: 0 pass or known issue, 1 fail or hang, 2 usage, 3 infrastructure or guest "
	"lost, 77 skip\n"
	"`rig COMMAND --help` describes each command; `rig --version` prints the version.\n";

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

/*
 * Opens /dev/null for each standard stream that is closed at start: otherwise the next opened file
 * would get the stream's number, and output would be written into it.
 */
static void fill_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/*
 * Called by exit(), also after --help: turns success into an error if output could not be written,
 * for example to a full disk. DATA is the command, or NULL.
 */
static void check_output(int code, void *data)
{
	const struct command *command = data;
	gboolean failed = ferror(stdout) != 0;

	errno = 0;
	if (!fclose(stdout) && !failed)
		return;
	fprintf(stderr, "rig: cannot write to standard output: %s\n",
		errno ? g_strerror(errno) : "an earlier write failed");
	if (code == RIG_EXIT_PASS)
		_exit(RIG_EXIT_INFRA + (command ? command->codes_from : 0));
}

/*
 * Unsets git's environment variables, which callers such as `git bisect run` and hooks set for
 * their repository; the rig passes repositories explicitly.
 */
static void unset_git_environment(void)
{
	static const char *const names[] = {
		"GIT_DIR",	  "GIT_WORK_TREE",	  "GIT_COMMON_DIR",
		"GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_PREFIX"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_unsetenv(names[i]);
}

int cmd_main(int argc, char **argv, const char *version)
{
	fill_standard_files();
	unset_git_environment();
	/* only LC_CTYPE: use the terminal's encoding, but format numbers as in the C locale */
	setlocale(LC_CTYPE, "");
	on_exit(check_output, (void *)find(argv[1]));
	if (argc < 2)
		return help(stderr);
	if (find(argv[1]))
		return find(argv[1])->run(argc - 1, argv + 1);
	/* "rig help run" means "rig run --help" */
	if (argc == 3 && !strcmp(argv[1], "help") && find(argv[2])) {
		char *words[] = {argv[2], (char *)"--help", NULL};

		return find(argv[2])->run(2, words);
	}
	if (!g_strcmp0(argv[1], "--help") || !g_strcmp0(argv[1], "-h") ||
	    !g_strcmp0(argv[1], "help"))
		return help(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V") ||
	    !strcmp(argv[1], "version")) {
		printf("rig %s\n", version);
		return RIG_EXIT_PASS;
	}
	fprintf(stderr, "rig: no command '%s'; `rig --help` lists the commands\n", argv[1]);
	return RIG_EXIT_USAGE;
}

/*
 * Integer options that must be at least 1. Their variables are 0 if they are not given, so a 0 on
 * the command line would silently mean the default.
 */
static const char *const from_one[] = {"duration", "patience", "jobs",	 "guests",
				       "tries",	   "runs",     "repeat", "calls", NULL};

static gboolean is_from_one(const GOptionEntry *entry)
{
	return entry->arg == G_OPTION_ARG_INT && g_strv_contains(from_one, entry->long_name);
}

/* Sets the variables of the options of `from_one` to TO, if their value is FROM. */
static void replace_values(const GOptionEntry *entries, int from, int to)
{
	for (const GOptionEntry *e = entries; e->long_name; e++)
		if (is_from_one(e) && *(int *)e->arg_data == from)
			*(int *)e->arg_data = to;
}

/*
 * Checks the options of `from_one` after parsing. Their variables were set to G_MININT before, so
 * an option with this value was not given.
 */
static gboolean check_values(const GOptionEntry *entries, GError **error)
{
	for (const GOptionEntry *e = entries; e->long_name; e++) {
		int value = is_from_one(e) ? *(int *)e->arg_data : 1;

		if (value != G_MININT && value < 1)
			return rig_fail(error, RIG_EXIT_USAGE,
					"--%s %d is out of range: give 1 or more, or leave it out",
					e->long_name, value);
	}
	return TRUE;
}

gboolean cmd_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *parameters,
		   const char *summary, const char *examples, GError **error)
{
	g_autofree char *usage =
		g_strdup_printf("rig %s%s%s", (*argv)[0], *parameters ? " " : "", parameters);
	g_autofree char *details = g_strdup_printf("Examples:\n%s", examples);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	gboolean ok;

	g_option_context_set_summary(context, summary);
	g_option_context_set_description(context, details);
	g_option_context_add_main_entries(context, entries, NULL);
	/*
	 * set the program's name, which GOption prints in the usage line: "rig run SCENARIO
	 * [OPTION…]"
	 */
	g_set_prgname(usage);
	replace_values(entries, 0, G_MININT);
	ok = g_option_context_parse(context, argc, argv, error) && check_values(entries, error);
	replace_values(entries, G_MININT, 0);
	g_set_prgname("rig");
	if (ok)
		return TRUE;
	g_prefix_error(error, "%s: ", (*argv)[0]);
	return FALSE;
}

gboolean cmd_check_confidence(double percent, GError **error)
{
	return (percent >= 50 && percent < 100) ||
	       rig_fail(error, RIG_EXIT_USAGE,
			"--confidence %g is out of range (50 or more, less than 100)", percent);
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
		rig_fail(error, RIG_EXIT_USAGE, "unexpected argument '%s': %s takes one run",
			 argv[2], argv[0]);
		return NULL;
	}
	return run_open(results, argc == 2 ? argv[1] : "last", error);
}
