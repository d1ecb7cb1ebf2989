/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fake of QEMU's plugin interface, in all of its versions, for testing the plugin's shared
 * objects.
 */
#ifndef RIG_TESTS_PLUGIN_QEMU_H
#define RIG_TESTS_PLUGIN_QEMU_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/suite.h"

#define CALLS_MAX 4

/* `cb` and `read` are the callbacks that were registered last; `calls` and `reads` are all. */
struct qemu_plugin_insn {
	uint64_t vaddr;
	size_t size;
	uint8_t code[8];
	void (*cb)(unsigned int cpu, void *data);
	void *data;
	int flags;
	void (*read)(unsigned int cpu, uint32_t info, uint64_t address, void *data);
	void *read_data;
	unsigned n_calls, n_reads;
	struct {
		void (*cb)(unsigned int cpu, void *data);
		void *data;
	} calls[CALLS_MAX];
	struct {
		void (*cb)(unsigned int cpu, uint32_t info, uint64_t address, void *data);
		void *data;
	} reads[CALLS_MAX];
};

/* false for versions of QEMU whose plugins cannot read registers */
extern bool may_read_registers;
extern uint64_t reg_values[5]; /* the guest's rax, rsi, rdi, rsp, gs_base */
/* The guest's memory: a buffer at an address; every word elsewhere is the same return address. */
extern struct fake_memory {
	uint64_t at;
	const void *bytes;
	size_t len;
} memory[2];
#define RETURN_ADDRESS 0xffffffff81000123
extern void *translate, *vcpu_init;
extern int cover_fd;  /* the descriptor of the file for recorded code, or -1 */
extern int n_flushes; /* how often the plugin made QEMU discard its translations */

/* Loads the shared object for API with ORDERS, and returns the result of its install function. */
int load_with(int api, const char *orders, int fd, int locks);
int load(int api, const char *orders, int fd);
void translate_block(struct qemu_plugin_insn *insn, size_t n);
/* Executes INSN on CPU: runs all callbacks of its execution, then those of its read. */
void execute(const struct qemu_plugin_insn *insn, unsigned int cpu);
/*
 * Runs INSN's callback on vCPU 0. Returns true if the callback has set the program counter, and
 * sets *RET_PC to it.
 */
bool sets_pc(struct qemu_plugin_insn *insn, uint64_t *ret_pc);
/* Reads a line from the plugin; the caller owns it. */
char *hear(int fd);
void say(int fd, const char *line);
/* Makes vCPUs wait at holds from now on; returns when this is in effect. */
void arm(int fd);

#define assert_hears(fd, prefix)                                         \
	do {                                                             \
		g_autofree char *heard = hear(fd);                       \
		ck_assert_msg(g_str_has_prefix(heard, prefix),           \
			      "received '%s', not '%s'", heard, prefix); \
	} while (0)

#endif
