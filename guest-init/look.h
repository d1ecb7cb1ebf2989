/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernel and machine this is: the facts of HELLO, looked up before anything runs. */
#ifndef GUEST_LOOK_H
#define GUEST_LOOK_H

#include <stdbool.h>

#include "text.h"

/* Words of the kernel command line that are for init. */
struct words {
	char tty[40];  /* rig.tty=NAME, or "" */
	bool shell;    /* rig.shell */
};

void look_words(struct words *ret);

/* Whether lockdep is there and armed: "on", "off", "absent". */
const char *look_lockdep(void);

/* Facts that need looking at files; kept for look_hello(). Before the first agent. */
void look_around(void);

/* Lockdep was armed when init started. */
bool look_had_lockdep(void);

/* The payload of HELLO. */
void look_hello(struct text *text, const char *channel);

#endif
