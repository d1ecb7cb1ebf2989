// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the guest's QEMU among the processes of this host, so that the time that it waits for a
 * processor can be read. libvirt starts QEMU with "-uuid" and the UUID of the domain.
 */
#include "vm/libvirt/libvirt.h"

#include <string.h>

#include "util/paths.h"

#define CMDLINE_MAX (1 << 20)

/* Returns TRUE if the arguments in TEXT, each of which ends with a NUL, contain "-uuid" UUID. */
static gboolean has_uuid(const char *text, gsize len, const char *uuid)
{
	g_autofree char *wanted = g_strdup_printf("-uuid %s", uuid);

	wanted[strlen("-uuid")] = '\0';
	return memmem(text, len, wanted, strlen("-uuid") + 1 + strlen(uuid) + 1) != NULL;
}

pid_t lv_find_process(const char *uuid)
{
	g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("/proc", name, "cmdline", NULL);
		g_autofree char *text = NULL;
		gsize len;

		if (g_ascii_isdigit(*name) &&
		    rig_read_file(path, CMDLINE_MAX, &text, &len, NULL) &&
		    has_uuid(text, len, uuid))
			return (pid_t)g_ascii_strtoll(name, NULL, 10);
	}
	return 0;
}
