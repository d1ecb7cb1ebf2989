// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes archives of a node, which another user of the cluster may have written: what is unpacked
 * must stay in its folder and within the limits.
 */
#include "util/archive.h"

#include <ftw.h>

#include "tests/fuzz/fuzz.h"
#include "util/sweep.h"

#define BYTES_MAX 100000
#define FILES_MAX 20

static guint64 bytes;
static guint files;

static int count(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	if (!ftw->level)
		return 0;
	if ((type != FTW_F && type != FTW_D) || st->st_mode & 07022)
		abort();
	if (type == FTW_F)
		bytes += st->st_blocks * 512;
	files++;
	return 0;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	const struct archive_limits limits = {BYTES_MAX, FILES_MAX};
	g_autofree char *file = g_build_filename(fuzz_folder(), "archive", NULL);
	g_autofree char *dir = g_build_filename(fuzz_folder(), "unpacked", NULL);
	g_autoptr(GError) error = NULL;
	gboolean ok;

	fuzz_write("archive", data, size);
	if (mkdir(dir, 0755) < 0)
		abort();
	ok = archive_unpack(file, dir, &limits, &error);
	if (ok == (error != NULL))
		abort();
	bytes = files = 0;
	nftw(dir, count, 16, FTW_PHYS);
	/* each file may have a partly used block, and each entry folders that are not listed */
	if (bytes > BYTES_MAX + FILES_MAX * 65536 || (files > FILES_MAX && size < 1000))
		abort();
	return sweep_remove(dir, NULL) ? 0 : (abort(), 0);
}
