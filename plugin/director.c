// SPDX-License-Identifier: GPL-2.0-only
/*
 * The director: a QEMU plugin that makes a vCPU wait at places that the rig selects (a *hold*;
 * hold.h also defines arm and sweep). A *watch* (orders.h) is an instruction or a range of
 * instructions at which the plugin acts; an *update* is an instruction that reads, changes and
 * writes memory, but not atomically. Only watched instructions are instrumented, when QEMU
 * translates them, so the plugin does not change the rest of the guest's code.
 *
 * 	-plugin director-N.so,orders=FILE[,fd=N][,locks=N][,cover=N]
 * 			orders: the instruction file; fd: the socket to the rig; locks: a file for
 * 			recorded locks; cover: a file for recorded code
 * 	-plugin director-N.so,probe=on
 * 			prints QEMU's plugin versions, and then refuses to load
 *
 * Without a socket the holds are armed at once, so that the script qemu-cmd of a run folder can
 * repeat a run without the rig.
 */
#include "plugin/api.h"
#include "plugin/condition.h"
#include "plugin/cover.h"
#include "plugin/failer.h"
#include "plugin/link.h"
#include "plugin/orders.h"
#include "plugin/insn.h"
#include "plugin/recorder.h"
#include "plugin/update.h"
#include "plugin/visits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int qemu_plugin_version = RIG_API;

static struct {
	struct orders orders;
	struct holds holds;
	struct visits visits;
	struct link link;
	struct cover cover;
	uint64_t id; /* QEMU's ID of the plugin */
	enum insn_form form;
	_Atomic unsigned logged[DIRECTOR_ALL_MAX];
	_Atomic uint64_t unlogged[DIRECTOR_ALL_MAX];
} director = {.link.fd = -1};

static const char *const outcomes[] = HOLD_OUTCOMES;

static void on_ended(const struct hold_wait *wait, void *data)
{
	(void)data;
	if (atomic_fetch_add(&director.logged[wait->id], 1) >= DIRECTOR_LOG_MAX) {
		atomic_fetch_add(&director.unlogged[wait->id], 1);
		return;
	}
	link_say(&director.link, "held %u %c %u %" PRId64 " %" PRId64 " %s %" PRIu64, wait->id,
		 wait->side == SIDE_A ? 'a' : 'b', wait->cpu, wait->start_ns, wait->length_ns,
		 outcomes[wait->outcome], wait->visits);
}

static void on_turned(unsigned first, void *data)
{
	(void)data;
	link_say(&director.link, "turn %u", first);
}

static void say_totals(void)
{
	for (unsigned i = 0; i < director.orders.n_holds; i++) {
		struct hold_totals t;

		holds_totals(&director.holds, i, &t);
		/*
		 * there may be a thousand arms (holds of a sweep), so leave out those that were not
		 * reached
		 */
		if (director.holds.sweep.slots && i >= director.holds.sweep.arms &&
		    !t.reached[SIDE_A])
			continue;
		link_answer(&director.link,
			    "totals %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			    " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			    " %" PRIu64,
			    i, t.reached[SIDE_A], t.reached[SIDE_B], t.held, t.outcome[HOLD_MET],
			    t.outcome[HOLD_EXPIRED], t.outcome[HOLD_RELEASED], t.crowded, t.early,
			    t.unfit, t.held_ns,
			    atomic_load(&director.unlogged[i]) +
				    atomic_load(&director.link.dropped));
	}
	for (unsigned i = 0; i < director.visits.n; i++) {
		char text[DIRECTOR_LINE_MAX - sizeof("visited 9999 ")];

		if (!atomic_load(&director.visits.count[i]))
			continue;
		visits_text(&director.visits, i, text, sizeof(text));
		link_answer(&director.link, "visited %u %s", i, text);
	}
	for (unsigned i = 0; i < director.orders.fails.n; i++)
		link_answer(&director.link, "calls %u %" PRIu64 " %" PRIu64, i,
			    atomic_load(&director.orders.fails.fail[i].calls),
			    atomic_load(&director.orders.fails.fail[i].failed));
	link_answer(&director.link, "counted");
}

static void on_trapped(unsigned cpu, int64_t start_ns, int64_t length_ns, bool met, void *data)
{
	(void)data;
	link_say(&director.link, "trapped %u %" PRId64 " %" PRId64 " %s", cpu, start_ns, length_ns,
		 met ? "met" : "expired");
}

static void arm(bool armed)
{
	holds_arm(&director.holds, armed);
	atomic_store(&director.orders.fails.armed, armed);
	recorder_arm(armed);
}

static void begin_fail(const char *number)
{
	unsigned id = strtoul(number, NULL, 10);

	if (id < director.orders.fails.n)
		atomic_store(&director.orders.fails.fail[id].begun, true);
}

/*
 * Handles a line from the rig, in the thread of the link. Unknown lines are ignored, because a
 * newer rig may send them.
 */
static void on_line(const char *line, void *data)
{
	(void)data;
	if (!line || !strcmp(line, "disarm"))
		arm(false);
	else if (!strcmp(line, "arm"))
		arm(true);
	else if (!strcmp(line, "counts"))
		say_totals();
	else if (!strncmp(line, "begin ", 6))
		begin_fail(line + 6);
	else if (!strncmp(line, "phase ", 6))
		cover_want(&director.cover, strtoul(line + 6, NULL, 10));
	else if (!strcmp(line, "locks"))
		link_answer(&director.link, "locks %ld", recorder_write());
}

static void on_reached(unsigned int cpu, void *data)
{
	const struct watch *watch = data;

	uint64_t key = 0;

	if (condition_flags(&director.orders, watch->hold) &&
	    !condition_holds(&director.orders, watch->hold, watch->side, &key))
		holds_unfit(&director.holds, watch->hold, watch->side);
	else
		holds_reach(&director.holds, watch->hold, watch->side, cpu, key);
}

static void on_visited(unsigned int cpu, void *data)
{
	const struct watch *watch = data;

	if (atomic_load(&director.holds.armed))
		visits_pass(&director.visits, watch->hold, cpu, holds_now_ns());
}

/* Copies the bytes of INSN. Returns their number, or 0 if there are none or too many. */
static size_t copy_code(const struct qemu_plugin_insn *insn, uint8_t code[16])
{
	size_t len = qemu_plugin_insn_size(insn);

	if (!len || len > 16)
		return 0;
#if RIG_API >= 3
	if (qemu_plugin_insn_data(insn, code, len) != len)
		return 0;
#else
	memcpy(code, qemu_plugin_insn_data(insn), len);
#endif
	return len;
}

/* Returns the flags that the callback of WATCH, which is for a hold, needs. */
static int flags_of(const struct watch *watch)
{
	return condition_flags(&director.orders, watch->hold);
}

/*
 * ADDRESS, of INSN, is in the range of WATCH. Instruments INSN if WATCH is for returns or updates
 * of memory, and INSN is one.
 */
static void look_in_range(struct qemu_plugin_insn *insn, uint64_t address, struct watch *watch)
{
	uint8_t code[16] = {0};
	size_t len = copy_code(insn, code);

	if (!len)
		return;
	if ((watch->kind == WATCH_RETURN || watch->kind == WATCH_RESULT) &&
	    insn_is_return(director.form, code, len, address, director.orders.thunk)) {
		if (watch->kind == WATCH_RESULT)
			recorder_watch(insn, watch);
		else
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_reached, flags_of(watch),
							       watch);
	}
	if (watch->kind == WATCH_UPDATE)
		updates_watch(insn, watch, address == watch->from,
			      insn_is_update(director.form, code, len), flags_of(watch));
}

/*
 * Instruments INSN at ADDRESS if it is the watched instruction. If the watched address is inside
 * INSN, reports that the address is never executed.
 */
static void look_for(struct qemu_plugin_insn *insn, uint64_t address, struct watch *watch)
{
	if (watch->kind == WATCH_LOCK && watch->from == address)
		recorder_watch(insn, watch);
	else if (watch->kind == WATCH_FAIL && watch->from == address)
		failer_watch(insn, watch);
	else if (watch->from == address)
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, watch->kind == WATCH_VISIT ? on_visited : on_reached,
			watch->kind == WATCH_VISIT ? PLUGIN_NO_REGS : flags_of(watch), watch);
	else if (watch->kind == WATCH_AT && watch->from > address &&
		 !atomic_exchange(&watch->told_skewed, true))
		link_say(&director.link, "skewed %u %" PRIx64, watch->hold, watch->from);
}

static void look_at(struct qemu_plugin_insn *insn, unsigned first)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn),
		 end = address + qemu_plugin_insn_size(insn);

	for (unsigned i = first; i < director.orders.n_watches; i++) {
		struct watch *watch = &director.orders.watch[i];

		if (watch->from >= end)
			break;
		if (watch->kind == WATCH_AT || watch->kind == WATCH_VISIT ||
		    watch->kind == WATCH_LOCK || watch->kind == WATCH_FAIL)
			look_for(insn, address, watch);
		else if (watch->from <= address && address < watch->to)
			look_in_range(insn, address, watch);
	}
}

static void flush(void);

/*
 * Called when QEMU translates a block, which is frequent. Few blocks have watched instructions, so
 * this function first checks by a binary search whether the block may have any.
 */
static void translate(struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	uint64_t start = qemu_plugin_tb_vaddr(tb), end;
	struct qemu_plugin_insn *last;
	unsigned first;

	if (!n)
		return;
	first = orders_first(&director.orders, start);
	last = qemu_plugin_tb_get_insn(tb, n - 1);
	end = qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last);
	cover_add(&director.cover, start, end);
	if (cover_must_flush(&director.cover))
		flush();
	if (first == director.orders.n_watches || director.orders.watch[first].from >= end)
		return;
	for (size_t i = 0; i < n; i++)
		look_at(qemu_plugin_tb_get_insn(tb, i), first);
}

#if RIG_API >= 7
static void on_translate(struct qemu_plugin_tb *tb, void *data)
{
	(void)data;
	translate(tb);
}
#else
static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	translate(tb);
}
#endif

static void watch_translations(uint64_t id)
{
#if RIG_API >= 7
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
#else
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
#endif
}

static void on_flushed(uint64_t unused)
{
	(void)unused;
	link_say(&director.link, "phase %u", cover_flushed(&director.cover));
	watch_translations(director.id);
}

/* Makes QEMU translate all code again, because a new phase of the coverage begins. */
static void flush(void)
{
	qemu_plugin_reset(director.id, on_flushed, NULL);
}

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "rig-director: %s%s%s\n", what, *why ? ": " : "", why);
	return -1;
}

static void say_hello(const struct qemu_info *info)
{
	link_say(&director.link, "hello %d %d %d %d %s", RIG_API, info->version.min,
		 info->version.cur, info->system.smp_vcpus, info->target_name);
}

/* Descriptors of the files that the rig has passed, or -1. */
struct files {
	int locks, cover;
};

static int start_cover(int fd)
{
	const char *wrong;

	director.cover.from = director.orders.cover_from;
	director.cover.to = director.orders.cover_to;
	/* without a file (QEMU was started by the script qemu-cmd), no code is recorded */
	if (!director.cover.to || fd < 0)
		return 0;
	wrong = cover_open(&director.cover, fd);
	return wrong ? complain("cannot record the coverage", wrong) : 0;
}

static int start(uint64_t id, const struct qemu_info *info, const char *path, struct files files)
{
	const char *wrong = orders_read(&director.orders, path);

	if (wrong)
		return complain(path, wrong);
	if (!updates_start(&director.orders, on_reached))
		return complain("out of memory", "");
	director.form = insn_form_of(info->target_name);
	director.holds = (struct holds){
		.hold = director.orders.hold, .n = director.orders.n_holds,
		.vcpus = info->system.smp_vcpus, .sweep = director.orders.sweep,
		.ended = on_ended, .turned = on_turned,
	};
	holds_init(&director.holds);
	/* without a file (QEMU was started by the script qemu-cmd), no locks are recorded */
	if (director.orders.records && files.locks >= 0)
		wrong = recorder_start(id, info, &director.orders, files.locks);
	recorder_trap(info, on_trapped);
	if (wrong)
		return complain("cannot record locks", wrong);
	if (director.orders.fails.n &&
	    (wrong = failer_start(id, info, &director.orders, &director.link)))
		return complain("cannot make calls fail", wrong);
	if ((wrong = conditions_start(id, info, &director.orders)))
		return complain("cannot check the conditions of holds", wrong);
	if (start_cover(files.cover))
		return -1;
	director.id = id;
	director.visits.n = director.orders.n_visits;
	director.link.line = on_line;
	if (link_start(&director.link))
		return complain("cannot start a thread for the socket", "");
	say_hello(info);
	arm(director.link.fd < 0);
	watch_translations(id);
	return 0;
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	struct files files = {-1, -1};
	const char *path = NULL;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "probe=on")) {
			fprintf(stderr, "rig-director: api %d %d %d %s\n", RIG_API,
				info->version.min, info->version.cur, info->target_name);
			return -1;
		}
		if (!strncmp(argv[i], "orders=", 7))
			path = argv[i] + 7;
		else if (!strncmp(argv[i], "fd=", 3))
			director.link.fd = strtol(argv[i] + 3, NULL, 10);
		else if (!strncmp(argv[i], "locks=", 6))
			files.locks = strtol(argv[i] + 6, NULL, 10);
		else if (!strncmp(argv[i], "cover=", 6))
			files.cover = strtol(argv[i] + 6, NULL, 10);
		else
			return complain("unknown argument", argv[i]);
	}
	if (!info->system_emulation)
		return complain("this plugin is for qemu-system, not for qemu-user", "");
	return path ? start(id, info, path, files) : complain("orders=FILE is missing", "");
}
