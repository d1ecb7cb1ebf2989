// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lockdep's reports, read whole: who wants what, what is held, the chain with its stacks, the
 * scenario, the dependency trees. What a report says twice is compared; where the two differ the
 * console lost or mixed lines, and the report is marked instead of guessed at.
 */
#include <string.h>

#include "splat/internal.h"

/* What the next lock line is. */
enum next { NEXT_NOTHING, NEXT_WANTED, NEXT_HOLDING, NEXT_SAFE, NEXT_UNSAFE, NEXT_NAME };

/* Where in the report the reader is; the fixed sentences lead from one place to the next. */
struct reader {
	struct splat *splat;
	json_t *detail;
	json_t *chain;	  /* of the circular report */
	json_t *stack;	  /* frames go here; borrowed */
	json_t *scenario; /* lines go here while it lasts; borrowed */
	enum next next;
	gboolean in_held;   /* after "N locks held by" */
	int next_link;	    /* number the next "-> #N" must have, -1 before the first */
	int announced;	    /* locks that "N locks held by" promised, -1 */
	GPtrArray *classes; /* of the chain, #N first */
};

static const char *blank(const char *text)
{
	return text + strspn(text, " \t");
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, splat_json_text(text));
}

/* "comm/12 [HC0[0]:SC0[0]:HE1:SE1] is trying to …": the task, and the interrupt state if there. */
static void read_task(struct reader *reader, const char *text, const char *verb)
{
	const char *end = strstr(text, verb);
	const char *state = strstr(text, " [HC");
	g_autofree char *task = NULL;

	if (!end || reader->splat->task)
		return;
	if (state && state < end) {
		g_autofree char *irq = g_strndup(state + 1, end - state - 1);

		set_text(reader->detail, "irq", g_strstrip(irq));
		end = state;
	}
	task = g_strndup(text, end - text);
	reader->splat->task = g_utf8_make_valid(g_strstrip(task), -1);
	const char *slash = strrchr(reader->splat->task, '/');

	if (slash && !reader->splat->comm) {
		reader->splat->comm = g_strndup(reader->splat->task, slash - reader->splat->task);
		reader->splat->pid = text_int(slash + 1);
	}
}

static void read_link(struct reader *reader, const char *text)
{
	struct splat *splat = reader->splat;
	int number = text_int(text + strlen("-> #"));
	const char *lock_text = text + strlen("-> #") + strspn(text + strlen("-> #"), "0123456789");
	struct splat_lock lock = {0};
	json_t *link = json_object();

	if (reader->next_link >= 0 && number != reader->next_link)
		splat_corrupt(splat, "the numbers of the lock chain are not contiguous");
	reader->next_link = number - 1;
	json_object_set_new(link, "number", json_integer(number));
	if (lock_parse(lock_text, &lock)) {
		g_ptr_array_add(reader->classes, g_strdup(lock.klass));
		json_object_set_new(link, "lock", splat_lock_json(&lock));
	} else {
		g_ptr_array_add(reader->classes, g_strdup("?"));
		splat_corrupt(splat, "a link of the lock chain without its lock");
	}
	splat_lock_clear(&lock);
	reader->stack = json_array();
	json_object_set_new(link, "stack", reader->stack);
	json_array_append_new(reader->chain, link);
	reader->next = NEXT_NOTHING;
}

/* " #1: INSTANCE (CLASS){…}, at: …" in a list of held locks. */
static void read_held(struct reader *reader, const char *text)
{
	struct splat *splat = reader->splat;
	const char *rest = strchr(text, ':');
	struct splat_lock lock = {0};
	guint place = text_int(text + 1);

	if (!rest || !lock_parse(rest + 1, &lock))
		return;
	/* symbolised logs repeat a lock for each inlined frame: the last one is real */
	if (place + 1 == splat->held->len)
		g_ptr_array_remove_index(splat->held, place);
	g_ptr_array_add(splat->held, g_memdup2(&lock, sizeof(lock)));
}

static void read_lock_line(struct reader *reader, const char *text)
{
	struct splat *splat = reader->splat;
	struct splat_lock lock = {0};

	if (reader->in_held && *text == '#') {
		read_held(reader, text);
		return;
	}
	if (reader->next == NEXT_NAME && *text) {
		g_autofree char *klass = lock_class_normal(text);

		set_text(reader->detail, "not_held", klass);
		reader->next = NEXT_NOTHING;
		return;
	}
	if (reader->next == NEXT_NOTHING || !lock_parse(text, &lock))
		return;
	if (reader->next == NEXT_WANTED && (!splat->acquiring.klass || !splat->acquiring.usage)) {
		splat_lock_clear(&splat->acquiring);
		splat->acquiring = lock;
		lock = (struct splat_lock){0};
	} else if (reader->next == NEXT_HOLDING && !splat->holding.klass) {
		splat->holding = lock;
		lock = (struct splat_lock){0};
	} else if (reader->next == NEXT_SAFE || reader->next == NEXT_UNSAFE) {
		set_text(reader->detail, reader->next == NEXT_SAFE ? "safe" : "unsafe", lock.klass);
	}
	splat_lock_clear(&lock);
	reader->next = NEXT_NOTHING;
	reader->stack = NULL;
}

static void begin_held(struct reader *reader, const char *text)
{
	reader->in_held = TRUE;
	reader->stack = reader->scenario = NULL;
	reader->next = NEXT_NOTHING;
	/* "2 locks held by sh/12:"; since 7.1 "locks held by sh/12: 2, last CPU#1:" */
	const char *count = g_str_has_prefix(text, "locks held by ") ? strstr(text, ": ") : NULL;

	reader->announced = text_int(count ? count + 2 : text);
	if (!reader->splat->held)
		reader->splat->held = g_ptr_array_new_with_free_func(splat_lock_free);
}

/* Sentences that stand alone and are kept as they are: key in `detail`, words. */
static const struct {
	const char *key, *words;
} kept[] = {
	{"usage", "inconsistent {"},
	{"context", "context-{"},
	{"rcu_state", "rcu_scheduler_active ="},
	{"rcu_illegal", "RCU used illegally from"},
	{"compare", "and the lock comparison function returns"},
	{"release", "but there are no more locks to release"},
	{"release", "but there are no locks held"},
	{"irq_stamp", "irq event stamp:"},
	{"hardirqs_enabled", "hardirqs last  enabled"},
	{"hardirqs_disabled", "hardirqs last disabled"},
	{"softirqs_enabled", "softirqs last  enabled"},
	{"softirqs_disabled", "softirqs last disabled"},
};

static const char *const verbs[] = {
	" is trying to acquire",	   " is trying to lock",
	" is trying to release lock",	   " is trying to contend lock",
	" just changed the state of lock", " is freeing memory",
	" is leaving the kernel",	   " takes:",
	" still has locks held",
};

static gboolean read_verb(struct reader *reader, const char *text)
{
	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (!strstr(text, verbs[i]))
			continue;
		read_task(reader, text, verbs[i]);
		reader->next = NEXT_WANTED;
		reader->in_held = FALSE;
		/* "lock (NAME) at:" has no usage */
		const char *open = strstr(text, "lock (");
		const char *close = g_strrstr(text, ") at:");

		if (open && close && close > open && !reader->splat->acquiring.klass) {
			g_autofree char *klass = g_strndup(open + 6, close - open - 6);

			reader->splat->acquiring.klass = lock_class_normal(klass);
		}
		return TRUE;
	}
	return FALSE;
}

/* Sentences after which a lock line, a name or a stack comes. The first that fits. */
static const struct {
	const char *words;
	enum next next;
	const char *stack; /* key in `detail` */
} sections[] = {
	{"already holding", NEXT_HOLDING},
	{"now in release context", NEXT_HOLDING},
	{"but this task is not holding", NEXT_NAME},
	{"new dependency connects a", NEXT_SAFE},
	{"-unsafe lock in the past", NEXT_UNSAFE},
	{"-safe lock in the past", NEXT_SAFE},
	{"-irq-unsafe lock:", NEXT_UNSAFE},
	{"-unsafe at:", NEXT_NOTHING, "unsafe_stack"},
	{"-safe at:", NEXT_NOTHING, "safe_stack"},
	{"state was registered at:", NEXT_NOTHING, "registered_stack"},
};

static gboolean read_section(struct reader *reader, const char *text)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
		if (!strstr(text, sections[i].words))
			continue;
		reader->next = sections[i].next;
		reader->stack = NULL;
		reader->in_held = FALSE;
		if (sections[i].stack) {
			reader->stack = json_array();
			json_object_set_new(reader->detail, sections[i].stack, reader->stack);
		}
		return TRUE;
	}
	return FALSE;
}

/* "A --> B --> C" after "Chain exists of:", "(A){…} -> (B){…}" after "would create a new lock
 * dependency". */
static gboolean read_arrows(struct reader *reader, const char *text)
{
	const char *arrow = strstr(text, "} -> (");
	struct splat_lock from = {0}, to = {0};
	g_autofree char *first = NULL;

	if (strstr(text, " --> ")) {
		set_text(reader->detail, "exists", text);
		return TRUE;
	}
	if (*text != '(')
		return FALSE;
	if (!arrow)
		arrow = strstr(text, " -> (") ? strstr(text, " -> (") - 1 : NULL;
	if (!arrow)
		return FALSE;
	first = g_strndup(text, arrow + 1 - text);
	if (lock_parse(first, &from) && lock_parse(arrow + 5, &to)) {
		json_t *edge = json_array();

		json_array_append_new(edge, splat_json_text(from.klass));
		json_array_append_new(edge, splat_json_text(to.klass));
		json_object_set_new(reader->detail, "edge", edge);
	}
	splat_lock_clear(&from);
	splat_lock_clear(&to);
	return TRUE;
}

/* "./include/linux/x.h:12 text!" of a suspicious RCU usage. */
static gboolean read_place(struct reader *reader, const char *text)
{
	gsize colon = strcspn(text, ": ");
	gsize digits = text[colon] == ':' ? strspn(text + colon + 1, "0123456789") : 0;

	if (!digits || colon < 3 || text[colon - 2] != '.' || text[colon + 1 + digits] != ' ')
		return FALSE;
	if (json_object_get(reader->detail, "file"))
		return FALSE;
	text += strspn(text, "./");
	colon = strcspn(text, ":");
	g_autofree char *file = g_strndup(text, colon);

	set_text(reader->detail, "file", file);
	json_object_set_new(reader->detail, "line", json_integer(text_int(text + colon + 1)));
	set_text(reader->detail, "complaint", text + colon + 1 + digits + 1);
	return TRUE;
}

static void read_scenario(struct reader *reader, const char *line)
{
	const char *text = blank(line);

	if (strstr(text, "unsafe locking scenario")) {
		reader->scenario = json_array();
		json_object_set_new(reader->detail, "scenario", reader->scenario);
		reader->stack = NULL;
	} else if (strstr(text, "*** DEADLOCK ***")) {
		reader->scenario = NULL;
	} else if (reader->scenario && *text) {
		json_array_append_new(reader->scenario, splat_json_text(line));
	}
}

static void read_line(struct reader *reader, const char *line)
{
	const char *text = blank(line);
	struct frame frame;

	if (strncmp(text, "-> #", 4) == 0) {
		read_link(reader, text);
		return;
	}
	/* "..." stands before the first frame of some stacks */
	if (reader->stack && frame_parse(strncmp(text, "...", 3) == 0 ? text + 3 : line, &frame)) {
		if (!frame.guess)
			json_array_append_new(reader->stack, splat_json_text(frame.name));
		return;
	}
	if (strstr(text, " locks held by ") || strstr(text, " lock held by ") ||
	    g_str_has_prefix(text, "locks held by ") || g_str_has_prefix(text, "no locks held by ")) {
		begin_held(reader, text);
		return;
	}
	if (read_verb(reader, text) || read_section(reader, text) || read_arrows(reader, text) ||
	    read_place(reader, text))
		return;
	if (strstr(text, "stack backtrace:")) {
		reader->in_held = FALSE;
		reader->next = NEXT_NOTHING;
		reader->stack = NULL;
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		if (g_str_has_prefix(text, kept[i].words)) {
			set_text(reader->detail, kept[i].key, text);
			return;
		}
	}
	read_scenario(reader, line);
	read_lock_line(reader, text);
}

/* The cycle in the order in which the locks are taken, #0 first, turned so that the least comes
 * first. */
static char **canonical_cycle(const GPtrArray *classes)
{
	guint n = classes->len, least = 0;
	char **cycle = g_new0(char *, n + 1);

	for (guint i = 1; i < n; i++)
		if (strcmp(classes->pdata[n - 1 - i], classes->pdata[n - 1 - least]) < 0)
			least = i;
	for (guint i = 0; i < n; i++)
		cycle[i] = g_strdup(classes->pdata[n - 1 - (least + i) % n]);
	return cycle;
}

/* What a circular report says twice must be the same. */
static void check_chain(struct reader *reader)
{
	struct splat *splat = reader->splat;
	const GPtrArray *classes = reader->classes;

	if (!classes->len) {
		splat_corrupt(splat, "no lock chain");
		return;
	}
	if (reader->next_link != -1)
		splat_corrupt(splat, "the lock chain does not end in #0");
	else if (g_strcmp0(classes->pdata[classes->len - 1], splat->acquiring.klass) != 0)
		splat_corrupt(splat, "#0 of the lock chain is not the lock being acquired");
	else if (g_strcmp0(classes->pdata[0], splat->holding.klass) != 0)
		splat_corrupt(splat, "the first link of the lock chain is not the lock that is held");
	splat->cycle = canonical_cycle(classes);
}

static void check_held(struct reader *reader)
{
	if (reader->announced > 0 && reader->splat->held &&
	    (int)reader->splat->held->len != reader->announced)
		splat_corrupt(reader->splat, "fewer or more locks are listed than announced");
}

/* KERN_CONT pieces can be torn: "-> #2 (&mm->mmap_lock" and "){++++}-{4:4}:" on the next line. */
static gboolean continues(const char *before, const char *line)
{
	const char *text = blank(line);
	const char *link = blank(before);

	if (strncmp(text, "){", 2) == 0)
		return TRUE;
	return strncmp(link, "-> #", 4) == 0 && !strchr(link, '(') && *text == '(';
}

void lockdep_parse(struct splat *splat, const struct report *report)
{
	struct reader reader = {splat};
	GString *line = g_string_new(NULL);
	gboolean circular = strcmp(report->format->kind, "lockdep-circular") == 0;

	reader.detail = json_object();
	reader.chain = json_array();
	reader.classes = g_ptr_array_new_with_free_func(g_free);
	reader.next_link = reader.announced = -1;
	for (guint i = report->header; i < report->n; i++) {
		if (lockdep_tree_begins(report->lines[i])) {
			const char *key = strstr(report->lines[i], "to be acquired") ? "unsafe_tree"
										     : "safe_tree";

			json_object_set_new(reader.detail, key, lockdep_tree(report, &i));
			continue;
		}
		g_string_assign(line, report->lines[i]);
		while (i + 1 < report->n && continues(line->str, report->lines[i + 1]))
			g_string_append(line, blank(report->lines[++i]));
		read_line(&reader, line->str);
	}
	if (circular)
		check_chain(&reader);
	check_held(&reader);
	if (json_array_size(reader.chain))
		json_object_set(reader.detail, "chain", reader.chain);
	splat->detail = reader.detail;
	json_decref(reader.chain);
	g_ptr_array_unref(reader.classes);
	g_string_free(line, TRUE);
}
