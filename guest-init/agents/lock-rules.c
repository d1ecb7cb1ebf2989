// SPDX-License-Identifier: GPL-2.0-only
/*
 * lock-rules: checks that callers of memory hotplug functions hold the lock that the function
 * requires. lockdep cannot check that, because the functions do not declare it. Kprobe events at
 * their entries read the locks' state; a violation is printed on the console as a report.
 *
 * The checks need no debug information:
 *
 * - device_hotplug_lock is a mutex, whose first word is the owner's task_struct with three flag
 *   bits. The owner's pid must be the caller's. The agent first finds the offset of pid in
 *   task_struct.
 * - mem_hotplug_lock is a percpu_rw_semaphore, whose second int is the number of present and
 *   pending writers (gp_count of struct rcu_sync). This number does not identify the writers, so a
 *   writer in another task hides that the caller does not hold the lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"
#include "guest-init/trace.h"

#define DEVICE "device_hotplug_lock"
#define MEMORY "mem_hotplug_lock"

/*
 * The rules of Documentation/core-api/memory-hotplug.rst. scenarios/zoo/lock-rules-*.patch checks
 * the same functions.
 */
static const struct rule {
	const char *name, *function, *lock;
} rules[] = {
	{"add-memory", "add_memory_resource", DEVICE},
	{"remove-memory", "try_remove_memory", DEVICE},
	/* only device_online() and device_offline() call these, and only for memory blocks */
	{"online-offline", "memory_subsys_online", DEVICE},
	{"online-offline", "memory_subsys_offline", DEVICE},
	{"pages", "online_pages", MEMORY},
	{"pages", "offline_pages", MEMORY},
};

static bool told[countof(rules)];

/* Violations that are not printed yet, because their stack traces follow in the trace pipe. */
#define PENDING_MAX 8
#define STACK_NS UINT64_C(1000000000)
static struct pending {
	const struct rule *rule;
	unsigned pid, cpu;
	char comm[16];
	uint64_t since_ns;
} pending[PENDING_MAX];

static int console = -1; /* /dev/kmsg */

/* ---- the offset of pid in task_struct ---- */

#define WINDOW 128 /* number of words that one event reads, as two lists of 64 */
#define WINDOWS 16 /* number of such events; together they read 8 KiB */

/* The register with a function's first argument: x86, ppc64, arm64, s390, riscv. */
static const char *const first_arg[] = {"%di", "%gpr3", "%x0", "%r2", "%a0"};

static int probe_window(unsigned n, char *name, size_t max)
{
	int err = -EINVAL;

	snprintf(name, max, "task%u", n);
	for (unsigned i = 0; err && i < countof(first_arg); i++) {
		unsigned at = n * WINDOW * 4;
		char args[128];

		snprintf(args, sizeof(args), "a=+%u(%s):x32[64] b=+%u(%s):x32[64]", at,
			 first_arg[i], at + WINDOW * 2, first_arg[i]);
		err = trace_probe(name, "wake_up_new_task", args);
	}
	return err ? err : trace_enable(name, true);
}

/*
 * Searches the words that event N has read for the offset of pid in task_struct. tgid follows pid,
 * and both have the value PID in a process that was just forked, so the offset is that of two
 * consecutive words with this value.
 */
static void search(const char *args, unsigned n, unsigned pid, unsigned *found, unsigned *ret)
{
	uint32_t words[WINDOW];

	if (trace_list(args, "a", words, 64) != 64 || trace_list(args, "b", words + 64, 64) != 64)
		return;
	for (unsigned i = 0; i + 1 < WINDOW; i++)
		if (words[i] == pid && words[i + 1] == pid) {
			*ret = (n * WINDOW + i) * 4;
			++*found;
		}
}

static int find_pid(unsigned *ret)
{
	unsigned found = 0, probes, n;
	char name[16], *line;
	pid_t child;
	int err = 0;

	for (probes = 0; !err && probes < WINDOWS; probes++)
		err = probe_window(probes, name, sizeof(name));
	child = err ? -1 : fork();
	if (!child)
		_exit(0);
	if (child > 0)
		waitpid(child, NULL, 0);
	while ((line = trace_next())) {
		struct trace_line event;

		trace_parse(line, &event);
		if (event.kind == TRACE_EVENT && event.pid == (unsigned)getpid() &&
		    sscanf(event.name, "task%u", &n) == 1)
			search(event.args, n, child, &found, ret);
	}
	/* remove the probes only now, because their removal empties the trace buffer */
	while (probes--) {
		snprintf(name, sizeof(name), "task%u", probes);
		trace_forget(name);
	}
	if (err)
		return err;
	return found == 1 ? 0 : -ENODATA;
}

/* ---- creating the kprobe events ---- */

static int probe_rule(const struct rule *rule, unsigned pid_at)
{
	char args[256];

	/*
	 * The owner's pid is at the sum of the owner word and the offset of pid. But the three
	 * lowest bits of the owner word are flags, so the sum can be up to 7 bytes too high.
	 * Therefore the probe reads 12 bytes, from 7 bytes below the sum on, and owns_device_lock()
	 * subtracts the flags.
	 */
	snprintf(args, sizeof(args),
		 "owner=@" DEVICE ":x64 pid=+%u(@" DEVICE "):x8[12] after=@" DEVICE ":x64 "
		 "writers=@" MEMORY "+4:s32 comm=$comm",
		 pid_at - 7);
	return trace_probe(rule->function, rule->function, args);
}

static int prepare_rules(struct run *run)
{
	unsigned pid_at = 0;
	int err = trace_open();

	if (err)
		return run_fail(run, -err, "cannot create an instance in " TRACEFS "/instances");
	err = find_pid(&pid_at);
	if (err)
		return run_fail(run, -err, "cannot find the pid in task_struct");
	for (unsigned i = 0; !err && i < countof(rules); i++) {
		err = probe_rule(&rules[i], pid_at);
		if (err)
			return run_fail(run, -err, "cannot create a probe at %s",
					rules[i].function);
	}
	err = trace_option("stacktrace", true);
	for (unsigned i = 0; !err && i < countof(rules); i++)
		err = trace_enable(rules[i].function, true);
	if (err)
		return run_fail(run, -err, "cannot enable the probes");
	/* otherwise the kernel drops lines of a report if there are many */
	file_write(AT_FDCWD, "/proc/sys/kernel/printk_devkmsg", "on");
	console = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	return console < 0 ? run_fail(run, errno, "cannot open /dev/kmsg") : 0;
}

static void cleanup_rules(struct run *run)
{
	(void)run;
	for (unsigned i = 0; i < countof(rules); i++)
		trace_forget(rules[i].function);
	trace_close();
}

/* ---- checking the rules when a kprobe is hit ---- */

static bool owns_device_lock(const struct trace_line *event)
{
	int64_t owner[2];
	uint32_t byte[12];

	if (!trace_number(event->args, "owner", &owner[0]) ||
	    !trace_number(event->args, "after", &owner[1]) ||
	    trace_list(event->args, "pid", byte, countof(byte)) != countof(byte))
		return true; /* do not report a violation for a damaged line */
	/*
	 * if there is no owner, or the owner changed between the two reads, the caller does not
	 * hold the lock
	 */
	if (!(owner[0] & ~7) || (owner[0] ^ owner[1]) & ~7)
		return false;
	/* the flags may have changed between the two reads of the owner word: try both values */
	for (unsigned i = 0; i < 2; i++) {
		unsigned at = 7 - (owner[i] & 7);

		if (event->pid ==
		    (byte[at] | byte[at + 1] << 8 | byte[at + 2] << 16 | byte[at + 3] << 24))
			return true;
	}
	return false;
}

static bool holds(const struct rule *rule, const struct trace_line *event)
{
	int64_t writers;

	if (!strcmp(rule->lock, DEVICE))
		return owns_device_lock(event);
	return !trace_number(event->args, "writers", &writers) || writers > 0;
}

/*
 * Prints a line to /dev/kmsg with one write(). dprintf() would call lseek() first, which /dev/kmsg
 * refuses.
 */
static void __attribute__((format(printf, 1, 2))) print(const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len > 0 &&
	    write(console, text, len < (int)sizeof(text) ? len : (int)sizeof(text) - 1) < 0)
		return; /* ignore this: the violation is also counted as ENOLCK */
}

static void print_head(struct pending *p)
{
	print("WARNING: lock rule %s: %s() without %s\n", p->rule->name, p->rule->function,
	      p->rule->lock);
	print("CPU: %u PID: %u Comm: %s\n", p->cpu, p->pid, p->comm);
	p->rule = NULL;
}

static void take_event(struct run *run, const struct trace_line *event)
{
	const struct rule *rule = rules;
	struct pending *p = pending;
	bool broken;

	while (rule < rules + countof(rules) && strcmp(rule->function, event->name))
		rule++;
	if (rule == rules + countof(rules))
		return;
	broken = !holds(rule, event);
	op_begin(run, OP_LOCK_RULE);
	op_end(run, OP_LOCK_RULE, broken ? -ENOLCK : 0);
	if (!broken || told[rule - rules])
		return;
	while (p < pending + PENDING_MAX && p->rule)
		p++;
	if (p == pending + PENDING_MAX)
		return; /* the table is full: ignore the violation, because it will occur again */
	told[rule - rules] = true;
	*p = (struct pending){rule, event->pid, event->cpu, "", now_ns()};
	trace_text(event->args, "comm", p->comm, sizeof(p->comm));
}

static void take_lines(struct run *run)
{
	static bool printing; /* the stack frames that follow are of a printed report */
	struct trace_line line;
	char *text;

	while ((text = trace_next())) {
		trace_parse(text, &line);
		if (line.kind == TRACE_FRAME) {
			if (printing)
				print(" %s\n", line.name);
			continue;
		}
		printing = false;
		if (line.kind == TRACE_EVENT)
			take_event(run, &line);
		if (line.kind == TRACE_LOST) {
			op_begin(run, OP_LOCK_RULE);
			op_end(run, OP_LOCK_RULE, -ENOBUFS);
		}
		for (struct pending *p = pending;
		     line.kind == TRACE_STACK && p < pending + PENDING_MAX; p++)
			if (p->rule && p->pid == line.pid) {
				print_head(p);
				print("Call Trace:\n");
				printing = true;
				break;
			}
	}
}

static void step_rules(struct run *run)
{
	take_lines(run);
	/* if a stack was lost, print the report without it */
	for (struct pending *p = pending; p < pending + PENDING_MAX; p++)
		if (p->rule && now_ns() - p->since_ns > STACK_NS)
			print_head(p);
	run_wait_readable(run, trace_fd(), now_ns() + STACK_NS);
}

const struct agent agent_lock_rules = {
	.name = "lock-rules",
	.needs = TRACEFS "/kprobe_events",
	.prepare = prepare_rules,
	.step = step_rules,
	.cleanup = cleanup_rules,
};
