// SPDX-License-Identifier: GPL-2.0-only
/* The rig's end of the socket to the plugin. All received lines are checked. */
#include "director/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/protocol.h"
#include "util/error.h"
#include "util/paths.h"

#define RECENT 256 /* number of waits that are stored for director_held_ns() */
#define LINES_AT_ONCE 64

static const char *const outcomes[] = HOLD_OUTCOMES;

struct recent {
	guint cpu;
	gint64 start_ns, length_ns;
};

struct director {
	struct director_owner owner;
	int fd;
	guint source;
	guint n_holds;
	/* names of the counted functions, borrowed from the orders; or NULL */
	const GPtrArray *names;
	const GPtrArray *calls; /* borrowed from the orders */
	json_t *visits;		/* the result of director_visits(), or NULL */
	gboolean there, told_broken;
	char *locks_path;
	gboolean has_locks;	      /* the plugin has written the recorded locks */
	/* counted here, from the plugin's held lines */
	struct director_totals logged[DIRECTOR_ALL_MAX];
	struct director_totals totals[DIRECTOR_ALL_MAX]; /* as the plugin last reported them */
	struct recent recent[RECENT]; /* a ring buffer */
	guint n_recent;
};

static void on_held(struct director *d, const struct director_held *held)
{
	struct director_totals *totals = &d->logged[held->hold];

	d->recent[d->n_recent++ % RECENT] =
		(struct recent){held->cpu, held->start_ns, held->length_ns};
	totals->held++;
	totals->held_ns += held->length_ns;
	if (held->outcome == outcomes[0])
		totals->met++;
	else if (held->outcome == outcomes[1])
		totals->expired++;
	else
		totals->released++;
	if (d->owner.held)
		d->owner.held(held, d->owner.data);
}

static gboolean read_held(struct director *d, const char *line)
{
	struct director_held held = {0};
	char side, outcome[16];
	int used = 0;

	if (sscanf(line,
		   "held %u %c %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %15s %" G_GUINT64_FORMAT
		   "%n",
		   &held.hold, &side, &held.cpu, &held.start_ns, &held.length_ns, outcome,
		   &held.visits, &used) != 7 ||
	    line[used] || held.hold >= d->n_holds || (side != 'a' && side != 'b') ||
	    held.length_ns < 0 || held.start_ns < 0)
		return FALSE;
	held.is_partner = side == 'b';
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++)
		if (!strcmp(outcome, outcomes[i])) {
			held.outcome = outcomes[i];
			on_held(d, &held);
			return TRUE;
		}
	return FALSE;
}

static gboolean read_totals(struct director *d, const char *line)
{
	struct director_totals t;
	guint hold;
	int used = 0;

#define N " %" G_GUINT64_FORMAT
	if (sscanf(line, "totals %u" N N N N N N N N N "%n", &hold, &t.reached, &t.partner_reached,
		   &t.held, &t.met, &t.expired, &t.released, &t.crowded, &t.held_ns, &t.dropped,
		   &used) != 10 ||
	    line[used] || hold >= d->n_holds)
		return FALSE;
#undef N
	d->totals[hold] = t;
	return TRUE;
}

/* Reads "ID:N": the function ID was passed N times at about the same time by another vCPU. */
static gboolean read_beside(const struct director *d, const char *word, json_t *beside)
{
	guint id, n;
	int used = 0;

	if (sscanf(word, "%u:%u%n", &id, &n, &used) != 2 || word[used] || id >= d->names->len)
		return FALSE;
	json_object_set_new(beside, d->names->pdata[id], json_integer(n));
	return TRUE;
}

/* The names of the counted functions that function ID calls. */
static json_t *calls_json(const struct director *d, guint id)
{
	json_t *array = json_array();
	GHashTableIter iter;
	gpointer callee;

	if (!d->calls)
		return array;
	g_hash_table_iter_init(&iter, d->calls->pdata[id]);
	while (g_hash_table_iter_next(&iter, &callee, NULL))
		json_array_append_new(array,
				      json_string(d->names->pdata[GPOINTER_TO_UINT(callee)]));
	return array;
}

static gboolean read_visited(struct director *d, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", DIRECTOR_LINE_MAX);
	guint64 id, count;
	json_t *beside;

	if (!d->names || g_strv_length(words) < 3 ||
	    !g_ascii_string_to_unsigned(words[1], 10, 0, d->names->len - 1, &id, NULL) ||
	    !g_ascii_string_to_unsigned(words[2], 10, 1, G_MAXINT64, &count, NULL) ||
	    json_array_size(d->visits) > DIRECTOR_VISITS_MAX)
		return FALSE;
	beside = json_object();
	for (char **word = words + 3; *word; word++)
		if (!read_beside(d, *word, beside)) {
			json_decref(beside);
			return FALSE;
		}
	json_array_append_new(d->visits,
			      json_pack("{s:s, s:I, s:o, s:o}", "function", d->names->pdata[id],
					"visits", (json_int_t)count, "beside", beside, "calls",
					calls_json(d, id)));
	return TRUE;
}

json_t *director_visits(const struct director *d)
{
	return d->visits ? json_incref(d->visits) : NULL;
}

static gboolean read_turn(struct director *d, const char *line)
{
	guint hold;
	int used = 0;

	if (sscanf(line, "turn %u%n", &hold, &used) != 1 || line[used] || hold >= d->n_holds)
		return FALSE;
	if (d->owner.turned)
		d->owner.turned(hold, d->owner.data);
	return TRUE;
}

static gboolean read_skewed(struct director *d, const char *line)
{
	guint64 address;
	guint hold;
	int used = 0;

	if (sscanf(line, "skewed %u %" G_GINT64_MODIFIER "x%n", &hold, &address, &used) != 2 ||
	    line[used] || hold >= d->n_holds)
		return FALSE;
	if (d->owner.skewed)
		d->owner.skewed(hold, address, d->owner.data);
	return TRUE;
}

static gboolean read_hello(struct director *d, const char *line)
{
	(void)line;
	d->there = TRUE;
	return TRUE;
}

static gboolean read_trapped(struct director *d, const char *line)
{
	gint64 start_ns, length_ns;
	char outcome[8];
	guint cpu;
	int used = 0;

	if (sscanf(line, "trapped %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %7s%n", &cpu,
		   &start_ns, &length_ns, outcome, &used) != 4 ||
	    line[used] || start_ns < 0 || length_ns < 0)
		return FALSE;
	d->recent[d->n_recent++ % RECENT] = (struct recent){cpu, start_ns, length_ns};
	if (d->owner.trapped)
		d->owner.trapped(cpu, start_ns, length_ns, !strcmp(outcome, "met"), d->owner.data);
	return TRUE;
}

static gboolean read_locks(struct director *d, const char *line)
{
	int edges, used = 0;

	if (sscanf(line, "locks %d%n", &edges, &used) != 1 || line[used] || edges < -1)
		return FALSE;
	d->has_locks = edges >= 0;
	return TRUE;
}

static gboolean read_counted(struct director *d, const char *line)
{
	(void)d;
	return !strcmp(line, "counted");
}

static void on_line(struct director *d, const char *line)
{
	static const struct {
		const char *word;
		gboolean (*read)(struct director *d, const char *line);
	} kinds[] = {
		{"hello ", read_hello},	  {"held ", read_held},	      {"totals ", read_totals},
		{"skewed ", read_skewed}, {"visited ", read_visited}, {"counted", read_counted},
		{"locks ", read_locks},	  {"trapped ", read_trapped},
		{"turn ", read_turn},
	};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(line, kinds[i].word) && kinds[i].read(d, line))
			return;
	if (!d->told_broken && d->owner.broken)
		d->owner.broken(line, d->owner.data);
	d->told_broken = TRUE;
}

/* Reads at most MAX lines. FALSE: the plugin has closed the socket. */
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
		on_line(d, line);
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

struct director *director_open(const struct director_orders *orders, const char *dir,
			       const struct director_owner *owner, int *ret_fd, int *ret_locks,
			       GError **error)
{
	rig_auto(director) d = g_new0(struct director, 1);
	g_autofree char *path = g_build_filename(dir, "director", NULL);
	int pair[2];

	d->fd = -1;
	d->owner = *owner;
	d->n_holds = orders->holds->len;
	d->names = orders->visits;
	d->calls = orders->calls;
	d->visits = orders->visits ? json_array() : NULL;
	d->locks_path = orders->records ? g_strconcat(path, LOCKS_SUFFIX, NULL) : NULL;
	if (!rig_write_file(path, orders->text, -1, error))
		return NULL;
	*ret_locks = d->locks_path
			     ? open(d->locks_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
			     : -1;
	if (d->locks_path && *ret_locks < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", d->locks_path,
			 g_strerror(errno));
		return NULL;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot make a socket for the plugin: %s",
			 g_strerror(errno));
		if (*ret_locks >= 0)
			close(*ret_locks);
		return NULL;
	}
	d->fd = pair[0];
	d->source = g_unix_fd_add(d->fd, G_IO_IN | G_IO_HUP, on_readable, d);
	*ret_fd = pair[1];
	return g_steal_pointer(&d);
}

void director_close(struct director *d)
{
	if (!d)
		return;
	g_clear_handle_id(&d->source, g_source_remove);
	if (d->fd >= 0)
		close(d->fd);
	json_decref(d->visits);
	g_free(d->locks_path);
	g_free(d);
}

/*
 * Sends a line without blocking. The few short lines always fit into the socket, unless QEMU is
 * stuck, in which case its vCPUs are stuck, too.
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
	/* the reply contains all functions, so it replaces the previous one */
	if (d->visits)
		json_array_clear(d->visits);
	say(d, "counts");
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
	 * use the larger count: waits can end after the plugin has sent the totals, and a killed
	 * QEMU sends none
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
	read_lines(d, d->n_holds * (DIRECTOR_LOG_MAX + 2) + DIRECTOR_VISITS_MAX);
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
