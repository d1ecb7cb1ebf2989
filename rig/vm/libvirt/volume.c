// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transfers files to and from a host that cannot read this machine's files: kernel and initramfs,
 * and a dump of the guest's memory. They are volumes of a storage pool, named after the run. The
 * pool is "hotplug-rig"; if the host has none, a transient one is created in a folder below
 * /var/tmp.
 */
#include "vm/libvirt/libvirt.h"

#include "util/paths.h"
#include "vm/libvirt/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_FILE_MAX (1u << 30)
#define PIECE (256 * 1024)

#define DUMP "dump"

static const char *const kinds[] = {"kernel", "initrd", DUMP};

static char *volume_name(const char *run, const char *kind)
{
	return g_strdup_printf("%s-%s", run, kind);
}

static virStoragePoolPtr find_pool(virConnectPtr conn)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, LV_POOL);
	g_autofree char *uri = NULL, *path = NULL, *xml = NULL;

	if (pool) {
		if (virStoragePoolIsActive(pool) != 1 && virStoragePoolCreate(pool, 0) < 0)
			g_clear_pointer(&pool, virStoragePoolFree);
		return pool;
	}
	uri = virConnectGetURI(conn);
	/*
	 * in a libvirt session the folder belongs to the user, so its name includes the user's name
	 */
	path = uri && strstr(uri, "/session")
		       ? g_strdup_printf("/var/tmp/%s-%s", LV_POOL, g_get_user_name())
		       : g_strdup("/var/tmp/" LV_POOL);
	xml = lv_pool_xml(LV_POOL, path);
	pool = virStoragePoolCreateXML(conn, xml, VIR_STORAGE_POOL_CREATE_WITH_BUILD);
	/* the creation fails if another run has created the pool meanwhile */
	return pool ? pool : virStoragePoolLookupByName(conn, LV_POOL);
}

static gboolean send_all(virStreamPtr stream, const char *data, gsize len)
{
	while (len) {
		int n = virStreamSend(stream, data, MIN(len, PIECE));

		if (n < 0)
			return FALSE;
		data += n;
		len -= n;
	}
	return TRUE;
}

static gboolean upload(virConnectPtr conn, virStorageVolPtr volume, const char *data, gsize len)
{
	virStreamPtr stream = virStreamNew(conn, 0);
	gboolean ok = stream && virStorageVolUpload(volume, stream, 0, len, 0) == 0;

	ok = ok && send_all(stream, data, len) && virStreamFinish(stream) == 0;
	if (stream && !ok)
		virStreamAbort(stream);
	if (stream)
		virStreamFree(stream);
	return ok;
}

/*
 * Creates a volume with the content of FILE, and returns its path on the host, or NULL after a
 * failure.
 */
static char *make_volume(struct lv_job *job, virStoragePoolPtr pool, const char *kind,
			 const char *file)
{
	g_autofree char *data = NULL, *name = volume_name(job->host->name, kind), *xml = NULL,
			*path = NULL;
	g_autoptr(GError) error = NULL;
	virStorageVolPtr volume;
	gsize len;

	if (!rig_read_file(file, BOOT_FILE_MAX, &data, &len, &error)) {
		lv_job_say(job, "%s", error->message);
		return NULL;
	}
	xml = lv_volume_xml(name, len);
	volume = virStorageVolCreateXML(pool, xml, 0);
	if (volume && upload(job->conn, volume, data, len))
		path = virStorageVolGetPath(volume);
	if (!path)
		lv_job_fail(job);
	if (volume)
		virStorageVolFree(volume);
	return g_steal_pointer(&path);
}

gboolean lv_volumes_upload(struct lv_job *job)
{
	struct lv_host *host = job->host;
	const char *const files[] = {host->kernel, host->initrd};
	char *paths[G_N_ELEMENTS(files)] = {NULL};
	virStoragePoolPtr pool = find_pool(job->conn);
	gboolean ok = pool != NULL;

	if (!pool)
		lv_job_fail(job);
	for (gsize i = 0; ok && i < G_N_ELEMENTS(files); i++) {
		if (files[i])
			paths[i] = make_volume(job, pool, kinds[i], files[i]);
		ok = !files[i] || paths[i];
	}
	if (ok)
		lv_domain_boot(host->xml, paths[0], paths[1]);
	else
		lv_volumes_remove(job->conn, host->name);
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		g_free(paths[i]);
	if (pool)
		virStoragePoolFree(pool);
	return ok;
}

void lv_volumes_remove(virConnectPtr conn, const char *name)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, LV_POOL);

	/* refresh the pool, so that it lists a dump that was not copied */
	if (pool)
		virStoragePoolRefresh(pool, 0);
	for (gsize i = 0; pool && i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *its = volume_name(name, kinds[i]);
		virStorageVolPtr volume = virStorageVolLookupByName(pool, its);

		if (!volume)
			continue;
		virStorageVolDelete(volume, 0);
		virStorageVolFree(volume);
	}
	if (pool)
		virStoragePoolFree(pool);
}

/* ---- the memory dump ---- */

static char *pool_path(virStoragePoolPtr pool)
{
	char *xml = virStoragePoolGetXMLDesc(pool, 0), *path = xml ? lv_pool_path(xml) : NULL;

	free(xml);
	return path;
}

static int to_file(virStreamPtr stream, const char *data, size_t len, void *opaque)
{
	ssize_t n = write(*(int *)opaque, data, len);

	(void)stream;
	return n < 0 && errno == EINTR ? 0 : n;
}

static gboolean download(struct lv_job *job, virStorageVolPtr volume, const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	virStreamPtr stream = fd >= 0 ? virStreamNew(job->conn, 0) : NULL;
	gboolean ok = stream && virStorageVolDownload(volume, stream, 0, 0, 0) == 0 &&
		      virStreamRecvAll(stream, to_file, &fd) == 0 && virStreamFinish(stream) == 0;

	if (fd < 0)
		lv_job_say(job, "cannot write '%s': %s", file, g_strerror(errno));
	else if (!ok)
		lv_job_fail(job);
	if (stream)
		virStreamFree(stream);
	if (fd >= 0)
		close(fd);
	return ok;
}

static gboolean fetch(struct lv_job *job, virStoragePoolPtr pool, const char *name,
		      const char *file)
{
	virStorageVolPtr volume = NULL;
	gboolean ok;

	if (virStoragePoolRefresh(pool, 0) == 0)
		volume = virStorageVolLookupByName(pool, name);
	ok = volume ? download(job, volume, file) : lv_job_fail(job);
	if (volume) {
		virStorageVolDelete(volume, 0);
		virStorageVolFree(volume);
	}
	return ok;
}

gboolean lv_volume_dump(struct lv_job *job, gboolean (*dump)(struct lv_job *job, const char *path),
			const char *file)
{
	g_autofree char *name = volume_name(job->host->name, DUMP), *folder = NULL, *path = NULL;
	virStoragePoolPtr pool = virStoragePoolLookupByName(job->conn, LV_POOL);
	gboolean ok;

	folder = pool ? pool_path(pool) : NULL;
	path = folder ? g_build_filename(folder, name, NULL) : NULL;
	ok = path ? dump(job, path) && fetch(job, pool, name, file) : lv_job_fail(job);
	if (pool)
		virStoragePoolFree(pool);
	return ok;
}
