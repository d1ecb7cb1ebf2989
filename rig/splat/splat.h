/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector finds the kernel's reports in the bytes of a console. It does not depend on guests
 * and runs, so a log from anywhere can be read. The result is the same for a live console and a
 * file, and does not depend on how the bytes are divided into pieces.
 */
#ifndef RIG_SPLAT_SPLAT_H
#define RIG_SPLAT_SPLAT_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

/* How much a report weighs for a verdict. */
enum splat_weight {
	SPLAT_FAIL, /* the kernel under test is at fault */
	SPLAT_LOST, /* loss of coverage: lockdep out of entries or turned off */
	/* stored, but not a fault (for example an allocation failure under pressure) */
	SPLAT_NOTE,
};

/* One held or wanted lock: "INST (CLASS){USAGE}-{O:I}, at: FUNC". Absent parts are NULL or -1. */
struct splat_lock {
	char *instance; /* "ffff8880…", NULL */
	char *lock_class;	/* "kn->active", subclass kept as "/1", "#N" dropped */
	char *usage;	/* "++++" */
	int outer, inner;
	char *function; /* "try_remove_memory" */
};

struct splat {
	/* known_json() of the known issue that it matches (splat/known.h), or NULL */
	json_t *known;
	const char *kind; /* from the table: "lockdep-circular", "hung-task", "warning", … */
	enum splat_weight weight;
	char *title;		       /* "possible deadlock in try_remove_memory" */
	char *function;		       /* the function the title names, or NULL */
	char *bug;		       /* signature level 1: "v1:lockdep-circular:A --> B --> C" */
	char *former;		       /* the first version's key where it was another, or NULL */
	char *path;		       /* level 2 */
	char *exact;		       /* level 3 */
	guint64 first_line, last_line; /* 1-based, both included */
	guint64 first_byte, end_byte;  /* 0-based, end excluded */
	double when; /* seconds since boot from the first stamped line, -1 without */
	char *text;  /* the report's lines as they came, without prefixes; valid UTF-8; bounded */
	gboolean corrupted;
	const char *corrupted_why;
	gboolean truncated; /* the log ended, or the bound was hit, inside it */
	/* a consequence of the report before: a panic after an oops, a warning inside a report */
	gboolean induced;
	gboolean validator_off; /* the lock validator is off after it */
	guint missed;		/* messages that printk reported as dropped inside it */
	char *comm;		/* the task that was running, or that hung; NULL */
	int pid, cpu;		/* -1 where the report does not say */
	/* of char *: the function names of the stack that names the report, innermost first */
	GPtrArray *frames;
	/* lockdep only */
	char *task; /* "kworker/u4:1/34" */
	struct splat_lock acquiring, holding;
	char **cycle;	 /* classes of the cycle in canonical rotation, NULL-terminated; or NULL */
	char **taken_in; /* the function that takes each of them, "" where not known; or NULL */
	GPtrArray *held; /* of struct splat_lock, or NULL */
	json_t *detail;	 /* everything else the parser found (chain with stacks, scenario, …), or
			    NULL */
};

void splat_free(struct splat *splat);
RIG_DEFINE_AUTO(splat, splat_free)

/* The report as JSON, as in run folders and `rig scan --json`. New reference. */
json_t *splat_to_json(const struct splat *splat);

struct scanner;

/* FOUND is called for each report when its end is seen; it owns the splat. */
typedef void (*splat_found)(struct splat *splat, void *data);

struct scanner *scanner_new(splat_found found, void *data);
void scanner_feed(struct scanner *scanner, const guint8 *bytes, gsize len);
/*
 * Passes the reports whose end has not been seen yet to FOUND, with the lines so far: for callers
 * that cannot wait. The state does not change: each is passed to the scanner's own FOUND again when
 * its end is seen.
 */
void scanner_peek(const struct scanner *scanner, splat_found found, void *data);
/* Call it at the end of the stream: ends open reports. */
void scanner_flush(struct scanner *scanner);
void scanner_free(struct scanner *scanner);
RIG_DEFINE_AUTO(scanner, scanner_free)

/*
 * The kind of a report whose end has not been seen yet, or NULL. The engine waits a moment for it.
 */
const char *scanner_open_kind(const struct scanner *scanner);
/*
 * The first line of the earliest report whose end has not been seen, G_MAXUINT64 if there is none.
 * Reports may end in another order than they begin; those with a lower first line can be printed in
 * order.
 */
guint64 scanner_open_line(const struct scanner *scanner);
/*
 * TRUE: a line shows that the lock validator is off ("INFO: lockdep is turned off", taint, limits).
 * Reports that turn it off when they are printed do not count here: see splat.validator_off.
 */
gboolean scanner_lockdep_died(const struct scanner *scanner);
/*
 * The number of lines that were read; *RET_KERNEL: how many of the parsed ones have a prefix of the
 * kernel. Parts without a report's words are skipped except for their last lines, so 0 means that
 * no prefix of the kernel was recognised.
 */
guint64 scanner_lines(const struct scanner *scanner, guint64 *ret_kernel);
/* The newest printk time stamp in seconds, -1 before the first. */
double scanner_guest_seconds(const struct scanner *scanner);

#endif
