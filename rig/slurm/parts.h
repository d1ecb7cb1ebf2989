/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is carried to nodes that share no folder with this host: the rig with its own files, a built
 * kernel, files that command lines name. Each is an archive on this host, and becomes a folder of
 * each node by rename; the folder's name stands for its content.
 */
#ifndef RIG_SLURM_PARTS_H
#define RIG_SLURM_PARTS_H

#include <glib.h>

#include "util/auto.h"

struct part {
	char *file;	     /* the archive */
	char *sum;	     /* its SHA-256, hex */
	char *parent, *name; /* its folder on the nodes */
};

/*
 * For the shell of a node, with the archive on standard input: unpacks it unless it is there. Its
 * arguments are PARENT, NAME, SUM, and the folder RECORD, which it makes.
 */
extern const char part_unpack_script[];

void part_free(struct part *part);
RIG_DEFINE_AUTO(part, part_free)

/* The folder of all that is carried, at the same path on this host and on the nodes: g_free(). */
char *parts_base(void);

/* This program, guest programs, scenarios. Blocks. Errors: RIG_EXIT_INFRA. */
struct part *part_rig(GError **error);
/* The finished build in FOLDER of the kernel cache. Blocks (seconds). Errors: RIG_EXIT_INFRA. */
struct part *part_kernel(const char *folder, GError **error);

/*
 * Files that words name. A word is a file's name if it has a "/" or a "." and the file exists. Of a
 * scenario (*.yaml) also the files next to it whose names occur in it.
 */
struct part_files;
struct part_files *part_files_new(void);
void part_files_free(struct part_files *files);
RIG_DEFINE_AUTO(part_files, part_files_free)
void part_files_add(struct part_files *files, char *const *words);
/* NULL without an error: there is none. Blocks. Errors: RIG_EXIT_INFRA. */
struct part *part_files_pack(struct part_files *files, GError **error);
/* WORDS with the paths on the nodes, after part_files_pack(): g_strfreev(). */
char **part_files_words(const struct part_files *files, const struct part *part,
			char *const *words);

#endif
