/* SPDX-License-Identifier: GPL-2.0-only */
/* Properties of an emulator that only a trial run of it shows. Private to machine/. */
#ifndef RIG_MACHINE_PROBE_H
#define RIG_MACHINE_PROBE_H

#include <glib.h>

/* Starts the emulator to try something. FALSE with an error: the trial was not possible. */
typedef gboolean (*probe_trial)(const void *data, gboolean *ret_works, GError **error);

/*
 * Gets the result of TRIAL, cached in the file NAME of the rig's cache for this boot of the host
 * and this build of EMULATOR (a program in PATH or a path). Errors: RIG_EXIT_INFRA (EMULATOR is not
 * installed), and those of TRIAL.
 */
gboolean probe_once(const char *emulator, const char *name, probe_trial trial, const void *data,
		    gboolean *ret_works, GError **error);

#endif
