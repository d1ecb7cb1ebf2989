/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share. The bytes pass through them in this order:
 *
 *	filter.c	which parts of a log cannot contain a report
 *	prefix.c	one raw line to its text, time stamp and caller
 *	scanner.c	lines to the extent of a report, with formats.c (where one begins) and
 *			body.c and body-patterns.c (what can be inside)
 *	open.c		the lines of a report that is open
 *	build-report.c	the finished lines to a struct splat: marks.c looks at each once, frame.c
 *			reads frames, lockdep*.c and lockline.c lockdep's reports, stack.c,
 *			generic-functions.c and function.c choose the function, title.c and
 *			signature.c (with template.c) name it
 *	json.c		a struct splat for others
 */
#ifndef RIG_SPLAT_INTERNAL_H
#define RIG_SPLAT_INTERNAL_H

#include "splat/frame.h"
#include "splat/parts.h"
#include "splat/splat.h"

#define LINE_KEPT 8192		 /* bytes of a line; the rest of a longer one is dropped */
#define REPORT_KEPT (256 * 1024) /* bytes of a report; the rest of a longer one is dropped */
#define REPORT_LINES 6000
#define OPEN_REPORTS 8 /* callers that can be inside a report at the same time */

/*
 * filter.c: searches BYTES for many words at once. TRUE: *RET_AT is the beginning of the first one.
 */
gboolean filter_hit(const guint8 *bytes, gsize len, gsize *ret_at);
/*
 * TRUE: BYTES have blanks other than ASCII's, which can hide a word of the search: the caller must
 * read each line.
 */
gboolean filter_has_strange_blanks(const guint8 *bytes, gsize len);

/* prefix-clean.c: LEN bytes of TEXT without line end, colours and blanks that are not ASCII; a line
 * end that rsyslog wrote as "#012" becomes one. TEXT has room for LEN + 1 bytes; the new length. */
gsize prefix_clean(char *text, gsize len);
/* Each returns the end of its part of the prefix at P, or P if there is none. */
const char *prefix_unquote(const char *p);
const char *prefix_record(const char *p, struct line *line);
const char *prefix_dropped(const char *p, struct line *line);
/*
 * journal-json.c: copies the message of the JSON object at TEXT to ROOM (LEN + 1 bytes; both may be
 * the same memory), and its source to LINE. FALSE: it is not an entry of the journal.
 */
gboolean journal_json(char *room, const char *text, gsize len, struct line *line);

/* The number at TEXT, at least -1; 0 where there is none. */
int text_int(const char *text);

/* formats.c ---------------------------------------------------------------- */

/* Where the function for the title is taken from. */
enum frame_rule {
	FRAME_NONE,
	FRAME_GROUP,	  /* the pattern's group named f, then as FRAME_TRACE */
	FRAME_FAULT,	  /* the instruction pointer of the fault, then the call trace */
	FRAME_TRACE,	  /* the call trace */
	FRAME_LAST_TRACE, /* the call trace that comes last */
	FRAME_HUNG,	  /* what a blocked task waits for */
	FRAME_STALL,	  /* the function below which a CPU loops */
	/* the same function, searched below the interrupt that detected the stall */
	FRAME_INTERRUPTED,
	FRAME_PAGE,	  /* the page's allocation */
	FRAME_WORK,	  /* the work item in flight */
	FRAME_LOCK,	  /* lockdep: the functions of the lock lines, then the frames after them */
	FRAME_FIRST_LOCK, /* lockdep: the function of the first lock line, even a generic one */
	FRAME_BECAME,	  /* lockdep: the stack after "which became" */
	FRAME_RELEASE,	  /* lockdep: the instruction after "is trying to release lock" */
};

/*
 * Families of formats whose reports have the same structure. A header can also be a later line of a
 * report of another family.
 */
enum family {
	FAMILY_CUT = 1 << 0, /* after "cut here": the kind is known only from a later line */
	FAMILY_WARN = 1 << 1,
	FAMILY_BUG = 1 << 2, /* ends in a trap instruction */
	FAMILY_OOPS = 1 << 3,
	FAMILY_STALL = 1 << 4,
	FAMILY_LOCKDEP = 1 << 5,
	FAMILY_SANITIZER = 1 << 6,
	FAMILY_PANIC = 1 << 7,
	FAMILY_ONE = 1 << 8,	/* a single line */
	FAMILY_MEMORY = 1 << 9, /* allocation failure, OOM: Mem-Info follows */
	FAMILY_LIMIT = 1 << 10,
	FAMILY_TOLD = 1 << 11, /* a line of its own, followed by a WARN that prints the stack */
	FAMILY_SLUB = 1 << 12, /* begins with a banner, and does not end with one */
};

enum format_flag {
	FORMAT_PROOF = 1 << 0, /* it is a report only if a stack follows */
	FORMAT_BARE = 1 << 1,  /* it is a report also without a stack */
	/* this header is seen only if the report's first header was lost */
	FORMAT_CORRUPTED = 1 << 2,
	FORMAT_INDUCED = 1 << 3,  /* it is a consequence of the report before, if there is one */
	FORMAT_OFF = 1 << 4,	  /* lockdep is off afterwards */
	FORMAT_NO_STACK = 1 << 5, /* may lack a stack */
	FORMAT_ANYTIME = 1 << 6,  /* it can continue another report (`into`) also after frames */
	FORMAT_LOCKDEP = 1 << 7,  /* parse it as a lockdep report */
	FORMAT_ADOPTS = 1 << 8,	  /* its row replaces the row of the report that it continues */
	/* use the next row if the failing address is in the first page */
	FORMAT_ADDRESS = 1 << 11,
	FORMAT_KERNEL = 1 << 10,  /* a prefix of the kernel shows that it is a report */
	FORMAT_NAMELESS = 1 << 9, /* may lack a function */
	FORMAT_RULE = 1 << 12,	  /* the groups are a locking rule, a function and the lock */
};

/*
 * A row of the table of formats: how a report begins. TOKEN is a plain word that the line must
 * contain; it is searched first, because PATTERN is slow. In TITLE, {f} is the function, {1} a
 * group of PATTERN, {next} the next line, {access} and {last} are explained in title.c. SIGN is the
 * template of the signature: {f} and {1} as in TITLE, {src} the file, and others for lockdep
 * (signature.c).
 */
struct format {
	const char *token;
	const char *pattern;
	const char *kind;
	const char *title;
	const char *sign; /* NULL: the function, else the title */
	const char *skip; /* pieces (name_has()) of functions that never name such a report */
	enum frame_rule rule;
	enum family family;
	unsigned into;	/* families whose report this line continues */
	unsigned flags; /* enum format_flag */
	enum splat_weight weight;
};

const struct format *formats_table(gsize *ret_n);

/* match.c: the row by which the line begins a report, or NULL. */
const struct format *format_match(const char *text);
/*
 * The groups of a pattern, by number, and those named src and f; NULL or "" if a group did not
 * match.
 */
enum { GROUP_SRC = 8, GROUP_F = 9 };
struct groups {
	char *at[10];
};
void groups_init(struct groups *groups, const struct format *format, const char *text);
void groups_deinit(struct groups *groups);
/* The row used after "cut here", until a later line shows the kind of the report. */
extern const struct format format_cut;
/* The row used for a page's dump, until the header follows. */
extern const struct format format_dump;
/* The row of a boot without a shutdown before it. */
extern const struct format format_reboot;
/* TRUE: the line reports that lockdep is off. */
gboolean line_ends_lockdep(const char *text);

/* body.c: can a line be inside a report? */
enum body {
	BODY_FOREIGN,
	BODY_BLANK, /* inside only if something follows */
	BODY_INSIDE,
	BODY_FRAME, /* inside: a frame of a stack */
	BODY_FAULT, /* inside: the address of a fault */
	BODY_LAST,  /* inside, and the last line of a report of this family */
};
enum body body_kind(const char *text, const struct format *format);
gboolean body_is_banner(const char *text, char *ret_fill);
gboolean body_is_cut(const char *text);
/* TRUE: the line precedes a header and is part of the report. */
gboolean body_is_preface(const char *text);
/* TRUE: TEXT is memory as hex digits, and nothing else. */
gboolean body_is_dump(const char *text);

/* frame.c ------------------------------------------------------------------ */

gboolean frame_starts_trace(const char *text);
/* Parses a symbol at TEXT ("f+0x12/0x34"): fills name and offset. */
gboolean frame_parse_symbol(const char *text, struct frame *ret);
/* frame_parse_symbol(), and also the decoded form "f (file.c:12)". */
gboolean frame_parse_function(const char *text, struct frame *ret);

/* Properties of a line of a finished report; computed once, because many rules use them. */
enum mark {
	MARK_FRAME = 1 << 0, /* `frame` is a frame of a stack */
	MARK_FAULT = 1 << 1, /* `frame` is the instruction that faulted */
	MARK_TRACE = 1 << 2, /* a stack follows: frame_starts_trace() */
	MARK_OPEN = 1 << 3,  /* "<TASK>", "<IRQ>", "<NMI>", in the order of these bits */
	MARK_CLOSE = 1 << 6, /* "</TASK>", "</IRQ>", "</NMI>" */
	MARK_END = 1 << 9,   /* "---[ end " */
	MARK_PANIC = 1 << 10,
	MARK_XMON = 1 << 11,
	MARK_VICTIM = 1 << 12, /* the OOM killer names its victim */
	MARK_OFF = 1 << 13,    /* line_ends_lockdep() */
	MARK_WHO = 1 << 14,    /* "PID: ", "Pid: " */
	MARK_LIMIT = 1 << 15,  /* ends_stack() in stack.c */
};
struct seen {
	guint marks; /* enum mark */
	struct frame frame;
};
/* marks.c: an item for each of LINES, to be freed. */
struct seen *marks_of(char **lines, guint n);

/* The finished report. */
struct report {
	const struct format *format;
	char **lines; /* NULL-terminated */
	struct seen *seen; /* properties of each line */
	guint n;
	guint header; /* index of the line that FORMAT matched */
	struct groups groups;
};

/* lockdep.c: fills task, acquiring, holding, cycle, held, detail, corrupted. */
void lockdep_parse(struct splat *splat, const struct report *report);
/* lockdep-tree.c: the dependencies of irq-safe and irq-unsafe locks; *LINE is moved to the tree's
 * last. */
gboolean lockdep_tree_begins(const char *text);
json_t *lockdep_tree(const struct report *report, guint *line);
/* lockline.c */
/* "(CLASS){USAGE}-{O:I}" or "CLASS){…": class without instance; NULL where it is none. */
char *lock_class_normal(const char *name);
json_t *splat_lock_json(const struct splat_lock *lock);

/*
 * Rules for names and keys. A key that the second version would not change keeps "v1:", so that
 * what was recorded with it stays valid.
 */
enum rules { RULES_V1, RULES_V2 };

/*
 * generic-functions.c: does NAME contain one of the PIECES, separated by '|'? '^' anchors a piece
 * to the start of the name, '$' to its end.
 */
gboolean name_has(const char *name, const char *pieces);
/* frame_is_generic() by the given RULES. */
gboolean generic_by_rules(const char *name, const char *more, enum rules rules);
/* TRUE: the function calls functions of any subsystem (file operations, sysfs, scheduler, IPIs). */
gboolean name_is_dispatcher(const char *name);
/* TRUE: NAME is a dispatcher between a sysfs file's own function and the file system. */
gboolean name_is_attribute_caller(const char *name);

/*
 * stack.c. The functions below return names of functions, innermost first, without those marked "?"
 * and inlined ones.
 */
enum take {
	TAKE_FRAMES = 0,
	/* also the instruction that faulted, if its line is among the frames */
	TAKE_FAULTS = 1 << 0,
	TAKE_FAR = 1 << 1, /* also after many lines that are not frames */
};
/* The stack at or after line FROM. */
GPtrArray *stack_from(const struct report *report, guint from, enum take take);
/* The stack that names a report of this format, with the faulting function first. */
GPtrArray *stack_counting(const struct report *report);
/* The stack below the interrupt that found the stall, else the first CPU's. */
GPtrArray *stack_interrupted(const struct report *report);
/* Has any line one of MARKS? */
gboolean report_has(const struct report *report, guint marks);
/* The index of the first line at or after FROM with WORDS in it, or -1. */
int report_find(const struct report *report, guint from, const char *words);

/* function.c: the function that names the report, or NULL. Uses splat.frames and the locks. */
char *naming_function(const struct splat *splat, const struct report *report, enum rules rules);
/* The function in NAMES, a bad page's trace, that used the allocator; or NULL. To be freed. */
char *page_function(const GPtrArray *names);
/* NAME without an architecture's prefix: "mount" for both "__x64_sys_mount" and "SyS_mount". */
const char *plain_name(const char *name);

/* template.c: expands TEMPLATE; EXPAND adds the text for each {word}. */
typedef void (*template_word)(GString *out, const char *word, void *data);
char *template_fill(const char *template, template_word expand, void *data);

/* title.c: the row's title with FUNCTION (NULL: none was found) in it. To be freed. */
char *title_of(const struct report *report, const char *function);
/* Fills frames, function and title. */
void title_make(struct splat *splat, const struct report *report);
/* signature.c: makes the signature. Call it after title_make() and lockdep_parse(). */
void signature_make(struct splat *splat, const struct report *report);
/* build-report.c: LINES is consumed. INDUCED: a report before it explains this one. */
struct splat *report_build(const struct format *format, char **lines, guint header,
			   gboolean induced);
void splat_corrupt(struct splat *splat, const char *why);

/* A JSON string of TEXT, which may have any bytes. */
json_t *splat_json_text(const char *text);

#endif
