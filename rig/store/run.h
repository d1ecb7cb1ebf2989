/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that both writing a run and judging it again need. Private to store/. */
#ifndef RIG_STORE_RUN_H
#define RIG_STORE_RUN_H

#include "store/store.h"

/* Returns a map from the name to the content of each file in splats/. */
GHashTable *splat_files_new(void);
/* Adds the files NN-kind.txt and NN-kind.json of SPLAT to FILES; NN is N, which counts from 1. */
void splat_files_add(GHashTable *files, guint n, const struct splat *splat);

#endif
