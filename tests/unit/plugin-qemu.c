// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fake of QEMU. It has all versions of the plugin interface; the plugin that is loaded selects
 * one.
 */
#include "tests/unit/plugin-qemu.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <string.h>
#include <sys/socket.h>

#include "plugin/protocol.h"

struct qemu_plugin_tb {
	struct qemu_plugin_insn *insn;
	size_t n;
};

static int fake_api;
bool may_read_registers;
void *translate, *vcpu_init;
int cover_fd = -1, n_flushes;

/* The registers of the only vCPU. */
static const char *const reg_names[] = {"rax", "rsi", "rdi", "rsp", "gs_base"};
uint64_t reg_values[5];
struct fake_memory memory[2];
static jmp_buf set_pc;
static uint64_t pc;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void *cb, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags,
					    void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      void (*cb)(unsigned int, uint32_t, uint64_t, void *),
				      int flags, int rw, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uintptr_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t len);

/* Discards all translations and callbacks; the plugin then registers its callbacks again. */
void qemu_plugin_reset(uint64_t id, void (*cb)(uint64_t), void *data);

void qemu_plugin_reset(uint64_t id, void (*cb)(uint64_t), void *data)
{
	(void)id;
	(void)data;
	n_flushes++;
	translate = NULL;
	cb(1);
	ck_assert_ptr_nonnull(translate);
}

/* Only version 7 and later have the third argument. */
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void *cb, void *data)
{
	(void)id;
	(void)data;
	translate = cb;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags, void *data)
{
	/* mode 3 writes registers and the program counter */
	if (flags != 3)
		ck_assert_int_eq(flags, may_read_registers ? 1 : 0);
	insn->flags = flags;
	insn->cb = cb;
	insn->data = data;
	ck_assert_uint_lt(insn->n_calls, CALLS_MAX);
	insn->calls[insn->n_calls].cb = cb;
	insn->calls[insn->n_calls++].data = data;
}

void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      void (*cb)(unsigned int, uint32_t, uint64_t, void *),
				      int flags, int rw, void *data)
{
	ck_assert_int_eq(flags, 0);
	ck_assert_int_eq(rw, 1);
	insn->read = cb;
	insn->read_data = data;
	ck_assert_uint_lt(insn->n_reads, CALLS_MAX);
	insn->reads[insn->n_reads].cb = cb;
	insn->reads[insn->n_reads++].data = data;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return tb->n;
}

uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb)
{
	return tb->insn[0].vaddr;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index)
{
	return &tb->insn[index];
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->vaddr;
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	return insn->size;
}

uintptr_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t len)
{
	if (fake_api < 3)
		return (uintptr_t)insn->code;
	memcpy(to, insn->code, MIN(len, insn->size));
	return MIN(len, insn->size);
}

void qemu_plugin_register_vcpu_init_cb(uint64_t id, void *cb, void *data);
GArray *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(void *handle, GByteArray *bytes);
bool qemu_plugin_read_memory_vaddr(uint64_t address, GByteArray *bytes, size_t len);

void qemu_plugin_register_vcpu_init_cb(uint64_t id, void *cb, void *data)
{
	(void)id;
	(void)data;
	vcpu_init = cb;
}

/* From version 7 on, the elements have one more member. */
GArray *qemu_plugin_get_registers(void)
{
	guint size = fake_api >= 7 ? 4 : 3;
	GArray *array = g_array_new(FALSE, TRUE, size * sizeof(void *));

	g_array_set_size(array, G_N_ELEMENTS(reg_names));
	for (guint i = 0; i < G_N_ELEMENTS(reg_names); i++) {
		const void **reg = (const void **)(void *)(array->data + i * size * sizeof(void *));

		reg[0] = &reg_values[i];
		reg[1] = reg_names[i];
	}
	return array;
}

int qemu_plugin_read_register(void *handle, GByteArray *bytes)
{
	g_byte_array_append(bytes, handle, sizeof(uint64_t));
	return sizeof(uint64_t);
}

int qemu_plugin_write_register(void *handle, GByteArray *bytes);
void qemu_plugin_set_pc(uint64_t address) __attribute__((noreturn));

int qemu_plugin_write_register(void *handle, GByteArray *bytes)
{
	ck_assert_uint_eq(bytes->len, sizeof(uint64_t));
	memcpy(handle, bytes->data, sizeof(uint64_t));
	return true;
}

/* Like QEMU, leaves the callback with longjmp(). */
void qemu_plugin_set_pc(uint64_t address)
{
	pc = address;
	longjmp(set_pc, 1);
}

bool sets_pc(struct qemu_plugin_insn *insn, uint64_t *ret_pc)
{
	if (setjmp(set_pc)) {
		*ret_pc = pc;
		return true;
	}
	insn->cb(0, insn->data);
	return false;
}

bool qemu_plugin_read_memory_vaddr(uint64_t address, GByteArray *bytes, size_t len)
{
	const uint64_t word = RETURN_ADDRESS;

	for (guint i = 0; i < G_N_ELEMENTS(memory); i++)
		if (memory[i].bytes && memory[i].at <= address &&
		    address + len <= memory[i].at + memory[i].len) {
			const guint8 *from = memory[i].bytes;

			g_byte_array_append(bytes, from + (address - memory[i].at), len);
			return true;
		}
	while (bytes->len < len)
		g_byte_array_append(bytes, (const guint8 *)&word,
				    MIN(sizeof(word), len - bytes->len));
	return true;
}

struct fake_info {
	const char *target_name;
	int min, cur;
	bool system_emulation;
	int smp_vcpus, max_vcpus;
};

int load_with(int api, const char *orders, int fd, int locks)
{
	g_autofree char *data = data_path(".."), *name = NULL, *path = in_scratch("orders");
	g_autofree char *words[4] = {g_strdup_printf("orders=%s", path),
				     g_strdup_printf("fd=%d", fd)};
	int n = 2;
	const struct fake_info info = {"x86_64", 0, api, true, 2, 2};
	int (*install)(uint64_t, const struct fake_info *, int, char **);
	const int *version;
	void *so;
	int rc;

	ck_assert(g_file_set_contents(path, orders, -1, NULL));
	name = g_strdup_printf("%s/../build/plugin/director-%d.so", data, api);
	/* load a copy of the file for each test, because the plugin's state is static */
	so = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(so != NULL, "%s", so ? "" : dlerror());
	version = dlsym(so, "qemu_plugin_version");
	ck_assert_int_eq(*version, api);
	install = (int (*)(uint64_t, const struct fake_info *, int, char **))dlsym(
		so, "qemu_plugin_install");
	fake_api = api;
	if (locks >= 0)
		words[n++] = g_strdup_printf("locks=%d", locks);
	if (cover_fd >= 0)
		words[n++] = g_strdup_printf("cover=%d", cover_fd);
	rc = install(1, &info, n, words);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_free(g_steal_pointer(&words[i]));
	return rc;
}

int load(int api, const char *orders, int fd)
{
	return load_with(api, orders, fd, -1);
}

void translate_block(struct qemu_plugin_insn *insn, size_t n)
{
	struct qemu_plugin_tb tb = {insn, n};

	for (size_t i = 0; i < n; i++)
		insn[i].n_calls = insn[i].n_reads = 0;
	if (fake_api >= 7)
		((void (*)(struct qemu_plugin_tb *, void *))translate)(&tb, NULL);
	else
		((void (*)(uint64_t, struct qemu_plugin_tb *))translate)(1, &tb);
}

void execute(const struct qemu_plugin_insn *insn, unsigned int cpu)
{
	for (unsigned i = 0; i < insn->n_calls; i++)
		insn->calls[i].cb(cpu, insn->calls[i].data);
	for (unsigned i = 0; i < insn->n_reads; i++)
		insn->reads[i].cb(cpu, 0, 0xffff, insn->reads[i].data);
}

char *hear(int fd)
{
	char line[DIRECTOR_LINE_MAX + 1];
	ssize_t len = recv(fd, line, DIRECTOR_LINE_MAX, 0);

	ck_assert_int_gt(len, 0);
	return g_strndup(line, len);
}

void say(int fd, const char *line)
{
	ck_assert_int_eq(send(fd, line, strlen(line), 0), strlen(line));
}

/*
 * Makes vCPUs wait at holds from now on. A thread of the plugin handles "arm"; the reply to the
 * following request shows that it was handled.
 */
void arm(int fd)
{
	say(fd, "arm");
	say(fd, "counts");
	for (;;) {
		g_autofree char *line = hear(fd);

		if (g_str_has_prefix(line, "counted"))
			return;
		ck_assert_msg(g_str_has_prefix(line, "totals "), "%s", line);
	}
}
