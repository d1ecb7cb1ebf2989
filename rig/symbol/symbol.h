/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a kernel's vmlinux to find function, file and line for the frames of a report, also in
 * inlined functions. Supports every architecture that libdw supports. The file is only read:
 * nothing in it is executed, and nothing is downloaded.
 */
#ifndef RIG_SYMBOL_SYMBOL_H
#define RIG_SYMBOL_SYMBOL_H

#include <glib.h>
#include <jansson.h>

#include "splat/frame.h"
#include "splat/splat.h"
#include "util/auto.h"

/* A place in the source to which an address belongs. */
struct place {
	char *function;
	char *file; /* "mm/memory_hotplug.c"; NULL if there is no DWARF for the place */
	unsigned line;
	/* the function is inlined into the function of the next place in the array */
	gboolean inlined;
};

struct symbols;

/*
 * Opens PATH, a linked ELF file with a symbol table, DWARF, or both. Error: RIG_EXIT_USAGE, PATH
 * cannot be read, is not ELF (for example a bootable image), is not linked, or has neither.
 */
struct symbols *symbols_open(const char *path, GError **error);
/*
 * Reads the names of functions from the kallsyms of IMAGE, an uncompressed kernel
 * (kernel_unpack()). The result has no files and lines. It keeps a reference to IMAGE. Error:
 * RIG_EXIT_USAGE, there is no kallsyms that can be read.
 */
struct symbols *symbols_of_image(GBytes *image, GError **error);
void symbols_free(struct symbols *symbols);
RIG_DEFINE_AUTO(symbols, symbols_free)

/* Returns TRUE if SYMBOLS has source files and lines (DWARF), not only names of functions. */
gboolean symbols_have_lines(const struct symbols *symbols);

/*
 * Returns the places at ADDRESS: array of struct place, innermost first; empty if unknown. The
 * caller owns the array.
 */
GPtrArray *symbols_at(struct symbols *symbols, guint64 address);

/*
 * Sets *RET_ADDRESS to the address of FRAME: that of its symbol plus its offset. Returns FALSE if
 * there is no such symbol, or its size shows that the frame is from another build.
 */
gboolean symbols_find(struct symbols *symbols, const struct frame *frame, guint64 *ret_address);

struct symbol_range {
	guint64 address, size;
};

/*
 * Returns the functions called NAME; there can be several static ones. If there are none, returns
 * those that the compiler derived from it (NAME.isra.0). The result is an array of struct
 * symbol_range, which may be empty; the caller owns it.
 */
GArray *symbols_named(struct symbols *symbols, const char *name);
struct symbol_named {
	const char *name; /* borrowed from the symbols */
	struct symbol_range range;
};
/*
 * Returns the functions in FROM..TO, sorted by address, one for each address: array of struct
 * symbol_named. The caller owns the array.
 */
GArray *symbols_between(struct symbols *symbols, guint64 from, guint64 to);
/*
 * Returns the functions of the source file called NAME ("slub.c"). If several object files have
 * this name, the one is used whose functions are at the addresses KNOWN (array of guint64), or next
 * to them. Returns an array of struct symbol_named, sorted by address, which the caller owns. It is
 * empty for kallsyms, which does not show object files.
 */
GArray *symbols_of_unit(struct symbols *symbols, const char *name, const GArray *known);
/*
 * Returns up to MAX names that are similar to NAME, best first; NULL-terminated. The caller owns
 * the result.
 */
char **symbols_nearest(struct symbols *symbols, const char *name, guint max);
/*
 * Returns the addresses at which the code of LINE of FILE ("mm/slub.c", or the end of that path)
 * begins, in all inlined copies: sorted array of guint64; empty if there is no DWARF or the line
 * has no code. The caller owns the array.
 */
GArray *symbols_of_line(struct symbols *symbols, const char *file, unsigned line);

/* A piece of the code of a function, or of a line. */
struct symbol_code {
	const char *file;     /* "mm/slub.c" */
	guint line;	      /* line of the code, or of the function's declaration */
	const char *function; /* name of the function; NULL for a piece of a line's code */
	/*
	 * number of the copy. A function can have one copy that is called, and one at each place
	 * where it is inlined. A copy may have several pieces.
	 */
	guint copy;
	/* address of the first instruction of an inlined copy; 0 if unknown or not inlined */
	guint64 entry;
	struct symbol_range range;
};
struct symbol_code_owner {
	/* returns TRUE if the code of FILE is wanted */
	gboolean (*wanted)(const char *file, void *data);
	/* called for each piece; the strings of CODE are only valid during the call */
	void (*code)(const struct symbol_code *code, void *data);
	void *data;
};
/*
 * Calls owner->code() for each piece of code of the wanted files, by the DWARF of their compilation
 * units. Without DWARF, it finds nothing. The code of an inlined function belongs to the file of
 * that function.
 */
void symbols_code_of(struct symbols *symbols, const struct symbol_code_owner *owner);

/*
 * Copies LEN bytes of code at ADDRESS to RET. Returns FALSE if the file does not contain them, for
 * example because it is not ELF.
 */
gboolean symbols_code(struct symbols *symbols, guint64 address, gsize len, guint8 *ret);

/*
 * Returns the frames of a report in the order of its lines: [{"frame": "f+0x12/0x34", "at":
 * [{"function", "file", "line", "inlined"}, …], "part"}, …]. "part" is the nearest title above the
 * frame, a line with a colon (lockdep's "-> #1 (lock){…}", KASAN's "Freed by task 77"), or null.
 * Places where locks were acquired, as lockdep reports them, are included. Frames of modules and
 * frames marked "?" are left out. Adds to *MISSED the number of frames that are not in SYMBOLS. New
 * reference.
 */
json_t *symbols_report(struct symbols *symbols, const struct splat *splat, guint *missed);

#endif
