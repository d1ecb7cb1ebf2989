// SPDX-License-Identifier: GPL-2.0-only
/* Tests the search for cycles in the lock graph, with ambiguous names and with random graphs. */
#include "tests/unit/locks.h"

#include "tests/unit/suite.h"

/*
 * All device locks have one name, so a cycle through this name may involve several devices. It must
 * not hide a longer cycle without this name.
 */
START_TEST(device_locks_are_many)
{
	struct world w = {in_scratch("results"), NULL, NULL};
	g_autoptr(GPtrArray) cycles = NULL;

	put_run(w.results, "20261101T000000Z-s-1", "m", "PASS",
		CHAIN("0") LINE("&dev->mutex") LINE("b") "\n");
	put_run(w.results, "20261102T000000Z-s-2", "m", "PASS",
		CHAIN("0") LINE("b") LINE("&dev->mutex") "\n");
	look(&w);
	cycles = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_uint_eq(cycles->len, 1);
	ck_assert(((struct lock_cycle *)cycles->pdata[0])->ambiguous);
	for (guint i = 0; i < 4; i++) {
		g_autofree char *name = g_strdup_printf("2026110%uT000000Z-s-2", i + 3);
		g_autofree char *chains = g_strdup_printf(
			CHAIN("0") LINE("%c") LINE("%c") "\n" CHAIN("0") LINE("%c")
				LINE("&dev->mutex") "\n" CHAIN("0") LINE("&dev->mutex")
					LINE("%c") "\n",
			"abcd"[i], "bcda"[i], "abcd"[i], "bcda"[i]);

		put_run(w.results, name, "m", "PASS", chains);
	}
	look(&w);
	g_ptr_array_unref(cycles);
	cycles = lock_cycles(w.db, w.graph, 6, NULL);
	ck_assert_str_eq(((struct lock_cycle *)cycles->pdata[0])->signature,
			 "v1:lock-cycle:a --> b --> c --> d");
	world_clear(&w);
}
END_TEST

/*
 * Random graphs: each result is a cycle of the graph, and a graph without back edges has no result.
 */
START_TEST(random_graphs)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(_i);

	for (guint round = 0; round < 20; round++) {
		g_autofree char *name = g_strdup_printf("results%u", round);
		struct world w = {in_scratch(name), NULL, NULL};
		gboolean forward = round % 2 == 0;
		g_autoptr(GPtrArray) cycles = NULL;

		for (guint run = 0; run < 6; run++) {
			g_autoptr(GString) chains = g_string_new(NULL);
			g_autofree char *folder =
				g_strdup_printf("2026110%uT000000Z-s-%u", run + 1, run);
			guint a = g_rand_int_range(rand, 0, 6), b = g_rand_int_range(rand, 0, 6);

			if (forward && a > b) {
				guint swap = a;

				a = b;
				b = swap;
			}
			g_string_append_printf(chains, CHAIN("0") LINE("l%u") LINE("l%u") "\n", a,
					       b);
			put_run(w.results, folder, "m", "PASS", chains->str);
		}
		look_in(&w, NULL);
		cycles = lock_cycles(w.db, w.graph, 6, NULL);
		if (forward)
			ck_assert_uint_eq(cycles->len, 0);
		for (guint i = 0; i < cycles->len; i++) {
			const struct lock_cycle *cycle = cycles->pdata[i];

			for (guint c = 0; c < cycle->classes->len; c++)
				ck_assert_ptr_nonnull(lock_graph_find(
					w.graph, g_array_index(cycle->classes, guint, c),
					g_array_index(cycle->classes, guint,
						      (c + 1) % cycle->classes->len)));
		}
		world_clear(&w);
	}
}
END_TEST

void add_cycle_tests(TCase *graph)
{
	tcase_add_test(graph, device_locks_are_many);
	tcase_add_loop_test(graph, random_graphs, 0, 4);
}
