// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines the place of the index of a results folder. SQLite's WAL needs memory that all
 * processes share, which network file systems do not provide (https://www.sqlite.org/wal.html). On
 * such a file system the index is in the user's cache folder instead; if that is on a network as
 * well, SQLite uses a rollback journal.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "index/db.h"

int (*index_statfs)(const char *path, struct statfs *ret) = statfs;

/*
 * File systems to which other hosts may write, by f_type of statfs(2). Most values are from
 * linux/magic.h; for file systems outside of the kernel, the comment has the source.
 */
static const guint32 shared_types[] = {
	0x6969,	    /* NFS */
	0xff534d42, /* CIFS */
	0xfe534d42, /* SMB2 */
	0x517b,	    /* SMB */
	0x01021997, /* 9p */
	0x65735546, /* FUSE: sshfs, GlusterFS, … */
	0x00c36400, /* Ceph */
	0x5346414f, /* AFS */
	0x6b414653, /* kAFS */
	0x73757245, /* Coda */
	0x0bd00bd0, /* Lustre: LL_SUPER_MAGIC */
	0x47504653, /* GPFS: coreutils, src/stat.c */
	0x19830326, /* BeeGFS: coreutils, src/stat.c */
	0xaad7aaea, /* PanFS: coreutils, src/stat.c */
	0x01161970, /* GFS2 */
	0x7461636f, /* OCFS2 */
	0xbacbacbc, /* VMware's shared folders */
	0x786f4256, /* VirtualBox's shared folders */
};

gboolean index_is_shared(const char *path)
{
	struct statfs fs;

	if (index_statfs(path, &fs) < 0)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(shared_types); i++)
		if ((guint32)fs.f_type == shared_types[i])
			return TRUE;
	return FALSE;
}

char *index_place(const char *results)
{
	g_autofree char *path = g_canonicalize_filename(results, NULL), *sum = NULL;

	if (!index_is_shared(path))
		return g_build_filename(path, ".index", NULL);
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
	sum[16] = '\0';
	return g_build_filename(g_get_user_cache_dir(), "hotplug-rig", "index", sum, NULL);
}
