// SPDX-License-Identifier: GPL-2.0-only
/* A plugin that QEMU loads as the director's and that aborts while the guest boots (tests/run). */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*cb)(uint64_t id, void *tb));

static atomic_int blocks;

static void on_translate(uint64_t id, void *tb)
{
	(void)id;
	(void)tb;
	if (++blocks == 20000)
		abort();
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], "probe=on")) {
			fputs("rig-director: api 1 0 1 x86_64\n", stderr);
			return -1;
		}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
