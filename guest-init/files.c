// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes small kernel files (files.h). */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int file_read(int dir, const char *path, char *buffer, size_t max)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t got = 0;

	if (fd < 0)
		return -errno;
	while (have < max - 1) {
		got = read(fd, buffer + have, max - 1 - have);
		if (got < 0)
			got = -errno;
		if (got <= 0)
			break;
		have += got;
	}
	close(fd);
	buffer[have] = '\0';
	return got < 0 ? got : (int)have;
}

int file_line(int dir, const char *path, char *buffer, size_t max)
{
	int got = file_read(dir, path, buffer, max);

	if (got < 0)
		return got;
	buffer[strcspn(buffer, "\n")] = '\0';
	return strlen(buffer);
}

int file_write(int dir, const char *path, const char *word)
{
	int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	ssize_t done;
	int err;

	if (fd < 0)
		return -errno;
	done = write(fd, word, strlen(word));
	err = done < 0 ? -errno : 0;
	close(fd);
	return err;
}

int file_drain(int dir, const char *path, size_t limit)
{
	static char sink[65536];
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, sink, sizeof(sink));
		if (got < 0)
			got = -errno;
		limit -= got > 0 && (size_t)got < limit ? (size_t)got : limit;
	} while (got > 0 && limit);
	close(fd);
	return got < 0 ? got : 0;
}

int listing_open(struct listing *list, const char *path)
{
	list->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list->stale = true;
	list->count = 0;
	return list->dir < 0 ? -errno : 0;
}

bool listing_number(const char *name, const char *prefix, unsigned *ret)
{
	size_t len = strlen(prefix);
	unsigned long value;
	char *end;

	if (strncmp(name, prefix, len) || name[len] < '0' || name[len] > '9')
		return false;
	value = strtoul(name + len, &end, 10);
	if (*end || value > UINT32_MAX)
		return false;
	*ret = value;
	return true;
}

/* Lists the folder, and sets *RET to the number of its subfolders. Returns 0 or -errno. */
static int list_again(struct listing *list, const char *prefix, uint64_t *ret)
{
	int fd = openat(list->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	unsigned number;
	DIR *dir;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	list->count = 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		*ret += entry->d_type == DT_DIR;
		if (list->count >= LISTING_MAX ||
		    (prefix && !listing_number(entry->d_name, prefix, &number)))
			continue;
		list->count += text_copy(list->name[list->count], LISTING_NAME, entry->d_name);
	}
	closedir(dir);
	return 0;
}

int listing_refresh(struct listing *list, const char *prefix)
{
	struct stat st;
	uint64_t folders = 0;
	int err;

	if (fstat(list->dir, &st))
		return -errno;
	if (!list->stale && st.st_nlink == list->links)
		return 0;
	err = list_again(list, prefix, &folders);
	if (err)
		return err;
	list->links = st.st_nlink;
	/*
	 * the link count can be too large for a short time, because kernfs_add_one() increases it
	 * before kernfs_activate() makes the folder visible: then list the folder again next time
	 */
	list->stale = folders + 2 != st.st_nlink;
	return 1;
}
