/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the two files of the fake guest. */
#ifndef RIG_TESTS_FAKE_GUEST_H
#define RIG_TESTS_FAKE_GUEST_H

#include "fake.h"

#define PAGE 4096
#define OPS_PER_MS 2

struct agent {
	char *id, *name;
	gint64 since; /* start of the agent: monotonic time in microseconds */
};

struct guest {
	GQueue agents;
	GByteArray *in;
	guint beat;
	unsigned beats, accounts, stops;
	gint64 start;
};

extern struct guest guest;

gint64 guest_uptime_ms(void);
/* Sends TEXT, unless the guest hangs. */
void guest_frame(enum proto_type type, guint32 seq, const char *text);
void guest_agent_free(struct agent *agent);

#endif
