// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of formats: how reports begin, from 3.x to 7.x. The first row that matches wins, so
 * what is special stands before what is general. To add a kind see docs/reports.md.
 */
#include <string.h>

#include "splat/internal.h"

#define NAME "[A-Za-z_][A-Za-z0-9_]*"
#define F "(?<f>" NAME ")"
#define FILE_NAME "(?<src>[A-Za-z0-9_./+-]+\\.[chSr]s?)"
#define SRC FILE_NAME ":\\d+"
#define F_IF_KNOWN "(?:" F "|0x[0-9a-f]+)" /* "at 0x0" where the trap does not tell */

/* A WARN since 6.19: "WARNING: [cond] file:line at func+0x…, CPU#1: comm/12"; before: "WARNING:
 * CPU: 1 PID: 12 at file:line func+0x…", and "WARNING: at file:line func()" of the 3.x. */
#define WARN_AT(file, func)                                                                      \
	"WARNING: (?:(?:CPU: \\d+ (?:UID: \\d+ )?PID: \\d+ )?at (?:0x)?" file "(?::\\d+)? " func \
	"|.*?" file ":\\d+ at " func ")"

#define USB "usb_submit_urb|usb_start_wait_urb|usb_bulk_msg|usb_interrupt_msg|usb_control_msg"
#define USERS_OF_OBJECTS "debug_|rcu|hrtimer_|timer_|work_|percpu_|vunmap|vfree|__free_|kobject_"
#define LEAKS                                                                                     \
	"kmemleak|mmap|kmem|slab|alloc|create_object|idr_get|list_lru_init|kasprintf|kvasprintf|" \
	"pcpu_create|strdup|strndup|memdup"
#define PAGE_CARRIERS                                                                              \
	"free_page|free_pages|free_frozen|free_pcp|free_one_page|put_page|get_page|update_page|release_page|free_unref|^folio|^_folio|^__folio|" \
	"truncate_inode_pages|page_frag_free|alloc|vmap|page_owner"
#define CIPHERS "alloc_skb|netlink_ack|netlink_rcv_skb|_encrypt$|^crypto_|^cipher_|^drbg_|^rng_"
#define TAG_CHECKS "kernel_fault|tag_check|mem_abort|^el1_|^el1h_"

static const struct format formats[] = {
	/* lockdep: kernel/locking/lockdep.c; "[ INFO: … ]" and "[ BUG: … ]" until 4.11 */
	{"circular locking", "(?:WARNING|INFO): possible circular locking dependency detected",
	 "lockdep-circular", "possible deadlock in {f}", "{cycle}",
	 "process_one_work|flush_workqueue|drain_workqueue|destroy_workqueue", FRAME_LOCK,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"recursive locking", "(?:WARNING|INFO): possible recursive locking detected",
	 "lockdep-recursive", "possible deadlock in {f}", "{pair}", NULL, FRAME_FIRST_LOCK,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"lock order detected",
	 "(?:WARNING|INFO): (\\S+-(?:READ-)?safe) -> (\\S+-unsafe) lock order detected",
	 "lockdep-irq-order", "possible deadlock in {f}", "{irq}", NULL, FRAME_BECAME,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"lock inversion", "(?:WARNING|INFO): possible irq lock inversion dependency detected",
	 "lockdep-irq-inversion", "possible deadlock in {f}", "{irq}", NULL, FRAME_FIRST_LOCK,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"inconsistent lock state", "(?:WARNING|INFO): inconsistent lock state",
	 "lockdep-inconsistent", "inconsistent lock state in {f}", "{usage}",
	 "lock_sock|release_sock", FRAME_LAST_TRACE, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"nvalid wait context", "BUG: Invalid wait context", "lockdep-wait-context",
	 "WARNING: locking bug in {f}", "{wait}", "lock_sock|release_sock", FRAME_TRACE,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"suspicious", "(WARNING|INFO): suspicious (?:RCU|rcu_dereference_check\\(\\)) usage",
	 "lockdep-rcu", "{1}: suspicious RCU usage in {f}", "{rcu}", "rcu|kmem|slab",
	 FRAME_LAST_TRACE, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP},
	{"bad unlock balance", "(WARNING|BUG): bad unlock balance detected",
	 "lockdep-unlock-balance", "{1}: bad unlock balance in {f}", "{class} {f}", NULL,
	 FRAME_RELEASE, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"bad contention", "(WARNING|BUG): bad contention detected", "lockdep-contention",
	 "{1}: bad contention in {f}", "{class} {f}", NULL, FRAME_RELEASE, FAMILY_LOCKDEP, 0,
	 FORMAT_LOCKDEP | FORMAT_OFF},
	{"held lock freed", "(WARNING|BUG): held lock freed", "lockdep-freed", "{1}: held lock freed in {f}",
	 "{class} {f}", NULL, FRAME_FIRST_LOCK, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"still has locks held", "(WARNING|BUG): .*still has locks held", "lockdep-held",
	 "{1}: still has locks held in {f}", "{class} {f}", NULL, FRAME_FIRST_LOCK, FAMILY_LOCKDEP,
	 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"lock held when returning", "(WARNING|BUG): lock held when returning to user space",
	 "lockdep-user-return", "{1}: lock held when returning to user space in {f}", "{class} {f}",
	 NULL, FRAME_FIRST_LOCK, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF | FORMAT_NO_STACK},
	{"Nested lock", "(WARNING|BUG): Nested lock was not taken", "lockdep-nested",
	 "{1}: nested lock was not taken in {f}", "{class} {f}", NULL, FRAME_FAULT, FAMILY_LOCKDEP,
	 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"chain_key collision", "WARNING: chain_key collision", "lockdep-collision",
	 "WARNING: chain_key collision in {f}", "{f}", "^lookup_chain_cache", FRAME_TRACE, FAMILY_LOCKDEP, 0,
	 FORMAT_LOCKDEP},
	{"register non-static key", "INFO: trying to register non-static key", "lockdep-key",
	 "INFO: trying to register non-static key in {f}", "{f}", "stack|lock|IRQ", FRAME_TRACE,
	 FAMILY_LOCKDEP, 0, FORMAT_OFF},
	{"invalid subclass", "BUG: looking up invalid subclass: \\d+", "lockdep-key",
	 "BUG: looking up invalid subclass in {f}", "{f}", "stack|lock", FRAME_TRACE,
	 FAMILY_LOCKDEP, 0, FORMAT_OFF},
	{"BUG: key ", "BUG: key \\S+ (?:has not been registered|not in \\.data)!", "lockdep-key",
	 "BUG: key has not been registered in {f}", "{f}", "stack|lock", FRAME_TRACE,
	 FAMILY_LIMIT | FAMILY_TOLD, 0, FORMAT_OFF | FORMAT_BARE | FORMAT_NO_STACK},
	{"too low!", "BUG: (MAX_(?:STACK_TRACE_ENTRIES|LOCKDEP_\\w+|LOCK_DEPTH)) too low!",
	 "lockdep-limit", "BUG: {1} too low!", "{1}", NULL, FRAME_NONE, FAMILY_LIMIT, 0,
	 FORMAT_OFF | FORMAT_NO_STACK, SPLAT_LOST},
	{"kernel/locking/lockdep.c",
	 WARN_AT("\\S*kernel/locking/lockdep\\.c", "(?<f>[A-Za-z0-9_]*lock_[A-Za-z0-9_]*)"),
	 "lockdep-warn", "WARNING: locking bug in {f}", "{f}", "lock_sock|release_sock",
	 FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"lockdep.c", WARN_AT("\\S*kernel/(?:locking/)?lockdep\\.c", F_IF_KNOWN), "lockdep-warn",
	 "WARNING in {f}", "{f}", "lock_sock|release_sock", FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},

	/* sanitizers */
	{"BUG: KASan:", "BUG: KASan: use after free in " F, "kasan", /* 4.0 to 4.2 */
	 "KASAN: use-after-free {access} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KASan:", "BUG: KASan: out of bounds (?:access|on stack) in " F, "kasan",
	 "KASAN: out-of-bounds {access} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: (?:double-free or )?(double-free|invalid-free) in " F, "kasan",
	 "KASAN: invalid-free in {f}", NULL, "slab_|kfree|vunmap|vfree", FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: ([a-z-]+) in " F, "kasan", "KASAN: {1} {access} in {f}", NULL,
	 TAG_CHECKS, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: ([a-z-]+) on address", "kasan", "KASAN: {1} {access}", "{1}",
	 NULL, FRAME_NONE, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: (.*)", "kasan", "KASAN: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_SANITIZER, 0, FORMAT_CORRUPTED},
	{"BUG: KMSAN:", "BUG: KMSAN: (kernel-usb-infoleak) in " F, "kmsan", "KMSAN: {1} in {f}",
	 NULL, "alloc_skb|" USB, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KMSAN:", "BUG: KMSAN: ([a-z-]+) in " F, "kmsan", "KMSAN: {1} in {f}", NULL, CIPHERS,
	 FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KMSAN:", "BUG: KMSAN: (.*)", "kmsan", "KMSAN: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_SANITIZER, 0, FORMAT_CORRUPTED},
	{"BUG: KCSAN:", "BUG: KCSAN: ([a-z: -]*in " F ".*)", "kcsan", "KCSAN: {1}", NULL, NULL,
	 FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KCSAN:", "BUG: KCSAN: (.*)", "kcsan", "KCSAN: {1}", NULL, NULL, FRAME_NONE, FAMILY_SANITIZER},
	{"BUG: KFENCE:", "BUG: KFENCE: (use-after-free|out-of-bounds) (read|write) in " F, "kfence",
	 "KFENCE: {1} {2} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KFENCE:", "BUG: KFENCE: (invalid free|invalid read|invalid write|memory corruption) in " F,
	 "kfence", "KFENCE: {1} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KFENCE:", "BUG: KFENCE: (.*)", "kfence", "KFENCE: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_SANITIZER, 0, FORMAT_CORRUPTED},
	{"UBSAN:", "UBSAN: Undefined behaviour in " SRC, "ubsan", "UBSAN: undefined-behaviour in {f}",
	 "{f}", "ubsan|overflow", FRAME_TRACE, FAMILY_SANITIZER, FAMILY_CUT, FORMAT_ADOPTS},
	{"UBSAN:", "UBSAN: ([a-zA-Z -]+) in " SRC, "ubsan", "UBSAN: {1} in {f}", "{1} {f}",
	 "ubsan|overflow", FRAME_TRACE, FAMILY_SANITIZER, FAMILY_CUT, FORMAT_ADOPTS},
	{"BUG: memory leak", "BUG: memory leak", "memleak", "memory leak in {f}", NULL, LEAKS,
	 FRAME_TRACE, FAMILY_SANITIZER},
	{"unreferenced object", "^unreferenced object (?:0x)?[0-9a-f]+ \\(", "memleak",
	 "memory leak in {f}", NULL, LEAKS, FRAME_TRACE, FAMILY_SANITIZER, FAMILY_SANITIZER},

	/* silence: hung tasks, stalls, lockups */
	{"blocked", "INFO: task (.*):(\\d+) (?:is )?blocked (?:in I/O wait )?for more than \\d+ seconds",
	 "hung-task", "INFO: task hung in {f}", "{f}", NULL, FRAME_HUNG, FAMILY_STALL},
	{"blocked on a", "INFO: task .* is blocked on an? .*", "hung-task", "INFO: task hung in {f}",
	 NULL, NULL, FRAME_HUNG, FAMILY_STALL, FAMILY_STALL, FORMAT_ANYTIME | FORMAT_PROOF},
	{"blocked for more than", "^[^\"]*:(\\d+) blocked for more than \\d+ seconds\\.$",
	 "hung-task", "INFO: task hung in {f}", "{f}", NULL, FRAME_HUNG, FAMILY_STALL, FAMILY_STALL,
	 FORMAT_PROOF}, /* the task's name had a line end in it */
	{"can't die for", "INFO: task (.*):(\\d+) can't die for more than \\d+ seconds",
	 "hung-task", "INFO: task can't die in {f}", "{f}", "schedule", FRAME_TRACE, FAMILY_STALL},
	{"stall", "INFO: rcu_(?:preempt|sched|bh|tasks)(?:_\\w+)? (?:self-)?detected(?: expedited)? stall",
	 "rcu-stall", "INFO: rcu detected stall in {f}", "{f}", "apic_timer_interrupt|rcu",
	 FRAME_INTERRUPTED, FAMILY_STALL},
	{"stall", "(?:INFO: )?rcu_tasks\\w* detected stalls on tasks", "rcu-stall",
	 "INFO: rcu detected stall in {f}", "{f}", "apic_timer_interrupt|rcu", FRAME_INTERRUPTED,
	 FAMILY_STALL},
	{"BUG: soft lockup", "BUG: soft lockup", "soft-lockup", "BUG: soft lockup in {f}", "{f}",
	 NULL, FRAME_STALL, FAMILY_STALL},
	{"hard LOCKUP",
	 "atchdog(?:: CPU \\d+)? (?:detected |Watchdog detected )?(?:a )?[hH]ard LOCKUP|CPU \\d+ "
	 "(?:self-)?detected hard LOCKUP|detected hard LOCKUP on cpu",
	 "hard-lockup", "hard lockup in {f}", "{f}", "watchdog|perf_event|nmi", FRAME_STALL,
	 FAMILY_STALL, FAMILY_STALL | FAMILY_WARN, FORMAT_ADOPTS}, /* a WARN until 4.x */
	{"Hard LOCKUP", "CPU \\d+ (?:self-detected )?Hard LOCKUP|atchdog: .*Hard LOCKUP",
	 "hard-lockup", "hard lockup in {f}", "{f}", NULL, FRAME_STALL, FAMILY_STALL, FAMILY_STALL,
	 FORMAT_ADOPTS},
	{"BUG: workqueue lockup", "BUG: workqueue lockup", "workqueue-lockup", "BUG: workqueue lockup in {f}",
	 NULL, NULL, FRAME_WORK, FAMILY_STALL, 0, FORMAT_NO_STACK | FORMAT_NAMELESS},

	/* context */
	{"sleeping function called",
	 "BUG: sleeping function called from (?:invalid context|illegal context|non-preemptible "
	 "context) at (\\S+)",
	 "atomic-sleep", "BUG: sleeping function called from invalid context in {f}", "{f}", NULL,
	 FRAME_TRACE, FAMILY_WARN},
	{"scheduling while atomic", "BUG: scheduling while atomic", "sched-atomic",
	 "BUG: scheduling while atomic in {f}", "{f}", "schedule", FRAME_TRACE, FAMILY_WARN},
	{"in preemptible", "BUG: using ([a-z_]+)\\(\\) in preemptible", "preemptible",
	 "BUG: using {1}() in preemptible code in {f}", "{f}",
	 "preempt|debug_|processor_id|this_cpu", FRAME_TRACE, FAMILY_WARN},
	{"workqueue leaked", "BUG: workqueue leaked (?:lock or atomic|atomic, lock or RCU)",
	 "atomic-sleep", "BUG: workqueue leaked lock or atomic in {last}", NULL, NULL, FRAME_NONE,
	 FAMILY_WARN, 0, FORMAT_NO_STACK},
	{"BUG: ",
	 "BUG: (spinlock|rwlock|rwlock_t) (lockup suspected|lockup|already unlocked|recursion|cpu "
	 "recursion|bad magic|wrong owner|wrong CPU|trylock failure on UP)",
	 "spinlock", "BUG: {1} {2} in {f}", NULL, "spin_|_lock|_unlock", FRAME_TRACE, FAMILY_WARN},

	/* a broken object, told before the trap that ends it */
	{"corruption",
	 "(?:^|\\W)(list_add|list_del|list_add_rcu|slist_\\w+)(?:_valid)? (?:double "
	 "add|corruption)[.:]",
	 "list-corruption", "BUG: corrupted list in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_BUG,
	 FAMILY_CUT, FORMAT_ADOPTS | FORMAT_PROOF},
	{"kernel BUG at", "kernel BUG at \\S*lib/list_debug\\.c", "list-corruption",
	 "BUG: corrupted list in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG,
	 FORMAT_ADOPTS},
	{"list_debug.c", WARN_AT("\\S*lib/list_debug\\.c", F_IF_KNOWN), "list-corruption",
	 "WARNING: corrupted list in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT | FAMILY_BUG, FORMAT_ADOPTS},
	{"exposure attempt", "(?:usercopy: |)[Kk]ernel memory (?:exposure|overwrite) attempt detected",
	 "usercopy", "BUG: bad usercopy in {f}", NULL, "usercopy|__check", FRAME_FAULT, FAMILY_BUG,
	 0, FORMAT_PROOF},
	{"overwrite attempt", "[Kk]ernel memory overwrite attempt detected", "usercopy",
	 "BUG: bad usercopy in {f}", NULL, "usercopy|__check", FRAME_FAULT, FAMILY_BUG, 0, FORMAT_PROOF},
	{"kernel BUG at", "kernel BUG at \\S*mm/usercopy\\.c", "usercopy", "BUG: bad usercopy in {f}",
	 NULL, "usercopy|__check", FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG, FORMAT_ADOPTS},
	{"ernel BUG at", "[Kk]ernel BUG at " SRC, "bug", "kernel BUG in {f}", "{src} {f}", "^skb_",
	 FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG, 0},
	{"ernel BUG at", "[Kk]ernel BUG at (?:" F "\\+0x)?", "bug", "kernel BUG in {f}", NULL,
	 "^skb_", FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG, 0},
	{"BUG kmalloc-", "BUG kmalloc-\\S+ \\(.*\\): Object already free", "other",
	 "BUG: Object already free", NULL, NULL, FRAME_TRACE, FAMILY_SANITIZER, FAMILY_SANITIZER, FORMAT_PROOF},
	{"BUG kmalloc-", "BUG (kmalloc-\\S+) \\(.*\\): (.*)", "other", "BUG: {1}: {2}", NULL, NULL,
	 FRAME_TRACE, FAMILY_SANITIZER, FAMILY_SANITIZER, FORMAT_PROOF},
	{"BUG ", "^BUG ([a-zA-Z0-9_-]+) \\((?:Not tainted|Tainted: [A-Z ]+)\\): (.*)", "other",
	 "BUG: {1}: {2}", NULL, NULL, FRAME_TRACE, FAMILY_SANITIZER, FAMILY_SANITIZER, FORMAT_PROOF},

	/* faults */
	{"BUG: ",
	 "BUG: (?:unable to handle kernel paging request|unable to handle page fault for "
	 "address|Unable to handle kernel (?:data|instruction) (?:access|fetch))",
	 "paging", "BUG: unable to handle kernel paging request in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS},
	{"BUG: ",
	 "BUG: (?:unable to handle kernel NULL pointer dereference|[Kk]ernel NULL pointer "
	 "dereference)",
	 "null-deref", "BUG: unable to handle kernel NULL pointer dereference in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS},
	{"guard page was hit", "BUG: (?:TASK |IRQ |\\S+ )?stack guard page was hit", "stack",
	 "BUG: stack guard page was hit in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0,
	 FORMAT_NO_STACK},
	{"nable to handle kernel", "BUG: [Uu]nable to handle kernel", "oops",
	 "BUG: unable to handle kernel", NULL, NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_CORRUPTED},
	{"Unable to handle kernel", "Unable to handle kernel paging request", "paging",
	 "BUG: unable to handle kernel paging request in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS},
	{"Unable to handle kernel",
	 "Unable to handle kernel (access to user memory|read from unreadable memory|write to "
	 "read-only memory|execute from non-executable memory)",
	 "paging", "BUG: unable to handle kernel {1} in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS},
	{"Unable to handle kernel", "Unable to handle kernel NULL pointer dereference", "null-deref",
	 "BUG: unable to handle kernel NULL pointer dereference in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS},
	/* s390 tells the address on the next line: in the first page it is the second row */
	{"Unable to handle kernel", "Unable to handle kernel pointer dereference", "paging",
	 "BUG: unable to handle kernel paging request in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS, 0, FORMAT_ADDRESS},
	{"Unable to handle kernel", "Unable to handle kernel pointer dereference", "null-deref",
	 "BUG: unable to handle kernel NULL pointer dereference in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS},
	{"Unable to handle kernel", "Unable to handle kernel (.*?)(?: (?:for|at) .*)?$", "oops",
	 "BUG: unable to handle kernel {1} in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0,
	 FORMAT_PROOF},
	{"general protection fault", "general protection fault.*:", "gpf", "general protection fault in {f}",
	 "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"stack segment", "stack segment: ", "stack", "stack segment fault in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"divide", "divide(?: |_)error: ", "divide", "divide error in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"PANIC: double fault", "PANIC: double fault", "double-fault", "PANIC: double fault in {f}",
	 "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_NO_STACK},
	{"double fault", "^(?:Oops: )?double fault: ", "double-fault", "PANIC: double fault in {f}",
	 "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"stack overflow",
	 "(?:Insufficient stack space to handle exception|[kK]ernel stack overflow|stack overflow "
	 "detected)",
	 "stack", "kernel stack overflow in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS, FORMAT_PROOF},
	{"invalid opcode", "invalid opcode: ", "invalid-opcode", "invalid opcode in {f}", "{f}",
	 NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG | FAMILY_SANITIZER, FORMAT_PROOF},
	{"int3:", "(?:^|\\s)int3: ", "invalid-opcode", "int3 in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"Internal error:", "Internal error: ([A-Za-z][^:\\[]*)", "oops", "Internal error in {f}",
	 "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG, FORMAT_PROOF},
	{"Unhandled fault:", "Unhandled fault: ([^(]*)", "oops", "Unhandled fault in {f}", "{f}",
	 NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"Alignment trap", "Alignment trap: not handling instruction", "oops",
	 "Alignment trap in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_PROOF},
	{"Unrecoverable", "Unrecoverable (?:[a-zA-Z]+ )+(?:[eE]xception|SLB miss|FP|VMX|VSX).* at ",
	 "oops", "Unrecoverable exception in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS, FORMAT_PROOF},
	{"Machine check", "Machine check in kernel mode", "other", "Machine check in {f}", "{f}",
	 NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_PROOF},
	{"Oops", "^(?!.*Kernel panic).*(?:^|\\W)Oops(?: - [^:]*)?(?::| \\[#)", "oops", "Oops in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG | FAMILY_SANITIZER, FORMAT_PROOF},
	{" ilc:", "^[a-z][a-z -]+: [0-9a-f]{4} ilc:\\d \\[#", /* s390 */
	 "oops", "Oops in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG, FORMAT_PROOF},

	/* a lock that is missing: scenarios/zoo/lock-rules-*.patch and the agent lock-rules */
	{"lock rule", "WARNING: lock rule ([a-z-]+): " F "\\(\\) without (" NAME ")", "lock-rule",
	 "lock rule {1} broken in {f}", "{1} {f} {3}", NULL, FRAME_GROUP, FAMILY_WARN, 0, FORMAT_RULE},

	/* warnings with a place of their own */
	{"refcount", WARN_AT("\\S*lib/refcount\\.c", F_IF_KNOWN), "refcount", "WARNING: refcount bug in {f}",
	 NULL, "refcount|kobject_", FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"lib/debugobjects.c", WARN_AT("\\S*lib/debugobjects\\.c", F_IF_KNOWN), "debugobjects",
	 "WARNING: ODEBUG bug in {f}", NULL, USERS_OF_OBJECTS, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	{"mm/usercopy.c", WARN_AT("\\S*mm/usercopy\\.c", F_IF_KNOWN), "usercopy",
	 "WARNING: bad usercopy in {f}", NULL, "usercopy|__check", FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT, FORMAT_ADOPTS},
	{"lib/kobject.c", WARN_AT("\\S*lib/kobject\\.c", F_IF_KNOWN), "warning",
	 "WARNING: kobject bug in {f}", NULL, "kobject_", FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	{"fs/proc/generic.c", WARN_AT("\\S*fs/proc/generic\\.c", "proc_register"), "warning",
	 "WARNING: proc registration bug in {f}", NULL, "proc_", FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT, FORMAT_ADOPTS},
	{"usb_submit_urb", WARN_AT("\\S+", "usb_submit_urb"), "warning", "WARNING in {f}/usb_submit_urb",
	 NULL, USB, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"malloc", WARN_AT("\\S*mm/\\S+\\.c", "k?.?malloc\\S*"), "warning", "WARNING: kmalloc bug in {f}",
	 NULL, "kmalloc|krealloc|slab|kmem", FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"__vmalloc_node", WARN_AT("\\S*mm/vmalloc\\.c", "__vmalloc_node\\S*"), "warning",
	 "WARNING: zero-size vmalloc in {f}", NULL, NULL, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	{"WARNING:", WARN_AT(FILE_NAME, F_IF_KNOWN), "warning", "WARNING in {f}", "{src} {f}", NULL,
	 FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"WARNING:", "WARNING: CPU: \\d+ (?:UID: \\d+ )?PID: \\d+ at (?:0x[0-9a-f]+|" F ")", "warning",
	 "WARNING in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"WARNING:", "WARNING: at 0x[0-9a-f]+, CPU#\\d+", "warning", "WARNING in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"WARNING:", "WARNING: kernel stack regs at .* has bad ('\\w+') value", "stack",
	 "WARNING: kernel stack regs has bad {1} value", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"WARNING:", "WARNING: kernel stack (?:regs|frame pointer) at .* has bad value", "stack",
	 "WARNING: kernel stack frame pointer has bad value", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},

	/* pages, mm, allocation */
	{"Bad page", "BUG: Bad page (state|cache)", "page-state", "BUG: Bad page {1} in {f}",
	 "{1} {reason} {trace}", PAGE_CARRIERS, FRAME_PAGE, FAMILY_WARN, 0, FORMAT_NAMELESS},
	{"Bad page", "BUG: Bad page map", "page-state", "BUG: Bad page map", NULL, NULL, FRAME_NONE,
	 FAMILY_WARN},
	{"BUG: Bad rss-counter", "BUG: Bad rss-counter state", "page-state", "BUG: Bad rss-counter state",
	 NULL, NULL, FRAME_NONE, FAMILY_ONE, 0, FORMAT_BARE | FORMAT_NO_STACK},
	{"BUG: non-zero", "BUG: non-zero (nr_ptes|nr_pmds|pgtables_bytes) on freeing mm",
	 "page-state", "BUG: non-zero {1} on freeing mm", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"page allocation failure", "(\\S+): page allocation failure[:.]", "alloc-failure",
	 "page allocation failure in {f}", "{f}", "alloc|kmem|slab|show_mem|^warn_", FRAME_TRACE,
	 FAMILY_MEMORY, 0, FORMAT_PROOF, SPLAT_NOTE},
	{"oom-killer", "(\\S+) invoked oom-killer: ", "oom", "out of memory", NULL, NULL,
	 FRAME_NONE, FAMILY_MEMORY, 0, FORMAT_PROOF, SPLAT_NOTE},
	{"Out of memory",
	 "^(?:Memory cgroup out of memory|Out of memory(?: \\([^)]*\\))?): Kill(?:ed)? process "
	 "\\d+",
	 "oom", "out of memory", NULL, NULL, FRAME_NONE, FAMILY_ONE, FAMILY_MEMORY,
	 FORMAT_BARE | FORMAT_NO_STACK | FORMAT_ANYTIME, SPLAT_NOTE},

	/* file systems, network */
	{"still in use", "BUG: Dentry .* still in use \\(-?\\d+\\) +\\[(unmount) of [^\\]]+\\]",
	 "vfs", "BUG: Dentry still in use in {1}", NULL, NULL, FRAME_NONE, FAMILY_WARN | FAMILY_TOLD},
	{"VFS: Close", "VFS: Close: file count is 0", "vfs",
	 "VFS: Close: file count is zero (use-after-free)", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"VFS: Busy", "VFS: Busy inodes after unmount of (?:\\S+ \\((\\w+)\\)|\\S+)", "vfs",
	 "VFS: Busy inodes after unmount (use-after-free)", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"unregister_netdevice:", "unregister_netdevice: waiting for (\\S+) to become free",
	 "unregister-netdevice", "unregister_netdevice: waiting for DEV to become free", NULL, NULL,
	 FRAME_NONE, FAMILY_ONE, FAMILY_ONE, FORMAT_BARE | FORMAT_NO_STACK},
	{"nobody cared", "irq (\\d+): nobody cared", "other", "irq: nobody cared", NULL, NULL,
	 FRAME_NONE, FAMILY_WARN, 0, FORMAT_PROOF},

	/* the end; those that only follow another report are told as such */
	{"Kernel panic", "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: " F,
	 "panic", "kernel panic: stack is corrupted in {f}", "{f}", "stack_chk", FRAME_GROUP,
	 FAMILY_PANIC, 0, FORMAT_NO_STACK},
	{"Kernel panic", "Kernel panic - not syncing: corrupted stack end", "panic",
	 "kernel panic: corrupted stack end in {f}", NULL, "schedule|retint_kernel", FRAME_STALL,
	 FAMILY_PANIC, 0, FORMAT_NO_STACK},
	{"Kernel panic",
	 "Kernel panic - not syncing: (?:[A-Za-z -]+: )?(Fatal exception|panic_on_warn set|hung_task: blocked "
	 "tasks|softlockup: hung tasks|Hard LOCKUP|RCU Stall|kasan\\.fault=panic set|Fatal hardware error|BUG!|scheduling while "
	 "atomic).*",
	 "panic", "kernel panic: {1}", NULL, NULL, FRAME_NONE, FAMILY_PANIC, FAMILY_WARN,
	 FORMAT_NO_STACK | FORMAT_INDUCED | FORMAT_CORRUPTED},
	{"Kernel panic", "Kernel panic - not syncing: Attempted to kill init!", "panic",
	 "kernel panic: Attempted to kill init!", NULL, NULL, FRAME_NONE, FAMILY_PANIC, 0,
	 FORMAT_NO_STACK},
	{"Kernel panic", "Kernel panic - not syncing: Couldn't open N_TTY ldisc", "panic",
	 "kernel panic: Couldn't open N_TTY ldisc", NULL, NULL, FRAME_NONE, FAMILY_PANIC, 0,
	 FORMAT_NO_STACK},
	{"Kernel panic", "Kernel panic - not syncing: (.*)", "panic", "kernel panic: {1}", NULL,
	 NULL, FRAME_NONE, FAMILY_PANIC, 0, FORMAT_NO_STACK},
	{"panicked at", "rust_kernel: panicked at .*", "panic", "{next} in {f}", NULL,
	 "rust_begin_unwind|^core::panicking|^_R", FRAME_TRACE, FAMILY_BUG, FAMILY_BUG, FORMAT_PROOF},

	/* the rest: only with a stack */
	{"BUG:", "^(?:[A-Z][A-Za-z0-9]+: )?BUG: ([A-Z].*)", "other", "BUG: {1}", NULL, NULL,
	 FRAME_TRACE, FAMILY_WARN, 0, FORMAT_KERNEL | FORMAT_NO_STACK},
	{"BUG:", "(?:^|[^A-Z_])BUG:\\s*(.*)", "other", "BUG: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_WARN, 0, FORMAT_PROOF},
	{"INFO:", "INFO: (Freed|Allocated) in (.*)", "other", "INFO: {1} in {2}", NULL, NULL,
	 FRAME_TRACE, FAMILY_WARN, FAMILY_SANITIZER, FORMAT_PROOF | FORMAT_CORRUPTED | FORMAT_ANYTIME},
	{"WARNING:", "WARNING:\\s*$", "warning", "WARNING: corrupted", NULL, NULL, FRAME_NONE,
	 FAMILY_WARN, FAMILY_CUT, FORMAT_PROOF | FORMAT_CORRUPTED},
};

const struct format *formats_table(gsize *ret_n)
{
	*ret_n = G_N_ELEMENTS(formats);
	return formats;
}
