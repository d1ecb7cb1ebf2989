/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the kernel suite share: a scratch folder with a source tree in miniature. */
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
/* "dir:" of the tree in the scratch folder. */
char *dir_source(void);
struct kernel *build_ok(const char *source, const char *patch);
/* What make compiled in the build, from its log. To be freed. */
char *compiled(const struct kernel *kernel);

/* Some text with options, as a .config has. */
extern const char config_text[];

void add_build_tests(TCase *tc);
void add_builder_tests(TCase *tc);
void add_prune_tests(TCase *tc);
void add_image_tests(TCase *tc);

#endif
