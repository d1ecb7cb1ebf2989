// SPDX-License-Identifier: GPL-2.0-only
/* The main program; rig/cmd/cmd.c has the table of commands. */
#include "cmd/cmd.h"

/* The Makefile defines it: the commit and its day, "6d55ed2bca12 2026-12-01". */
#ifndef RIG_VERSION
#define RIG_VERSION "unknown"
#endif

int main(int argc, char **argv)
{
	return cmd_main(argc, argv, RIG_VERSION);
}
