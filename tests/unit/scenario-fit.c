// SPDX-License-Identifier: GPL-2.0-only
/* Tests whether scenarios fit a machine, and how they are changed to fit its page size. */
#include "tests/unit/scenario.h"
#include "tests/unit/suite.h"

#include "util/error.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

/* A step that a machine does not support is a reason to skip; the reason names the step. */
START_TEST(fits)
{
	rig_auto(scenario) s = scenario_good("scenario/good/full.yaml");
	const struct machine *q35 = machine_find("pc-q35", NULL);
	struct machine other = *q35;
	g_autoptr(GError) order = NULL;
	const struct {
		unsigned cannot;
		guint64 unit, least;
		const char *says;
	} cases[] = {
		{MACHINE_PLUG_DIMM, 0, 0, "pc-q35 cannot plug DIMMs (step 1 of track 1)"},
		{MACHINE_UNPLUG_DIMM, 0, 0, "pc-q35 cannot unplug DIMMs (step 4 of track 1)"},
		{MACHINE_VIRTIO_MEM, 0, 0, "pc-q35 cannot have virtio-mem (step 1 of track 2)"},
		{MACHINE_PLUG_CPU, 0, 0, "pc-q35 cannot plug CPUs (step 1 of track 3)"},
		{MACHINE_PLUG_NVDIMM, 0, 0, "pc-q35 cannot plug NVDIMMs (step 2 of track 3)"},
		{MACHINE_CXL, 0, 0, "pc-q35 cannot have CXL memory (step 3 of track 3)"},
		{MACHINE_NUMA, 0, 0, "pc-q35 has no NUMA nodes, 'full' needs 2"},
		{0, 512 * MIB, 0,
		 "on pc-q35 the size of a dimm must be a multiple of 512M (step 1 of track 1)"},
		{0, 0, 4096 * MIB, "pc-q35 needs at least 4G of base memory, 'full' has 1G"},
	};

	ck_assert(scenario_check_machine(s, q35, NULL));
	ck_assert((scenario_abilities(s) & (MACHINE_NUMA | MACHINE_PLUG_DIMM | MACHINE_BALLOON)) ==
		  (MACHINE_NUMA | MACHINE_PLUG_DIMM));
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		other = *q35;
		other.can &= ~cases[i].cannot;
		other.dimm_unit = cases[i].unit ? cases[i].unit : q35->dimm_unit;
		other.min_memory = cases[i].least ? cases[i].least : q35->min_memory;
		ck_assert(!scenario_check_machine(s, &other, &error));
		ck_assert_str_eq(error->message, cases[i].says);
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
	}
	other = *q35;
	other.nodes_in_order = TRUE;
	ck_assert(!scenario_check_machine(s, &other, &order));
	ck_assert_str_eq(order->message,
			 "pc-q35 needs a CPU on each NUMA node, 'full' has 2 nodes and CPUs on 1");
	other.name = "toaster";
	ck_assert(!scenario_check_machine(s, &other, NULL));
}
END_TEST

/*
 * Sizes become multiples of a memory block, and max_memory grows by as much. The plugs of full.yaml
 * are two DIMMs of 256M to 1G, virtio-mem of 1G with 256M of it, an NVDIMM of 256M, and CXL memory
 * of 512M.
 */
START_TEST(sizes_are_rounded_up)
{
	rig_auto(scenario) s = scenario_good("scenario/good/full.yaml");
	struct machine large = *machine_find("pc-q35", NULL);
	g_autofree char *says = NULL;

	ck_assert_ptr_null(scenario_fit(s, &large));
	large.dimm_unit = large.virtio_mem_unit = 768 * MIB;
	says = scenario_fit(s, &large);
	ck_assert_str_eq(says, "sizes are rounded up to memory blocks of 768M");
	ck_assert_uint_eq(s->tracks[0].steps[0].size.low, 768 * MIB);
	ck_assert_uint_eq(s->tracks[0].steps[0].size.high, 1536 * MIB);
	ck_assert_uint_eq(s->tracks[1].steps[0].size.high, 1536 * MIB);
	ck_assert_uint_eq(s->tracks[1].steps[0].requested.low, 768 * MIB);
	ck_assert_uint_eq(s->tracks[1].steps[1].size.low, 768 * MIB);
	ck_assert_uint_eq(s->tracks[2].steps[1].size.high, 768 * MIB);
	ck_assert_uint_eq(s->tracks[2].steps[2].size.high, 512 * MIB);
	ck_assert_uint_eq(s->memory, 1024 * MIB);
	ck_assert_uint_eq(s->max_memory, (6 * 1024 + 2 * 512 + 512 + 512) * MIB);
	ck_assert(scenario_check_machine(s, &large, NULL));
	ck_assert_ptr_null(scenario_fit(s, &large));
}
END_TEST

/* Each base node needs a block of its own. */
START_TEST(nodes_have_a_block)
{
	rig_auto(scenario) s = scenario_good("scenario/good/full.yaml");
	struct machine large = *machine_find("pc-q35", NULL);
	g_autofree char *says = NULL;

	s->n_tracks = 0;
	s->base_nodes = 2;
	large.dimm_unit = 512 * MIB;
	ck_assert_ptr_null(scenario_fit(s, &large));
	large.dimm_unit = 1024 * MIB;
	says = scenario_fit(s, &large);
	ck_assert_ptr_nonnull(says);
	ck_assert_uint_eq(s->memory, 2048 * MIB);
	ck_assert_uint_eq(s->max_memory, 7 * 1024 * MIB);
}
END_TEST

void add_fit_tests(TCase *tcase)
{
	tcase_add_test(tcase, fits);
	tcase_add_test(tcase, sizes_are_rounded_up);
	tcase_add_test(tcase, nodes_have_a_block);
}
