// SPDX-License-Identifier: GPL-2.0-only
/* Adds reasons to struct facts: those that the engine observes, and those that are reports. */
#include "verdict/facts.h"

#include <string.h>

static void reason_clear(void *data)
{
	g_free(((struct reason *)data)->text);
}

struct facts *facts_new(void)
{
	struct facts *facts = g_new0(struct facts, 1);

	facts->reasons = g_array_new(FALSE, TRUE, sizeof(struct reason));
	g_array_set_clear_func(facts->reasons, reason_clear);
	facts->stood_for = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return facts;
}

void facts_free(struct facts *facts)
{
	if (!facts)
		return;
	g_array_unref(facts->reasons);
	g_hash_table_unref(facts->stood_for);
	g_free(facts);
}

static struct reason *find(const struct facts *facts, const char *text)
{
	for (guint i = 0; i < facts->reasons->len; i++) {
		struct reason *reason = &g_array_index(facts->reasons, struct reason, i);

		if (!strcmp(reason->text, text))
			return reason;
	}
	return NULL;
}

static gboolean add(struct facts *facts, struct reason reason, guint at)
{
	if (find(facts, reason.text))
		return FALSE;
	if (facts->reasons->len >= REASONS_MAX)
		return TRUE;
	reason.text = g_strdup(reason.text);
	g_array_insert_val(facts->reasons, MIN(at, facts->reasons->len), reason);
	return TRUE;
}

gboolean facts_add(struct facts *facts, enum reason_kind kind, enum verdict verdict,
		   const char *text)
{
	return add(facts, (struct reason){kind, verdict, FALSE, FALSE, (char *)text}, G_MAXUINT);
}

gboolean facts_add_report(struct facts *facts, const struct splat *splat,
			  const struct report_meaning *meaning, guint at)
{
	struct reason reason = {
		.kind = reason_kind_of_report(splat),
		.verdict = meaning->verdict,
		.fatal = meaning->fatal,
		.induced = splat->induced,
		.text = meaning->reason,
	};

	facts->lockdep_known |= splat->known && splat->validator_off;
	return add(facts, reason, at);
}

void facts_rename(struct facts *facts, const char *old, const char *text)
{
	struct reason *reason = strcmp(old, text) != 0 ? find(facts, old) : NULL;

	if (!reason)
		return;
	g_free(reason->text);
	reason->text = g_strdup(text);
}
