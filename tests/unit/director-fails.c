// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests conditions of holds, and calls that fail: the lines that the rig writes into the
 * instruction file, and those that the plugin sends.
 */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "director/director.h"
#include "tests/unit/director.h"
#include "util/error.h"

/* The lines for conditions of a hold, for a kernel with neither init_task nor memory blocks. */
START_TEST(conditions)
{
	static const struct {
		const char *hold, *lines, *error;
		int code;
	} cases[] = {
		{"first until second, same arg2 arg1", "\nsame 0 a arg 2\nsame 0 b arg 1\n",
		 NULL, 0},
		{"first until second, same arg3", "\nsame 0 a arg 3\nsame 0 b arg 3\n", NULL, 0},
		{"first until second, same block", NULL, "which memory block 'first'",
		 RIG_EXIT_USAGE},
		{"first, comm sh", NULL, "needs a kernel with the symbols init_task",
		 RIG_EXIT_SKIP},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		rig_auto(director_orders) orders = resolve(cases[i].hold, &error);

		if (cases[i].error) {
			ck_assert_ptr_null(orders);
			ck_assert_int_eq(rig_exit_code(error), cases[i].code);
			ck_assert_ptr_nonnull(strstr(error->message, cases[i].error));
			continue;
		}
		ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
		ck_assert_ptr_nonnull(strstr(director_orders_text(orders), cases[i].lines));
		ck_assert(hold_fits_api(cases[i].hold, 4, &error));
		ck_assert(!hold_fits_api(cases[i].hold, 2, &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
		ck_assert_ptr_nonnull(strstr(error->message, "QEMU 9.2"));
	}
}
END_TEST

/*
 * Calls that fail at a function's entry: only those of certain callers, or those after the
 * beginning of a step.
 */
START_TEST(failing_calls)
{
	struct fail_spec good[] = {
		{.function = (char *)"first", .in = (char *)"second", .error = (char *)"ENOMEM",
		 .call = 2, .times = 1},
		{.function = (char *)"cpus_read_lock", .error = (char *)"NULL", .call = 1,
		 .times = 3, .after = (char *)"plug d"},
	};
	struct fail_spec bad = {.function = (char *)"frist", .error = (char *)"EIO", .call = 1,
				.times = 1};
	struct fail_spec named = good[0];
	const struct director_watch watch = {.fails = good, .n_fails = 2, .calls = TRUE},
				    no_watch = {.fails = &bad, .n_fails = 1},
				    no_names = {.fails = &named, .n_fails = 1};
	g_autoptr(GError) error = NULL;
	rig_auto(director_orders) orders = director_resolve(NULL, 0, &watch, kernel, &error);

	ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
	ck_assert_msg(g_regex_match_simple(
			      "\nfail 0 2 1 fffffffffffffff4 now -\n"
			      "failat 0 ffffffff81[0-9a-f]{6}\n"
			      "failin 0 ffffffff81[0-9a-f]{6} ffffffff81[0-9a-f]{6}\n"
			      "fail 1 1 3 0 later -\nfailat 1 ffffffff81[0-9a-f]{6}\n$",
			      director_orders_text(orders), 0, 0),
		      "%s", director_orders_text(orders));
	ck_assert_str_eq(director_orders_fail(orders, 0), "first in second ENOMEM, call 2");
	ck_assert(director_fits(NULL, 0, &watch, 7, &error));
	ck_assert(!director_fits(NULL, 0, &watch, 6, &error));
	/* counting the calls needs the same interface */
	ck_assert(!director_fits(NULL, 0, &(struct director_watch){.calls = TRUE}, 6, NULL));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
	ck_assert_ptr_nonnull(strstr(error->message, "11.1 or newer"));
	g_clear_error(&error);
	ck_assert_ptr_null(director_resolve(NULL, 0, &no_watch, kernel, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(error->message, "similar: first"));
	g_clear_error(&error);
	/* this kernel has no init_task */
	named.comm = (char *)"sh";
	ck_assert_ptr_null(director_resolve(NULL, 0, &no_names, kernel, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
}
END_TEST

static guint n_broken;

static void on_broken(const char *line, void *data)
{
	(void)line;
	(void)data;
	n_broken++;
}

static void on_failed(const struct director_failed *failed, void *data)
{
	struct director_failed *ret = data;

	*ret = *failed;
	ck_assert_str_eq(failed->comm, "kworker/0:1");
}

START_TEST(failed_lines)
{
	struct fail_spec spec = {.function = (char *)"first", .error = (char *)"ENOMEM", .call = 2,
				 .times = 1};
	const struct director_watch watch = {.fails = &spec, .n_fails = 1};
	struct director_failed failed = {0};
	const struct director_owner owner = {
		.broken = on_broken, .failed = on_failed, .data = &failed};
	g_autoptr(GError) error = NULL;
	rig_auto(director_orders) orders = director_resolve(NULL, 0, &watch, kernel, &error);
	rig_auto(director) director = NULL;
	guint64 calls, n;
	char line[32] = "";
	struct director_files files;
	int fd;

	ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
	director = director_open(orders, scratch, &owner, &files, &error);
	ck_assert_ptr_nonnull(director);
	fd = files.socket;
	n_broken = 0;
	director_say(fd, "failed 0 1 1000 2 ffffffff81000123 kworker/0:1");
	director_poll(director);
	ck_assert_uint_eq(failed.call, 2);
	ck_assert_uint_eq(failed.caller, 0xffffffff81000123);
	ck_assert_int_eq(failed.at_ns, 1000);
	director_calls(director, 0, &calls, &n);
	ck_assert_uint_eq(calls, 2);
	ck_assert_uint_eq(n, 1);
	director_say(fd, "calls 0 9 1");
	director_poll(director);
	director_calls(director, 0, &calls, &n);
	ck_assert_uint_eq(calls, 9);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(n_broken, 0);
	director_begin_fail(director, 0);
	ck_assert_int_eq(recv(fd, line, sizeof(line) - 1, 0), 7);
	ck_assert_str_eq(line, "begin 0");
	director_say(fd, "calls 1 1 1");
	director_poll(director);
	ck_assert_uint_eq(n_broken, 1);
	director_say(fd, "failed 0 1 1000 2 ffffffff81000123 a-name-of-more-than-15-bytes");
	director_poll(director);
	ck_assert_uint_eq(n_broken, 1);
	close(fd);
}
END_TEST

void add_fail_tests(TCase *tcase)
{
	tcase_add_test(tcase, conditions);
	tcase_add_test(tcase, failing_calls);
	tcase_add_test(tcase, failed_lines);
}
