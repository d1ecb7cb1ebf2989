// SPDX-License-Identifier: GPL-2.0-only
/* Tests the record of translated code: the bitmap, and the phases in a fake QEMU. */
#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/cover.h"
#include "tests/unit/plugin-qemu.h"
#include "tests/unit/plugin.h"

#define FROM 0xffffffff81000000
#define SIZE 0x103 /* not a multiple of 8 */
#define MAP COVER_BYTES(FROM, FROM + SIZE)

static int make_file(size_t size)
{
	int fd = memfd_create("cover", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	return fd;
}

/* Asserts that the bytes FIRST to LAST of the code, and no others, are recorded in PHASE. */
static void assert_recorded(int fd, unsigned phase, unsigned first, unsigned last)
{
	uint8_t map[MAP];

	ck_assert_int_eq(pread(fd, map, MAP, (off_t)(phase * MAP)), MAP);
	for (unsigned i = 0; i < SIZE; i++)
		ck_assert_msg((map[i / 8] >> i % 8 & 1) == (i >= first && i <= last),
			      "phase %u, byte 0x%x", phase, i);
}

START_TEST(bytes)
{
	static const struct {
		uint64_t from, to;
		unsigned first, last;
	} blocks[] = {
		{FROM, FROM + 1, 0, 0},
		{FROM + 7, FROM + 9, 7, 8},
		{FROM + 3, FROM + 6, 3, 5},
		{FROM + 8, FROM + 0x20, 8, 0x1f},
		{FROM - 100, FROM + 2, 0, 1},		     /* begins before the code */
		{FROM + 0x100, FROM + 0x200, 0x100, SIZE - 1}, /* ends after it */
		{FROM - 100, FROM, SIZE, SIZE},		     /* outside */
		{FROM + SIZE, FROM + SIZE + 4, SIZE, SIZE},
		{FROM + 5, FROM + 5, SIZE, SIZE}, /* empty */
		{0x1000, 0x1010, SIZE, SIZE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(blocks); i++) {
		struct cover cover = {.from = FROM, .to = FROM + SIZE};
		int fd = make_file(COVER_PHASES * MAP);

		ck_assert_ptr_null(cover_open(&cover, fd));
		cover_add(&cover, blocks[i].from, blocks[i].to);
		assert_recorded(fd, COVER_BOOT, blocks[i].first, blocks[i].last);
		assert_recorded(fd, COVER_LOAD, SIZE, SIZE);
		close(fd);
	}
}
END_TEST

START_TEST(phases)
{
	struct cover cover = {.from = FROM, .to = FROM + SIZE};
	int fd = make_file(COVER_PHASES * MAP);

	ck_assert_ptr_null(cover_open(&cover, fd));
	ck_assert(!cover_must_flush(&cover));
	cover_want(&cover, 99);
	ck_assert(!cover_must_flush(&cover));
	cover_want(&cover, COVER_LOAD);
	/* one vCPU discards all translations; until then the code belongs to the phase before */
	ck_assert(cover_must_flush(&cover));
	ck_assert(!cover_must_flush(&cover));
	cover_add(&cover, FROM, FROM + 4);
	ck_assert_uint_eq(cover_flushed(&cover), COVER_LOAD);
	cover_add(&cover, FROM + 8, FROM + 12);
	assert_recorded(fd, COVER_BOOT, 0, 3);
	assert_recorded(fd, COVER_LOAD, 8, 11);
	/* a reset of the guest */
	cover_want(&cover, COVER_BOOT);
	ck_assert(cover_must_flush(&cover));
	ck_assert_uint_eq(cover_flushed(&cover), COVER_BOOT);
	close(fd);
}
END_TEST

START_TEST(wrong_file)
{
	struct cover cover = {.from = FROM, .to = FROM + SIZE};
	int fd = make_file(MAP);

	ck_assert_ptr_nonnull(cover_open(&cover, fd));
	ck_assert_ptr_nonnull(cover_open(&cover, -1));
	/* without a valid file, cover_add() records nothing */
	cover_add(&cover, FROM, FROM + 4);
	cover_want(&cover, COVER_LOAD);
	ck_assert(!cover_must_flush(&cover));
	close(fd);
}
END_TEST

static const int apis[] = {1, 2, 4, 6, 7};

/* With each version of the plugin interface, the blocks that QEMU translates are recorded. */
START_TEST(in_qemu)
{
	struct qemu_plugin_insn block[] = {{FROM + 0x10, 1, {0x90}}, {FROM + 0x11, 5, {0xe9}}};
	struct qemu_plugin_insn other[] = {{FROM + 0x40, 2, {0x90}}};
	int pair[2];

	cover_fd = make_file(COVER_PHASES * MAP);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(load(apis[_i],
			      "rig-director 1\ncover ffffffff81000000 ffffffff81000103\n", pair[1]),
			 0);
	assert_hears(pair[0], "hello");
	translate_block(block, 2);
	ck_assert_ptr_null(block[0].cb);
	assert_recorded(cover_fd, COVER_BOOT, 0x10, 0x15);
	say(pair[0], "phase 1");
	say(pair[0], "counts");
	assert_hears(pair[0], "counted");
	ck_assert_int_eq(n_flushes, 0);
	/* the next block that is translated makes QEMU discard all blocks */
	translate_block(block, 2);
	ck_assert_int_eq(n_flushes, 1);
	assert_hears(pair[0], "phase 1");
	assert_recorded(cover_fd, COVER_LOAD, SIZE, SIZE);
	translate_block(other, 1);
	ck_assert_int_eq(n_flushes, 1);
	assert_recorded(cover_fd, COVER_BOOT, 0x10, 0x15);
	assert_recorded(cover_fd, COVER_LOAD, 0x40, 0x41);
	close(pair[0]);
}
END_TEST

/* Without a file, as in the script qemu-cmd, no code is recorded; another size is refused. */
START_TEST(without_file)
{
	static const char orders[] = "rig-director 1\ncover ffffffff81000000 ffffffff81000103\n";
	struct qemu_plugin_insn block[] = {{FROM + 0x10, 1, {0x90}}};

	ck_assert_int_eq(load(1, orders, -1), 0);
	translate_block(block, 1);
	cover_fd = make_file(3);
	ck_assert_int_ne(load(1, orders, -1), 0);
}
END_TEST

void add_cover_tests(TCase *tcase)
{
	tcase_add_test(tcase, bytes);
	tcase_add_test(tcase, phases);
	tcase_add_test(tcase, wrong_file);
	tcase_add_loop_test(tcase, in_qemu, 0, G_N_ELEMENTS(apis));
	tcase_add_test(tcase, without_file);
}
