/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens files below an open folder safely. A run folder may come from anywhere (mail, a CI
 * artefact), so links in it are not followed, opening does not block, and every read is bounded.
 * Private to store/.
 */
#ifndef RIG_STORE_SAFE_OPEN_H
#define RIG_STORE_SAFE_OPEN_H

#include <glib.h>
#include <jansson.h>

/* Maximum size of a JSON file in bytes; those of a run are far smaller. */
#define SAFE_JSON_MAX (16 << 20)

/*
 * Opens the folder NAME below AT, which may be AT_FDCWD. Returns its descriptor, or -1 with an
 * error, also if NAME is a symbolic link.
 */
int safe_open(int at, const char *name, GError **error);

/* Reads a regular file of at most MAX bytes, and adds a NUL. */
gboolean safe_read(int folder, const char *name, gsize max, char **ret_data, gsize *ret_len,
		   GError **error);
/*
 * Reads a file as safe_read() does, at most SAFE_JSON_MAX bytes, and parses it. It must be a JSON
 * object.
 */
json_t *safe_read_json(int folder, const char *name, GError **error);

/*
 * Replaces a file by rename, after its content is on disk. If NAME is a symbolic link, the link is
 * replaced.
 */
gboolean safe_write(int folder, const char *name, const char *data, gsize len, GError **error);
/*
 * Writes a JSON file in the format of run folders: indented, keys in their order, with a final
 * newline.
 */
gboolean safe_write_json(int folder, const char *name, json_t *json, GError **error);

/* Closes *fd if it is open; used for automatic clean-up. */
void safe_close(int *fd);
#define auto_fd __attribute__((cleanup(safe_close))) int

#endif
