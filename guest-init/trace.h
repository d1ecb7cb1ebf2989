/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tracefs instance for one agent, and what its trace_pipe prints for kprobe events:
 *
 *	COMM-PID [CPU] TIME: NAME: (function+0x0/0x1) key=0x1 list={0x1,0x2} text="words"
 *	COMM-PID [CPU] TIME: <stack trace>
 *	 => function+0x1/0x2
 *
 * (kernel/trace/trace_output.c, trace_probe.c.)
 */
#ifndef GUEST_TRACE_H
#define GUEST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACEFS "/sys/kernel/tracing"

enum trace_kind {
	TRACE_OTHER, /* a line of no interest */
	TRACE_EVENT,
	TRACE_STACK, /* the frames of PID's last event follow */
	TRACE_FRAME,
	TRACE_LOST, /* the buffer was full */
};

/* Pointers into the line that was parsed. */
struct trace_line {
	enum trace_kind kind;
	unsigned pid, cpu;
	const char *name; /* TRACE_EVENT: which; TRACE_FRAME: the symbol */
	const char *args; /* TRACE_EVENT: the text after the name */
};

/* Splits LINE in place. */
void trace_parse(char *line, struct trace_line *ret);

/* "key=0x12" among ARGS, or "key=-1"; false if it is missing. */
bool trace_number(const char *args, const char *key, int64_t *ret);
/* "key={0x1,0x2}": the number of values, at most MAX. */
unsigned trace_list(const char *args, const char *key, uint32_t *ret, unsigned max);
/* key="words": without the quotes, cut to MAX - 1 bytes; "" if it is missing. */
void trace_text(const char *args, const char *key, char *ret, size_t max);

/* The functions below return 0 or -errno. */

/* Makes the instance (one per guest) and opens its pipe. */
int trace_open(void);
/* Removes the instance; remove the probes before, trace_forget(). */
void trace_close(void);
/* The pipe, for poll(). */
int trace_fd(void);

/* Defines the kprobe event "p:rig/NAME WHERE ARGS". */
int trace_probe(const char *name, const char *where, const char *args);
int trace_enable(const char *name, bool on);
int trace_option(const char *name, bool on);
void trace_forget(const char *name);

/* The next whole line, or NULL if there is none yet. Valid until the next call. */
char *trace_next(void);

#endif
