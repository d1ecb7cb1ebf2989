/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads and writes small files of procfs, sysfs and debugfs, and lists their folders. Functions
 * that return int return 0 or more, or -errno.
 */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns true if the file or folder exists. */
bool file_exists(const char *path);

/*
 * Reads at most MAX - 1 bytes and adds a NUL. Returns the number of bytes. DIR is used as by
 * openat().
 */
int file_read(int dir, const char *path, char *buffer, size_t max);

/* Reads the first line of a file, without its newline. Returns its length. See file_read(). */
int file_line(int dir, const char *path, char *buffer, size_t max);

/* Writes WORD with one write(). */
int file_write(int dir, const char *path, const char *word);

/* Reads the file up to its end, but at most LIMIT bytes, and discards the data. */
int file_drain(int dir, const char *path, size_t limit);

#define LISTING_MAX 2048
#define LISTING_NAME 64

/*
 * The entries of a folder that changes while the list is used. The st_nlink of a kernfs folder
 * counts its subfolders, so one fstat() shows whether some were added or removed. It does not show
 * every change; if an access then fails with ENOENT or ENODEV, the caller must set `stale`.
 */
struct listing {
	int dir;
	uint64_t links;
	bool stale;
	unsigned count;
	char name[LISTING_MAX][LISTING_NAME];
};

/* Opens PATH. The list is empty until listing_refresh(). */
int listing_open(struct listing *list, const char *path);

/*
 * Lists the folder again if it has changed: the entries whose names are PREFIX and a number, or, if
 * PREFIX is NULL, all entries that are not hidden. Returns 1 if the list is new, 0 if it has not
 * changed.
 */
int listing_refresh(struct listing *list, const char *prefix);

/* Returns true if NAME is PREFIX and a number, and sets *RET to the number. */
bool listing_number(const char *name, const char *prefix, unsigned *ret);

#endif
