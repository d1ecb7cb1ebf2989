// SPDX-License-Identifier: GPL-2.0-only
/* Tests run folders: written, truncated, read back, and hostile ones. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/store.h"
#include "tests/unit/suite.h"
#include "util/error.h"

char *golden(const char *name)
{
	g_autofree char *store = data_path("store"), *from = g_build_filename(store, name, NULL);

	shell("cp", "-r", from, scratch, NULL);
	return in_scratch(name);
}

char *slurp(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text = NULL;

	ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no %s", path);
	return text;
}

void put(const char *dir, const char *name, const char *text, gssize len)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	ck_assert(g_file_set_contents(path, text, len, NULL));
}

void drop(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	ck_assert_int_eq(g_unlink(path), 0);
}

struct run *begin(guint64 seed)
{
	json_auto_t *inputs = json_pack("{s:s, s:I}", "scenario", "x", "seed", (json_int_t)seed);
	g_autoptr(GError) error = NULL;
	struct run *run = run_create(scratch, "x", "pc-q35", "6.1/odd name", seed, inputs, &error);

	ck_assert_msg(run != NULL, "%s", error ? error->message : "");
	return run;
}

enum verdict verdict_of(const char *which)
{
	rig_auto(run_info) info = run_open(scratch, which, NULL);

	ck_assert_ptr_nonnull(info);
	return info->verdict;
}

/* The states of a run as a reader sees them: RUNNING while the lock is held, then its verdict. */
START_TEST(life)
{
	struct run *run = begin(7);
	g_autofree char *dir = g_strdup(run_dir(run)), *name = g_strdup(run_name(run)),
			*journal = NULL;
	g_autofree char *kept = NULL;
	rig_auto(run_info) info = NULL;

	ck_assert_msg(g_str_has_suffix(name, "-x-pc-q35-6.1-odd-name-s7"), "%s", name);
	ck_assert_int_eq(verdict_of(name), VERDICT_RUNNING);
	run_journal(run, "step", "{s:s, s:i}", "do", "plug", "n", 3);
	run_journal(run, "bare", NULL);
	run_journal(run, "bad", "{s:s}", "text", "\xff");
	ck_assert(run_keep(run, "agents/hello", "hi\n", -1, NULL));
	ck_assert(!run_keep(run, "../escape", "x", 1, NULL));
	ck_assert(!run_keep(run, "/etc/x", "x", 1, NULL));
	ck_assert_ptr_null(run_write_error(run));
	ck_assert(run_verdict(run, VERDICT_HANG, json_pack("{s:[s]}", "reasons", "stuck"), NULL));
	run_free(run);
	journal = slurp(dir, "journal");
	ck_assert_ptr_nonnull(strstr(journal, "\"what\":\"step\",\"do\":\"plug\",\"n\":3}\n"));
	ck_assert_ptr_nonnull(strstr(journal, "\"what\":\"bare\"}\n"));
	ck_assert_ptr_nonnull(strstr(journal, "\"what\":\"bad\",\"unwritable\":"));
	kept = slurp(dir, "agents/hello");
	ck_assert_str_eq(kept, "hi\n");
	info = run_open(scratch, "last", NULL);
	ck_assert_int_eq(info->verdict, VERDICT_HANG);
	ck_assert_str_eq(info->dir, dir);
	ck_assert_ptr_null(info->problem);
	ck_assert_int_eq(json_integer_value(json_object_get(info->inputs, "seed")), 7);
}
END_TEST

/* kill -9 at any moment: the folder reads as ABORTED, with whole lines in its journal. */
START_TEST(killed)
{
	g_autofree char *journal = NULL;
	rig_auto(run_info) info = NULL;
	int status, fds[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		struct run *run = begin(9);

		for (int i = 0;; i++) {
			run_journal(run, "tick", "{s:i}", "i", i);
			if (i == 50 && write(fds[1], "x", 1) != 1)
				_exit(1);
		}
	}
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	ck_assert_int_eq(verdict_of("last"), VERDICT_RUNNING);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	info = run_open(scratch, "last", NULL);
	ck_assert_int_eq(info->verdict, VERDICT_ABORTED);
	journal = slurp(info->dir, "journal");
	ck_assert(g_str_has_suffix(journal, "}\n"));
	ck_assert_ptr_nonnull(strstr(journal, "\"i\":50}"));
}
END_TEST

START_TEST(same_second_same_name)
{
	struct run *runs[5];
	g_autoptr(GPtrArray) all = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(runs); i++)
		runs[i] = begin(1);
	for (guint i = 0; i < G_N_ELEMENTS(runs); i++)
		for (guint j = 0; j < i; j++)
			ck_assert_str_ne(run_dir(runs[i]), run_dir(runs[j]));
	all = run_all(scratch, NULL);
	ck_assert_uint_eq(all->len, G_N_ELEMENTS(runs));
	for (guint i = 0; i < all->len; i++)
		ck_assert_str_eq(((struct run_info *)all->pdata[i])->name, run_name(runs[i]));
	for (guint i = 0; i < G_N_ELEMENTS(runs); i++)
		run_free(runs[i]);
}
END_TEST

/* Makes renameat2() fail with ERROR in this process, as it does on NFS (EINVAL). */
static void refuse_renameat2(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_renameat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (guint)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {G_N_ELEMENTS(filter), filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
	ck_assert_int_eq(renameat2(AT_FDCWD, "/nowhere", AT_FDCWD, "/either", RENAME_NOREPLACE),
			 -1);
	ck_assert(errno == error || errno == EINVAL); /* glibc converts ENOSYS to EINVAL */
}

static const int refusals[] = {EINVAL, ENOSYS, EOPNOTSUPP};

START_TEST(no_renameat2)
{
	g_autofree char *first = NULL;
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct run *runs[20];

	refuse_renameat2(refusals[_i]);
	for (guint i = 0; i < G_N_ELEMENTS(runs); i++) {
		runs[i] = begin(5);
		ck_assert_msg(g_hash_table_add(names, g_strdup(run_name(runs[i]))), "%s",
			      run_name(runs[i]));
		first = first ? first : g_strdup(run_name(runs[i]));
	}
	/* all run folders still exist */
	for (guint i = 0; i < G_N_ELEMENTS(runs); i++) {
		ck_assert_int_eq(verdict_of(run_dir(runs[i])), VERDICT_RUNNING);
		run_free(runs[i]);
	}
	ck_assert_int_eq(verdict_of(first), VERDICT_ABORTED);
}
END_TEST

/*
 * A full disk, simulated by a limit on file sizes: the error is reported once, and nothing more is
 * written.
 */
START_TEST(full_disk)
{
	g_autofree char *blob = g_strnfill(1 << 16, 'x'), *long_line = g_strnfill(4000, 'y');
	struct rlimit limit = {1 << 14, 1 << 14};
	struct run *run = begin(1);

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 10; i++)
		run_journal(run, "fill", "{s:s}", "text", long_line);
	ck_assert_ptr_nonnull(run_write_error(run));
	ck_assert(!run_keep(run, "agents/blob", blob, 1 << 16, NULL));
	/* a file as small as the verdict can still be written */
	ck_assert(run_verdict(run, VERDICT_INFRA, json_object(), NULL));
	run_free(run);
	ck_assert_int_eq(verdict_of("last"), VERDICT_INFRA);
}
END_TEST

START_TEST(unwritable_results)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *inputs = json_object();

	ck_assert_ptr_null(run_create("/proc/nowhere", "x", "y", "z", 1, inputs, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
}
END_TEST

START_TEST(finding_runs)
{
	static const struct {
		const char *which, *says;
	} wrong[] = {
		{"20261121", "'20261121' matches 2 runs; give a longer part of the name:\n  2026"},
		{"gremlin", "is called 'gremlin'; `rig list` shows the runs"},
		{"./nowhere", "cannot open the folder"},
		{"/proc", "'/proc' is not a run folder"},
	};
	g_autofree char *failed = golden(FAILED), *passed = golden(PASSED);
	rig_auto(run_info) part = run_open(scratch, "s510245973", NULL);
	rig_auto(run_info) last = run_open(scratch, "last", NULL);
	rig_auto(run_info) path = run_open("/nowhere", failed, NULL);
	g_autofree char *nothing = in_scratch("nothing");
	g_autoptr(GError) empty = NULL;

	ck_assert_str_eq(part->name, FAILED);
	ck_assert_str_eq(last->name, PASSED);
	ck_assert_str_eq(path->name, FAILED);
	ck_assert_int_eq(path->verdict, VERDICT_FAIL);
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		ck_assert_ptr_null(run_open(scratch, wrong[i].which, &error));
		ck_assert_msg(strstr(error->message, wrong[i].says) != NULL, "%s", error->message);
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
	ck_assert_ptr_null(run_open(nothing, "last", &empty));
	ck_assert_ptr_nonnull(strstr(empty->message, "no runs in"));
}
END_TEST

/* A run whose files cannot be read is still listed, with the error. */
START_TEST(corrupt)
{
	static const struct {
		const char *file, *text, *says;
		enum verdict verdict;
	} cases[] = {
		{"verdict", "{\"verdict\": \"FA", "'verdict' is not a JSON object: line 1",
		 VERDICT_INFRA},
		{"verdict", "[1]", "'verdict' is not a JSON object", VERDICT_INFRA},
		{"verdict", "{\"verdict\": \"GREAT\"}", "contains an unknown verdict",
		 VERDICT_INFRA},
		{"verdict", "\xff\xfe", "'verdict' is not a JSON object", VERDICT_INFRA},
		{"run.json", "{", "'run.json' is not a JSON object", VERDICT_FAIL},
	};
	g_autofree char *dir = golden(FAILED);
	rig_auto(run_info) info = NULL;

	put(dir, cases[_i].file, cases[_i].text, -1);
	info = run_open(scratch, "last", NULL);
	ck_assert_ptr_nonnull(info);
	ck_assert_int_eq(info->verdict, cases[_i].verdict);
	ck_assert_msg(info->problem && strstr(info->problem, cases[_i].says), "%s", info->problem);
	ck_assert(json_is_object(info->inputs) && json_is_object(info->details));
}
END_TEST

/* Links, pipes and huge files neither block a reader nor lead it out of the folder. */
START_TEST(hostile)
{
	g_autofree char *dir = golden(FAILED), *run_json = g_build_filename(dir, "run.json", NULL),
			*verdict = g_build_filename(dir, "verdict", NULL),
			*trap = in_scratch("trap");
	rig_auto(run_info) info = NULL;
	g_autoptr(GPtrArray) all = NULL;

	drop(dir, "run.json");
	ck_assert_int_eq(symlink("/etc/passwd", run_json), 0);
	drop(dir, "verdict");
	ck_assert_int_eq(mkfifo(verdict, 0600), 0);
	ck_assert_int_eq(symlink(dir, trap), 0);
	info = run_open(scratch, FAILED, NULL);
	ck_assert_ptr_nonnull(strstr(info->problem, "'run.json': a symbolic link is not followed"));
	ck_assert_ptr_nonnull(strstr(info->problem, "'verdict' is not a regular file"));
	all = run_all(scratch, NULL);
	ck_assert_uint_eq(all->len, 1);
	drop(dir, "verdict");
	put(dir, "verdict", "", 0);
	ck_assert_int_eq(truncate(verdict, G_GINT64_CONSTANT(1) << 40), 0);
	run_info_free(info);
	info = run_open(scratch, FAILED, NULL);
	ck_assert_ptr_nonnull(strstr(info->problem, "at most 16777216 are read"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tc = tcase_create("store");

	use_scratch(tc);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, life);
	tcase_add_test(tc, killed);
	tcase_add_test(tc, same_second_same_name);
	tcase_add_loop_test(tc, no_renameat2, 0, G_N_ELEMENTS(refusals));
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, unwritable_results);
	tcase_add_test(tc, finding_runs);
	tcase_add_loop_test(tc, corrupt, 0, 5);
	tcase_add_test(tc, hostile);
	suite_add_tcase(suite, tc);
	add_recheck_tests(suite);
	return suite_run(suite);
}
