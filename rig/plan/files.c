// SPDX-License-Identifier: GPL-2.0-only
/* The initramfs of a run, with the files that its scenario adds to the guest. */
#include <sys/stat.h>
#include <string.h>

#include "initrd/initrd.h"
#include "plan/internal.h"
#include "scenario/scenario.h"

static void add_folder(GPtrArray *names, GArray *entries, const char *name)
{
	if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
		return;
	g_ptr_array_add(names, g_strdup(name));
	g_array_append_vals(
		entries, &(struct initrd_entry){names->pdata[names->len - 1], S_IFDIR | 0755}, 1);
}

gboolean plan_initrd(const struct scenario *scenario, const char *arch, char **ret, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) entries = g_array_new(FALSE, TRUE, sizeof(struct initrd_entry));

	for (unsigned i = 0; i < scenario->n_files; i++) {
		const struct scenario_file *file = &scenario->files[i];
		char *name = g_build_filename("files", file->name, NULL);

		for (char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
			g_autofree char *folder = g_strndup(name, slash - name);

			add_folder(names, entries, folder);
		}
		g_ptr_array_add(names, name);
		g_array_append_vals(entries,
				    &(struct initrd_entry){name, S_IFREG | 0755, file->path}, 1);
	}
	return initrd_standard(arch, (struct initrd_entry *)entries->data, entries->len, ret,
			       error);
}
