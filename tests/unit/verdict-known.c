// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that the scanner and the rig's own list of known issues recognise the known bugs of
 * docs/found.md on consoles.
 */
#include <string.h>

#include "splat/known.h"
#include "tests/unit/suite.h"
#include "tests/unit/verdict.h"
#include "verdict/verdict.h"

#define FAULT(head, function)                                                \
	"[   10.000001] BUG: " head "\n"                                     \
	"[   10.000002] #PF: supervisor read access in kernel mode\n"        \
	"[   10.000003] #PF: error_code(0x0000) - not-present page\n"        \
	"[   10.000004] Oops: 0000 [#1] PREEMPT SMP NOPTI\n"                 \
	"[   10.000005] CPU: 0 PID: 77 Comm: agent Not tainted 6.1.192 #1\n" \
	"[   10.000006] RIP: 0010:" function "+0x5/0x40\n"                   \
	"[   10.000007] Call Trace:\n"                                       \
	"[   10.000008]  <TASK>\n"                                           \
	"[   10.000009]  vfs_read+0x5/0x900\n"                               \
	"[   10.000010]  </TASK>\n"                                          \
	"[   10.000011] ---[ end trace 0000000000000000 ]---\n"
#define PAGING(function) \
	FAULT("unable to handle page fault for address: fffffffffffffffe", function)
/*
 * A page fault inside dump_page(), which was printing another report; paths are those of a build
 * outside the source tree.
 */
#define BUG_IN_DUMP(caller)                                                                     \
	"[   10.000000] ------------[ cut here ]------------\n"                                 \
	"[   10.000001] kernel BUG at ../src/include/linux/mm.h:848!\n"                         \
	"[   10.000002] invalid opcode: 0000 [#1] SMP\n"                                        \
	"[   10.000003] CPU: 0 PID: 8 Comm: kworker/u4:0 Not tainted 6.1.192 #1\n"              \
	"[   10.000004] RIP: 0010:dump_page+0x128/0x228\n"                                      \
	"[   10.000005] RSP: 0018:ffff88800026fb48 EFLAGS: 00000246\n"                          \
	"[   10.000006] Call Trace:\n"                                                          \
	"[   10.000007]  <TASK>\n"                                                              \
	"[   10.000008]  " caller "+0x1ca/0x1d8\n"                                              \
	"[   10.000009]  isolate_single_pageblock+0xa5/0x30e\n"                                 \
	"[   10.000010]  </TASK>\n"                                                             \
	"[   10.000011] ---[ end trace 0000000000000000 ]---\n"
#define WARNED(where, function)                                                              \
	"[   10.000001] ------------[ cut here ]------------\n"                              \
	"[   10.000002] WARNING: CPU: 1 PID: 0 at " where " " function "+0x5/0x40\n"         \
	"[   10.000003] CPU: 1 PID: 0 Comm: swapper/1 Not tainted 6.1.192 #1\n"              \
	"[   10.000004] NIP:  c000000000000001 LR: c000000000000002 CTR: c000000000000003\n" \
	"[   10.000005] NIP [c000000000000001] " function "+0x5/0x40\n"                      \
	"[   10.000006] Call Trace:\n"                                                       \
	"[   10.000007] [c000000000000004] [c000000000000005] " function "+0x5/0x40 "        \
	"(unreliable)\n"                                                                     \
	"[   10.000008] [c000000000000006] [c000000000000007] xive_teardown_cpu+0x5/0x40\n"  \
	"[   10.000009] ---[ end trace 0000000000000000 ]---\n"

static const struct {
	const char *console;	     /* a text, or the path of a fixture below tests/data */
	const char *release, *other; /* the issue is known in `release` but not in `other` */
	gboolean ends;		     /* the issue ends the run, so its best verdict is KNOWN */
} bugs[] = {
	{FAULT("kernel NULL pointer dereference, address: 0000000000000058",
	       "default_kernel_zone_for_pfn"),
	 "6.1.192", "6.12.95", TRUE},
	{FAULT("kernel NULL pointer dereference, address: 0000000000000078", "zone_for_pfn_range"),
	 "6.1.192", "6.12.95", TRUE},
	{PAGING("read_page_owner"), "6.1.192", "7.3.4", TRUE},
	{PAGING("read_page_owner"), "5.10.262", "5.4.1", TRUE},
	{PAGING("set_pfnblock_flags_mask"), "6.1.192", "6.12.95", TRUE},
	{PAGING("compound_order"), "6.1.192", "7.3.4", TRUE},
	{BUG_IN_DUMP("set_migratetype_isolate.isra.0"), "6.1.192", "6.12.95", TRUE},
	{WARNED("mm/page_ext.c:160", "page_ext_get"), "6.1.192", "6.12.95", FALSE},
	{WARNED("kernel/workqueue.c:2197", "process_one_work"), "5.10.262", "6.1.192", FALSE},
	{WARNED("kernel/locking/lockdep.c:4393", "irqentry_exit"), "7.3.4", "6.1.192", FALSE},
	{"splat/lockdep-circular-z03-x86-6.1.txt", "6.12.95", "6.1.192", TRUE},
	{"splat/lockdep-circular-z03-ppc64le-6.1.txt", "7.3.4", "5.10.262", TRUE},
	{"store/20261121T065445Z-cpu-vs-memory-hotplug-pc-q35-6.1.192-s510245973/console.raw",
	 "6.1.192", "6.12.95", TRUE},
};

static void keep(struct splat *splat, void *data)
{
	g_ptr_array_add(data, splat);
}

static GPtrArray *scan_text(const char *text)
{
	GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	rig_auto(scanner) scanner = scanner_new(keep, found);

	scanner_feed(scanner, (const guint8 *)text, strlen(text));
	scanner_flush(scanner);
	return found;
}

START_TEST(found_is_known)
{
	g_autofree char *list = data_path("../../scenarios/known-issues.yaml"), *text = NULL;
	rig_auto(known) known = known_load(list, "2026-12-01", NULL);
	const struct known_issue *issue;
	struct report_meaning meaning = {0};
	g_autoptr(GPtrArray) found = NULL;
	struct splat *splat;

	ck_assert_ptr_nonnull(known);
	if (*bugs[_i].console == '[') {
		text = g_strdup(bugs[_i].console);
	} else {
		g_autofree char *path = data_path(bugs[_i].console);

		ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	}
	found = scan_text(text);
	ck_assert_uint_ge(found->len, 1);
	splat = found->pdata[0];
	issue = known_match(known, splat, bugs[_i].release);
	ck_assert_msg(issue != NULL, "%s", splat->bug);
	ck_assert_ptr_null(known_match(known, splat, bugs[_i].other));
	splat->known = known_json(issue);
	ck_assert_int_eq(verdict_of_report(splat, &meaning), bugs[_i].ends || splat->validator_off);
	ck_assert(!meaning.reason || meaning.verdict == VERDICT_KNOWN);
	g_free(meaning.reason);
}
END_TEST

void add_known_tests(Suite *suite)
{
	TCase *tc = tcase_create("known");

	tcase_add_loop_test(tc, found_is_known, 0, G_N_ELEMENTS(bugs));
	suite_add_tcase(suite, tc);
}
