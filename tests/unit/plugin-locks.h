/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the tests of the lock recorder and of its trap: tasks, locks, hooks,
 * calls.
 */
#ifndef RIG_TESTS_PLUGIN_LOCKS_H
#define RIG_TESTS_PLUGIN_LOCKS_H

#include "plugin/locks.h"

#define STACK(task) (0xffffc90000000000 + (task)*0x4000ull + 0x3000)
#define A 0xffffffff82000100ull
#define B 0xffffffff82000200ull
#define G 0xffffffff82000300ull
#define HEAP 0xffff888000001000ull

static const struct locks_hook want_w = {LOCKS_WANT, true, false, false};
static const struct locks_hook want_r = {LOCKS_WANT, false, false, false};
static const struct locks_hook nested = {LOCKS_WANT, true, true, false};
static const struct locks_hook may_w = {LOCKS_MAY, true, false, false};
static const struct locks_hook try_w = {LOCKS_TRY, true, false, false};
static const struct locks_hook get_node = {LOCKS_TRY, false, false, true};
static const struct locks_hook drop = {LOCKS_DROP, true, false, false};
static const struct locks_hook weaken = {LOCKS_WEAKEN, false, false, false};
static const struct locks_hook named = {LOCKS_NAMED, true, false, false};
static const struct locks_hook placed = {LOCKS_PLACED, true, false, false};
static const struct locks_hook await = {LOCKS_AWAIT, true, false, true};
static const struct locks_hook leave = {LOCKS_LEAVE, false, false, false};
static const struct locks_hook cpus = {LOCKS_WANT, .constant = G};

static const struct locks_hook flush = {LOCKS_PASS, .work = true};
static const struct locks_hook execute = {LOCKS_RUN, .write = true, .work = true};
static const struct locks_hook complete = {LOCKS_PASS, .completion = true};

extern struct locks *locks;

void locks_set_up(void);
void locks_tear_down(void);
/* Task TASK calls the function of HOOK with two arguments. */
void call(int task, const struct locks_hook *hook, uint64_t lock, uint64_t second);
void take(int task, const struct locks_hook *hook, uint64_t lock);
/* Returns the edge between the classes with these addresses, or NULL if there is none. */
const struct locks_edge *edge(uint64_t from, uint64_t to);
/* Stores VALUE or TEXT in the guest's memory, at offset AT from HEAP. */
void put_pointer(unsigned at, uint64_t value);
void put_text(unsigned at, const char *text);

#endif
