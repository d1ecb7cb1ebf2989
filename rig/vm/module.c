// SPDX-License-Identifier: GPL-2.0-only
/* Finds and loads modules, and implements vm/orphans.h by calling the libvirt module. */
#include "vm/module.h"

#include <gmodule.h>

#include "util/error.h"
#include "vm/internal.h"

static char *module_path(const char *name)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *bin = g_path_get_dirname(exe ? exe : ".");
	g_autofree char *file = g_strdup_printf("%s.so", name);
	g_autofree char *path = g_build_filename(bin, "..", "lib", "hotplug-rig", file, NULL);

	return g_canonicalize_filename(path, NULL);
}

const struct vm_module *vm_module_load(const char *name, GError **error)
{
	g_autofree char *path = module_path(name);
	/*
	 * resolve all symbols now, so that a missing one is an error here instead of a crash later
	 */
	GModule *module = g_module_open(path, G_MODULE_BIND_LOCAL);
	const struct vm_module *found = NULL;
	gpointer symbol = NULL;

	if (!module) {
		rig_fail(
			error, RIG_EXIT_SKIP,
			"cannot load the %s module: %s (`make` builds it, `make install` installs "
			"it)",
			name, g_module_error());
		return NULL;
	}
	if (g_module_symbol(module, "vm_module", &symbol))
		found = symbol;
	if (!found || found->vm_size != sizeof(struct vm)) {
		rig_fail(
			error, RIG_EXIT_SKIP,
			"cannot load the %s module: '%s' is from another build of the rig; run "
			"`make`, or `make install` for an installed rig",
			name, path);
		g_module_close(module);
		return NULL;
	}
	g_module_make_resident(module);
	return found;
}

gboolean orphans_find(const char *uri, struct orphans *ret, GError **error)
{
	const struct vm_module *libvirt = vm_module_load("libvirt", error);

	return libvirt && libvirt->orphans_find(uri, ret, error);
}

gboolean orphans_remove(const char *uri, gboolean all, GPtrArray **ret_removed, GError **error)
{
	const struct vm_module *libvirt = vm_module_load("libvirt", error);

	return libvirt && libvirt->orphans_remove(uri, all, ret_removed, error);
}

void orphans_clear(struct orphans *found)
{
	g_free(found->uri);
	g_free(found->hypervisor);
	g_clear_pointer(&found->all, g_ptr_array_unref);
}
