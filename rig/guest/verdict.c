// SPDX-License-Identifier: GPL-2.0-only
/* Converts the payload of VERDICT, the guest's own verdict, to a struct. */
#include <string.h>

#include "guest-init/proto.h"
#include "guest/internal.h"
#include "guest/lines.h"

#define REASONS_MAX 100

/* A verdict, and the reason to which the next lines belong, or NULL if that was dropped. */
struct reading {
	struct guest_verdict *verdict;
	struct guest_reason *reason;
};

static void reason_free(gpointer data)
{
	struct guest_reason *reason = data;

	g_free(reason->text);
	g_free(reason);
}

static enum guest_reason_kind kind_of(const char *word)
{
	static const struct {
		const char *word;
		enum guest_reason_kind kind;
	} kinds[] = {
		{PROTO_REASON_ILLEGAL, GUEST_ILLEGAL},
		{PROTO_REASON_DIED, GUEST_AGENT_DIED},
		{PROTO_REASON_LOCKDEP, GUEST_LOCKDEP_OFF},
	};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (!strcmp(word, kinds[i].word))
			return kinds[i].kind;
	return GUEST_OTHER;
}

static void verdict_line(const struct line *line, void *data)
{
	struct reading *r = data;

	if (line_is(line, "reason", 2)) {
		r->reason = NULL;
		if (r->verdict->reasons->len >= REASONS_MAX)
			return;
		r->reason = g_new0(struct guest_reason, 1);
		r->reason->text = line_word(line->w[1]);
		g_ptr_array_add(r->verdict->reasons, r->reason);
	} else if (!r->reason) {
		return;
	} else if (line_is(line, "kind", 2)) {
		r->reason->kind = kind_of(line->w[1]);
	} else if (line_is(line, "agent", 2)) {
		r->reason->agent = line_number(line->w[1]);
	} else if (line_is(line, "count", 2)) {
		r->reason->count = line_number(line->w[1]);
	}
}

struct guest_verdict *guest_verdict_parse(const char *text)
{
	struct reading reading = {0};

	if (!g_str_has_prefix(text, "verdict "))
		return NULL;
	reading.verdict = g_new0(struct guest_verdict, 1);
	reading.verdict->ok = !strcmp(text, "verdict ok") || g_str_has_prefix(text, "verdict ok\n");
	reading.verdict->reasons = g_ptr_array_new_with_free_func(reason_free);
	lines_each(text, 2, verdict_line, &reading);
	return reading.verdict;
}

void guest_verdict_free(struct guest_verdict *verdict)
{
	if (!verdict)
		return;
	g_ptr_array_unref(verdict->reasons);
	g_free(verdict);
}
