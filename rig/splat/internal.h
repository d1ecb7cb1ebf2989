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
 * word-set.c searches a text for many words in one pass; texts.c stores the texts of a report.
 */
#ifndef RIG_SPLAT_INTERNAL_H
#define RIG_SPLAT_INTERNAL_H

#include "splat/frame.h"
#include "splat/parts.h"
#include "splat/splat.h"
#include "splat/texts.h"

#define LINE_KEPT 8192		 /* maximum number of bytes of a line; the rest is dropped */
#define REPORT_KEPT (256 * 1024) /* maximum number of bytes of a report; the rest is dropped */
#define REPORT_LINES 6000
/* maximum number of callers that can be printing a report at the same time */
#define OPEN_REPORTS 8

/*
 * Searches BYTES for the words of which each first line of a report has one. If there is one,
 * returns TRUE, and *RET_AT is the position of the first word (filter.c).
 */
gboolean filter_hit(const guint8 *bytes, gsize len, gsize *ret_at);
/*
 * Like filter_hit(), but also finds blanks that are not ASCII. Such a blank can hide a word from
 * the search, so the caller must parse its line.
 */
gboolean filter_hit_or_blank(const guint8 *bytes, gsize len, gsize *ret_at);

/*
 * Removes the line end and the colours from TEXT, and replaces blanks that are not ASCII, and
 * "#012" (rsyslog writes it for a line end). TEXT has LEN bytes, and room for LEN + 1. Returns the
 * new length. *RET_SAME is TRUE if nothing was changed, except for the line end (prefix-clean.c).
 */
gsize prefix_clean(char *text, gsize len, gboolean *ret_same);
/*
 * Removes the colours from TEXT (LEN bytes) whose escape character was lost ("[32m"), or was
 * written as several characters ("\\x1b[32m"). Returns the new length.
 */
gsize prefix_colours(char *text, gsize len);
/*
 * Each of these functions parses one part of a prefix at P: a quote mark, the head of a record of
 * /dev/kmsg, a notice of dropped messages. It returns the end of the part, or P if there is none.
 */
const char *prefix_unquote(const char *p);
const char *prefix_record(const char *p, struct line *line);
const char *prefix_dropped(const char *p, struct line *line);
/*
 * Returns the date and time from P to END in seconds, for comparison, or -1 if there is none
 * (prefix-elements.c).
 */
gint64 prefix_date(const char *p, const char *end);
/* Returns TRUE if TEXT begins with a field of a mail's header (decode-text.c). */
gboolean mail_field_begins(const char *text, gsize len);
/*
 * The names of the fields that journal_json() reads. A message is in one of the first
 * JOURNAL_MESSAGES of them.
 */
#define JOURNAL_MESSAGES 6
extern const char *const journal_fields[];
extern const gsize n_journal_fields;
/*
 * Returns TRUE if TEXT has the name of a field that contains a message. JSON without such a name is
 * not an entry of a journal, but it can contain a log, too.
 */
gboolean journal_has_message(const char *text);
/*
 * Parses the JSON object at TEXT. Copies its message to ROOM (LEN + 1 bytes; may be the same memory
 * as TEXT), and sets the source of the message in LINE. If neither `kernel` nor `user` of LINE is
 * set, the message is a line of a console and has a prefix of its own. Returns FALSE if TEXT is not
 * an object with a message (journal-json.c).
 */
gboolean journal_json(char *room, const char *text, gsize len, struct line *line);

/* Returns the number at TEXT; -1 for any negative number; 0 if there is no number. */
int text_int(const char *text);

/* formats.c ---------------------------------------------------------------- */

/* Where the function in the title is found. */
enum frame_rule {
	FRAME_NONE,
	/* the pattern's group named f; if it is empty or a generic function, the call trace */
	FRAME_GROUP,
	FRAME_FAULT,	  /* the instruction pointer of the fault; otherwise the call trace */
	FRAME_TRACE,	  /* the call trace */
	FRAME_LAST_TRACE, /* the last call trace of the report */
	FRAME_HUNG,	  /* the function in which a blocked task waits */
	FRAME_STALL,	  /* the function that contains the loop of a CPU */
	/*
	 * the instruction pointer; but if other functions recurse than the one that faulted, as
	 * with FRAME_STALL
	 */
	FRAME_OVERFLOW,
	/* the loop, as with FRAME_STALL, but below the interrupt that detected the stall */
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
	/* begins with "cut here"; a later line shows the kind */
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
	FAMILY_TOLD = 1 << 11, /* a line without a stack; the WARN that follows has it */
	FAMILY_SLUB = 1 << 12, /* a banner ("====") precedes it, but does not end it */
};

enum format_flag {
	/* only counts as a report if other lines prove it (open_is_proven()), usually a stack */
	FORMAT_PROOF = 1 << 0,
	FORMAT_BARE = 1 << 1, /* counts as a report even without a stack */
	/* the line only occurs as a header if the report's first header was lost */
	FORMAT_CORRUPTED = 1 << 2,
	FORMAT_INDUCED = 1 << 3,  /* is a consequence of the preceding report, if there is one */
	FORMAT_OFF = 1 << 4,	  /* lockdep is off after this report */
	FORMAT_NO_STACK = 1 << 5, /* the stack may be missing */
	/* the line can be part of another report (`into`) even after its frames */
	FORMAT_ANYTIME = 1 << 6,
	FORMAT_LOCKDEP = 1 << 7, /* must be parsed as a lockdep report */
	/* if the line is part of another report (`into`), that report gets this format */
	FORMAT_ADOPTS = 1 << 8,
	/* the next row with the same pattern is used if the failing address is in the first page */
	FORMAT_ADDRESS = 1 << 11,
	/* only counts as a report after a printk prefix (time stamp), or if a stack follows */
	FORMAT_KERNEL = 1 << 10,
	FORMAT_NAMELESS = 1 << 9, /* the title may have no function */
	/* the pattern's groups are the name of a locking rule, a function and a lock */
	FORMAT_RULE = 1 << 12,
	/*
	 * a complaint of the unwinder; inside another report it is a consequence of printing that
	 * report's stack
	 */
	FORMAT_UNWINDER = 1 << 13,
};

/*
 * A row of the table of formats: it describes the first line of reports of one kind. TOKEN is a
 * plain word that the line must contain; it is searched for first, because matching PATTERN is
 * slow. TITLE and SIGN are templates of the title and of the signature. In both, {f} is the
 * function and {1} the first group of PATTERN. In TITLE, {next} is the report's next line; title.c
 * explains {access} and {last}. In SIGN, {src} is the source file; signature.c explains the other
 * words.
 */
struct format {
	const char *token;
	const char *pattern;
	const char *kind;
	const char *title;
	/* if it is NULL, the signature is the function, or the title if there is no function */
	const char *sign;
	/* functions that never name such a report: a list in the format of name_has() */
	const char *skip;
	enum frame_rule rule;
	enum family family;
	unsigned into;	/* families of the reports in which this line can be a later line */
	unsigned flags; /* enum format_flag */
	enum splat_weight weight;
};

const struct format *formats_table(gsize *ret_n);

/*
 * The texts that the groups of a pattern matched: by number, and at GROUP_SRC and GROUP_F those of
 * the groups named src and f. A text is NULL or "" if the group did not match.
 */
enum { GROUP_SRC = 8, GROUP_F = 9, GROUPS };
struct groups {
	char *at[GROUPS]; /* pointers into `text` */
	char *text;
};
/*
 * Returns the row that TEXT matches as the first line of a report, or NULL if it matches none.
 * RET_GROUPS (may be NULL) is set in both cases (match.c).
 */
const struct format *format_match(const char *text, struct groups *ret_groups);
void groups_init(struct groups *groups, const struct format *format, const char *text);
void groups_deinit(struct groups *groups);
/* The row of a report of which only the line "cut here" was read; a later line shows its kind. */
extern const struct format format_cut;
/* The row of a dump of a page, until the header of the report that it belongs to follows. */
extern const struct format format_dump;
/* The row of a report that the kernel boots although it did not shut down before. */
extern const struct format format_reboot;
/* How a line relates to the report before it (body.c). */
enum body {
	BODY_FOREIGN,
	/*
	 * belongs to the report if a later line certainly belongs to it; for example an empty line
	 */
	BODY_BLANK,
	BODY_INSIDE, /* belongs to the report, and is none of the following */
	/* belongs to the report: registers or code, a line for which no bit of enum mark is set */
	BODY_NUMBERS,
	BODY_FRAME, /* belongs to the report: a frame of a stack */
	BODY_FAULT, /* belongs to the report: the address of a fault */
	BODY_LAST,  /* the last line of a report of this family */
};
/*
 * Classifies TEXT, a line after the start of a report of FORMAT. For BODY_FRAME and BODY_FAULT,
 * *RET_FRAME is set; its name is "" if the line has an address without a symbol. For BODY_INSIDE
 * its name is "".
 */
enum body body_kind(const char *text, const struct format *format, struct frame *ret_frame);
gboolean body_is_banner(const char *text, char *ret_fill);
gboolean body_is_cut(const char *text);
/* Returns TRUE if TEXT is a line that can precede the header and then belongs to the report. */
gboolean body_is_preface(const char *text);
/* Returns TRUE if TEXT is a dump of memory as hex digits. */
gboolean body_is_dump(const char *text);

/* frame.c ------------------------------------------------------------------ */

/* Parses a symbol at TEXT ("f+0x12/0x34"): sets name and offset of *RET. */
gboolean frame_parse_symbol(const char *text, struct frame *ret);
/* Like frame_parse_symbol(), and also parses the decoded form "f (file.c:12)". */
gboolean frame_parse_function(const char *text, struct frame *ret);

/*
 * Properties of a line of a complete report. They are determined once and stored, because many
 * rules use them.
 */
enum mark {
	MARK_FRAME = 1 << 0, /* a frame of a stack; struct seen has its parts */
	MARK_FAULT = 1 << 1, /* the instruction that faulted; also as a frame */
	MARK_TRACE = 1 << 2, /* a stack follows, see frame_starts_trace() */
	MARK_OPEN = 1 << 3,  /* "<TASK>"; << 1 is "<IRQ>", << 2 "<NMI>" */
	MARK_CLOSE = 1 << 6, /* "</TASK>"; << 1 is "</IRQ>", << 2 "</NMI>" */
	MARK_END = 1 << 9,   /* "---[ end " */
	MARK_PANIC = 1 << 10,
	MARK_ENDLESS = 1 << 11, /* reports with this line have no end mark, for example xmon's */
	MARK_VICTIM = 1 << 12, /* "Out of memory": the OOM killer's last line, with its victim */
	MARK_OFF = 1 << 13,    /* says that lockdep is off, whatever turned it off */
	MARK_WHO = 1 << 14,    /* the line has the running task: "PID: ", "Pid: " */
	MARK_LIMIT = 1 << 15,  /* a stack ends before this line */
};
struct seen {
	char *text;
	guint len;   /* number of bytes of the text */
	gsize at;    /* position of the text in that of the report; set by report_build() */
	guint marks; /* enum mark; not complete while `known` is FALSE */
	gboolean known;
	gboolean no_frame; /* `known` is FALSE, but the line has certainly no frame */
	/* parts of the frame, if the line has one; `name` is valid as long as the report */
	gboolean guess, inlined;
	guint64 offset;
	const char *name;
};
gboolean frame_starts_trace(const char *text);
/* Returns TRUE if the line reports that lockdep is switched off. */
gboolean line_ends_lockdep(const char *text);
/* Stores FRAME in SEEN, and sets MARK (MARK_FRAME or MARK_FAULT). TEXTS owns the name. */
void seen_frame(struct seen *seen, guint mark, const struct frame *frame, struct texts *texts);
/* Returns the marks of SEEN; determines them first if `known` is FALSE (marks.c). */
guint seen_examine(struct seen *seen, struct texts *texts);

/* A complete report. */
struct report {
	const struct format *format;
	struct seen *seen;     /* the lines */
	struct texts *texts;   /* names of functions */
	guint n;
	guint header; /* index of the line that FORMAT matched */
	struct groups groups; /* what FORMAT's pattern matched in it; borrowed */
	const struct report *fault; /* the fault that cut this report off; or NULL */
	/* set by report_build(): */
	guint marks; /* the marks of all lines, combined */
	char *text;  /* the lines, with a newline between two of them */
};

/*
 * Parses a report of lockdep: sets task, acquiring, holding, cycle, held, detail and corrupted of
 * SPLAT (lockdep.c).
 */
void lockdep_parse(struct splat *splat, const struct report *report);
/*
 * A dependency tree of locks, in a report about locks and interrupts (lockdep-tree.c).
 * lockdep_tree() parses the tree from *LINE on, and moves *LINE to its last line.
 */
gboolean lockdep_tree_begins(const char *text);
json_t *lockdep_tree(const struct report *report, guint *line);
/* lockline.c */
/*
 * Returns the lock class CLASS in NAME, "(CLASS){USAGE}-{O:I}" or "CLASS){…", without the parts of
 * its name that identify one instance. Returns NULL if NAME is not a lock. The caller frees it.
 */
char *lock_class_normal(const char *name);
json_t *splat_lock_json(const struct splat_lock *lock);
/*
 * A member of a lock in JSON, and its field in struct splat_lock. Members are left out if the text
 * is NULL or the number is -1.
 */
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
 * Versions of the rules that choose the function and make the keys. If both versions make the same
 * key, it begins with "v1:", so that keys recorded under the first version stay valid.
 */
enum rules { RULES_V1, RULES_V2 };

/*
 * Returns TRUE if NAME contains one of PIECES, a list of substrings separated by '|'. A substring
 * that begins with '^' only matches at the start of NAME, one that ends with '$' at its end. PIECES
 * must be a constant, because results are cached by its address (generic-functions.c).
 */
gboolean name_has(const char *name, const char *pieces);
/*
 * Returns TRUE if NAME is a generic function by the given version of the rules, or contains one of
 * the substrings in MORE (in the format of name_has(), or NULL).
 */
gboolean generic_by_rules(const char *name, const char *more, enum rules rules);
/*
 * Returns TRUE if NAME is a dispatcher: a function that calls functions of any subsystem by pointer
 * (file operations, sysfs, the scheduler, IPIs; dispatchers.c).
 */
gboolean name_is_dispatcher(const char *name);
/*
 * Returns TRUE if NAME is a function of sysfs or of the device core that calls the function of a
 * sysfs file.
 */
gboolean name_is_attribute_caller(const char *name);

/*
 * Returns NAME, a function's, as a JSON string, which must not be changed: reports share it. New
 * reference.
 */
json_t *name_json(const char *name);

/* Returns the path of a mangled Rust function, or NULL if NAME is not one (rust-name.c). */
char *rust_name(const char *name);

/*
 * The functions below return the functions on a stack, innermost first, without frames marked "?"
 * and without inlined functions (stack.c). TAKE says which lines are used in addition.
 */
enum take {
	TAKE_FRAMES = 0,
	/* also take the function that faulted, if its line is among the frames */
	TAKE_FAULTS = 1 << 0,
	TAKE_FAR = 1 << 1,     /* also take frames that follow many lines without frames */
	TAKE_GUESSES = 1 << 2, /* also take frames marked "?" */
};
/* Returns the stack at or after line FROM; the names are valid as long as the report. */
GPtrArray *stack_from(const struct report *report, guint from, enum take take);
/*
 * Returns the stack that names a report of this format. If the report has the instruction that
 * faulted, its function is first.
 */
GPtrArray *stack_counting(const struct report *report);
/*
 * Returns the part of the stack below the interrupt that detected the stall. If the report has no
 * such part, returns the stack of the first CPU; by RULES_V2, the CPU on which RCU's thread last
 * ran is not used.
 */
GPtrArray *stack_interrupted(const struct report *report, enum rules rules);
/* Returns the index of the first line from FROM on that contains WORDS, or -1 (stack.c). */
int report_find(const struct report *report, guint from, const char *words);

/*
 * Returns the function after which the report is named, or NULL. frames and the locks of SPLAT must
 * be set (function.c). The caller frees it.
 */
char *naming_function(const struct splat *splat, const struct report *report, enum rules rules);
/*
 * Returns the function that called the page allocator, from NAMES, the functions on the stack of a
 * report of a bad page; or NULL. The caller frees it.
 */
char *page_function(const GPtrArray *names);
/*
 * Returns NAME without the architecture's prefix: "mount" for both "__x64_sys_mount" and
 * "SyS_mount".
 */
const char *plain_name(const char *name);

/* Expands TEMPLATE: for each {word}, EXPAND appends the text that replaces it (template.c). */
typedef void (*template_word)(GString *out, const char *word, void *data);
char *template_fill(const char *template, template_word expand, void *data);

/*
 * Returns the title of the report, made from its row of the table of formats and FUNCTION, which
 * may be NULL. The caller frees it (title.c).
 */
char *title_of(const struct report *report, const char *function);
/* Sets frames, function and title of SPLAT. */
void title_make(struct splat *splat, const struct report *report);
/*
 * Sets bug, former, path and exact of SPLAT. Must be called after title_make() and lockdep_parse()
 * (signature.c).
 */
void signature_make(struct splat *splat, const struct report *report);
/*
 * Makes a struct splat of REPORT. The marks of its lines need not be set yet. INDUCED is TRUE if
 * the report is a consequence of an earlier one (build-report.c).
 */
struct splat *report_build(struct report *report, gboolean induced);
void splat_corrupt(struct splat *splat, const char *why);

/* Returns TEXT, which may have any bytes, as a JSON string. New reference. */
json_t *splat_json_text(const char *text);

#endif
