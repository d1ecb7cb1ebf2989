/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of splat/. The data passes through them in this order:
 *
 *	filter.c	finds the parts of a log that cannot contain a report
 *	prefix.c	splits a raw line into text, time stamp and caller
 *	pieces.c	joins messages that netconsole sent in several packets
 *	order.c		detects a log whose newest line is the first one
 *	scanner.c	determines which lines belong to a report, with formats.c (how reports
 *			begin) and body.c and body-patterns.c (which lines they contain)
 *	open.c		stores the lines of a report that is not complete yet
 *	build-report.c	makes a struct splat from the lines: marks.c classifies each line once,
 *			frame.c reads frames, lockdep*.c and lockline.c read lockdep's reports,
 *			stack.c, generic-functions.c, rust-name.c and function*.c choose the
 *			function, title.c and signature.c (with template.c) make title and keys
 *	json.c		converts a struct splat to JSON
 *
 * word-set.c searches a text for many words in one pass.
 */
#ifndef RIG_SPLAT_INTERNAL_H
#define RIG_SPLAT_INTERNAL_H

#include "splat/frame.h"
#include "splat/parts.h"
#include "splat/splat.h"

#define LINE_KEPT 8192		 /* maximum number of bytes of a line; the rest is dropped */
#define REPORT_KEPT (256 * 1024) /* maximum number of bytes of a report; the rest is dropped */
#define REPORT_LINES 6000
/* maximum number of callers that can be printing a report at the same time */
#define OPEN_REPORTS 8

/*
 * Searches BYTES for many words at once. TRUE: *RET_AT is the position of the first one (filter.c).
 */
gboolean filter_hit(const guint8 *bytes, gsize len, gsize *ret_at);
/*
 * Like filter_hit(), but also finds blanks that are not ASCII, which can hide a word from the
 * search, so the caller must parse their line.
 */
gboolean filter_hit_or_blank(const guint8 *bytes, gsize len, gsize *ret_at);

/*
 * Removes the line end and colours of TEXT, and replaces blanks that are not ASCII, and "#012",
 * which rsyslog writes for a line end. TEXT has LEN bytes, and room for LEN + 1. Returns the new
 * length; *RET_SAME: nothing but the line end was changed (prefix-clean.c).
 */
gsize prefix_clean(char *text, gsize len, gboolean *ret_same);
/*
 * Removes colours from the LEN bytes of TEXT, whose escape character was lost on the way ("[32m"),
 * or is written in a notation of several characters ("\\x1b[32m"). Returns the new length.
 */
gsize prefix_colours(char *text, gsize len);
/* Each function returns the end of its part of a prefix at P; P if there is none. */
const char *prefix_unquote(const char *p);
const char *prefix_record(const char *p, struct line *line);
const char *prefix_dropped(const char *p, struct line *line);
/*
 * Returns the date and time from P to END in seconds, for comparison; -1: there is none
 * (prefix-elements.c).
 */
gint64 prefix_date(const char *p, const char *end);
/* Returns TRUE if TEXT begins with a field of a mail's header (decode-text.c). */
gboolean mail_field_begins(const char *text, gsize len);
/*
 * The names of the fields that journal_json() reads. The first JOURNAL_MESSAGES are those of a
 * message.
 */
#define JOURNAL_MESSAGES 6
extern const char *const journal_fields[];
extern const gsize n_journal_fields;
/* Returns TRUE if TEXT has the name of a message's field: other JSON can contain a log, too. */
gboolean journal_has_message(const char *text);
/*
 * Copies the message of the JSON object at TEXT to ROOM (LEN + 1 bytes; both may be the same
 * memory), and its source to LINE. If neither `kernel` nor `user` of LINE is set, the message is a
 * line of a console with a prefix of its own. FALSE: it is no such object (journal-json.c).
 */
gboolean journal_json(char *room, const char *text, gsize len, struct line *line);

/* Returns the number at TEXT, at least -1; 0 if there is none. */
int text_int(const char *text);

/* formats.c ---------------------------------------------------------------- */

/* How the function for the title is found. */
enum frame_rule {
	FRAME_NONE,
	FRAME_GROUP,	  /* the pattern's group named f; otherwise as FRAME_TRACE */
	FRAME_FAULT,	  /* the instruction pointer of the fault; otherwise the call trace */
	FRAME_TRACE,	  /* the call trace */
	FRAME_LAST_TRACE, /* the last call trace of the report */
	FRAME_HUNG,	  /* the function in which a blocked task waits */
	FRAME_STALL,	  /* the function that contains the loop of a CPU */
	/* as FRAME_FAULT; as FRAME_STALL if other functions recurse than the one that faulted */
	FRAME_OVERFLOW,
	/* like FRAME_STALL, on the stack below the interrupt that detected the stall */
	FRAME_INTERRUPTED,
	FRAME_PAGE,	  /* the function that allocated the page */
	FRAME_WORK,	  /* the work item in flight */
	FRAME_LOCK,	  /* lockdep: the functions in the lock lines, then the frames after them */
	FRAME_FIRST_LOCK, /* lockdep: the function in the first lock line, even if it is generic */
	FRAME_BECAME,	  /* lockdep: the stack after "which became" */
	FRAME_RELEASE,	  /* lockdep: the instruction after "is trying to release lock" */
};

/*
 * Families of formats whose reports have the same structure. The header of one family can also be a
 * later line in a report of another family.
 */
enum family {
	/* begins with "cut here", so that the kind is only known from a later line */
	FAMILY_CUT = 1 << 0,
	FAMILY_WARN = 1 << 1,
	FAMILY_BUG = 1 << 2, /* ends with a trap instruction */
	FAMILY_OOPS = 1 << 3,
	FAMILY_STALL = 1 << 4,
	FAMILY_LOCKDEP = 1 << 5,
	FAMILY_SANITIZER = 1 << 6,
	FAMILY_PANIC = 1 << 7,
	FAMILY_ONE = 1 << 8,	/* has a single line */
	FAMILY_MEMORY = 1 << 9, /* allocation failure or OOM, followed by Mem-Info */
	FAMILY_LIMIT = 1 << 10,
	FAMILY_TOLD = 1 << 11, /* a separate line, followed by a WARN that prints the stack */
	FAMILY_SLUB = 1 << 12, /* begins with a banner, but does not end with one */
};

enum format_flag {
	FORMAT_PROOF = 1 << 0, /* only counts as a report if a stack follows */
	FORMAT_BARE = 1 << 1,  /* counts as a report even without a stack */
	/* only occurs if the report's first header was lost */
	FORMAT_CORRUPTED = 1 << 2,
	FORMAT_INDUCED = 1 << 3,  /* is a consequence of the preceding report, if there is one */
	FORMAT_OFF = 1 << 4,	  /* lockdep is off after this report */
	FORMAT_NO_STACK = 1 << 5, /* the stack may be missing */
	FORMAT_ANYTIME = 1 << 6,  /* can continue another report (`into`) even after frames */
	FORMAT_LOCKDEP = 1 << 7,  /* must be parsed as a lockdep report */
	FORMAT_ADOPTS = 1 << 8,	  /* a report that it continues gets this format, too */
	/*
	 * there is a second row for this report, which is used if the failing address is in the
	 * first page
	 */
	FORMAT_ADDRESS = 1 << 11,
	/* only counts as a report if the line has a prefix of the kernel */
	FORMAT_KERNEL = 1 << 10,
	FORMAT_NAMELESS = 1 << 9, /* the function may be missing */
	/* the groups of the pattern are a locking rule, a function and a lock */
	FORMAT_RULE = 1 << 12,
	/* inside another report, is a consequence of it: the unwinder, when it prints a stack */
	FORMAT_UNWINDER = 1 << 13,
};

/*
 * A row of the table of formats, which describes the first line of reports. TOKEN is a plain word
 * that the line must contain; it is searched for first, because PATTERN is slow. In TITLE, {f} is
 * the function, {1} a group of PATTERN, {next} the next line; {access} and {last} are explained in
 * title.c. SIGN is the template of the signature: {f} and {1} as in TITLE, {src} the file, and
 * others for lockdep (signature.c).
 */
struct format {
	const char *token;
	const char *pattern;
	const char *kind;
	const char *title;
	/* what the signature is made of; NULL: the function, or without a function the title */
	const char *sign;
	/* parts of names (name_has()) of functions that never name such a report */
	const char *skip;
	enum frame_rule rule;
	enum family family;
	unsigned into;	/* families of the reports in which this line can be a later line */
	unsigned flags; /* enum format_flag */
	enum splat_weight weight;
};

const struct format *formats_table(gsize *ret_n);

/*
 * Groups of a pattern: by number, and those named src and f. NULL or "" if a group did not match.
 */
enum { GROUP_SRC = 8, GROUP_F = 9, GROUPS };
struct groups {
	char *at[GROUPS]; /* in `text` */
	char *text;
};
/*
 * Returns the row that matches a report's first line TEXT; NULL: TEXT is not one (match.c).
 * RET_GROUPS (may be NULL) is set in both cases.
 */
const struct format *format_match(const char *text, struct groups *ret_groups);
void groups_init(struct groups *groups, const struct format *format, const char *text);
void groups_deinit(struct groups *groups);
/* The row used for a report after "cut here", until a later line shows its kind. */
extern const struct format format_cut;
/* The row used for a page's dump, until the header of its report follows. */
extern const struct format format_dump;
/* The row for a boot without a preceding shutdown. */
extern const struct format format_reboot;
/* Whether a line can be inside a report (body.c). */
enum body {
	BODY_FOREIGN,
	/* a line that belongs to the report only if a line that certainly belongs to it follows */
	BODY_BLANK,
	BODY_INSIDE,
	BODY_NUMBERS, /* belongs to the report, and has no mark (enum mark): registers, code */
	BODY_FRAME,   /* belongs to the report: a frame of a stack */
	BODY_FAULT,   /* belongs to the report: the address of a fault */
	BODY_LAST,    /* the last line of a report of this family */
};
/*
 * BODY_FRAME, BODY_FAULT: *RET_FRAME is set. The name is "" if the line has only an address, and
 * for BODY_INSIDE.
 */
enum body body_kind(const char *text, const struct format *format, struct frame *ret_frame);
gboolean body_is_banner(const char *text, char *ret_fill);
gboolean body_is_cut(const char *text);
/* Returns TRUE if the line precedes the header and is part of the report. */
gboolean body_is_preface(const char *text);
/* Returns TRUE if TEXT is a dump of memory as hex digits. */
gboolean body_is_dump(const char *text);

/* frame.c ------------------------------------------------------------------ */

/* Parses a symbol at TEXT ("f+0x12/0x34"): sets name and offset. */
gboolean frame_parse_symbol(const char *text, struct frame *ret);
/* Like frame_parse_symbol(), and also parses the decoded form "f (file.c:12)". */
gboolean frame_parse_function(const char *text, struct frame *ret);

/*
 * Properties of a line of a complete report. They are computed once, because many rules use them.
 */
enum mark {
	MARK_FRAME = 1 << 0, /* the line is a stack frame, whose parts are in the struct */
	MARK_FAULT = 1 << 1, /* the same for the instruction that faulted */
	MARK_TRACE = 1 << 2, /* a stack follows, see frame_starts_trace() */
	MARK_OPEN = 1 << 3,  /* "<TASK>", "<IRQ>", "<NMI>", in the order of these bits */
	MARK_CLOSE = 1 << 6, /* "</TASK>", "</IRQ>", "</NMI>" */
	MARK_END = 1 << 9,   /* "---[ end " */
	MARK_PANIC = 1 << 10,
	MARK_ENDLESS = 1 << 11, /* reports with this line have no end mark, such as xmon's */
	MARK_VICTIM = 1 << 12, /* the OOM killer names its victim */
	MARK_OFF = 1 << 13,    /* lockdep turns itself off, see line_ends_lockdep() */
	MARK_WHO = 1 << 14,    /* "PID: ", "Pid: " */
	MARK_LIMIT = 1 << 15,  /* a stack ends before this line, see ends_stack() */
};
struct seen {
	char *text;
	guint len;   /* number of bytes of the text */
	guint marks; /* enum mark; 0 and `known` is FALSE: not examined yet */
	gboolean known;
	gboolean no_frame; /* not known, except that the line has no frame */
	/* of the frame; the name is valid as long as the report */
	gboolean guess, inlined;
	guint64 offset;
	const char *name;
};
gboolean frame_starts_trace(const char *text);
/* Returns TRUE if the line reports that lockdep is switched off. */
gboolean line_ends_lockdep(const char *text);
/* Sets the frame of SEEN, with MARK_FRAME or MARK_FAULT; STRINGS stores the name. */
void seen_frame(struct seen *seen, guint mark, const struct frame *frame, GStringChunk *strings);
/* Examines the line, unless it is known; returns its marks (marks.c). */
guint seen_examine(struct seen *seen, GStringChunk *strings);

/* A complete report. */
struct report {
	const struct format *format;
	struct seen *seen;     /* the lines */
	GStringChunk *strings; /* names of functions */
	guint n;
	guint header; /* index of the line that FORMAT matched */
	struct groups groups; /* of that line; borrowed */
	guint marks;	      /* those of all lines; set by report_build() */
};

/* Sets task, acquiring, holding, cycle, held, detail and corrupted (lockdep.c). */
void lockdep_parse(struct splat *splat, const struct report *report);
/*
 * The dependency trees of locks in reports about interrupts (lockdep-tree.c). *LINE is moved to the
 * last line of the tree.
 */
gboolean lockdep_tree_begins(const char *text);
json_t *lockdep_tree(const struct report *report, guint *line);
/* lockline.c */
/*
 * Returns the class in "(CLASS){USAGE}-{O:I}" or "CLASS){…", without parts that identify an
 * instance; NULL: NAME is not a lock.
 */
char *lock_class_normal(const char *name);
json_t *splat_lock_json(const struct splat_lock *lock);
/* The members of a lock in JSON. A text that is NULL and a number that is -1 are left out. */
struct lock_field {
	const char *key;
	gsize at; /* offset in struct splat_lock */
	gboolean is_number;
};
extern const struct lock_field lock_fields[];
extern const gsize n_lock_fields;
static inline const char *lock_text(const struct splat_lock *lock, const struct lock_field *field)
{
	return *(char *const *)(const void *)((const char *)lock + field->at);
}
static inline int lock_number(const struct splat_lock *lock, const struct lock_field *field)
{
	return *(const int *)(const void *)((const char *)lock + field->at);
}

/*
 * Versions of the rules for names and keys. A key that is the same in the second version keeps the
 * prefix "v1:", so that recorded keys stay valid.
 */
enum rules { RULES_V1, RULES_V2 };

/*
 * Returns TRUE if NAME contains one of PIECES, which are separated by '|'. '^' anchors a piece to
 * the start of the name, '$' to its end. PIECES must be a constant, because results are cached by
 * its address (generic-functions.c).
 */
gboolean name_has(const char *name, const char *pieces);
/* Like frame_is_generic(), by the given RULES. */
gboolean generic_by_rules(const char *name, const char *more, enum rules rules);
/*
 * Returns TRUE if the function calls functions of any subsystem (file operations, sysfs, scheduler,
 * IPIs).
 */
gboolean name_is_dispatcher(const char *name);
/* Returns TRUE if NAME is a dispatcher between the file system and the function of a sysfs file. */
gboolean name_is_attribute_caller(const char *name);

/* Returns the path of a mangled Rust function, or NULL if NAME is not one (rust-name.c). */
char *rust_name(const char *name);

/*
 * The functions below return names of functions, innermost first, without frames marked "?" and
 * without inlined ones (stack.c).
 */
enum take {
	TAKE_FRAMES = 0,
	/* includes the function that faulted, if its line is among the frames */
	TAKE_FAULTS = 1 << 0,
	TAKE_FAR = 1 << 1, /* includes frames that follow many other lines */
};
/* Returns the stack at or after line FROM; the names are valid as long as the report. */
GPtrArray *stack_from(const struct report *report, guint from, enum take take);
/*
 * Returns the stack that a report of this format is named after, with the function that faulted
 * first.
 */
GPtrArray *stack_counting(const struct report *report);
/*
 * Returns the stack below the interrupt that detected the stall; otherwise the first CPU's stack,
 * by RULES_V2 without the CPU on which RCU's thread last ran.
 */
GPtrArray *stack_interrupted(const struct report *report, enum rules rules);
/* Returns the index of the first line from FROM on that contains WORDS, or -1. */
int report_find(const struct report *report, guint from, const char *words);

/*
 * Returns the function that names the report, or NULL. splat.frames and the locks must be set
 * (function.c).
 */
char *naming_function(const struct splat *splat, const struct report *report, enum rules rules);
/*
 * Returns the function that called the allocator, by NAMES, the trace of a bad page; or NULL. The
 * caller frees it.
 */
char *page_function(const GPtrArray *names);
/*
 * Returns NAME without the architecture's prefix: "mount" for both "__x64_sys_mount" and
 * "SyS_mount".
 */
const char *plain_name(const char *name);

/* Expands TEMPLATE: EXPAND adds the text for each {word} (template.c). */
typedef void (*template_word)(GString *out, const char *word, void *data);
char *template_fill(const char *template, template_word expand, void *data);

/*
 * Returns the title of the row with FUNCTION (NULL: none was found). The caller frees it (title.c).
 */
char *title_of(const struct report *report, const char *function);
/* Sets frames, function and title of SPLAT. */
void title_make(struct splat *splat, const struct report *report);
/* Makes the signature. Must be called after title_make() and lockdep_parse() (signature.c). */
void signature_make(struct splat *splat, const struct report *report);
/*
 * Makes a struct splat of REPORT, whose lines need not be examined yet. INDUCED: the report is a
 * consequence of an earlier one (build-report.c).
 */
struct splat *report_build(struct report *report, gboolean induced);
void splat_corrupt(struct splat *splat, const char *why);

/* Returns a JSON string with TEXT, which may have any bytes. */
json_t *splat_json_text(const char *text);

#endif
