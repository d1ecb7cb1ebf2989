/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part is an archive of files for nodes that share no folder with this host: the rig with its own
 * files, a kernel or its source, or files that command lines name. On each node it is unpacked into
 * a folder, which then gets its name by rename. The name identifies the content.
 */
#ifndef RIG_SLURM_PARTS_H
#define RIG_SLURM_PARTS_H

#include <glib.h>

#include "util/auto.h"

struct part {
	char *file;	     /* the archive */
	char *sum;	     /* SHA-256 of the archive, in hex */
	char *parent, *name; /* the folder on the nodes is PARENT/NAME */
};

/*
 * A shell script for a node. It reads an archive from standard input and unpacks it into the folder
 * PARENT/NAME, unless that exists. Its arguments are PARENT, NAME, SUM, and the folder RECORD,
 * which it creates.
 */
extern const char part_unpack_script[];
#define PART_REFUSED 64 /* exit code of this script if it fails; other codes are from srun */

void part_free(struct part *part);
RIG_DEFINE_AUTO(part, part_free)

/*
 * Returns the path of fleet/ in the cache, the same on this host and on the nodes: archives (parts)
 * are made there, and unpacked there on the nodes. The caller owns the path.
 */
char *parts_base(void);

/*
 * Makes the part with this program and the files that it needs on a node: guest programs, plugin,
 * modules, scripts and scenarios. Blocks. Error: RIG_EXIT_INFRA.
 */
struct part *part_rig(GError **error);
/*
 * Makes the part with FOLDER of the kernel cache, a finished build or a packed source. The folder
 * on the nodes has the same path. Blocks (seconds). Error: RIG_EXIT_INFRA.
 */
struct part *part_folder(const char *folder, GError **error);

/*
 * Collects the files that are named on command lines. A word counts as the name of a file if it has
 * a "/" or a "." and the file exists. With a scenario (*.yaml), its `files` and the folders of its
 * `modules` are added.
 */
struct part_files;
struct part_files *part_files_new(void);
void part_files_free(struct part_files *files);
RIG_DEFINE_AUTO(part_files, part_files_free)
void part_files_add(struct part_files *files, char *const *words);
/*
 * Makes the part with the collected files. Returns NULL without an error if there are none. Blocks.
 * Error: RIG_EXIT_INFRA.
 */
struct part *part_files_pack(struct part_files *files, GError **error);
/*
 * Returns a copy of WORDS in which the path of each of FILES is replaced by its path on the nodes;
 * free with g_strfreev(). Call part_files_pack() first.
 */
char **part_files_words(const struct part_files *files, const struct part *part,
			char *const *words);

#endif
