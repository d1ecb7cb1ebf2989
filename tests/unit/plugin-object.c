// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plugin's shared objects, loaded into a fake of QEMU. One fake has all versions of the
 * interface; the loaded one is selected.
 */
#include <check.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/orders.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

struct qemu_plugin_insn {
	uint64_t vaddr;
	size_t size;
	uint8_t code[8];
	void (*cb)(unsigned int cpu, void *data);
	void *data;
	void (*read)(unsigned int cpu, uint32_t info, uint64_t address, void *data);
	void *read_data;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn *insn;
	size_t n;
};

static int fake_api;
static bool may_read_registers;
static void *translate, *vcpu_init;

/* The registers of the one vCPU, and how GLib's arrays of them look. */
static const char *const reg_names[] = {"rax", "rsi", "rdi", "rsp"};
static uint64_t reg_values[4];

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

/* The third argument is there from version 7 only. */
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void *cb, void *data)
{
	(void)id;
	(void)data;
	translate = cb;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags, void *data)
{
	ck_assert_int_eq(flags, may_read_registers ? 1 : 0);
	insn->cb = cb;
	insn->data = data;
}

void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      void (*cb)(unsigned int, uint32_t, uint64_t, void *),
				      int flags, int rw, void *data)
{
	ck_assert_int_eq(flags, 0);
	ck_assert_int_eq(rw, 1);
	insn->read = cb;
	insn->read_data = data;
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

/* From version 7 on the elements have one more field. */
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

/* Every word of the guest's memory is the same return address. */
bool qemu_plugin_read_memory_vaddr(uint64_t address, GByteArray *bytes, size_t len)
{
	const uint64_t word = 0xffffffff81000123;

	(void)address;
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

static int load_with(int api, const char *orders, int fd, int locks)
{
	g_autofree char *data = data_path(".."), *name = NULL, *path = in_scratch("orders");
	g_autofree char *words[3] = {g_strdup_printf("orders=%s", path),
				     g_strdup_printf("fd=%d", fd),
				     g_strdup_printf("locks=%d", locks)};
	const struct fake_info info = {"x86_64", 0, api, true, 2, 2};
	int (*install)(uint64_t, const struct fake_info *, int, char **);
	const int *version;
	void *so;
	int rc;

	ck_assert(g_file_set_contents(path, orders, -1, NULL));
	name = g_strdup_printf("%s/../build/plugin/director-%d.so", data, api);
	/* a copy for each test: the plugin's state is static */
	so = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(so != NULL, "%s", so ? "" : dlerror());
	version = dlsym(so, "qemu_plugin_version");
	ck_assert_int_eq(*version, api);
	install = (int (*)(uint64_t, const struct fake_info *, int, char **))dlsym(
		so, "qemu_plugin_install");
	fake_api = api;
	rc = install(1, &info, locks < 0 ? 2 : 3, words);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_free(g_steal_pointer(&words[i]));
	return rc;
}

static int load(int api, const char *orders, int fd)
{
	return load_with(api, orders, fd, -1);
}

static void translate_block(struct qemu_plugin_insn *insn, size_t n)
{
	struct qemu_plugin_tb tb = {insn, n};

	if (fake_api >= 7)
		((void (*)(struct qemu_plugin_tb *, void *))translate)(&tb, NULL);
	else
		((void (*)(uint64_t, struct qemu_plugin_tb *))translate)(1, &tb);
}

static char *hear(int fd)
{
	char line[DIRECTOR_LINE_MAX + 1];
	ssize_t len = recv(fd, line, DIRECTOR_LINE_MAX, 0);

	ck_assert_int_gt(len, 0);
	return g_strndup(line, len);
}

static void say(int fd, const char *line)
{
	ck_assert_int_eq(send(fd, line, strlen(line), 0), strlen(line));
}

#define assert_hears(fd, prefix)                                         \
	do {                                                             \
		g_autofree char *heard = hear(fd);                       \
		ck_assert_msg(g_str_has_prefix(heard, prefix),           \
			      "received '%s', not '%s'", heard, prefix); \
	} while (0)

/*
 * A thread of the plugin handles "arm"; the reply to the request after it shows that it was
 * handled.
 */
static void arm(int fd)
{
	say(fd, "arm");
	say(fd, "counts");
	assert_hears(fd, "totals 0 ");
	assert_hears(fd, "counted");
}

static const int apis[] = {1, 2, 4, 6, 7};

START_TEST(shared_object)
{
	/* nop; a return of one byte; a jump with a watched address inside */
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}},
		{0x1001, 1, {0xc3}},
		{0x1002, 5, {0xe9}},
		{0x1007, 1, {0x90}},
		{0x1008, 3, {0x4c, 0x01, 0x8e}},
	};
	struct qemu_plugin_insn far[] = {{0x9000, 4, {0x90}}};
	int pair[2], api = apis[_i];
	g_autofree char *hello = g_strdup_printf("hello %d 0 %d 2 x86_64", api, api);

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(
		load(api,
		     "rig-director 1\nhold 0 until 1 100 1 0\nat 0 a 1000\nreturn 0 b 1000 1002\n"
		     "at 0 b 1004\nupdate 0 b 1007 1009 0\n",
		     pair[1]),
		0);
	assert_hears(pair[0], hello);
	translate_block(far, 1);
	ck_assert_ptr_null(far[0].cb);
	translate_block(insn, G_N_ELEMENTS(insn));
	assert_hears(pair[0], "skewed 0 1004");
	ck_assert_ptr_nonnull(insn[0].cb);
	ck_assert_ptr_nonnull(insn[1].cb);
	ck_assert_ptr_null(insn[2].cb);
	ck_assert_ptr_null(insn[3].cb);
	ck_assert_ptr_null(insn[3].read);
	/* an addition to memory: its read counts only after the instruction has started */
	ck_assert_ptr_nonnull(insn[4].read);
	/* not armed: no vCPU waits, nothing counts */
	insn[0].cb(0, insn[0].data);
	arm(pair[0]);
	insn[1].cb(1, insn[1].data);
	insn[0].cb(0, insn[0].data);
	assert_hears(pair[0], "held 0 a 0 ");
	insn[4].read(1, 0, 0xffff, insn[4].read_data);
	insn[4].cb(1, insn[4].data);
	insn[4].read(1, 0, 0xffff, insn[4].read_data);
	insn[4].read(1, 0, 0xffff, insn[4].read_data);
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 1 2 1 0 1 0 0 ");
	assert_hears(pair[0], "counted");
	/* when the rig ends, waiting vCPUs continue */
	close(pair[0]);
}
END_TEST

/* The socket is not read and fills: the plugin continues and counts what it dropped. */
START_TEST(socket_is_full)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	g_autofree char *orders = NULL;
	int pair[2], small = 1;
	guint held, lines = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	orders =
		g_strdup_printf("rig-director 1\nhold 0 until 1 %d 1 0\nat 0 a 1000\nat 0 b 1001\n",
				HOLD_TIMES_MAX);
	ck_assert_int_eq(load(1, orders, pair[1]), 0);
	translate_block(insn, 2);
	assert_hears(pair[0], "hello");
	arm(pair[0]);
	for (int i = 0; i < 1000000; i++)
		insn[1].cb(1, insn[1].data);
	for (held = 0; held < DIRECTOR_LOG_MAX + 50; held++)
		insn[0].cb(0, insn[0].data);
	while (lines <= DIRECTOR_LOG_MAX) {
		char line[DIRECTOR_LINE_MAX];

		if (recv(pair[0], line, sizeof(line), MSG_DONTWAIT) <= 0)
			break;
		lines++;
	}
	ck_assert_uint_le(lines, DIRECTOR_LOG_MAX);
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 ");
	close(pair[0]);
}
END_TEST

/* Only the second update after a function's entry. */
START_TEST(second_update)
{
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}},
		{0x1001, 3, {0x4c, 0x01, 0x8e}},
		{0x1004, 3, {0x4c, 0x01, 0x8e}},
		{0x2000, 1, {0x90}},
	};
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(
		load(4,
		     "rig-director 1\nhold 0 until 1 100 1 0\nupdate 0 b 1000 1007 2\n"
		     "at 0 a 2000\n",
		     pair[1]),
		0);
	assert_hears(pair[0], "hello");
	translate_block(insn, 3);
	translate_block(insn + 3, 1);
	arm(pair[0]);
	for (int round = 0; round < 2; round++) {
		insn[0].cb(1, insn[0].data);
		for (int i = 1; i < 3; i++) {
			insn[i].cb(1, insn[i].data);
			insn[i].read(1, 0, 0xffff, insn[i].read_data);
		}
		/* without the function's entry it would be the third update */
		insn[2].cb(1, insn[2].data);
		insn[2].read(1, 0, 0xffff, insn[2].read_data);
	}
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 0 2 0 ");
	close(pair[0]);
}
END_TEST

static void call(struct qemu_plugin_insn *insn, uint64_t lock)
{
	reg_values[2] = lock;
	insn->cb(0, insn->data);
}

/* Locks A and B, A in a call that can fail, read from registers of QEMU. */
START_TEST(recorder)
{
	struct qemu_plugin_insn insn[] = {
		{0x1000, 1, {0x90}},
		{0x1001, 1, {0xc3}},
		{0x1002, 1, {0x90}},
	};
	int pair[2], api = apis[_i];
	g_autofree char *path = in_scratch("locks"), *text = NULL;
	int file = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	may_read_registers = true;
	if (load_with(api,
		      "rig-director 1\nrecord 16384 ffffffff81000000 ffffffff83000000 "
		      "ffffffff81000000 ffffffff82000000\nlock may w - 1000 0\n"
		      "lockret 1000 1002\nlock want r - 1002 0\n",
		      pair[1], file)) {
		/* registers cannot be read */
		ck_assert_int_lt(api, 4);
		return;
	}
	ck_assert_int_ge(api, 4);
	if (api >= 7)
		((void (*)(unsigned, void *))vcpu_init)(0, NULL);
	else
		((void (*)(uint64_t, unsigned))vcpu_init)(1, 0);
	assert_hears(pair[0], "hello");
	translate_block(insn, G_N_ELEMENTS(insn));
	reg_values[3] = 0xffffc90000003000;
	call(&insn[0], 0xffffffff82000100);
	insn[1].cb(0, insn[1].data);
	call(&insn[2], 0xffffffff82000200);
	say(pair[0], "locks");
	assert_hears(pair[0], "locks 1");
	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	ck_assert_str_eq(text, "rig-locks 1\ncounts 2 0 0 0 0 0 0\n"
			       "class static 0 --w ffffffff82000100 -\n"
			       "class static 0 -r- ffffffff82000200 -\n"
			       "edge 0 1 ffffffff81000123 ffffffff81000123 ffffffff81000123 "
			       "ffffffff81000123 ffffffff81000123 ffffffff81000123\n"
			       "pair ffffffff82000100 ffffffff82000200 1 4\nend\n");
	close(pair[0]);
}
END_TEST

static const char two_arms[] = "rig-director 1\nhold 0 delay 1 9 1 0\nhold 1 delay 1 9 1 0\n"
			       "sweep 0 0 1 60000\nat 0 a 1000\nat 1 a 1001\n";

/* A sweep: the arms whose turn it is wait, and the rig is told about them. */
START_TEST(sweep)
{
	struct qemu_plugin_insn insn[] = {{0x1000, 1, {0x90}}, {0x1001, 1, {0x90}}};
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(load(apis[_i], two_arms, pair[1]), 0);
	assert_hears(pair[0], "hello");
	translate_block(insn, 2);
	say(pair[0], "arm");
	say(pair[0], "counts");
	assert_hears(pair[0], "counted");
	insn[1].cb(1, insn[1].data);
	assert_hears(pair[0], "turn 0");
	insn[0].cb(0, insn[0].data);
	assert_hears(pair[0], "held 0 a 0 ");
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 1 0 1 0 1 0 0 ");
	close(pair[0]);
}
END_TEST

START_TEST(bad_file)
{
	ck_assert_int_ne(load(1, "rig-director 1\nfly\n", -1), 0);
}
END_TEST

void add_object_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, shared_object, 0, G_N_ELEMENTS(apis));
	tcase_add_loop_test(tcase, recorder, 0, G_N_ELEMENTS(apis));
	tcase_add_test(tcase, socket_is_full);
	tcase_add_test(tcase, second_update);
	tcase_add_loop_test(tcase, sweep, 0, G_N_ELEMENTS(apis));
	tcase_add_test(tcase, bad_file);
}
