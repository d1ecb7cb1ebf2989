// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second part of the table of formats (formats.c): traps that are rarely seen, and what kernels
 * before 3.0 print, because mails and bug trackers of that time are still read.
 */
#include "splat/formats.h"

static const struct format rows[] = {
	/* until 2.6.34: "RCU detected CPU 1 stall", "RCU detected CPU stalls: 1 2" */
	{"RCU detected CPU", "RCU detected CPU(?: \\d+ stall| stalls: )", "rcu-stall",
	 "INFO: rcu detected stall in {f}", "{f}", "apic_timer_interrupt|rcu", FRAME_INTERRUPTED,
	 FAMILY_STALL, FAMILY_STALL},
	{"LOCKUP", "NMI Watchdog detected LOCKUP on CPU ?\\d+", "hard-lockup",
	 "hard lockup in {f}", "{f}", "watchdog|perf_event|nmi", FRAME_STALL, FAMILY_STALL},
	/* until 2.6.15 without "BUG: " */
	{"scheduling while atomic",
	 "^(?:bad: scheduling while atomic!|scheduling while atomic: .+/0x)",
	 "sched-atomic", "BUG: scheduling while atomic in {f}", "{f}", "schedule", FRAME_TRACE,
	 FAMILY_WARN},
	/* until 2.6.17 on x86, and until 3.2 on other architectures */
	{"Badness ", "^Badness (?:in " F "\\S* )?at " SRC, "warning", "WARNING in {f}", "{src} {f}",
	 NULL, FRAME_TRACE, FAMILY_WARN},
	{"BUG: warning at", "BUG: warning at " SRC "/" F "\\(\\)", "warning", "WARNING in {f}",
	 "{src} {f}", NULL, FRAME_GROUP, FAMILY_WARN},
	{"Bad page state", "^Bad page state in process '", "page-state",
	 "BUG: Bad page state in {f}", "{reason} {trace}", NULL, FRAME_TRACE, FAMILY_WARN, 0,
	 FORMAT_NAMELESS},
	{"oom-killer", "^oom-killer: gfp_mask=0x", "oom", "out of memory", NULL, NULL, FRAME_NONE,
	 FAMILY_MEMORY, 0, FORMAT_KERNEL | FORMAT_NO_STACK, SPLAT_NOTE},
	{"ernel panic: ", "^[Kk]ernel panic: (.*)", "panic", "kernel panic: {1}", NULL, NULL,
	 FRAME_NONE, FAMILY_PANIC, 0, FORMAT_NO_STACK},
	{"OT SYNC", PANIC_CAPITALS "(.*?)(?: \\]---)?$", "panic", "kernel panic: {1}", NULL, NULL,
	 FRAME_NONE, FAMILY_PANIC, 0, FORMAT_NO_STACK},
	/* retyped without the PID */
	{"blocked for more than", "INFO: task [^ :]+ blocked for more than \\d+ seconds",
	 "hung-task", "INFO: task hung in {f}", "{f}", NULL, FRAME_HUNG, FAMILY_STALL},

	/* x86: traps without a row of their own, with the error code and the number of the oops */
	{" [#",
	 "^(alignment check|bounds|control protection|coprocessor (?:error|segment overrun)|"
	 "fpu exception|invalid TSS|iret exception|overflow|page fault|segment not present|"
	 "simd exception|spurious interrupt bug): [0-9a-f]{4} \\[#\\d+\\]",
	 "oops", "{1} in {f}", "{1} {f}", NULL, FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS | FAMILY_BUG | FAMILY_TOLD, FORMAT_PROOF},
	{"PANIC: early exception", "PANIC: early exception (?:0x)?[0-9a-f]+ (?:IP|rip) ", "oops",
	 "early exception in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, 0, FORMAT_NO_STACK},
	/* arm */
	{"Unhandled prefetch abort", "Unhandled prefetch abort: ([^(]*)", "oops",
	 "Unhandled fault in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS, FAMILY_OOPS,
	 FORMAT_PROOF},
};

const struct formats formats_rare = {rows, G_N_ELEMENTS(rows)};
