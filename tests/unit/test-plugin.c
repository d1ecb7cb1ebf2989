// SPDX-License-Identifier: GPL-2.0-only
/*
 * The director's plugin: its holds driven by threads that stand for vCPUs, and its shared objects
 * loaded into a fake of QEMU. One fake has all versions of the interface; the loaded one is
 * selected.
 */
#include <check.h>
#include <dlfcn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/hold.h"
#include "plugin/orders.h"
#include "plugin/insn.h"
#include "plugin/visits.h"
#include "tests/unit/suite.h"

#define MS 1000000

/* ---- holds ---- */

struct reach {
	struct holds *holds;
	unsigned id, cpu;
	enum hold_side side;
};

static struct hold_wait ended[8];
static atomic_uint n_ended;

static void on_ended(const struct hold_wait *wait, void *data)
{
	(void)data;
	ended[atomic_fetch_add(&n_ended, 1) % G_N_ELEMENTS(ended)] = *wait;
}

static void *reach_thread(void *data)
{
	struct reach *reach = data;

	holds_reach(reach->holds, reach->id, reach->side, reach->cpu);
	return NULL;
}

static GThread *reach(struct reach *what)
{
	return g_thread_new("vcpu", reach_thread, what);
}

static void until_waiting(struct hold *hold)
{
	while (!atomic_load(&hold->waiting))
		g_thread_yield();
}

static void start(struct holds *holds, struct hold *hold, unsigned n)
{
	*holds = (struct holds){.hold = hold, .n = n, .vcpus = 2, .ended = on_ended};
	holds_init(holds);
	holds_arm(holds, true);
	atomic_store(&n_ended, 0);
}

START_TEST(until_met)
{
	struct hold hold = {
		.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 1, .visits = 3};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	GThread *thread;

	start(&holds, &hold, 1);
	/* visits before the wait do not count */
	holds_reach(&holds, 0, SIDE_B, 1);
	thread = reach(&a);
	until_waiting(&hold);
	for (int i = 0; i < 3; i++)
		holds_reach(&holds, 0, SIDE_B, 1);
	g_thread_join(thread);
	ck_assert_uint_eq(n_ended, 1);
	ck_assert_int_eq(ended[0].outcome, HOLD_MET);
	ck_assert_uint_ge(ended[0].visits, 3);
	/* `times` is used up: no vCPU waits any more */
	holds_reach(&holds, 0, SIDE_A, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

START_TEST(expires)
{
	struct hold hold = {.kind = HOLD_UNTIL, .max_ns = 2 * MS, .times = 5, .visits = 1};
	struct hold_totals totals;
	struct holds holds;

	start(&holds, &hold, 1);
	holds_reach(&holds, 0, SIDE_A, 0);
	holds_totals(&holds, 0, &totals);
	ck_assert_int_eq(ended[0].outcome, HOLD_EXPIRED);
	ck_assert_uint_eq(totals.outcome[HOLD_EXPIRED], 1);
	ck_assert_uint_ge(totals.held_ns, 2 * MS);
	/* it rests for as long as it waited */
	ck_assert_int_eq(hold.rest_until_ns, ended[0].start_ns + 2 * ended[0].length_ns);
}
END_TEST

START_TEST(released)
{
	struct hold hold = {
		.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	GThread *thread;

	start(&holds, &hold, 1);
	thread = reach(&a);
	until_waiting(&hold);
	holds_arm(&holds, false);
	g_thread_join(thread);
	ck_assert_int_eq(ended[0].outcome, HOLD_RELEASED);
	holds_reach(&holds, 0, SIDE_A, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

START_TEST(meeting)
{
	struct hold hold = {
		.kind = HOLD_MEET, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1};
	struct holds holds;
	struct hold_totals totals;

	start(&holds, &hold, 1);
	for (int i = 0; i < 2; i++) {
		struct reach first = {&holds, 0, 0, i ? SIDE_B : SIDE_A};
		GThread *thread = reach(&first);

		until_waiting(&hold);
		holds_reach(&holds, 0, i ? SIDE_A : SIDE_B, 1);
		g_thread_join(thread);
	}
	holds_totals(&holds, 0, &totals);
	ck_assert_uint_eq(totals.outcome[HOLD_MET], 2);
	ck_assert_uint_eq(totals.held, 2);
	ck_assert_uint_eq(ended[1].side, SIDE_B);
}
END_TEST

/*
 * The second hold begins when a vCPU has ended a wait of the first one, even before the waiting
 * vCPU continues.
 */
START_TEST(after_another)
{
	struct hold hold[2] = {
		{.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 2},
		{.kind = HOLD_UNTIL, .max_ns = 1, .times = 5, .visits = 1, .after = 1},
	};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	struct hold_totals totals;
	GThread *thread;

	start(&holds, hold, 2);
	holds.vcpus = 3;
	thread = reach(&a);
	until_waiting(&hold[0]);
	holds_reach(&holds, 0, SIDE_B, 1);
	holds_reach(&holds, 1, SIDE_A, 1);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.held, 0);
	holds_reach(&holds, 0, SIDE_B, 1);
	holds_reach(&holds, 1, SIDE_A, 1);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.held, 1);
	g_thread_join(thread);
}
END_TEST

/* With two vCPUs, of which one waits, the other one must not. */
START_TEST(one_is_free)
{
	struct hold hold[2] = {
		{.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1},
		{.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1},
	};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	struct hold_totals totals;
	GThread *thread;

	start(&holds, hold, 2);
	thread = reach(&a);
	until_waiting(&hold[0]);
	holds_reach(&holds, 1, SIDE_A, 1);
	holds_reach(&holds, 0, SIDE_B, 1);
	g_thread_join(thread);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.crowded, 1);
	ck_assert_uint_eq(totals.held, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

/* ---- visits ---- */

START_TEST(neighbours)
{
	g_autofree struct visits *visits = g_new0(struct visits, 1);
	const int64_t second = 1000ll * MS;
	char text[64];

	visits->n = 4;
	/* 1 on another vCPU, 10 ms before 0; 2 on the same vCPU; 3 a second before */
	visits_pass(visits, 3, 1, second);
	visits_pass(visits, 1, 1, 2 * second);
	visits_pass(visits, 2, 0, 2 * second);
	visits_pass(visits, 0, 0, 2 * second + 10 * MS);
	visits_text(visits, 0, text, sizeof(text));
	ck_assert_str_eq(text, "1 1:1");
	visits_text(visits, 3, text, sizeof(text));
	ck_assert_str_eq(text, "1");
	/* the neighbour that is rarer elsewhere comes first, and what does not fit is left out */
	visits_pass(visits, 3, 1, 2 * second + 11 * MS);
	for (int i = 0; i < 100; i++)
		visits_pass(visits, 3, 1, 9 * second);
	visits_text(visits, 0, text, sizeof(text));
	ck_assert_str_eq(text, "1 1:1 3:1");
	visits_text(visits, 0, text, 7);
	ck_assert_str_eq(text, "1 1:1");
	/* a vCPU that is not remembered is counted all the same */
	visits_pass(visits, 0, VISITS_CPUS, 9 * second);
	ck_assert_uint_eq(visits->count[0], 2);
}
END_TEST

/* ---- the instruction file ---- */

static const char *read_text(struct orders *orders, const char *text)
{
	g_autofree char *path = in_scratch("orders");

	ck_assert(g_file_set_contents(path, text, -1, NULL));
	memset(orders, 0, sizeof(*orders));
	return orders_read(orders, path);
}

START_TEST(good_orders)
{
	g_autofree struct orders *orders = g_new0(struct orders, 1);

	ck_assert_ptr_null(read_text(
		orders,
		"rig-director 1\nhold 0 until 400 100 16 0\nhold 1 meet 1 1 1 1\n"
		"at 1 b ffffffff81000010\nreturn 0 a ffffffff81000000 "
		"ffffffff81000020\nupdate 1 a ffffffff81000012 ffffffff81000018 2\n"
		"thunk ffffffff82000000\nvisit 0 ffffffff81000100\nvisit 0 ffffffff81000200\n"));
	ck_assert_uint_eq(orders->n_holds, 2);
	ck_assert_uint_eq(orders->n_watches, 5);
	ck_assert_uint_eq(orders->n_visits, 1);
	ck_assert_int_eq(orders->watch[2].kind, WATCH_UPDATE);
	ck_assert_uint_eq(orders->watch[2].nth, 2);
	ck_assert_uint_eq(orders->hold[1].after, 1);
	ck_assert_uint_eq(orders->watch[0].to, 0xffffffff81000020);
	ck_assert_uint_eq(orders->longest, 0x20);
	ck_assert_uint_eq(orders->thunk, 0xffffffff82000000);
	ck_assert_uint_eq(orders->hold[0].visits, 16);
	/* within the range, after it, after all ranges */
	ck_assert_uint_eq(orders_first(orders, 0xffffffff81000004), 0);
	ck_assert_uint_eq(orders_first(orders, 0xffffffff81000024), 1);
	ck_assert_uint_eq(orders_first(orders, 0xffffffff81000050), 3);
}
END_TEST

#define ONE_HOLD "rig-director 1\nhold 0 until 1 1 1 0\n"

START_TEST(bad_orders)
{
	static const char *const bad[] = {
		"",
		"rig-director 2\n",
		"rig-director 1\nhold 1 until 1 1 1 0\n",
		"rig-director 1\nhold 0 until 501 1 1 0\n",
		"rig-director 1\nhold 0 until 1 1 1 0 0\n",
		"rig-director 1\nhold 0 until 1 1 1\n",
		"rig-director 1\nhold 0 until 1 1 1 1\n",
		"rig-director 1\nhold 0 until 1 1 0 0\n",
		"rig-director 1\nhold 0 never 1 1 1 0\n",
		"rig-director 1\nat 0 a ffff\n",
		ONE_HOLD "at 0 c ffff\n",
		ONE_HOLD "at 0 a 0\n",
		ONE_HOLD "at 0 a ffff x\n",
		ONE_HOLD "return 0 a 20 10\n",
		ONE_HOLD "update 0 a 20 10 0\n",
		ONE_HOLD "update 0 a 10 20\n",
		"rig-director 1\nfly away\n",
		"rig-director 1\nthunk\n",
		"rig-director 1\nvisit 1 ffff\n",
		"rig-director 1\nvisit 0 0\n",
	};
	g_autofree struct orders *orders = g_new0(struct orders, 1);
	g_autofree char *long_file = g_strnfill(DIRECTOR_FILE_MAX + 1, '\n');
	g_autoptr(GString) many = g_string_new(ONE_HOLD);

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		ck_assert_msg(read_text(orders, bad[i]) != NULL, "taken: %s", bad[i]);
	ck_assert_ptr_nonnull(read_text(orders, long_file));
	for (int i = 0; i <= DIRECTOR_WATCHES_MAX; i++)
		g_string_append(many, "at 0 a ffff\n");
	ck_assert_ptr_nonnull(read_text(orders, many->str));
	ck_assert_ptr_nonnull(orders_read(orders, "/nonexistent"));
}
END_TEST

START_TEST(return_instructions)
{
	const uint8_t ret[] = {0xc3}, jump[] = {0xe9, 0xfb, 0x0f, 0, 0},
		      blr[] = {0x20, 0, 0x80, 0x4e};
	const uint8_t arm[] = {0xc0, 3, 0x5f, 0xd6};

	ck_assert(insn_is_return(insn_form_of("x86_64"), ret, 1, 0x1000, 0));
	ck_assert(insn_is_return(insn_form_of("x86_64"), jump, 5, 0x1000, 0x2000));
	ck_assert(!insn_is_return(insn_form_of("x86_64"), jump, 5, 0x1000, 0x2001));
	ck_assert(!insn_is_return(insn_form_of("x86_64"), jump, 5, 0x1000, 0));
	ck_assert(insn_is_return(insn_form_of("ppc64"), blr, 4, 0x1000, 0));
	ck_assert(insn_is_return(insn_form_of("aarch64"), arm, 4, 0x1000, 0));
	ck_assert(!insn_is_return(insn_form_of("riscv64"), arm, 4, 0x1000, 0));
}
END_TEST

START_TEST(update_instructions)
{
	static const struct {
		uint8_t code[6];
		gboolean is_update;
	} cases[] = {
		{{0x4c, 0x01, 0x8e}, TRUE},	   /* add %r9,0x90(%rsi) */
		{{0x4d, 0x29, 0x48, 0x20}, TRUE},  /* sub %r9,0x20(%r8) */
		{{0x83, 0x40, 0x10, 0x01}, TRUE},  /* addl $1,0x10(%rax) */
		{{0x83, 0x78, 0x10, 0x01}, FALSE}, /* cmpl $1,0x10(%rax) */
		{{0xff, 0x40, 0x10}, TRUE},	   /* incl 0x10(%rax) */
		{{0xff, 0x50, 0x10}, FALSE},	   /* call *0x10(%rax) */
		{{0x48, 0x01, 0xc8}, FALSE},	   /* add %rcx,%rax */
		{{0x48, 0x03, 0x08}, FALSE},	   /* add (%rax),%rcx */
		{{0xf0, 0x48, 0x01, 0x08}, FALSE}, /* lock add %rcx,(%rax) */
		{{0x48, 0x8b, 0x07}, FALSE},	   /* mov (%rdi),%rax */
		{{0x5b}, FALSE},		   /* pop %rbx */
		{{0x48}, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		ck_assert_msg(insn_is_update(insn_form_of("x86_64"), cases[i].code,
					     i == 11 ? 1 : 6) == cases[i].is_update,
			      "case %u", i);
	ck_assert(insn_is_update(insn_form_of("ppc64"), cases[0].code, 4));
}
END_TEST

/* ---- a fake of QEMU ---- */

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
static void *translate;

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
	ck_assert_int_eq(flags, 0);
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

struct fake_info {
	const char *target_name;
	int min, cur;
	bool system_emulation;
	int smp_vcpus, max_vcpus;
};

static int load(int api, const char *orders, int fd)
{
	g_autofree char *data = data_path(".."), *name = NULL, *path = in_scratch("orders");
	g_autofree char *words[2] = {g_strdup_printf("orders=%s", path),
				     g_strdup_printf("fd=%d", fd)};
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
	rc = install(1, &info, 2, words);
	g_free(g_steal_pointer(&words[0]));
	g_free(g_steal_pointer(&words[1]));
	return rc;
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

#define assert_hears(fd, prefix)                                                                          \
	do {                                                                                              \
		g_autofree char *heard = hear(fd);                                                        \
		ck_assert_msg(g_str_has_prefix(heard, prefix), "received '%s', not '%s'", heard, prefix); \
	} while (0)

/* "arm" is taken by a thread: the answer to the question after it says that it was. */
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
	/* nop; a one-byte return; a jump whose middle is watched */
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
	/* the rig ends: holds end */
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
		/* without the entry it is the third */
		insn[2].cb(1, insn[2].data);
		insn[2].read(1, 0, 0xffff, insn[2].read_data);
	}
	say(pair[0], "counts");
	assert_hears(pair[0], "totals 0 0 2 0 ");
	close(pair[0]);
}
END_TEST

START_TEST(bad_file)
{
	ck_assert_int_ne(load(1, "rig-director 1\nfly\n", -1), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plugin");
	TCase *holds = tcase_create("holds"), *files = tcase_create("files");

	tcase_add_test(holds, until_met);
	tcase_add_test(holds, expires);
	tcase_add_test(holds, released);
	tcase_add_test(holds, meeting);
	tcase_add_test(holds, after_another);
	tcase_add_test(holds, one_is_free);
	tcase_add_test(holds, neighbours);
	use_scratch(files);
	tcase_set_timeout(files, 30);
	tcase_add_test(files, good_orders);
	tcase_add_test(files, bad_orders);
	tcase_add_test(files, return_instructions);
	tcase_add_test(files, update_instructions);
	tcase_add_loop_test(files, shared_object, 0, G_N_ELEMENTS(apis));
	tcase_add_test(files, socket_is_full);
	tcase_add_test(files, second_update);
	tcase_add_test(files, bad_file);
	suite_add_tcase(suite, holds);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
