// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests searches over a small repository with a fake rig, which reads the result for each commit
 * from the file `state`.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bisect/result.h"
#include "tests/unit/suite.h"
#include "tests/unit/bisect.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define COMMITS 24
#define BUG 17

static char *repo;

static void put(const char *path, const char *text)
{
	ck_assert(rig_write_file(path, text, -1, NULL));
}

static char *git(const char *a, const char *b, const char *c)
{
	char *output = NULL;

	ck_assert_msg(spawn_words(&output, NULL, "git", "-C", repo, "-c", "user.name=T", "-c",
				  "user.email=t@example.org", a, b, c, NULL),
		      "git %s: %s", a, output);
	return output;
}

static void commit(const char *state, const char *subject)
{
	g_autofree char *file = g_build_filename(repo, "state", NULL);
	g_autofree char *text = g_strdup_printf("%s\n%s\n", subject, state), *added = NULL,
			*done = NULL;

	put(file, text);
	added = git("add", "-A", NULL);
	done = git("commit", "-qm", subject);
}

static void init_repo(void)
{
	repo = in_scratch("repo");
	ck_assert_int_eq(g_mkdir(repo, 0755), 0);
	g_free(git("init", "-q", "-bmain"));
}

/*
 * Commit 0 is the good end, commit BUG introduces the bug with the rate RARE, commits 12 and 20
 * cannot be tested, and from commit 5 on, runs print a warning.
 */
static void make_repo(const char *rare)
{
	g_autofree char *count = in_scratch("count");

	g_setenv("FAKE_RIG_COUNT", count, TRUE);
	init_repo();
	for (guint i = 0; i <= COMMITS; i++) {
		g_autofree char *subject = g_strdup_printf("change %u <b>&", i);
		g_autofree char *state = g_strdup_printf(
			"%s %s %s %s", i >= 5 ? "warn" : "", i == 12 ? "nobuild" : "",
			i == 20 ? "noboot" : "", i >= BUG ? "bug" : "");
		g_autofree char *all = g_strconcat(state, " ", i >= BUG ? rare : "", NULL);

		commit(all, subject);
	}
}

static void forget_repo(void)
{
	g_clear_pointer(&repo, g_free);
}

static struct search *begin(struct search_options options, const char *good, const char *bad)
{
	g_autofree char *dir = in_scratch("search");
	static char *fake;
	struct span *span = span_git(repo, good, bad, NULL, NULL);
	struct search *search;

	ck_assert_ptr_nonnull(span);
	fake = data_path("bisect/fake-rig");
	options.rig = fake;
	options.results = scratch;
	options.scenario = "fake";
	options.confidence = options.confidence > 0 ? options.confidence : 0.99;
	options.guests = options.guests ? options.guests : 1;
	search = search_new(&options, span, dir, NULL);
	ck_assert_ptr_nonnull(search);
	return search;
}

static enum search_end run(struct search *search)
{
	g_autoptr(GError) error = NULL;
	enum search_end end;
	gboolean ok = search_run(search, &end, &error);

	ck_assert_msg(ok, "%s", ok ? "" : error->message);
	return end;
}

static guint count(const struct search *search, enum outcome outcome)
{
	guint n = 0;

	for (guint i = 0; i < search->evidence->len; i++)
		n += ((struct evidence *)search->evidence->pdata[i])->outcome == outcome;
	return n;
}

START_TEST(finds_it)
{
	rig_auto(search) search = NULL;
	g_autofree char *html = NULL, *text = NULL;
	json_auto_t *result = NULL;
	json_t *answer;

	make_repo("");
	search = begin((struct search_options){.guests = 1 + _i}, "HEAD~24", "HEAD");
	ck_assert_int_eq(run(search), SEARCH_FOUND);
	ck_assert_uint_eq(posterior_best(search->posterior), BUG);
	ck_assert_uint_ge(search->skipped[12] + search->skipped[20],
			  count(search, OUTCOME_NO_BUILD));
	/* each bad run also has the warning, but the lock cycle was chosen as the target */
	ck_assert_str_eq(search->target.key, "v1:lockdep-circular:A --> B");
	ck_assert_ptr_nonnull(strstr(search->target_why, "found at the bad end"));
	result = result_json(search, SEARCH_FOUND);
	answer = json_array_get(json_object_get(result, "answer"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "subject")), "change 17 <b>&");
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_object_get(answer, "touches")), "state"));
	html = result_html(result);
	text = result_text(result);
	ck_assert_ptr_null(strstr(html, "<b>"));
	ck_assert_ptr_nonnull(strstr(html, "change 17 &lt;b&gt;&amp;"));
	ck_assert_ptr_nonnull(strstr(text, "change 17 <b>&"));
	ck_assert_ptr_nonnull(g_strstr_len(text, 60, "the first bad commit, 99."));
	/*
	 * the target has the letter A; the unrelated warning is also listed, for commits from 5 on
	 */
	ck_assert_ptr_nonnull(
		strstr(text, "A  v1:lockdep-circular:A --> B  (what is searched for)"));
	ck_assert_ptr_nonnull(strstr(text, "B  v1:warning:A --> B\n"));
	ck_assert(result_write(search, SEARCH_FOUND, NULL));
}
END_TEST

/* `git bisect replay` finds the same commit from the search's log. */
START_TEST(git_replays_the_log)
{
	rig_auto(search) search = NULL;
	g_autofree char *log = NULL, *path = in_scratch("bisect.log"), *output = NULL;
	gboolean fix = _i;

	make_repo("");
	if (fix)
		commit("", "the fix");
	search = begin(
		(struct search_options){.fix = fix, .signature = "v1:lockdep-circular:A --> B"},
		fix ? "HEAD~3" : "HEAD~24", "HEAD");
	ck_assert_int_eq(run(search), SEARCH_FOUND);
	ck_assert_uint_eq(posterior_best(search->posterior), fix ? search->span->n : BUG);
	log = result_git_log(search, SEARCH_FOUND);
	put(path, log);
	output = git("bisect", "replay", path);
	ck_assert_msg(strstr(output, fix ? "is the first fixed commit" : "is the first bad commit"),
		      "%s\n%s", log, output);
	ck_assert_ptr_nonnull(
		strstr(output, span_change(search->span, posterior_best(search->posterior))->id));
}
END_TEST

START_TEST(rare_bug)
{
	rig_auto(search) search = NULL;

	make_repo("rare");
	/* in both tests the target is found, although each run also has a warning */
	search = begin((struct search_options){.kind = _i ? NULL : "lockdep-circular"}, "HEAD~24",
		       "HEAD");
	ck_assert_int_eq(run(search), SEARCH_FOUND);
	ck_assert_uint_eq(posterior_best(search->posterior), BUG);
	ck_assert_uint_gt(search->boots, 20);
}
END_TEST

static guint lines(const char *path)
{
	g_autofree char *text = NULL;
	guint n = 0;

	ck_assert(rig_read_file(path, 1 << 20, &text, NULL, NULL));
	for (char *at = text; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

/* Loads the search from its folder, like `rig bisect --resume`. */
static struct search *again(struct search_options options)
{
	g_autofree char *path = in_scratch("search/search.json"), *text = NULL;
	struct search *search = begin(options, "HEAD~24", "HEAD");
	json_auto_t *state = NULL;

	if (rig_read_file(path, 1 << 20, &text, NULL, NULL)) {
		state = json_loads(text, 0, NULL);
		ck_assert(search_restore(search, state, NULL));
	}
	return search;
}

/* A budget limits one process: a resumed search has a new budget. */
START_TEST(goes_on)
{
	struct search_options options = {.budget_boots = 5, .guests = 1 + _i};
	rig_auto(search) first = NULL;
	rig_auto(search) second = NULL;
	rig_auto(search) third = NULL;

	make_repo("");
	first = again(options);
	ck_assert_int_eq(run(first), SEARCH_OUT_OF_BUDGET);
	ck_assert_uint_eq(first->boots, 5);
	options.budget_boots = 2;
	second = again(options);
	ck_assert_uint_eq(second->evidence->len, first->evidence->len);
	ck_assert_str_eq(second->target_why, first->target_why);
	for (guint i = 0; i <= COMMITS; i++)
		ck_assert_double_eq_tol(posterior_of(first->posterior, i),
					posterior_of(second->posterior, i), 1e-9);
	ck_assert_int_eq(run(second), SEARCH_OUT_OF_BUDGET);
	ck_assert_uint_eq(second->boots, 7);
	options.budget_boots = 0;
	third = again(options);
	ck_assert_int_eq(run(third), SEARCH_FOUND);
	ck_assert_uint_eq(posterior_best(third->posterior), BUG);
	ck_assert_uint_gt(third->boots, 7);
}
END_TEST

/* The budget of time is spent while a kernel is being built. */
START_TEST(time_is_up)
{
	rig_auto(search) search = NULL;

	init_repo();
	commit("", "good");
	commit("bug slowbuild", "bad");
	search = begin((struct search_options){.budget_s = 1, .kind = "lockdep-circular"}, "HEAD~1",
		       "HEAD");
	ck_assert_int_eq(run(search), SEARCH_OUT_OF_BUDGET);
	ck_assert_uint_eq(search->evidence->len, 0);
}
END_TEST

/*
 * Runs or builds that exceed their time limit are recorded, and several of them in a row end the
 * search.
 */
START_TEST(nothing_ends)
{
	static const struct {
		const char *state, *what;
	} cases[] = {{"bug slowrun", "a run"}, {"bug slowbuild", "a build"}};
	struct search_options options = {
		.run_limit_s = 1, .build_limit_s = 1, .kind = "lockdep-circular"};
	rig_auto(search) search = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *says = NULL;
	enum search_end end;

	init_repo();
	commit("", "good");
	commit(cases[_i].state, "bad");
	search = begin(options, "HEAD~1", "HEAD");
	ck_assert(!search_run(search, &end, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
	says = g_strdup_printf("%s failed 3 times in a row: did not end within its limit of 1 s",
			       cases[_i].what);
	ck_assert_str_eq(error->message, says);
	ck_assert_uint_eq(search->evidence->len, 3);
	ck_assert_uint_eq(count(search, OUTCOME_OTHER), 3);
}
END_TEST

/* Runs a search in a new process. Returns FALSE if kill -9 has ended the process. */
static gboolean sitting(struct search_options options)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		rig_auto(search) search = again(options);
		enum search_end end;

		_exit(search_run(search, &end, NULL) && end == SEARCH_FOUND ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return !WIFSIGNALED(status);
}

/*
 * The search is killed in every third run: the state contains all runs except those in which it was
 * killed.
 */
START_TEST(a_kill_loses_one_boot)
{
	struct search_options options = {.kind = "lockdep-circular"};
	g_autofree char *log = in_scratch("log");
	rig_auto(search) search = NULL;
	guint kills = 0;

	make_repo("");
	g_setenv("FAKE_RIG_LOG", log, TRUE);
	g_setenv("FAKE_RIG_KILL", "3", TRUE);
	while (!sitting(options)) {
		rig_auto(search) saved = again(options);

		kills++;
		ck_assert_uint_eq(saved->boots + kills, lines(log));
	}
	ck_assert_uint_ge(kills, 2);
	search = again(options);
	ck_assert_uint_eq(search->boots + kills, lines(log));
	ck_assert_uint_eq(posterior_best(search->posterior), BUG);
}
END_TEST

static char *tree_state(void)
{
	g_autofree char *status = git("status", "--porcelain", NULL),
			*refs = git("for-each-ref", NULL, NULL);
	g_autofree char *head = git("log", "-g", "--format=%gd %H"),
			*trees = git("worktree", "list", NULL);
	g_autofree char *objects = git("count-objects", "-v", NULL);

	return g_strconcat(status, refs, head, trees, objects, NULL);
}

/* The user's tree does not change: files, index, HEAD, branches, objects. */
START_TEST(the_tree_is_not_touched)
{
	g_autofree char *file = NULL, *other = NULL, *index = NULL, *before = NULL, *after = NULL;
	rig_auto(search) search = NULL;
	GStatBuf was, is;

	make_repo("");
	file = g_build_filename(repo, "state", NULL);
	put(file, "edited, and not committed\n");
	other = g_build_filename(repo, "unknown.c", NULL);
	put(other, "a file that git does not track\n");
	index = g_build_filename(repo, ".git/index", NULL);
	before = tree_state();
	ck_assert_ptr_nonnull(strstr(before, " M state\n?? unknown.c\n"));
	ck_assert_int_eq(g_stat(index, &was), 0);
	search = begin((struct search_options){.kind = "lockdep-circular"}, "HEAD~24", "HEAD");
	ck_assert_int_eq(run(search), SEARCH_FOUND);
	ck_assert(result_write(search, SEARCH_FOUND, NULL));
	ck_assert_int_eq(g_stat(index, &is), 0);
	ck_assert(was.st_ino == is.st_ino && was.st_mtim.tv_sec == is.st_mtim.tv_sec &&
		  was.st_mtim.tv_nsec == is.st_mtim.tv_nsec);
	after = tree_state();
	ck_assert_str_eq(before, after);
}
END_TEST

/*
 * Commits before 10 need a patch to be built. Without it, the answer is the range up to the first
 * commit that can be built.
 */
START_TEST(old_commits_are_patched)
{
	g_autofree char *patch = in_scratch("old.patch"), *word = NULL, *until = NULL;
	char *words[] = {NULL, NULL};
	rig_auto(search) search = NULL;

	init_repo();
	for (guint i = 0; i <= 16; i++) {
		g_autofree char *subject = g_strdup_printf("change %u", i);
		g_autofree char *state =
			g_strdup_printf("%s %s", i < 10 ? "old" : "", i >= 6 ? "bug" : "");

		commit(state, subject);
	}
	put(patch, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
	until = git("rev-parse", "HEAD~6", NULL);
	words[0] = word = g_strdup_printf("..%s=%s", g_strchomp(until), patch);
	search = begin((struct search_options){.kind = "lockdep-circular"}, "HEAD~16", "HEAD");
	search->span->fixups = fixups_load("/nowhere", _i ? words : NULL, NULL);
	ck_assert_int_eq(run(search), SEARCH_FOUND);
	if (_i) {
		ck_assert_uint_eq(posterior_best(search->posterior), 6);
		ck_assert_uint_eq(count(search, OUTCOME_NO_BUILD), 0);
	} else {
		ck_assert_uint_gt(count(search, OUTCOME_NO_BUILD), 0);
		ck_assert_double_lt(posterior_of(search->posterior, 6), 0.5);
	}
}
END_TEST

/* A good end that has the bug is reported; a bad end that cannot be built is an error. */
START_TEST(wrong_ends)
{
	rig_auto(search) search = NULL;
	rig_auto(search) broken = NULL;
	g_autoptr(GError) error = NULL;
	enum search_end end;

	make_repo("");
	search = begin((struct search_options){.kind = "lockdep-circular"}, "HEAD~6", "HEAD");
	ck_assert_int_eq(run(search), SEARCH_GOOD_IS_BAD);
	broken = begin((struct search_options){.kind = "lockdep-circular"}, "HEAD~24", "HEAD~12");
	ck_assert(!search_run(broken, &end, &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(error->message, "cannot be tested"));
}
END_TEST

TCase *bisect_search_case(void)
{
	TCase *tc = tcase_create("search");

	tcase_set_timeout(tc, 120);
	use_scratch(tc);
	tcase_add_checked_fixture(tc, NULL, forget_repo);
	tcase_add_loop_test(tc, finds_it, 0, 3);
	tcase_add_loop_test(tc, git_replays_the_log, 0, 2);
	tcase_add_loop_test(tc, rare_bug, 0, 2);
	tcase_add_loop_test(tc, goes_on, 0, 2);
	tcase_add_test(tc, time_is_up);
	tcase_add_loop_test(tc, nothing_ends, 0, 2);
	tcase_add_test(tc, a_kill_loses_one_boot);
	tcase_add_test(tc, the_tree_is_not_touched);
	tcase_add_loop_test(tc, old_commits_are_patched, 0, 2);
	tcase_add_test(tc, wrong_ends);
	return tc;
}
