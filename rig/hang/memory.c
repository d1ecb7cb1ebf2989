// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the memory image of a guest in a child process, owners.py, which uses drgn. The image comes
 * from the guest, so the reader may crash or loop endlessly. This must not affect the rig.
 */
#include "hang/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/confine.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

/* Debian's own Python, because the package python3-drgn installs its module only for this one. */
#define PYTHON "/usr/bin/python3"
#define OWNERS "owners.json"
#define PIECE (64 * 1024)

/*
 * Runs owners.py in a sandbox. It can only read the image and VMLINUX, and write into FOLDER, which
 * must be empty. The result is FOLDER/owners.json.
 */
static gboolean run_reader(const char *folder, const char *vmlinux, const char *image,
			   GError **error)
{
	g_autofree char *modules = rig_home_path("rig/hang");
	g_autofree char *script = g_build_filename(modules, "owners.py", NULL);
	g_autofree char *out = g_build_filename(folder, OWNERS, NULL);
	const char *const readable[] = {modules, vmlinux, image, NULL};
	const struct confine_want want = {.readable = readable, .writable = folder};
	const char *const argv[] = {PYTHON, "-I", "-B", script, vmlinux, image, out, NULL};
	g_autoptr(GError) why = NULL;
	rig_auto(confine) confine = confine_new(&want, &why);

	if (why) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	return spawn_run(
		&(struct spawn){.argv = argv, .confine = confine, .limit_ms = MEMORY_READ_S * 1000},
		NULL, error);
}

gboolean memory_read(const char *dir, const char *vmlinux, GError **error)
{
	g_autofree char *folder = g_build_filename(dir, "postmortem", NULL);
	g_autofree char *image = g_build_filename(folder, "memory.elf", NULL);
	g_autofree char *out = g_build_filename(folder, OWNERS, NULL);
	g_autofree char *reader = g_build_filename(folder, "reader-XXXXXX", NULL);
	g_autofree char *made = NULL;
	gboolean ok;

	/* reject links: a run folder may be from another host, and this function writes into it */
	if (g_file_test(folder, G_FILE_TEST_IS_SYMLINK) ||
	    g_file_test(image, G_FILE_TEST_IS_SYMLINK) ||
	    !g_file_test(image, G_FILE_TEST_IS_REGULAR))
		return rig_fail(error, RIG_EXIT_USAGE, "there is no memory image '%s'", image);
	if (!vmlinux || !g_file_test(vmlinux, G_FILE_TEST_IS_REGULAR))
		return rig_fail(error, RIG_EXIT_USAGE,
				"a memory image needs the kernel's vmlinux with DWARF: build with "
				"--fragment scenarios/kconfig/debuginfo.config");
	if (!g_mkdtemp(reader))
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create a folder in '%s': %s", folder,
				g_strerror(errno));
	made = g_build_filename(reader, OWNERS, NULL);
	ok = run_reader(reader, vmlinux, image, error);
	if (ok && rename(made, out) < 0)
		ok = rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", out,
			      g_strerror(errno));
	unlink(made);
	rmdir(reader);
	return ok;
}

static gboolean is_zero(const char *bytes, gsize len)
{
	return !len || (!bytes[0] && !memcmp(bytes, bytes + 1, len - 1));
}

gint64 memory_make_sparse(const char *dir)
{
	g_autofree char *image = g_build_filename(dir, "postmortem", "memory.elf", NULL);
	g_autofree char *piece = g_malloc(PIECE);
	int fd = open(image, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	off_t at = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = pread(fd, piece, PIECE, at)) > 0) {
		/* no error: a file system without holes keeps the file as it is */
		if (n == PIECE && is_zero(piece, n) &&
		    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, n) < 0)
			break;
		at += n;
	}
	n = fstat(fd, &st);
	close(fd);
	return n ? -1 : (gint64)st.st_blocks * 512;
}
