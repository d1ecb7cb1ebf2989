// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes frames from a guest: a byte for the type, one for the number, and text up to the next form
 * feed. A request of each kind is open, so that an answer to it is parsed. Each request must be
 * answered at most once.
 */
#include "guest/guest.h"

#include "tests/fuzz/fuzz.h"

static guint answered;

static gboolean on_send(unsigned type, guint32 seq, const char *text, void *data)
{
	(void)type, (void)seq, (void)text, (void)data;
	return TRUE;
}

static void on_hello(const struct guest_hello *hello, const char *text, void *data)
{
	(void)text, (void)data;
	if (!hello->has || !hello->offers || hello->block_size < 0)
		abort();
}

static void on_heartbeat(const struct guest_heartbeat *heartbeat, void *data)
{
	(void)data;
	for (guint i = 0; i < heartbeat->agents->len; i++)
		if (strlen(g_array_index(heartbeat->agents, struct guest_agent, i).now) > 60)
			abort();
}

static void on_counts(const struct guest_counts *counts, void *data)
{
	(void)data;
	for (guint i = 0; i < counts->results->len; i++)
		if (!((struct guest_result *)counts->results->pdata[i])->op)
			abort();
}

static void on_output(guint id, const char *text, gsize len, void *data)
{
	(void)id, (void)data;
	if (strnlen(text, len) != len)
		abort();
}

static void on_note(const char *text, void *data)
{
	(void)text, (void)data;
}

static void on_stray(unsigned type, guint32 seq, void *data)
{
	(void)type, (void)seq, (void)data;
}

static void on_answer(const struct guest_reply *reply, void *data)
{
	gboolean *is_answered = data;

	if (*is_answered || !reply->text)
		abort();
	*is_answered = TRUE;
	answered++;
}

/* Sends one request of each kind; returns their number. */
static guint ask(struct guest *guest, gboolean *done)
{
	guint n = 0;

	guest_start(guest, 0, "slab-read", 1, 0, NULL, NULL, 0, on_answer, &done[n++]);
	guest_stop_all(guest, on_answer, &done[n++]);
	guest_snapshot(guest, on_answer, &done[n++]);
	guest_blocks(guest, 0, 1 << 27, "online", -1, on_answer, &done[n++]);
	guest_list_tasks(guest, TRUE, on_answer, &done[n++]);
	guest_list_tasks(guest, FALSE, on_answer, &done[n++]);
	guest_log_since(guest, 0, on_answer, &done[n++]);
	guest_lock_text(guest, "lockdep", on_answer, &done[n++]);
	guest_finish(guest, on_answer, &done[n++]);
	return n;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static const struct guest_owner owner = {
		.send = on_send,
		.hello = on_hello,
		.heartbeat = on_heartbeat,
		.counts = on_counts,
		.output = on_output,
		.note = on_note,
		.stray = on_stray,
	};
	struct guest *guest = guest_new(&owner);
	gboolean done[16] = {FALSE};
	guint asked = ask(guest, done);

	answered = 0;
	while (size >= 2) {
		unsigned type = data[0];
		guint32 seq = data[1];
		g_autofree char *text = NULL;

		data += 2;
		size -= 2;
		text = fuzz_part(&data, &size);
		guest_frame(guest, type, seq, text, strlen(text));
	}
	if (answered + guest_open_requests(guest) > asked)
		abort();
	guest_free(guest);
	return 0;
}
