// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that is never run: it has the data that rig/hang/owners.py reads from a guest's memory,
 * with the kernel's names and types, but in one page of source. It is linked at the kernel's
 * addresses (toy-kernel.lds), so the file is a vmlinux, and, because it has physical addresses as
 * well, also a memory image.
 *
 *	one/10 holds alpha_lock (mutex) and waits for beta_lock (rwsem);
 *	two/11 holds beta_lock and waits for alpha_lock
 *	three/12 waits for the completion rig_never
 *	four/13 waits for mem_hotplug_lock (percpu rwsem), five/14 is inside code that holds it
 *
 * hang-memory.c overwrites the data at the symbols below, as a broken or hostile guest might.
 */
#include "toy-kernel.h"

/*
 * Defines functions that consist of calls. The address after each call has a name, so that stacks
 * can refer to it.
 */
#define FUNCTION(name, body)                                                                  \
	".globl " #name "\n.type " #name ", @function\n" #name ":\n" body "ret\n.size " #name \
	", . - " #name "\n"
#define CALL(name, after) "call " #name "\n.globl " #after "\n" #after ":\n"

__asm__(".text\n" FUNCTION(__schedule, "nop\n") FUNCTION(percpu_rwsem_wake_function, "nop\n")
		FUNCTION(mem_hotplug_done, "nop\n") FUNCTION(__mutex_lock,
							     CALL(__schedule, in_mutex_lock))
			FUNCTION(rwsem_down_read_slowpath,
				 CALL(__schedule, in_down_read)) FUNCTION(wait_for_completion,
									  CALL(__schedule, in_wait))
				FUNCTION(percpu_down_write, CALL(__schedule, in_percpu)) FUNCTION(
					mem_hotplug_begin, CALL(percpu_down_write, in_begin))
					FUNCTION(toy_waits,
						 CALL(mem_hotplug_begin, before_held)
							 CALL(__schedule, while_held)
								 CALL(mem_hotplug_done, after_held))
	/* the kernel's stacks have this size: INIT_TASK_DATA */
	".globl __start_init_task\n.globl __end_init_task\n__end_init_task = __start_init_task + "
	"4096\n");

extern char in_mutex_lock[], in_down_read[], in_wait[], in_percpu[], in_begin[], before_held[],
	while_held[];
extern char percpu_rwsem_wake_function[];

extern struct task_struct init_task, one, two, three, four, five;
extern union stack one_stack, two_stack, three_stack, four_stack, five_stack;
extern struct signal_struct signals;

#define ON(stack, member) (&(stack).frames.record.member)
/* links of a list with one entry */
#define ALONE(entry) {(entry), (entry)}

const char linux_banner[] = "Linux version 0.0-toy";
struct mutex alpha_lock = {(unsigned long)&one, ALONE(&ON(two_stack, mutex)->list)};
struct rw_semaphore beta_lock = {(unsigned long)&two, ALONE(&ON(one_stack, rwsem)->list)};
struct completion rig_never = {0, {ALONE(&ON(three_stack, swait)->task_list)}};
struct percpu_rw_semaphore mem_hotplug_lock = {{NULL}, {ALONE(&ON(four_stack, wait)->entry)}, 1};

#define CALLS(...) .called_from = {__VA_ARGS__}
#define AT(symbol) (unsigned long)(symbol)
union stack one_stack = {.frames = {CALLS(AT(in_down_read)),
				    .record.rwsem = {ALONE(&beta_lock.wait_list), &one}}};
union stack two_stack = {.frames = {CALLS(AT(in_mutex_lock)),
				    .record.mutex = {ALONE(&alpha_lock.wait_list), &two}}};
union stack three_stack = {.frames = {CALLS(AT(in_wait)),
				      .record.swait = {&three, ALONE(&rig_never.wait.task_list)}}};
union stack four_stack = {.frames = {CALLS(AT(in_percpu), AT(in_begin), AT(before_held)),
				     .record.wait = {&four, percpu_rwsem_wake_function,
						     ALONE(&mem_hotplug_lock.waiters.head)}}};
union stack five_stack = {.frames = {CALLS(AT(while_held))}};
union stack __start_init_task = {.bytes = {1}};

/* All tasks are threads of one process, the one after init_task in the list. */
#define TASK(id, name, before, after) \
	struct task_struct name = {.__state = 2, .stack = &name##_stack, .pid = id, .comm = #name, \
		.tasks = ALONE(&init_task.tasks), .thread_node = {after, before}, \
		.signal = &signals, \
		.thread.sp = (unsigned long)&name##_stack.frames}

struct task_struct init_task = {.stack = &__start_init_task,
				.comm = "swapper",
				.tasks = ALONE(&one.tasks),
				.signal = &signals};
struct signal_struct signals = {{&one.thread_node, &five.thread_node}};
TASK(10, one, &signals.thread_head, &two.thread_node);
TASK(11, two, &one.thread_node, &three.thread_node);
TASK(12, three, &two.thread_node, &four.thread_node);
TASK(13, four, &three.thread_node, &five.thread_node);
TASK(14, five, &four.thread_node, &signals.thread_head);
