// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens connections to libvirt without interactive questions, monitors them by keep-alives, and
 * closes them in a thread.
 */
#include "vm/libvirt/libvirt.h"

#include <gio/gio.h>
#include <libvirt-glib/libvirt-glib.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "util/error.h"

/*
 * The connection is considered lost after KEEPALIVES keep-alives, KEEPALIVE_S apart, without a
 * reply. This is shorter than the engine's time limits.
 */
#define KEEPALIVE_S 3
#define KEEPALIVES 3

/* maximum time in seconds until a domain is created; it can be destroyed only after that */
#define ABANDON_S 10

static void quiet(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

gboolean lv_init(GError **error)
{
	static gsize once;

	if (g_once_init_enter(&once)) {
		gboolean ok = virInitialize() == 0;

		/*
		 * disable libvirt's default handler, which prints errors; the rig reads them where
		 * they occur
		 */
		virSetErrorFunc(NULL, quiet);
		gvir_event_register();
		g_once_init_leave(&once, ok ? 1 : 2);
	}
	return once == 1 || rig_fail(error, RIG_EXIT_INFRA, "libvirt cannot be initialised");
}

/* What to do about an error of libvirt that contains both texts. */
static const struct {
	const char *call, *why, *hint;
} hints[] = {
	{"connect socket", "No such file or directory",
	 "libvirtd does not run on that host: `systemctl start libvirtd` starts it, or `libvirtd "
	 "-d` without systemd (Debian's package: libvirt-daemon-system)"},
	{"connect socket", "Connection refused",
	 "libvirtd has ended on that host: `systemctl start libvirtd` starts it, or `libvirtd -d` "
	 "without systemd"},
	{"connect socket", "Permission denied",
	 "that libvirtd is for root and the group libvirt; --connect qemu:///session uses this "
	 "user's own"},
};

char *lv_why(void)
{
	const char *last = virGetLastErrorMessage();
	g_autofree char *why = g_utf8_make_valid(last ? last : "unknown reason", -1);

	g_strdelimit(why, "\n", ' ');
	for (gsize i = 0; i < G_N_ELEMENTS(hints); i++)
		if (strstr(why, hints[i].call) && strstr(why, hints[i].why))
			return g_strdup_printf("%s; %s", why, hints[i].hint);
	return g_steal_pointer(&why);
}

/*
 * Refuses all questions of libvirt, for example for a password, because libvirt would ask the user.
 */
static int no_answers(virConnectCredentialPtr wanted, unsigned count, void *data)
{
	(void)wanted;
	(void)count;
	(void)data;
	return -1;
}

virConnectPtr lv_connect(const char *uri)
{
	virConnectAuth auth = {NULL, 0, no_answers, NULL};
	virConnectPtr conn = virConnectOpenAuth(uri, &auth, 0);

	/* ignore this error: drivers without a connection do not support keep-alives */
	if (conn && virConnectSetKeepAlive(conn, KEEPALIVE_S, KEEPALIVES) < 0)
		virResetLastError();
	return conn;
}

static const char *const devices[N_SOCKETS] = {
	[SOCKET_CONSOLE] = "serial0", [SOCKET_CHANNEL] = "channel0", [SOCKET_TTY] = "serial1",
};

static gboolean open_streams(struct lv_job *job, struct lv_link *link)
{
	for (int i = 0; i < N_SOCKETS; i++) {
		virStreamPtr stream;
		int bad;

		if (!devices[i] || !job->host->has[i])
			continue;
		stream = link->streams[i] = virStreamNew(link->conn, VIR_STREAM_NONBLOCK);
		if (!stream)
			return FALSE;
		/* …_FORCE: libvirt may still have a stream of this process's earlier connection */
		bad = i == SOCKET_CHANNEL ? virDomainOpenChannel(link->domain, devices[i], stream,
							       VIR_DOMAIN_CHANNEL_FORCE)
					: virDomainOpenConsole(link->domain, devices[i], stream,
							       VIR_DOMAIN_CONSOLE_FORCE);
		if (bad)
			return FALSE;
	}
	return TRUE;
}

static void close_link(struct lv_link *link)
{
	lv_unlisten(link);
	for (int i = 0; i < N_SOCKETS; i++) {
		if (!link->streams[i])
			continue;
		virStreamAbort(link->streams[i]);
		virStreamFree(link->streams[i]);
	}
	if (link->domain)
		virDomainFree(link->domain);
	virConnectClose(link->conn);
	g_free(link);
}

gboolean lv_link_open(struct lv_job *job)
{
	struct lv_link *link = g_new0(struct lv_link, 1);

	link->conn = job->conn;
	virConnectRef(link->conn);
	link->domain = job->domain;
	virDomainRef(link->domain);
	link->monitor = -1;
	for (gsize i = 0; i < G_N_ELEMENTS(link->callbacks); i++)
		link->callbacks[i] = -1;
	if (lv_listen(job->host, link) && open_streams(job, link)) {
		job->link = link;
		return TRUE;
	}
	lv_job_fail(job);
	close_link(link);
	return FALSE;
}

static void close_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	(void)source;
	(void)cancellable;
	close_link(data);
	g_task_return_boolean(task, TRUE);
}

void lv_link_close(struct lv_host *host, struct lv_link *link)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, NULL, NULL);

	(void)host;
	g_task_set_task_data(task, link, NULL);
	g_task_run_in_thread(task, close_in_thread);
}

void lv_drop_link(struct lv_host *host)
{
	struct lv_link *link = g_steal_pointer(&host->link);

	lv_pumps_pause(host);
	if (link)
		lv_link_close(host, link);
}

void lv_abandon(struct lv_host *host)
{
	struct lv_job *job = host->connecting;
	struct lv_link *link = g_steal_pointer(&host->link);

	g_atomic_int_set(&host->abandoned, 1);
	/*
	 * no need to wait for a job that has not begun to create the domain: it checks `abandoned`
	 * first
	 */
	if (job && g_atomic_int_get(&host->creating) && lv_job_wait(job, ABANDON_S))
		link = g_steal_pointer(&job->link);
	if (!link)
		return;
	virDomainDestroy(link->domain);
	if (host->upload)
		lv_volumes_remove(link->conn, host->name);
	lv_link_close(host, link);
}
