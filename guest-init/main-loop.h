/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Init's main loop: handles the channel, child processes and a timer. The loop never opens a file
 * that takes a hotplug lock; child processes do that, so that heartbeats continue while the kernel
 * is stuck.
 */
#ifndef GUEST_MAIN_LOOP_H
#define GUEST_MAIN_LOOP_H

#include <sys/types.h>

#include "channel.h"

/* Runs the main loop until the guest powers off or reboots. Never returns. */
_Noreturn void main_loop(struct channel *channel);

#endif
