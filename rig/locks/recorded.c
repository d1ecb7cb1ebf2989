// SPDX-License-Identifier: GPL-2.0-only
/* Reads the record of locks that the director's plugin wrote, and finds names for its addresses. */
#include "locks/recorded.h"

#include <stdio.h>
#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"

#define FAULTS_MAX 64
#define STACK_MAX 8
#define GATES_MAX 32
#define PAIRS_MAX 256
#define MODES_ALL 0x5fu /* all bits of `modes` in struct recorded_pair */

/* ---- creation and release ---- */

static void pair_free(gpointer data)
{
	struct recorded_pair *pair = data;

	g_array_unref(pair->gates);
	g_free(pair);
}

static void edge_free(gpointer data)
{
	struct recorded_edge *edge = data;

	g_ptr_array_unref(edge->pairs);
	g_ptr_array_unref(edge->stack);
	g_free(edge);
}

void lock_recorded_free(struct lock_recorded *recorded)
{
	if (!recorded)
		return;
	g_ptr_array_unref(recorded->classes);
	g_ptr_array_unref(recorded->edges);
	g_ptr_array_unref(recorded->faults);
	g_array_unref(recorded->trap.circle);
	g_free(recorded);
}

static struct lock_recorded *recorded_new(void)
{
	struct lock_recorded *recorded = g_new0(struct lock_recorded, 1);

	recorded->classes = g_ptr_array_new_with_free_func(lock_class_free);
	recorded->edges = g_ptr_array_new_with_free_func(edge_free);
	recorded->faults = g_ptr_array_new_with_free_func(g_free);
	recorded->trap.circle = g_array_new(FALSE, FALSE, sizeof(guint));
	return recorded;
}

/* ---- names of recorded locks ---- */

/*
 * Returns the name of the function at ADDRESS. If IS_RETURN is TRUE, ADDRESS is a return address,
 * and the byte before it is looked up, because the call may be the last instruction of its
 * function.
 */
static char *function_name(const struct lock_names *names, guint64 address, gboolean is_return)
{
	char *name = names->function ? names->function(address - is_return, names->data) : NULL;

	return name ? name : g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);
}

static char *variable_name(const struct lock_names *names, guint64 address)
{
	char *name = names->variable ? names->variable(address, names->data) : NULL;

	return name ? name : g_strdup_printf("lock at 0x%" G_GINT64_MODIFIER "x", address);
}

/*
 * Returns the words before the function in the name of a class that is named after a function, such
 * as "work of".
 */
static const char *what_of(const char *kind)
{
	return !strcmp(kind, "work")   ? "work of"
	       : !strcmp(kind, "wait") ? "completion in"
				       : "lock of";
}

/*
 * Returns TRUE if the variable that contains ADDRESS begins before it: then the lock is a part of
 * this variable.
 */
static gboolean is_inside(const struct lock_names *names, guint64 address)
{
	g_autofree char *here = variable_name(names, address),
			*before = variable_name(names, address - 1);

	return !strcmp(here, before);
}

/*
 * Returns the name of a static lock: that of its variable. A spinlock inside a larger variable,
 * which can have several locks, is named after the function at PLACE (a hexadecimal address), where
 * it was first acquired.
 */
static char *static_name(const struct lock_names *names, guint64 address, const char *place)
{
	g_autofree char *function = NULL;

	if (!strcmp(place, "-") || !is_inside(names, address))
		return variable_name(names, address);
	function = function_name(names, g_ascii_strtoull(place, NULL, 16), TRUE);
	return g_strdup_printf("lock of %s()", function);
}

static char *class_name(const struct lock_names *names, const char *kind, guint sub,
			guint64 address, const char *name)
{
	g_autofree char *function = NULL, *plain = NULL;

	if (!strcmp(kind, "static")) {
		plain = static_name(names, address, name);
	} else if (!strcmp(kind, "node")) {
		plain = g_strdup_printf("kn->active(%s)", name);
	} else if (!strcmp(kind, "name")) {
		plain = g_strdup(name);
	} else {
		function = function_name(names, address, strcmp(kind, "work") != 0);
		plain = g_strdup_printf("%s %s()", what_of(kind), function);
	}
	return sub ? g_strdup_printf("%s/%u", plain, sub) : g_steal_pointer(&plain);
}

/* ---- parsing the lines of the record ---- */

struct reader {
	struct lock_recorded *recorded;
	const struct lock_names *names;
	gboolean ended;
};

static gboolean read_counts(struct reader *r, const char *line)
{
	struct lock_recorded *c = r->recorded;

#define N " %" G_GUINT64_FORMAT
	return sscanf(line, "counts" N N N N N N N, &c->acquired, &c->released, &c->elsewhere,
		      &c->unmatched, &c->left, &c->unresolved, &c->full) == 7;
#undef N
}

static gboolean read_unmatched(struct reader *r, const char *line)
{
	guint64 address;
	g_autofree char *function = NULL;

	if (sscanf(line, "unmatched %" G_GINT64_MODIFIER "x", &address) != 1 ||
	    r->recorded->faults->len == FAULTS_MAX)
		return FALSE;
	function = function_name(r->names, address, TRUE);
	g_ptr_array_add(r->recorded->faults,
			g_strdup_printf("%s released a lock that no task held", function));
	return TRUE;
}

static gboolean read_class(struct reader *r, const char *line)
{
	char kind[8], flags[8], name[64];
	struct lock_class *class;
	guint64 address;
	guint sub;

	if (sscanf(line, "class %7s %u %7s %" G_GINT64_MODIFIER "x %63s", kind, &sub, flags,
		   &address, name) != 5 ||
	    r->recorded->classes->len == LOCKS_CLASSES_MAX)
		return FALSE;
	class = g_new0(struct lock_class, 1);
	class->name = class_name(r->names, kind, sub, address, name);
	class->flags = (strchr(flags, 'm') ? 0 : LOCK_SINGLE) |
		       (strchr(flags, 'r') ? LOCK_SHARED : 0) |
		       (strchr(flags, 'w') ? LOCK_WRITTEN : 0) |
		       (strchr(flags, 's') ? LOCK_SPIN : 0);
	if (class->flags & LOCK_SPIN && !strcmp(kind, "place"))
		class->flags |= LOCK_UNSURE;
	g_ptr_array_add(r->recorded->classes, class);
	return TRUE;
}

static gboolean read_left(struct reader *r, const char *line)
{
	guint class;

	if (sscanf(line, "left %u", &class) != 1 || class >= r->recorded->classes->len ||
	    r->recorded->faults->len == FAULTS_MAX)
		return FALSE;
	g_ptr_array_add(
		r->recorded->faults,
		g_strdup_printf("a task in user mode, or an interrupt at its end, held %s",
				((struct lock_class *)r->recorded->classes->pdata[class])->name));
	return TRUE;
}

static gboolean read_edge(struct reader *r, const char *line)
{
	g_auto(GStrv) words = NULL;
	struct recorded_edge *edge;
	guint from, to;
	int used = 0;

	if (sscanf(line, "edge %u %u%n", &from, &to, &used) != 2 ||
	    from >= r->recorded->classes->len || to >= r->recorded->classes->len ||
	    r->recorded->edges->len == LOCKS_EDGES_MAX)
		return FALSE;
	edge = g_new0(struct recorded_edge, 1);
	*edge = (struct recorded_edge){
		.from = from,
		.to = to,
		.pairs = g_ptr_array_new_with_free_func(pair_free),
		.stack = g_ptr_array_new_with_free_func(g_free),
	};
	g_ptr_array_add(r->recorded->edges, edge);
	words = g_strsplit(line + used, " ", STACK_MAX);
	for (char **word = words; *word; word++)
		if (**word)
			g_ptr_array_add(edge->stack,
					function_name(r->names, g_ascii_strtoull(*word, NULL, 16),
						      TRUE));
	return TRUE;
}

static gboolean read_gates(struct reader *r, struct recorded_pair *pair, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", GATES_MAX);

	for (char **word = words; *word; word++) {
		struct recorded_gate gate;

		if (!**word)
			continue;
		if (sscanf(*word, "%u:%" G_GINT64_MODIFIER "x", &gate.class, &gate.lock) != 2 ||
		    gate.class >= r->recorded->classes->len)
			return FALSE;
		g_array_append_val(pair->gates, gate);
	}
	return TRUE;
}

static gboolean read_pair(struct reader *r, const char *line)
{
	struct recorded_edge *edge =
		r->recorded->edges->len ? r->recorded->edges->pdata[r->recorded->edges->len - 1]
					: NULL;
	struct recorded_pair pair = {0};
	int used = 0;

	if (!edge || edge->pairs->len == PAIRS_MAX ||
	    sscanf(line,
		   "pair %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %" G_GUINT64_FORMAT
		   " %x%n",
		   &pair.from, &pair.to, &pair.count, &pair.modes, &used) != 4 ||
	    pair.modes & ~MODES_ALL)
		return FALSE;
	pair.gates = g_array_new(FALSE, FALSE, sizeof(struct recorded_gate));
	edge->count += pair.count;
	edge->modes |= pair.modes;
	g_ptr_array_add(edge->pairs, g_memdup2(&pair, sizeof(pair)));
	return read_gates(r, &pair, line + used);
}

static gboolean read_trap(struct reader *r, const char *line)
{
	struct recorded_trap *trap = &r->recorded->trap;

	trap->used = trap->waits = TRUE;
	return sscanf(line, "trap %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
		      &trap->held, &trap->met, &trap->expired) == 3;
}

static gboolean read_encounter(struct reader *r, const char *line)
{
	guint64 count;
	guint i, j;

	if (sscanf(line, "encounter %u %u %" G_GUINT64_FORMAT, &i, &j, &count) != 3 ||
	    i >= TRAP_MEMBERS || j >= TRAP_MEMBERS)
		return FALSE;
	r->recorded->trap.encounters[i][j] = count;
	return TRUE;
}

static gboolean read_circle(struct reader *r, const char *line)
{
	struct recorded_trap *trap = &r->recorded->trap;
	char state[8];
	guint class;

	if (sscanf(line, "circle %u %7s", &class, state) != 2 ||
	    class >= r->recorded->classes->len || trap->circle->len == TRAP_PARTIES)
		return FALSE;
	g_array_append_val(trap->circle, class);
	trap->waits &= !strcmp(state, "waits");
	return TRUE;
}

static gboolean read_end(struct reader *r, const char *line)
{
	(void)line;
	r->ended = TRUE;
	return TRUE;
}

static gboolean read_line(struct reader *r, const char *line)
{
	static const struct {
		const char *word;
		gboolean (*read)(struct reader *r, const char *line);
	} kinds[] = {
		{"counts ", read_counts}, {"unmatched ", read_unmatched}, {"class ", read_class},
		{"left ", read_left},	  {"edge ", read_edge},		  {"pair ", read_pair},
		{"trap ", read_trap},	  {"encounter ", read_encounter}, {"circle ", read_circle},
		{"end", read_end},
	};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(line, kinds[i].word))
			return kinds[i].read(r, line);
	return FALSE;
}

struct lock_recorded *lock_recorded_parse(const char *text, const struct lock_names *names,
					  GError **error)
{
	rig_auto(lock_recorded) recorded = recorded_new();
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct reader r = {recorded, names, FALSE};

	if (g_strcmp0(lines[0], LOCKS_MAGIC)) {
		rig_fail(error, RIG_EXIT_INFRA,
			 "the plugin's record of locks is missing, or a plugin of another "
			 "version wrote it; run `make plugin`");
		return NULL;
	}
	for (guint i = 1; lines[i] && !r.ended; i++)
		if (!read_line(&r, lines[i])) {
			rig_fail(error, RIG_EXIT_INFRA,
				 "the plugin's record of locks is damaged: invalid line %u: "
				 "'%.60s'", i + 1,
				 lines[i]);
			return NULL;
		}
	if (!r.ended) {
		rig_fail(error, RIG_EXIT_INFRA, "the plugin's record of locks is incomplete: its "
						"last line is missing");
		return NULL;
	}
	return g_steal_pointer(&recorded);
}

/* ---- queries of a record ---- */

char *lock_recorded_fault(const struct lock_recorded *r)
{
	const char *first = r->faults->len ? r->faults->pdata[0] : NULL;

	if (!r->unmatched && !r->left && !r->unresolved && !r->full)
		return NULL;
	return g_strdup_printf("%" G_GUINT64_FORMAT " unmatched releases, %" G_GUINT64_FORMAT
			       " locks held in user mode, %" G_GUINT64_FORMAT
			       " calls without a return, %" G_GUINT64_FORMAT
			       " entries that did not fit%s%s",
			       r->unmatched, r->left, r->unresolved, r->full,
			       first ? "; first: " : "", first ? first : "");
}

char *lock_report_name(const GPtrArray *classes, guint class)
{
	const char *name = ((const struct lock_class *)classes->pdata[class])->name;

	return g_str_has_prefix(name, "kn->active(") ? g_strdup("kn->active") : g_strdup(name);
}

gboolean recorded_pair_has(const struct recorded_pair *pair, guint64 lock)
{
	for (guint i = 0; i < pair->gates->len; i++)
		if (g_array_index(pair->gates, struct recorded_gate, i).lock == lock)
			return TRUE;
	return FALSE;
}
