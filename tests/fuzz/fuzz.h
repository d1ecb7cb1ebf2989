/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libFuzzer's targets have in common (mk/fuzz.mk). Each is linked with the module of its name.
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
 * A folder of this process below TMPDIR, made at the first call and removed at exit. Borrowed.
 */
const char *fuzz_folder(void);

/* Writes FILE, a path below fuzz_folder(), whose own folders are created. */
void fuzz_write(const char *file, const void *data, gsize size);

/*
 * The next part of an input whose parts are separated by form feeds, as a NUL-terminated string; ""
 * after the last one. *DATA and *SIZE are advanced. The caller frees it.
 */
char *fuzz_part(const guint8 **data, gsize *size);

#endif
