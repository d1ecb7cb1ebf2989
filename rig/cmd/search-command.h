/* SPDX-License-Identifier: GPL-2.0-only */
/* Code shared by `rig bisect` and `rig race`: starts a search, or continues a stopped one. */
#ifndef RIG_CMD_SEARCH_COMMAND_H
#define RIG_CMD_SEARCH_COMMAND_H

#include <glib.h>
#include <jansson.h>

#include "cmd/options.h"

/* Values of the options that every search has. */
struct search_words {
	char *budget, *results; /* the texts of --budget and --results, or NULL */
	int guests;
	gboolean resume, json, quiet;
	/* the words after "--", which are options for each `rig run`, or NULL; borrowed */
	char **extra;
};

/* clang-format off */
#define SEARCH_OPTIONS(words, budget_about, budget_value) \
	{"budget", 0, 0, G_OPTION_ARG_STRING, &(words).budget, budget_about, budget_value}, \
	{"guests", 'n', 0, G_OPTION_ARG_INT, &(words).guests, \
	 "guests at a time, 1 to 4 (default: half the CPUs)", "N"}, \
	{"results", 'r', 0, G_OPTION_ARG_FILENAME, &(words).results, \
	 "folder of run folders and searches", "DIR"}, \
	{"resume", 0, 0, G_OPTION_ARG_NONE, &(words).resume, \
	 "continue the search whose folder is the argument (default: the last search)", NULL}, \
	{"json", 0, 0, G_OPTION_ARG_NONE, &(words).json, "print the result as JSON", NULL}, \
	{"quiet", 'q', 0, G_OPTION_ARG_NONE, &(words).quiet, "print only the result", NULL}
/* clang-format on */

struct search_command {
	const char *name; /* name of the command, for example "bisect" */
	const char *parameters, *summary, *examples;
	const GOptionEntry *options;
	/* name of the state file in the search's folder, from which the search is continued */
	const char *state;
	gsize state_max; /* maximum size of the state file in bytes */
	void *want;	 /* the variables that the options set, zero before parsing */
	gsize want_size;
	struct search_words *words; /* points into `want` */
	gboolean takes_extra;	    /* words after "--" are allowed */
	/*
	 * Checks the arguments and returns the scenario, whose name becomes part of the new
	 * folder's name. Error: RIG_EXIT_USAGE.
	 */
	const char *(*check)(int argc, char **argv, GError **error);
	/*
	 * Runs a search in DIR, prints the result and returns the exit code. WORDS is the command
	 * line to store. STATE is the content of the state file if a search is continued, or NULL.
	 */
	int (*go)(char **argv, const char *dir, json_t *words, json_t *state);
};

/*
 * Parses the command line and runs the search. With --resume, the command line and working
 * directory of the first process are used instead, except --budget, --guests, --json and --quiet,
 * which are always those of the new command line. Returns the exit code.
 */
int search_command(const struct search_command *command, int argc, char **argv);

/*
 * Sets *RET to the value of --guests, which must be 1 to MOST. Without the option, sets it to half
 * the number of CPUs, at most MOST. Errors: RIG_EXIT_USAGE.
 */
gboolean search_guests(const struct search_words *words, guint most, guint *ret, GError **error);

#endif
