/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files of procfs, sysfs and debugfs, and their folders. Everything is 0 or more, or -errno. */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file or folder is there. */
bool file_exists(const char *path);

/* Reads at most MAX - 1 bytes and ends them with NUL; returns how many. DIR as for openat(). */
int file_read(int dir, const char *path, char *buffer, size_t max);

/* file_read() without what stands after the first line. */
int file_line(int dir, const char *path, char *buffer, size_t max);

/* One write of the whole word. */
int file_write(int dir, const char *path, const char *word);

/* Reads to the end, or until LIMIT bytes came, and forgets it. */
int file_drain(int dir, const char *path, size_t limit);

#define LISTING_MAX 2048
#define LISTING_NAME 64

/*
 * The entries of a folder that comes and goes under our feet. A kernfs folder counts its subfolders
 * in st_nlink, which makes one fstat() enough to see that some came or went; what that misses shows
 * up as ENOENT or ENODEV, and the caller sets `stale`.
 */
struct listing {
	int dir;
	uint64_t links;
	bool stale;
	unsigned count;
	char name[LISTING_MAX][LISTING_NAME];
};

/* Opens PATH. Nothing is listed before listing_refresh(). */
int listing_open(struct listing *list, const char *path);

/*
 * Lists it again if it changed: entries whose name is PREFIX and a number, or all but the hidden ones
 * where PREFIX is NULL. Returns 1 if it was listed anew, 0 if nothing changed.
 */
int listing_refresh(struct listing *list, const char *prefix);

/* NAME is PREFIX and a number: gives the number. */
bool listing_number(const char *name, const char *prefix, unsigned *ret);

#endif
