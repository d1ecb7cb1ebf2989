/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds properties of an emulator by starting it; results are cached. Private to machine/. */
#ifndef RIG_MACHINE_PROBE_H
#define RIG_MACHINE_PROBE_H

#include <glib.h>

/*
 * A trial of a property: starts the emulator and sets *ret_works to whether the property works.
 * Fails if the trial is not possible.
 */
typedef gboolean (*probe_trial)(const void *data, gboolean *ret_works, GError **error);

/*
 * Sets *ret_works to the result of TRIAL, which is called with DATA. The result is stored in the
 * file NAME of the rig's cache, and TRIAL is called again only after the host has booted or with
 * another build of EMULATOR (a program in PATH or a path). Errors: RIG_EXIT_INFRA, EMULATOR is not
 * installed; and those of TRIAL.
 */
gboolean probe_once(const char *emulator, const char *name, probe_trial trial, const void *data,
		    gboolean *ret_works, GError **error);

#endif
