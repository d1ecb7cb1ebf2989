/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between architectures in console output, in QEMU's registers and on stacks: one const
 * descriptor each (arch.c). When a log is read, its architecture is not known, so each line is
 * offered to every descriptor; the prefixes do not overlap.
 *
 * To add an architecture:
 *	1. a descriptor in arch.c, and its name in `arches` there: the prefixes are those of
 *	   show_regs() and show_trace() in arch/ARCH/kernel, and of cpu_dump_state() in QEMU's
 *	   target/ARCH;
 *	2. splat/frame.c: the format of a stack's lines and of the faulting instruction
 *	   ("pc : f+0x1/0x2");
 *	3. rig/hang/image.py: a class in MACHINES that translates addresses and recognises calls;
 *	   owners.py needs nothing else for the new architecture, because it uses the kernel's
 *	   DWARF;
 *	4. waits.c: functions whose names differ from those of other architectures (most are
 *	   generic);
 *	5. consoles of all five kinds of hang as cases in tests/data/hang (`make check-hang` prints
 *	   them).
 */
#ifndef RIG_HANG_ARCH_H
#define RIG_HANG_ARCH_H

#include "hang/internal.h"

struct arch {
	const char *name;

	/* Prefixes of console lines in a backtrace; NULL: no such line. */
	/* the instruction pointer of a CPU in user space, if it is the first line of a backtrace */
	const char *user_pc;
	/* the function that an exception interrupted; also in the middle of a stack */
	const char *kernel_pc;
	const char *raw_pc; /* the same address as a hexadecimal number */
	/*
	 * the function in the link register: the caller of the interrupted function, or a caller
	 * further out (stack.c)
	 */
	const char *link;
	const char *stack; /* a frame preceded by its address on the stack: "[c" */
	/*
	 * Sets irqs_off and user of SAMPLE from a line with registers. FALSE: the line has none of
	 * them. May be NULL.
	 */
	gboolean (*flags)(struct sample *sample, const char *line);
	/*
	 * Functions through which an exception in the kernel enters, NULL-terminated. On a stack,
	 * the frames before them belong to the handler, those after them to the interrupted code.
	 * NULL if a line of registers separates the two instead.
	 */
	const char *const *entries;
	/*
	 * the entry function of exceptions from user space, which is the outermost frame of an
	 * interrupt's stack
	 */
	const char *user_entry;

	/* Formats of QEMU's `info registers -a`, after a line "CPU#N". */
	/*
	 * prefix of the line with the instruction pointer, which follows the prefix in hexadecimal
	 */
	const char *qemu_pc;
	/*
	 * the word in that line that the instruction pointer follows; NULL: it follows the prefix
	 */
	const char *qemu_pc_word;
	/* the word before the flags, in the same line or at the start of a later line */
	const char *qemu_flags;
	/*
	 * masks of the flags: interrupts enabled, interrupts disabled, user space; 0: no such flag
	 */
	guint64 irqs_on, irqs_off, user;
	/*
	 * TRUE: QEMU's registers are read before the kernel's backtraces, because a CPU with
	 * interrupts off prints only one; the same function in both confirms that the CPU is stuck.
	 * FALSE: they are read afterwards, and enabled interrupts show that the CPU is not stuck.
	 */
	gboolean qemu_is_first;
};

/* All descriptors, NULL-terminated. */
extern const struct arch *const arches[];

#endif
