/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists the files that match glob patterns, where files may appear and disappear at any time. */
#ifndef GUEST_PATHS_H
#define GUEST_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#define PATHS_MAX 2048
#define PATH_LEN 192

struct paths {
	const char *patterns; /* globs separated by commas; each begins with '/' */
	/* when the files were last listed, and how long that took */
	uint64_t listed_ns, took_ns;
	/* set by the caller after ENOENT or ENODEV, so that the files are listed again */
	bool stale;
	bool cut; /* there are more files than PATHS_MAX, or paths longer than PATH_LEN */
	unsigned count;
	char path[PATHS_MAX][PATH_LEN]; /* sorted */
};

/*
 * Initialises PATHS. PATTERNS is borrowed. Returns 0, or -EINVAL if a pattern is empty, too long,
 * or does not begin with '/'.
 */
int paths_init(struct paths *paths, const char *patterns);

/*
 * Lists the files that match (not folders) again, if the list is stale. A list is also renewed when
 * it is older than 250 ms and older than 20 times the duration of the last listing. The globs *, ?
 * and [] do not match '/'.
 */
void paths_refresh(struct paths *paths);

#endif
