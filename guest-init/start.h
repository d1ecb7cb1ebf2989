/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of all agents, and the parser of START. */
#ifndef GUEST_START_H
#define GUEST_START_H

#include "agent.h"

extern const struct agent *const agents[]; /* ended by NULL */

/* Returns the agent called NAME, or NULL if there is none. */
const struct agent *agent_find(const char *name);

/*
 * Parses the payload of a START in place. Checks everything that can be checked without the agent's
 * `prepare`. Returns 0 and fills *RET; or leaves *RET unchanged, adds the reason to WHAT and
 * returns -errno.
 */
int agent_parse(char *payload, struct run *ret, struct text *what);

#endif
