// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creates and reads the record of the code that a run reached (plugin/cover.h). The plugin sets
 * bits in a file in memory that the rig has created, so the result is complete even if QEMU is
 * killed.
 */
#include "director/link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/error.h"

/* The symbols where the kernel's code begins and ends; code that is freed after boot is outside. */
#define CODE_FIRST "_stext"
#define CODE_END "_etext"

gboolean cover_lines(struct director_orders *orders, GString *out,
		     const struct variables *variables, GError **error)
{
	guint64 from, to;

	if (!variables_find(variables, CODE_FIRST, &from, NULL) ||
	    !variables_find(variables, CODE_END, &to, NULL) || from >= to ||
	    to - from > COVER_CODE_MAX)
		return rig_fail(error, RIG_EXIT_SKIP,
				"cannot record the coverage: this kernel does not have the symbols "
				"'" CODE_FIRST "' and '" CODE_END "', at most 128 MiB apart; give "
				"its vmlinux with --vmlinux");
	orders->cover_from = from;
	orders->cover_to = to;
	g_string_append_printf(out, "cover %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x\n", from,
			       to);
	return TRUE;
}

int cover_file(guint64 from, guint64 to, GError **error)
{
	int fd = memfd_create("rig-cover", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	/*
	 * the size is sealed, so that neither side can truncate the file and cause a SIGBUS in the
	 * other one
	 */
	if (fd >= 0 && !ftruncate(fd, (off_t)(COVER_PHASES * COVER_BYTES(from, to))) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	rig_fail(error, RIG_EXIT_INFRA, "cannot create a file for the coverage: %s",
		 g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct director_cover *director_cover(const struct director *d)
{
	gsize size = COVER_BYTES(d->cover_from, d->cover_to);
	rig_auto(director_cover) cover = NULL;

	if (d->cover_fd < 0)
		return NULL;
	cover = g_new0(struct director_cover, 1);
	cover->from = d->cover_from;
	cover->to = d->cover_to;
	cover->switched = d->switched;
	for (guint i = 0; i < COVER_PHASES; i++) {
		guint8 *bits = g_malloc(size);

		cover->phase[i] = g_bytes_new_take(bits, size);
		if (pread(d->cover_fd, bits, size, (off_t)(i * size)) != (ssize_t)size)
			return NULL;
	}
	return g_steal_pointer(&cover);
}

void director_cover_free(struct director_cover *cover)
{
	if (!cover)
		return;
	for (guint i = 0; i < COVER_PHASES; i++)
		g_clear_pointer(&cover->phase[i], g_bytes_unref);
	g_free(cover);
}
