// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that answers are only passed to the caller of their request, and that errors and answers of
 * a wrong type are passed as errors. An answer in parts is either complete or an error. Payloads
 * may have any bytes.
 */
#include <check.h>
#include <string.h>

#include "guest-init/proto.h"
#include "guest/guest.h"
#include "tests/unit/suite.h"
#include "util/rng.h"

static struct {
	struct guest *guest;
	GPtrArray *sent; /* of char *: "TYPE SEQ TEXT" */
	guint hellos, heartbeats, counts, notes, strays;
	char first_illegal[64]; /* the rest of line `first-illegal` in the last COUNTS; or "" */
	guint output_id;
	char output[64];	  /* text of the last OUTPUT */
	struct guest_agent agent; /* the first one of the last heartbeat */
} peer;

static gboolean on_send(unsigned type, guint32 seq, const char *text, void *data)
{
	(void)data;
	g_ptr_array_add(peer.sent, g_strdup_printf("%u %u %s", type, seq, text));
	return TRUE;
}

static void on_hello(const struct guest_hello *hello, const char *text, void *data)
{
	(void)hello;
	(void)text;
	(void)data;
	peer.hellos++;
}

static void on_heartbeat(const struct guest_heartbeat *heartbeat, void *data)
{
	(void)data;
	peer.heartbeats++;
	if (heartbeat->agents->len)
		peer.agent = g_array_index(heartbeat->agents, struct guest_agent, 0);
}

static void on_counts(const struct guest_counts *counts, void *data)
{
	g_strlcpy(peer.first_illegal, counts->first_illegal ? counts->first_illegal : "",
		  sizeof(peer.first_illegal));
	(void)data;
	peer.counts++;
}

static void on_output(guint id, const char *text, gsize len, void *data)
{
	(void)data;
	peer.output_id = id;
	ck_assert_uint_lt(len, sizeof(peer.output));
	memcpy(peer.output, text, len);
	peer.output[len] = '\0';
}

static void on_note(const char *text, void *data)
{
	(void)text;
	(void)data;
	peer.notes++;
}

static void on_stray(unsigned type, guint32 seq, void *data)
{
	(void)type;
	(void)seq;
	(void)data;
	peer.strays++;
}

static void peer_open(void)
{
	memset(&peer, 0, sizeof(peer));
	peer.sent = g_ptr_array_new_with_free_func(g_free);
	peer.guest = guest_new(&(struct guest_owner){on_send, on_hello, on_heartbeat, on_counts,
						     on_output, on_note, on_stray, NULL});
}

static void peer_close(void)
{
	guest_free(peer.guest);
	g_ptr_array_unref(peer.sent);
}

static void frame(guint type, guint32 seq, const char *text)
{
	guest_frame(peer.guest, type, seq, text, strlen(text));
}

/* The arguments that a callback received. */
struct got {
	guint calls, scope, tasks;
	gboolean done, account, truncated;
	int error; /* enum guest_error, or -1 if there is none */
	char text[64];
	gsize len;
};

static void on_reply(const struct guest_reply *reply, void *data)
{
	struct got *got = data;

	got->calls++;
	got->scope = reply->scope;
	got->done = reply->done != NULL;
	got->account = reply->account != NULL;
	got->tasks = reply->tasks ? reply->tasks->tasks->len : 0;
	got->truncated = reply->tasks && reply->tasks->truncated;
	got->error = reply->error ? reply->error->code : -1;
	got->len = strlen(reply->text);
	g_strlcpy(got->text, reply->error ? reply->error->message : reply->text, sizeof(got->text));
}

/* For each answer to a SNAPSHOT: what its callback receives. */
static const struct {
	guint type;
	const char *text;
	int error;
	const char *message;
} answers[] = {
	{PROTO_ACCOUNT, "mem-total-kb 5\n", -1, "mem-total-kb 5"},
	{PROTO_DONE, "error ENOMEM no memory\n", GUEST_REFUSED, "ENOMEM no memory"},
	{PROTO_DONE, "error EBUSY 48 requests are in progress already\n", GUEST_REFUSED,
	 "EBUSY 48"},
	{PROTO_DONE, "error EIO the process that handled the request was killed by signal 9\n",
	 GUEST_REFUSED, "EIO"},
	{PROTO_DONE, "ok\n", GUEST_MALFORMED, "wrong answer"},
	{PROTO_DONE, "perhaps\n", GUEST_MALFORMED, "neither"},
	{PROTO_TASKS, "task 1 init S - switches 3\n", GUEST_MALFORMED, "wrong answer"},
	{PROTO_ACCOUNT, "nothing that is known\n", GUEST_MALFORMED, "known"},
	{200, "", GUEST_MALFORMED, "wrong answer"},
};

START_TEST(counts_name_the_first_illegal_result)
{
	peer_open();
	frame(PROTO_COUNTS, 0,
	      "agent 1 write\nops 3\nillegal write EPERM 1\nfirst-illegal write EPERM '1' to "
	      "/proc/sys/a b\n");
	ck_assert_uint_eq(peer.counts, 1);
	ck_assert_str_eq(peer.first_illegal, "'1' to /proc/sys/a b");
	frame(PROTO_COUNTS, 0, "agent 1 write\nops 3\n");
	ck_assert_str_eq(peer.first_illegal, "");
	peer_close();
}
END_TEST

START_TEST(output_of_an_agent)
{
	peer_open();
	frame(PROTO_OUTPUT, 0, "agent 7\nnot ok 1\nok 2");
	ck_assert_uint_eq(peer.output_id, 7);
	ck_assert_str_eq(peer.output, "not ok 1\nok 2");
	frame(PROTO_OUTPUT, 0, "agent x\nnot ok 1");
	frame(PROTO_OUTPUT, 0, "agent 7");
	frame(PROTO_OUTPUT, 0, "agent 7 8\n");
	ck_assert_uint_eq(peer.strays, 3);
	peer_close();
}
END_TEST

START_TEST(an_answer_reaches_who_asked)
{
	struct got got = {0}, other = {0};

	peer_open();
	guest_set_scope(peer.guest, 4);
	guest_snapshot(peer.guest, on_reply, &got);
	guest_set_scope(peer.guest, 5);
	guest_snapshot(peer.guest, on_reply, &other);
	frame(answers[_i].type, 1, answers[_i].text);
	ck_assert_uint_eq(got.calls, 1);
	ck_assert_uint_eq(got.scope, 4);
	ck_assert_int_eq(got.error, answers[_i].error);
	ck_assert_msg(strstr(got.text, answers[_i].message) != NULL, "%s", got.text);
	ck_assert_int_eq(got.account, answers[_i].error < 0);
	ck_assert_uint_eq(other.calls, 0);
	/* a second answer to the same request is dropped */
	frame(answers[_i].type, 1, answers[_i].text);
	ck_assert_uint_eq(got.calls, 1);
	ck_assert_uint_eq(peer.strays, 1);
	ck_assert_uint_eq(guest_open_requests(peer.guest), 1);
	peer_close();
}
END_TEST

/* A request that was cancelled or forgotten is never answered; after a hello none is sent again. */
START_TEST(forgotten_requests_are_stray)
{
	struct got got = {0};
	guint32 seq;

	peer_open();
	seq = guest_cpu(peer.guest, 1, TRUE, on_reply, &got);
	ck_assert_str_eq(peer.sent->pdata[0], "73 1 cpu 1\nwrite 1\n");
	guest_send_again(peer.guest);
	ck_assert_uint_eq(peer.sent->len, 2);
	ck_assert_str_eq(peer.sent->pdata[1], peer.sent->pdata[0]);
	guest_cancel(peer.guest, seq);
	frame(PROTO_DONE, seq, "ok\n");
	seq = guest_finish(peer.guest, on_reply, &got);
	frame(PROTO_HELLO, 0, "release 6.1\n");
	guest_send_again(peer.guest);
	ck_assert_uint_eq(peer.sent->len, 3);
	guest_forget(peer.guest);
	frame(PROTO_VERDICT, seq, "verdict ok\n");
	ck_assert_uint_eq(got.calls, 0);
	ck_assert_uint_eq(peer.strays, 2);
	ck_assert_uint_eq(peer.hellos, 1);
	peer_close();
}
END_TEST

/* Texts of VERDICT, and what they contain: "ok" or not, then each reason, its kind and numbers. */
static const struct {
	const char *text, *reasons;
} verdicts[] = {
	{"verdict ok\n", "ok "},
	{"verdict bad\n", ""},
	{"verdict bad\nreason a b\nkind agent-died\nreason c\n", "a b: 2 0 0, c: 0 0 0, "},
	{"verdict bad\nreason a\nkind illegal\nagent 3\ncount 12\nreason b\nkind lockdep-off\n",
	 "a: 1 3 12, b: 3 0 0, "},
	/* the words of a reason have no meaning; a kind of a later version is none */
	{"verdict bad\nreason agent 1 x: 2 results that are not legal\nkind new\nnew 1\n",
	 "agent 1 x: 2 results that are not legal: 0 0 0, "},
	/* lines without a reason are dropped */
	{"verdict bad\nkind illegal\nagent 1\nreason\ncount 2\nreason a\nkind\nagent x\n",
	 "a: 0 0 0, "},
};

static void on_verdict(const struct guest_reply *reply, void *data)
{
	GString *text = data;

	ck_assert_ptr_nonnull(reply->verdict);
	g_string_append(text, reply->verdict->ok ? "ok " : "");
	for (guint i = 0; i < reply->verdict->reasons->len; i++) {
		const struct guest_reason *r = reply->verdict->reasons->pdata[i];

		g_string_append_printf(text, "%s: %d %u %u, ", r->text, r->kind, (guint)r->agent,
				       (guint)r->count);
	}
}

START_TEST(a_verdict_has_reasons)
{
	g_autoptr(GString) text = g_string_new(NULL);

	peer_open();
	frame(PROTO_VERDICT, guest_finish(peer.guest, on_verdict, text), verdicts[_i].text);
	ck_assert_str_eq(text->str, verdicts[_i].reasons);
	peer_close();
}
END_TEST

/* Reasons after the limit are dropped together with their kind. */
START_TEST(a_verdict_has_a_limit)
{
	g_autoptr(GString) text = g_string_new("verdict bad\n"), found = g_string_new(NULL);

	peer_open();
	for (guint i = 0; i < 200; i++)
		g_string_append(text, i < 100 ? "reason a\n" : "reason b\nkind agent-died\n");
	frame(PROTO_VERDICT, guest_finish(peer.guest, on_verdict, found), text->str);
	ck_assert_uint_eq(found->len, 100 * strlen("a: 0 0 0, "));
	ck_assert_ptr_null(strchr(found->str, '2'));
	peer_close();
}
END_TEST

/*
 * Parts of a TASKS: the PART frames, the last frame's type and text, the expected error, the number
 * of tasks.
 */
static const struct {
	const char *parts[4];
	guint type;
	const char *last;
	int error;
	guint tasks;
} parted[] = {
	{{"offset 0\ntask 1 a S - switches 1\ntask 2 ", "offset 31\nb S - switches 1\n"},
	 PROTO_TASKS,
	 "task 3 c S - switches 1\n",
	 -1,
	 3},
	{{"offset 0\ntask 1 a S - switches 1\n"}, PROTO_DONE, "error ENOMEM\n", GUEST_REFUSED, 0},
	{{"offset 7\ntask 1 a S - switches 1\n"}, PROTO_TASKS, "", GUEST_MALFORMED, 0},
	{{"offset 0\ntask 1 a S - switches 1\n", "offset 0\ntask 1 a S - switches 1\n"},
	 PROTO_TASKS,
	 "",
	 GUEST_MALFORMED,
	 0},
	{{"offset -1\nx"}, PROTO_TASKS, "", GUEST_MALFORMED, 0},
	{{"offset 0"}, PROTO_TASKS, "", GUEST_MALFORMED, 0},
	{{""}, PROTO_TASKS, "", GUEST_MALFORMED, 0},
	{{"offset 0x\nx"}, PROTO_TASKS, "", GUEST_MALFORMED, 0},
};

START_TEST(parts_are_whole_or_fail)
{
	struct got got = {0};

	peer_open();
	guest_list_tasks(peer.guest, FALSE, on_reply, &got);
	for (guint i = 0; i < 4 && parted[_i].parts[i]; i++)
		frame(PROTO_PART, 1, parted[_i].parts[i]);
	ck_assert_uint_eq(got.calls, 0);
	frame(parted[_i].type, 1, parted[_i].last);
	ck_assert_uint_eq(got.calls, 1);
	ck_assert_int_eq(got.error, parted[_i].error);
	ck_assert_uint_eq(got.tasks, parted[_i].tasks);
	peer_close();
}
END_TEST

/*
 * An answer above the limit is an error when it ends, and uses no more memory than the limit until
 * then.
 */
START_TEST(too_many_parts_fail)
{
	g_autofree char *body = g_strnfill(PROTO_PART_MAX, 'x');
	struct got got = {0};

	peer_open();
	guest_log_since(peer.guest, 0, on_reply, &got);
	for (gsize at = 0; at <= GUEST_BULK_MAX + PROTO_PART_MAX; at += PROTO_PART_MAX) {
		g_autofree char *part = g_strdup_printf("offset %" G_GSIZE_FORMAT "\n%s", at, body);

		frame(PROTO_PART, 1, part);
	}
	frame(PROTO_LOGGED, 1, "end\n");
	ck_assert_uint_eq(got.calls, 1);
	ck_assert_int_eq(got.error, GUEST_TOO_LONG);
	peer_close();
}
END_TEST

START_TEST(a_heartbeat_names_the_agents_task)
{
	peer_open();
	frame(PROTO_HEARTBEAT, 0,
	      "uptime-ms 10\nagent 1 block-state ops 5 failed 1 busy-ms 30 now offline\n"
	      "agent-pid 1 35\nnew-key 1\n");
	ck_assert_uint_eq(peer.heartbeats, 1);
	ck_assert_int_eq(peer.agent.pid, 35);
	ck_assert_uint_eq(peer.agent.ops, 5);
	ck_assert_str_eq(peer.agent.now, "offline");
	peer_close();
}
END_TEST

/*
 * Random bytes with a fixed seed, mixed with keys that the parsers support, as every type of frame.
 */
START_TEST(any_payload_is_survived)
{
	static const char *const words[] = {
		"task",	     " ",	 "\n",	    "\t",	"[<0>] f+0x1/0x2",
		"D",	     "switches", "-1",	    "zone",	"99999999999999999999",
		"block",     "agent",	 "ok",	    "error",	"offset",
		"result",    "cut\n",	 "verdict", "\xff\xfe", "stuck",
		"uptime-ms", "count",	 "0",	    "reason",	"kind"};
	struct rng rng = rng_stream(_i, "payload");

	peer_open();
	for (guint n = 0; n < 400; n++) {
		g_autoptr(GString) text = g_string_new(NULL);
		struct got got = {0};
		guint32 seq = n % 2 ? guest_snapshot(peer.guest, on_reply, &got)
				    : guest_list_tasks(peer.guest, FALSE, on_reply, &got);

		for (guint w = rng_between(&rng, 0, 40); w > 0; w--)
			g_string_append(text, words[rng_between(&rng, 0, G_N_ELEMENTS(words) - 1)]);
		frame(rng_between(&rng, 0, 12), rng_between(&rng, 0, 1) ? seq : 0, text->str);
		guest_cancel(peer.guest, seq);
	}
	peer_close();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guest");
	TCase *tcase = tcase_create("protocol");

	tcase_add_test(tcase, output_of_an_agent);
	tcase_add_test(tcase, counts_name_the_first_illegal_result);
	tcase_add_loop_test(tcase, an_answer_reaches_who_asked, 0, G_N_ELEMENTS(answers));
	tcase_add_test(tcase, forgotten_requests_are_stray);
	tcase_add_loop_test(tcase, a_verdict_has_reasons, 0, G_N_ELEMENTS(verdicts));
	tcase_add_test(tcase, a_verdict_has_a_limit);
	tcase_add_loop_test(tcase, parts_are_whole_or_fail, 0, G_N_ELEMENTS(parted));
	tcase_add_test(tcase, too_many_parts_fail);
	tcase_add_test(tcase, a_heartbeat_names_the_agents_task);
	tcase_add_loop_test(tcase, any_payload_is_survived, 0, 20);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
