/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands, one file for each. argv[0] is the command's name; the return value is the exit code. */
#ifndef RIG_CMD_CMD_H
#define RIG_CMD_CMD_H

#include <glib.h>
#include <jansson.h>

struct run_info;

/*
 * `rig probe` adds this to the exit codes of usage and infrastructure errors, because `git bisect
 * run` takes the codes 1 to 127 as results of the tested commit.
 */
#define PROBE_CODES_FROM 128

/* Runs the command in ARGV. VERSION is what `rig --version` prints. */
int cmd_main(int argc, char **argv, const char *version);

int cmd_run(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_recheck(int argc, char **argv);
int cmd_nightly(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_coverage(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_index(int argc, char **argv);
int cmd_locks(int argc, char **argv);
int cmd_prune(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_scenario(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_zoo(int argc, char **argv);
int cmd_bisect(int argc, char **argv);
int cmd_race(int argc, char **argv);
int cmd_prove(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_qemu(int argc, char **argv);
int cmd_task(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_clean(int argc, char **argv);

/*
 * Parses a command's arguments with GOptionContext. SUMMARY and EXAMPLES are printed by --help,
 * which exits with 0; PARAMETERS ("[RUN]") follows the command's name in the usage line. Options in
 * the table `from_one` of cmd.c must be at least 1; their variables are 0 if they are not given.
 * Returns FALSE with a usage error.
 */
gboolean cmd_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *parameters,
		   const char *summary, const char *examples, GError **error);

/* Checks the value PERCENT of --confidence. Returns FALSE with a usage error. */
gboolean cmd_check_confidence(double percent, GError **error);

/*
 * Checks that WORDS, which follow "--" on the command line of a command that starts many runs, are
 * options of `rig run`. WORDS may be NULL. Returns FALSE with a usage error. A process must not
 * call both this function and cmd_run(), because both parse options into the same variables.
 */
gboolean run_words_check(const char *const *words, GError **error);

/*
 * Opens the run named by the command's only argument; without an argument, the last run. FOLDER is
 * the value of --results, or NULL. The caller owns the result.
 */
struct run_info *cmd_open_run(int argc, char **argv, const char *folder, GError **error);

/* Prints JSON to standard output as one indented document. Takes over the reference. */
void cmd_print_json(json_t *json);

#endif
