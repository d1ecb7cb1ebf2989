// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests operations on a guest with the fake QEMU: each case is a script for the fake, and the
 * expected outcomes.
 */
#include "tests/unit/suite.h"
#include "tests/unit/vm-guest.h"

#include <check.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/unit/vm.h"
#include "util/error.h"
#include "vm/cmdline.h"
#include "vm/module.h"

/*
 * Each row: one plug, then two unplugs, and the expected outcome of each. The deadline is short if
 * no event is expected.
 */
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
	/*
	 * the first unplug is still pending when the second is requested, which waits for its
	 * outcome
	 */
	{"unplug=never", NULL, VM_OK, VM_TIMED_OUT, VM_TIMED_OUT},
	/*
	 * device_del is refused because an earlier one is pending: its refusal is awaited, then the
	 * command is sent again
	 */
	{"unplug=pending*1;delay=20", NULL, VM_OK, VM_OK, VM_FAILED},
	/* device_del is refused until the guest has finished its work on the slot */
	{"unplug=busy*3", NULL, VM_OK, VM_OK, VM_FAILED},
	{"unplug=busy", NULL, VM_OK, VM_TIMED_OUT, VM_TIMED_OUT},
	{"unplug=mapped*1", NULL, VM_OK, VM_OK, VM_FAILED},
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
	/* only cases without an event last until the deadline */
	gboolean silent = outcomes[_i].plug == VM_TIMED_OUT || outcomes[_i].first == VM_TIMED_OUT;
	int ms = silent ? 300 : 5000;

	start(&g, outcomes[_i].script, outcomes[_i].machine, 0);
	/* wait for the fake's start first, so that the deadline does not include it */
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

/* If QEMU does not delete the backend of a deleted device, the next device gets another one. */
START_TEST(backend_stays)
{
	struct guest g;

	start(&g, "unplug=mapped*2", NULL, 0);
	for (guint i = 0; i < 4; i++) {
		ck_assert_int_eq(plug(&g, "d", 5000), VM_OK);
		ck_assert_int_eq(unplug(&g, "d", 5000), VM_OK);
	}
	finish(&g);
}
END_TEST

/*
 * The guest refuses after the unplug has timed out: the next unplug sends a new request. The event
 * differs between machines.
 */
START_TEST(late_refusal)
{
	static const char *const kinds[] = {"pc-q35", "pseries"};
	struct guest g;

	start(&g, "unplug=refuse*1;delay=200", kinds[_i], 0);
	ck_assert_int_eq(plug(&g, "d", 5000), VM_OK);
	ck_assert_int_eq(unplug(&g, "d", 20), VM_TIMED_OUT);
	/*
	 * wait until the refusal has been seen: it was started before the unplug of another
	 * device, and has the same delay, so it comes before the end of that unplug
	 */
	ck_assert_int_eq(plug(&g, "e", 5000), VM_OK);
	ck_assert_int_eq(unplug(&g, "d", 5000), VM_OK);
	finish(&g);
}
END_TEST

/* The guest is reset while a plug waits for its _OST, which will not arrive. */
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
	/*
	 * two CPUs are plugged at the same time: each gets a different slot, and a third one finds
	 * none
	 */
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

/* The label area is added to the size; what the guest writes must reach the backing file. */
START_TEST(nvdimm_stays)
{
	struct vm_memory device = {.id = "n",
				   .size = 256 * MIB,
				   .label = MIB,
				   .share = TRUE,
				   .backend = VM_BACKEND_FILE};
	g_autofree char *log = NULL, *path = in_scratch("qmp.jsonl");
	struct guest g;

	start(&g, "", NULL, 0);
	g.pending = 1;
	vm_plug_nvdimm(g.vm, &device, in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	ck_assert_int_eq(unplug(&g, "n", 5000), VM_FAILED);
	finish(&g);
	ck_assert(g_file_get_contents(path, &log, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(log, "269484032"));
	ck_assert_ptr_nonnull(strstr(log, "\"share\""));
	ck_assert_ptr_nonnull(strstr(log, "\"label-size\""));
}
END_TEST

/*
 * QEMU gets a copy of the file, maps it privately, and the copy is deleted at the end. Two devices
 * may have the same file.
 */
START_TEST(nvdimm_with_contents)
{
	const struct vm_image images[] = {{"sub/n.img", MIB}, {"sub/n.img", MIB}};
	struct vm_memory device = {.id = "n",
				   .size = 256 * MIB,
				   .label = MIB,
				   .backend = VM_BACKEND_FILE,
				   .image = "sub/n.img"};
	g_autofree char *log = NULL, *path = in_scratch("qmp.jsonl"), *text = NULL;
	g_autofree char *folder = in_scratch("files/sub"), *kept = in_scratch("files/sub/n.img");
	g_autofree char *copy = in_scratch("qemu/image-1"), *second = in_scratch("qemu/image-2");
	struct guest g;

	ck_assert(!g_mkdir_with_parents(folder, 0700));
	ck_assert(g_file_set_contents(kept, "first", 5, NULL) && !truncate(kept, MIB));
	start_with_images(&g, images, G_N_ELEMENTS(images));
	ck_assert(g_file_get_contents(copy, &text, NULL, NULL) && !strcmp(text, "first"));
	ck_assert(!g_file_test(second, G_FILE_TEST_EXISTS));
	g.pending = 1;
	vm_plug_nvdimm(g.vm, &device, in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	finish(&g);
	ck_assert(!g_file_test(copy, G_FILE_TEST_EXISTS));
	ck_assert(g_file_test(kept, G_FILE_TEST_EXISTS));
	ck_assert(g_file_get_contents(path, &log, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(log, "qemu/image-1\""));
	ck_assert_ptr_null(strstr(log, "\"share\""));
}
END_TEST

/*
 * The balloon's size is the memory that it takes from the guest; QEMU reports the memory that is
 * left. A request of the present size causes no event.
 */
START_TEST(balloon_sizes)
{
	const guint64 sizes[] = {256 * MIB, 256 * MIB, 0};
	struct guest g;

	start(&g, "", NULL, 0);
	g.pending = 1;
	vm_plug_balloon(g.vm, "b", in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g.pending = 1;
		vm_resize_balloon(g.vm, "b", sizes[i], in_ms(5000), on_done, &g);
		ck_assert_int_eq(await(&g), VM_OK);
	}
	g.pending = 1;
	vm_resize_balloon(g.vm, "b", 4096 * MIB, in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_FAILED);
	ck_assert_int_eq(unplug(&g, "b", 5000), VM_OK);
	finish(&g);
}
END_TEST

/* A device that is plugged into a root port occupies it until it is unplugged. */
START_TEST(root_ports_are_taken)
{
	struct vm_memory device = {.size = 256 * MIB, .share = TRUE, .backend = VM_BACKEND_FILE};
	const char *const ids[] = {"p0", "p1", "p2", "p3"};
	struct guest g;

	start(&g, "", NULL, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		device.id = ids[i];
		g.pending = 1;
		vm_plug_virtio_pmem(g.vm, &device, in_ms(5000), on_done, &g);
		ck_assert_int_eq(await(&g), VM_OK);
	}
	g.pending = 1;
	vm_plug_balloon(g.vm, "b", in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_FAILED);
	ck_assert_int_eq(unplug(&g, "p2", 5000), VM_OK);
	g.pending = 1;
	vm_plug_balloon(g.vm, "b", in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
	/* CXL devices have root ports of their own */
	device.id = "c";
	g.pending = 1;
	vm_plug_cxl(g.vm, &device, in_ms(5000), on_done, &g);
	ck_assert_int_eq(await(&g), VM_OK);
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
	/* the address sanitizer keeps freed memory, so the amount cannot be compared */
	(void)before;
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

int main(void)
{
	Suite *suite = suite_create("vm");
	TCase *tcase = tcase_create("vm");

	tcase_set_timeout(tcase, 60);
	use_scratch(tcase);
	tcase_add_loop_test(tcase, every_outcome, 0, G_N_ELEMENTS(outcomes));
	tcase_add_test(tcase, late_departure);
	tcase_add_test(tcase, backend_stays);
	tcase_add_loop_test(tcase, late_refusal, 0, 2);
	tcase_add_test(tcase, a_reset_ends_a_plug);
	tcase_add_test(tcase, where_a_dimm_sits);
	tcase_add_test(tcase, cpus_come_and_go);
	tcase_add_test(tcase, virtio_mem_sizes);
	tcase_add_test(tcase, nvdimm_stays);
	tcase_add_test(tcase, nvdimm_with_contents);
	tcase_add_test(tcase, balloon_sizes);
	tcase_add_test(tcase, root_ports_are_taken);
	tcase_add_test(tcase, reset_says_hello_again);
	tcase_add_test(tcase, no_growth_over_10000_cycles);
	tcase_add_test(tcase, wrong_config);
	tcase_add_test(tcase, missing_module);
	add_end_tests(tcase);
	add_libvirt_tests(tcase);
	add_abandon_tests(tcase);
	add_sandbox_tests(tcase);
	add_cmdline_tests(tcase);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
