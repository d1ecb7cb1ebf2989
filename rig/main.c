// SPDX-License-Identifier: GPL-2.0-only
/* The table of commands, and nothing else. */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
	return cmd_main(argc, argv);
}
