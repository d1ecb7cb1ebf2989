/* SPDX-License-Identifier: GPL-2.0-only */
/* One run as `rig run`, `rig demo` and `rig replay` ask for it: from words to a judged run folder. */
#ifndef RIG_CMD_JOB_H
#define RIG_CMD_JOB_H

#include "store/store.h"

/* The user's words, unresolved; strings borrowed. NULL and 0 mean the default. */
struct job {
	const char *scenario;
	const char *machine;	   /* the scenario's first */
	const char *kernel;	   /* source or image: "deb:linux-source-6.1" */
	const char *vmlinux;	   /* of that image: whose locks its memory holds; NULL: none, or the build's */
	char **patches, **fragments; /* NULL-terminated or NULL */
	char *seed;		   /* decimal or 0x…; NULL: a fresh one */
	const char *known;	   /* list of known issues; NULL: the rig's own */
	const char *results, *accel, *firmware, *mmu;
	const char *emulator;	   /* another QEMU binary */
	const char *launcher;	   /* "direct", "libvirt"; NULL: libvirt where there is a URI, else direct */
	const char *uri;	   /* of libvirt, or NULL: its default */
	char **labels;		   /* "KEY=VALUE", NULL-terminated or NULL */
	int duration_s, patience_s;
	const char *memory_image;  /* largest guest whose memory is kept when it hangs, "2G"; "0": none */
	int jobs;
	gboolean no_lockdep, keep_going;
	const char *until;	   /* end at a report of this signature or kind, at no other */
	gboolean quiet;		   /* nothing on standard output */
	json_t *replays;	   /* name of the run that this one repeats, or NULL */
	json_t *zoo;		   /* the zoo entry it is for: {"entry", "clean"}, or NULL */
	const char *without;	   /* a part of the scenario to leave out (scenario_parts()), or NULL */
};

/*
 * Resolves, builds, runs. *ret has the judged run. Errors come before there is a run folder: unknown names,
 * a machine the scenario does not fit (SKIP), a kernel that cannot be built or lacks what is needed (SKIP).
 */
gboolean job_run(const struct job *job, struct run_info **ret, GError **error);

/* Builds the job's kernel only, with progress; the demonstration builds all of its kernels first. */
gboolean job_build(const struct job *job, GError **error);

#endif
