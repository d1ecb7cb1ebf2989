// SPDX-License-Identifier: GPL-2.0-only
/*
 * Can a line be inside a report? A report has no end mark in general, so its end is the last line
 * of those that reports consist of: frames, registers, dumps, lock lines and the fixed sentences
 * below.
 */
#include <string.h>

#include "splat/internal.h"

#define ANY (~0u)

struct sentence {
	const char *words;
	unsigned families; /* of the reports it can be in */
	enum body body;
};

/* At the start of the text, blanks aside. */
static const struct sentence starts[] = {
	/* who and where: lib/dump_stack.c, arch show_regs() */
	{"CPU: ", ANY, BODY_INSIDE},
	{"CPU#", ANY, BODY_INSIDE},
	{"Hardware name:", ANY, BODY_INSIDE},
	{"Modules linked in:", ANY, BODY_INSIDE},
	{"Unloaded tainted modules:", ANY, BODY_INSIDE},
	{"last unloaded:", ANY, BODY_INSIDE},
	{"Workqueue: ", ANY, BODY_INSIDE},
	{"Stopper: ", ANY, BODY_INSIDE},
	{"Sched_ext: ", ANY, BODY_INSIDE},
	{"Tainted: ", ANY, BODY_INSIDE},
	{"Not tainted", ANY, BODY_INSIDE},
	{"Comm: ", ANY, BODY_INSIDE},
	{"Pid: ", ANY, BODY_INSIDE},
	{"PID: ", ANY, BODY_INSIDE},
	{"Process ", ANY, BODY_INSIDE},
	{"task: ", ANY, BODY_INSIDE},
	{"task:", ANY, BODY_INSIDE},
	{"Preemption disabled at:", ANY, BODY_INSIDE},
	{"preempt_count: ", ANY, BODY_INSIDE},
	{"preempt_count=", ANY, BODY_INSIDE},
	{"preempt=", FAMILY_WARN, BODY_INSIDE},
	{"RCU nest depth:", ANY, BODY_INSIDE},
	{"in_atomic(): ", ANY, BODY_INSIDE},
	{"INFO: lockdep is turned off", ANY, BODY_INSIDE},
	{"Disabling lock debugging", ANY, BODY_INSIDE},
	{"irq event stamp:", ANY, BODY_INSIDE},
	{"hardirqs last ", ANY, BODY_INSIDE},
	{"softirqs last ", ANY, BODY_INSIDE},
	{"caller is ", ANY, BODY_INSIDE},
	{"Tainted by:", ANY, BODY_INSIDE},
	{"last function: ", ANY, BODY_INSIDE},
	{"Last Breaking-Event-Address", ANY, BODY_INSIDE},
	/* stacks */
	{"Call Trace:", ANY, BODY_INSIDE},
	{"Call trace:", ANY, BODY_INSIDE},
	{"Backtrace:", ANY, BODY_INSIDE},
	{"backtrace", ANY, BODY_INSIDE},
	{"stack backtrace:", ANY, BODY_INSIDE},
	{"Stack:", ANY, BODY_INSIDE},
	{"Stack dump", ANY, BODY_INSIDE},
	{"Exception stack", ANY, BODY_INSIDE},
	{"--- interrupt", ANY, BODY_INSIDE},
	{"--- Exception", ANY, BODY_INSIDE},
	{"<TASK>", ANY, BODY_INSIDE},
	{"</TASK>", ANY, BODY_INSIDE},
	{"<IRQ>", ANY, BODY_INSIDE},
	{"</IRQ>", ANY, BODY_INSIDE},
	{"<NMI>", ANY, BODY_INSIDE},
	{"</NMI>", ANY, BODY_INSIDE},
	{"<EOI>", ANY, BODY_INSIDE},
	{"<EOE>", ANY, BODY_INSIDE},
	{"<#", ANY, BODY_INSIDE},
	{"</#", ANY, BODY_INSIDE},
	{"<SOFTIRQ>", ANY, BODY_INSIDE},
	{"</SOFTIRQ>", ANY, BODY_INSIDE},
	{"<ENTRY_TRAMPOLINE>", ANY, BODY_INSIDE},
	{"(stack is not available)", ANY, BODY_INSIDE},
	{"no locks held by ", ANY, BODY_INSIDE},
	{"locks held by ", ANY, BODY_INSIDE},
	/* registers and code */
	{"RIP: ", ANY, BODY_INSIDE},
	{"RIP [", ANY, BODY_INSIDE},
	{"RIP  [", ANY, BODY_INSIDE},
	{"RSP: ", ANY, BODY_INSIDE},
	{"RSP <", ANY, BODY_INSIDE},
	{"EIP: ", ANY, BODY_INSIDE},
	{"Code:", ANY, BODY_INSIDE},
	{"ORIG_RAX:", ANY, BODY_INSIDE},
	{"PKRU:", ANY, BODY_INSIDE},
	{"FS:", ANY, BODY_INSIDE},
	{"CS:", ANY, BODY_INSIDE},
	{"CR2:", ANY, BODY_INSIDE},
	{"NIP:", ANY, BODY_INSIDE},
	{"NIP [", ANY, BODY_INSIDE},
	{"LR [", ANY, BODY_INSIDE},
	{"LR:", ANY, BODY_INSIDE},
	{"REGS:", ANY, BODY_INSIDE},
	{"MSR:", ANY, BODY_INSIDE},
	{"CFAR:", ANY, BODY_INSIDE},
	{"DAR:", ANY, BODY_INSIDE},
	{"GPR", ANY, BODY_INSIDE},
	{"IRQMASK:", ANY, BODY_INSIDE},
	{"Instruction dump:", ANY, BODY_INSIDE},
	{"Faulting instruction address:", ANY, BODY_INSIDE},
	{"Kernel attempted to ", ANY, BODY_INSIDE},
	{"LE PAGE_SIZE=", ANY, BODY_INSIDE},
	{"BE PAGE_SIZE=", ANY, BODY_INSIDE},
	{"pstate:", ANY, BODY_INSIDE},
	{"pc : ", ANY, BODY_INSIDE},
	{"lr : ", ANY, BODY_INSIDE},
	{"sp : ", ANY, BODY_INSIDE},
	{"PC is at ", ANY, BODY_INSIDE},
	{"LR is at ", ANY, BODY_INSIDE},
	{"Flags: ", ANY, BODY_INSIDE},
	{"Control: ", ANY, BODY_INSIDE},
	{"Register r", ANY, BODY_INSIDE},
	{"Mem abort info:", ANY, BODY_INSIDE},
	{"Data abort info:", ANY, BODY_INSIDE},
	{"ESR = ", ANY, BODY_INSIDE},
	{"EC = ", ANY, BODY_INSIDE},
	{"SET = ", ANY, BODY_INSIDE},
	{"EA = ", ANY, BODY_INSIDE},
	{"FSC = ", ANY, BODY_INSIDE},
	{"ISV = ", ANY, BODY_INSIDE},
	{"CM = ", ANY, BODY_INSIDE},
	{"Exception class = ", ANY, BODY_INSIDE},
	{"user pgtable:", ANY, BODY_INSIDE},
	{"swapper pgtable:", ANY, BODY_INSIDE},
	{"pgd = ", ANY, BODY_INSIDE},
	{"*pgd", ANY, BODY_INSIDE},
	{"epc : ", ANY, BODY_INSIDE},
	{"epc: ", ANY, BODY_INSIDE},
	{"status: ", ANY, BODY_INSIDE},
	{"gp : ", ANY, BODY_INSIDE},
	{"Krnl PSW", ANY, BODY_INSIDE},
	{"Krnl GPRS", ANY, BODY_INSIDE},
	{"Krnl Code", ANY, BODY_INSIDE},
	{"User PSW", ANY, BODY_INSIDE},
	{"User GPRS", ANY, BODY_INSIDE},
	{"User Code", ANY, BODY_INSIDE},
	{"#PF:", ANY, BODY_INSIDE},
	{"PGD ", ANY, BODY_INSIDE},
	{"P4D ", ANY, BODY_INSIDE},
	{"IP: ", ANY, BODY_INSIDE},
	{"IP [", ANY, BODY_INSIDE},
	{"Oops", FAMILY_OOPS | FAMILY_BUG | FAMILY_SANITIZER | FAMILY_STALL, BODY_INSIDE},
	{"KASAN: ", FAMILY_OOPS, BODY_INSIDE},
	{"Internal error:", FAMILY_OOPS | FAMILY_BUG, BODY_INSIDE},
	{"---[ end trace", ANY, BODY_LAST},
	{"note: ", FAMILY_OOPS | FAMILY_BUG, BODY_INSIDE},
	{"Fixing recursive fault", FAMILY_OOPS | FAMILY_BUG, BODY_INSIDE},
	{"Dumping ftrace buffer", ANY, BODY_INSIDE},
	{"(ftrace buffer empty)", ANY, BODY_INSIDE},
	{"(detected by ", FAMILY_STALL, BODY_INSIDE},
	/* panic: kernel/panic.c */
	{"Kernel Offset:", ANY, BODY_INSIDE},
	{"Shutting down cpus with NMI", FAMILY_PANIC, BODY_INSIDE},
	{"SMP: stopping secondary CPUs", FAMILY_PANIC, BODY_INSIDE},
	{"Rebooting in ", FAMILY_PANIC, BODY_INSIDE},
	{"panic_print", FAMILY_PANIC, BODY_INSIDE},
	{"CPU features:", FAMILY_PANIC, BODY_INSIDE},
	{"PHYS_OFFSET:", FAMILY_PANIC, BODY_INSIDE},
	{"Memory Limit:", FAMILY_PANIC, BODY_INSIDE},
	{"---[ end Kernel panic", ANY, BODY_LAST},
	/* stalls and hung tasks */
	{"\"echo 0 > ", FAMILY_STALL, BODY_INSIDE},
	{"rcu:", FAMILY_STALL, BODY_INSIDE},
	{"INFO: task ", FAMILY_STALL, BODY_INSIDE},
	{"Sending NMI ", FAMILY_STALL | FAMILY_PANIC, BODY_INSIDE},
	{"NMI backtrace for cpu", FAMILY_STALL | FAMILY_PANIC, BODY_INSIDE},
	{"NMI watchdog", FAMILY_STALL, BODY_INSIDE},
	{"Showing all locks held in the system", FAMILY_STALL, BODY_INSIDE},
	{"Showing busy workqueues", FAMILY_STALL, BODY_INSIDE},
	{"Showing backtraces of running workers", FAMILY_STALL, BODY_INSIDE},
	{"workqueue ", FAMILY_STALL, BODY_INSIDE},
	{"pwq ", FAMILY_STALL, BODY_INSIDE},
	{"in-flight:", FAMILY_STALL, BODY_INSIDE},
	{"pending:", FAMILY_STALL, BODY_INSIDE},
	{"inactive:", FAMILY_STALL, BODY_INSIDE},
	{"delayed:", FAMILY_STALL, BODY_INSIDE},
	{"pool ", FAMILY_STALL, BODY_INSIDE},
	{"Task dump for CPU", FAMILY_STALL, BODY_INSIDE},
	{"Tasks blocked on level", FAMILY_STALL, BODY_INSIDE},
	{"blocking rcu_node structures", FAMILY_STALL, BODY_INSIDE},
	{"Future hung task reports are suppressed", FAMILY_STALL, BODY_INSIDE},
	{"Blocked by coredump", FAMILY_STALL, BODY_INSIDE},
	{"Mutex:", FAMILY_STALL, BODY_INSIDE},
	{"watchdog: CPU", FAMILY_STALL, BODY_INSIDE},
	{"CPU ", FAMILY_STALL, BODY_INSIDE},
	{"3-order block", FAMILY_STALL, BODY_INSIDE},
	{"Kernel panic - not syncing: RCU", 0, BODY_INSIDE},
	/* lockdep */
	{"which lock already depends on", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but task is already holding lock", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but now in release context", FAMILY_LOCKDEP, BODY_INSIDE},
	{"the existing dependency chain", FAMILY_LOCKDEP, BODY_INSIDE},
	{"other info that might help us debug this", FAMILY_LOCKDEP, BODY_INSIDE},
	{"-> #", FAMILY_LOCKDEP, BODY_INSIDE},
	{"-> (", FAMILY_LOCKDEP, BODY_INSIDE},
	{"Chain exists of:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"Possible unsafe locking scenario", FAMILY_LOCKDEP, BODY_INSIDE},
	{"Possible interrupt unsafe locking scenario", FAMILY_LOCKDEP, BODY_INSIDE},
	{"CPU0", FAMILY_LOCKDEP, BODY_INSIDE},
	{"----", FAMILY_LOCKDEP, BODY_INSIDE},
	/* what these have at their end, and lockdep's only before its header */
	{"====", FAMILY_SANITIZER | FAMILY_STALL, BODY_LAST},
	{"====", FAMILY_LOCKDEP, BODY_BLANK},
	{"lock(", FAMILY_LOCKDEP, BODY_INSIDE},
	{"rlock(", FAMILY_LOCKDEP, BODY_INSIDE},
	{"sync(", FAMILY_LOCKDEP, BODY_INSIDE},
	{"unlock(", FAMILY_LOCKDEP, BODY_INSIDE},
	{"local_irq_disable();", FAMILY_LOCKDEP, BODY_INSIDE},
	{"<Interrupt>", FAMILY_LOCKDEP, BODY_INSIDE},
	{"*** DEADLOCK ***", FAMILY_LOCKDEP, BODY_INSIDE},
	{"May be due to missing lock nesting", FAMILY_LOCKDEP, BODY_INSIDE},
	{"and the lock comparison function", FAMILY_LOCKDEP, BODY_INSIDE},
	{"and this task is already holding", FAMILY_LOCKDEP, BODY_INSIDE},
	{"which would create a new lock dependency", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but this new dependency connects", FAMILY_LOCKDEP, BODY_INSIDE},
	{"... which became ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"...", FAMILY_LOCKDEP, BODY_INSIDE},
	{"to a ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"the dependencies between", FAMILY_LOCKDEP, BODY_INSIDE},
	{"the shortest dependencies between", FAMILY_LOCKDEP, BODY_INSIDE},
	{"IN-", FAMILY_LOCKDEP, BODY_INSIDE},
	{"HARDIRQ-ON", FAMILY_LOCKDEP, BODY_INSIDE},
	{"SOFTIRQ-ON", FAMILY_LOCKDEP, BODY_INSIDE},
	{"RECLAIM_FS-ON", FAMILY_LOCKDEP, BODY_INSIDE},
	{"INITIAL ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"}", FAMILY_LOCKDEP, BODY_INSIDE},
	{"{", FAMILY_LOCKDEP, BODY_INSIDE},
	{")", FAMILY_LOCKDEP, BODY_INSIDE},
	{"inconsistent {", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but this lock took another", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but this lock was taken by another", FAMILY_LOCKDEP, BODY_INSIDE},
	{"and interrupts could create inverse", FAMILY_LOCKDEP, BODY_INSIDE},
	{"context-{", FAMILY_LOCKDEP, BODY_INSIDE},
	{"rcu_scheduler_active =", FAMILY_LOCKDEP, BODY_INSIDE},
	{"RCU used illegally from", FAMILY_LOCKDEP, BODY_INSIDE},
	{"Possible false positive due to lockdep", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but there are no more locks to release", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but there are no locks held", FAMILY_LOCKDEP, BODY_INSIDE},
	{"but this task is not holding", FAMILY_LOCKDEP, BODY_INSIDE},
	{"Hash chain already cached", FAMILY_LOCKDEP, BODY_INSIDE},
	{"Held locks:depth", FAMILY_LOCKDEP, BODY_INSIDE},
	{"Locks in cached chain", FAMILY_LOCKDEP, BODY_INSIDE},
	{"hlock_id:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"class_idx:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"(", FAMILY_LOCKDEP, BODY_INSIDE},
	{"FD: ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"the code is fine but needs", FAMILY_LOCKDEP, BODY_INSIDE},
	{"The code is fine but needs", FAMILY_LOCKDEP, BODY_INSIDE},
	{"you didn't initialize this object", FAMILY_LOCKDEP, BODY_INSIDE},
	{"turning off the locking", FAMILY_LOCKDEP | FAMILY_LIMIT, BODY_INSIDE},
	{"Please attach the output of /proc/lock", FAMILY_LOCKDEP | FAMILY_LIMIT, BODY_INSIDE},
	{"depth: ", FAMILY_LOCKDEP | FAMILY_LIMIT, BODY_INSIDE},
	/* sanitizers, slab, pages */
	{"Read of size", FAMILY_SANITIZER, BODY_INSIDE},
	{"Write of size", FAMILY_SANITIZER, BODY_INSIDE},
	{"Free of addr", FAMILY_SANITIZER, BODY_INSIDE},
	{"Allocated by task", FAMILY_SANITIZER, BODY_INSIDE},
	{"Allocated:", FAMILY_SANITIZER, BODY_INSIDE},
	{"allocated by task", FAMILY_SANITIZER, BODY_INSIDE},
	{"Freed by task", FAMILY_SANITIZER, BODY_INSIDE},
	{"Freed:", FAMILY_SANITIZER, BODY_INSIDE},
	{"freed by task", FAMILY_SANITIZER, BODY_INSIDE},
	{"Freed in ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Allocated in ", FAMILY_SANITIZER, BODY_INSIDE},
	{"INFO: Slab ", FAMILY_SANITIZER, BODY_INSIDE},
	{"INFO: Object ", FAMILY_SANITIZER, BODY_INSIDE},
	{"INFO: Allocated in", FAMILY_SANITIZER, BODY_INSIDE},
	{"INFO: Freed in", FAMILY_SANITIZER, BODY_INSIDE},
	{"Slab 0x", FAMILY_SANITIZER | FAMILY_WARN, BODY_INSIDE},
	{"Object ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Redzone ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Bytes b4 ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Padding ", FAMILY_SANITIZER, BODY_INSIDE},
	{"FIX ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Uninit was ", FAMILY_SANITIZER, BODY_INSIDE},
	{"local variable created at", FAMILY_SANITIZER, BODY_INSIDE},
	{"origin description:", FAMILY_SANITIZER, BODY_INSIDE},
	{"chained origin:", FAMILY_SANITIZER, BODY_INSIDE},
	{"Local variable ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Bytes ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Memory access of size", FAMILY_SANITIZER, BODY_INSIDE},
	{"Data copied to user address", FAMILY_SANITIZER, BODY_INSIDE},
	{"Last potentially related work", FAMILY_SANITIZER, BODY_INSIDE},
	{"Second to last potentially", FAMILY_SANITIZER, BODY_INSIDE},
	{"The buggy address", FAMILY_SANITIZER, BODY_INSIDE},
	{"which belongs to the cache", FAMILY_SANITIZER, BODY_INSIDE},
	{"The buggy physical", FAMILY_SANITIZER, BODY_INSIDE},
	{"Memory state around the buggy", FAMILY_SANITIZER, BODY_INSIDE},
	{"addr ", FAMILY_SANITIZER, BODY_INSIDE},
	{"this frame has ", FAMILY_SANITIZER, BODY_INSIDE},
	{"write to 0x", FAMILY_SANITIZER, BODY_INSIDE},
	{"read to 0x", FAMILY_SANITIZER, BODY_INSIDE},
	{"write (marked)", FAMILY_SANITIZER, BODY_INSIDE},
	{"read (marked)", FAMILY_SANITIZER, BODY_INSIDE},
	{"race at unknown origin", FAMILY_SANITIZER, BODY_INSIDE},
	{"value changed:", FAMILY_SANITIZER, BODY_INSIDE},
	{"Reported by Kernel Concurrency", FAMILY_SANITIZER, BODY_INSIDE},
	{"kfence-#", FAMILY_SANITIZER, BODY_INSIDE},
	{"Use-after-free ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Out-of-bounds ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Invalid ", FAMILY_SANITIZER, BODY_INSIDE},
	{"Corrupted memory at", FAMILY_SANITIZER, BODY_INSIDE},
	{"unreferenced object", FAMILY_SANITIZER, BODY_INSIDE},
	{"comm \"", FAMILY_SANITIZER, BODY_INSIDE},
	{"hex dump (first", FAMILY_SANITIZER, BODY_INSIDE},
	{"ERROR: Coudn't", FAMILY_SANITIZER, BODY_INSIDE},
	{"shift exponent", FAMILY_SANITIZER, BODY_INSIDE},
	{"index ", FAMILY_SANITIZER, BODY_INSIDE},
	{"load of ", FAMILY_SANITIZER, BODY_INSIDE},
	{"member access within", FAMILY_SANITIZER, BODY_INSIDE},
	{"signed integer overflow", FAMILY_SANITIZER, BODY_INSIDE},
	{"left shift of", FAMILY_SANITIZER, BODY_INSIDE},
	{"division by zero", FAMILY_SANITIZER, BODY_INSIDE},
	{"page:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"page: ", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"head:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"folio:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"memcg:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"aops:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"anon flags:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"flags:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"raw:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"page_type:", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"page dumped because", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"page_owner ", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"page last ", FAMILY_SANITIZER | FAMILY_WARN | FAMILY_BUG, BODY_INSIDE},
	{"addr:", FAMILY_WARN, BODY_INSIDE},
	{"bad because of flags", FAMILY_WARN, BODY_INSIDE},
	{"lock: ", FAMILY_WARN, BODY_INSIDE},
	{"handlers:", FAMILY_WARN, BODY_INSIDE},
	{"Disabling IRQ", FAMILY_WARN, BODY_INSIDE},
	/* memory: mm/page_alloc.c show_mem(), mm/oom_kill.c */
	{"Mem-Info:", FAMILY_MEMORY, BODY_INSIDE},
	{"active_anon:", FAMILY_MEMORY, BODY_INSIDE},
	{"active_file:", FAMILY_MEMORY, BODY_INSIDE},
	{"unevictable:", FAMILY_MEMORY, BODY_INSIDE},
	{"slab_reclaimable:", FAMILY_MEMORY, BODY_INSIDE},
	{"mapped:", FAMILY_MEMORY, BODY_INSIDE},
	{"sec_pagetables:", FAMILY_MEMORY, BODY_INSIDE},
	{"bounce:", FAMILY_MEMORY, BODY_INSIDE},
	{"kernel_misc_reclaimable:", FAMILY_MEMORY, BODY_INSIDE},
	{"free:", FAMILY_MEMORY, BODY_INSIDE},
	{"Node ", FAMILY_MEMORY, BODY_INSIDE},
	{"DMA", FAMILY_MEMORY, BODY_INSIDE},
	{"Normal", FAMILY_MEMORY, BODY_INSIDE},
	{"Movable", FAMILY_MEMORY, BODY_INSIDE},
	{"lowmem_reserve[]", FAMILY_MEMORY, BODY_INSIDE},
	{"[  pid  ]", FAMILY_MEMORY, BODY_INSIDE},
	{"[", FAMILY_MEMORY, BODY_INSIDE},
	{"Tasks state", FAMILY_MEMORY, BODY_INSIDE},
	{"oom-kill:", FAMILY_MEMORY, BODY_INSIDE},
	{"Swap cache stats", FAMILY_MEMORY, BODY_INSIDE},
	{"Free swap", FAMILY_MEMORY, BODY_INSIDE},
	{"Total swap", FAMILY_MEMORY, BODY_INSIDE},
	{"Unreclaimable slab info", FAMILY_MEMORY, BODY_INSIDE},
	{"Name  ", FAMILY_MEMORY, BODY_INSIDE},
	{"Out of memory", FAMILY_MEMORY, BODY_LAST},
	{"Memory cgroup out of memory", FAMILY_MEMORY, BODY_LAST},
};

/* Anywhere in it. */
static const struct sentence parts[] = {
	{"is trying to acquire", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is trying to lock:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is trying to release lock", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is trying to contend lock", FAMILY_LOCKDEP, BODY_INSIDE},
	{"just changed the state of lock", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is freeing memory", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is leaving the kernel with locks", FAMILY_LOCKDEP, BODY_INSIDE},
	{"state was registered at", FAMILY_LOCKDEP, BODY_INSIDE},
	{"] takes:", FAMILY_LOCKDEP, BODY_INSIDE},
	{" -> (", FAMILY_LOCKDEP, BODY_INSIDE},
	{" --> ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"... key ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"... acquired at:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"key at:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"){", ANY, BODY_INSIDE},
	{"lock(", FAMILY_LOCKDEP, BODY_INSIDE},
	{"local_irq_disable();", FAMILY_LOCKDEP, BODY_INSIDE},
	{" lock held by ", ANY, BODY_INSIDE},
	{" locks held by ", ANY, BODY_INSIDE},
	{"ainted ", FAMILY_LOCKDEP | FAMILY_STALL, BODY_INSIDE},
	{"kthread starved for", FAMILY_STALL, BODY_INSIDE},
	{"stack dump", FAMILY_STALL, BODY_INSIDE},
	{"(t=", FAMILY_STALL, BODY_INSIDE},
	{" idle=", FAMILY_STALL, BODY_INSIDE},
	{" pages RAM", FAMILY_MEMORY, BODY_INSIDE},
	{" pages reserved", FAMILY_MEMORY, BODY_INSIDE},
	{" pages cma reserved", FAMILY_MEMORY, BODY_INSIDE},
	{" pages HighMem", FAMILY_MEMORY, BODY_INSIDE},
	{" pages hwpoisoned", FAMILY_MEMORY, BODY_INSIDE},
	{" total pagecache pages", FAMILY_MEMORY, BODY_INSIDE},
	{" pages in swap cache", FAMILY_MEMORY, BODY_INSIDE},
	{"bytes inside of", FAMILY_SANITIZER, BODY_INSIDE},
	{"-byte region [", FAMILY_SANITIZER, BODY_INSIDE},
	{" by task ", FAMILY_SANITIZER, BODY_INSIDE},
	{" of 8 byte", FAMILY_SANITIZER, BODY_INSIDE},
	{" bytes by ", FAMILY_SANITIZER, BODY_INSIDE},
	{"ESR_EL1", ANY, BODY_INSIDE},
	{"Call Trace:", ANY, BODY_INSIDE},
};

static const char *trim(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* A word of 2, 4, 8 or 16 hex digits, also "<0f>", "(48000008)", "XXXXXXXX" and "-". */
static gboolean is_dump_word(const char *word, gsize len)
{
	gsize digits = 0;

	if (len == 1 && (*word == '.' || *word == '^'))
		return TRUE;
	while (len && strchr("<([{>", *word))
		word++, len--;
	while (len && strchr(">)]}:,", word[len - 1]))
		len--;
	while (digits < len && (g_ascii_isxdigit(word[digits]) || word[digits] == 'X'))
		digits++;
	return digits == len && (len == 2 || len == 4 || len == 8 || len == 16);
}

/* Memory and code as hex: every word, but for what a dump has behind ("  ....abc."). */
static gboolean is_dump(const char *text)
{
	guint words = 0;

	while (*(text = trim(text))) {
		gsize len = strcspn(text, " \t");

		if (!is_dump_word(text, len))
			return words >= 4;
		words++;
		text += len;
	}
	return words >= 1;
}

/* "RAX: 0000… RBX: 0000…", "r7 : 00000000 r6 : …", "x29: ffff…", "R10: …". */
static gboolean is_registers(const char *text)
{
	const char *name = trim(text);
	gsize len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz0123456789");
	const char *value = name + len;
	gsize digits;

	if (!len || len > 8)
		return FALSE;
	value = trim(value);
	if (*value != ':')
		return FALSE;
	value = trim(value + 1);
	if (strspn(value, "0123456789abcdef") == 4 && value[4] == ':') /* CS: 0010: */
		value += 5;
	digits = strspn(value, "0123456789abcdef");
	return (digits == 8 || digits == 16 || digits == 4) && strchr(" \t)(", value[digits]);
}

/* A line of one repeated character, "=====" or "-----", at least five of them. */
gboolean body_is_banner(const char *text, char *ret_fill)
{
	const char *start = trim(text);
	gsize len = *start == '=' || *start == '-' ? strspn(start, (char[2]){*start, '\0'}) : 0;

	if (len < 5 || *trim(start + len))
		return FALSE;
	if (ret_fill)
		*ret_fill = *start;
	return TRUE;
}

gboolean body_is_cut(const char *text)
{
	return strstr(text, "[ cut here ]") != NULL;
}

/* "./include/linux/rcupdate.h:302 Illegal context switch in RCU read-side critical section!" */
static gboolean is_source_place(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && colon - text > 2 && colon[-2] == '.' && strchr("chS", colon[-1]) &&
	       g_ascii_isdigit(colon[1]) && !memchr(text, ' ', colon - text);
}

enum body body_kind(const char *text, const struct format *format)
{
	const char *start = trim(text);
	struct frame frame;
	guint64 address;
	gboolean guess;

	if (!*start)
		return BODY_BLANK;
	if (frame_parse_fault(text, &frame))
		return BODY_FAULT;
	if (frame_parse(text, &frame) || frame_parse_address(text, &address, &guess))
		return BODY_FRAME;
	for (gsize i = 0; i < G_N_ELEMENTS(starts); i++)
		if ((starts[i].families & format->family) && g_str_has_prefix(start, starts[i].words))
			return starts[i].body;
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if ((parts[i].families & format->family) && strstr(start, parts[i].words))
			return parts[i].body;
	if ((format->family & FAMILY_LOCKDEP) && is_source_place(start))
		return BODY_INSIDE;
	return is_registers(text) || is_dump(text) ? BODY_INSIDE : BODY_FOREIGN;
}
