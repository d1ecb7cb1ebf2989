// SPDX-License-Identifier: GPL-2.0-only
/* The main program; rig/cmd/cmd.c has the table of commands. */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
	return cmd_main(argc, argv);
}
