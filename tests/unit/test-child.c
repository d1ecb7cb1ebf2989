// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests child processes, with shell scripts in place of the rig: how their end is reported, and
 * that no process is left.
 */
#include "child/child.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static char *fake;

static void setup(void)
{
	fake = in_scratch("rig");
}

static void teardown(void)
{
	g_free(fake);
}

static void write_fake(const char *script)
{
	g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd '%s'\n%s\n", scratch, script);

	ck_assert(g_file_set_contents_full(fake, text, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
}

struct seen {
	GMainLoop *loop;
	guint calls;
	enum verdict verdict;
	int exit_code;
	char *run, *problem;
	enum child_end end;
	double cpu_s;
};

static void on_done(struct child *child, const struct child_result *result, void *data)
{
	struct seen *seen = data;

	seen->calls++;
	seen->verdict = result->verdict;
	seen->exit_code = result->exit_code;
	seen->run = g_strdup(result->run);
	seen->problem = g_strdup(result->problem);
	seen->end = result->end;
	seen->cpu_s = result->cpu_s;
	ck_assert(json_is_object(result->answer));
	ck_assert_int_eq(child_pid(child), 0);
	/* child_free() may be called at any time, also here */
	child_free(child);
	g_main_loop_quit(seen->loop);
}

static void seen_clear(struct seen *seen)
{
	g_main_loop_unref(seen->loop);
	g_free(seen->run);
	g_free(seen->problem);
}

static struct child *begin(const struct child_spec *spec, struct seen *seen)
{
	struct child_spec mine = *spec;
	g_autoptr(GError) error = NULL;
	struct child *child;

	mine.rig = fake;
	*seen = (struct seen){.loop = g_main_loop_new(NULL, FALSE)};
	child = child_run(&mine, on_done, seen, &error);
	ck_assert_msg(child != NULL, "%s", error ? error->message : "");
	return child;
}

static const struct {
	const char *script;
	enum verdict verdict;
	int exit_code;
	const char *run, *problem; /* a part of the text, or NULL if there must be none */
} ends[] = {
	{"echo '{\"verdict\": \"PASS\", \"run\": \"r1\"}'", VERDICT_PASS, 0, "r1", NULL},
	{"echo '{\"verdict\": \"FAIL\", \"run\": \"r2\"}'; exit 1", VERDICT_FAIL, 1, "r2", NULL},
	{"echo '{\"verdict\": \"HANG\", \"run\": \"r3\"}'; exit 1", VERDICT_HANG, 1, "r3", NULL},
	/* the printed verdict and the exit code disagree */
	{"echo '{\"verdict\": \"PASS\", \"run\": \"r4\"}'; exit 1", VERDICT_INFRA, 1, "r4",
	 "ended with code 1"},
	{"echo '{\"verdict\": \"NICE\"}'", VERDICT_INFRA, 0, NULL, "ended with code 0"},
	{"echo 'rig: first' >&2; echo 'rig: no such machine' >&2; exit 2", VERDICT_INFRA, 2, NULL,
	 "no such machine"},
	{"echo 'rig: powernv9 cannot plug' >&2; exit 77", VERDICT_SKIP, 77, NULL,
	 "powernv9 cannot plug"},
	{"echo '[]'", VERDICT_INFRA, 0, NULL, "ended with code 0"},
	{"echo '{\"verdict\": \"PA'", VERDICT_INFRA, 0, NULL, "ended with code 0"},
	{"kill -SEGV $$", VERDICT_INFRA, -11, NULL, "killed by signal 11"},
	{"printf '\\377\\376bad' >&2; exit 3", VERDICT_INFRA, 3, NULL, "bad"},
	{"head -c 70000000 /dev/zero; exit 0", VERDICT_INFRA, 0, NULL, "printed more than"},
	{"head -c 300000 /dev/zero | tr '\\0' x >&2; echo >&2; echo last >&2; exit 3",
	 VERDICT_INFRA, 3, NULL, "last"},
	/* a grandchild keeps the pipes open after the child's exit; the rig must not wait for it */
	{"tail -f /dev/null & echo '{\"verdict\": \"PASS\", \"run\": \"r5\"}'", VERDICT_PASS, 0,
	 "r5", NULL},
};

START_TEST(ends_as)
{
	struct child_spec spec = {.scenario = "x"};
	struct seen seen;

	write_fake(ends[_i].script);
	begin(&spec, &seen);
	g_main_loop_run(seen.loop);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_msg(seen.verdict == ends[_i].verdict, "'%s' ended as %s: %s", ends[_i].script,
		      verdict_name(seen.verdict), seen.problem ? seen.problem : "");
	ck_assert_int_eq(seen.exit_code, ends[_i].exit_code);
	ck_assert_pstr_eq(seen.run, ends[_i].run);
	ck_assert_msg(ends[_i].problem ? seen.problem && strstr(seen.problem, ends[_i].problem)
				       : !seen.problem,
		      "'%s': '%s'", ends[_i].script, seen.problem ? seen.problem : "no problem");
	ck_assert_int_eq(seen.end, CHILD_ENDED);
	seen_clear(&seen);
}
END_TEST

START_TEST(words)
{
	const char *patches[] = {"a.patch", "b.patch", NULL}, *labels[] = {"night=n1", NULL},
		   *extra[] = {"--accel", "tcg", NULL}, *env[] = {"CHILD_TEST=yes", NULL};
	struct child_spec spec = {.scenario = "-odd",
				  .machine = "pseries",
				  .kernel = "deb:x",
				  .patches = patches,
				  .seed = "7",
				  .duration_s = 3,
				  .results = "/r",
				  .labels = labels,
				  .extra = extra,
				  .env = env};
	g_autofree char *file = in_scratch("words"), *text = NULL;
	struct seen seen;

	write_fake("echo \"$CHILD_TEST $*\" >words");
	begin(&spec, &seen);
	g_main_loop_run(seen.loop);
	ck_assert(g_file_get_contents(file, &text, NULL, NULL));
	ck_assert_str_eq(
		text,
		"yes run --json --machine pseries --kernel deb:x --patch a.patch --patch b.patch "
		"--seed 7 --duration 3 --results /r --label night=n1 --accel tcg -- -odd\n");
	seen_clear(&seen);
}
END_TEST

START_TEST(a_build)
{
	struct child_build_spec spec = {
		.source = "deb:x", .arch = "ppc64le", .jobs = 2, .rig = fake};
	g_autofree char *file = in_scratch("words"), *text = NULL;
	struct seen seen = {.loop = g_main_loop_new(NULL, FALSE)};

	write_fake("echo \"$*\" >words; echo '{\"image\": \"/i\"}'");
	ck_assert_ptr_nonnull(child_build(&spec, on_done, &seen, NULL));
	g_main_loop_run(seen.loop);
	ck_assert_int_eq(seen.verdict, VERDICT_PASS);
	ck_assert(g_file_get_contents(file, &text, NULL, NULL));
	ck_assert_str_eq(text, "kernel build --json --source deb:x --arch ppc64le --jobs 2\n");
	/* without an image the build has failed, whatever the exit code is */
	write_fake("echo '{}'");
	ck_assert_ptr_nonnull(child_build(&spec, on_done, &seen, NULL));
	g_main_loop_run(seen.loop);
	ck_assert_int_eq(seen.verdict, VERDICT_INFRA);
	seen_clear(&seen);
}
END_TEST

/*
 * Waits until the script (or its child) has written its process id into the file NAME, and returns
 * it.
 */
static int pid_in(const char *name)
{
	g_autofree char *file = in_scratch(name);

	for (int i = 0; i < 5000; i++) {
		g_autofree char *text = NULL;
		int pid = g_file_get_contents(file, &text, NULL, NULL) && strchr(text, '\n')
				  ? strtol(text, NULL, 10)
				  : 0;

		if (pid)
			return pid;
		poll(NULL, 0, 1);
		g_main_context_iteration(NULL, FALSE);
	}
	ck_abort_msg("no %s", name);
	return 0;
}

static gboolean ends_soon(int pid)
{
	int fd = pidfd_open(pid, 0);
	struct pollfd p = {fd, POLLIN, 0};
	gboolean gone = fd < 0 || poll(&p, 1, 5000) == 1;

	if (fd >= 0)
		close(fd);
	return gone;
}

#define ON_TERM(what)                                                \
	"trap '" what "' TERM; echo $$ >pid.part; mv pid.part pid; " \
	"while :; do tail -f /dev/null & wait; done"

static const struct {
	const char *script;
	/* limit_s: if set, the time limit stops the child, not the caller */
	guint limit_s, grace_s;
	int exit_code;
	enum verdict verdict;
	const char *problem; /* NULL stands for any */
} stops[] = {
	{ON_TERM("exit 3"), 0, 60, 3, VERDICT_ABORTED, NULL},
	{"trap '' TERM; echo $$ >pid.part; mv pid.part pid; while :; do tail -f /dev/null; done", 0,
	 1, -9, VERDICT_ABORTED, "stopped"},
	{ON_TERM("exit 3"), 1, 0, 3, VERDICT_INFRA, "did not end within its limit of 1 s"},
	/* as `rig run` does at SIGTERM: the user has not stopped it, so that is not ABORTED */
	{ON_TERM("echo \"{\\\"verdict\\\": \\\"ABORTED\\\", \\\"run\\\": \\\"r\\\"}\"; exit 3"), 1,
	 0, 3, VERDICT_INFRA, "did not end within its limit of 1 s"},
	/* the verdict was decided before the limit expired */
	{ON_TERM("echo \"{\\\"verdict\\\": \\\"FAIL\\\", \\\"run\\\": \\\"r\\\"}\"; exit 1"), 1, 0,
	 1, VERDICT_FAIL, NULL},
};

START_TEST(stopped)
{
	struct child_spec spec = {.scenario = "x", .limit_s = stops[_i].limit_s};
	struct seen seen;
	struct child *child;
	int pid;

	write_fake(stops[_i].script);
	child = begin(&spec, &seen);
	pid = pid_in("pid");
	ck_assert_int_eq(getpgid(pid), pid);
	if (!stops[_i].limit_s)
		child_stop(child, stops[_i].grace_s);
	g_main_loop_run(seen.loop);
	ck_assert_int_eq(seen.end, stops[_i].limit_s ? CHILD_TIMED_OUT : CHILD_STOPPED);
	ck_assert_msg(seen.verdict == stops[_i].verdict, "%s", verdict_name(seen.verdict));
	ck_assert_int_eq(seen.exit_code, stops[_i].exit_code);
	if (stops[_i].problem)
		ck_assert_str_eq(seen.problem, stops[_i].problem);
	ck_assert(ends_soon(pid));
	seen_clear(&seen);
}
END_TEST

/* child_free() of a running child kills it and its descendants, and does not call DONE. */
START_TEST(freed)
{
	struct child_spec spec = {.scenario = "x"};
	struct seen seen;
	struct child *child;
	int pid, grandchild;

	write_fake(
		"tail -f /dev/null & echo $! >sub.part; mv sub.part sub; echo $$ >pid.part; "
		"mv pid.part pid; wait");
	child = begin(&spec, &seen);
	pid = pid_in("pid");
	grandchild = pid_in("sub");
	child_free(child);
	ck_assert(ends_soon(pid));
	ck_assert(ends_soon(grandchild));
	while (g_main_context_iteration(NULL, FALSE))
		;
	ck_assert_int_eq(seen.calls, 0);
	seen_clear(&seen);
}
END_TEST

/* kill -9 of the caller kills the child, too. */
START_TEST(dies_with_us)
{
	struct child_spec spec = {.scenario = "x"};
	int pid, caller;

	write_fake(
		"trap '' TERM INT HUP; echo $$ >pid.part; mv pid.part pid; exec tail -f /dev/null");
	caller = fork();
	if (!caller) {
		struct seen seen;

		begin(&spec, &seen);
		g_main_loop_run(seen.loop);
		_exit(0);
	}
	pid = pid_in("pid");
	ck_assert_int_eq(kill(pid, 0), 0);
	kill(caller, SIGKILL);
	waitpid(caller, NULL, 0);
	ck_assert(ends_soon(pid));
}
END_TEST

START_TEST(many_at_once)
{
	struct child_spec spec = {.scenario = "x"};
	struct seen seen[20];

	write_fake(
		"i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo '{\"verdict\": \"PASS\", "
		"\"run\": \"r\"}'");
	for (guint i = 0; i < G_N_ELEMENTS(seen); i++)
		begin(&spec, &seen[i]);
	for (guint i = 0; i < G_N_ELEMENTS(seen); i++) {
		if (!seen[i].calls)
			g_main_loop_run(seen[i].loop);
		ck_assert_int_eq(seen[i].verdict, VERDICT_PASS);
		/* the CPU time is that of the child, not the sum of all children */
		ck_assert(seen[i].cpu_s > 0 && seen[i].cpu_s < 5);
		seen_clear(&seen[i]);
	}
}
END_TEST

START_TEST(no_such_rig)
{
	struct child_spec spec = {.scenario = "x", .rig = "/no/such/rig"};
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(child_run(&spec, on_done, NULL, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "/no/such/rig"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("child");
	TCase *children = tcase_create("children");

	use_scratch(children);
	tcase_add_checked_fixture(children, setup, teardown);
	tcase_set_timeout(children, 60);
	tcase_add_loop_test(children, ends_as, 0, G_N_ELEMENTS(ends));
	tcase_add_test(children, words);
	tcase_add_test(children, a_build);
	tcase_add_loop_test(children, stopped, 0, G_N_ELEMENTS(stops));
	tcase_add_test(children, freed);
	tcase_add_test(children, dies_with_us);
	tcase_add_test(children, many_at_once);
	tcase_add_test(children, no_such_rig);
	suite_add_tcase(suite, children);
	return suite_run(suite);
}
