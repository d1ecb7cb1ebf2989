// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests explanations of hangs. Each file of data/hang/ begins with the expected result (`kind:`,
 * `bug:`, and `says:` with words that one sentence must have); after an empty line follows the
 * console of a real guest. NAME.json next to the file has the tasks and locks found in the guest's
 * memory.
 */
#include <check.h>
#include <string.h>
#include <unistd.h>

#include "hang/hang.h"
#include "hang/memory.h"
#include "tests/unit/hang.h"
#include "tests/unit/suite.h"
#include "splat/known.h"
#include "util/error.h"
#include "util/paths.h"

static GPtrArray *fixtures; /* paths */

struct fixture {
	char *text;
	const char *log;
	char *kind, *bug;
	GPtrArray *says;
	json_t *owners;
};

static void fixture_read(const char *path, struct fixture *f)
{
	g_autofree char *image = g_strdup(path);
	g_auto(GStrv) head = NULL;
	char *end;

	*f = (struct fixture){.says = g_ptr_array_new_with_free_func(g_free)};
	ck_assert(rig_read_file(path, 4 << 20, &f->text, NULL, NULL));
	end = strstr(f->text, "\n\n");
	ck_assert_msg(end != NULL, "%s has no answer on top", path);
	*end = '\0';
	f->log = end + 2;
	head = g_strsplit(f->text, "\n", 50);
	for (char **l = head; *l; l++) {
		if (g_str_has_prefix(*l, "kind: "))
			f->kind = g_strdup(*l + 6);
		else if (g_str_has_prefix(*l, "bug: "))
			f->bug = g_strdup(*l + 5);
		else if (g_str_has_prefix(*l, "says: "))
			g_ptr_array_add(f->says, g_strdup(*l + 6));
		else
			ck_abort_msg("%s: invalid answer '%s'", path, *l);
	}
	*strrchr(image, '.') = '\0';
	end = g_strconcat(image, ".json", NULL);
	f->owners = json_load_file(end, 0, NULL);
	g_free(end);
}

static void fixture_free(struct fixture *f)
{
	g_free(f->text);
	g_free(f->kind);
	g_free(f->bug);
	g_ptr_array_unref(f->says);
	json_decref(f->owners);
}

static struct hang *explain(const struct fixture *f, gsize len)
{
	const struct hang_source source = {
		.console = f->log, .console_len = len, .owners = f->owners};

	return hang_explain(&source);
}

START_TEST(real_hangs_are_explained)
{
	const char *path = fixtures->pdata[_i];
	struct fixture f;
	rig_auto(hang) hang = NULL;
	g_autofree char *all = NULL;

	fixture_read(path, &f);
	hang = explain(&f, strlen(f.log));
	all = g_strjoinv("\n", (char **)hang_sentences(hang));
	ck_assert_msg(!strcmp(hang_kind_name(hang_kind(hang)), f.kind), "%s: %s, %s", path,
		      hang_kind_name(hang_kind(hang)), all);
	ck_assert_msg(!f.bug || !strcmp(hang_signature(hang, 0), f.bug), "%s: %s", path,
		      hang_signature(hang, 0));
	for (guint i = 0; i < f.says->len; i++)
		ck_assert_msg(strstr(all, f.says->pdata[i]), "%s: nothing says '%s':\n%s", path,
			      (char *)f.says->pdata[i], all);
	fixture_free(&f);
}
END_TEST

/* Any beginning of a console can be read, even if it ends inside a word. */
START_TEST(any_beginning_is_read)
{
	struct fixture f;

	fixture_read(fixtures->pdata[_i], &f);
	for (gsize len = 0, all = strlen(f.log); len < all; len += 1 + all / 97) {
		rig_auto(hang) hang = explain(&f, len);
		json_auto_t *json = hang_json(hang, NULL);
		struct splat *splat = hang_to_splat(hang);

		ck_assert_ptr_nonnull(json);
		ck_assert_ptr_nonnull(hang_title(hang));
		if (splat)
			splat_free(splat);
	}
	fixture_free(&f);
}
END_TEST

START_TEST(nobody_waits)
{
	const char *log =
		"[    1.0][    T1] Run /init as init process\n[    1.5][    T1] 2 locks held by "
		"the bank\n";
	const struct hang_source source = {
		.console = log, .console_len = strlen(log), .tasks = "task 1 init S poll\n"};
	rig_auto(hang) hang = hang_explain(&source);

	ck_assert_int_eq(hang_kind(hang), HANG_NONE);
	ck_assert_ptr_null(hang_to_splat(hang));
	ck_assert_ptr_null(hang_sentences(hang)[0]);
}
END_TEST

static char *held(const char *who, const char *locks)
{
	return g_strdup_printf("9 locks held by %s:\n%s", who, locks);
}

/*
 * The signature does not depend on the order of the tasks in the text, nor on the names of tasks
 * and instances.
 */
START_TEST(a_cycle_is_the_same_from_both_ends)
{
	static const char *const order[][2] = {
		{"one/10", "two/20"}, {"two/20", "one/10"}, {"x/7", "y/3"}};
	g_autofree char *first = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		g_autofree char *a = held(
			order[i][0], " #0: ffff8880001dd430 (alpha){....}-{3:3}, at: f+0x1/0x2\n"
				     " #1: ffff8880001dd530 (beta){....}-{3:3}, at: g+0x1/0x2\n");
		g_autofree char *b = held(
			order[i][1], " #0: ffff8880001dd530 (beta){....}-{3:3}, at: g+0x1/0x2\n"
				     " #1: ffff8880001dd430 (alpha){....}-{3:3}, at: f+0x1/0x2\n");
		g_auto(GStrv) one = g_strsplit(order[i][0], "/", 2),
			      two = g_strsplit(order[i][1], "/", 2);
		g_autofree char *log = g_strdup_printf(
			"Showing all locks held in the system:\n%s%s=====\n"
			"task:%s state:D stack:0     pid:%s    ppid:1\n __schedule+0x1/0x2\n"
			" __mutex_lock+0x1/0x2\n h+0x1/0x2\n"
			"task:%s state:D stack:0     pid:%s    ppid:1\n __schedule+0x1/0x2\n"
			" __mutex_lock+0x1/0x2\n k+0x1/0x2\n",
			a, b, one[0], one[1], two[0], two[1]);
		const struct hang_source source = {.console = log, .console_len = strlen(log)};
		rig_auto(hang) hang = hang_explain(&source);

		ck_assert_int_eq(hang_kind(hang), HANG_CYCLE);
		if (!first)
			first = g_strdup(hang_signature(hang, 1));
		ck_assert_str_eq(hang_signature(hang, 1), first);
		ck_assert_str_eq(hang_signature(hang, 0), "v1:hang-cycle:alpha --> beta");
	}
}
END_TEST

/* The stack of a sleeping task in /proc can begin with stale frames. */
START_TEST(a_sleeper_has_switched)
{
	const struct hang_source source = {
		.console = "",
		.tasks = "task 33 block-state D msleep switches 888\n"
			 "\t[<0>] arch_local_irq_restore+0x68/0xd0\n"
			 "\t[<0>] __switch_to+0x280/0x328\n"
			 "\t[<0>] msleep+0x3c/0x40\n"
			 "\t[<0>] lock_device_hotplug_sysfs+0x38/0x64\n"
			 "\t[<0>] state_store+0x50/0xc0\n",
	};
	rig_auto(hang) hang = hang_explain(&source);
	g_autofree char *all = g_strjoinv("\n", (char **)hang_sentences(hang));

	ck_assert_msg(strstr(all, "device_hotplug_lock"), "%s", all);
	ck_assert_ptr_null(strstr(all, "arch_local_irq_restore"));
}
END_TEST

/*
 * Kernels from 6.15 report the owner of what a hung task waits for; such a report of a task that no
 * longer waits is stale.
 */
START_TEST(likely_owners_are_used)
{
	static const char log[] =
		"INFO: task cat:115 blocked for more than 10 seconds.\n"
		"task:cat             state:D stack:13432 pid:115   tgid:115   ppid:106    "
		"task_flags:0x400100 flags:0x2\n"
		" __schedule+0x731/0x960\n schedule+0xb7/0x140\n __mutex_lock+0x3e/0x60\n"
		" read_dummy+0x23/0x70\n"
		"INFO: task cat:115 is blocked on a mutex likely owned by task dog:114.\n"
		"task:dog             state:D stack:13432 pid:114   tgid:114   ppid:106    "
		"task_flags:0x400100 flags:0x2\n"
		" __schedule+0x731/0x960\n schedule+0xb7/0x140\n"
		" rwsem_down_read_slowpath+0x3e/0x60\n write_dummy+0x23/0x70\n"
		"INFO: task dog:114 <reader> blocked on an rw-semaphore likely owned by task %s:%s "
		"<writer>\n";
	g_autofree char *cycle = g_strdup_printf(log, "cat", "115"),
			*chain = g_strdup_printf(log, "cow", "9");
	const struct hang_source in_cycle = {.console = cycle, .console_len = strlen(cycle)};
	const struct hang_source in_chain = {.console = chain, .console_len = strlen(chain)};
	rig_auto(hang) one = hang_explain(&in_cycle);
	rig_auto(hang) two = hang_explain(&in_chain);

	ck_assert_str_eq(hang_signature(one, 0),
			 "v1:hang-cycle:a mutex in read_dummy --> a rw-semaphore in write_dummy");
	ck_assert_int_ne(hang_kind(two), HANG_CYCLE);
	ck_assert_ptr_nonnull(strstr(hang_title(two), "a rw-semaphore in write_dummy"));
}
END_TEST

/* An entry of the known issues that has a wildcard matches one hang, and does not match others. */
START_TEST(a_hang_can_be_known)
{
	static const char list[] =
		"issues:\n  - signature: \"v1:hang-cycle:&dev->mutex --> *\"\n"
		"    reason: being mended\n"
		"    link: https://bugs.example.org/1\n    expires: 2027-06-30\n";
	g_autofree char *file = NULL;
	int fd = g_file_open_tmp("rig-hang-XXXXXX", &file, NULL), known_ones = 0;
	g_autoptr(GError) error = NULL;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert(g_file_set_contents(file, list, -1, NULL));
	rig_auto(known) known = known_load(file, "2026-11-21", &error);
	ck_assert_msg(known != NULL, "%s", error ? error->message : "");
	for (guint i = 0; i < fixtures->len; i++) {
		struct fixture f;

		fixture_read(fixtures->pdata[i], &f);
		rig_auto(hang) hang = explain(&f, strlen(f.log));
		struct splat *splat = hang_to_splat(hang);
		ck_assert_ptr_nonnull(splat);
		gboolean is_known = known_match(known, splat, "6.1.192") != NULL;

		ck_assert_msg(is_known == !strcmp(f.kind, "hang-cycle"), "%s",
			      (char *)fixtures->pdata[i]);
		known_ones += is_known;
		splat_free(splat);
		fixture_free(&f);
	}
	ck_assert_int_ge(known_ones, 2);
	ck_assert_int_lt(known_ones, (int)fixtures->len);
	unlink(file);
}
END_TEST

/* An image comes from the guest, so its contents may be anything. */
START_TEST(any_image_is_read)
{
	static const char *const images[] = {
		"{}",
		"[]",
		"{\"tasks\": 1, \"locks\": {}}",
		"{\"tasks\": [1, null, {\"pid\": -1}, {\"pid\": 1e300}]}",
		"{\"tasks\": [{\"pid\": 5, \"state\": \"\", \"waits\": {\"lock\": 7}, \"frames\": "
		"[1, \"+0x\", \"f+0x1/0x2\"]}],"
		" \"locks\": [{\"id\": \"a\", \"class\": \"b\", \"owners\": [5, 5, 99, \"x\"]}"
		", {\"id\": 1}]}",
		"{\"tasks\": [{\"pid\": 5, \"state\": \"D\", \"waits\": {\"lock\": \"a\"}}],"
		" \"locks\": [{\"id\": \"a\", \"class\": \"b\", \"owners\": [5]}]}",
	};
	enum hang_kind last = HANG_NONE;

	for (guint i = 0; i < G_N_ELEMENTS(images); i++) {
		json_auto_t *owners = json_loads(images[i], 0, NULL);
		const struct hang_source source = {.owners = owners};
		rig_auto(hang) hang = hang_explain(&source);

		last = hang_kind(hang);
	}
	ck_assert_int_eq(last, HANG_CYCLE); /* a cycle of the task with itself */
}
END_TEST

START_TEST(a_folder_need_not_be_whole)
{
	g_autofree char *console = in_scratch("console.raw");
	g_autoptr(GError) error = NULL;
	rig_auto(hang) empty = hang_of_folder(scratch, NULL);

	ck_assert_int_eq(hang_kind(empty), HANG_NONE);
	/* a link is not followed */
	ck_assert_int_eq(symlink(fixtures->pdata[0], console), 0);
	rig_auto(hang) linked = hang_of_folder(scratch, NULL);
	ck_assert_int_eq(hang_kind(linked), HANG_NONE);
	ck_assert_ptr_null(hang_of_folder("/no/such/folder", &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
	g_clear_error(&error);
	ck_assert(!memory_read(scratch, NULL, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "there is no memory image"));
}
END_TEST

static void find_fixtures(void)
{
	g_autofree char *dir = data_path("hang");
	g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
	const char *name;

	fixtures = g_ptr_array_new_with_free_func(g_free);
	while (entries && (name = g_dir_read_name(entries)))
		if (g_str_has_suffix(name, ".txt"))
			g_ptr_array_add(fixtures, g_build_filename(dir, name, NULL));
}

int main(void)
{
	Suite *suite = suite_create("hang");
	TCase *tcase = tcase_create("explain");

	find_fixtures();
	use_scratch(tcase);
	tcase_add_loop_test(tcase, real_hangs_are_explained, 0, MAX(1, (int)fixtures->len));
	tcase_add_loop_test(tcase, any_beginning_is_read, 0, MAX(1, (int)fixtures->len));
	tcase_add_test(tcase, nobody_waits);
	tcase_add_test(tcase, a_cycle_is_the_same_from_both_ends);
	add_register_tests(tcase);
	add_emulator_tests(tcase);
	add_compare_tests(tcase);
	tcase_add_test(tcase, a_sleeper_has_switched);
	tcase_add_test(tcase, likely_owners_are_used);
	tcase_add_test(tcase, a_hang_can_be_known);
	tcase_add_test(tcase, any_image_is_read);
	tcase_add_test(tcase, a_folder_need_not_be_whole);
	suite_add_tcase(suite, tcase);
	add_memory_tests(suite);
	return suite_run(suite);
}
