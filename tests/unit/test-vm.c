// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's life against tests/fake-qemu: each case is a script for the fake and what the
 * operations on it must end in. The channel is fed by hand as well, cut into every kind of piece.
 */
#include "tests/unit/suite.h"
#include "vm/vm.h"

#include <check.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/proto.h"
#include "tests/unit/vm.h"
#include "util/clock.h"
#include "util/error.h"
#include "vm/channel.h"
#include "vm/cmdline.h"
#include "vm/module.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

struct guest {
	struct vm *vm;
	guint hello, frames, channel_errors, faults, full, gone, pending;
	guint64 console;
	enum vm_outcome outcome;
	char *why, *fault, *last_text, *end;
	gboolean by_us, guest_shutdown;
};

static void on_console(const guint8 *bytes, gsize len, void *data)
{
	((struct guest *)data)->console += len;
	(void)bytes;
}

static void on_frame(unsigned type, guint32 seq, const char *text, gsize len, void *data)
{
	struct guest *g = data;

	(void)seq;
	ck_assert_uint_eq(strlen(text), len);
	g->frames++;
	g->hello += type == PROTO_HELLO;
	g_free(g->last_text);
	g->last_text = g_strdup(text);
}

static void on_channel_error(const char *what, void *data)
{
	(void)what;
	((struct guest *)data)->channel_errors++;
}

static void on_full(void *data)
{
	((struct guest *)data)->full++;
}

static void on_fault(const char *what, void *data)
{
	struct guest *g = data;

	g->faults++;
	g->fault = g_strdup(what);
}

static void on_gone(const struct vm_exit *end, void *data)
{
	struct guest *g = data;

	ck_assert_uint_eq(g->pending, 0);
	g->gone++;
	g->end = g_strdup(end->why);
	g->by_us = end->by_us;
	g->guest_shutdown = end->guest_shutdown;
}

static struct vm_config config_for(void)
{
	static char emulator[4096];

	g_snprintf(emulator, sizeof(emulator), "%s/fake-qemu",
		   g_getenv("RIG_TEST_BIN") ? g_getenv("RIG_TEST_BIN") : "build/tests");
	return (struct vm_config){
		.machine = machine_find("pc-q35", NULL),
		.emulator = emulator,
		.kernel = "/k",
		.accel = ACCEL_KVM,
		.memory = 1024 * MIB,
		.max_memory = 16384 * MIB,
		.slots = 16,
		.nodes = 1,
		.base_nodes = 1,
		.cpu_nodes = 1,
		.cpus = 2,
		.max_cpus = 4,
		.dir = scratch,
	};
}

static void start(struct guest *g, const char *script, const char *machine, guint64 console_limit)
{
	const struct vm_owner owner = {.console = on_console, .frame = on_frame,
				       .channel_error = on_channel_error, .console_full = on_full,
				       .fault = on_fault, .gone = on_gone, .data = g};
	struct vm_config config;
	g_autoptr(GError) error = NULL;

	*g = (struct guest){0};
	config = config_for();
	config.console_limit = console_limit;
	if (machine)
		config.machine = machine_find(machine, NULL);
	g_setenv("FAKE_QEMU", script, TRUE);
	g->vm = vm_start(&config, &owner, &error);
	ck_assert_msg(g->vm != NULL, "%s", error ? error->message : "");
}

/* Runs the loop until *COUNT is at least WANTED; the test's own time-out ends what never comes. */
static void until(const guint *count, guint wanted)
{
	while (*count < wanted)
		g_main_context_iteration(NULL, TRUE);
}

static void finish(struct guest *g)
{
	if (!g->gone)
		vm_kill(g->vm);
	until(&g->gone, 1);
	vm_free(g->vm);
	g_free(g->why);
	g_free(g->fault);
	g_free(g->last_text);
	g_free(g->end);
}

static void on_done(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct guest *g = data;

	(void)reply;
	ck_assert_uint_gt(g->pending, 0);
	g->pending--;
	g->outcome = outcome;
	g_free(g->why);
	g->why = g_strdup(why);
}

static enum vm_outcome await(struct guest *g)
{
	while (g->pending)
		g_main_context_iteration(NULL, TRUE);
	return g->outcome;
}

static gint64 in_ms(int ms)
{
	return rig_now_ns() + ms * RIG_NS_PER_MS;
}

static enum vm_outcome plug(struct guest *g, const char *id, int ms)
{
	const struct vm_memory dimm = {.id = id, .size = 256 * MIB};

	g->pending++;
	vm_plug_dimm(g->vm, &dimm, in_ms(ms), on_done, g);
	return await(g);
}

static enum vm_outcome unplug(struct guest *g, const char *id, int ms)
{
	g->pending++;
	vm_unplug(g->vm, id, in_ms(ms), on_done, g);
	return await(g);
}

static enum vm_outcome command(struct guest *g, const char *name)
{
	g->pending++;
	vm_command(g->vm, name, NULL, in_ms(5000), on_done, g);
	return await(g);
}

/* One plug, then unplugs until the table's row ends. Time is short where silence is expected. */
static const struct {
	const char *script, *machine;
	enum vm_outcome plug, first, second;
} outcomes[] = {
	{"", NULL, VM_OK, VM_OK, VM_FAILED},
	{"", "pseries", VM_OK, VM_OK, VM_FAILED},
	{"plug=refuse*1", NULL, VM_REFUSED, VM_OK, VM_FAILED},
	{"plug=fail*1", NULL, VM_FAILED, VM_FAILED, VM_FAILED},
	{"plug=never*1", NULL, VM_TIMED_OUT, VM_OK, VM_FAILED},
	{"unplug=refuse*1", NULL, VM_OK, VM_REFUSED, VM_OK},
	{"unplug=refuse*1", "pseries", VM_OK, VM_REFUSED, VM_OK},
	{"unplug=error*1", NULL, VM_OK, VM_REFUSED, VM_OK},
	/* the first is still pending when the second is asked for, which waits for its answer */
	{"unplug=never", NULL, VM_OK, VM_TIMED_OUT, VM_TIMED_OUT},
	/* refused because one is pending: that one's refusal, then our own turn */
	{"unplug=pending*1;delay=20", NULL, VM_OK, VM_OK, VM_FAILED},
	{"unplug=vanish", NULL, VM_OK, VM_VANISHED, VM_VANISHED},
	{"die-at=plug", NULL, VM_VANISHED, VM_VANISHED, VM_VANISHED},
	{"die-at=unplug", NULL, VM_OK, VM_VANISHED, VM_VANISHED},
	{"hang-at=unplug", NULL, VM_OK, VM_TIMED_OUT, VM_TIMED_OUT},
	{"garbage-qmp=unplug", NULL, VM_OK, VM_VANISHED, VM_VANISHED},
	{"truncate-qmp=plug", NULL, VM_VANISHED, VM_VANISHED, VM_VANISHED},
	{"close-qmp=unplug", NULL, VM_OK, VM_VANISHED, VM_VANISHED},
};

START_TEST(every_outcome)
{
	struct guest g;
	/* silence is bounded by the deadline, everything else comes long before */
	gboolean silent = outcomes[_i].plug == VM_TIMED_OUT || outcomes[_i].first == VM_TIMED_OUT;
	int ms = silent ? 300 : 5000;

	start(&g, outcomes[_i].script, outcomes[_i].machine, 0);
	/* the fake's own start is not what the deadline is for */
	ck_assert_int_eq(command(&g, "query-memory-devices"), VM_OK);
	ck_assert_str_eq(vm_outcome_name(plug(&g, "d", ms)), vm_outcome_name(outcomes[_i].plug));
	ck_assert_str_eq(vm_outcome_name(unplug(&g, "d", ms)), vm_outcome_name(outcomes[_i].first));
	ck_assert_str_eq(vm_outcome_name(unplug(&g, "d", ms)),
			 vm_outcome_name(outcomes[_i].second));
	finish(&g);
}
END_TEST

/*
 * The device is deleted after its operation timed out: the next unplug succeeds, and the id is free
 * again.
 */
START_TEST(late_departure)
{
	guint64 address, size;
	struct guest g;

	start(&g, "delay=300", "pseries", 0);
	ck_assert_int_eq(plug(&g, "d", 5000), VM_OK);
	ck_assert_int_eq(unplug(&g, "d", 50), VM_TIMED_OUT);
	ck_assert_ptr_nonnull(strstr(g.why, "DEVICE_DELETED"));
	while (vm_where(g.vm, "d", &address, &size))
		g_main_context_iteration(NULL, TRUE);
	ck_assert_int_eq(unplug(&g, "d", 5000), VM_OK);
	ck_assert_int_eq(plug(&g, "d", 5000), VM_OK);
	finish(&g);
}
END_TEST

/*
 * The guest refuses after the unplug gave up: the next one is asked for anew. The event differs by
 * machine.
 */
START_TEST(late_refusal)
{
	static const char *const kinds[] = {"pc-q35", "pseries"};
	struct guest g;

	start(&g, "unplug=refuse*1;delay=200", kinds[_i], 0);
	ck_assert_int_eq(plug(&g, "d", 5000), VM_OK);
	ck_assert_int_eq(unplug(&g, "d", 20), VM_TIMED_OUT);
	/* the unplug of another device ends after the refusal: both are delayed alike */
	ck_assert_int_eq(plug(&g, "e", 5000), VM_OK);
	ck_assert_int_eq(unplug(&g, "d", 5000), VM_OK);
	finish(&g);
}
END_TEST

/* A reset while a plug waits for the guest's _OST, which does not come any more. */
START_TEST(a_reset_ends_a_plug)
{
	struct vm_memory dimm = {.id = "d", .size = 256 * MIB};
	guint64 address, size;
	struct guest g;

	start(&g, "plug=never", NULL, 0);
	until(&g.hello, 1);
	g.pending = 2;
	vm_plug_dimm(g.vm, &dimm, in_ms(100000), on_done, &g);
	while (!vm_where(g.vm, "d", &address, &size))
		g_main_context_iteration(NULL, TRUE);
	vm_command(g.vm, "system_reset", NULL, in_ms(100000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	finish(&g);
}
END_TEST

START_TEST(where_a_dimm_sits)
{
	guint64 address = 1, size = 2;
	struct guest g;

	start(&g, "", NULL, 0);
	ck_assert(!vm_where(g.vm, "d", &address, &size));
	ck_assert_uint_eq(address, 1);
	plug(&g, "d", 5000);
	ck_assert(vm_where(g.vm, "d", &address, &size));
	ck_assert_uint_eq(address, 4096 * MIB);
	ck_assert_uint_eq(size, 256 * MIB);
	unplug(&g, "d", 5000);
	ck_assert(!vm_where(g.vm, "d", &address, &size));
	finish(&g);
}
END_TEST

START_TEST(cpus_come_and_go)
{
	struct guest g;

	start(&g, "lapic", NULL, 0);
	/* both at once: each has a slot of its own, a third finds none */
	g.pending = 2;
	vm_plug_cpu(g.vm, "a", in_ms(5000), on_done, &g);
	vm_plug_cpu(g.vm, "b", in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	g.pending = 1;
	vm_plug_cpu(g.vm, "c", in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_FAILED);
	ck_assert_int_eq(unplug(&g, "a", 5000), VM_OK);
	g.pending = 1;
	vm_plug_cpu(g.vm, "c", in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	finish(&g);
}
END_TEST

START_TEST(virtio_mem_sizes)
{
	struct vm_memory device = {.id = "v", .size = 1024 * MIB, .requested = 256 * MIB};
	const guint64 sizes[] = {512 * MIB, 512 * MIB, 0};
	struct guest g;

	start(&g, "", NULL, 0);
	g.pending = 1;
	vm_plug_virtio_mem(g.vm, &device, in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g.pending = 1;
		vm_resize(g.vm, "v", sizes[i], in_ms(5000), on_done, &g);
		ck_assert_int_eq(await(&g), VM_OK);
	}
	g.pending = 1;
	vm_resize(g.vm, "v", 2048 * MIB, in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_FAILED);
	finish(&g);
}
END_TEST

START_TEST(reset_says_hello_again)
{
	struct guest g;

	start(&g, "", NULL, 0);
	until(&g.hello, 1);
	ck_assert_int_eq(command(&g, "system_reset"), VM_OK);
	until(&g.hello, 2);
	ck_assert_int_eq(command(&g, "no-such-command"), VM_FAILED);
	ck_assert_uint_eq(g.gone, 0);
	finish(&g);
}
END_TEST

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
	ck_assert(!vm_send(g.vm, PROTO_POWEROFF, 1, "")); /* before hello */
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

START_TEST(console_flood_is_cut_and_drained)
{
	g_autofree char *path = NULL;
	GStatBuf st;
	struct guest g;

	start(&g, "console-flood=4000000", NULL, 100000);
	until(&g.frames, 2); /* a beat after the flood: nothing was held up */
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

/* Frames among garbage, a broken checksum, a cut frame: the same answer however it is cut. */
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
	/* the middle one's payload is damaged, the last one is whole */
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

/* The controller is killed without warning: its QEMU goes with it. */
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
	/* reaped by init already, or readable once it is dead, within the test's time */
	end.fd = pidfd_open(qemu, 0);
	if (end.fd < 0) {
		ck_assert_int_eq(errno, ESRCH);
	} else {
		ck_assert_int_eq(poll(&end, 1, -1), 1);
		close(end.fd);
	}
}
END_TEST

static glong resident_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

START_TEST(no_growth_over_10000_cycles)
{
	glong before = 0;
	struct guest g;

	start(&g, "", NULL, 0);
	for (int i = 0; i < 10000; i++) {
		ck_assert_int_eq(plug(&g, "d", 10000), VM_OK);
		ck_assert_int_eq(unplug(&g, "d", 10000), VM_OK);
		if (i == 1000)
			before = resident_kib();
	}
#ifdef __SANITIZE_ADDRESS__
	(void)before; /* what is freed stays in quarantine there */
#else
	ck_assert_int_lt(resident_kib() - before, 512);
	ck_assert_int_lt(resident_kib(), 30 * 1024);
#endif
	finish(&g);
}
END_TEST

START_TEST(wrong_config)
{
	const struct vm_owner owner = {0};
	struct vm_config config = config_for();
	g_autoptr(GError) error = NULL;

	config.emulator = "/no/such/qemu";
	ck_assert_ptr_null(vm_start(&config, &owner, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
	g_clear_error(&error);
	config.memory = 16 * MIB;
	ck_assert_ptr_null(vm_start(&config, &owner, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	g_clear_error(&error);
	config = config_for();
	config.mmu = "hash";
	ck_assert_ptr_null(vm_start(&config, &owner, &error));
	g_clear_error(&error);
	config = config_for();
	config.machine = machine_find("powernv9", NULL);
	config.memory = 6144 * MIB;
	ck_assert_ptr_null(vm_start(&config, &owner, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "powernv9 cannot plug memory"));
}
END_TEST

START_TEST(missing_module)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(vm_module_load("none", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_SKIP);
	ck_assert_ptr_nonnull(strstr(error->message, "lib/hotplug-rig/none.so"));
	ck_assert_ptr_null(strchr(error->message, '\n'));
}
END_TEST

START_TEST(command_line_of_nodes)
{
	const struct vm_chardevs chardevs = {"null", "null", "null", "null"};
	struct vm_config config = config_for();
	g_auto(GStrv) words = NULL;
	g_autofree char *line = NULL;

	config.nodes = 3;
	config.base_nodes = 2;
	config.cpu_nodes = 2;
	config.cmdline = "quiet";
	words = vm_command_line(&config, &chardevs, NULL);
	line = g_strjoinv(" ", words);
	ck_assert_ptr_nonnull(strstr(line, "-m size=1048576K,slots=16,maxmem=16777216K"));
	ck_assert_ptr_nonnull(strstr(line, "-numa node,nodeid=1,memdev=base1,cpus=1,cpus=3"));
	ck_assert_ptr_nonnull(strstr(line, "-numa node,nodeid=2 "));
	ck_assert_ptr_nonnull(strstr(line, "-smp cpus=2,maxcpus=4,sockets=4,cores=1,threads=1 "));
	ck_assert_ptr_nonnull(
		strstr(line, "console=ttyS0,115200 panic=-1 rig.tty=ttyS1 no_timer_check quiet"));
}
END_TEST

START_TEST(command_line_of_firmware)
{
	const struct vm_chardevs chardevs = {"null", "null", "null", "null"};
	struct vm_config config = config_for();
	g_auto(GStrv) words = NULL;
	g_autofree char *line = NULL;

	config.machine = machine_find("arm64-virt", NULL);
	words = vm_command_line(&config, &chardevs, NULL);
	line = g_strjoinv(" ", words);
	ck_assert_ptr_nonnull(strstr(
		line,
		"-machine virt,gic-version=3 -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd "));
	ck_assert_ptr_nonnull(strstr(line, "-append console=ttyAMA0 panic=-1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vm");
	TCase *tcase = tcase_create("vm");

	tcase_set_timeout(tcase, 60);
	use_scratch(tcase);
	tcase_add_loop_test(tcase, every_outcome, 0, G_N_ELEMENTS(outcomes));
	tcase_add_test(tcase, late_departure);
	tcase_add_loop_test(tcase, late_refusal, 0, 2);
	tcase_add_test(tcase, a_reset_ends_a_plug);
	tcase_add_test(tcase, where_a_dimm_sits);
	tcase_add_test(tcase, cpus_come_and_go);
	tcase_add_test(tcase, virtio_mem_sizes);
	tcase_add_test(tcase, reset_says_hello_again);
	tcase_add_loop_test(tcase, every_end, 0, G_N_ELEMENTS(ends));
	tcase_add_test(tcase, power_off_and_quit);
	tcase_add_test(tcase, console_flood_is_cut_and_drained);
	tcase_add_test(tcase, channel_faults);
	tcase_add_loop_test(tcase, frames_in_any_pieces, 1, 90);
	tcase_add_test(tcase, qemu_dies_with_us);
	tcase_add_test(tcase, no_growth_over_10000_cycles);
	tcase_add_test(tcase, wrong_config);
	tcase_add_test(tcase, missing_module);
	tcase_add_test(tcase, command_line_of_nodes);
	tcase_add_test(tcase, command_line_of_firmware);
	add_libvirt_tests(tcase);
	add_abandon_tests(tcase);
	add_sandbox_tests(tcase);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
