/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between architectures in console output, in QEMU's registers and on stacks, as one
 * const descriptor for each architecture (arch.c). When a log is read, its architecture is not
 * known, so each line is compared with the prefixes of all descriptors, which do not overlap.
 *
 * To add an architecture:
 *	1. a descriptor in arch.c, and its name in `arches` there: the prefixes are those of
 *	   show_regs() and show_trace() in arch/ARCH/kernel, and of cpu_dump_state() in QEMU's
 *	   target/ARCH;
 *	2. splat/frame.c: the format of a stack's lines and of the faulting instruction
 *	   ("pc : f+0x1/0x2");
 *	3. rig/hang/image.py: a class in MACHINES that translates addresses and recognises calls
 *	   (owners.py needs no change, because it uses the kernel's DWARF);
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

	/*
	 * The next five members are prefixes of lines in a backtrace on the console. It is NULL if
	 * this architecture does not print such a line.
	 */
	/* The first line of the backtrace of a CPU in user space: its instruction pointer. */
	const char *user_pc;
	/*
	 * The line with the function that an exception interrupted. It can be in the middle of a
	 * stack.
	 */
	const char *kernel_pc;
	/* the address of the instruction that the exception interrupted, in hexadecimal */
	const char *raw_pc;
	/*
	 * The line with the function in the link register: the caller of the interrupted function,
	 * or a function further out (stack.c).
	 */
	const char *link;
	/*
	 * the first characters of a frame that follows its own address on the stack: "[c" for
	 * "[c000000003f1fb30] [c0000000000a1234] f+0x10/0x20"; or NULL
	 */
	const char *stack;
	/*
	 * Sets irqs_off and user of SAMPLE from LINE, if it is a line with registers. Returns FALSE
	 * if it has neither. May be NULL.
	 */
	gboolean (*flags)(struct sample *sample, const char *line);
	/*
	 * Entry functions of exceptions that interrupt the kernel, NULL-terminated. On a stack, the
	 * frames printed before such a function belong to the handler, those after it to the
	 * interrupted code. It is NULL if a line with registers separates the two instead.
	 */
	const char *const *entries;
	/*
	 * The entry function of interrupts from user space: the outermost frame on the stack of
	 * such an interrupt.
	 */
	const char *user_entry;
	/*
	 * the entry function of all exceptions and system calls, whose frames are left out because
	 * they do not show which of these it was
	 */
	const char *all_entry;

	/*
	 * The rest describes QEMU's output of `info registers -a`, in which a line "CPU#N" precedes
	 * the registers of each CPU.
	 */
	const char *qemu_pc; /* prefix of the line with the instruction pointer */
	/*
	 * the word directly before the instruction pointer in that line, or NULL if the instruction
	 * pointer follows qemu_pc
	 */
	const char *qemu_pc_word;
	/*
	 * The word directly before the flags. If it begins with a blank, it can be anywhere in this
	 * line or a later one; otherwise it is at the start of a line.
	 */
	const char *qemu_flags;
	/*
	 * bits of the flags: set if interrupts are on, set if they are off, set in user space; 0 if
	 * there is no such bit
	 */
	guint64 irqs_on, irqs_off, user;
	/*
	 * If TRUE, QEMU's registers are read before the kernel's backtraces, because a CPU with
	 * interrupts off prints only one backtrace; if the registers and this backtrace are in the
	 * same function, the CPU is stuck. If FALSE, the registers are read afterwards; if
	 * interrupts are on then, the CPU is not stuck.
	 */
	gboolean qemu_is_first;
};

/* All descriptors, NULL-terminated. */
extern const struct arch *const arches[];

#endif
