// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests a place (place/place.h): when jobs start, and what is reported for each, with shell scripts
 * in place of the rig. These cases apply to any place; tests/slurm tests a cluster.
 */
#include "place/place.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

#define JOBS_MAX 8

static char *fake;
static GMainLoop *loop;
/*
 * one entry per event, such as "a+ b- ": + ended with PASS, - with another verdict, 0 not started
 */
static GString *events;
static guint left;
static void (*on_event)(struct place *place);
static struct place *place;

TCase *place_pack_case(void); /* place-pack.c */

static void on_failed(GError *error, void *data)
{
	(void)data;
	g_string_append_printf(events, "! ");
	g_error_free(error);
}

static void begin(const char *rig, guint cores)
{
	const struct place_options options = {
		.results = scratch, .rig = rig, .cores = cores, .memory = 1 << 30};

	place = place_here(&options);
	place->failed = on_failed;
}

static void setup(void)
{
	fake = in_scratch("rig");
	ck_assert(g_file_set_contents_full(
		fake, "#!/bin/sh\ncase $* in *fail*) exit 3; esac\n"
		      "case $* in *build*) echo '{\"image\": \"x\"}'; esac\n"
		      "case $* in *long*) exec sleep 60; esac\n",
		-1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
	loop = g_main_loop_new(NULL, FALSE);
	events = g_string_new(NULL);
	left = 0;
	on_event = NULL;
}

static void teardown(void)
{
	place_free(place);
	g_main_loop_unref(loop);
	g_string_free(events, TRUE);
	g_free(fake);
}

static char **words(const struct place_job *job, guint cores)
{
	g_autofree char *number = g_strdup_printf("%u", cores);
	const char *const list[] = {job->kind == CHILD_BUILD ? "build" : "other", job->key, number,
				    NULL};

	return g_strdupv((char **)list);
}

static void done(struct place_job *job, const struct child_result *result)
{
	g_string_append_printf(events, "%s%c ", job->key,
			       !result				    ? '0'
			       : result->verdict == VERDICT_PASS    ? '+'
			       : result->verdict == VERDICT_ABORTED ? 'x'
								    : '-');
	if (on_event)
		on_event(place);
	if (!--left)
		g_main_loop_quit(loop);
}

static void add(struct place_job *job, const char *key, guint rank, double s)
{
	*job = (struct place_job){
		.kind = g_str_has_prefix(key, "build") ? CHILD_BUILD : CHILD_OTHER,
		.key = key,
		.label = key,
		.item = {.need = {PACK_QUARTERS, 1 << 20}, .estimate_s = s},
		.rank = rank,
		.after = job->after,
		.words = words,
		.done = done,
	};
	left++;
	place_add(place, job);
}

START_TEST(in_order_of_rank)
{
	struct place_job jobs[JOBS_MAX] = {0};

	begin(fake, 1);
	add(&jobs[0], "c", 3, 1);
	add(&jobs[1], "a", 1, 1);
	add(&jobs[2], "b", 2, 1);
	ck_assert_str_eq(events->str, "");
	g_main_loop_run(loop);
	ck_assert_str_eq(events->str, "a+ b+ c+ ");
}
END_TEST

START_TEST(after_a_build)
{
	struct place_job jobs[JOBS_MAX] = {0};

	begin(fake, 1);
	add(&jobs[0], "build-1", 0, 0);
	jobs[1].after = &jobs[0];
	add(&jobs[1], "a", 1, 1);
	add(&jobs[2], "build-fail", 0, 0);
	jobs[3].after = &jobs[2];
	add(&jobs[3], "b", 0, 1);
	g_main_loop_run(loop);
	ck_assert_msg(strstr(events->str, "build-1+ ") && strstr(events->str, "a+ ") &&
			      strstr(events->str, "build-fail- b0 "),
		      "%s", events->str);
	ck_assert(strstr(events->str, "build-1+") < strstr(events->str, "a+"));
}
END_TEST

/* A job that would end after the deadline, or that can never fit, is not started. */
START_TEST(not_started)
{
	struct place_job jobs[JOBS_MAX] = {0};

	begin(fake, 2);
	place->deadline_ns = g_get_monotonic_time() * 1000 + 50 * G_GINT64_CONSTANT(1000000000);
	add(&jobs[0], "a", 1, 1);
	add(&jobs[1], "b", 0, 100);
	g_main_loop_run(loop);
	ck_assert_str_eq(events->str, "a+ b0 ");
	add(&jobs[2], "c", 0, 1);
	jobs[2].item.need.memory = 2ull << 30;
	g_main_loop_run(loop);
	ck_assert_str_eq(events->str, "a+ b0 c0 ");
}
END_TEST

START_TEST(cannot_start)
{
	struct place_job jobs[JOBS_MAX] = {0};
	g_autofree char *none = in_scratch("no-such-rig");

	begin(none, 1);
	add(&jobs[0], "a", 0, 1);
	g_main_loop_run(loop);
	ck_assert_str_eq(events->str, "a0 ! ");
}
END_TEST

static void stop_after_one(struct place *p)
{
	on_event = NULL;
	place_stop(p, 10);
}

/* place_stop() starts no further job and stops the running ones. */
START_TEST(stopped)
{
	struct place_job jobs[JOBS_MAX] = {0};

	begin(fake, 2);
	add(&jobs[0], "long", 0, 1);
	add(&jobs[1], "b", 1, 1);
	add(&jobs[2], "c", 2, 1);
	add(&jobs[3], "d", 3, 1);
	on_event = stop_after_one;
	g_main_loop_run(loop);
	ck_assert_msg(g_str_has_prefix(events->str, "b+ ") && strstr(events->str, "d0 ") &&
			      strstr(events->str, "longx "),
		      "%s", events->str);
}
END_TEST

START_TEST(cannot_be_left)
{
	g_autoptr(GError) error = NULL;

	begin(fake, 1);
	ck_assert(!place_can_leave(place) && !place_leave(place, &error));
	ck_assert_ptr_nonnull(error);
}
END_TEST

static Suite *place_suite(void)
{
	Suite *suite = suite_create("place");
	TCase *tc = tcase_create("here");

	suite_add_tcase(suite, place_pack_case());
	use_scratch(tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, in_order_of_rank);
	tcase_add_test(tc, after_a_build);
	tcase_add_test(tc, not_started);
	tcase_add_test(tc, cannot_start);
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, cannot_be_left);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return suite_run(place_suite());
}
