// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the ways in which QEMU can end, and errors on its sockets. Bytes of the guest channel are
 * also given to their parser without a socket, in pieces of all sizes.
 */
#include "tests/unit/suite.h"
#include "tests/unit/vm-guest.h"

#include <check.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/proto.h"
#include "tests/unit/vm.h"
#include "vm/channel.h"

static const struct {
	const char *script;
	gboolean guest_shutdown;
	const char *why;
	guint faults;
} ends[] = {
	{"die-at=boot", FALSE, "killed by signal 9", 0},
	{"exit-at=hello", FALSE, "code 1: fake-qemu: told to end at hello", 0},
	{"reset-at=hello", FALSE, "guest reset itself", 0},
	{"garbage-qmp=hello", FALSE, "killed by the rig", 1},
	{"truncate-qmp=hello", FALSE, "killed by the rig", 1},
};

START_TEST(every_end)
{
	struct guest g;

	start(&g, ends[_i].script, NULL, 0);
	if (ends[_i].faults) {
		until(&g.faults, 1);
		vm_kill(g.vm);
	}
	until(&g.gone, 1);
	ck_assert_msg(strstr(g.end, ends[_i].why) != NULL, "%s", g.end);
	ck_assert_int_eq(g.guest_shutdown, ends[_i].guest_shutdown);
	ck_assert_uint_eq(g.faults, ends[_i].faults);
	finish(&g);
}
END_TEST

START_TEST(power_off_and_quit)
{
	struct guest g;

	start(&g, "", NULL, 0);
	ck_assert(!vm_send(g.vm, PROTO_POWEROFF, 1, "")); /* refused before HELLO */
	until(&g.hello, 1);
	ck_assert(vm_send(g.vm, PROTO_POWEROFF, 1, ""));
	until(&g.gone, 1);
	ck_assert(g.guest_shutdown && !g.by_us);
	ck_assert_str_eq(g.last_text, "ok\n");
	finish(&g);
	start(&g, "", NULL, 0);
	vm_quit(g.vm, in_ms(5000));
	until(&g.gone, 1);
	ck_assert(g.by_us && !g.guest_shutdown);
	finish(&g);
}
END_TEST

/* QEMU 7.2 exits without the event SHUTDOWN if a guest of riscv64-virt powers off. */
START_TEST(silent_power_off)
{
	static const char *const machines_of[] = {"riscv64-virt", "pc-q35"};
	struct guest g;

	start(&g, "silent-poweroff=yes", machines_of[_i], 0);
	until(&g.hello, 1);
	ck_assert(vm_send(g.vm, PROTO_POWEROFF, 1, ""));
	until(&g.gone, 1);
	ck_assert_int_eq(g.guest_shutdown, _i == 0);
	ck_assert_msg(strstr(g.end, _i ? "had not reported why" : "guest powered off") != NULL,
		      "%s", g.end);
	finish(&g);
	start(&g, "exit-at=hello", machines_of[_i], 0);
	until(&g.gone, 1);
	ck_assert(!g.guest_shutdown);
	finish(&g);
}
END_TEST

START_TEST(console_flood_is_cut_and_drained)
{
	g_autofree char *path = NULL;
	GStatBuf st;
	struct guest g;

	start(&g, "console-flood=4000000", NULL, 100000);
	until(&g.frames, 2); /* a heartbeat arrives after the flood, so nothing was blocked */
	ck_assert_uint_eq(g.console, 100000);
	ck_assert_uint_eq(g.full, 1);
	path = g_build_filename(scratch, "console.raw", NULL);
	ck_assert_int_eq(g_stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 100000);
	finish(&g);
}
END_TEST

START_TEST(channel_faults)
{
	struct guest g;

	start(&g, "channel-garbage;beat=5", NULL, 0);
	until(&g.channel_errors, 3);
	ck_assert_uint_gt(g.frames, 0);
	finish(&g);
	start(&g, "wrong-version;beat=5", NULL, 0);
	until(&g.channel_errors, 1);
	until(&g.frames, 1);
	ck_assert_uint_eq(g.hello, 0);
	finish(&g);
}
END_TEST

static void count_frame(unsigned type, guint32 seq, const char *text, gsize len, void *data)
{
	guint *counts = data;

	(void)type;
	(void)text;
	(void)len;
	counts[0]++;
	counts[1] = seq;
}

static void count_error(const char *what, void *data)
{
	(void)what;
	((guint *)data)[2]++;
}

/*
 * Frames between invalid bytes, with a wrong checksum, or truncated: the result is the same for
 * pieces of any size.
 */
START_TEST(frames_in_any_pieces)
{
	static const char *const texts[] = {"", "a 1\nRIGP\n", "b\n"};
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	guint counts[3] = {0};
	const struct channel_owner owner = {count_frame, count_error, counts};
	struct channel *channel = channel_new(&owner);

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		guint8 header[PROTO_HEADER];

		proto_pack(header, PROTO_NOTE, i + 1, texts[i], strlen(texts[i]));
		g_byte_array_append(bytes, (const guint8 *)"SLOF RIG RIGPX", 14);
		g_byte_array_append(bytes, header, PROTO_HEADER);
		g_byte_array_append(bytes, (const guint8 *)texts[i], strlen(texts[i]));
	}
	/* the payload of the middle frame is damaged; the last frame is intact */
	for (gsize at = 0; at < bytes->len; at += _i)
		channel_feed(channel, bytes->data + at, MIN((gsize)_i, bytes->len - at));
	ck_assert_uint_eq(counts[0], 3);
	ck_assert_uint_eq(counts[1], 3);
	ck_assert_uint_eq(counts[2], 3);
	bytes->data[14 + PROTO_HEADER + 14 + PROTO_HEADER] ^= 1;
	memset(counts, 0, sizeof(counts));
	for (gsize at = 0; at < bytes->len; at += _i)
		channel_feed(channel, bytes->data + at, MIN((gsize)_i, bytes->len - at));
	ck_assert_uint_eq(counts[0], 2);
	ck_assert_uint_eq(counts[1], 3);
	channel_free(channel);
}
END_TEST

/* If the controller is killed, its QEMU is killed, too. */
START_TEST(qemu_dies_with_us)
{
	struct pollfd end = {.events = POLLIN};
	int fds[2];
	pid_t child, qemu = 0;

	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		struct guest g;

		start(&g, "", NULL, 0);
		until(&g.hello, 1);
		qemu = vm_pid(g.vm);
		if (write(fds[1], &qemu, sizeof(qemu)) != sizeof(qemu))
			_exit(1);
		raise(SIGKILL);
	}
	ck_assert_int_eq(read(fds[0], &qemu, sizeof(qemu)), sizeof(qemu));
	waitpid(child, NULL, 0);
	/* init has reaped it already (no pidfd), or the pidfd becomes readable when it ends */
	end.fd = pidfd_open(qemu, 0);
	if (end.fd < 0) {
		ck_assert_int_eq(errno, ESRCH);
	} else {
		ck_assert_int_eq(poll(&end, 1, -1), 1);
		close(end.fd);
	}
}
END_TEST

void add_end_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, every_end, 0, G_N_ELEMENTS(ends));
	tcase_add_test(tcase, power_off_and_quit);
	tcase_add_loop_test(tcase, silent_power_off, 0, 2);
	tcase_add_test(tcase, console_flood_is_cut_and_drained);
	tcase_add_test(tcase, channel_faults);
	tcase_add_loop_test(tcase, frames_in_any_pieces, 1, 90);
	tcase_add_test(tcase, qemu_dies_with_us);
}
