/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options that several commands have, as rows of an option table, so that an option has the same
 * letter, type and text everywhere. AT is the address of the variable that GOption sets.
 */
#ifndef RIG_CMD_OPTIONS_H
#define RIG_CMD_OPTIONS_H

#include <glib.h>

/* clang-format off */

/* options with a value of type char * */
#define OPTION_RESULTS(at) \
	{"results", 'r', 0, G_OPTION_ARG_FILENAME, at, "folder of run folders", "DIR"}
#define OPTION_SCENARIO(at) \
	{"scenario", 's', 0, G_OPTION_ARG_STRING, at, "scenario that provokes the bug", "NAME|FILE"}
#define OPTION_MACHINE(at) \
	{"machine", 'm', 0, G_OPTION_ARG_STRING, at, "machine (default: the scenario's first)", \
	 "NAME"}
#define OPTION_SIGNATURE(at) \
	{"signature", 0, 0, G_OPTION_ARG_STRING, at, \
	 "signature of the report or hang that counts as bad", "KEY"}
#define OPTION_KIND(at) \
	{"kind", 0, 0, G_OPTION_ARG_STRING, at, \
	 "instead of --signature: any report of this kind; `hang` for a hang", "KIND"}
#define OPTION_SEED(at) \
	{"seed", 's', 0, G_OPTION_ARG_STRING, at, "seed of all random choices", "N"}
#define OPTION_QEMU(at) \
	{"qemu", 0, 0, G_OPTION_ARG_FILENAME, at, \
	 "another QEMU: a program, or a suite of `rig qemu get`", "NAME"}

/* options with a value of type char ** */
#define OPTION_PATCH(at) \
	{"patch", 'p', 0, G_OPTION_ARG_FILENAME_ARRAY, at, "apply a patch (repeatable, in order)", \
	 "FILE"}
#define OPTION_FRAGMENT(at) \
	{"fragment", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, at, "add a config fragment (repeatable)", \
	 "FILE"}

/* options with a value of type int; cmd_parse() rejects values below 1 */
#define OPTION_DURATION(at) \
	{"duration", 'd', 0, G_OPTION_ARG_INT, at, \
	 "seconds of load, instead of the scenario's", "S"}
#define OPTION_PATIENCE(at) \
	{"patience", 0, 0, G_OPTION_ARG_INT, at, \
	 "seconds without progress before a hang is declared (default 20)", "S"}
#define OPTION_JOBS(at) \
	{"jobs", 'j', 0, G_OPTION_ARG_INT, at, \
	 "number of compile jobs (default: the number of CPUs)", "N"}

/* options of type gboolean */
#define OPTION_NO_LOCKDEP(at) \
	{"no-lockdep", 0, 0, G_OPTION_ARG_NONE, at, \
	 "build without lockdep, or accept an image without it", NULL}
#define OPTION_QUIET(at) \
	{"quiet", 'q', 0, G_OPTION_ARG_NONE, at, "print only errors", NULL}

/* clang-format on */

#endif
