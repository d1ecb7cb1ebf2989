// SPDX-License-Identifier: GPL-2.0-only
/* Tests known issues: the format of the list, and which reports an entry matches. */
#include <string.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "splat/key.h"
#include "splat/known.h"
#include "tests/unit/splat.h"
#include "util/error.h"

#define REST "reason: r\n    link: https://example.org/1\n    expires: 2026-12-31\n"
#define TITLED "  - title: \"possible deadlock in *\"\n    " REST

static struct known *load(const char *text, const char *today, GError **error)
{
	g_autofree char *file = NULL;
	int fd = g_file_open_tmp("rig-known-XXXXXX", &file, NULL);
	struct known *known;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert(g_file_set_contents(file, text, -1, NULL));
	known = known_load(file, today, error);
	unlink(file);
	return known;
}

static struct known *load_issues(const char *issues, const char *today)
{
	g_autofree char *text = g_strconcat("issues:\n", issues, NULL);
	g_autoptr(GError) error = NULL;
	struct known *known = load(text, today, &error);

	ck_assert_msg(known != NULL, "%s", error ? error->message : "");
	return known;
}

/* Returns the circular lockdep report of 6.1.192. */
static GPtrArray *report(void)
{
	const struct fixture *fixture = fixture_named("lockdep-circular-x86-6.1.txt");

	return scan(fixture->log, fixture->len, 0, NULL);
}

START_TEST(entries_match)
{
	static const struct {
		const char *issue, *today, *release;
		gboolean matches;
	} cases[] = {
		{TITLED, "2026-11-21T05:54:01Z", NULL, TRUE},
		/* an entry is valid on its last day, but not on the next one */
		{TITLED, "2026-12-31", NULL, TRUE},
		{TITLED, "2027-01-01", NULL, FALSE},
		{TITLED "    from: 6.1\n    before: 6.2\n", "2026-11-21", NULL, TRUE},
		{TITLED "    from: 6.1.193\n", "2026-11-21", NULL, FALSE},
		{TITLED "    before: 6.1.192\n", "2026-11-21", NULL, FALSE},
		{TITLED "    before: 6.1.193\n", "2026-11-21", NULL, TRUE},
		/* the caller's version is used instead of that in the report */
		{TITLED "    before: 6.2\n", "2026-11-21", "6.12.3", FALSE},
		{TITLED "    from: 6.12\n", "2026-11-21", "6.12-rc3", FALSE},
		{TITLED "    from: 6.9\n", "2026-11-21", "6.12-rc3", TRUE},
		{TITLED "    from: 6.9\n", "2026-11-21", "unknown", FALSE},
		{"  - title: \"possible deadlock\"\n    " REST, "2026-11-21", NULL, FALSE},
		{"  - signature: \"v1:lockdep-circular:cpu_hotplug_lock --> mem_hotplug_lock --> "
		 "kn->active\"\n    " REST,
		 "2026-11-21", NULL, TRUE},
		{"  - signature: \"v1:lockdep-circular:*kn->active*\"\n    " REST, "2026-11-21",
		 NULL, TRUE},
		{"  - signature: \"v1:lockdep-circular:kn->active\"\n    " REST, "2026-11-21", NULL,
		 FALSE},
		/* title and signature must both match */
		{TITLED "    signature: \"v1:other:*\"\n", "2026-11-21", NULL, FALSE},
		/* the first entry of the list does not match, the second one does */
		{"  - title: x\n    " REST TITLED, "2026-11-21", NULL, TRUE},
	};
	rig_auto(known) known = load_issues(cases[_i].issue, cases[_i].today);
	g_autoptr(GPtrArray) found = report();
	const struct known_issue *issues, *match;
	guint n, matches = 0;

	match = known_match(known, found->pdata[0], cases[_i].release);
	ck_assert_int_eq(match != NULL, cases[_i].matches);
	issues = known_issues(known, &n);
	for (guint i = 0; i < n; i++)
		matches += issues[i].matches;
	ck_assert_uint_eq(matches, cases[_i].matches);
	if (match) {
		json_t *json = known_json(match);

		ck_assert_str_eq(json_string_value(json_object_get(json, "reason")), "r");
		json_decref(json);
	}
}
END_TEST

/*
 * A key of the first version of the rules still matches a report whose key is different now, also
 * in a run folder.
 */
START_TEST(old_keys_name_reports)
{
	static const char old[] =
		"v1:lockdep-circular:cpu_hotplug_lock --> mem_hotplug_lock --> kn->active";
	g_autoptr(GPtrArray) found = report();
	const struct splat *splat = found->pdata[0];
	json_t *json = splat_to_json(splat);
	json_t *signature = json_object_get(json, "signature");
	g_autofree char *now = NULL;

	ck_assert_str_eq(splat->former, old);
	ck_assert(g_str_has_prefix(splat->bug, "v2:") &&
		  g_str_has_suffix(splat->bug, "(state_store)"));
	ck_assert(splat_key_is(splat, old) && splat_key_is(splat, splat->bug));
	ck_assert(!splat_key_is(splat, "v1:lockdep-circular:kn->active"));
	ck_assert(splat_json_key_is(json, old));
	/* set the key that the first version wrote */
	json_object_set_new(signature, "bug", json_string(old));
	json_object_del(signature, "former");
	now = splat_json_key(json);
	ck_assert_str_eq(now, splat->bug);
	json_decref(json);
}
END_TEST

START_TEST(expired_entries_are_told)
{
	rig_auto(known) known = load_issues(TITLED, "2027-01-01");
	guint n;
	const struct known_issue *issues = known_issues(known, &n);

	ck_assert_uint_eq(n, 1);
	ck_assert(issues[0].expired);
}
END_TEST

START_TEST(form_is_strict)
{
	static const struct {
		const char *text, *says;
	} files[] = {
		{"isues: []\n", "isues"},
		{"issues:\n  - reason: r\n    link: https://x\n    expires: 2026-12-31\n",
		 "signature"},
		{"issues:\n  - title: \"*\"\n    " REST, "every report"},
		{"issues:\n  - titel: x\n    " REST, "titel"},
		{"issues:\n  - title: x\n    link: https://x\n    expires: 2026-12-31\n", "reason"},
		{"issues:\n  - title: x\n    reason: r\n    link: https://x\n", "expires"},
		{"issues:\n  - title: x\n    reason: r\n    link: https://x\n    expires: soon\n",
		 "2027-06-30"},
		{"issues:\n  - title: x\n    reason: r\n    link: https://x\n    expires: "
		 "2027-02-31\n",
		 "2027-06-30"},
		{"issues:\n  - title: x\n    reason: r\n    link: mail\n    expires: 2026-12-31\n",
		 "https://"},
		{"issues:\n  - title: x\n    from: six\n    " REST, "versions"},
		{"issues:\n  - title: x\n    before: 6.1garbage\n    " REST, "versions"},
		{"issues:\n  - &a\n    title: x\n    " REST "  - *a\n", ""},
		{"issues: 5\n", "takes a list"},
		{"issues: [[[\n", ""},
	};
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(load(files[_i].text, "2026-11-21", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, files[_i].says) != NULL, "%s", error->message);
}
END_TEST

/* The list that comes with the rig loads. */
START_TEST(own_list)
{
	g_autofree char *file = data_path("../../scenarios/known-issues.yaml");
	g_autoptr(GError) error = NULL;
	rig_auto(known) known = known_load(file, "2026-11-21", &error);

	ck_assert_msg(known != NULL, "%s", error ? error->message : "");
}
END_TEST

void add_known_tests(Suite *suite)
{
	TCase *tests = tcase_create("known");

	tcase_add_loop_test(tests, entries_match, 0, 17);
	tcase_add_test(tests, old_keys_name_reports);
	tcase_add_test(tests, expired_entries_are_told);
	tcase_add_loop_test(tests, form_is_strict, 0, 14);
	tcase_add_test(tests, own_list);
	suite_add_tcase(suite, tests);
}
