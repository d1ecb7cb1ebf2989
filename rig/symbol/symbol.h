/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's vmlinux as an answer to "where is that?": function, file and line of the frames of a
 * report, with what the compiler inlined. Any architecture that libdw reads; nothing of it is run,
 * and nothing is fetched from anywhere.
 */
#ifndef RIG_SYMBOL_SYMBOL_H
#define RIG_SYMBOL_SYMBOL_H

#include <glib.h>
#include <jansson.h>

#include "splat/frame.h"
#include "splat/splat.h"
#include "util/auto.h"

struct place {
	char *function;
	char *file; /* "mm/memory_hotplug.c", or NULL where the file has no DWARF for it */
	unsigned line;
	gboolean inlined; /* into the place that comes next */
};

struct symbols;

/*
 * PATH is a linked ELF file with a symbol table, DWARF, or both. Errors (RIG_EXIT_USAGE): it cannot
 * be read, is no such file (an image that boots is not), or has neither.
 */
struct symbols *symbols_open(const char *path, GError **error);
/*
 * The names in the kallsyms of an uncompressed kernel (kernel_unpack()): functions only, no lines. Keeps a
 * reference to IMAGE. Errors: RIG_EXIT_USAGE.
 */
struct symbols *symbols_of_image(GBytes *image, GError **error);
void symbols_free(struct symbols *symbols);
RIG_DEFINE_AUTO(symbols, symbols_free)

/* Has it files and lines, or only the names of functions? */
gboolean symbols_have_lines(const struct symbols *symbols);

/* What is at ADDRESS: struct place, innermost first; empty where nothing is known. The array is the
 * caller's. */
GPtrArray *symbols_at(struct symbols *symbols, guint64 address);

/*
 * The address of a frame by its symbol. FALSE where there is no such symbol, or only one whose size
 * shows that the frame is of another build.
 */
gboolean symbols_find(struct symbols *symbols, const struct frame *frame, guint64 *ret_address);

struct symbol_range {
	guint64 address, size;
};

/*
 * The functions called NAME, or where there is none, what the compiler made of one (NAME.isra.0):
 * struct symbol_range, empty where there is none. Static functions can share a name. The array is the
 * caller's.
 */
GArray *symbols_named(struct symbols *symbols, const char *name);
struct symbol_named {
	const char *name; /* the symbols' */
	struct symbol_range range;
};
/* The functions in FROM..TO, sorted by address, one for each address: struct symbol_named. The array is the caller's. */
GArray *symbols_between(struct symbols *symbols, guint64 from, guint64 to);
/* Up to MAX names that look like NAME, best first; NULL-terminated, the caller's. */
char **symbols_nearest(struct symbols *symbols, const char *name, guint max);
/*
 * Where the code of LINE of FILE ("mm/slub.c", or the end of that name) begins, in each copy that was
 * inlined: guint64, sorted; empty without DWARF or where the line has no code. The array is the caller's.
 */
GArray *symbols_of_line(struct symbols *symbols, const char *file, unsigned line);

/*
 * Copies LEN bytes of code at ADDRESS to RET. FALSE: the file has none there, for example an image that is not ELF.
 */
gboolean symbols_code(struct symbols *symbols, guint64 address, gsize len, guint8 *ret);

/*
 * The frames of a report in the order of its lines: [{"frame": "f+0x12/0x34", "at": [{"function",
 * "file", "line", "inlined"}, …]}, …]. Where lockdep says that a lock was taken is a frame, too. Frames that are guesses of the unwinder or of a module are
 * left out. *MISSED is raised by the number of frames that the file does not have. New reference.
 */
json_t *symbols_report(struct symbols *symbols, const struct splat *splat, guint *missed);

#endif
