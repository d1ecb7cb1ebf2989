/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions shared by the libFuzzer targets (mk/fuzz.mk). Each target is linked with the module of
 * the same name.
 */
#ifndef RIG_TESTS_FUZZ_H
#define RIG_TESTS_FUZZ_H

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/*
 * Returns a folder of this process below TMPDIR, created at the first call and removed at exit.
 * Borrowed.
 */
const char *fuzz_folder(void);

/* Writes FILE, a path relative to fuzz_folder(); missing folders are created. */
void fuzz_write(const char *file, const void *data, gsize size);

/*
 * Returns the next part of an input whose parts are separated by form feeds, as a NUL-terminated
 * string; "" after the last part. Moves *DATA and *SIZE forward. The caller frees the result.
 */
char *fuzz_part(const guint8 **data, gsize *size);

#endif
