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

	/* Prefixes of console lines in a backtrace, or NULL if there is no such line. */
	/* the instruction pointer of a CPU in user space, if it is the first line of a backtrace */
	const char *user_pc;
	/* the function that an exception interrupted; the line can be in the middle of a stack */
	const char *kernel_pc;
	const char *raw_pc; /* the address of that instruction as a hexadecimal number */
	/*
	 * the function in the link register: the caller of the interrupted function, or a caller
	 * further out (stack.c)
	 */
	const char *link;
	/*
	 * the first characters of a frame that follows its own address on the stack: "[c" for
	 * "[c000000003f1fb30] [c0000000000a1234] f+0x10/0x20"; or NULL
	 */
	const char *stack;
	/*
	 * Sets irqs_off and user of SAMPLE from a line with registers. Returns FALSE if the line
	 * has neither. May be NULL.
	 */
	gboolean (*flags)(struct sample *sample, const char *line);
	/*
	 * Entry functions of exceptions that interrupt the kernel, NULL-terminated. On a stack, the
	 * frames before them belong to the handler, those after them to the interrupted code. NULL
	 * if a line of registers separates the two instead.
	 */
	const char *const *entries;
	/*
	 * the entry function of exceptions that interrupt user space: the outermost frame of such
	 * an interrupt's stack
	 */
	const char *user_entry;

	/* Formats of QEMU's `info registers -a`, after a line "CPU#N". */
	const char *qemu_pc; /* prefix of the line with the instruction pointer */
	/* the word before the instruction pointer in that line, or NULL if it is the prefix */
	const char *qemu_pc_word;
	/* the word before the flags, in the same line or at the start of a later line */
	const char *qemu_flags;
	/* masks of the flags: interrupts enabled, interrupts disabled, user space; 0 if none */
	guint64 irqs_on, irqs_off, user;
	/*
	 * TRUE if QEMU's registers are read before the kernel's backtraces, because a CPU with
	 * interrupts off prints only one backtrace. If both are in the same function, the CPU is
	 * stuck. FALSE if they are read afterwards; if interrupts are enabled then, the CPU is not
	 * stuck.
	 */
	gboolean qemu_is_first;
};

/* All descriptors, NULL-terminated. */
extern const struct arch *const arches[];

#endif
