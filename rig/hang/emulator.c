// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recognises in backtraces that QEMU, and not the kernel, stopped a guest. Linux replaces an
 * instruction in three steps (arch/x86/kernel/alternative.c, text_poke_bp_batch()): an int3 as its
 * first byte, then the other bytes, then the first one. QEMU 7.2 with TCG reads the instruction
 * before it protects the page against writes (accel/tcg/translate-all.c), so meanwhile another vCPU
 * can translate the int3, and keep this translation. Later versions of QEMU lock the page before
 * they read it (tb_lock_page0()).
 *
 * That vCPU then executes an int3 that is not in memory, for ever: kprobe_int3_handler()
 * (arch/x86/kernel/kprobes/core.c) sees another byte there, and returns to the same address.
 * Backtraces print the bytes that are in memory (arch/x86/kernel/dumpstack.c, show_regs()):
 *
 *	NMI backtrace for cpu 1
 *	 asm_exc_int3+0x35/0x40			or "RIP: 0010:asm_exc_int3+0x0/0x40"
 *	RIP: 0010:f+0x0/0x8			f+0x1 until the handler has set it back
 *	Code: … 00 c3 <eb> 03 31 c0 …		the marked byte is at RIP
 *
 * One such backtrace proves nothing: the CPU may have executed an int3 that was in memory, and was
 * replaced before the bytes were printed. A second one at the same int3, later, proves the fault.
 */
#include <string.h>

#include "hang/internal.h"

#define CPUS_MAX 1024
#define CALLERS_MAX 4096
#define APART_S 1.0 /* minimum time in seconds between the two backtraces */
#define INT3 0xcc
#define ENTRY "asm_exc_int3"

/* The last time that a CPU executed an int3 which is not in the memory at this place. */
struct trap {
	/* the function, or "" if there was no such int3 */
	char symbol[sizeof(((struct frame *)NULL)->symbol)];
	guint64 low, high; /* the offset of the int3 in the function is between these two */
	double since; /* the time stamp of the first backtrace */
};

/* The backtrace that one printk caller prints (struct line). */
struct trace {
	int cpu;	    /* the CPU whose backtrace is being printed, or -1 if there is none */
	gboolean entered;   /* the last function is ENTRY */
	gboolean has_place; /* `place` is set from the last line with a function */
	struct frame place; /* where the int3 interrupted the kernel */
};

struct search {
	GHashTable *traces; /* caller -> struct trace */
	struct trap *traps; /* an element for each CPU */
	char *found;
};

static struct trace *trace_of(struct search *search, const char *caller)
{
	struct trace *trace = g_hash_table_lookup(search->traces, caller);

	if (!trace && g_hash_table_size(search->traces) < CALLERS_MAX) {
		trace = g_new0(struct trace, 1);
		trace->cpu = -1;
		g_hash_table_insert(search->traces, g_strdup(caller), trace);
	}
	return trace;
}

/*
 * Returns TRUE if TEXT is the first line of a backtrace of a CPU, or ends one: the next lines are
 * then of a task.
 */
static gboolean begin(struct trace *trace, const char *text)
{
	static const struct {
		const char *text;
		gboolean has_cpu;
	} heads[] = {
		{"NMI backtrace for cpu ", TRUE},
		{"CPU: ", TRUE},
		{"task:", FALSE},
		{"sysrq: ", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
		const char *number = text + strlen(heads[i].text);
		guint64 cpu = CPUS_MAX;

		if (!g_str_has_prefix(text, heads[i].text))
			continue;
		if (heads[i].has_cpu && g_ascii_isdigit(*number))
			cpu = g_ascii_strtoull(number, NULL, 10);
		trace->cpu = cpu < CPUS_MAX ? (int)cpu : -1;
		trace->entered = trace->has_place = FALSE;
		return TRUE;
	}
	return FALSE;
}

static gboolean is_entry(const struct frame *frame)
{
	return !strcmp(frame->name, ENTRY);
}

/* Reads a line with an instruction pointer, which can be of user space. */
static void read_pc(struct trace *trace, const char *text)
{
	struct frame frame;
	gboolean kernel = frame_parse_fault(text, &frame);

	trace->has_place = kernel && trace->entered && !is_entry(&frame);
	trace->entered = kernel && is_entry(&frame);
	if (trace->has_place)
		trace->place = frame;
}

/* Returns the value of the two hexadecimal digits at TEXT, or -1. */
static int byte_at(const char *text)
{
	int high = g_ascii_xdigit_value(text[0]);
	int low = high < 0 ? -1 : g_ascii_xdigit_value(text[1]);

	return low < 0 ? -1 : high << 4 | low;
}

/*
 * TEXT, "Code: … c3 <eb> 03 …", marks the byte at OFFSET of a function. Returns TRUE if neither
 * this byte nor the one before is an int3. Either of them can be the one that was executed. The
 * byte before the function is not part of it, and may be an int3 (CONFIG_SLS).
 */
static gboolean lacks_int3(const char *text, guint64 offset)
{
	const char *mark = strchr(text, '<'); /* the mark of the byte; "Code: " contains no '<' */
	int at = mark ? byte_at(mark + 1) : -1, before = mark ? byte_at(mark - 3) : -1;

	return at >= 0 && at != INT3 && (!offset || (before >= 0 && before != INT3));
}

/* Adds a backtrace with the time stamp STAMP in which the int3 was not in memory. */
static void add_trap(struct search *search, const struct trace *trace, double stamp)
{
	struct trap *trap = &search->traps[trace->cpu];
	guint64 high = trace->place.offset, low = high ? high - 1 : 0;

	if (stamp < 0)
		return;
	if (strcmp(trap->symbol, trace->place.symbol) != 0 || low > trap->high ||
	    high < trap->low) {
		g_strlcpy(trap->symbol, trace->place.symbol, sizeof(trap->symbol));
		trap->low = low;
		trap->high = high;
		trap->since = stamp;
		return;
	}
	trap->low = MAX(low, trap->low);
	trap->high = MIN(high, trap->high);
	if (stamp - trap->since >= APART_S)
		search->found =
			g_strdup_printf("an int3 in %s() on CPU %d", trace->place.name, trace->cpu);
}

static void read_line(const struct line *line, void *data)
{
	struct search *search = data;
	struct trace *trace = trace_of(search, line->caller);
	struct frame frame;

	if (!trace || search->found || begin(trace, line->text) || trace->cpu < 0)
		return;
	if (g_str_has_prefix(line->text, "RIP: ")) {
		read_pc(trace, line->text);
	} else if (g_str_has_prefix(line->text, "Code: ")) {
		if (trace->has_place && lacks_int3(line->text, trace->place.offset))
			add_trap(search, trace, line->stamp);
		trace->has_place = FALSE;
	} else if (frame_parse(line->text, &frame) && !frame.guess) {
		trace->entered = is_entry(&frame);
		trace->has_place = FALSE;
	}
}

char *hang_emulator_fault(const char *console, gsize len)
{
	struct search search = {
		.traces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.traps = g_new0(struct trap, CPUS_MAX),
	};

	console_lines(console, len, read_line, &search);
	g_hash_table_unref(search.traces);
	g_free(search.traps);
	return search.found;
}
