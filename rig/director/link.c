// SPDX-License-Identifier: GPL-2.0-only
/* Opens, writes and reads the rig's end of the socket to the plugin. */
#include "director/link.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenario/fallible.h"
#include "util/error.h"
#include "util/paths.h"

#define LINES_AT_ONCE 64

/* Reads at most MAX lines. Returns FALSE if the plugin has closed the socket. */
static gboolean read_lines(struct director *d, guint max)
{
	for (guint i = 0; i < max; i++) {
		char buf[DIRECTOR_LINE_MAX];
		ssize_t len = recv(d->fd, buf, sizeof(buf), MSG_DONTWAIT);
		g_autofree char *line = NULL;

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return TRUE;
		if (len <= 0)
			return FALSE;
		line = g_utf8_make_valid(buf, len);
		link_read(d, line);
	}
	return TRUE;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	struct director *d = data;

	(void)fd;
	(void)condition;
	if (read_lines(d, LINES_AT_ONCE))
		return G_SOURCE_CONTINUE;
	d->source = 0;
	return G_SOURCE_REMOVE;
}

/* Creates the files for recorded locks and code. */
static gboolean open_files(struct director *d, struct director_files *ret, GError **error)
{
	if (d->locks_path) {
		ret->locks = open(d->locks_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (ret->locks < 0)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s",
					d->locks_path, g_strerror(errno));
	}
	if (!d->cover_to)
		return TRUE;
	d->cover_fd = cover_file(d->cover_from, d->cover_to, error);
	ret->cover = d->cover_fd < 0 ? -1 : fcntl(d->cover_fd, F_DUPFD_CLOEXEC, 0);
	return ret->cover >= 0 || (error && *error) ||
	       rig_fail(error, RIG_EXIT_INFRA, "cannot create a file for the coverage: %s",
			g_strerror(errno));
}

static gboolean open_socket(struct director *d, struct director_files *ret, GError **error)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create a socket for the plugin: %s",
				g_strerror(errno));
	d->fd = pair[0];
	d->source = g_unix_fd_add(d->fd, G_IO_IN | G_IO_HUP, on_readable, d);
	ret->socket = pair[1];
	return TRUE;
}

void director_files_close(struct director_files *files)
{
	const int fds[] = {files->socket, files->locks, files->cover};

	for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*files = (struct director_files){-1, -1, -1};
}

struct director *director_open(const struct director_orders *orders, const char *dir,
			       const struct director_owner *owner, struct director_files *ret,
			       GError **error)
{
	rig_auto(director) d = g_new0(struct director, 1);
	g_autofree char *path = g_build_filename(dir, "director", NULL);

	*ret = (struct director_files){-1, -1, -1};
	d->fd = d->cover_fd = -1;
	d->owner = *owner;
	d->n_holds = orders->holds->len;
	d->names = orders->visits;
	d->call_ids = orders->calls;
	d->n_fails = orders->fails->len;
	d->counted = orders->counted;
	d->visits = orders->visits ? json_array() : NULL;
	d->locks_path = orders->records ? g_strconcat(path, LOCKS_SUFFIX, NULL) : NULL;
	d->cover_from = orders->cover_from;
	d->cover_to = orders->cover_to;
	if (rig_write_file(path, orders->text, -1, error) && open_files(d, ret, error) &&
	    open_socket(d, ret, error))
		return g_steal_pointer(&d);
	director_files_close(ret);
	return NULL;
}

void director_close(struct director *d)
{
	if (!d)
		return;
	g_clear_handle_id(&d->source, g_source_remove);
	if (d->fd >= 0)
		close(d->fd);
	if (d->cover_fd >= 0)
		close(d->cover_fd);
	json_decref(d->visits);
	g_free(d->locks_path);
	g_free(d);
}

/*
 * Sends a line without blocking. The rig sends few and short lines, so they fit into the socket's
 * buffer. If QEMU is stuck and the buffer is full, the line is dropped.
 */
static void say(struct director *d, const char *line)
{
	send(d->fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void director_arm(struct director *d, gboolean armed)
{
	say(d, armed ? "arm" : "disarm");
}

gboolean director_is_there(const struct director *d)
{
	return d->there;
}

void director_ask_totals(struct director *d)
{
	/* discard the previous reply, because the next one contains all functions again */
	if (d->visits)
		json_array_clear(d->visits);
	say(d, "counts");
}

void director_phase(struct director *d, guint phase)
{
	g_autofree char *line = g_strdup_printf("phase %u", phase);

	if (d->cover_fd >= 0)
		say(d, line);
}

void director_ask_locks(struct director *d)
{
	if (d->locks_path)
		say(d, "locks");
}

const char *director_locks_path(const struct director *d)
{
	return d->has_locks ? d->locks_path : NULL;
}

void director_totals(const struct director *d, guint hold, struct director_totals *ret)
{
	const struct director_totals *logged = &d->logged[hold];

	*ret = d->totals[hold];
	/*
	 * The totals lack the waits that ended after the plugin sent them, or all waits if QEMU was
	 * killed before that. The held lines lack waits whose lines were dropped. So use the larger
	 * count.
	 */
	ret->held = MAX(ret->held, logged->held);
	ret->met = MAX(ret->met, logged->met);
	ret->expired = MAX(ret->expired, logged->expired);
	ret->released = MAX(ret->released, logged->released);
	ret->held_ns = MAX(ret->held_ns, logged->held_ns);
	ret->reached = MAX(ret->reached, ret->held);
}

void director_drain(struct director *d)
{
	read_lines(d, (d->n_holds + d->n_fails) * (DIRECTOR_LOG_MAX + 2) + DIRECTOR_VISITS_MAX);
}

void director_poll(struct director *d)
{
	read_lines(d, LINES_AT_ONCE);
}

void director_begin_fail(struct director *d, guint id)
{
	g_autofree char *line = g_strdup_printf("begin %u", id);

	say(d, line);
}

void director_calls(const struct director *d, guint id, guint64 *ret_calls, guint64 *ret_failed)
{
	*ret_calls = d->calls[id].calls;
	*ret_failed = d->calls[id].failed;
}

json_t *director_calls_json(const struct director *d)
{
	json_t *array = d->counted ? json_array() : NULL;
	guint first = d->counted ? d->n_fails - d->counted->len : 0;

	for (guint i = first; d->counted && i < d->n_fails; i++) {
		const struct fallible *row = d->counted->pdata[i - first];

		json_array_append_new(array, json_pack("{s:s, s:s?, s:I}", "function",
						       row->function, "in", row->in, "calls",
						       (json_int_t)d->calls[i].calls));
	}
	return array;
}

gint64 director_held_ns(const struct director *d, gint64 now_ns, gint64 within_ns)
{
	gint64 sums[64] = {0}, most = 0;

	for (guint i = 0; i < MIN(d->n_recent, RECENT); i++) {
		const struct recent *r = &d->recent[i];
		gint64 from = MAX(r->start_ns, now_ns - within_ns),
		       to = MIN(r->start_ns + r->length_ns, now_ns);
		guint cpu = r->cpu % G_N_ELEMENTS(sums);

		if (to > from)
			sums[cpu] += to - from;
		most = MAX(most, sums[cpu]);
	}
	return most;
}
