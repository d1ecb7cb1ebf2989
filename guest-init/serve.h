/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Init's main loop over the channel, children and a timer. The loop opens no file that takes a hotplug
 * lock; a child does that, so that the heartbeat goes on when the kernel is stuck.
 */
#ifndef GUEST_SERVE_H
#define GUEST_SERVE_H

#include <sys/types.h>

#include "channel.h"

/* Never returns: ends in poweroff or reboot. */
_Noreturn void serve(struct channel *channel);

#endif
