// SPDX-License-Identifier: GPL-2.0-only
/* What the files of guest-actors share. */
#ifndef GUEST_ACTORS_H
#define GUEST_ACTORS_H

extern unsigned long ops; /* completed operations */

/* Returns a pseudo-random number below COUNT. */
unsigned pick(unsigned count);

/* Writes WORD to PATH. Errors are ignored. */
void write_file(const char *path, const char *word);

void step_cgroup(char **args);
void end_cgroup(void);

#endif
