/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files below an open folder. A run folder may come from anywhere (mail, a CI artefact), so no link
 * in it is followed, no file is waited for, and every read is bounded. Private to store/.
 */
#ifndef RIG_STORE_SAFE_OPEN_H
#define RIG_STORE_SAFE_OPEN_H

#include <glib.h>
#include <jansson.h>

/* Limit of a JSON file; those of a run are far smaller. */
#define SAFE_JSON_MAX (16 << 20)

/* A folder's file descriptor, or -1. A symbolic link is an error. AT may be AT_FDCWD. */
int safe_open(int at, const char *name, GError **error);

/* Reads a regular file of at most MAX bytes. The content is followed by a NUL. */
gboolean safe_read(int folder, const char *name, gsize max, char **ret_data, gsize *ret_len,
		   GError **error);
/* safe_read() for a file with a JSON object, which is parsed. */
json_t *safe_read_json(int folder, const char *name, GError **error);

/*
 * Replaces a file by rename, with the content on disk before; a symbolic link of that name is
 * replaced.
 */
gboolean safe_write(int folder, const char *name, const char *data, gsize len, GError **error);
/*
 * Writes a JSON file in the format of run folders: indented, keys in their order, a newline at the
 * end.
 */
gboolean safe_write_json(int folder, const char *name, json_t *json, GError **error);

/* Closes *fd if it is open: for g_auto-like clean-up. */
void safe_close(int *fd);
#define auto_fd __attribute__((cleanup(safe_close))) int

#endif
