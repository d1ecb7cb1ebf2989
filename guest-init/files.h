/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files of procfs, sysfs and debugfs, and their folders. Functions return 0 or more, or
 * -errno.
 */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True: the file or folder exists. */
bool file_exists(const char *path);

/*
 * Reads at most MAX - 1 bytes and adds a NUL. Returns the number of bytes. DIR is used as by
 * openat().
 */
int file_read(int dir, const char *path, char *buffer, size_t max);

/* Reads the first line of a file, like file_read(). */
int file_line(int dir, const char *path, char *buffer, size_t max);

/* Writes WORD with one write(). */
int file_write(int dir, const char *path, const char *word);

/* Reads and discards the file up to its end, or up to LIMIT bytes. */
int file_drain(int dir, const char *path, size_t limit);

#define LISTING_MAX 2048
#define LISTING_NAME 64

/*
 * The entries of a folder that changes while the list is used. A kernfs folder counts its
 * subfolders in st_nlink, so one fstat() shows whether some were added or removed. If a change is
 * missed, an access fails with ENOENT or ENODEV, and the caller then sets `stale`.
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
 * Lists the folder again if it changed: entries whose name is PREFIX and a number, or, if PREFIX is
 * NULL, all but the hidden ones. Returns 1 if the list is new, 0 if nothing changed.
 */
int listing_refresh(struct listing *list, const char *prefix);

/* True: NAME is PREFIX and a number, which is stored in *RET. */
bool listing_number(const char *name, const char *prefix, unsigned *ret);

#endif
