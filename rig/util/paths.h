/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the rig's own files, and reads and writes files. */
#ifndef RIG_UTIL_PATHS_H
#define RIG_UTIL_PATHS_H

#include <glib.h>
#include <stdio.h>

/*
 * Returns the path of a file of the rig ("scenarios/kconfig/base.config",
 * "build/guest/x86_64/init"): below $RIG_HOME if set, otherwise below the checkout in which this
 * program was built, otherwise below PREFIX/share/hotplug-rig of the installation. The file need
 * not exist.
 */
char *rig_home_path(const char *relative);

/* The fragment of arm64 kernels with pages of 64 KiB, relative to the rig's home. */
#define RIG_ARM64_64K_CONFIG "scenarios/kconfig/arm64-64k.config"

/*
 * Returns the path ${XDG_CACHE_HOME:-~/.cache}/hotplug-rig/RELATIVE. Creates the folder that
 * contains it; if hotplug-rig is created, it has mode 0700.
 */
char *rig_cache_path(const char *relative);

/*
 * Returns the names of the non-hidden files in FOLDER that end with SUFFIX, without the suffix,
 * sorted. Empty if the folder does not exist. Free with g_strfreev().
 */
char **rig_names_in(const char *folder, const char *suffix);

/*
 * Writes a temporary file and renames it to PATH, so that a reader sees the whole old content or
 * the whole new content. When the function returns, content and name are on disk (fsync).
 * g_file_set_contents_full() is not used, because it calls fsync() only for files that existed
 * before.
 */
gboolean rig_write_file(const char *path, const char *data, gssize len, GError **error);

/*
 * Writes a file as rig_write_file() does, but WRITE prints the content in pieces, so that it need
 * not be in memory as a whole. WRITE need not check OUT for errors.
 */
typedef void (*rig_writer)(FILE *out, const void *data);
gboolean rig_write_stream(const char *path, rig_writer write, const void *data, GError **error);

/* The DATA of rig_write_bytes(), which writes content that is in memory. */
struct rig_bytes {
	const char *data;
	gsize len;
};
void rig_write_bytes(FILE *out, const void *data);

/*
 * Reads the file PATH, of at most MAX bytes, and adds a NUL. Error: RIG_EXIT_USAGE, PATH cannot be
 * read or is larger.
 */
gboolean rig_read_file(const char *path, gsize max, char **ret_data, gsize *ret_len,
		       GError **error);

#endif
