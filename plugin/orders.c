// SPDX-License-Identifier: GPL-2.0-only
/* Reads the instruction file. */
#include "plugin/orders.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns true if sscanf() has read all WANT fields (it read GOT), and the whole LINE (USED). */
static bool scanned(int got, int want, const char *line, int used)
{
	return got == want && used > 0 && (size_t)used == strlen(line);
}

static const char *read_hold(struct orders *orders, const char *line)
{
	static const char *const kinds[N_KINDS] = {"until", "meet", "delay"};
	struct hold *hold = &orders->hold[orders->n_holds];
	unsigned id, max_ms, times, visits, after;
	char kind[8];
	int used = 0, got;

	got = sscanf(line, "hold %u %7s %u %u %u %u%n", &id, kind, &max_ms, &times, &visits, &after,
		     &used);
	if (!scanned(got, 6, line, used))
		return "a 'hold' line needs ID, until, meet or delay, MAX_MS, TIMES, VISITS and "
		       "AFTER";
	if (orders->n_holds == DIRECTOR_ALL_MAX || id != orders->n_holds)
		return "holds must be numbered from 0, and be at most 16, with 1024 arms";
	for (hold->kind = 0; hold->kind < N_KINDS && strcmp(kind, kinds[hold->kind]);)
		hold->kind++;
	if (hold->kind == N_KINDS)
		return "the kind of a hold must be until, meet or delay";
	if (!max_ms || max_ms > HOLD_MS_MAX || !times || times > HOLD_TIMES_MAX || !visits ||
	    visits > HOLD_VISITS_MAX || after > id)
		return "MAX_MS is 1 to 500, TIMES 1 to 10000, VISITS 1 to 1000, AFTER at most ID";
	hold->max_ns = max_ms * (int64_t)1000000;
	hold->times = times;
	hold->visits = visits;
	hold->after = after;
	orders->n_holds++;
	return NULL;
}

static const char *read_watch(struct orders *orders, const char *line, enum watch_kind kind)
{
	static const int fields[] = {[WATCH_AT] = 3, [WATCH_RETURN] = 4, [WATCH_UPDATE] = 5};
	struct watch *watch = &orders->watch[orders->n_watches];
	unsigned id;
	char side;
	int used = 0, got;

	if (orders->n_watches == DIRECTOR_WATCHES_MAX)
		return "there can be at most 8192 watched addresses";
	if (kind == WATCH_AT)
		got = sscanf(line, "at %u %c %" SCNx64 "%n", &id, &side, &watch->from, &used);
	else if (kind == WATCH_RETURN)
		got = sscanf(line, "return %u %c %" SCNx64 " %" SCNx64 "%n", &id, &side,
			     &watch->from, &watch->to, &used);
	else
		got = sscanf(line, "update %u %c %" SCNx64 " %" SCNx64 " %u%n", &id, &side,
			     &watch->from, &watch->to, &watch->nth, &used);
	if (!scanned(got, fields[kind], line, used))
		return "an 'at', 'return' or 'update' line needs ID, side and addresses, "
		       "'update' a number, too";
	if (id >= orders->n_holds || (side != 'a' && side != 'b') || !watch->from ||
	    (kind != WATCH_AT && watch->to <= watch->from))
		return "an 'at', 'return' or 'update' line has an unknown hold, a side other than "
		       "a and b, or an empty range";
	watch->kind = kind;
	watch->hold = id;
	watch->side = side == 'a' ? SIDE_A : SIDE_B;
	if (kind != WATCH_AT && watch->to - watch->from > orders->longest)
		orders->longest = watch->to - watch->from;
	orders->n_watches++;
	return NULL;
}

static const char *read_visit(struct orders *orders, const char *line)
{
	struct watch *watch = &orders->watch[orders->n_watches];
	int used = 0, got;

	if (orders->n_watches == DIRECTOR_WATCHES_MAX)
		return "there can be at most 8192 watched addresses";
	got = sscanf(line, "visit %u %" SCNx64 "%n", &watch->hold, &watch->from, &used);
	if (!scanned(got, 2, line, used) || !watch->from || watch->hold > orders->n_visits ||
	    watch->hold >= DIRECTOR_VISITS_MAX)
		return "a 'visit' line needs ID, counted from 0, and an address";
	watch->kind = WATCH_VISIT;
	if (watch->hold == orders->n_visits)
		orders->n_visits++;
	orders->n_watches++;
	return NULL;
}

static const char *read_thunk(struct orders *orders, const char *line)
{
	int used = 0, got = sscanf(line, "thunk %" SCNx64 "%n", &orders->thunk, &used);

	if (!scanned(got, 1, line, used))
		return "a 'thunk' line needs an address";
	return NULL;
}

static const char *read_record(struct orders *orders, const char *line)
{
	int used = 0,
	    got = sscanf(line,
			 "record %" SCNu64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 "%n",
			 &orders->stack_size, &orders->image_from, &orders->image_to,
			 &orders->text_from, &orders->text_to, &used);

	if (!scanned(got, 5, line, used) || orders->stack_size < 4096 ||
	    orders->stack_size & (orders->stack_size - 1))
		return "a 'record' line needs a power of two and four addresses";
	orders->records = true;
	return NULL;
}

static const char *read_lock(struct orders *orders, const char *line)
{
	static const char *const ops[N_LOCKS_OPS] = LOCKS_OPS;
	struct watch *watch = &orders->watch[orders->n_watches];
	struct locks_hook *hook = &orders->lock[orders->n_locks];
	char op[8], mode, flags[4];
	int used = 0, got;

	if (orders->n_watches == DIRECTOR_WATCHES_MAX || orders->n_locks == DIRECTOR_LOCKS_MAX)
		return "there can be at most 8192 watched addresses";
	got = sscanf(line, "lock %7s %c %3s %" SCNx64 " %" SCNx64 "%n", op, &mode, flags,
		     &watch->from, &hook->constant, &used);
	if (!scanned(got, 5, line, used) || !watch->from)
		return "a 'lock' line needs an operation, r or w, flags and two addresses";
	for (hook->op = 0; hook->op < N_LOCKS_OPS && strcmp(op, ops[hook->op]); hook->op++)
		;
	if (hook->op == N_LOCKS_OPS)
		return "the operation of a 'lock' line must be one of LOCKS_OPS (protocol.h)";
	hook->write = mode == 'w';
	hook->nested = strchr(flags, 'n');
	hook->kernfs = strchr(flags, 'k');
	hook->work = strchr(flags, 'o');
	hook->completion = strchr(flags, 'c');
	hook->spin = strchr(flags, 's');
	hook->outer = strchr(flags, 'q');
	watch->kind = WATCH_LOCK;
	watch->hold = orders->n_locks++;
	orders->n_watches++;
	return NULL;
}

static const char *read_trap(struct orders *orders, const char *line)
{
	int used = 0, got = sscanf(line, "trap %u%n", &orders->trap_ms, &used);

	if (!scanned(got, 1, line, used) || !orders->trap_ms || orders->trap_ms > HOLD_MS_MAX)
		return "a 'trap' line needs milliseconds";
	return NULL;
}

static const char *read_member(struct orders *orders, const char *line)
{
	static const char *const kinds[N_LOCKS_KINDS] = LOCKS_KINDS;
	struct trap_member *member = &orders->member[orders->n_members];
	char kind[8];
	int used = 0, got;

	if (orders->n_members == TRAP_MEMBERS)
		return "a cycle can have at most 8 classes";
	got = sscanf(line, "member %7s %" SCNx64 " %" SCNx64 " %55s%n", kind, &member->from,
		     &member->to, member->name, &used);
	if (!scanned(got, 4, line, used))
		return "a 'member' line needs a kind, two addresses and a name";
	while (member->kind < N_LOCKS_KINDS && strcmp(kind, kinds[member->kind]))
		member->kind++;
	if (member->kind == N_LOCKS_KINDS)
		return "the kind of a 'member' line must be one of LOCKS_KINDS (protocol.h)";
	orders->n_members++;
	return NULL;
}

static const char *read_result(struct orders *orders, const char *line)
{
	struct watch *watch = &orders->watch[orders->n_watches];
	int used = 0, got;

	if (orders->n_watches == DIRECTOR_WATCHES_MAX)
		return "there can be at most 8192 watched addresses";
	got = sscanf(line, "lockret %" SCNx64 " %" SCNx64 "%n", &watch->from, &watch->to, &used);
	if (!scanned(got, 2, line, used) || watch->to <= watch->from)
		return "a 'lockret' line needs a range of addresses";
	watch->kind = WATCH_RESULT;
	if (watch->to - watch->from > orders->longest)
		orders->longest = watch->to - watch->from;
	orders->n_watches++;
	return NULL;
}

static const char *read_fail(struct orders *orders, const char *line)
{
	struct fail *fail = &orders->fails.fail[orders->fails.n];
	unsigned id;
	char begin[8], comm[FAIL_COMM];
	int used = 0, got;

	if (orders->fails.n == DIRECTOR_FAILS_MAX)
		return "there can be at most 128 'fail' lines";
	got = sscanf(line, "fail %u %" SCNu64 " %" SCNu64 " %" SCNx64 " %7s %15s%n", &id,
		     &fail->call, &fail->times, &fail->value, begin, comm, &used);
	if (!scanned(got, 6, line, used) || id != orders->fails.n)
		return "a 'fail' line needs ID, counted from 0, CALL, TIMES, VALUE, now or later, "
		       "and COMM";
	if (!fail->call || fail->call > FAIL_CALL_MAX || fail->times > FAIL_TIMES_MAX)
		return "a 'fail' line needs CALL from 1 and TIMES from 0, each up to 1000000";
	fail->begun = !strcmp(begin, "now");
	if (strcmp(comm, "-"))
		memcpy(fail->comm, comm, sizeof(comm));
	orders->fails.n++;
	return NULL;
}

static const char *read_fail_at(struct orders *orders, const char *line)
{
	struct watch *watch = &orders->watch[orders->n_watches];
	int used = 0, got;

	if (orders->n_watches == DIRECTOR_WATCHES_MAX)
		return "there can be at most 8192 watched addresses";
	got = sscanf(line, "failat %u %" SCNx64 "%n", &watch->hold, &watch->from, &used);
	if (!scanned(got, 2, line, used) || watch->hold >= orders->fails.n || !watch->from)
		return "a 'failat' line needs the ID of a 'fail' line and an address";
	watch->kind = WATCH_FAIL;
	orders->n_watches++;
	return NULL;
}

static const char *read_fail_in(struct orders *orders, const char *line)
{
	uint64_t from, to;
	unsigned id;
	struct fail *fail;
	int used = 0, got = sscanf(line, "failin %u %" SCNx64 " %" SCNx64 "%n", &id, &from, &to,
				   &used);

	if (!scanned(got, 3, line, used) || id >= orders->fails.n || to <= from)
		return "a 'failin' line needs the ID of a 'fail' line and a range";
	fail = &orders->fails.fail[id];
	if (fail->n_callers == FAIL_CALLERS)
		return "a 'fail' line can have at most 8 'failin' lines";
	fail->caller[fail->n_callers].from = from;
	fail->caller[fail->n_callers++].to = to;
	return NULL;
}

static const char *read_task(struct orders *orders, const char *line)
{
	int used = 0, got = sscanf(line, "task - %" SCNx64 "%n", &orders->init_task, &used);

	orders->task_is_register = scanned(got, 1, line, used);
	if (orders->task_is_register)
		return NULL;
	got = sscanf(line, "task %" SCNx64 " %" SCNx64 "%n", &orders->current, &orders->init_task,
		     &used);
	return scanned(got, 2, line, used) ? NULL : "a 'task' line needs two addresses";
}

static const char *read_comm(struct orders *orders, const char *line)
{
	char comm[FAIL_COMM];
	unsigned id;
	int used = 0, got = sscanf(line, "comm %u %15s%n", &id, comm, &used);

	if (!scanned(got, 2, line, used) || id >= orders->n_holds)
		return "a 'comm' line needs the ID of a hold and a name";
	memcpy(orders->condition[id].comm, comm, sizeof(comm));
	return NULL;
}

static const char *read_same(struct orders *orders, const char *line)
{
	static const char *const kinds[N_KEYS] = {"", "arg", "block", "device"};
	struct condition_key *key;
	char side, kind[8];
	unsigned id, arg, k = KEY_ARG;
	int used = 0, got = sscanf(line, "same %u %c %7s %u%n", &id, &side, kind, &arg, &used);

	if (!scanned(got, 4, line, used) || id >= orders->n_holds || (side != 'a' && side != 'b') ||
	    !arg || arg > HOLD_ARGS)
		return "a 'same' line needs the ID of a hold, a side, a kind and an argument";
	while (k < N_KEYS && strcmp(kind, kinds[k]))
		k++;
	if (k == N_KEYS)
		return "the kind of a 'same' line must be arg, block or device";
	key = &orders->condition[id].key[side == 'a' ? SIDE_A : SIDE_B];
	key->kind = k;
	key->arg = arg - 1;
	orders->hold[id].same = true;
	return NULL;
}

static const char *read_sections(struct orders *orders, const char *line)
{
	int used = 0,
	    got = sscanf(line, "sections %" SCNx64 "%n", &orders->sections_per_block, &used);

	return scanned(got, 1, line, used) ? NULL : "a 'sections' line needs an address";
}

static const char *read_cover(struct orders *orders, const char *line)
{
	int used = 0, got = sscanf(line, "cover %" SCNx64 " %" SCNx64 "%n", &orders->cover_from,
				   &orders->cover_to, &used);

	if (!scanned(got, 2, line, used) || orders->cover_to <= orders->cover_from ||
	    orders->cover_to - orders->cover_from > COVER_CODE_MAX)
		return "a 'cover' line needs a range of addresses, of at most 128 MiB";
	return NULL;
}

static const char *read_sweep(struct orders *orders, const char *line)
{
	struct sweep *sweep = &orders->sweep;
	unsigned window_ms;
	int used = 0, got = sscanf(line, "sweep %u %u %u %u%n", &sweep->arms, &sweep->turns,
				   &sweep->slots, &window_ms, &used);

	if (!scanned(got, 4, line, used))
		return "a 'sweep' line needs ARMS, TURNS, SLOTS and WINDOW_MS";
	if (sweep->arms > sweep->turns || sweep->turns > orders->n_holds || !sweep->slots ||
	    sweep->slots > DIRECTOR_SLOTS_MAX || !window_ms || window_ms > DIRECTOR_WINDOW_MS_MAX)
		return "in 'sweep', ARMS <= TURNS <= holds, SLOTS is 1 to 64, WINDOW_MS 1 to 60000";
	sweep->window_ns = window_ms * (int64_t)1000000;
	sweep->pct.round_ns = sweep->window_ns;
	return NULL;
}

static const char *read_pct(struct orders *orders, const char *line)
{
	struct pct *pct = &orders->sweep.pct;
	int used = 0, got = sscanf(line, "pct %" SCNu64 " %u%n", &pct->random, &pct->points, &used);

	if (!scanned(got, 2, line, used) || !orders->sweep.slots || !pct->random || !pct->points ||
	    pct->points > PCT_POINTS_MAX)
		return "a 'pct' line needs a sweep, a SEED from 1 and POINTS from 1 to 16";
	return NULL;
}

static const char *read_at(struct orders *orders, const char *line)
{
	return read_watch(orders, line, WATCH_AT);
}

static const char *read_return(struct orders *orders, const char *line)
{
	return read_watch(orders, line, WATCH_RETURN);
}

static const char *read_update(struct orders *orders, const char *line)
{
	return read_watch(orders, line, WATCH_UPDATE);
}

static const char *read_line(struct orders *orders, const char *line)
{
	static const struct {
		const char *word;
		const char *(*read)(struct orders *orders, const char *line);
	} kinds[] = {
		{"hold ", read_hold},	   {"at ", read_at},	     {"return ", read_return},
		{"update ", read_update},  {"visit ", read_visit},   {"thunk ", read_thunk},
		{"record ", read_record},  {"lock ", read_lock},     {"lockret ", read_result},
		{"trap ", read_trap},	   {"member ", read_member}, {"sweep ", read_sweep},
		{"pct ", read_pct},	   {"fail ", read_fail},     {"failat ", read_fail_at},
		{"failin ", read_fail_in}, {"task ", read_task},
		{"comm ", read_comm},	   {"same ", read_same},     {"sections ", read_sections},
		{"cover ", read_cover},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(line, kinds[i].word, strlen(kinds[i].word)))
			return kinds[i].read(orders, line);
	return "a line does not begin with an instruction of protocol.h";
}

static int by_from(const void *a, const void *b)
{
	const struct watch *one = a, *two = b;

	return one->from < two->from ? -1 : one->from > two->from;
}

/* Reads a file of at most MAX bytes. Returns -1 if it cannot be read, or has more bytes. */
static ssize_t read_all(const char *path, char *buf, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf + len, max + 1 - len)) > 0)
		len += n;
	close(fd);
	return n < 0 || len > max ? -1 : (ssize_t)len;
}

const char *orders_read(struct orders *orders, const char *path)
{
	char *text = malloc(DIRECTOR_FILE_MAX + 2), *rest = text, *line;
	const char *wrong = NULL;
	ssize_t len;

	if (!text)
		return "no memory to read the instruction file";
	len = read_all(path, text, DIRECTOR_FILE_MAX);
	if (len < 0) {
		free(text);
		return "the instruction file cannot be read, or is larger than 512 KiB";
	}
	text[len] = '\0';
	line = strsep(&rest, "\n");
	if (strcmp(line, DIRECTOR_MAGIC))
		wrong = "the first line of the instruction file is not '" DIRECTOR_MAGIC "'";
	while (!wrong && (line = strsep(&rest, "\n")))
		if (*line)
			wrong = read_line(orders, line);
	free(text);
	qsort(orders->watch, orders->n_watches, sizeof(orders->watch[0]), by_from);
	return wrong;
}

unsigned orders_first(const struct orders *orders, uint64_t address)
{
	uint64_t from = address > orders->longest ? address - orders->longest : 0;
	unsigned low = 0, high = orders->n_watches;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (orders->watch[middle].from < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
