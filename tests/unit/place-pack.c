// SPDX-License-Identifier: GPL-2.0-only
/* Tests the packing of jobs onto a host: which job starts next, and how long all of them take. */
#include <check.h>
#include <math.h>

#include "place/pack.h"
#include "util/rng.h"

TCase *place_pack_case(void);

static struct pack_item item(guint quarters, double s)
{
	return (struct pack_item){.need = {quarters, 1 << 20}, .estimate_s = s};
}

START_TEST(picks)
{
	struct pack_item items[] = {item(8, 30), item(4, 20), item(4, 10)};
	struct pack_item *list[] = {&items[0], &items[1], &items[2]};
	struct pack_room free = {8, 1 << 30};

	ck_assert_int_eq(pack_pick(list, 3, &free, -1), 0);
	ck_assert_int_eq(pack_pick(list, 3, &free, 15), 2);
	ck_assert_int_eq(pack_pick(list, 3, &free, 5), -1);
	free.quarters = 4;
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pack_pick(list, 3, &free, -1), 1);
	/* no later item may start, because the first one was passed over 8 times */
	ck_assert_int_eq(pack_pick(list, 3, &free, -1), -1);
	free.memory = 1;
	free.quarters = 8;
	ck_assert_int_eq(pack_pick(list, 3, &free, -1), -1);
	ck_assert_int_eq(pack_pick(list, 0, &free, -1), -1);
}
END_TEST

/* Two items that each need more than half of the usable size never run in parallel. */
START_TEST(more_than_half)
{
	struct pack_item items[] = {item(6, 30), item(6, 20), item(2, 40)};
	struct pack_item *list[] = {&items[0], &items[1], &items[2]};
	const struct pack_room host = {8, 1 << 30};

	ck_assert_double_eq_tol(pack_bound(list, 3, &host), 50, 1e-6);
	/*
	 * two items of five quarters each exceed the eight by a quarter: they run at the same time,
	 * and take longer
	 */
	items[0].need.quarters = items[1].need.quarters = 5;
	ck_assert_double_eq_tol(pack_span(list, 2, &host), 5 * 50 / 8.0, 1e-6);
	ck_assert_double_le(pack_bound(list, 2, &host), pack_span(list, 2, &host) + 1e-6);
}
END_TEST

/*
 * For random jobs, no packing takes less time than pack_bound(), and the order "longest first"
 * takes at most twice that time.
 */
START_TEST(spans)
{
	struct rng rng = rng_stream(_i, "pack");
	const struct pack_room host = {16, 64 << 20};
	struct pack_item items[60], *list[60];
	double span, bound;

	for (guint i = 0; i < 60; i++) {
		items[i] = item(rng_between(&rng, 1, 16), 60 - (double)i);
		items[i].need.memory = rng_between(&rng, 1, 64) << 20;
		list[i] = &items[i];
	}
	span = pack_span(list, 60, &host);
	bound = pack_bound(list, 60, &host);
	ck_assert_msg(span >= bound - 1e-6 && span <= 2 * bound, "%g, at least %g", span, bound);
	/* items that need the whole host run one after the other */
	for (guint i = 0; i < 60; i++)
		items[i].need.quarters = 99;
	ck_assert(fabs(pack_span(list, 60, &host) - 60 * 61 / 2.0) < 1e-6);
}
END_TEST

TCase *place_pack_case(void)
{
	TCase *tc = tcase_create("pack");

	tcase_add_test(tc, picks);
	tcase_add_test(tc, more_than_half);
	tcase_add_loop_test(tc, spans, 0, 20);
	return tc;
}
