/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the rig's own files are. */
#ifndef RIG_UTIL_PATHS_H
#define RIG_UTIL_PATHS_H

#include <glib.h>
#include <stdio.h>

/*
 * A file that belongs to the rig ("scenarios/kconfig/base.config", "build/guest/x86_64/init"):
 * below $RIG_HOME, else below the checkout that the executable was built in (two folders above
 * build/bin/rig), else below PREFIX/share/hotplug-rig of an installed one. The file need not exist.
 */
char *rig_home_path(const char *relative);

/* ${XDG_CACHE_HOME:-~/.cache}/hotplug-rig/RELATIVE; its folder is made, 0700 at the top. */
char *rig_cache_path(const char *relative);

/*
 * The names in FOLDER that end with SUFFIX, without it, sorted; no hidden ones. Empty where the
 * folder does not exist. Free with g_strfreev().
 */
char **rig_names_in(const char *folder, const char *suffix);

/* Writes the whole file by rename, so that a reader sees the old content or the new, never a part.
 * Unlike g_file_set_contents() the new content is on disk (fsync) before the name changes. */
gboolean rig_write_file(const char *path, const char *data, gssize len, GError **error);

/*
 * The same for content that WRITE prints piece by piece, so that it need not be in memory as a
 * whole. WRITE need not check OUT for errors.
 */
typedef void (*rig_writer)(FILE *out, const void *data);
gboolean rig_write_stream(const char *path, rig_writer write, const void *data, GError **error);

/* Reads at most MAX bytes; a larger file is an error (RIG_EXIT_USAGE) that names the limit. */
gboolean rig_read_file(const char *path, gsize max, char **ret_data, gsize *ret_len,
		       GError **error);

#endif
