/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds kernel reports (oopses, warnings, lockdep splats, …) in the text of a console. It does not
 * depend on guests and runs, so a log from any source can be read. A live console and a file give
 * the same result, and so do different sizes of the pieces in which the data is fed.
 */
#ifndef RIG_SPLAT_SPLAT_H
#define RIG_SPLAT_SPLAT_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"
#include "util/json-write.h"

/* The effect of a report on a verdict. */
enum splat_weight {
	SPLAT_FAIL, /* the kernel under test is at fault */
	SPLAT_LOST, /* loss of coverage: lockdep is out of entries, or was switched off */
	/* stored, but not a fault (for example, an allocation failure under memory pressure) */
	SPLAT_NOTE,
};

/* A held or wanted lock: "INST (CLASS){USAGE}-{O:I}, at: FUNC". Missing parts are NULL or -1. */
struct splat_lock {
	char *instance;	  /* "ffff8880…", or NULL */
	/* "kn->active": with a subclass such as "/1", without the "#N" of equal names */
	char *lock_class;
	char *usage;	  /* "++++" */
	int outer, inner;
	char *function; /* "try_remove_memory" */
};

struct splat {
	/* the known issue that the report matches, made by known_json() (splat/known.h), or NULL */
	json_t *known;
	/* from the table of formats: "lockdep-circular", "hung-task", "warning", … */
	const char *kind;
	enum splat_weight weight;
	char *title;	/* "possible deadlock in try_remove_memory" */
	char *function; /* the function in the title, or NULL */
	char *bug;	/* level 1 of the signature: "v1:lockdep-circular:A --> B --> C" */
	/* the `bug` that the first version of the rules makes, if it differs, or NULL */
	char *former;
	char *path;  /* level 2 of the signature, with the functions on the stacks */
	char *exact; /* level 3 of the signature, with whole frames */
	guint64 first_line, last_line; /* numbers of lines, from 1; both included */
	guint64 first_byte, end_byte;  /* positions in the log, from 0; end_byte is excluded */
	/* seconds since boot, from the first line with a time stamp; -1 if there is none */
	double when;
	char *text;  /* the report's lines, without prefixes; valid UTF-8, of limited size */
	/*
	 * a part that the kind always has (a stack, a link of a lock chain) is missing, or parts
	 * contradict each other: lines were lost
	 */
	gboolean corrupted;
	const char *corrupted_why; /* the reason, for users; NULL if not `corrupted`; static */
	gboolean truncated; /* the log ended inside the report, or it was longer than the limit */
	/*
	 * the report is a consequence of an earlier one: a panic after an oops, a warning inside a
	 * report
	 */
	gboolean induced;
	gboolean validator_off; /* lockdep is switched off after the report */
	guint missed;		/* number of messages that printk dropped inside the report */
	char *comm;		/* name of the task that was running, or that hung; or NULL */
	int pid, cpu;		/* -1 if the report does not have them */
	/* of char *: the functions on the stack after which the report is named, innermost first */
	GPtrArray *frames;
	char *names; /* the memory of the names in `frames` */
	/* only for lockdep reports: */
	char *task; /* for example "kworker/u4:1/34" */
	struct splat_lock acquiring, holding;
	/*
	 * lock classes of the cycle, NULL-terminated; the alphabetically first one is first; or
	 * NULL
	 */
	char **cycle;
	/* for each class of `cycle`, the function that acquires it, "" if unknown; or NULL */
	char **taken_in;
	GPtrArray *held; /* of struct splat_lock, or NULL */
	/* all other data that was parsed (chain with stacks, scenario, …), or NULL */
	json_t *detail;
};

void splat_free(struct splat *splat);
RIG_DEFINE_AUTO(splat, splat_free)

/* Returns the report as JSON, as in run folders and in `rig scan --json`. New reference. */
json_t *splat_to_json(const struct splat *splat);
/*
 * Writes the members of the object that splat_to_json() returns, except "known", to the innermost
 * object of WRITER.
 */
void splat_write_json(struct json_writer *writer, const struct splat *splat);

struct scanner;

/* Called for each report when it is complete; the callee owns SPLAT. */
typedef void (*splat_found)(struct splat *splat, void *data);

struct scanner *scanner_new(splat_found found, void *data);
void scanner_feed(struct scanner *scanner, const guint8 *bytes, gsize len);
/*
 * Passes the reports that are not complete yet to FOUND, with their lines so far. The state of the
 * scanner does not change: each report is also passed to the callback of scanner_new() when it is
 * complete. For callers that cannot wait until then.
 */
void scanner_peek(const struct scanner *scanner, splat_found found, void *data);
/* Must be called at the end of the stream; completes open reports. */
void scanner_flush(struct scanner *scanner);
void scanner_free(struct scanner *scanner);
RIG_DEFINE_AUTO(scanner, scanner_free)

/* Returns the kind of a report that is not complete yet, or NULL. */
const char *scanner_open_kind(const struct scanner *scanner);
/*
 * Returns the number of the first line of the earliest report that is not complete yet, or
 * G_MAXUINT64 if all are complete. Reports are not always completed in the order of their first
 * lines. A caller that prints them in this order can print those with a lower first line now.
 */
guint64 scanner_open_line(const struct scanner *scanner);
/*
 * Returns TRUE if a line shows that lockdep is off ("INFO: lockdep is turned off", a message about
 * a limit of lockdep, a taint). Reports after which lockdep switches itself off do not count here;
 * splat.validator_off marks them.
 */
gboolean scanner_lockdep_died(const struct scanner *scanner);
/*
 * Returns the number of lines that were read. *RET_KERNEL is how many of the parsed lines have a
 * prefix of the kernel, such as a time stamp. The scanner parses only the lines near a word that
 * begins a report, and the last lines of each piece of data. If *RET_KERNEL is 0, no prefix of the
 * kernel was recognised.
 */
guint64 scanner_lines(const struct scanner *scanner, guint64 *ret_kernel);
/*
 * Returns TRUE if the log is in reverse order, its newest line first. Most reports cannot be
 * recognised in such a log.
 */
gboolean scanner_is_reversed(const struct scanner *scanner);
/* Returns the newest time stamp of printk in seconds, or -1 if there is none yet. */
double scanner_guest_seconds(const struct scanner *scanner);

#endif
