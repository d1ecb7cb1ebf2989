// SPDX-License-Identifier: GPL-2.0-only
/* Parses and checks the lines that the plugin sends (plugin/protocol.h). */
#include "director/link.h"

#include <stdio.h>
#include <string.h>

static const char *const outcomes[] = HOLD_OUTCOMES;

static void on_held(struct director *d, const struct director_held *held)
{
	struct director_totals *totals = &d->logged[held->hold];

	d->recent[d->n_recent++ % RECENT] =
		(struct recent){held->cpu, held->start_ns, held->length_ns};
	totals->held++;
	totals->held_ns += held->length_ns;
	if (held->outcome == outcomes[0])
		totals->met++;
	else if (held->outcome == outcomes[1])
		totals->expired++;
	else
		totals->released++;
	if (d->owner.held)
		d->owner.held(held, d->owner.data);
}

static gboolean read_held(struct director *d, const char *line)
{
	struct director_held held = {0};
	char side, outcome[16];
	int used = 0;

	if (sscanf(line,
		   "held %u %c %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %15s %" G_GUINT64_FORMAT
		   "%n",
		   &held.hold, &side, &held.cpu, &held.start_ns, &held.length_ns, outcome,
		   &held.visits, &used) != 7 ||
	    line[used] || held.hold >= d->n_holds || (side != 'a' && side != 'b') ||
	    held.length_ns < 0 || held.start_ns < 0)
		return FALSE;
	held.is_partner = side == 'b';
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++)
		if (!strcmp(outcome, outcomes[i])) {
			held.outcome = outcomes[i];
			on_held(d, &held);
			return TRUE;
		}
	return FALSE;
}

static gboolean read_totals(struct director *d, const char *line)
{
	struct director_totals t;
	guint hold;
	int used = 0;

#define N " %" G_GUINT64_FORMAT
	if (sscanf(line, "totals %u" N N N N N N N N N N N "%n", &hold, &t.reached,
		   &t.partner_reached, &t.held, &t.met, &t.expired, &t.released, &t.crowded,
		   &t.early, &t.unfit, &t.held_ns, &t.dropped, &used) != 12 ||
	    line[used] || hold >= d->n_holds)
		return FALSE;
#undef N
	d->totals[hold] = t;
	return TRUE;
}

/* Reads "ID:N" of a `visited` line: how often function ID was visited at about the same time. */
static gboolean read_beside(const struct director *d, const char *word, json_t *beside)
{
	guint id, n;
	int used = 0;

	if (sscanf(word, "%u:%u%n", &id, &n, &used) != 2 || word[used] || id >= d->names->len)
		return FALSE;
	json_object_set_new(beside, d->names->pdata[id], json_integer(n));
	return TRUE;
}

/* Returns the names of the counted functions that function ID calls. */
static json_t *calls_json(const struct director *d, guint id)
{
	json_t *array = json_array();
	GHashTableIter iter;
	gpointer callee;

	if (!d->call_ids)
		return array;
	g_hash_table_iter_init(&iter, d->call_ids->pdata[id]);
	while (g_hash_table_iter_next(&iter, &callee, NULL))
		json_array_append_new(array,
				      json_string(d->names->pdata[GPOINTER_TO_UINT(callee)]));
	return array;
}

static gboolean read_visited(struct director *d, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", DIRECTOR_LINE_MAX);
	guint64 id, count;
	json_t *beside;

	if (!d->names || g_strv_length(words) < 3 ||
	    !g_ascii_string_to_unsigned(words[1], 10, 0, d->names->len - 1, &id, NULL) ||
	    !g_ascii_string_to_unsigned(words[2], 10, 1, G_MAXINT64, &count, NULL) ||
	    json_array_size(d->visits) > DIRECTOR_VISITS_MAX)
		return FALSE;
	beside = json_object();
	for (char **word = words + 3; *word; word++)
		if (!read_beside(d, *word, beside)) {
			json_decref(beside);
			return FALSE;
		}
	json_array_append_new(d->visits,
			      json_pack("{s:s, s:I, s:o, s:o}", "function", d->names->pdata[id],
					"visits", (json_int_t)count, "beside", beside, "calls",
					calls_json(d, id)));
	return TRUE;
}

json_t *director_visits(const struct director *d)
{
	return d->visits ? json_incref(d->visits) : NULL;
}

static gboolean read_turn(struct director *d, const char *line)
{
	guint hold;
	int used = 0;

	if (sscanf(line, "turn %u%n", &hold, &used) != 1 || line[used] || hold >= d->n_holds)
		return FALSE;
	if (d->owner.turned)
		d->owner.turned(hold, d->owner.data);
	return TRUE;
}

static gboolean read_phase(struct director *d, const char *line)
{
	guint phase;
	int used = 0;

	if (sscanf(line, "phase %u%n", &phase, &used) != 1 || line[used] || phase >= COVER_PHASES)
		return FALSE;
	d->switched++;
	return TRUE;
}

static gboolean read_skewed(struct director *d, const char *line)
{
	guint64 address;
	guint hold;
	int used = 0;

	if (sscanf(line, "skewed %u %" G_GINT64_MODIFIER "x%n", &hold, &address, &used) != 2 ||
	    line[used] || hold >= d->n_holds)
		return FALSE;
	if (d->owner.skewed)
		d->owner.skewed(hold, address, d->owner.data);
	return TRUE;
}

static gboolean read_hello(struct director *d, const char *line)
{
	(void)line;
	d->there = TRUE;
	return TRUE;
}

static gboolean read_trapped(struct director *d, const char *line)
{
	gint64 start_ns, length_ns;
	char outcome[8];
	guint cpu;
	int used = 0;

	if (sscanf(line, "trapped %u %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %7s%n", &cpu,
		   &start_ns, &length_ns, outcome, &used) != 4 ||
	    line[used] || start_ns < 0 || length_ns < 0)
		return FALSE;
	d->recent[d->n_recent++ % RECENT] = (struct recent){cpu, start_ns, length_ns};
	if (d->owner.trapped)
		d->owner.trapped(cpu, start_ns, length_ns, !strcmp(outcome, "met"), d->owner.data);
	return TRUE;
}

static gboolean read_failed(struct director *d, const char *line)
{
	struct director_failed failed;
	char comm[FAIL_COMM];
	int used = 0;

	if (sscanf(line,
		   "failed %u %u %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_MODIFIER
		   "x %15s%n",
		   &failed.fail, &failed.cpu, &failed.at_ns, &failed.call, &failed.caller, comm,
		   &used) != 6 ||
	    line[used] || failed.fail >= d->n_fails || failed.at_ns < 0)
		return FALSE;
	failed.comm = comm;
	d->calls[failed.fail].failed++;
	d->calls[failed.fail].calls = MAX(d->calls[failed.fail].calls, failed.call);
	if (d->owner.failed)
		d->owner.failed(&failed, d->owner.data);
	return TRUE;
}

static gboolean read_calls(struct director *d, const char *line)
{
	guint64 calls, failed;
	guint id;
	int used = 0;

	if (sscanf(line, "calls %u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "%n", &id, &calls,
		   &failed, &used) != 3 ||
	    line[used] || id >= d->n_fails)
		return FALSE;
	d->calls[id].calls = calls;
	d->calls[id].failed = MAX(d->calls[id].failed, failed);
	return TRUE;
}

static gboolean read_locks(struct director *d, const char *line)
{
	int edges, used = 0;

	if (sscanf(line, "locks %d%n", &edges, &used) != 1 || line[used] || edges < -1)
		return FALSE;
	d->has_locks = edges >= 0;
	return TRUE;
}

static gboolean read_counted(struct director *d, const char *line)
{
	(void)d;
	return !strcmp(line, "counted");
}

void link_read(struct director *d, const char *line)
{
	static const struct {
		const char *word;
		gboolean (*read)(struct director *d, const char *line);
	} kinds[] = {
		{"hello ", read_hello},	  {"held ", read_held},	      {"totals ", read_totals},
		{"skewed ", read_skewed}, {"visited ", read_visited}, {"counted", read_counted},
		{"locks ", read_locks},	  {"trapped ", read_trapped},
		{"turn ", read_turn},	  {"failed ", read_failed},   {"calls ", read_calls},
		{"phase ", read_phase},
	};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(line, kinds[i].word) && kinds[i].read(d, line))
			return;
	if (!d->told_broken && d->owner.broken)
		d->owner.broken(line, d->owner.data);
	d->told_broken = TRUE;
}
