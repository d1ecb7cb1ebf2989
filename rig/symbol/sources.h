/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The source files of memory hotplug, of code that shares locks with it, of slab and of the device
 * core, and which functions of a kernel belong to them.
 *
 * Without DWARF, a kernel has no list of the functions of a source file. But the symbols of a
 * vmlinux show to which object file each local function belongs; and a linker keeps the functions
 * of an object file together, so all functions between two functions of a file belong to that file.
 * kallsyms does not show object files. For kernels of which only kallsyms can be read, the table in
 * sources.c lists some functions of each file, the *known functions*. A function that is between
 * two known functions of a file is taken to be of this file. The known functions exist in kernels
 * from 5.10 on; those that a kernel lacks are skipped.
 */
#ifndef RIG_SYMBOL_SOURCES_H
#define RIG_SYMBOL_SOURCES_H

#include "symbol/symbol.h"

/*
 * Maximum number of bytes between two neighbouring known functions of a file. If there are more,
 * the linker has put the two into different sections of the image (.text, .init.text), and the
 * functions between them belong to other files.
 */
#define SOURCE_GAP_MAX (48u << 10)

enum source_use {
	/* holds may make vCPUs wait in functions of the file (docs/director.md) */
	SOURCE_HOLDS = 1,
	SOURCE_COVER = 2, /* the coverage includes the file */
	/*
	 * The file is a neighbour's. coverage.json has it, but it counts only if it is asked for,
	 * because the share of memory hotplug's code would not be visible otherwise.
	 */
	SOURCE_NEAR = 4,
};

/*
 * Returns file I of the table ("mm/slub.c"), and sets *RET_USE to its uses. Returns NULL if there
 * is no file I.
 */
const char *source_file(guint i, enum source_use *ret_use);
/* Returns the uses of FILE, or 0 if it is not in the table. */
enum source_use source_use_of(const char *file);
/*
 * Returns the functions of file I for USE: array of struct symbol_named, without cold parts; some
 * may occur twice. For SOURCE_NEAR, pass SOURCE_COVER. For SOURCE_HOLDS, these are only the
 * functions between the known ones in the table: a search for holds needs no others. The caller
 * owns the array.
 */
GArray *source_functions(struct symbols *symbols, guint i, enum source_use use);
/*
 * Returns FALSE if the symbol NAME is not a function of a source file: it is the cold part of a
 * function, entry code or lockdep between the code of the files, or runs only at boot.
 */
gboolean source_is_function(const char *name);
/*
 * Returns TRUE if FILE is part of a kernel for ARCH ("x86_64"), that is, it is not in the folder
 * arch/ of another architecture.
 */
gboolean source_is_for(const char *file, const char *arch);

#endif
