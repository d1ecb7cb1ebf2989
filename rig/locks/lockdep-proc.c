// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads lock orders from /proc/lockdep and /proc/lockdep_chains (kernel/locking/lockdep_proc.c).
 *
 * Classes:  "ffffffff81de4fa8 OPS:       6 FD:   30 BD:    1 +.+.: cgroup_mutex"
 *	     the four usage characters are hardirq write, hardirq read, softirq write, softirq read
 * Chains:   "irq_context: 0" (or a bit mask, or "softirq", "hardirq", "hardirq-softirq"), then a
 *	     line "[ffffffff81de4fa8] cgroup_mutex" for each held lock, outermost first, then an
 *	     empty line
 */
#include "locks/locks.h"

#include <string.h>

#include "locks/kinds.h"

#define DEPTH_MAX 64 /* the kernel's MAX_LOCK_DEPTH is 48 */

struct reader {
	GHashTable *by_key;   /* "ADDRESS NAME" as lockdep prints it -> index of the class + 1 */
	GHashTable *by_name;  /* canonical name -> index of the class + 1 */
	GHashTable *prefixes; /* a set of prefix_key(): all locks of each chain */
	GHashTable *edges;    /* from << 32 | to -> struct lock_edge, owned by orders */
	struct lock_orders *orders;
	guint usage[LOCKS_CLASSES_MAX]; /* enum lock_usage, of each class */
	lock_symbol symbol;
	void *data;
};

char *lock_plain_name(const char *name)
{
	const char *slash = strrchr(name, '/'), *hash = strrchr(name, '#');
	const char *rest;

	if (!hash || !g_ascii_isdigit(hash[1]))
		return g_strdup(name);
	rest = hash + 1 + strspn(hash + 1, "0123456789");
	/* only remove a number at the end, or before a subclass: "name#13" or "name#13/1" */
	if (*rest && rest != slash)
		return g_strdup(name);
	return g_strdup_printf("%.*s%s", (int)(hash - name), name, rest);
}

/*
 * Returns the name of the variable that contains the lock key at ADDRESS, without the compiler's
 * suffix ("dev_attr_state" for dev_attr_state.3). Returns NULL if there is none, or it is a macro's
 * static variable ("__key"), which does not identify the class.
 */
static char *key_symbol(const struct reader *r, const char *address)
{
	char *end, *name;
	guint64 value = g_ascii_strtoull(address, &end, 16);

	if (!r->symbol || !value || *end)
		return NULL;
	name = r->symbol(value, r->data);
	if (!name)
		return NULL;
	name[strcspn(name, ".")] = '\0';
	if (*name && !g_str_has_prefix(name, "__key") && !g_str_has_prefix(name, "__lockdep") &&
	    strlen(name) < LOCKS_NAME_MAX / 2)
		return name;
	g_free(name);
	return NULL;
}

/* Returns the canonical name of the class that lockdep prints as NAME at ADDRESS (locks.h). */
static char *canonical(const struct reader *r, const char *address, const char *name,
		       guint *ret_flags)
{
	g_autofree char *plain = lock_plain_name(name), *symbol = key_symbol(r, address);
	gsize base = strcspn(plain, "/");
	const char *sub = g_ascii_isdigit(plain[base] ? plain[base + 1] : '\0') ? plain + base : "";

	if (!*sub)
		base = strlen(plain);
	*ret_flags = 0;
	if (symbol && !g_strstr_len(plain, base, symbol))
		return g_strdup_printf("%.*s(%s)%s", (int)base, plain, symbol, sub);
	if (!symbol && strcmp(plain, name))
		*ret_flags |= LOCK_AMBIGUOUS;
	if (lock_name_is_variable(plain))
		*ret_flags |= LOCK_SINGLE;
	return g_steal_pointer(&plain);
}

/*
 * Returns the index + 1 of the class that lockdep prints as NAME at ADDRESS; adds the class if it
 * is new. Returns 0 if NAME is invalid or there are too many classes. A hidden ADDRESS is
 * "(____ptrval____)".
 */
static guint class_get(struct reader *r, const char *address, const char *name)
{
	g_autofree char *key = g_strdup_printf("%s %s", address, name), *full = NULL;
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(r->by_key, key)), flags;
	struct lock_class *class;

	if (number || !lock_text_is_valid(name, LOCKS_NAME_MAX / 2))
		return number;
	full = canonical(r, address, name, &flags);
	/* ignore a class without a name: lockdep prints only its number, "#6" */
	if (!*full)
		return 0;
	number = GPOINTER_TO_UINT(g_hash_table_lookup(r->by_name, full));
	if (!number && r->orders->classes->len == LOCKS_CLASSES_MAX) {
		r->orders->cut = TRUE;
		return 0;
	}
	if (number) {
		class = r->orders->classes->pdata[number - 1];
		/* a second lockdep key has this name */
		class->flags = (class->flags | LOCK_AMBIGUOUS) & ~LOCK_SINGLE;
	} else {
		class = g_new0(struct lock_class, 1);
		class->name = g_strdup(full);
		class->flags = flags;
		g_ptr_array_add(r->orders->classes, class);
		number = r->orders->classes->len;
		g_hash_table_insert(r->by_name, g_steal_pointer(&full), GUINT_TO_POINTER(number));
	}
	g_hash_table_insert(r->by_key, g_steal_pointer(&key), GUINT_TO_POINTER(number));
	return number;
}

static void class_used(struct reader *r, guint index, guint usage)
{
	struct lock_class *class = r->orders->classes->pdata[index];

	r->usage[index] |= usage;
	class->flags |= usage & USAGE_READS ? LOCK_SHARED : 0;
	class->flags |= usage & USAGE_WRITES ? LOCK_WRITTEN : 0;
}

/*
 * Parses a line of /proc/lockdep. The usage characters ("+.+.") are between two blanks or before ":
 * "; the rest of the line is the name of the class.
 */
static void read_class(struct reader *r, char *line)
{
	char *address = line, *after = line + strcspn(line, " "), *colon;
	guint number;

	if (!*after || *line == ' ')
		return;
	*after++ = '\0';
	for (colon = strstr(after, ": "); colon; colon = strstr(colon + 1, ": ")) {
		gsize usage = 0;

		while (colon - usage > after && strchr(".+-?", colon[-1 - (gssize)usage]))
			usage++;
		if (usage != 4)
			continue;
		number = class_get(r, address, colon + 2);
		if (number)
			class_used(r, number - 1, lock_usage_of(colon - 4));
		return;
	}
}

/*
 * Returns a copy of TEXT (may be NULL), of at most LOCKS_TEXT_MAX bytes. g_strndup() is not used,
 * because it allocates and clears this number of bytes in any case.
 */
static char *copy_text(const char *text)
{
	gsize len = text ? strnlen(text, LOCKS_TEXT_MAX) : 0;
	char *copy = g_malloc(len + 1);

	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/*
 * Returns the line at *AT, with a NUL in place of its newline, and moves *AT to the next line.
 * Returns NULL after the last line. Text after the last newline is left out: it is a line that was
 * cut off.
 */
static char *next_line(struct reader *r, char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (!end) {
		r->orders->cut |= *line != '\0';
		return NULL;
	}
	*end = '\0';
	*at = end + 1;
	return line;
}

static void each_line(struct reader *r, const char *text,
		      void (*each)(struct reader *r, char *line))
{
	g_autofree char *copy = copy_text(text);
	char *at = copy, *line;

	while ((line = next_line(r, &at)))
		each(r, line);
}

/* ---- parsing /proc/lockdep_chains ---- */

struct chain {
	guint held[DEPTH_MAX]; /* index + 1 of each class, the outermost lock first */
	guint n;
	guint context;
};

typedef void (*chain_done)(struct reader *r, const struct chain *chain);

struct chain_reader {
	struct chain chain;
	gboolean bad; /* a line of the chain could not be read */
	chain_done done;
};

static guint context_of(const char *word)
{
	guint bits = g_ascii_strtoull(word, NULL, 10);

	/* bit 0 is LOCK_CHAIN_SOFTIRQ_CONTEXT, bit 1 is LOCK_CHAIN_HARDIRQ_CONTEXT */
	if (strstr(word, "hardirq") || bits & 2)
		return LOCK_IN_HARDIRQ;
	return strstr(word, "softirq") || bits & 1 ? LOCK_IN_SOFTIRQ : LOCK_IN_PROCESS;
}

static void chain_end(struct reader *r, struct chain_reader *c)
{
	if (c->chain.n && !c->bad)
		c->done(r, &c->chain);
	c->chain.n = 0;
	c->bad = FALSE;
}

static void chain_line(struct reader *r, struct chain_reader *c, char *line)
{
	char *close;
	guint number;

	if (g_str_has_prefix(line, "irq_context: ")) {
		chain_end(r, c);
		c->chain.context = context_of(line + strlen("irq_context: "));
	} else if (*line == '[' && (close = strstr(line, "] "))) {
		*close = '\0';
		number = class_get(r, line + 1, close + 2);
		c->bad |= !number || c->chain.n == DEPTH_MAX;
		if (!c->bad)
			c->chain.held[c->chain.n++] = number;
	}
}

static void each_chain(struct reader *r, const char *text, chain_done done)
{
	struct chain_reader c = {.chain.context = LOCK_IN_PROCESS, .done = done};
	g_autofree char *copy = copy_text(text);
	char *at = copy, *line;

	while ((line = next_line(r, &at)))
		chain_line(r, &c, line);
	/* if text is left at *at, it was cut off, and the last chain may be incomplete */
	if (!*at)
		chain_end(r, &c);
}

/* Returns a hash key for the context of CHAIN and its first N locks. */
static GBytes *prefix_key(const struct chain *chain, guint n)
{
	guint words[DEPTH_MAX + 1];

	words[0] = chain->context;
	memcpy(words + 1, chain->held, n * sizeof(*words));
	return g_bytes_new(words, (n + 1) * sizeof(*words));
}

static void note_prefix(struct reader *r, const struct chain *chain)
{
	g_hash_table_add(r->prefixes, prefix_key(chain, chain->n));
}

/*
 * Returns TRUE if a chain ends with lock AT of CHAIN. lockdep makes such a chain unless the lock
 * was acquired by a trylock.
 */
static gboolean was_waited_for(const struct reader *r, const struct chain *chain, guint at)
{
	g_autoptr(GBytes) key = prefix_key(chain, at + 1);

	return g_hash_table_contains(r->prefixes, key);
}

static gboolean can_be_gate(const struct reader *r, guint number)
{
	const struct lock_class *class = r->orders->classes->pdata[number - 1];

	return (class->flags & LOCK_SINGLE) && !(class->flags & (LOCK_SHARED | LOCK_AMBIGUOUS));
}

static int by_number(gconstpointer a, gconstpointer b)
{
	return *(const guint *)a < *(const guint *)b ? -1 : *(const guint *)a > *(const guint *)b;
}

/*
 * Returns the locks, except lock FROM, that a task held when it waited for the last lock of CHAIN:
 * indices of classes, sorted, without duplicates.
 */
static GArray *gates_of(const struct reader *r, const struct chain *chain, guint from)
{
	GArray *gates = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i + 1 < chain->n; i++) {
		guint index = chain->held[i] - 1;

		if (i != from && can_be_gate(r, chain->held[i]))
			g_array_append_val(gates, index);
	}
	g_array_sort(gates, by_number);
	/* remove duplicates, which only damaged input has */
	for (guint i = gates->len; i-- > 1;)
		if (g_array_index(gates, guint, i) == g_array_index(gates, guint, i - 1))
			g_array_remove_index(gates, i);
	return gates;
}

/*
 * Removes from GATES, locks that were held at every occurrence of an edge, the classes that are not
 * in OTHER.
 */
static void intersect(GArray *gates, const GArray *other)
{
	for (guint i = gates->len; i-- > 0;) {
		guint at;

		if (!g_array_binary_search((GArray *)other, &g_array_index(gates, guint, i),
					   by_number, &at))
			g_array_remove_index(gates, i);
	}
}

/*
 * Adds the edge from lock FROM of CHAIN to its last lock, with the context of the chain and the
 * bits MORE of enum lock_context.
 */
static void edge_seen(struct reader *r, const struct chain *chain, guint from, guint more)
{
	guint a = chain->held[from] - 1, b = chain->held[chain->n - 1] - 1;
	guint64 key = (guint64)a << 32 | b;
	struct lock_edge *edge = g_hash_table_lookup(r->edges, &key);
	GArray *gates;

	if (!edge && r->orders->edges->len == LOCKS_EDGES_MAX) {
		r->orders->cut = TRUE;
		return;
	}
	gates = gates_of(r, chain, from);
	if (edge) {
		edge->contexts |= chain->context | more;
		intersect(edge->gates, gates);
		g_array_unref(gates);
		return;
	}
	edge = lock_edge_new(a, b, chain->context | more);
	edge->gates = gates;
	g_ptr_array_add(r->orders->edges, edge);
	g_hash_table_insert(r->edges, g_memdup2(&key, sizeof(key)), edge);
}

static void add_edges(struct reader *r, const struct chain *chain)
{
	for (guint i = chain->n - 1; i-- > 0;) {
		gboolean waited = was_waited_for(r, chain, i);

		/*
		 * For locks in interrupts, lockdep's usage does not include trylocks (mark_usage()
		 * in lockdep.c). So it does not show how a lock was acquired by trylock.
		 */
		edge_seen(r, chain, i,
			  waited || chain->context == LOCK_IN_PROCESS ? 0 : LOCK_FROM_UNKNOWN);
		if (waited)
			return;
	}
}

static int by_ends(gconstpointer a, gconstpointer b)
{
	const struct lock_edge *one = *(struct lock_edge *const *)a,
			       *two = *(struct lock_edge *const *)b;

	return one->from != two->from ? (one->from < two->from ? -1 : 1)
	       : one->to < two->to    ? -1
				      : one->to > two->to;
}

struct lock_orders *lock_orders_parse(const char *lockdep, const char *chains, lock_symbol symbol,
				      void *data)
{
	struct reader r = {
		.by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.prefixes = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
						  (GDestroyNotify)g_bytes_unref, NULL),
		.edges = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
		.orders = lock_orders_new(),
		.symbol = symbol,
		.data = data,
	};

	each_line(&r, lockdep, read_class);
	/*
	 * The second pass needs all classes and prefixes, which the first one makes: a class can
	 * only be a gate if no other key has its name.
	 */
	each_chain(&r, chains, note_prefix);
	each_chain(&r, chains, add_edges);
	lock_kinds_derive(r.orders, r.usage);
	g_ptr_array_sort(r.orders->edges, by_ends);
	g_hash_table_unref(r.by_key);
	g_hash_table_unref(r.by_name);
	g_hash_table_unref(r.prefixes);
	g_hash_table_unref(r.edges);
	return r.orders;
}
