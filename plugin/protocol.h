/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Describes what the plugin and rig/director have in common: the instruction file, and the lines on
 * the socket.
 *
 * The instruction file is text, one instruction in a line, numbers decimal, addresses hexadecimal
 * without 0x, the holds first:
 *
 *	rig-director 1
 *	hold ID until|meet|delay MAX_MS TIMES VISITS AFTER
 *					ID counts from 0; AFTER is 0, or 1 + the ID of an earlier
 *					hold E: a vCPU then waits at this hold only if a wait at E
 *					was met after the last wait at this hold began
 *	sweep ARMS TURNS SLOTS WINDOW_MS
 *					holds with IDs from ARMS on are arms (hold.h); those with
 *					IDs from TURNS on take turns, SLOTS at a time, each time for
 *					WINDOW_MS
 *	pct SEED POINTS			after `sweep`: arms are places of a random scheduler with
 *					POINTS change points in a round of WINDOW_MS (pct.h)
 *	comm ID NAME			only tasks with this name wait on side a (comm_fits())
 *	same ID a|b arg|block|device N	the value of this side, which must be equal on both sides:
 *					argument N (from 1) of the function of this side (arg), or
 *					the memory block to which this argument points by its struct
 *					memory_block (block) or its struct device (device)
 *	sections ADDRESS		address of the kernel's variable sections_per_block, to
 *					calculate numbers of memory blocks
 *	at ID a|b ADDRESS		an instruction: a vCPU that reaches side a waits until
 *					another one reaches side b (meet: each waits for the other)
 *	return ID a|b FROM TO		the instructions in FROM..TO that return from a function
 *	update ID a|b FROM TO NTH	the instructions in FROM..TO that change a value in memory
 *					and are not atomic; a vCPU waits after it has read the old
 *					value, before it writes the new one
 *	visit ID ADDRESS		count executions of this instruction; ID counts from 0
 *	thunk ADDRESS			a jump there is a return, too (x86: __x86_return_thunk;
 *					ppc64: _restgpr0_14 and the entries after it)
 *	record STACK FROM TO FROM TO	record locks; STACK is the size of a kernel stack, the first
 *					range is the kernel's image, the second one its code
 *	lock OP r|w FLAGS ADDRESS LOCK	the function at ADDRESS acquires or releases a lock for
 *					reading or writing; OP is a word of LOCKS_OPS (enum
 *					locks_op); FLAGS are letters, or - for none: n: its second
 *					argument is a subclass; k, o, c, s: the lock is a kernfs
 *					node, a struct work_struct, a struct completion, a spinlock;
 *					q: it calls another function with `named` for the lock;
 *					LOCK is the lock's address, or 0 if the first argument is
 *					the lock (with `run`, the second one)
 *	trap MAX_MS			stop tasks between locks of a cycle (lock-trap.h)
 *	member KIND FROM TO NAME	a class of the cycle (struct trap_member); KIND is a word of
 *					LOCKS_KINDS; FROM..TO is the range of the variable or code
 *					that identifies the class; otherwise NAME does, or * for
 *					each name
 *	lockret FROM TO			watch the instructions in FROM..TO that return, for the
 *					results of `lock` functions that can fail
 *	fail ID CALL TIMES VALUE now|later COMM
 *					calls CALL to CALL + TIMES - 1 of a function return VALUE
 *					at once; TIMES 0: calls are only counted; ID counts from 0;
 *					`later`: calls are counted from `begin` on; COMM: only calls
 *					of tasks with this name count, - if all calls do (fail.h)
 *	failat ID ADDRESS		the first instruction of the function of `fail` line ID
 *	failin ID FROM TO		only calls whose return address is in FROM..TO count
 *	cover FROM TO			record which code in FROM..TO is translated; the file of
 *					the plugin's argument cover=N has COVER_PHASES bitmaps, in
 *					which the lowest bit of the first byte is for FROM
 *	task CURRENT|- INIT		for names of tasks: the offset from REG_TASK (registers.h)
 *					at which the address of the running task is, or - if
 *					REG_TASK is this address; and the address of init_task
 *
 * The socket is SOCK_SEQPACKET: a packet is a line without its end. Neither side ever waits for the
 * other; the plugin drops lines that do not fit into the socket, and sends their number (DROPPED).
 *
 *	rig -> plugin	arm		vCPUs wait at holds from now on
 *			disarm		all waits end at once, and no vCPU waits any more
 *			counts		requests the totals, which end with `counted`
 *			locks		requests the recorded locks
 *			phase N		begins phase N of the coverage (enum cover_phase)
 *			begin ID	calls for this `fail` line are counted from now on
 *	plugin -> rig	hello API MIN CUR VCPUS TARGET
 *			held ID a|b CPU START_NS LENGTH_NS OUTCOME VISITS
 *			totals ID REACHED_A REACHED_B HELD MET EXPIRED RELEASED CROWDED EARLY
 *					UNFIT HELD_NS DROPPED
 *					(struct hold_totals)
 *			visited ID COUNT ID:N ID:N…
 *					visits of a function, and of other functions at about the
 *					same time on other vCPUs (visits.h)
 *			counted		the end of the totals
 *			failed ID CPU AT_NS CALL CALLER COMM
 *					a call was made to fail
 *			calls ID CALLS FAILED
 *					totals of a `fail` line
 *			trapped CPU START_NS LENGTH_NS met|expired
 *					the trap has stopped a task
 *			locks N		the recorded locks are written, with N edges; -1 if they
 *					could not be written
 *			turn ID		SLOTS arms become active: ID and those after it
 *			phase N		QEMU has discarded its translations, and the phase has begun
 *			skewed ID ADDRESS
 *					ADDRESS is not the start of an instruction, so a vCPU can
 *					never reach it
 *
 * The recorded locks are written into a file, beside the instruction file, with LOCKS_SUFFIX:
 *
 *	rig-locks 1
 *	counts ACQUIRED RELEASED ELSEWHERE UNMATCHED LEFT UNRESOLVED FULL
 *					(struct locks_counts)
 *	unmatched ADDRESS		a caller that released a lock that no task held; only the
 *					first LOCKS_FAULTS of them are listed
 *	class KIND SUBCLASS FLAGS ADDRESS NAME
 *					a lock class; classes are numbered from 0; KIND is a word of
 *					LOCKS_KINDS; FLAGS are letters, or - for none: m (several
 *					locks), r (acquired for reading), w (for writing), s (a
 *					spinlock); NAME of a static spinlock is the address where it
 *					was first acquired
 *	left CLASS			a task that came from user mode, or an interrupt at its end,
 *					still held a lock of this class; only the first LOCKS_FAULTS
 *					of them are listed
 *	edge FROM TO [ADDRESS]…		numbers of two classes, and the return addresses of the
 *					first occurrence of the edge
 *	pair LOCK LOCK COUNT MODES [CLASS:LOCK]…
 *					two locks of the `edge` line above, or 0 0 for all locks
 *					that are not listed; how often the edge occurred between
 *					them; LOCKS_MODE() and LOCKS_MODE_RECURSIVE() bits; the
 *					exclusive locks that were held each time
 *	trap HELD MET EXPIRED		how often tasks were stopped, circles closed, waits expired
 *	encounter I J COUNT		how often a task that held a lock of member I wanted one of
 *					member J
 *	circle CLASS waits|gone		`waits`: a task of a circle waits now for a lock of CLASS;
 *					`gone`: there is no circle now, but a task of the circle
 *					that was closed last has waited for a lock of CLASS
 *	end
 *
 * OUTCOME is a word of HOLD_OUTCOMES. START_NS is on CLOCK_MONOTONIC. LENGTH_NS is 0 for the vCPU
 * that ends a wait without having waited itself.
 */
#ifndef RIG_PLUGIN_PROTOCOL_H
#define RIG_PLUGIN_PROTOCOL_H

#define DIRECTOR_MAGIC "rig-director 1"
#define DIRECTOR_FILE_MAX (512 << 10) /* maximum size of the instruction file in bytes */
#define DIRECTOR_LINE_MAX 200	      /* maximum size of a line on the socket in bytes */
#define DIRECTOR_HOLDS_MAX 16	      /* maximum number of holds, not counting those of a sweep */
#define DIRECTOR_ARMS_MAX 1024
#define DIRECTOR_ALL_MAX (DIRECTOR_HOLDS_MAX + DIRECTOR_ARMS_MAX)
#define DIRECTOR_SLOTS_MAX 64
#define DIRECTOR_WINDOW_MS_MAX 60000
#define PCT_POINTS_MAX 16 /* maximum number of changes of priority in a round (pct.h) */
/*
 * maximum number of watches: lines `at`, `return`, `update`, `visit`, `lock`, `lockret`, `failat`
 */
#define DIRECTOR_WATCHES_MAX 8192
#define DIRECTOR_VISITS_MAX 1024
#define DIRECTOR_LOCKS_MAX 256 /* maximum number of `lock` lines */
#define DIRECTOR_FAILS_MAX 128 /* maximum number of `fail` lines */
/* maximum number of `held` lines for each hold; further waits are only counted in `totals` */
#define DIRECTOR_LOG_MAX 200

enum cover_phase {
	COVER_BOOT, /* from power-on or a reset of the guest until agents and tracks begin */
	COVER_LOAD, /* from the time when agents and tracks begin */
	COVER_PHASES
};

/* maximum size in bytes of the range FROM..TO of the line `cover` */
#define COVER_CODE_MAX (128u << 20)
#define COVER_BYTES(from, to) (((to) - (from) + 7) / 8)

#define HOLD_MS_MAX 500
#define HOLD_TIMES_MAX 10000
#define HOLD_VISITS_MAX 1000

#define HOLD_ARGS 4 /* conditions of holds can compare the first four arguments of a function */

#define FAIL_COMM 16   /* size of a task's name with its NUL: the kernel's TASK_COMM_LEN */
#define FAIL_CALLERS 8 /* maximum number of `failin` lines for a `fail` line */
#define FAIL_CALL_MAX 1000000
#define FAIL_TIMES_MAX FAIL_CALL_MAX

#define TRAP_MEMBERS 8
#define TRAP_PARTIES 8
#define TRAP_NAME 56

#define LOCKS_MAGIC "rig-locks 1"
#define LOCKS_SUFFIX "-locks"
#define LOCKS_OPS                                                                             \
	{                                                                                     \
		"want", "may", "try", "drop", "weaken", "named", "placed", "forget", "await", \
			"pass", "run", "leave", "begin", "end", "ended", "while"              \
	}
#define LOCKS_KINDS                                                       \
	{                                                                 \
		"static", "name", "init", "place", "node", "work", "wait" \
	}

#define HOLD_OUTCOMES {"met", "expired", "released"}

#endif
