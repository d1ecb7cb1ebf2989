// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin that counts which of the translated instructions in a range are also executed
 * (tests/bench/coverage). Arguments: from=, to= (hexadecimal), out= (a file for the result). It
 * instruments each instruction, so the guest is slow.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct insn;
struct block;

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*cb)(uint64_t id, struct block *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *insn, void (*cb)(unsigned cpu, void *data),
					    int flags, void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct block *tb);
struct insn *qemu_plugin_tb_get_insn(const struct block *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct insn *insn);

static uint64_t from, to;
static const char *out;
static _Atomic uint8_t *translated, *executed; /* for each byte of the range */

static void on_executed(unsigned cpu, void *data)
{
	(void)cpu;
	executed[(uintptr_t)data] = 1;
}

static void on_translate(uint64_t id, struct block *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t at = qemu_plugin_insn_vaddr(insn) - from;

		if (at >= to - from)
			continue;
		translated[at] = 1;
		if (!executed[at])
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_executed, 0, (void *)at);
	}
}

static void write_result(uint64_t id, void *data)
{
	FILE *file = fopen(out, "w");
	unsigned n = 0, missed = 0;

	(void)id;
	(void)data;
	for (uint64_t i = 0; i < to - from; i++) {
		n += translated[i];
		missed += translated[i] && !executed[i];
	}
	if (!file)
		return;
	fprintf(file, "%u %u\n", n, missed);
	fclose(file);
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "from=", 5))
			from = strtoull(argv[i] + 5, NULL, 16);
		else if (!strncmp(argv[i], "to=", 3))
			to = strtoull(argv[i] + 3, NULL, 16);
		else if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
	}
	if (to <= from || !out)
		return -1;
	translated = calloc(1, to - from);
	executed = calloc(1, to - from);
	if (!translated || !executed)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, write_result, NULL);
	return 0;
}
