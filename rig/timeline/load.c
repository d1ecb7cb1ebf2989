// SPDX-License-Identifier: GPL-2.0-only
/* Reads timeline.json. The user may have edited it, so everything is checked. */
#include "timeline/internal.h"

#include <string.h>

#include "util/error.h"
#include "util/paths.h"

struct reader {
	struct timeline *tl;
	const char *file;
	GError **error;
};

static gboolean fail(const struct reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(const struct reader *r, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	return rig_fail(r->error, RIG_EXIT_USAGE, "%s: %s", r->file, text);
}

/*
 * Maximum number of ranges in a list of turns like "3,10-20,40-"; the guest accepts no more
 * (guest-init/start.c).
 */
#define SKIPS_MAX 64

static gboolean are_turns(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", SKIPS_MAX + 1);
	guint64 after = 0;

	for (guint i = 0; parts[i]; i++) {
		char *to = strchr(parts[i], '-');
		guint64 first, last;

		if (to)
			*to++ = '\0';
		if (!g_ascii_string_to_unsigned(parts[i], 10, after + 1, G_MAXINT64, &first, NULL))
			return FALSE;
		last = first;
		if (to && !*to) /* a range without an end, which must be the last one */
			return !parts[i + 1];
		if (to && !g_ascii_string_to_unsigned(to, 10, first, G_MAXINT64, &last, NULL))
			return FALSE;
		after = last;
	}
	return g_strv_length(parts) > 0 && g_strv_length(parts) <= SKIPS_MAX;
}

static gboolean read_agent(struct reader *r, json_t *json, size_t at)
{
	const struct scenario *s = r->tl->scenario;
	const char *name, *seed, *skip = NULL;
	json_error_t why;
	struct start start = {0};
	guint64 dummy;
	int instance;

	if (json_unpack_ex(json, &why, JSON_STRICT, "{s:s, s:i, s:s, s?s}", "agent", &name,
			   "instance", &instance, "seed", &seed, "skip", &skip))
		return fail(r, "agents[%zu]: %s", at, why.text);
	for (unsigned i = 0; i < s->n_agents; i++) {
		const struct agent *a = &s->agents[i];

		if (!strcmp(a->name, name) && instance >= 0 && (unsigned)instance >= a->first &&
		    (unsigned)instance < a->first + MAX(1, a->count))
			start.agent = a;
	}
	if (!start.agent)
		return fail(r, "agents[%zu]: scenario '%s' has no instance %d of agent '%s'", at,
			    s->name, instance, name);
	start.instance = instance;
	if (strlen(seed) != 16 ||
	    !g_ascii_string_to_unsigned(seed, 16, 0, G_MAXUINT64, &start.seed, NULL))
		return fail(r, "agents[%zu]: invalid seed '%s' (16 hexadecimal digits)", at, seed);
	if (timeline_agent_seed(r->tl, start.agent, start.instance - start.agent->first, &dummy))
		return fail(r, "agents[%zu]: instance %d of agent '%s' is listed twice", at,
			    instance, name);
	if (skip && !are_turns(skip))
		return fail(r,
			    "agents[%zu]: invalid skip '%s' (turns in order, for example "
			    "3,10-20,40-)",
			    at, skip);
	start.skip = g_strdup(skip);
	g_array_append_val(r->tl->starts, start);
	return TRUE;
}

static struct copy *find_copy(const struct timeline *tl, unsigned track, unsigned number)
{
	for (guint i = 0; i < tl->copies->len; i++) {
		struct copy *copy = tl->copies->pdata[i];

		if (copy->track->number == track && copy->copy == number)
			return copy;
	}
	return NULL;
}

/*
 * Reads the number of explicit laps of a copy (passes through its track whose operations are
 * listed), and makes these laps, without operations. LISTED is the set of copies in the file; adds
 * the copy to it.
 */
static gboolean read_copy(struct reader *r, json_t *json, size_t at, GHashTable *listed)
{
	int track, number, laps;
	struct copy *copy;
	json_error_t why;

	if (json_unpack_ex(json, &why, JSON_STRICT, "{s:i, s:i, s:i}", "track", &track, "copy",
			   &number, "laps", &laps))
		return fail(r, "copies[%zu]: %s", at, why.text);
	copy = track >= 0 && number >= 0 ? find_copy(r->tl, track, number) : NULL;
	if (!copy)
		return fail(r, "copies[%zu]: scenario '%s' has no copy %d of track %d", at,
			    r->tl->scenario->name, number, track);
	if (!g_hash_table_add(listed, copy))
		return fail(r, "copies[%zu]: copy %d of track %d is listed twice", at, number,
			    track);
	if (laps < 0 || r->tl->n_operations + (gint64)laps > TIMELINE_OPERATIONS_MAX)
		return fail(r, "copies[%zu]: invalid number of laps %d (0 to %d in all)", at, laps,
			    TIMELINE_OPERATIONS_MAX);
	r->tl->n_operations += laps;
	while (laps--)
		g_ptr_array_add(copy->laps, g_ptr_array_new_with_free_func(operation_free));
	return TRUE;
}

static const struct step *find_step(const struct copy *copy, unsigned number)
{
	for (unsigned i = 0; i < copy->track->n_steps; i++)
		if (copy->track->steps[i].number == number)
			return &copy->track->steps[i];
	return NULL;
}

/*
 * Reads an argument into *RET. VALUE may be NULL only if HIGH is 0, which means that the step does
 * not have this argument.
 */
static gboolean read_number(struct reader *r, const char *id, const char *key, json_t *value,
			    guint64 low, guint64 high, guint64 unit, guint64 *ret)
{
	json_int_t n = json_integer_value(value);

	if (!value)
		return !high || fail(r, "operation %s needs '%s'", id, key);
	if (!json_is_integer(value) || n < 0 || (guint64)n < low / unit * unit ||
	    (guint64)n > high || n % unit)
		return fail(r,
			    "operation %s: '%s' must be a number from %" G_GUINT64_FORMAT
			    " to %" G_GUINT64_FORMAT ", a multiple of %" G_GUINT64_FORMAT,
			    id, key, low, high, unit);
	*ret = n;
	return TRUE;
}

static gboolean read_how(struct reader *r, const char *id, const char *how, struct operation *op)
{
	if (op->step->what != STEP_ONLINE)
		return !how || fail(r, "operation %s does not take 'how'", id);
	for (int h = HOW_ONLINE; how && h <= HOW_OFFLINE; h++)
		if (!strcmp(how, step_how_name(h)) &&
		    (op->step->how == HOW_RANDOM || (int)op->step->how == h)) {
			op->how = h;
			return TRUE;
		}
	return fail(r, "operation %s: the scenario's step does not allow 'how' to be '%s'", id,
		    how ? how : "(none)");
}

/*
 * Parses TEXT, an operation id such as "0.1.2.3", into *RET and returns its copy. Returns NULL, and
 * sets the error, if the scenario has no such copy or step, or the id is out of order.
 */
static struct copy *place_of(struct reader *r, const char *text, struct op_id *ret)
{
	struct copy *copy = op_id_parse(text, ret) ? find_copy(r->tl, ret->track, ret->copy) : NULL;
	GPtrArray *lap;

	if (!copy || !find_step(copy, ret->step)) {
		fail(r, "unknown operation '%s' of scenario '%s' (TRACK.COPY.LAP.STEP, from 0)",
		     text, r->tl->scenario->name);
		return NULL;
	}
	if (ret->lap >= copy->laps->len) {
		fail(r, "operation %s is in lap %u (from 0), but 'copies' lists %u laps", text,
		     ret->lap, copy->laps->len);
		return NULL;
	}
	lap = copy->laps->pdata[ret->lap];
	for (guint i = 0; i < lap->len; i++)
		if (((struct operation *)lap->pdata[i])->id.step >= ret->step) {
			fail(r, "operation %s is listed twice, or not in the order of the steps",
			     text);
			return NULL;
		}
	return copy;
}

static gboolean read_operation(struct reader *r, json_t *json, size_t at)
{
	const char *id, *what, *actor = NULL, *device = "", *how = NULL, *after = NULL;
	json_t *size = NULL, *requested = NULL, *ms = NULL;
	const struct step *step;
	struct operation *op;
	struct copy *copy;
	struct op_id place;
	json_error_t why;
	guint64 unit;

	if (json_unpack_ex(json, &why, JSON_STRICT, "{s:s, s:s, s?s, s?s, s?s, s?s, s?o, s?o, s?o}",
			   "id", &id, "do", &what, "actor", &actor, "device", &device, "how", &how,
			   "after", &after, "size", &size, "requested", &requested, "ms", &ms))
		return fail(r, "operations[%zu]: %s", at, why.text);
	copy = place_of(r, id, &place);
	if (!copy)
		return FALSE;
	step = find_step(copy, place.step);
	op = draw_operation(r->tl, copy, place.lap, step);
	g_ptr_array_add(copy->laps->pdata[place.lap], op);
	unit = draw_unit(r->tl, step);
	if (strcmp(what, step_do_name(step->what)) || strcmp(device, op->device))
		return fail(r, "operation %s is '%s %s', in scenario '%s' it is '%s %s'", id, what,
			    device, r->tl->scenario->name, step_do_name(step->what), op->device);
	op->has_after = after != NULL;
	if (after && !op_id_parse(after, &op->after))
		return fail(r,
			    "operation %s: 'after' names '%s', which is not an id "
			    "(TRACK.COPY.LAP.STEP, from 0)",
			    id, after);
	/* accept shorter times, because a pause or a wait may end early */
	return read_number(r, id, "size", size, step->size.low, step->size.high, unit, &op->size) &&
	       read_number(r, id, "requested", requested, step->requested.low, step->requested.high,
			   unit, &op->requested) &&
	       read_number(r, id, "ms", ms, 0, step->ms.high, 1, &op->ms) &&
	       read_how(r, id, how, op);
}

static gboolean read_head(struct reader *r, json_t *json, json_t **agents, json_t **copies,
			  json_t **ops)
{
	const char *scenario, *machine, *then;
	json_int_t seed;
	json_error_t why;
	int version;

	if (json_unpack_ex(json, &why, JSON_STRICT, "{s:i, s:s, s:s, s:I, s:s, s:o, s:o, s:o}",
			   "version", &version, "scenario", &scenario, "machine", &machine, "seed",
			   &seed, "then", &then, "agents", agents, "copies", copies, "operations",
			   ops))
		return fail(r, "not a timeline file: %s", why.text);
	if (version != 1)
		return fail(r, "unknown format version %d (allowed: 1)", version);
	if (strcmp(scenario, r->tl->scenario->name))
		return fail(r, "the timeline is of scenario '%s', the run is of '%s'", scenario,
			    r->tl->scenario->name);
	if (strcmp(machine, r->tl->machine->name))
		return fail(r, "the timeline is for machine '%s', the run is on '%s'", machine,
			    r->tl->machine->name);
	if (seed < 0 || (strcmp(then, "end") && strcmp(then, "generate")))
		return fail(r,
			    "invalid 'seed' %" JSON_INTEGER_FORMAT
			    " (at least 0) or 'then' '%s' (generate or end)",
			    seed, then);
	if (!json_is_array(*agents) || !json_is_array(*copies) || !json_is_array(*ops))
		return fail(r, "'agents', 'copies' and 'operations' must be lists");
	if (json_array_size(*ops) > TIMELINE_OPERATIONS_MAX)
		return fail(r, "%zu operations are too many (at most %d)", json_array_size(*ops),
			    TIMELINE_OPERATIONS_MAX);
	r->tl->seed = seed;
	r->tl->end = !strcmp(then, "end");
	return TRUE;
}

static void leave_out(struct timeline *tl, GHashTable *listed)
{
	for (guint i = tl->copies->len; i-- > 0;)
		if (!g_hash_table_contains(listed, tl->copies->pdata[i]))
			g_ptr_array_remove_index(tl->copies, i);
}

struct timeline *timeline_parse(json_t *json, const char *file, const struct scenario *scenario,
				const struct machine *machine, GError **error)
{
	rig_auto(timeline) tl = timeline_new(scenario, machine, 0);
	g_autoptr(GHashTable) listed = g_hash_table_new(NULL, NULL);
	struct reader r = {tl, file, error};
	json_t *agents, *copies, *ops, *item;
	size_t i;

	if (!read_head(&r, json, &agents, &copies, &ops))
		return NULL;
	json_array_foreach (agents, i, item)
		if (!read_agent(&r, item, i))
			return NULL;
	json_array_foreach (copies, i, item)
		if (!read_copy(&r, item, i, listed))
			return NULL;
	leave_out(tl, listed);
	json_array_foreach (ops, i, item)
		if (!read_operation(&r, item, i))
			return NULL;
	tl->n_operations += json_array_size(ops);
	return order_check(tl, file, error) ? g_steal_pointer(&tl) : NULL;
}

struct timeline *timeline_load(const char *file, const struct scenario *scenario,
			       const struct machine *machine, GError **error)
{
	g_autofree char *data = NULL;
	json_auto_t *json = NULL;
	json_error_t why;
	gsize len;

	if (!rig_read_file(file, TIMELINE_BYTES_MAX, &data, &len, error))
		return NULL;
	json = json_loadb(data, len, JSON_REJECT_DUPLICATES, &why);
	if (!json) {
		rig_fail(error, RIG_EXIT_USAGE, "%s:%d:%d: %s", file, why.line, why.column,
			 why.text);
		return NULL;
	}
	return timeline_parse(json, file, scenario, machine, error);
}
