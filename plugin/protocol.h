/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plugin and rig/director have in common: the instruction file, and the lines on the
 * socket.
 *
 * The instruction file is text, one instruction in a line, numbers decimal, addresses hexadecimal
 * without 0x, the holds first:
 *
 *	rig-director 1
 *	hold ID until|meet|delay MAX_MS TIMES VISITS AFTER
 *					ID counts from 0; AFTER: 0, or 1 + the ID of an earlier
 *					hold: each of its waits that was met allows one wait
 *	sweep ARMS TURNS SLOTS WINDOW_MS
 *					holds from ARMS on are arms (hold.h): those from TURNS on
 *					take turns, SLOTS at a time, each time for WINDOW_MS
 *	pct SEED POINTS			after `sweep`: arms are places of a random scheduler with
 *					POINTS change points in a round of WINDOW_MS (pct.h)
 *	comm ID NAME			only tasks with this name wait on side a (comm_fits())
 *	same ID a|b arg|block|device N	argument N (from 1) of the function of this side must be the
 *					same on both sides; or the memory block of that argument, a
 *					struct memory_block or a struct device
 *	sections ADDRESS		the variable sections_per_block: numbers of memory blocks
 *	at ID a|b ADDRESS		an instruction: side a waits, side b is awaited
 *					(meet: both wait)
 *	return ID a|b FROM TO		the instructions in FROM..TO that return from a function
 *	update ID a|b FROM TO NTH	the instructions in FROM..TO that change a value in memory
 *					and are not atomic, when they have read the old value and
 *					not written the new one
 *	visit ID ADDRESS		count passes of this instruction; ID counts from 0
 *	thunk ADDRESS			a jump there is a return, too (x86: __x86_return_thunk;
 *					ppc64: _restgpr0_14 and the entries after it)
 *	record STACK FROM TO FROM TO	record locks: size of a kernel stack, the kernel's image,
 *					its code
 *	lock OP r|w -|n|k|o|c ADDRESS LOCK
 *					the function at ADDRESS acquires or releases a lock: OP is a
 *					word of LOCKS_OPS; for reading or writing; n: its second
 *					argument is a subclass; the lock is k: a kernfs node, o: a
 *					struct work_struct, c: a struct completion; LOCK: the lock's
 *					address, or 0: its first argument (run: the second one)
 *	trap MAX_MS			stop tasks between locks of a cycle (lock-trap.h)
 *	member KIND FROM TO NAME	a class of the cycle: KIND is a word of LOCKS_KINDS; the
 *					variable or code that it lies in, or its name, * for all
 *	lockret FROM TO			the instructions in FROM..TO that return: the results of
 *					functions that can fail
 *	fail ID CALL TIMES VALUE now|later COMM
 *					calls CALL to CALL + TIMES - 1 of a function return VALUE
 *					at once; ID counts from 0; later: calls are counted from
 *					`begin` on; COMM: only those of tasks with this name, - for
 *					all (fail.h)
 *	failat ID ADDRESS		the first instruction of such a function
 *	failin ID FROM TO		only calls whose return address is in FROM..TO count
 *	cover FROM TO			record which code in FROM..TO is translated; the file of
 *					the plugin's argument cover=N has COVER_PHASES bitmaps, the
 *					first bit of each for FROM, the lowest bit of a byte first
 *	task CURRENT|- INIT		where each CPU has the pointer to its task, relative to
 *					REG_TASK (registers.h; -: that is the task), and init_task:
 *					names of tasks
 *
 * The socket is SOCK_SEQPACKET: a packet is a line without its end. Neither side ever waits for the
 * other; the plugin drops a line that does not fit, and says how many.
 *
 *	rig -> plugin	arm		holds begin
 *			disarm		holds end at once, and none begins
 *			counts		asks for the totals
 *			locks		asks for the recorded locks
 *			phase N		code that is translated from now on belongs to this bitmap;
 *					QEMU discards its translations
 *			begin ID	calls for this `fail` line are counted from now on
 *	plugin -> rig	hello API MIN CUR VCPUS TARGET
 *			held ID a|b CPU START_NS LENGTH_NS OUTCOME VISITS
 *			totals ID REACHED_A REACHED_B HELD MET EXPIRED RELEASED CROWDED EARLY
 *					UNFIT HELD_NS DROPPED
 *					(struct hold_totals)
 *			visited ID COUNT ID:N ID:N…
 *					passes, and how often vCPUs passed others nearby
 *			counted		the end of the totals
 *			failed ID CPU AT_NS CALL CALLER COMM
 *					a call returned VALUE
 *			calls ID CALLS FAILED
 *					totals of a `fail` line
 *			trapped CPU START_NS LENGTH_NS met|expired
 *					a task was stopped
 *			locks N		the recorded locks are written: N edges; -1: not
 *			turn ID		the turn of the arms from ID on begins
 *			phase N		the translations were discarded, and the phase has begun
 *			skewed ID ADDRESS
 *					an address inside an instruction: it can never be reached
 *
 * The recorded locks are written into a file, beside the instruction file, with LOCKS_SUFFIX:
 *
 *	rig-locks 1
 *	counts ACQUIRED RELEASED ELSEWHERE UNMATCHED LEFT UNRESOLVED FULL
 *					(struct locks_counts)
 *	unmatched ADDRESS		the caller that released a lock that no task held: the first
 *					ones
 *	class KIND SUBCLASS FLAGS ADDRESS NAME
 *					numbered from 0; KIND is a word of LOCKS_KINDS; FLAGS: m
 *					(several locks), r (acquired for reading), w (writing), or -
 *	left CLASS			held by a task that came from user mode: the first ones
 *	edge FROM TO [ADDRESS]		classes, and return addresses of the first occurrence
 *	pair LOCK LOCK COUNT MODES [CLASS:LOCK]
 *					of the edge before: which locks, how often, LOCKS_MODE()
 *					bits, and exclusive locks that were held each time; 0 0: all
 *					others
 *	trap HELD MET EXPIRED		how often tasks were stopped, circles closed, waits expired
 *	encounter I J COUNT		a task that held a lock of member I wanted one of member J
 *	circle CLASS waits|gone		what a task of a circle wants now; gone: of the last one
 *					that was closed, which is not there any more
 *	end
 *
 * OUTCOME is a word of hold_outcomes. START_NS is on CLOCK_MONOTONIC. LENGTH_NS is 0 for the vCPU
 * that ends a wait without having waited itself.
 */
#ifndef RIG_PLUGIN_PROTOCOL_H
#define RIG_PLUGIN_PROTOCOL_H

#define DIRECTOR_MAGIC "rig-director 1"
#define DIRECTOR_FILE_MAX (512 << 10) /* maximum size of the instruction file in bytes */
#define DIRECTOR_LINE_MAX 200	      /* maximum size of a line on the socket in bytes */
#define DIRECTOR_HOLDS_MAX 16	      /* maximum number of holds, not counting arms */
#define DIRECTOR_ARMS_MAX 1024
#define DIRECTOR_ALL_MAX (DIRECTOR_HOLDS_MAX + DIRECTOR_ARMS_MAX)
#define DIRECTOR_SLOTS_MAX 64
#define DIRECTOR_WINDOW_MS_MAX 60000
#define PCT_POINTS_MAX 16 /* maximum number of change points in a round */
/* maximum number of at, return, update and visit lines together */
#define DIRECTOR_WATCHES_MAX 8192
#define DIRECTOR_VISITS_MAX 1024
#define DIRECTOR_LOCKS_MAX 128 /* maximum number of lock lines */
#define DIRECTOR_FAILS_MAX 128 /* maximum number of fail lines */
/* maximum number of held lines for each hold; the totals count all waits */
#define DIRECTOR_LOG_MAX 200

enum cover_phase {
	COVER_BOOT, /* until agents and tracks begin, and again after a reset of the guest */
	COVER_LOAD, /* from then on */
	COVER_PHASES
};

#define COVER_CODE_MAX (128u << 20) /* maximum size in bytes of the code */
#define COVER_BYTES(from, to) (((to) - (from) + 7) / 8)

#define HOLD_MS_MAX 500
#define HOLD_TIMES_MAX 10000
#define HOLD_VISITS_MAX 1000

#define HOLD_ARGS 4    /* arguments of a function that conditions of holds can compare */

#define FAIL_COMM 16   /* TASK_COMM_LEN */
#define FAIL_CALLERS 8 /* maximum number of failin lines of a fail line */
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
			"pass", "run", "leave"                                                \
	}
#define LOCKS_KINDS                                                       \
	{                                                                 \
		"static", "name", "init", "place", "node", "work", "wait" \
	}

#define HOLD_OUTCOMES {"met", "expired", "released"}

#endif
