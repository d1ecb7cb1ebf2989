// SPDX-License-Identifier: GPL-2.0-only
/* Searches over a small repository, with a fake rig that does what each commit's file `state` says. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "bisect/result.h"
#include "tests/bisect.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define COMMITS 24
#define BUG 17

static char *scratch, *repo;

static char *in_scratch(const char *name)
{
	return g_build_filename(scratch, name, NULL);
}

static void put(const char *path, const char *text)
{
	ck_assert(rig_write_file(path, text, -1, NULL));
}

static char *git(const char *a, const char *b, const char *c)
{
	char *output = NULL;

	ck_assert_msg(spawn_words(&output, NULL, "git", "-C", repo, "-c", "user.name=T", "-c", "user.email=t@example.org",
				  a, b, c, NULL), "git %s: %s", a, output);
	return output;
}

static void commit(const char *state, const char *subject)
{
	g_autofree char *file = g_build_filename(repo, "state", NULL);
	g_autofree char *text = g_strdup_printf("%s\n%s\n", subject, state), *added = NULL, *done = NULL;

	put(file, text);
	added = git("add", "-A", NULL);
	done = git("commit", "-qm", subject);
}

/* Commit 0 is the good end, BUG brings the bug with RARE, 12 and 20 cannot be tested, 5 warns. */
static void make_repo(const char *rare)
{
	g_autofree char *count = in_scratch("count"), *init = NULL;

	repo = in_scratch("repo");
	g_setenv("FAKE_RIG_COUNT", count, TRUE);
	ck_assert_int_eq(g_mkdir(repo, 0755), 0);
	init = git("init", "-q", "-bmain");
	for (guint i = 0; i <= COMMITS; i++) {
		g_autofree char *subject = g_strdup_printf("change %u <b>&", i);
		g_autofree char *state = g_strdup_printf("%s %s %s %s", i >= 5 ? "warn" : "", i == 12 ? "nobuild" : "",
							 i == 20 ? "noboot" : "", i >= BUG ? "bug" : "");
		g_autofree char *all = g_strconcat(state, " ", i >= BUG ? rare : "", NULL);

		commit(all, subject);
	}
}

static void setup(void)
{
	scratch = g_dir_make_tmp("rig-bisect-XXXXXX", NULL);
	ck_assert_ptr_nonnull(scratch);
}

static void teardown(void)
{
	spawn_words(NULL, NULL, "rm", "-rf", scratch, NULL);
	g_clear_pointer(&repo, g_free);
	g_clear_pointer(&scratch, g_free);
}

static struct search *begin(struct search_options options, const char *good, const char *bad)
{
	g_autofree char *dir = in_scratch("search");
	static char *fake;
	struct span *span = span_git(repo, good, bad, NULL, NULL);
	struct search *search;

	ck_assert_ptr_nonnull(span);
	fake = g_build_filename(g_getenv("RIG_TEST_DATA"), "bisect/fake-rig", NULL);
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
	ck_assert_uint_ge(search->skipped[12] + search->skipped[20], count(search, OUTCOME_NO_BUILD));
	/* the warning is in every bad run too; the lock cycle is what was learned */
	ck_assert_str_eq(search->target.key, "v1:lockdep-circular:A --> B");
	ck_assert_ptr_nonnull(strstr(search->learned, "learned from the bad end"));
	result = result_json(search, SEARCH_FOUND);
	answer = json_array_get(json_object_get(result, "answer"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "subject")), "change 17 <b>&");
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(answer, "touches")), "state"));
	html = result_html(result);
	text = result_text(result);
	ck_assert_ptr_null(strstr(html, "<b>"));
	ck_assert_ptr_nonnull(strstr(html, "change 17 &lt;b&gt;&amp;"));
	ck_assert_ptr_nonnull(strstr(text, "change 17 <b>&"));
	ck_assert(result_write(search, SEARCH_FOUND, NULL));
}
END_TEST

/* git comes to the same commit by the log. */
START_TEST(git_replays_the_log)
{
	rig_auto(search) search = NULL;
	g_autofree char *log = NULL, *path = in_scratch("bisect.log"), *output = NULL;
	gboolean fix = _i;

	make_repo("");
	if (fix)
		commit("", "the fix");
	search = begin((struct search_options){.fix = fix, .signature = "v1:lockdep-circular:A --> B"},
		       fix ? "HEAD~3" : "HEAD~24", "HEAD");
	ck_assert_int_eq(run(search), SEARCH_FOUND);
	ck_assert_uint_eq(posterior_best(search->posterior), fix ? search->span->n : BUG);
	log = result_git_log(search, SEARCH_FOUND);
	put(path, log);
	output = git("bisect", "replay", path);
	ck_assert_msg(strstr(output, fix ? "is the first fixed commit" : "is the first bad commit"), "%s\n%s", log, output);
	ck_assert_ptr_nonnull(strstr(output, span_change(search->span, posterior_best(search->posterior))->id));
}
END_TEST

START_TEST(rare_bug)
{
	rig_auto(search) search = NULL;

	make_repo("rare");
	search = begin((struct search_options){.kind = "lockdep-circular"}, "HEAD~24", "HEAD");
	ck_assert_int_eq(run(search), SEARCH_FOUND);
	ck_assert_uint_eq(posterior_best(search->posterior), BUG);
	ck_assert_uint_gt(search->boots, 20);
}
END_TEST

START_TEST(goes_on)
{
	rig_auto(search) first = NULL;
	rig_auto(search) second = NULL;
	g_autofree char *path = in_scratch("search/search.json"), *text = NULL;
	json_auto_t *state = NULL;
	guint boots;

	make_repo("");
	first = begin((struct search_options){.budget_boots = 5, .kind = "lockdep-circular"}, "HEAD~24", "HEAD");
	ck_assert_int_eq(run(first), SEARCH_OUT_OF_BUDGET);
	boots = first->boots;
	ck_assert_uint_eq(boots, 5);
	ck_assert(rig_read_file(path, 1 << 20, &text, NULL, NULL));
	state = json_loads(text, 0, NULL);
	second = begin((struct search_options){.kind = "lockdep-circular"}, "HEAD~24", "HEAD");
	ck_assert(search_restore(second, state, NULL));
	ck_assert_uint_eq(second->evidence->len, first->evidence->len);
	for (guint i = 0; i <= COMMITS; i++)
		ck_assert_double_eq_tol(posterior_of(first->posterior, i), posterior_of(second->posterior, i), 1e-9);
	ck_assert_int_eq(run(second), SEARCH_FOUND);
	ck_assert_uint_eq(posterior_best(second->posterior), BUG);
	ck_assert_uint_gt(second->boots, boots);
}
END_TEST

/* A good end that has the bug is said to have it; a bad end that cannot be built is an error. */
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
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, finds_it, 0, 3);
	tcase_add_loop_test(tc, git_replays_the_log, 0, 2);
	tcase_add_test(tc, rare_bug);
	tcase_add_test(tc, goes_on);
	tcase_add_test(tc, wrong_ends);
	return tc;
}
