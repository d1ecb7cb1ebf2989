/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the features of this kernel and machine for the frame HELLO, before any agent runs. */
#ifndef GUEST_FEATURES_H
#define GUEST_FEATURES_H

#include <stdbool.h>

#include "text.h"

/* The options on the kernel command line that init reads. */
struct words {
	char tty[40]; /* rig.tty=NAME, or "" */
	bool shell;   /* whether rig.shell is given */
};

void features_words(struct words *ret);

/*
 * Returns the state of lockdep: "on", "off" if it has turned itself off, or "absent" if the kernel
 * does not have it.
 */
const char *features_lockdep(void);

/*
 * Reads the features and stores them for features_hello(). Must be called before the first agent
 * starts.
 */
void features_around(void);

/* Returns true if lockdep was on when init started. */
bool features_had_lockdep(void);

/* Adds the payload of HELLO to TEXT; CHANNEL is the kind of the channel. */
void features_hello(struct text *text, const char *channel);

#endif
