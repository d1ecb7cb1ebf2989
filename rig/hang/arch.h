/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between architectures in a console, in QEMU's registers and on a stack: one const
 * descriptor each (arch.c). The architecture is not known when a log from anywhere is read, so each
 * line is offered to every descriptor; the prefixes do not overlap.
 *
 * To add an architecture:
 *	1. a descriptor in arch.c, and its name in `arches` there: the prefixes are those of
 *	   show_regs() and show_trace() in arch/ARCH/kernel, and of cpu_dump_state() in QEMU's
 *	   target/ARCH;
 *	2. splat/frame.c: how a line of a stack and the faulting instruction are written
 *	   ("pc : f+0x1/0x2");
 *	3. rig/hang/image.py: a class in MACHINES that translates addresses and recognises calls;
 *	   it decodes the owners of locks together with the kernel's DWARF (owners.py), which needs
 *	   nothing else;
 *	4. waits.c: functions with other names than on the others (most are generic);
 *	5. consoles of all five kinds of hang as cases in tests/data/hang (`make check-hang` prints
 *	   them).
 */
#ifndef RIG_HANG_ARCH_H
#define RIG_HANG_ARCH_H

#include "hang/internal.h"

struct arch {
	const char *name;

	/* In a backtrace on the console. Each is a prefix of a line, or NULL. */
	const char *user_pc;   /* the CPU was in user space, if it is the first of a backtrace */
	const char *kernel_pc; /* the function that an exception interrupted, also in the middle of
			        * a stack */
	const char *raw_pc;    /* the same place as a hexadecimal number */
	const char *link;      /* the link register's function: the caller of the interrupted
			        * function, or a caller further up (stack.c) */
	const char *stack;     /* a frame preceded by its address on the stack: "[c" */
	/*
	 * Sets SAMPLE's irqs_off and user from a line with registers. FALSE: the line has none. The
	 * pointer may be NULL.
	 */
	gboolean (*flags)(struct sample *sample, const char *line);
	/*
	 * Functions through which an exception comes from the kernel, NULL-terminated: the frames
	 * before are the handler's, those after are what it interrupted. NULL where a line of
	 * registers marks that place.
	 */
	const char *const *entries;
	/*
	 * the entry for exceptions from user space: the outermost function of an interrupt's
	 * stack
	 */
	const char *user_entry;

	/* What QEMU's `info registers -a` prints after a line "CPU#N". */
	const char *qemu_pc;	/* prefix of the line with the instruction pointer, which follows it
				 * in hexadecimal */
	/* the word before the flags, in the same line or at the start of a later one */
	const char *qemu_flags;
	/*
	 * masks of the flags that mean interrupts on, interrupts off, and user space; 0: no such
	 * flag
	 */
	guint64 irqs_on, irqs_off, user;
	/*
	 * They were read before the kernel's backtraces, of which a CPU with interrupts off prints
	 * only one: the same function confirms it. Else they were read after, and interrupts that
	 * are on refute it.
	 */
	gboolean qemu_is_first;
};

/* All, ended by NULL. */
extern const struct arch *const arches[];

#endif
