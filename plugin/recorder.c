// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock recorder in QEMU: reads the registers of a vCPU at the entries and returns of the
 * functions that acquire and release locks.
 */
#include "plugin/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if RIG_API >= PLUGIN_REGS_API

enum reg { REG_ARG0, REG_ARG1, REG_SP, REG_RESULT, REG_LINK, N_REGS };

/*
 * QEMU's names of the registers. LINK: the register in which a call leaves its return address;
 * NULL: the return address is on the stack.
 */
static const struct target {
	const char *name;
	const char *reg[N_REGS];
} targets[] = {
	{"x86_64", {"rdi", "rsi", "rsp", "rax", NULL}},
	{"ppc64", {"r3", "r4", "r1", "r3", "lr"}},
	{"aarch64", {"x0", "x1", "sp", "x0", "x30"}},
};

static struct {
	const struct target *target;
	const struct orders *orders;
	struct locks *locks; /* NULL: locks are not recorded */
	void *handle[N_REGS];
	FILE *out;
} recorder;

/* A buffer for register values; thread-local, because each vCPU has its own thread. */
static _Thread_local struct plugin_bytes *scratch;

static struct plugin_bytes *empty_scratch(void)
{
	if (!scratch)
		scratch = g_byte_array_new();
	return g_byte_array_set_size(scratch, 0);
}

static uint64_t read_register(enum reg reg)
{
	struct plugin_bytes *bytes = empty_scratch();
	uint64_t value = 0;

	if (!recorder.handle[reg])
		return 0;
	qemu_plugin_read_register(recorder.handle[reg], bytes);
	if (bytes->len == sizeof(value))
		memcpy(&value, bytes->data, sizeof(value));
	return value;
}

static bool read_memory(uint64_t address, void *to, size_t len, void *data)
{
	struct plugin_bytes *bytes = empty_scratch();

	(void)data;
	if (!qemu_plugin_read_memory_vaddr(address, bytes, len) || bytes->len != len)
		return false;
	memcpy(to, bytes->data, len);
	return true;
}

static void on_entry(unsigned int cpu, void *data)
{
	const struct watch *watch = data;
	const struct locks_hook *hook = &recorder.orders->lock[watch->hold];
	struct locks_call call = {.cpu = cpu, .sp = read_register(REG_SP)};

	if (!hook->constant && hook->op != LOCKS_LEAVE)
		call.arg[0] = read_register(REG_ARG0);
	if (hook->nested || hook->op == LOCKS_NAMED)
		call.arg[1] = read_register(REG_ARG1);
	if (recorder.handle[REG_LINK] && hook->op != LOCKS_LEAVE)
		call.caller = read_register(REG_LINK);
	locks_enter(recorder.locks, hook, &call);
}

static void on_result(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	locks_return(recorder.locks, read_register(REG_SP), read_register(REG_RESULT));
}

void recorder_watch(struct qemu_plugin_insn *insn, struct watch *watch)
{
	if (recorder.locks)
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, watch->kind == WATCH_LOCK ? on_entry : on_result, PLUGIN_READ_REGS,
			watch);
}

static void find_registers(void)
{
	struct plugin_array *array;

	if (recorder.handle[REG_SP])
		return;
	array = qemu_plugin_get_registers();
	for (unsigned i = 0; array && i < array->len; i++) {
		const struct plugin_register *reg = (struct plugin_register *)array->data + i;

		for (int r = 0; r < N_REGS; r++)
			/*
			 * use the first register of this name: on ppc64, a special register is
			 * named lr, too
			 */
			if (recorder.target->reg[r] && !recorder.handle[r] &&
			    !strcmp(recorder.target->reg[r], reg->name))
				recorder.handle[r] = reg->handle;
	}
	if (array)
		g_array_free(array, 1);
}

#if RIG_API >= 7
static void on_vcpu(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	find_registers();
}
#else
static void on_vcpu(uint64_t id, unsigned int cpu)
{
	(void)id;
	(void)cpu;
	find_registers();
}
#endif

const char *recorder_start(uint64_t id, const struct qemu_info *info, struct orders *orders, int fd)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (!strcmp(targets[i].name, info->target_name))
			recorder.target = &targets[i];
	if (!recorder.target)
		return "locks of this architecture cannot be recorded";
	recorder.out = fdopen(fd, "w");
	recorder.locks = calloc(1, sizeof(*recorder.locks));
	if (!recorder.out || !recorder.locks)
		return "there is no file for them";
	recorder.orders = orders;
	recorder.locks->stack_size = orders->stack_size;
	recorder.locks->image_from = orders->image_from;
	recorder.locks->image_to = orders->image_to;
	recorder.locks->text_from = orders->text_from;
	recorder.locks->text_to = orders->text_to;
	recorder.locks->memory = read_memory;
	locks_init(recorder.locks);
#if RIG_API >= 7
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu, NULL);
#else
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu);
#endif
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
	return "this QEMU does not let plugins read registers";
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
