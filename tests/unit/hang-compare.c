// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests samples of two moments that contradict each other: no task must be blamed for the hang
 * then.
 */
#include <check.h>
#include <string.h>

#include "hang/hang.h"
#include "tests/unit/hang.h"

static const char busy_host[] =
	"[   97.074043][   T61] Showing all locks held in the system:\n"
	"[   97.074830][   T61] 3 locks held by kworker/u4:1/23:\n"
	"[   97.075388][   T61]  #0: ffff88800036dd38 ((wq_completion)kacpi_hotplug){+.+.}"
	"-{0:0}, at: "
	"process_one_work+0x179/0x373\n"
	"[   97.083392][   T61]  #1: ffff888000373e90 ((work_completion)(&hpw->work)){+.+.}"
	"-{0:0}, at: "
	"process_one_work+0x179/0x373\n"
	"[   97.090309][   T61]  #2: ffffffff81e15688 (device_hotplug_lock){+.+.}-{3:3}"
	", at: "
	"acpi_device_hotplug+0x15/0x347\n"
	"[   97.093818][   T61] 3 locks held by block-state/35:\n"
	"[   97.123497][   T61] 8 locks held by blocks/46:\n"
	"[   97.145276][   T61] \n"
	"[   97.145276][   T61] =============================================\n"
	"[   97.526888][   T61] sysrq: Show Blocked State\n"
	"[   97.531336][   T61] task:kworker/u4:1    state:D stack:0     pid:23    ppid:2  "
	"    flags:0x00004000\n"
	"[   97.538313][   T61] Call Trace:\n"
	"[   97.541199][   T61]  <TASK>\n"
	"[   97.541540][   T61]  __schedule+0x502/0x546\n"
	"[   97.547487][   T61]  schedule+0x6e/0xa2\n"
	"[   97.548657][   T61]  schedule_preempt_disabled+0x10/0x19\n"
	"[   97.551394][   T61]  __mutex_lock+0x1f2/0x396\n"
	"[   97.555829][   T61]  acpi_device_hotplug+0x15/0x347\n"
	"[   97.556829][   T61]  acpi_hotplug_work_fn+0x15/0x1e\n"
	"[   97.557829][   T61]  process_one_work+0x20f/0x373\n"
	"[   97.558829][   T61]  worker_thread+0x185/0x248\n"
	"[   97.559829][   T61]  kthread+0xca/0xd2\n"
	"[   97.560829][   T61]  ret_from_fork+0x1f/0x30\n"
	"[   97.561829][   T61]  </TASK>\n"
	"[   97.562829][   T61] task:block-state     state:D stack:0     pid:35    ppid:1  "
	"    flags:0x00000000\n"
	"[   97.563829][   T61] Call Trace:\n"
	"[   97.564829][   T61]  <TASK>\n"
	"[   97.565829][   T61]  __schedule+0x502/0x546\n"
	"[   97.566829][   T61]  schedule+0x6e/0xa2\n"
	"[   97.567829][   T61]  schedule_timeout+0xb4/0xd6\n"
	"[   97.568829][   T61]  msleep+0x13/0x19\n"
	"[   97.569829][   T61]  lock_device_hotplug_sysfs+0x1e/0x31\n"
	"[   97.570829][   T61]  state_store+0x1e/0x74\n"
	"[   97.571829][   T61]  </TASK>\n";

/*
 * A busy host: a worker waits for device_hotplug_lock inside its work, and agents poll for it. For
 * tasks that are running, lockdep prints only the number of the locks that they hold. The worker is
 * not an idle owner, and any of the running tasks may hold the lock: nothing was leaked.
 */
START_TEST(a_waiting_worker_leaks_nothing)
{
	/*
	 * one of the tasks is in offline_pages() in one sample but not in the next, with another
	 * number of locks: it makes progress
	 */
	static const char samples[] =
		"[   98.427825][   T61] sysrq: Show backtrace of all active CPUs\n"
		"[   98.488248][    C1] NMI backtrace for cpu 1\n"
		"[   98.488248][    C1] CPU: 1 PID: 46 Comm: blocks Not tainted 6.1.192 #1 \n"
		"[   98.488300][    C1] RIP: 0010:rmap_walk_anon+0x12/0x1ea\n"
		"[   98.488310][    C1] Call Trace:\n"
		"[   98.488320][    C1]  <TASK>\n"
		"[   98.488330][    C1]  migrate_pages+0x257/0x6ca\n"
		"[   98.488340][    C1]  offline_pages+0x257/0x6ca\n"
		"[   98.488350][    C1]  </TASK>\n"
		"[   99.074043][   T61] Showing all locks held in the system:\n"
		"[   99.074830][   T61] 1 lock held by kworker/u4:1/23:\n"
		"[   99.090309][   T61]  #0: ffffffff81e15688 (device_hotplug_lock){+.+.}-{3:3}"
		", at: "
		"acpi_device_hotplug+0x15/0x347\n"
		"[   99.123497][   T61] 10 locks held by blocks/46:\n"
		"[   99.145276][   T61] \n"
		"[   99.145276][   T61] =============================================\n"
		"[  100.264034][   T61] sysrq: Show backtrace of all active CPUs\n"
		"[  100.264134][    C0] NMI backtrace for cpu 0\n"
		"[  100.264234][    C0] CPU: 0 PID: 41 Comm: compact Not tainted 6.1.192 #1 \n"
		"[  100.264334][    C0] RIP: 0010:isolate_migratepages+0x12/0x1ea\n";
	g_autofree char *whole = g_strconcat(busy_host, _i ? samples : "", NULL);
	const struct hang_source source = {.console = whole, .console_len = strlen(whole)};
	rig_auto(hang) hang = hang_explain(&source);
	g_autofree char *all = g_strjoinv("\n", (char **)hang_sentences(hang));

	ck_assert_msg(hang_kind(hang) == HANG_UNEXPLAINED, "%s: %s",
		      hang_kind_name(hang_kind(hang)), all);
	ck_assert_msg(!strstr(all, "idle"), "%s", all);
}
END_TEST

/* The state and locks of one task at a moment, as lockdep and the kernel print them. */
#define LIST "Showing all locks held in the system:\n"
#define LIST_END "\n=============================================\n"
#define PORTER_HOLDS \
	"1 lock held by porter/70:\n #0: ffff888000aa0010 (vault_lock){+.+.}-{3:3}" \
	", at: open_vault+0x11/0x40\n"
#define PORTER_IN_WORK \
	"1 lock held by porter/70:\n #0: ffff888000bb0010 (door_lock){+.+.}-{3:3}" \
	", at: open_door+0x9/0x40\n"
#define TELLER_WAITS \
	"1 lock held by teller/71:\n #0: ffff888000aa0010 (vault_lock){+.+.}-{3:3}" \
	", at: count_coins+0x21/0x80\n"
#define TELLER_HOLDS                                                                  \
	"2 locks held by teller/71:\n"                                                \
	" #0: ffff888000aa0010 (vault_lock){+.+.}-{3:3}, at: count_coins+0x21/0x80\n" \
	" #1: ffff888000bb0010 (door_lock){+.+.}-{3:3}, at: open_door+0x9/0x40\n"
#define TELLER_STACK                                                                         \
	"task:teller           state:D stack:0     pid:71    ppid:1      flags:0x00000000\n" \
	" __schedule+0x1/0x9\n schedule+0x1/0x9\n __mutex_lock+0x1/0x9\n count_coins+0x21/0x80\n" \
	" vfs_write+0x1/0x9\n"
#define PORTER_STACK \
	"task:porter          state:I stack:0     pid:70    ppid:2      flags:0x00004000\n" \
	" __schedule+0x1/0x9\n schedule+0x1/0x9\n worker_thread+0x1/0x9\n kthread+0x1/0x9\n"
#define TELLER_LISTED \
	"task 71 teller D count_coins switches 5\n\t[<0>] count_coins+0x21/0x80\n" \
	"\t[<0>] vfs_write+0x1/0x9\n"
#define PORTER_IDLE \
	"task 70 porter I worker_thread switches 9\n\t[<0>] worker_thread+0x1/0x9\n" \
	"\t[<0>] kthread+0x1/0x9\n"
#define PORTER_WAITS \
	"task 70 porter D carry_coins switches 9\n\t[<0>] carry_coins+0x15/0x90\n" \
	"\t[<0>] process_one_work+0x1/0x9\n\t[<0>] worker_thread+0x1/0x9\n\t[<0>] kthread+0x1/0x9\n"

static const struct {
	const char *listed, *first, *second;
	enum hang_kind kind;
} moments[] = {
	/*
	 * The owner is idle and holds the lock in both samples. Without a first sample nothing
	 * shows that the lock was free in between.
	 */
	{TELLER_LISTED PORTER_IDLE, PORTER_HOLDS TELLER_WAITS, PORTER_HOLDS TELLER_WAITS,
	 HANG_LEAK},
	{NULL, PORTER_HOLDS TELLER_WAITS, PORTER_HOLDS TELLER_WAITS, HANG_LEAK},
	{TELLER_LISTED PORTER_IDLE, NULL, PORTER_HOLDS TELLER_WAITS, HANG_LEAK},
	/*
	 * the owner was working when the guest listed its tasks, and idle when the kernel printed
	 * its stack
	 */
	{TELLER_LISTED PORTER_WAITS, PORTER_HOLDS TELLER_WAITS, PORTER_HOLDS TELLER_WAITS,
	 HANG_UNEXPLAINED},
	/* the owner acquired the lock between the two lists */
	{TELLER_LISTED PORTER_IDLE, PORTER_IN_WORK TELLER_WAITS, PORTER_HOLDS TELLER_WAITS,
	 HANG_UNEXPLAINED},
	{TELLER_LISTED PORTER_IDLE, TELLER_WAITS, PORTER_HOLDS TELLER_WAITS, HANG_UNEXPLAINED},
	/*
	 * a lock that no task holds: the task waited for it from the first sample on, or held it in
	 * the first sample, or waits only in the second one
	 */
	{TELLER_LISTED, TELLER_WAITS, TELLER_WAITS, HANG_LEAK},
	{TELLER_LISTED, NULL, TELLER_WAITS, HANG_LEAK},
	{TELLER_LISTED, TELLER_HOLDS, TELLER_WAITS, HANG_UNEXPLAINED},
	{TELLER_LISTED, "", TELLER_WAITS, HANG_UNEXPLAINED},
};

/* A leak is reported only if both samples show it. */
START_TEST(a_leak_is_in_both_samples)
{
	g_autofree char *first = moments[_i].first
					 ? g_strconcat(LIST, moments[_i].first, LIST_END, NULL)
					 : g_strdup("");
	g_autofree char *log = g_strconcat(first, TELLER_STACK PORTER_STACK LIST,
					   moments[_i].second, LIST_END, NULL);
	const struct hang_source source = {
		.console = log, .console_len = strlen(log), .tasks = moments[_i].listed};
	rig_auto(hang) hang = hang_explain(&source);
	g_autofree char *all = g_strjoinv("\n", (char **)hang_sentences(hang));

	ck_assert_msg(hang_kind(hang) == moments[_i].kind, "%s: %s",
		      hang_kind_name(hang_kind(hang)), all);
	ck_assert_ptr_nonnull(strstr(all, "vault_lock"));
}
END_TEST

void add_compare_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_waiting_worker_leaks_nothing, 0, 2);
	tcase_add_loop_test(tcase, a_leak_is_in_both_samples, 0, G_N_ELEMENTS(moments));
}
