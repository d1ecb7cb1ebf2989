// SPDX-License-Identifier: GPL-2.0-only
/* Opens, reads and replaces files in a folder of unknown origin. */
#include "store/safe-open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"

void safe_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int safe_open(int at, const char *name, GError **error)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		rig_fail(error, RIG_EXIT_USAGE, "cannot open the folder '%s': %s", name,
			 errno == ELOOP ? "a symbolic link is not followed" : g_strerror(errno));
	return fd;
}

static gboolean read_fd(int fd, const char *name, gsize max, char **ret_data, gsize *ret_len,
			GError **error)
{
	g_autofree char *data = NULL;
	gsize len = 0;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a regular file", name);
	if ((guint64)st.st_size > max)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' has %" G_GINT64_FORMAT " bytes, at most %" G_GSIZE_FORMAT
				" are read",
				name, (gint64)st.st_size, max);
	data = g_malloc(st.st_size + 1);
	while (len < (gsize)st.st_size) {
		n = read(fd, data + len, st.st_size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", name,
					g_strerror(errno));
		if (!n)
			break;
		len += n;
	}
	data[len] = '\0';
	*ret_data = g_steal_pointer(&data);
	*ret_len = len;
	return TRUE;
}

gboolean safe_read(int folder, const char *name, gsize max, char **ret_data, gsize *ret_len,
		   GError **error)
{
	/* without O_NONBLOCK opening a named pipe would block */
	auto_fd fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", name,
				errno == ELOOP ? "a symbolic link is not followed"
					       : g_strerror(errno));
	return read_fd(fd, name, max, ret_data, ret_len, error);
}

json_t *safe_read_json(int folder, const char *name, GError **error)
{
	g_autofree char *data = NULL;
	json_error_t why;
	json_t *json;
	gsize len = 0;

	if (!safe_read(folder, name, SAFE_JSON_MAX, &data, &len, error))
		return NULL;
	json = json_loadb(data, len, JSON_REJECT_DUPLICATES, &why);
	if (json_is_object(json))
		return json;
	rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a JSON object: line %d: %s", name,
		 json ? 1 : why.line, json ? "it is another JSON value" : why.text);
	json_decref(json);
	return NULL;
}

static gboolean write_all(int fd, const char *data, gsize len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		data += n;
		len -= n;
	}
	return fsync(fd) == 0;
}

gboolean safe_write(int folder, const char *name, const char *data, gsize len, GError **error)
{
	g_autofree char *part = g_strdup_printf("%s.part", name);
	auto_fd fd = -1;

	/*
	 * remove what has the name of the part file: the file of a killed writer, or a symbolic
	 * link
	 */
	if (unlinkat(folder, part, 0) == 0 || errno == ENOENT)
		fd = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0644);
	if (fd >= 0 && write_all(fd, data, len) && !renameat(folder, part, folder, name))
		return TRUE;
	rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", name, g_strerror(errno));
	unlinkat(folder, part, 0);
	return FALSE;
}

gboolean safe_write_json(int folder, const char *name, json_t *json, GError **error)
{
	char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	g_autofree char *line = NULL;

	if (!text)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': not valid JSON",
				name);
	line = g_strconcat(text, "\n", NULL);
	free(text);
	return safe_write(folder, name, line, strlen(line), error);
}
