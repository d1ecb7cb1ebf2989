/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structures of the toy kernel. They have the names of Linux's structures, and the members that
 * owners.py reads.
 */
#ifndef RIG_TESTS_TOY_KERNEL_H
#define RIG_TESTS_TOY_KERNEL_H

#include <stddef.h>

struct list_head {
	struct list_head *next, *prev;
};

struct task_struct;

struct thread_struct {
	unsigned long sp;
};

struct signal_struct {
	struct list_head thread_head;
};

struct mutex {
	unsigned long owner;
	struct list_head wait_list;
};

struct mutex_waiter {
	struct list_head list;
	struct task_struct *task;
};

struct rw_semaphore {
	unsigned long owner;
	struct list_head wait_list;
};

struct rwsem_waiter {
	struct list_head list;
	struct task_struct *task;
};

struct swait_queue_head {
	struct list_head task_list;
};

struct swait_queue {
	struct task_struct *task;
	struct list_head task_list;
};

struct completion {
	unsigned done;
	struct swait_queue_head wait;
};

struct wait_queue_head {
	struct list_head head;
};

struct wait_queue_entry {
	void *private, *func;
	struct list_head entry;
};

struct percpu_rw_semaphore {
	struct {
		struct task_struct *task;
	} writer;
	struct wait_queue_head waiters;
	int block;
};

struct task_struct {
	unsigned __state;
	void *stack;
	int on_cpu, pid;
	char comm[16];
	struct list_head tasks, thread_node;
	struct signal_struct *signal;
	struct thread_struct thread;
};

/*
 * The frames at the saved stack pointer of a sleeping task; the newest frame has the lowest
 * address.
 */
struct frames {
	unsigned long called_from[4];
	union {
		struct mutex_waiter mutex;
		struct rwsem_waiter rwsem;
		struct swait_queue swait;
		struct wait_queue_entry wait;
	} record;
	unsigned long below;
};

#define STACK 4096
union stack {
	char bytes[STACK];
	struct {
		char unused[STACK - sizeof(struct frames)];
		struct frames frames;
	};
};

#endif
