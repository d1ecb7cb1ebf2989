// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds cycles of recorded edges. The recorder adds an edge for every lock that a task holds, so a
 * deadlock of N tasks is a cycle of N edges. A cycle is a deadlock under three conditions:
 *
 *	locks	at each class, the lock that one task waits for is the one that the next task holds
 *	modes	at least one of these two tasks writes; or both read, and a third one
 *		waits for writing
 *	gates	no two of the tasks hold a common exclusive lock
 *
 * The conditions are checked for each combination of one pair of locks per edge, because locks of
 * one class can be acquired with different gates.
 */
#include <string.h>

#include "locks/recorded.h"

#define LENGTH_MAX 3

struct search {
	const struct lock_recorded *recorded;
	GPtrArray **out;  /* for each class, the edges (struct recorded_edge) that begin there */
	GHashTable *best; /* signature -> struct recorded_cycle */
};

void recorded_cycle_free(struct recorded_cycle *cycle)
{
	g_ptr_array_unref(cycle->edges);
	g_free(cycle->signature);
	g_free(cycle);
}

static const struct lock_class *class_at(const struct lock_recorded *recorded, guint class)
{
	return recorded->classes->pdata[class];
}

/* ---- one choice: a pair of locks for each edge ---- */

/* The state of a cycle if for each edge one of its pairs of locks is chosen (struct choice). */
struct finding {
	enum recorded_state state;
	int gate;
	gboolean writer;
};

enum clash { CLASH_NONE, CLASH_WRITER, CLASH_SURE };

/*
 * Returns whether a task that waits for a lock of CLASS is blocked by a task that holds this lock:
 * CLASH_NONE, CLASH_SURE, or CLASH_WRITER (only if a third task waits for writing). WANTS_WRITE is
 * TRUE if the first task waits for writing, HOLDS_WRITE if the second one holds the lock for
 * writing.
 */
static enum clash clash_at(const struct lock_class *class, gboolean wants_write,
			   gboolean holds_write)
{
	if (wants_write || holds_write)
		return CLASH_SURE;
	return class->flags & LOCK_WRITTEN ? CLASH_WRITER : CLASH_NONE;
}

struct choice {
	const struct lock_recorded *recorded;
	struct recorded_edge *const *edge;
	const struct recorded_pair *pair[LENGTH_MAX];
	guint n;
	gboolean found;
	struct finding best;
};

/*
 * Returns the clash at the lock at the end of edge I of C. MODE is how edge I occurs: bit 1 says
 * that its first lock is held for writing, bit 0 that the second one is wanted for writing.
 * HOLDS_WRITE is TRUE if the next task holds this second lock for writing. Returns CLASH_NONE if
 * edge I was not recorded in MODE.
 */
static enum clash clash_in(const struct choice *c, guint i, guint mode, gboolean holds_write)
{
	guint modes = c->pair[i]->modes;
	gboolean recursive = modes >> (mode + 4) & 1;

	if (modes >> mode & 1)
		return clash_at(class_at(c->recorded, c->edge[i]->to), mode & 1, holds_write);
	return recursive && holds_write ? CLASH_SURE : CLASH_NONE;
}

/*
 * Returns the worst clash that is possible: for each combination of modes of the edges, the weakest
 * clash of all edges counts, because each task must be blocked. `way` is a combination: its bits 2
 * * I and 2 * I + 1 are the mode of edge I.
 */
static enum clash clash_of(const struct choice *c)
{
	enum clash best = CLASH_NONE;

	for (guint way = 0; way < 1u << 2 * c->n; way++) {
		enum clash clash = CLASH_SURE;

		for (guint i = 0; i < c->n; i++) {
			guint mode = way >> 2 * i & 3, next = way >> 2 * ((i + 1) % c->n) & 3;

			clash = MIN(clash, clash_in(c, i, mode, next & 2));
		}
		best = MAX(best, clash);
	}
	return best;
}

/*
 * Returns the class of a gate, a lock that two of the tasks hold exclusively, so that they cannot
 * be in the cycle at the same time; or -1 if there is none.
 */
static int gate_of(const struct choice *c)
{
	for (guint i = 0; i < c->n; i++)
		for (guint g = 0; g < c->pair[i]->gates->len; g++) {
			const struct recorded_gate *gate =
				&g_array_index(c->pair[i]->gates, struct recorded_gate, g);

			for (guint k = i + 1; k < c->n; k++)
				if (recorded_pair_has(c->pair[k], gate->lock))
					return gate->class;
		}
	return -1;
}

static void judge_choice(struct choice *c)
{
	struct finding finding = {.gate = gate_of(c), .state = CYCLE_OPEN};
	enum clash clash = clash_of(c);

	if (!clash)
		return;
	finding.writer = clash == CLASH_WRITER;
	for (guint i = 0; i < c->n; i++)
		if (!c->pair[i]->from ||
		    class_at(c->recorded, c->edge[i]->from)->flags & LOCK_UNSURE)
			finding.state = CYCLE_UNCLEAR;
	if (finding.gate >= 0)
		finding.state = CYCLE_GUARDED;
	if (!c->found || finding.state < c->best.state ||
	    (finding.state == c->best.state && finding.writer < c->best.writer))
		c->best = finding;
	c->found = TRUE;
}

/* Returns TRUE if A and B are the same lock, or one of them is unknown (0). */
static gboolean may_be(guint64 a, guint64 b)
{
	return !a || !b || a == b;
}

/*
 * Tries each pair of locks of edge AT whose first lock may be the second lock of the pair chosen
 * before, with all pairs of the later edges.
 */
static void choose(struct choice *c, guint at)
{
	const GPtrArray *pairs;

	if (at == c->n) {
		if (may_be(c->pair[at - 1]->to, c->pair[0]->from))
			judge_choice(c);
		return;
	}
	pairs = c->edge[at]->pairs;
	for (guint i = 0; i < pairs->len; i++) {
		c->pair[at] = pairs->pdata[i];
		if (!at || may_be(c->pair[at - 1]->to, c->pair[at]->from))
			choose(c, at + 1);
	}
}

/* ---- searching for cycles ---- */

static char *signature_of(const struct lock_recorded *recorded, struct recorded_edge *const *edge,
			  guint n)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < n; i++) {
		g_autofree char *name = lock_report_name(recorded->classes, edge[i]->from);

		g_string_append_printf(text, "%s%s", i ? " --> " : "", name);
	}
	return g_string_free(text, FALSE);
}

static void rotate(const struct lock_recorded *recorded, struct recorded_edge **edge, guint n)
{
	guint least = 0;

	for (guint i = 1; i < n; i++)
		if (strcmp(class_at(recorded, edge[i]->from)->name,
			   class_at(recorded, edge[least]->from)->name) < 0)
			least = i;
	for (; least; least--) {
		struct recorded_edge *first = edge[0];

		memmove(edge, edge + 1, (n - 1) * sizeof(*edge));
		edge[n - 1] = first;
	}
}

static void keep(struct search *s, struct recorded_edge *const *edge, guint n,
		 const struct finding *found)
{
	struct recorded_edge *turned[LENGTH_MAX];
	struct recorded_cycle *cycle, *before;
	char *signature;

	memcpy(turned, edge, n * sizeof(*edge));
	rotate(s->recorded, turned, n);
	signature = signature_of(s->recorded, turned, n);
	before = g_hash_table_lookup(s->best, signature);
	/* of cycles with the same signature, keep the one with the worst state */
	if ((before && (before->state < found->state ||
			(before->state == found->state && before->writer <= found->writer))) ||
	    (!before && g_hash_table_size(s->best) >= RECORDED_CYCLES_MAX)) {
		g_free(signature);
		return;
	}
	cycle = g_new0(struct recorded_cycle, 1);
	*cycle = (struct recorded_cycle){g_ptr_array_new(), found->state, found->gate,
					 found->writer, signature};
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(cycle->edges, turned[i]);
	g_hash_table_replace(s->best, cycle->signature, cycle);
}

static void judge(struct search *s, struct recorded_edge *const *edge, guint n)
{
	struct choice choice = {.recorded = s->recorded, .edge = edge, .n = n};

	choose(&choice, 0);
	if (choice.found)
		keep(s, edge, n, &choice.best);
}

/*
 * Extends the path EDGE of N edges by each edge that follows it, and handles the cycles found. All
 * classes of the path are different.
 */
static void extend(struct search *s, struct recorded_edge **edge, guint n)
{
	GPtrArray *out = s->out[edge[n - 1]->to];

	for (guint i = 0; i < out->len; i++) {
		gboolean seen = FALSE;

		edge[n] = out->pdata[i];
		if (edge[n]->to == edge[0]->from) {
			judge(s, edge, n + 1);
			continue;
		}
		for (guint k = 0; k <= n; k++)
			seen |= edge[n]->to == edge[k]->from;
		/*
		 * a cycle is only found from its class with the lowest index, so it is found once
		 */
		if (!seen && n + 1 < LENGTH_MAX && edge[n]->to > edge[0]->from)
			extend(s, edge, n + 1);
	}
}

static int by_state(gconstpointer a, gconstpointer b)
{
	const struct recorded_cycle *one = *(const struct recorded_cycle *const *)a,
				    *two = *(const struct recorded_cycle *const *)b;

	if (one->state != two->state)
		return one->state < two->state ? -1 : 1;
	if (one->edges->len != two->edges->len)
		return one->edges->len < two->edges->len ? -1 : 1;
	return strcmp(one->signature, two->signature);
}

GPtrArray *lock_recorded_cycles(const struct lock_recorded *recorded)
{
	guint n = recorded->classes->len;
	struct search s = {recorded, g_new0(GPtrArray *, n + 1),
			   g_hash_table_new(g_str_hash, g_str_equal)};
	GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)recorded_cycle_free);
	GHashTableIter iter;
	gpointer cycle;

	for (guint i = 0; i < n; i++)
		s.out[i] = g_ptr_array_new();
	for (guint i = 0; i < recorded->edges->len; i++) {
		struct recorded_edge *edge = recorded->edges->pdata[i];

		g_ptr_array_add(s.out[edge->from], edge);
	}
	for (guint i = 0; i < recorded->edges->len; i++) {
		struct recorded_edge *edge[LENGTH_MAX + 1] = {recorded->edges->pdata[i]};

		if (edge[0]->to > edge[0]->from)
			extend(&s, edge, 1);
	}
	g_hash_table_iter_init(&iter, s.best);
	while (g_hash_table_iter_next(&iter, NULL, &cycle))
		g_ptr_array_add(found, cycle);
	g_ptr_array_sort(found, by_state);
	for (guint i = 0; i < n; i++)
		g_ptr_array_unref(s.out[i]);
	g_free(s.out);
	g_hash_table_unref(s.best);
	return found;
}

/* ---- text and JSON ---- */

static const char *mode_text(guint modes)
{
	gboolean read = modes & 0x55, write = modes & 10;

	return read && write ? "to read or write" : write ? "to write" : "to read";
}

char *recorded_cycle_text(const struct lock_recorded *recorded, const struct recorded_cycle *cycle)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < cycle->edges->len; i++) {
		const struct recorded_edge *edge = cycle->edges->pdata[i];
		g_autofree char *stack = NULL;

		g_ptr_array_add(edge->stack, NULL);
		stack = g_strjoinv(" < ", (char **)edge->stack->pdata);
		g_ptr_array_remove_index(edge->stack, edge->stack->len - 1);
		g_string_append_printf(text,
				       "%s is held and %s is wanted %s: %" G_GUINT64_FORMAT
				       " times\n  first in %s\n",
				       class_at(recorded, edge->from)->name,
				       class_at(recorded, edge->to)->name, mode_text(edge->modes),
				       edge->count, stack);
	}
	if (cycle->writer)
		g_string_append(text, "blocks only while a writer waits between two readers\n");
	if (cycle->gate >= 0)
		g_string_append_printf(text, "guarded by %s at each occurrence\n",
				       class_at(recorded, cycle->gate)->name);
	if (cycle->state == CYCLE_UNCLEAR)
		g_string_append(text, "it is not known whether these are the same locks: a class "
				      "has more locks than the record has space for, or its "
				      "locks have no names\n");
	return g_string_free(text, FALSE);
}

static json_t *cycle_json(const struct lock_recorded *r, const struct recorded_cycle *cycle)
{
	static const char *const states[] = {"open", "unclear", "guarded"};
	json_t *edges = json_array();

	for (guint e = 0; e < cycle->edges->len; e++) {
		const struct recorded_edge *edge = cycle->edges->pdata[e];

		json_array_append_new(
			edges, json_pack("{s:s, s:s, s:I, s:b}", "held",
					 class_at(r, edge->from)->name, "wanted",
					 class_at(r, edge->to)->name, "count",
					 (json_int_t)edge->count, "spin",
					 class_at(r, edge->to)->flags & LOCK_SPIN ? 1 : 0));
	}
	return json_pack("{s:s, s:s, s:b, s:s?, s:o}", "signature", cycle->signature, "state",
			 states[cycle->state], "writer", cycle->writer, "gate",
			 cycle->gate >= 0 ? class_at(r, cycle->gate)->name : NULL, "edges", edges);
}

static json_t *trap_json(const struct lock_recorded *r, char **members)
{
	const struct recorded_trap *trap = &r->trap;
	json_t *cycle = json_array(), *encounters = json_array(), *circle = json_array();
	guint n = g_strv_length(members);

	for (guint i = 0; i < n; i++) {
		json_array_append_new(cycle, json_string(members[i]));
		for (guint j = 0; j < n; j++)
			if (trap->encounters[i][j])
				json_array_append_new(
					encounters, json_pack("{s:s, s:s, s:I}", "held", members[i],
							      "wanted", members[j], "count",
							      (json_int_t)trap->encounters[i][j]));
	}
	for (guint i = 0; i < trap->circle->len; i++)
		json_array_append_new(
			circle,
			json_string(class_at(r, g_array_index(trap->circle, guint, i))->name));
	return json_pack("{s:o, s:I, s:I, s:I, s:b, s:o, s:o}", "cycle", cycle, "held",
			 (json_int_t)trap->held, "met", (json_int_t)trap->met, "expired",
			 (json_int_t)trap->expired, "waits", trap->circle->len && trap->waits,
			 "encounters", encounters, "circle", circle);
}

json_t *lock_recorded_summary(const struct lock_recorded *r, const GPtrArray *cycles,
			      char **members)
{
	g_autofree char *fault = lock_recorded_fault(r);
	json_t *array = json_array(), *json;

	for (guint i = 0; i < cycles->len; i++)
		json_array_append_new(array, cycle_json(r, cycles->pdata[i]));
	json = json_pack("{s:I, s:I, s:i, s:i, s:s?, s:o}", "acquired", (json_int_t)r->acquired,
			 "elsewhere", (json_int_t)r->elsewhere, "classes", (int)r->classes->len,
			 "edges", (int)r->edges->len, "fault", fault, "cycles", array);
	if (members && r->trap.used)
		json_object_set_new(json, "trap", trap_json(r, members));
	return json;
}
