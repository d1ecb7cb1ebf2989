// SPDX-License-Identifier: GPL-2.0-only
/* Finds out whether a lack of disk space has ended QEMU. */
#include "engine/session.h"

#include <sys/statvfs.h>

#include "util/size.h"

/*
 * QEMU ends with SIGBUS if the guest writes to a page for which the file system has no space left.
 * The file of a device's memory was unlinked, so its space is free again when QEMU has ended. If
 * the free space is now less than the devices' memory, it was too little. The memory of a device
 * with an image needs no space, because it is mapped privately.
 */
void room_judge(struct session *s)
{
	GHashTableIter iter;
	struct statvfs fs;
	struct device *d;
	guint64 wanted = 0, room;
	g_autofree char *wanted_text = NULL, *room_text = NULL;

	g_hash_table_iter_init(&iter, s->host.devices);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&d))
		wanted += (d->there || d->busy) && d->in_folder ? d->size : 0;
	if (!vm_is_direct(s->vm) || statvfs(run_dir(s->run), &fs) < 0)
		return;
	room = (guint64)fs.f_bavail * fs.f_frsize;
	if (room >= wanted)
		return;
	wanted_text = rig_size_text(wanted >> 20 << 20);
	room_text = rig_size_text(room >> 20 << 20);
	session_judge(s, VERDICT_INFRA,
		      "the file system of the run folder is full: it has room for %s, but the "
		      "devices whose memory is a file have %s (SIGBUS); free some space, use "
		      "another results folder, or 'backend: ram'",
		      room_text, wanted_text);
}
