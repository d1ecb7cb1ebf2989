/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tracefs instance for one agent, and the lines that its trace_pipe prints for kprobe events:
 *
 *	COMM-PID [CPU] TIME: NAME: (function+0x0/0x1) key=0x1 list={0x1,0x2} text="words"
 *	COMM-PID [CPU] TIME: <stack trace>
 *	 => function+0x1/0x2
 *
 * The formats are those of kernel/trace/trace_output.c and trace_probe.c.
 */
#ifndef GUEST_TRACE_H
#define GUEST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACEFS "/sys/kernel/tracing"

enum trace_kind {
	TRACE_OTHER, /* a line of another kind, which can be ignored */
	TRACE_EVENT,
	TRACE_STACK, /* the stack frames of the last event of PID follow */
	TRACE_FRAME,
	TRACE_LOST, /* events were lost because the buffer was full */
};

/* A parsed line; the pointers point into its text. */
struct trace_line {
	enum trace_kind kind;
	unsigned pid, cpu;
	const char *name; /* the name of a TRACE_EVENT, or the symbol of a TRACE_FRAME */
	const char *args; /* the text after the name of a TRACE_EVENT */
};

/* Splits LINE in place, and fills *RET. */
void trace_parse(char *line, struct trace_line *ret);

/* Sets *RET to the number in "key=0x12" or "key=-1" in ARGS. Returns false if it is missing. */
bool trace_number(const char *args, const char *key, int64_t *ret);
/* Copies the values in "key={0x1,0x2}" to RET. Returns their number, at most MAX. */
unsigned trace_list(const char *args, const char *key, uint32_t *ret, unsigned max);
/* Copies the text of key="words", without the quotes, cut to MAX - 1 bytes; "" if it is missing. */
void trace_text(const char *args, const char *key, char *ret, size_t max);

/* The functions below return 0 or -errno. */

/* Creates the instance (one per guest) and opens its trace_pipe. */
int trace_open(void);
/* Removes the instance. Before this, trace_forget() must be called for each probe. */
void trace_close(void);
/* Returns the descriptor of trace_pipe, for poll(). */
int trace_fd(void);

/* Defines the kprobe event "p:rig/NAME WHERE ARGS". */
int trace_probe(const char *name, const char *where, const char *args);
/* Switches the event NAME on or off. */
int trace_enable(const char *name, bool on);
/* Switches the option NAME of the instance (the folder `options`) on or off. */
int trace_option(const char *name, bool on);
/* Switches the event NAME off and deletes it. */
void trace_forget(const char *name);

/* Returns trace_pipe's next whole line, or NULL if there is none yet. Valid until the next call. */
char *trace_next(void);

#endif
