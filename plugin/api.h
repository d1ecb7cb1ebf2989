/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of QEMU's plugin interface that the director uses. It is declared here because no Debian
 * package ships the header. RIG_API is the interface version that a shared object is built for;
 * QEMU loads the object if its own minimum and current versions include RIG_API (plugins/loader.c:
 * plugin_load()).
 *
 *	QEMU	     versions	differences that matter here
 *	7.2 .. 8.2   up to 1	qemu_plugin_insn_data() returns a pointer
 *	9.0	     up to 2
 *	9.1 .. 10.x  up to 4, 5	from 3: qemu_plugin_insn_data() copies
 *	11.x	     6, 7	from 7: the translation callback gets user data instead of the id;
 *				a callback can write registers and the program counter
 */
#ifndef RIG_PLUGIN_API_H
#define RIG_PLUGIN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;

/*
 * QEMU's qemu_info_t, whose layout has been the same since version 0. system_emulation is false in
 * user-mode QEMU, which may load the plugin, too.
 */
struct qemu_info {
	const char *target_name;
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus, max_vcpus;
	} system;
};

/*
 * Values of enum qemu_plugin_cb_flags: the callback uses no registers, reads registers, or writes
 * registers and the program counter.
 */
#define PLUGIN_NO_REGS 0
#define PLUGIN_READ_REGS 1
#define PLUGIN_WRITE_PC 3

/* The first version with which a plugin can read registers and memory. */
#define PLUGIN_REGS_API 4
/* The first version with which a plugin can write registers and set the program counter. */
#define PLUGIN_PC_API 7

/* A value of enum qemu_plugin_mem_rw. */
#define PLUGIN_MEM_READ 1

typedef void (*plugin_exec_cb)(unsigned int cpu, void *data);
typedef void (*plugin_mem_cb)(unsigned int cpu, uint32_t info, uint64_t address, void *data);

#if RIG_API >= 7
typedef void (*plugin_translate_cb)(struct qemu_plugin_tb *tb, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_translate_cb cb, void *data);
#else
typedef void (*plugin_translate_cb)(uint64_t id, struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_translate_cb cb);
#endif

/*
 * Removes all callbacks of the plugin, and discards all translations. CB is called while no vCPU
 * runs, and may register callbacks again. Its argument is DATA, or before version 7 the plugin's
 * ID. Must be called from the thread of a vCPU.
 */
void qemu_plugin_reset(uint64_t id, void (*cb)(uint64_t unused), void *data);

#if RIG_API >= 3
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t len);
#else
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
#endif

#if RIG_API >= PLUGIN_REGS_API
/* The layout of GLib's GArray and GByteArray, which QEMU returns. */
struct plugin_array {
	char *data;
	unsigned int len;
};
struct plugin_bytes {
	uint8_t *data;
	unsigned int len;
};
struct plugin_bytes *g_byte_array_new(void);
struct plugin_bytes *g_byte_array_set_size(struct plugin_bytes *bytes, unsigned int len);
char *g_array_free(struct plugin_array *array, int free_data);

struct plugin_register {
	void *handle;
	const char *name, *feature;
#if RIG_API >= 7
	uint64_t more;
#endif
};
/*
 * May be called after the init callback of a vCPU has run. The handles are valid for all vCPUs. The
 * caller frees the array.
 */
struct plugin_array *qemu_plugin_get_registers(void);
/*
 * Appends the register's value in the guest's byte order. Only some versions return an int, so the
 * result must not be used.
 */
int qemu_plugin_read_register(void *handle, struct plugin_bytes *bytes);
#if RIG_API >= PLUGIN_PC_API
/* HANDLE must be of a register that can be written; otherwise QEMU aborts. */
bool qemu_plugin_write_register(void *handle, struct plugin_bytes *bytes);
/*
 * Continues the guest at ADDRESS. The function does not return, but makes a long jump, so the
 * caller must not hold locks or memory.
 */
void qemu_plugin_set_pc(uint64_t address) __attribute__((noreturn));
#endif
bool qemu_plugin_read_memory_vaddr(uint64_t address, struct plugin_bytes *bytes, size_t len);
#if RIG_API >= 7
void qemu_plugin_register_vcpu_init_cb(uint64_t id, void (*cb)(unsigned int cpu, void *data),
				       void *data);
#else
void qemu_plugin_register_vcpu_init_cb(uint64_t id, void (*cb)(uint64_t id, unsigned int cpu));
#endif
#endif

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_exec_cb cb,
					    int flags, void *data);
/* CB is called after each access, before the instruction continues. */
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_mem_cb cb, int flags,
				      int rw, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

/* The symbol that QEMU looks up in the shared object. */
PLUGIN_EXPORT extern int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
				      char **argv);

#endif
