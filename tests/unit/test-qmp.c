// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the QMP client with conversations in tests/data/qmp/. Each file has the bytes that QEMU
 * sends after its greeting; its first line has the expected end ("# broken WORDS", "# ended", "#
 * ready").
 */
#include "qmp/qmp.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char greeting[] = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
			       "{\"return\": {}, \"id\": 1}\r\n";
static const char schema[] =
	"{\"return\": [{\"name\": \"device_del\", \"meta-type\": \"command\", \"arg-type\": \"7\"},"
	"{\"name\": \"7\", \"meta-type\": \"object\", \"members\": [{\"name\": \"id\"}]},"
	"{\"name\": \"RESET\", \"meta-type\": \"event\"}, 5, {\"name\": 3}], \"id\": 2}\r\n";

struct peer {
	int fd;
	struct qmp *qmp;
	GPtrArray *events; /* names of the received events */
	char *ended, *trace_error;
	guint replies;
	char *error_class;
	gboolean synthetic_last;
};

static void on_event(const char *name, json_t *event, void *data)
{
	struct peer *peer = data;

	g_ptr_array_add(peer->events, g_strdup(name));
	peer->synthetic_last = json_is_true(json_object_get(event, "synthetic"));
}

static void on_ended(const char *why, void *data)
{
	struct peer *peer = data;

	ck_assert_ptr_null(peer->ended);
	peer->ended = g_strdup(why);
}

static void on_trace_failed(const char *why, void *data)
{
	struct peer *peer = data;

	ck_assert_ptr_null(peer->trace_error);
	peer->trace_error = g_strdup(why);
}

static void on_reply(const struct qmp_reply *reply, void *data)
{
	struct peer *peer = data;

	peer->replies++;
	g_free(peer->error_class);
	peer->error_class = g_strdup(reply->error_class);
}

static void peer_init(struct peer *peer, const char *trace)
{
	int fds[2];

	*peer = (struct peer){.events = g_ptr_array_new_with_free_func(g_free)};
	const struct qmp_owner owner = {on_event, on_ended, on_trace_failed, peer};
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	peer->fd = fds[0];
	peer->qmp = qmp_new(fds[1], trace, &owner, NULL);
	ck_assert_ptr_nonnull(peer->qmp);
}

static void peer_deinit(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	qmp_free(peer->qmp);
	g_ptr_array_unref(peer->events);
	g_free(peer->ended);
	g_free(peer->trace_error);
	g_free(peer->error_class);
}

static void turn(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/*
 * Sends bytes while the client reads, because they may be more than fit into the socket's buffer.
 */
static void say(struct peer *peer, const char *bytes, gsize len)
{
	while (len) {
		ssize_t n = send(peer->fd, bytes, MIN(len, 16384), MSG_NOSIGNAL);

		if (n <= 0)
			break;
		bytes += n;
		len -= n;
		turn();
	}
	turn();
}

static void say_text(struct peer *peer, const char *text)
{
	say(peer, text, strlen(text));
}

static void make_ready(struct peer *peer)
{
	say_text(peer, greeting);
	say_text(peer, schema);
	ck_assert_int_eq(qmp_state(peer->qmp), QMP_READY);
}

static void converse(const char *path, gsize piece)
{
	g_autofree char *bytes = NULL;
	struct peer peer;
	gsize len;
	char *body;
	g_auto(GStrv) wanted = NULL;

	ck_assert(g_file_get_contents(path, &bytes, &len, NULL));
	body = (char *)memchr(bytes, '\n', len) + 1;
	body[-1] = 0;
	wanted = g_strsplit(bytes + 2, " ", 2);
	peer_init(&peer, NULL);
	make_ready(&peer);
	qmp_send(peer.qmp, "query-status", NULL, on_reply, &peer); /* id 3 */
	for (gsize at = 0; at < len - (body - bytes); at += piece)
		say(&peer, body + at, MIN(piece, len - (body - bytes) - at));
	shutdown(peer.fd, SHUT_WR);
	turn();
	ck_assert_uint_eq(peer.replies, 1);
	ck_assert_ptr_nonnull(peer.ended);
	ck_assert_msg(g_str_has_prefix(qmp_state_name(qmp_state(peer.qmp)), wanted[0]), "%s: %s",
		      path, peer.ended);
	if (wanted[1])
		ck_assert_msg(strstr(peer.ended, wanted[1]) != NULL, "%s: %s", path, peer.ended);
	ck_assert_str_eq(peer.events->pdata[peer.events->len - 1], "SHUTDOWN");
	ck_assert(peer.synthetic_last);
	peer_deinit(&peer);
}

START_TEST(conversations)
{
	g_autofree char *dir = data_path("qmp");
	g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
	const char *name;
	int n = 0;

	ck_assert_ptr_nonnull(files);
	while ((name = g_dir_read_name(files))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		converse(path, 65536);
		converse(path, 1);
		n++;
	}
	ck_assert_int_ge(n, 8);
}
END_TEST

START_TEST(oversized_line)
{
	struct peer peer;
	g_autofree char *piece = g_strnfill(1 << 20, 'x');

	peer_init(&peer, NULL);
	make_ready(&peer);
	for (int i = 0; i < 18 && !peer.ended; i++)
		say(&peer, piece, 1 << 20);
	ck_assert_int_eq(qmp_state(peer.qmp), QMP_BROKEN);
	ck_assert_ptr_nonnull(strstr(peer.ended, "longer than 16777216 bytes"));
	peer_deinit(&peer);
}
END_TEST

START_TEST(deep_nesting)
{
	g_autofree char *deep = g_strnfill(100000, '[');
	struct peer peer;

	peer_init(&peer, NULL);
	make_ready(&peer);
	say(&peer, deep, 100000);
	say_text(&peer, "\n");
	ck_assert_int_eq(qmp_state(peer.qmp), QMP_BROKEN);
	ck_assert_ptr_nonnull(strstr(peer.ended, "depth"));
	peer_deinit(&peer);
}
END_TEST

START_TEST(schema_is_known)
{
	struct peer peer;

	peer_init(&peer, NULL);
	ck_assert(!qmp_supports(peer.qmp, "command:device_del"));
	make_ready(&peer);
	ck_assert(qmp_supports(peer.qmp, "command:device_del"));
	ck_assert(qmp_supports(peer.qmp, "arg:device_del.id"));
	ck_assert(qmp_supports(peer.qmp, "event:RESET"));
	ck_assert(!qmp_supports(peer.qmp, "arg:device_del.force"));
	peer_deinit(&peer);
}
END_TEST

START_TEST(replies_by_id_events_before_replies)
{
	struct peer first = {0}, second = {0}, peer;
	struct qmp_cursor *cursor;
	const char *name;

	peer_init(&peer, NULL);
	/*
	 * sent before the connection is ready, so it is queued: it has the id 1, and the commands
	 * of the handshake have 2 and 3
	 */
	qmp_send(peer.qmp, "query-status", NULL, on_reply, &first);
	say_text(&peer,
		 "{\"QMP\": {}}\n{\"return\": {}, \"id\": 2}\n{\"return\": [], \"id\": 3}\n");
	ck_assert_int_eq(qmp_state(peer.qmp), QMP_READY);
	cursor = qmp_cursor_new(peer.qmp);
	qmp_send(peer.qmp, "system_reset", NULL, on_reply, &second);
	say_text(&peer, "{\"event\": \"RESET\", \"data\": {}}\r\n{\"return\": {}, \"id\": 4}\r\n");
	ck_assert_uint_eq(first.replies, 0);
	ck_assert_uint_eq(second.replies, 1);
	ck_assert_ptr_nonnull(qmp_cursor_next(cursor, &name));
	ck_assert_str_eq(name, "RESET");
	ck_assert_ptr_null(qmp_cursor_next(cursor, &name));
	say_text(&peer, "{\"return\": {}, \"id\": 1}\n");
	ck_assert_uint_eq(first.replies, 1);
	qmp_cursor_free(cursor);
	peer_deinit(&peer);
	g_free(first.error_class);
	g_free(second.error_class);
}
END_TEST

START_TEST(disconnect_fails_what_is_pending)
{
	struct peer peer;

	peer_init(&peer, NULL);
	make_ready(&peer);
	for (int i = 0; i < 5; i++)
		qmp_send(peer.qmp, "query-status", NULL, on_reply, &peer);
	qmp_forget(peer.qmp, qmp_send(peer.qmp, "stop", NULL, on_reply, &peer));
	close(peer.fd);
	peer.fd = -1;
	turn();
	ck_assert_uint_eq(peer.replies, 5);
	ck_assert_str_eq(peer.error_class, "Disconnected");
	ck_assert_int_eq(qmp_state(peer.qmp), QMP_ENDED);
	ck_assert_uint_eq(peer.events->len, 1);
	/*
	 * a command sent after the end of the connection is still answered, but not from inside the
	 * call
	 */
	qmp_send(peer.qmp, "cont", NULL, on_reply, &peer);
	ck_assert_uint_eq(peer.replies, 5);
	turn();
	ck_assert_uint_eq(peer.replies, 6);
	ck_assert_uint_eq(peer.events->len, 1);
	peer_deinit(&peer);
}
END_TEST

START_TEST(event_log_is_bounded_by_its_cursors)
{
	static const char event[] = "{\"event\": \"STOP\", \"data\": {}}\r\n";
	struct qmp_cursor *old, *late;
	struct peer peer;
	const char *name;
	int n = 0;

	peer_init(&peer, NULL);
	make_ready(&peer);
	for (int i = 0; i < 1000; i++)
		say_text(&peer, event);
	ck_assert_uint_eq(peer.events->len, 1000);
	ck_assert_uint_eq(qmp_events_held(peer.qmp), 0);
	old = qmp_cursor_new(peer.qmp);
	for (int i = 0; i < 100; i++)
		say_text(&peer, event);
	late = qmp_cursor_new(peer.qmp);
	say_text(&peer, event);
	ck_assert_uint_eq(qmp_events_held(peer.qmp), 101);
	while (qmp_cursor_next(old, &name))
		n++;
	ck_assert_int_eq(n, 101);
	ck_assert_uint_eq(qmp_events_held(peer.qmp), 1);
	qmp_cursor_free(late);
	ck_assert_uint_eq(qmp_events_held(peer.qmp), 0);
	qmp_cursor_free(old);
	peer_deinit(&peer);
}
END_TEST

START_TEST(trace_is_json_lines_both_ways)
{
	g_autofree char *path = in_scratch("qmp.jsonl");
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	struct peer peer;
	double before = 0;
	int in = 0, out = 0, raw = 0;

	peer_init(&peer, path);
	make_ready(&peer);
	say_text(&peer, "\xff garbage \"\n");
	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	for (int i = 0; lines[i]; i++) {
		json_t *line = json_loads(lines[i], 0, NULL);

		ck_assert_msg(line != NULL, "%s", lines[i]);
		ck_assert(json_number_value(json_object_get(line, "t")) >= before);
		before = json_number_value(json_object_get(line, "t"));
		if (!strcmp(json_string_value(json_object_get(line, "dir")), "in"))
			in++;
		else
			out++;
		raw += json_is_string(json_object_get(line, "text"));
		json_decref(line);
	}
	ck_assert_int_eq(in, 4);
	ck_assert_int_eq(out, 2);
	ck_assert_int_eq(raw, 1);
	peer_deinit(&peer);
}
END_TEST

START_TEST(full_disk_is_told_once)
{
	struct peer peer;

	if (access("/dev/full", W_OK) < 0)
		return;
	peer_init(&peer, "/dev/full");
	make_ready(&peer);
	say_text(&peer, "{\"event\": \"STOP\", \"data\": {}}\r\n");
	ck_assert_ptr_nonnull(peer.trace_error);
	ck_assert_ptr_nonnull(strstr(peer.trace_error, "No space"));
	ck_assert_int_eq(qmp_state(peer.qmp), QMP_READY);
	ck_assert_uint_eq(peer.events->len, 1);
	peer_deinit(&peer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("qmp");
	TCase *tcase = tcase_create("qmp");

	tcase_set_timeout(tcase, 30);
	use_scratch(tcase);
	tcase_add_test(tcase, conversations);
	tcase_add_test(tcase, oversized_line);
	tcase_add_test(tcase, deep_nesting);
	tcase_add_test(tcase, schema_is_known);
	tcase_add_test(tcase, replies_by_id_events_before_replies);
	tcase_add_test(tcase, disconnect_fails_what_is_pending);
	tcase_add_test(tcase, event_log_is_bounded_by_its_cursors);
	tcase_add_test(tcase, trace_is_json_lines_both_ways);
	tcase_add_test(tcase, full_disk_is_told_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
