// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of formats: the first lines of reports in 3.x to 7.x. The first matching row is used,
 * so specific rows precede general ones; the rows of formats-validators.c and formats-rare.c come
 * first.
 * HACKING.md describes how to add a kind.
 */
#include <string.h>

#include "splat/formats.h"

#define USERS_OF_OBJECTS "debug_|rcu|hrtimer_|timer_|work_|percpu_|vunmap|vfree|__free_|kobject_"
#define PAGE_CARRIERS                                                                \
	"free_page|free_pages|free_frozen|free_pcp|free_one_page|put_page|get_page|" \
	"update_page|release_page|free_unref|^folio|^_folio|^__folio|"               \
	"truncate_inode_pages|page_frag_free|alloc|vmap|page_owner"
#define OBJECTS "sysfs_|kernfs_|internal_create_group|^device_|^bus_|^driver_|^class_"
#define LIST_CHECK "(list_add|list_del|list_add_rcu|slist_\\w+)(?:_valid)?"
#define MSR_ACCESS "^native_|^paravirt_|^xen_|^__?wrmsr|^__?rdmsr|_msr_safe|^msr_"

static const struct format rows[] = {
	/* lack of progress: hung tasks, stalls, lockups */
	{"blocked",
	 "INFO: task (.*):(\\d+|\\$\\w+|<\\w+>) (?:is )?blocked (?:in I/O wait )?for more than "
	 "\\d+ seconds",
	 "hung-task", "INFO: task hung in {f}", "{f}", NULL, FRAME_HUNG, FAMILY_STALL},
	{"blocked on a", "INFO: task .* is blocked on an? .*", "hung-task",
	 "INFO: task hung in {f}", NULL, NULL, FRAME_HUNG, FAMILY_STALL, FAMILY_STALL,
	 FORMAT_ANYTIME | FORMAT_PROOF},
	{"blocked for more than", "^[^\"]*:(\\d+) blocked for more than \\d+ seconds\\.$",
	 "hung-task", "INFO: task hung in {f}", "{f}", NULL, FRAME_HUNG, FAMILY_STALL, FAMILY_STALL,
	 FORMAT_PROOF}, /* the rest of the line if the task's name has a newline */
	{"can't die for", "INFO: task (.*):(\\d+) can't die for more than \\d+ seconds",
	 "hung-task", "INFO: task can't die in {f}", "{f}", "schedule", FRAME_TRACE, FAMILY_STALL},
	{"stall",
	 "INFO: rcu_(?:preempt|sched|bh|tasks)(?:_\\w+)? (?:self-)?detected(?: expedited)? stall",
	 "rcu-stall", "INFO: rcu detected stall in {f}", "{f}", "apic_timer_interrupt|rcu",
	 /* until 4.x two CPUs could report the same stall */
	 FRAME_INTERRUPTED, FAMILY_STALL, FAMILY_STALL},
	{"stall", "(?:INFO: )?rcu_tasks\\w* detected stalls on tasks", "rcu-stall",
	 "INFO: rcu detected stall in {f}", "{f}", "apic_timer_interrupt|rcu", FRAME_INTERRUPTED,
	 FAMILY_STALL},
	{"BUG: soft lockup", "BUG: soft lockup", "soft-lockup", "BUG: soft lockup in {f}", "{f}",
	 NULL, FRAME_STALL, FAMILY_STALL},
	{"LOCKUP",
	 "atchdog(?:: CPU \\d+)? (?:detected |Watchdog detected )?(?:a )?[hH]ard LOCKUP|CPU \\d+ "
	 "(?:self-)?detected hard LOCKUP|detected hard LOCKUP on cpu",
	 "hard-lockup", "hard lockup in {f}", "{f}", "watchdog|perf_event|nmi", FRAME_STALL,
	 /* until 4.x this line was the message of a WARN */
	 FAMILY_STALL, FAMILY_STALL | FAMILY_WARN, FORMAT_ADOPTS},
	{"LOCKUP", "CPU \\d+ (?:self-detected )?Hard LOCKUP|atchdog: .*Hard LOCKUP", "hard-lockup",
	 "hard lockup in {f}", "{f}", NULL, FRAME_STALL, FAMILY_STALL, FAMILY_STALL, FORMAT_ADOPTS},
	{"BUG: workqueue lockup", "BUG: workqueue lockup", "workqueue-lockup",
	 "BUG: workqueue lockup in {f}", NULL, NULL, FRAME_WORK, FAMILY_STALL, 0,
	 FORMAT_NO_STACK | FORMAT_NAMELESS},

	/* wrong context */
	{"sleeping function called",
	 /*
	  * until 2.6.13 "Debug: …"; the first PREEMPT_RT patches had the task before "at": "context
	  * cat(77) at"
	  */
	 "(?:BUG|Debug): sleeping function called from (?:invalid context|illegal context|"
	 "non-preemptible context)(?: \\S+\\(\\d+\\))? at(?: \\S|$)",
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

	/* a corrupted list: this line, then the report of a trap instruction (BUG or WARN) */
	{"corruption", "(?:^|\\W)" LIST_CHECK " corruption[.,:]", "list-corruption",
	 "BUG: corrupted list in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_BUG,
	 FAMILY_CUT | FAMILY_WARN, FORMAT_ADOPTS | FORMAT_PROOF},
	{"double add", "(?:^|\\W)" LIST_CHECK " double add[.:]", "list-corruption",
	 "BUG: corrupted list in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_BUG,
	 FAMILY_CUT | FAMILY_WARN, FORMAT_ADOPTS | FORMAT_PROOF},
	{"kernel BUG at", "kernel BUG at \\S*lib/list_debug\\.c", "list-corruption",
	 "BUG: corrupted list in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_BUG,
	 FAMILY_CUT | FAMILY_BUG, FORMAT_ADOPTS},
	{"list_debug.c", WARN_AT("\\S*lib/list_debug\\.c", F_IF_KNOWN), "list-corruption",
	 "WARNING: corrupted list in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT | FAMILY_BUG, FORMAT_ADOPTS},
	{"attempt detected",
	 "(?:usercopy: |)[Kk]ernel memory (?:exposure|overwrite) attempt detected", "usercopy",
	 "BUG: bad usercopy in {f}", NULL, "usercopy|__check", FRAME_FAULT, FAMILY_BUG, 0,
	 FORMAT_PROOF},
	{"kernel BUG at", "kernel BUG at \\S*mm/usercopy\\.c", "usercopy",
	 "BUG: bad usercopy in {f}", NULL, "usercopy|__check", FRAME_FAULT, FAMILY_BUG,
	 FAMILY_CUT | FAMILY_BUG, FORMAT_ADOPTS},
	{"ernel BUG at", "[Kk]ernel BUG at " SRC, "bug", "kernel BUG in {f}", "{src} {f}", "^skb_",
	 FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG, 0},
	{"ernel BUG at", "[Kk]ernel BUG at (?:" F "\\+0x)?", "bug", "kernel BUG in {f}", NULL,
	 "^skb_", FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG, 0},
	{"BUG kmalloc-", "BUG kmalloc-\\S+ \\(.*\\): Object already free", "other",
	 "BUG: Object already free", NULL, NULL, FRAME_TRACE, FAMILY_SANITIZER | FAMILY_SLUB,
	 FAMILY_SANITIZER},
	{"BUG kmalloc-", "BUG (kmalloc-\\S+) \\(.*\\): (.*)", "other", "BUG: {1}: {2}", NULL, NULL,
	 FRAME_TRACE, FAMILY_SANITIZER | FAMILY_SLUB, FAMILY_SANITIZER},
	{"BUG ", "^\\s*BUG (.{1,200}?) \\((?:Not tainted|Tainted: [^)]+)\\): (.*)", "other",
	 "BUG: {1}: {2}", NULL, NULL, FRAME_TRACE, FAMILY_SANITIZER | FAMILY_SLUB,
	 FAMILY_SANITIZER},

	/* faults */
	{"able to handle",
	 "BUG:? (?:[Uu]nable to handle kernel paging request|unable to handle page fault for addr|"
	 "Unable to handle (?:kernel (?:data|instruction) (?:access|fetch)|unknown paging))",
	 "paging", "BUG: unable to handle kernel paging request in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS},
	{"NULL pointer",
	 "BUG:? [Uu]nable to handle kernel NULL pointer|BUG: [Kk]ernel NULL pointer dereference",
	 "null-deref", "BUG: unable to handle kernel NULL pointer dereference in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS},
	{"guard page was hit", "BUG: (?:TASK |IRQ |\\S+ )?stack guard page was hit", "stack",
	 "BUG: stack guard page was hit in {f}", "{f}", NULL, FRAME_OVERFLOW, FAMILY_OOPS, 0,
	 FORMAT_NO_STACK},
	{"nable to handle kernel", "BUG: [Uu]nable to handle kernel", "oops",
	 "BUG: unable to handle kernel", NULL, NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_CORRUPTED},
	{"Unable to handle kernel", "Unable to handle kernel paging request", "paging",
	 "BUG: unable to handle kernel paging request in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS},
	{"Unable to handle kernel",
	 "Unable to handle kernel (access to user memory|read from unreadable memory|write to "
	 "read-only memory|execute from non-executable memory)",
	 "paging", "BUG: unable to handle kernel {1} in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS},
	{"nable to handle kernel", "nable to handle kernel NULL pointer dereference", "null-deref",
	 "BUG: unable to handle kernel NULL pointer dereference in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS},
	/*
	 * s390 prints the failing address on the next line of the log. This row of the table is
	 * used for any address, and the next row for one in the first page.
	 */
	{"Unable to handle kernel", "Unable to handle kernel pointer dereference", "paging",
	 "BUG: unable to handle kernel paging request in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS, 0, FORMAT_ADDRESS},
	{"Unable to handle kernel", "Unable to handle kernel pointer dereference", "null-deref",
	 "BUG: unable to handle kernel NULL pointer dereference in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS},
	{"Unable to handle kernel", "Unable to handle kernel (.*?)(?: (?:for|at) .*)?$", "oops",
	 "BUG: unable to handle kernel {1} in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0,
	 FORMAT_PROOF},
	{"general protection fault", "general protection fault.*:", "gpf",
	 "general protection fault in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS,
	 FORMAT_PROOF},
	{"general protection", "general protection fault, (?:probably|maybe) for .* 0x", "gpf",
	 "general protection fault in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS,
	 FORMAT_PROOF},
	{"stack segment", "stack segment: ", "stack", "stack segment fault in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"divide", "divide(?: |_)error: ", "divide", "divide error in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	/* arm: arch/arm/lib/div0.c */
	{"by zero in kernel", "^Division by zero in kernel\\.", "divide", "divide error in {f}",
	 "{f}", "div0", FRAME_TRACE, FAMILY_WARN, 0, FORMAT_PROOF},
	{"PANIC: double fault", "PANIC: double fault", "double-fault", "PANIC: double fault in {f}",
	 "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_NO_STACK},
	{"double fault", "^(?:Oops: )?double fault: ", "double-fault", "PANIC: double fault in {f}",
	 "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"Insufficient stack space", "Insufficient stack space to handle exception", "stack",
	 "kernel stack overflow in {f}", "{f}", NULL, FRAME_OVERFLOW, FAMILY_OOPS, FAMILY_OOPS,
	 FORMAT_PROOF},
	{"stack overflow", "(?:[kK]ernel stack overflow|stack overflow detected)", "stack",
	 "kernel stack overflow in {f}", "{f}", NULL, FRAME_OVERFLOW, FAMILY_OOPS, FAMILY_OOPS,
	 FORMAT_PROOF},
	{"invalid opcode", "invalid opcode: ", "invalid-opcode", "invalid opcode in {f}", "{f}",
	 NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG | FAMILY_SANITIZER | FAMILY_TOLD,
	 FORMAT_PROOF},
	{"int3:", "(?:^|\\s)int3: ", "invalid-opcode", "int3 in {f}", "{f}", NULL, FRAME_FAULT,
	 FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"Internal error:", "Internal error: ([A-Za-z][^:\\[]*)", "oops", "Internal error in {f}",
	 "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG | FAMILY_TOLD,
	 FORMAT_PROOF},
	{"Unhandled fault:", "Unhandled fault: ([^(]*)", "oops", "Unhandled fault in {f}", "{f}",
	 NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS, FORMAT_PROOF},
	{"Alignment trap", "Alignment trap: not handling instruction", "oops",
	 "Alignment trap in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_PROOF},
	{"Unrecoverable",
	 "Unrecoverable (?:[a-zA-Z]+ ){0,4}(?:[eE]xception [0-9a-f]+|[eE]xception|SLB "
	 "miss|FP|VMX|VSX).* at ",
	 "oops", "Unrecoverable exception in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS, FORMAT_PROOF},
	{"Machine check", "Machine check in kernel mode", "other", "Machine check in {f}", "{f}",
	 NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_PROOF},
	{"Oops", "^(?!.*Kernel panic).*(?:^|\\W)Oops(?: - [^:\\[]{0,64}+)?(?::| ?\\[#)", "oops",
	 "Oops in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS | FAMILY_BUG | FAMILY_SANITIZER | FAMILY_TOLD, FORMAT_PROOF},
	{" ilc:", "^[a-z][a-z -]+: [0-9a-f]{4} ilc:\\d \\[#", /* s390 */
	 "oops", "Oops in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG,
	 FORMAT_PROOF},

	/*
	 * a function was called without the lock that it needs; printed by kernels with the patches
	 * scenarios/zoo/lock-rules-*.patch, and provoked by the agent `lock-rules`
	 */
	{"lock rule", "WARNING: lock rule ([a-z-]+): " F "\\(\\) without (" NAME ")", "lock-rule",
	 "lock rule {1} broken in {f}", "{1} {f} {3}", NULL, FRAME_GROUP, FAMILY_WARN, 0,
	 FORMAT_RULE},

	/* control flow integrity (kernel/cfi.c); in permissive mode there is only this line */
	{"CFI failure", "CFI failure at " F "\\+0x.*\\((?:target: |no target)", "cfi",
	 "CFI failure in {f}", "{f}", NULL, FRAME_GROUP, FAMILY_WARN | FAMILY_TOLD, FAMILY_CUT,
	 FORMAT_ADOPTS | FORMAT_BARE | FORMAT_NO_STACK},
	{"CFI failure", "CFI failure (?:at|\\(target:) .*", "cfi", "CFI failure in {f}", "{f}",
	 NULL, FRAME_FAULT, FAMILY_WARN | FAMILY_TOLD, FAMILY_CUT, FORMAT_ADOPTS | FORMAT_PROOF},
	{"unchecked MSR access",
	 "unchecked MSR access error: (?:RDMSR|WRMSR) (?:from|to) \\S+.*rIP: \\S+ \\(" F "\\+0x",
	 "other", "unchecked MSR access error in {f}", "MSR {f}", MSR_ACCESS, FRAME_GROUP,
	 FAMILY_WARN, 0, FORMAT_BARE | FORMAT_NO_STACK},
	{"unchecked MSR access", "unchecked MSR access error: ", "other",
	 "unchecked MSR access error in {f}", "MSR {f}", MSR_ACCESS, FRAME_TRACE, FAMILY_WARN, 0,
	 0},
	{"suspected memory leak", "kmemleak: \\d+ new suspected memory leaks?", "memleak",
	 "memory leaks suspected", "memory leaks suspected", NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK, SPLAT_NOTE},
	{"SError", "SError Interrupt on CPU\\d+, code", "other", "SError interrupt in {f}",
	 "SError {f}", NULL, FRAME_FAULT, FAMILY_WARN, 0, FORMAT_PROOF | FORMAT_NO_STACK},
	{"Machine Check", "\\[Hardware Error\\]: CPU \\d+: Machine Check", "other",
	 "Machine check exception", NULL, NULL, FRAME_NONE, FAMILY_WARN, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	/*
	 * powerpc (arch/powerpc/kernel/mce.c), the forms before and since 5.0. The report has no
	 * function if the machine check interrupted user space.
	 */
	{"Machine check interrupt",
	 "^(?:Harmless|Warning|Severe|Fatal) Machine check interrupt \\[(?:Not r|R)ecovered\\]",
	 "other", "Machine check in {f}", "machine check {f}", NULL, FRAME_FAULT, FAMILY_WARN, 0,
	 FORMAT_BARE | FORMAT_NO_STACK | FORMAT_NAMELESS},
	{"machine check (",
	 "^MCE: CPU\\d+: machine check \\((?:Harmless|Warning|Severe|Fatal)\\) +(.*?)"
	 "(?: DAR: [0-9a-f]+)?(?: paddr: [0-9a-f]+)? \\[(?:Not r|R)ecovered\\]",
	 "other", "Machine check in {f}", "machine check {1} {f}", NULL, FRAME_FAULT, FAMILY_WARN,
	 0, FORMAT_BARE | FORMAT_NO_STACK | FORMAT_NAMELESS},
	/* parisc: die_if_kernel() and parisc_terminate() of arch/parisc/kernel/traps.c */
	{": Code=",
	 "^(High Priority Machine Check \\(HPMC\\)|Low-priority machine check): "
	 "Code=\\d+ \\(",
	 "other", "{1} in {f}", "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0,
	 FORMAT_PROOF | FORMAT_NO_STACK},
	{": Code=", "^[A-Z][A-Za-z -]+: Code=\\d+ \\((.*)\\) (?:at addr|regs=)", "oops",
	 "{1} in {f}", "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0,
	 FORMAT_PROOF | FORMAT_NO_STACK},
	{" (code ", "^\\S.{0,62} \\(pid \\d+\\): ([A-Z].*) \\(code \\d+\\)\\s*$", "oops",
	 "{1} in {f}", "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0,
	 FORMAT_PROOF | FORMAT_NO_STACK},
	/* MIPS: arch/mips/kernel/traps.c */
	{"bus error, epc", "(Data|Instruction) bus error, epc == ", "oops", "{1} bus error in {f}",
	 "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_PROOF},
	{"instruction in kernel code", "(?:Break|Trap) instruction in kernel code.*\\[#\\d+\\]",
	 "bug", "kernel BUG in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG,
	 FORMAT_PROOF},
	{"ernel bug detected", "Kernel bug detected[^\\[]*\\[#\\d+\\]", "bug", "kernel BUG in {f}",
	 "{f}", NULL, FRAME_FAULT, FAMILY_BUG, FAMILY_CUT | FAMILY_BUG, FORMAT_PROOF},
	/*
	 * die() of MIPS and LoongArch: "Kernel ade access[#1]:", "do_cpu invoked from kernel
	 * context![#1]:"
	 */
	{"[#", "^([A-Za-z][A-Za-z _-]*[A-Za-z])!? ?\\[#\\d+\\]:", "oops", "{1} in {f}", "{1} {f}",
	 NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS | FAMILY_BUG | FAMILY_TOLD, FORMAT_PROOF},
	/* xmon, if no oops was printed before: arch/powerpc/xmon/xmon.c excprint() */
	{"Vector:", "cpu 0x[0-9a-f]+: Vector: [0-9a-f]+ \\(([^)]*)\\) at ", "oops", "{1} in {f}",
	 "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS | FAMILY_BUG | FAMILY_STALL | FAMILY_WARN, FORMAT_PROOF},

	/* warnings that helpers print in their own source file for errors of their callers */
	{"refcount", WARN_AT("\\S*lib/refcount\\.c", F_IF_KNOWN), "refcount",
	 "WARNING: refcount bug in {f}", NULL, "refcount|kobject_", FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT, FORMAT_ADOPTS},
	{"refcount", "WARNING: .*at \\S*lib/refcount\\.c:\\d+\\s*$", "refcount",
	 "WARNING: refcount bug in {f}", NULL, "refcount|kobject_", FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT, FORMAT_ADOPTS},
	{"lib/debugobjects.c", WARN_AT("\\S*lib/debugobjects\\.c", F_IF_KNOWN), "debugobjects",
	 "WARNING: ODEBUG bug in {f}", NULL, USERS_OF_OBJECTS, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	{"mm/usercopy.c", WARN_AT("\\S*mm/usercopy\\.c", F_IF_KNOWN), "usercopy",
	 "WARNING: bad usercopy in {f}", NULL, "usercopy|__check", FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT, FORMAT_ADOPTS},
	/* since 6.14 reports of SLUB end with a WARN that prints the stack */
	{"mm/slub.c", WARN_AT("\\S*mm/slub\\.c", "(?:__slab_err|slab_err|object_err)\\S*"),
	 "warning", "WARNING: SLUB bug in {f}", NULL, "_err$", FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT | FAMILY_SLUB, FORMAT_ANYTIME},
	{"lib/kobject.c", WARN_AT("\\S*lib/kobject\\.c", F_IF_KNOWN), "warning",
	 "WARNING: kobject bug in {f}", NULL, "kobject_", FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	{"fs/proc/generic.c", WARN_AT("\\S*fs/proc/generic\\.c", "proc_register"), "warning",
	 "WARNING: proc registration bug in {f}", NULL, "proc_", FRAME_FAULT, FAMILY_WARN,
	 FAMILY_CUT, FORMAT_ADOPTS},
	{"usb_submit_urb", WARN_AT("\\S+", "usb_submit_urb"), "warning",
	 "WARNING in {f}/usb_submit_urb", NULL, USB, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	{"malloc", WARN_AT("\\S*mm/\\S+\\.c", "k?.?malloc\\S*"), "warning",
	 "WARNING: kmalloc bug in {f}", NULL, "kmalloc|krealloc|slab|kmem", FRAME_FAULT,
	 FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"__vmalloc_node", WARN_AT("\\S*mm/vmalloc\\.c", "__vmalloc_node\\S*"), "warning",
	 "WARNING: zero-size vmalloc in {f}", NULL, NULL, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	{"WARNING:", WARN_AT(FILE_NAME, F_IF_KNOWN), "warning", "WARNING in {f}", "{src} {f}", NULL,
	 FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"WARNING:",
	 "WARNING: " WARN_WHO "(?:0x[0-9a-f]+|" F "(?:[.a-z0-9]*\\+0x|(?![A-Za-z0-9_/.:])))",
	 "warning", "WARNING in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},
	/* without a function: kernels up to 3.x without symbols, and mails with wrapped lines */
	{"WARNING:", "WARNING: (?:" WARN_WHO "|at )" SRC "[ .]*$", "warning",
	 "WARNING in {f}", "{src} {f}", NULL, FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"WARNING:", "WARNING: at 0x[0-9a-f]+, CPU#\\d+", "warning", "WARNING in {f}", "{f}", NULL,
	 FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"WARNING:", "WARNING: kernel stack regs at .* has bad ('\\w+') value", "stack",
	 "WARNING: kernel stack regs has bad {1} value", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK | FORMAT_UNWINDER},
	{"WARNING:", "WARNING: kernel stack (?:regs|frame pointer) at .* has bad value", "stack",
	 "WARNING: kernel stack frame pointer has bad value", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK | FORMAT_UNWINDER},

	/* pages, mm, allocation */
	{"Bad page", "BUG: Bad page (state|cache)", "page-state", "BUG: Bad page {1} in {f}",
	 "{1} {reason} {trace}", PAGE_CARRIERS, FRAME_PAGE, FAMILY_WARN, 0, FORMAT_NAMELESS},
	{"Bad page", "BUG: Bad page map", "page-state", "BUG: Bad page map", NULL, NULL, FRAME_NONE,
	 FAMILY_WARN},
	{"BUG: Bad rss-counter", "BUG: Bad rss-counter state", "page-state",
	 "BUG: Bad rss-counter state", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"BUG: non-zero", "BUG: non-zero (nr_ptes|nr_pmds|pgtables_bytes) on freeing mm",
	 "page-state", "BUG: non-zero {1} on freeing mm", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"page allocation failure", "(?:(\\S+): |^)page allocation failure[:.]", "alloc-failure",
	 "page allocation failure in {f}", "{f}", "alloc|kmem|slab|show_mem|^warn_", FRAME_TRACE,
	 FAMILY_MEMORY, 0, FORMAT_PROOF, SPLAT_NOTE},
	{"emmap alloc", "(\\S+): vmemmap alloc failure: order:\\d+", "alloc-failure",
	 "vmemmap allocation failure in {f}", "{f}", "alloc|kmem|slab|show_mem|^warn_|memmap",
	 FRAME_TRACE, FAMILY_MEMORY, 0, FORMAT_PROOF, SPLAT_NOTE},
	{"vmalloc", "(?:(\\S+): |^)vmalloc(?: error: size|: allocation failure)", "alloc-failure",
	 "vmalloc failure in {f}", "{f}", "alloc|kmem|slab|show_mem|^warn_", FRAME_TRACE,
	 FAMILY_MEMORY, 0, FORMAT_PROOF, SPLAT_NOTE},
	{"oom-killer", "(\\S+) invoked oom-killer: ", "oom", "out of memory", NULL, NULL,
	 FRAME_NONE, FAMILY_MEMORY, 0, FORMAT_PROOF, SPLAT_NOTE},
	{"emory cgroup out of memory", "^Memory cgroup out of memory: Kill(?:ed)? process \\d+",
	 "oom", "out of memory", NULL, NULL, FRAME_NONE, FAMILY_ONE, FAMILY_MEMORY,
	 FORMAT_BARE | FORMAT_NO_STACK | FORMAT_ANYTIME, SPLAT_NOTE},
	{"Out of ", "^Out of [Mm]emory(?: \\([^)]*\\))?: [Kk]ill(?:ed)? process \\d+", "oom",
	 "out of memory", NULL, NULL, FRAME_NONE, FAMILY_ONE, FAMILY_MEMORY,
	 FORMAT_BARE | FORMAT_NO_STACK | FORMAT_ANYTIME, SPLAT_NOTE},

	/* file systems, network */
	{"still in use", "BUG: Dentry .* still in use \\(-?\\d+\\) +\\[(unmount) of [^\\]]+\\]",
	 "vfs", "BUG: Dentry still in use in {1}", NULL, NULL, FRAME_NONE,
	 FAMILY_WARN | FAMILY_TOLD},
	{"VFS: Close", "VFS: Close: file count is 0", "vfs",
	 "VFS: Close: file count is zero (use-after-free)", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"VFS: Busy", "VFS: Busy inodes after unmount of (?:\\S+ \\((\\w+)\\)|\\S+)", "vfs",
	 "VFS: Busy inodes after unmount (use-after-free)", NULL, NULL, FRAME_NONE, FAMILY_ONE, 0,
	 FORMAT_BARE | FORMAT_NO_STACK},
	{"unregister_netdevice:", "unregister_netdevice: waiting for (\\S+) to become free",
	 "unregister-netdevice", "unregister_netdevice: waiting for DEV to become free", NULL, NULL,
	 FRAME_NONE, FAMILY_ONE, FAMILY_ONE, FORMAT_BARE | FORMAT_NO_STACK},
	{"duplicate filename", "sysfs: cannot create duplicate filename", "other",
	 "sysfs: duplicate filename in {f}", "duplicate filename {f}", OBJECTS, FRAME_TRACE,
	 FAMILY_WARN, FAMILY_CUT | FAMILY_WARN, FORMAT_PROOF},
	{"initialized object", "kobject.*: tried to (?:init an |add an un)initialized object",
	 "other", "kobject: wrong state in {f}", "kobject state {f}", OBJECTS, FRAME_TRACE,
	 FAMILY_WARN, FAMILY_CUT | FAMILY_WARN, FORMAT_PROOF},
	{"nobody cared", "irq (\\d+): nobody cared", "other", "irq: nobody cared", NULL, NULL,
	 FRAME_NONE, FAMILY_WARN, 0, FORMAT_PROOF},

	/* panics; FORMAT_INDUCED marks those that can only follow another report */
	{"Kernel panic",
	 "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: [0-9a-f]{8,16}"
	 "\\s*$",
	 "panic", "kernel panic: stack is corrupted in {f}", "{f}", "stack_chk", FRAME_TRACE,
	 FAMILY_PANIC, 0, FORMAT_NO_STACK},
	{"Kernel panic",
	 "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: " F, "panic",
	 "kernel panic: stack is corrupted in {f}", "{f}", "stack_chk", FRAME_GROUP, FAMILY_PANIC,
	 0, FORMAT_NO_STACK},
	{"Kernel panic", "Kernel panic - not syncing: corrupted stack end", "panic",
	 "kernel panic: corrupted stack end in {f}", NULL, "schedule|retint_kernel", FRAME_STALL,
	 FAMILY_PANIC, 0, FORMAT_NO_STACK},
	{"Kernel panic",
	 "Kernel panic - not syncing: (?:[A-Za-z -]+: )?(Fatal exception|panic_on_warn "
	 "set|hung_task: blocked "
	 "tasks|softlockup: hung tasks|Hard LOCKUP|RCU Stall|kasan\\.fault=panic set|"
	 "Kernel Fault|High Priority Machine Check|Low-priority machine check|"
	 "panic_on_[a-z_]+ set|kfence\\.fault=panic set|BUG!|scheduling while atomic).*",
	 "panic", "kernel panic: {1}", NULL, NULL, FRAME_NONE, FAMILY_PANIC, FAMILY_WARN,
	 FORMAT_NO_STACK | FORMAT_INDUCED | FORMAT_CORRUPTED},
	/*
	 * These panics are consequences of an earlier report: x86's mce_panic() and df_debug() and
	 * arm64's arm64_serror_panic() print the error before the panic; do_exit() panics in an
	 * interrupt and in the idle task only after an oops.
	 */
	{"Kernel panic",
	 "Kernel panic - not syncing: ((?:Fatal (?:local )?m|M)achine check.*|"
	 "Timeout: Not all CPUs entered broadcast exception handler|"
	 "Asynchronous SError Interrupt|Aiee, killing interrupt handler!|Machine halted\\.|"
	 "Attempted to kill the idle task!)",
	 "panic", "kernel panic: {1}", NULL, NULL, FRAME_NONE, FAMILY_PANIC, 0,
	 FORMAT_NO_STACK | FORMAT_INDUCED},
	{"Kernel panic",
	 "Kernel panic - not syncing: (Fatal hardware error|Attempted to kill init!|"
	 "Couldn't open N_TTY ldisc)",
	 "panic", "kernel panic: {1}", NULL, NULL, FRAME_NONE, FAMILY_PANIC, 0, FORMAT_NO_STACK},
	/* also as people retype it from a screen */
	{"ot sync", PANIC_RETYPED "(.*?)(?: \\]---)?$", "panic", "kernel panic: {1}", NULL, NULL,
	 FRAME_NONE, FAMILY_PANIC, 0, FORMAT_NO_STACK},
	{"panicked at", "rust_kernel: panicked at .*", "panic", "{next} in {f}", NULL,
	 "rust_begin_unwind|^core::|^alloc::|_4core|_5alloc", FRAME_TRACE, FAMILY_BUG, FAMILY_BUG,
	 FORMAT_PROOF},

	/* all other lines with "BUG:"; see FORMAT_KERNEL and FORMAT_PROOF */
	{"BUG:", "^(?:[A-Z][A-Za-z0-9]+: )?BUG: ([A-Z].*)", "other", "BUG: {1}", NULL, NULL,
	 FRAME_TRACE, FAMILY_WARN, 0, FORMAT_KERNEL | FORMAT_NO_STACK},
	{"BUG:", "(?:^|[^A-Z_])BUG: +(.*)", "other", "BUG: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_WARN, 0, FORMAT_PROOF},
	{"INFO:", "INFO: (Freed|Allocated) in ((?:" F ")?.*)", "other", "INFO: {1} in {2}", NULL,
	 NULL, FRAME_GROUP, FAMILY_WARN, FAMILY_SANITIZER,
	 FORMAT_PROOF | FORMAT_CORRUPTED | FORMAT_ANYTIME},
	{"WARNING:", "WARNING:\\s*$", "warning", "WARNING: corrupted", NULL, NULL, FRAME_NONE,
	 FAMILY_WARN, FAMILY_CUT, FORMAT_PROOF | FORMAT_CORRUPTED},
};

static gpointer join_tables(gpointer unused)
{
	const struct formats *const tables[] = {&formats_validators, &formats_rare,
						&(struct formats){rows, G_N_ELEMENTS(rows)}};
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct format));

	(void)unused;
	for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
		g_array_append_vals(all, tables[i]->rows, (guint)tables[i]->n);
	return all;
}

const struct format *formats_table(gsize *ret_n)
{
	static GOnce once = G_ONCE_INIT;
	const GArray *all = g_once(&once, join_tables, NULL);

	*ret_n = all->len;
	return (const struct format *)all->data;
}
