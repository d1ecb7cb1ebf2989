/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by writing a run and judging it again. Private to store/. */
#ifndef RIG_STORE_RUN_H
#define RIG_STORE_RUN_H

#include "store/store.h"

/* File name -> content of the files in splats/. */
GHashTable *splat_files_new(void);
/* Adds NN-kind.txt and NN-kind.json of a report; N counts from 1. */
void splat_files_add(GHashTable *files, guint n, const struct splat *splat);

#endif
