// SPDX-License-Identifier: GPL-2.0-only
/* Tests that frames are found in streams with other bytes, and the queue of outgoing frames. */
#include "tests/unit/guest-init.h"

#include <string.h>

#include "guest-init/frame.h"
#include "util/rng.h"

static struct frame_reader reader;
static struct frame_queue queue;
static char payload[PROTO_MAX + 1];

static void fresh(void)
{
	memset(&reader, 0, sizeof(reader));
	memset(&queue, 0, sizeof(queue));
}

static void feed(const void *data, size_t len)
{
	size_t room;
	uint8_t *to = frame_room(&reader, &room);

	ck_assert_uint_ge(room, len);
	memcpy(to, data, len);
	frame_filled(&reader, len);
}

static size_t pack(uint8_t *out, unsigned type, uint32_t seq, const char *text)
{
	proto_pack(out, type, seq, text, strlen(text));
	memcpy(out + PROTO_HEADER, text, strlen(text));
	return PROTO_HEADER + strlen(text);
}

static void expect_frame(unsigned type, uint32_t seq, const char *text)
{
	struct proto_header header;

	ck_assert(frame_next(&reader, &header, payload));
	ck_assert_uint_eq(header.type, type);
	ck_assert_uint_eq(header.seq, seq);
	ck_assert_str_eq(payload, text);
}

START_TEST(test_frame_byte_by_byte)
{
	struct proto_header header;
	uint8_t frame[128];
	size_t len = pack(frame, PROTO_START, 7, "id 1\nagent probe\n");

	fresh();
	for (size_t i = 0; i < len; i++) {
		ck_assert(!frame_next(&reader, &header, payload));
		feed(frame + i, 1);
	}
	expect_frame(PROTO_START, 7, "id 1\nagent probe\n");
	ck_assert(!frame_next(&reader, &header, payload));
	ck_assert_uint_eq(reader.skipped, 0);
}
END_TEST

START_TEST(test_frame_after_garbage)
{
	/* text of a firmware, a part of the magic, and a magic without a header; frames follow */
	static const char dirt[] = "SLOF **\r\nRIG RIGPRIRIGP....................";
	struct proto_header header;
	uint8_t frame[128];
	size_t len;

	fresh();
	feed(dirt, strlen(dirt));
	len = pack(frame, PROTO_SYSRQ, 1, "keys w\n");
	feed(frame, len);
	expect_frame(PROTO_SYSRQ, 1, "keys w\n");
	ck_assert_uint_eq(reader.skipped, strlen(dirt));
	len = pack(frame, PROTO_STOP, 2, "");
	feed(frame, len);
	expect_frame(PROTO_STOP, 2, "");
	ck_assert(!frame_next(&reader, &header, payload));
}
END_TEST

START_TEST(test_frame_damaged)
{
	uint8_t good[64], bad[64];
	size_t n_good, n_bad;

	/* if any byte of a frame is wrong, the frame is skipped, and the next one is read */
	n_good = pack(good, PROTO_CPU, 2, "cpu 1\nwrite 0\n");
	for (size_t i = 0; i < PROTO_HEADER + 5; i++) {
		fresh();
		n_bad = pack(bad, PROTO_CPU, 1, "cpu 0");
		bad[i] ^= 0x41;
		feed(bad, n_bad);
		feed(good, n_good);
		expect_frame(PROTO_CPU, 2, "cpu 1\nwrite 0\n");
		ck_assert_uint_eq(reader.skipped, n_bad);
	}
}
END_TEST

START_TEST(test_frame_lost_tail)
{
	uint8_t frame[256];
	size_t len;

	/*
	 * the sender ended inside a frame: the missing bytes are taken from the next frames, and
	 * the checksum fails
	 */
	fresh();
	len = pack(frame, PROTO_START, 1, "id 1\nagent block-state\nseed 1\nrate 0\n");
	feed(frame, len - 10);
	len = pack(frame, PROTO_FINISH, 2, "");
	feed(frame, len);
	len = pack(frame, PROTO_POWEROFF, 3, "");
	feed(frame, len);
	expect_frame(PROTO_FINISH, 2, "");
	expect_frame(PROTO_POWEROFF, 3, "");
}
END_TEST

START_TEST(test_frame_nul_and_version)
{
	struct proto_header header;
	uint8_t frame[64];

	fresh();
	proto_pack(frame, PROTO_SYSRQ, 1, "keys\0w\n", 7);
	memcpy(frame + PROTO_HEADER, "keys\0w\n", 7);
	feed(frame, PROTO_HEADER + 7);
	ck_assert(!frame_next(&reader, &header, payload));
	fresh();
	proto_pack(frame, PROTO_SYSRQ, 1, "", 0);
	frame[4] = PROTO_VERSION + 1;
	proto_put32(frame + 20, proto_crc32(frame, 20));
	feed(frame, PROTO_HEADER);
	ck_assert(!frame_next(&reader, &header, payload));
	ck_assert_uint_eq(reader.versions, 1);
	ck_assert_int_eq(reader.version, PROTO_VERSION + 1);
}
END_TEST

START_TEST(test_frame_largest)
{
	static uint8_t frame[PROTO_HEADER + PROTO_MAX];
	struct proto_header header;

	fresh();
	memset(frame + PROTO_HEADER, 'x', PROTO_MAX);
	proto_pack(frame, PROTO_BLOCKS, 9, frame + PROTO_HEADER, PROTO_MAX);
	feed(frame, sizeof(frame));
	ck_assert(frame_next(&reader, &header, payload));
	ck_assert_uint_eq(header.length, PROTO_MAX);
	ck_assert_uint_eq(strlen(payload), PROTO_MAX);
	/* a payload that is one byte longer than allowed makes the header invalid */
	proto_put32(frame + 12, PROTO_MAX + 1);
	proto_put32(frame + 20, proto_crc32(frame, 20));
	ck_assert_int_eq(proto_unpack(frame, &header), -1);
}
END_TEST

/* Every queued frame is written whole and in order, in pieces of any size. */
START_TEST(test_queue)
{
	static char text[5000];
	guint32 put = 0, got = 0, refused = 0;
	struct rng rng = {1};

	fresh();
	memset(text, 'y', sizeof(text));
	while (got < 2000) {
		struct proto_header header;
		size_t len, room, piece = rng_between(&rng, 1, 9000);
		const uint8_t *data;

		while (put < 2000 && frame_put(&queue, PROTO_TASKS, put, text, put % sizeof(text)))
			put++;
		refused += put < 2000;
		data = frame_peek(&queue, &len);
		frame_room(&reader, &room);
		len = MIN(MIN(len, room), piece);
		feed(data, len);
		frame_written(&queue, len);
		while (frame_next(&reader, &header, payload)) {
			ck_assert_uint_eq(header.seq, got);
			ck_assert_uint_eq(header.length, got % sizeof(text));
			got++;
		}
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_eq(queue.len, 0);
	ck_assert_uint_eq(reader.skipped, 0);
	ck_assert(!frame_put(&queue, PROTO_TASKS, 0, text, PROTO_MAX + 1));
}
END_TEST

void add_frame_tests(TCase *tcase)
{
	tcase_add_test(tcase, test_frame_byte_by_byte);
	tcase_add_test(tcase, test_frame_after_garbage);
	tcase_add_test(tcase, test_frame_damaged);
	tcase_add_test(tcase, test_frame_lost_tail);
	tcase_add_test(tcase, test_frame_nul_and_version);
	tcase_add_test(tcase, test_frame_largest);
	tcase_add_test(tcase, test_queue);
}
