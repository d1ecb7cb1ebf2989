// SPDX-License-Identifier: GPL-2.0-only
/* Copies the parts of a file that are not zero (sparse.h). */
#include "util/sparse.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"

/* The size of a piece that is either copied or, if all of it is zero, left out. */
#define PIECE (64 << 10)

static gboolean is_zero(const char *data, gsize len)
{
	return !len || (!*data && !memcmp(data, data + 1, len - 1));
}

static gboolean write_at(int fd, const char *data, gsize len, off_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, data, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		data += n;
		at += n;
		len -= n;
	}
	return TRUE;
}

/* Returns TRUE if the file has SIZE bytes; otherwise sets errno to 0. */
static gboolean has_size(int fd, off_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return FALSE;
	errno = 0;
	return st.st_size == size;
}

/*
 * Copies SIZE bytes. Returns FALSE and sets errno on failure. errno is 0 if FROM has another size
 * at the end; this is checked because lseek() does not distinguish the last hole from the end of a
 * shorter file.
 */
static gboolean copy(int from, int to, off_t size, const struct sparse_stop *stop)
{
	g_autofree char *piece = g_malloc(PIECE);
	off_t at = 0;

	if (ftruncate(to, size) < 0)
		return FALSE;
	while (at < size) {
		off_t data = lseek(from, at, SEEK_DATA);
		ssize_t n;

		if (stop && stop->is_set(stop->data)) {
			errno = ECANCELED;
			return FALSE;
		}
		if (data < 0 && errno == ENXIO)
			break; /* the rest is a hole */
		/* round down, so that the holes of the copy begin at multiples of PIECE */
		at = MAX(at, data / PIECE * PIECE);
		n = pread(from, piece, MIN(PIECE, size - at), at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = 0;
		if (n <= 0 || (!is_zero(piece, n) && !write_at(to, piece, n, at)))
			return FALSE;
		at += n;
	}
	return has_size(from, size);
}

/*
 * Opens a new file without a name in the folder of TO, or if the file system has no such files, TO
 * itself. Returns -1 and sets errno on failure.
 */
static int open_target(const char *to, gboolean *ret_named)
{
	g_autofree char *folder = g_path_get_dirname(to);
	int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	*ret_named = fd < 0;
	return fd < 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : fd;
}

/* Gives the file FD the name TO. */
static gboolean publish(int fd, const char *to)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

	return !linkat(AT_FDCWD, path, AT_FDCWD, to, AT_SYMLINK_FOLLOW);
}

/* Copies the open file SOURCE to TO. Returns FALSE and sets errno on failure, as copy() does. */
static gboolean copy_to(int source, const char *to, guint64 size, mode_t mode,
			const struct sparse_stop *stop)
{
	gboolean named, ok;
	int target = open_target(to, &named), why;

	if (target < 0)
		return FALSE;
	ok = copy(source, target, size, stop) && !fchmod(target, mode) &&
	     (named || publish(target, to));
	why = errno;
	if (close(target) < 0 && ok) {
		ok = FALSE;
		why = errno;
		named = TRUE;
	}
	if (!ok && named)
		unlink(to);
	errno = why;
	return ok;
}

gboolean sparse_copy(const char *from, const char *to, guint64 size, mode_t mode,
		     const struct sparse_stop *stop, GError **error)
{
	int source = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC), why;
	struct stat st = {0};
	gboolean ok;

	if (source >= 0 && !fstat(source, &st) &&
	    (!S_ISREG(st.st_mode) || (guint64)st.st_size != size)) {
		rig_fail(error, RIG_EXIT_INFRA, "'%s' was changed while the run began", from);
		close(source);
		return FALSE;
	}
	ok = source >= 0 && copy_to(source, to, size, mode, stop);
	why = errno;
	if (source >= 0)
		close(source);
	return ok || rig_fail(error, RIG_EXIT_INFRA, "cannot copy '%s' to '%s': %s", from, to,
			      why ? g_strerror(why) : "its size changed meanwhile");
}
