/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Init's main loop: handles the channel, child processes and a timer. Only child processes open
 * files whose functions in the kernel take hotplug locks, so that heartbeats continue while these
 * processes block.
 */
#ifndef GUEST_MAIN_LOOP_H
#define GUEST_MAIN_LOOP_H

#include <sys/types.h>

#include "channel.h"

/* Runs the main loop until the guest powers off or reboots. Never returns. */
_Noreturn void main_loop(struct channel *channel);

#endif
