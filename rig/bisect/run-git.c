// SPDX-License-Identifier: GPL-2.0-only
/* Runs git, and ignores those settings of the user that start programs or change git's output. */
#include "bisect/internal.h"

#include "util/spawn.h"

gboolean git_run(const char *repo, const char *const *words, gsize max, char **ret_output,
		 GError **error)
{
	static const char *const first[] = {"git",
					    "-c",
					    "core.hooksPath=/dev/null",
					    "-c",
					    "log.showSignature=false",
					    "-c",
					    "core.fsmonitor=false",
					    "-c",
					    "color.ui=false",
					    "-C"};
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	struct spawn spawn = {.keep = max};

	for (guint i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, (gpointer)first[i]);
	g_ptr_array_add(argv, (gpointer)repo);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	spawn.argv = (const char *const *)argv->pdata;
	return spawn_run(&spawn, ret_output, error);
}
