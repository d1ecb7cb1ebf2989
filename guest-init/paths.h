/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that patterns stand for (globs), while files come and go. */
#ifndef GUEST_PATHS_H
#define GUEST_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#define PATHS_MAX 2048
#define PATH_LEN 192

struct paths {
	const char *patterns; /* separated by commas; each begins with '/' */
	uint64_t listed_ns, took_ns;
	bool stale; /* set by the caller after ENOENT or ENODEV: list them again */
	bool cut;   /* there are more than PATHS_MAX, or some are longer than PATH_LEN */
	unsigned count;
	char path[PATHS_MAX][PATH_LEN]; /* sorted */
};

/* PATTERNS is borrowed. 0, or -EINVAL: a pattern is empty, too long, or does not begin with '/'. */
int paths_init(struct paths *paths, const char *patterns);

/*
 * Lists all files that match, except folders, if the list is stale, or if it is older than 250
 * ms and than 20 times the duration of the last listing. *, ? and [] match within one name.
 */
void paths_refresh(struct paths *paths);

#endif
