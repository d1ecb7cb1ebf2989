// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expands globs (paths.h). glibc's glob() is not used, because it reads the user database, which a
 * static program should not do.
 */
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "text.h"

#define LIST_NS (250 * NS_PER_MS)
#define LIST_SHARE 20

int paths_init(struct paths *paths, const char *patterns)
{
	*paths = (struct paths){.patterns = patterns, .stale = true};
	for (const char *p = patterns; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (*p != '/' || strcspn(p, ",") >= PATH_LEN)
			return -EINVAL;
	return 0;
}

static void add(struct paths *paths, const char *path)
{
	struct stat st;

	if (stat(path, &st) || S_ISDIR(st.st_mode))
		return;
	if (paths->count < PATHS_MAX && text_copy(paths->path[paths->count], PATH_LEN, path))
		paths->count++;
	else
		paths->cut = true;
}

/*
 * Adds the files below PATH that match PATTERN. PATH is a folder that the first part of a glob
 * matched, PATTERN the rest of the glob. Both are changed and restored. The depth of the recursion
 * is the number of '/' in PATTERN.
 */
static void expand(struct paths *paths, char *path, char *pattern)
{
	size_t len = strlen(path), name = strcspn(pattern, "/");
	char *rest = pattern[name] ? pattern + name + 1 : NULL;
	struct dirent *entry;
	DIR *dir;

	pattern[name] = '\0';
	dir = strpbrk(pattern, "*?[") ? opendir(*path ? path : "/") : NULL;
	while (dir && (entry = readdir(dir)) && !paths->cut) {
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) ||
		    len + 1 + strlen(entry->d_name) >= PATH_LEN)
			continue;
		snprintf(path + len, PATH_LEN - len, "/%s", entry->d_name);
		rest ? expand(paths, path, rest) : add(paths, path);
	}
	if (dir)
		closedir(dir);
	else if (!strpbrk(pattern, "*?[") && len + 1 + name < PATH_LEN) {
		snprintf(path + len, PATH_LEN - len, "/%s", pattern);
		rest ? expand(paths, path, rest) : add(paths, path);
	}
	path[len] = '\0';
	if (rest)
		rest[-1] = '/';
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

void paths_refresh(struct paths *paths)
{
	uint64_t now = now_ns();
	char path[PATH_LEN], pattern[PATH_LEN];

	if (!paths->stale && (now - paths->listed_ns < LIST_NS ||
			      now - paths->listed_ns < LIST_SHARE * paths->took_ns))
		return;
	paths->count = 0;
	paths->stale = paths->cut = false;
	for (const char *p = paths->patterns; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		snprintf(pattern, sizeof(pattern), "%.*s", (int)strcspn(p + 1, ","), p + 1);
		path[0] = '\0';
		expand(paths, path, pattern);
	}
	qsort(paths->path, paths->count, PATH_LEN, by_text);
	paths->listed_ns = now_ns();
	paths->took_ns = paths->listed_ns - now;
}
