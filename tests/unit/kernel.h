/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of the kernel suite: a scratch folder with a small source tree.
 */
#ifndef RIG_TESTS_KERNEL_H
#define RIG_TESTS_KERNEL_H

#include "kernel/internal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/spawn.h"

char *slurp(const char *path);
void put(const char *path, const void *data, gssize len);
/* Returns "dir:" and the path of the source tree in the scratch folder; the caller owns it. */
char *dir_source(void);
struct kernel *build_ok(const char *source, const char *patch);
/*
 * Returns the names of the files that were compiled for KERNEL, from the log of its build. The
 * caller frees the text.
 */
char *compiled(const struct kernel *kernel);

/* Text of a .config. */
extern const char config_text[];

void add_build_tests(TCase *tc);
void add_builder_tests(TCase *tc);
void add_module_tests(TCase *tc);
void add_prune_tests(TCase *tc);
void add_export_tests(TCase *tc);
void add_image_tests(TCase *tc);

#endif
