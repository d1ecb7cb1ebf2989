// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fuzz/fuzz.h"

#include "util/sweep.h"

static char *folder;

static void remove_folder(void)
{
	sweep_remove(folder, NULL);
	g_free(folder);
}

const char *fuzz_folder(void)
{
	if (folder)
		return folder;
	folder = g_dir_make_tmp("rig-fuzz-XXXXXX", NULL);
	if (!folder)
		abort();
	atexit(remove_folder);
	return folder;
}

void fuzz_write(const char *file, const void *data, gsize size)
{
	g_autofree char *path = g_build_filename(fuzz_folder(), file, NULL);
	g_autofree char *dir = g_path_get_dirname(path);
	int fd;

	if (g_mkdir_with_parents(dir, 0755) < 0)
		abort();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, size) != (gssize)size)
		abort();
	close(fd);
}

char *fuzz_part(const guint8 **data, gsize *size)
{
	const guint8 *end = *size ? memchr(*data, '\f', *size) : NULL;
	gsize len = end ? (gsize)(end - *data) : *size;
	char *part = g_strndup((const char *)*data, len);

	*data += len + (end != NULL);
	*size -= len + (end != NULL);
	return part;
}
