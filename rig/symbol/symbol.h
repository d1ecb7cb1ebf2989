/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's vmlinux as a source of function, file and line for the frames of a report, including
 * inlined functions. Supports every architecture that libdw reads; nothing of the file is executed,
 * and nothing is downloaded.
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
	char *file; /* "mm/memory_hotplug.c", or NULL if the file has no DWARF for it */
	unsigned line;
	gboolean inlined; /* inlined into the next place */
};

struct symbols;

/*
 * PATH is a linked ELF file with a symbol table, DWARF, or both. Errors (RIG_EXIT_USAGE): it cannot
 * be read, is not linked or not ELF (a bootable image), or has neither.
 */
struct symbols *symbols_open(const char *path, GError **error);
/*
 * The names in the kallsyms of an uncompressed kernel (kernel_unpack()): functions only, no lines.
 * Keeps a reference to IMAGE. Errors: RIG_EXIT_USAGE.
 */
struct symbols *symbols_of_image(GBytes *image, GError **error);
void symbols_free(struct symbols *symbols);
RIG_DEFINE_AUTO(symbols, symbols_free)

/* TRUE: it has files and lines, not only names of functions. */
gboolean symbols_have_lines(const struct symbols *symbols);

/*
 * The places at ADDRESS: struct place, innermost first; empty if unknown. The array is the
 * caller's.
 */
GPtrArray *symbols_at(struct symbols *symbols, guint64 address);

/*
 * The address of a frame by its symbol. FALSE: there is no such symbol, or its size shows that the
 * frame is of another build.
 */
gboolean symbols_find(struct symbols *symbols, const struct frame *frame, guint64 *ret_address);

struct symbol_range {
	guint64 address, size;
};

/*
 * The functions called NAME or, if there is none, those that the compiler derived from it
 * (NAME.isra.0): struct symbol_range, empty if there is none. Static functions can share a name.
 * The array is the caller's.
 */
GArray *symbols_named(struct symbols *symbols, const char *name);
struct symbol_named {
	const char *name; /* borrowed from the symbols */
	struct symbol_range range;
};
/*
 * The functions in FROM..TO, sorted by address, one for each address: struct symbol_named. The
 * array is the caller's.
 */
GArray *symbols_between(struct symbols *symbols, guint64 from, guint64 to);
/* Up to MAX names that are similar to NAME, best first; NULL-terminated, the caller's. */
char **symbols_nearest(struct symbols *symbols, const char *name, guint max);
/*
 * The addresses where the code of LINE of FILE ("mm/slub.c", or the end of that name) begins, in
 * each inlined copy: guint64, sorted; empty without DWARF or if the line has no code. The array is
 * the caller's.
 */
GArray *symbols_of_line(struct symbols *symbols, const char *file, unsigned line);

/*
 * Copies LEN bytes of code at ADDRESS to RET. FALSE: the file has none there, for example an image
 * that is not ELF.
 */
gboolean symbols_code(struct symbols *symbols, guint64 address, gsize len, guint8 *ret);

/*
 * The frames of a report in the order of its lines: [{"frame": "f+0x12/0x34", "at": [{"function",
 * "file", "line", "inlined"}, …], "part"}, …]. The part is the line with a colon that the frame is
 * below (lockdep's "-> #1 (lock){…}", KASAN's "Freed by task 77"), or null. The places where
 * lockdep reports that locks were acquired are included. Frames of modules, and those marked "?",
 * are left out. *MISSED is increased by the number of frames that the file does not have. New
 * reference.
 */
json_t *symbols_report(struct symbols *symbols, const struct splat *splat, guint *missed);

#endif
