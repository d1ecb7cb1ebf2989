// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connects the lock recorder to QEMU: reads the registers of a vCPU at the entries and returns of
 * the functions that acquire and release locks.
 */
#include "plugin/recorder.h"
#include "plugin/registers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if RIG_API >= PLUGIN_REGS_API

static struct {
	const struct orders *orders;
	struct locks *locks; /* NULL if locks are not recorded */
	FILE *out;
} recorder;

static void on_entry(unsigned int cpu, void *data)
{
	const struct watch *watch = data;
	const struct locks_hook *hook = &recorder.orders->lock[watch->hold];
	struct locks_call call = {.cpu = cpu, .sp = registers_read(REG_SP)};

	if (!hook->constant && hook->op < LOCKS_LEAVE)
		call.arg[0] = registers_read(REG_ARG0);
	if (hook->nested || hook->op == LOCKS_NAMED || hook->op == LOCKS_RUN)
		call.arg[1] = registers_read(REG_ARG1);
	if (registers_have(REG_LINK) && hook->op < LOCKS_LEAVE)
		call.caller = registers_read(REG_LINK);
	locks_enter(recorder.locks, hook, &call);
}

static void on_result(unsigned int cpu, void *data)
{
	(void)data;
	locks_return(recorder.locks, cpu, registers_read(REG_SP), registers_read(REG_RESULT));
}

void recorder_watch(struct qemu_plugin_insn *insn, struct watch *watch)
{
	if (recorder.locks)
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, watch->kind == WATCH_LOCK ? on_entry : on_result, PLUGIN_READ_REGS,
			watch);
}

const char *recorder_start(uint64_t id, const struct qemu_info *info, struct orders *orders, int fd)
{
	const char *wrong = registers_start(id, info);

	if (wrong)
		return wrong;
	recorder.out = fdopen(fd, "w");
	recorder.locks = calloc(1, sizeof(*recorder.locks));
	if (!recorder.out || !recorder.locks)
		return "the file of the argument locks=N cannot be used, or there is no memory";
	recorder.orders = orders;
	recorder.locks->stack_size = orders->stack_size;
	recorder.locks->image_from = orders->image_from;
	recorder.locks->image_to = orders->image_to;
	recorder.locks->text_from = orders->text_from;
	recorder.locks->text_to = orders->text_to;
	recorder.locks->memory = registers_memory;
	locks_init(recorder.locks);
	return NULL;
}

void recorder_trap(const struct qemu_info *info,
		   void (*ended)(unsigned cpu, int64_t start_ns, int64_t length_ns, bool met,
				 void *data))
{
	struct locks_trap *trap;

	if (!recorder.locks)
		return;
	trap = &recorder.locks->trap;
	memcpy(trap->member, recorder.orders->member, sizeof(trap->member));
	trap->n_members = recorder.orders->n_members;
	trap->max_ns = recorder.orders->trap_ms * (int64_t)1000000;
	trap->vcpus = info->system.smp_vcpus;
	trap->ended = ended;
}

void recorder_arm(bool armed)
{
	if (recorder.locks && recorder.orders->n_members)
		trap_arm(recorder.locks, armed);
}

long recorder_write(void)
{
	if (!recorder.locks || ftruncate(fileno(recorder.out), 0) < 0)
		return -1;
	rewind(recorder.out);
	return locks_write(recorder.locks, recorder.out) ? (long)recorder.locks->n_edges : -1;
}

#else

const char *recorder_start(uint64_t id, const struct qemu_info *info, struct orders *orders, int fd)
{
	(void)id;
	(void)info;
	(void)orders;
	(void)fd;
	return "this QEMU does not let plugins read registers: use QEMU 9.1 or newer";
}

void recorder_watch(struct qemu_plugin_insn *insn, struct watch *watch)
{
	(void)insn;
	(void)watch;
}

void recorder_trap(const struct qemu_info *info,
		   void (*ended)(unsigned cpu, int64_t start_ns, int64_t length_ns, bool met,
				 void *data))
{
	(void)info;
	(void)ended;
}

void recorder_arm(bool armed)
{
	(void)armed;
}

long recorder_write(void)
{
	return -1;
}

#endif
