// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses lockdep's reports: the wanted and held locks, the chain with its stacks, the scenario, the
 * dependency trees. If a report has the same fact twice, the two are compared. A difference shows
 * that the console has lost or mixed lines, and the report is marked as corrupted.
 */
#include "splat/lockdep.h"

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
		g_ptr_array_add(reader->classes, g_strdup(lock.lock_class));
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

/* Parses " #1: INSTANCE (CLASS){…}, at: …" in a list of held locks. */
static void read_held(struct reader *reader, const char *text)
{
	struct splat *splat = reader->splat;
	const char *rest = strchr(text, ':');
	struct splat_lock lock = {0};
	int place = text_int(text + 1);

	if (!rest || !lock_parse(rest + 1, &lock))
		return;
	/* symbolised logs repeat a lock for each inlined function: keep the last one */
	if (place >= 0 && (guint)place + 1 == splat->held->len)
		g_ptr_array_remove_index(splat->held, (guint)place);
	g_ptr_array_add(splat->held, g_memdup2(&lock, sizeof(lock)));
}

/*
 * Moves LOCK, which was parsed from a line, to TO, if TO is empty. Symbolising scripts repeat a
 * lock line for each inlined function; then the last one is used, because its function has a stack
 * frame.
 */
static void take_lock(struct splat_lock *to, struct splat_lock *lock)
{
	gboolean repeated =
		to->usage && !to->function && strcmp(to->lock_class, lock->lock_class) == 0;

	if (to->usage && !repeated)
		return;
	splat_lock_clear(to);
	*to = *lock;
	*lock = (struct splat_lock){0};
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
		g_autofree char *lock_class = lock_class_normal(text);

		set_text(reader->detail, "not_held", lock_class);
		reader->next = NEXT_NOTHING;
		return;
	}
	if (reader->next == NEXT_NOTHING || !lock_parse(text, &lock))
		return;
	if (reader->next == NEXT_WANTED)
		take_lock(&splat->acquiring, &lock);
	else if (reader->next == NEXT_HOLDING)
		take_lock(&splat->holding, &lock);
	else
		set_text(reader->detail, reader->next == NEXT_SAFE ? "safe" : "unsafe",
			 lock.lock_class);
	splat_lock_clear(&lock);
	reader->stack = NULL;
	if (!strstr(text, " [inline]"))
		reader->next = NEXT_NOTHING;
}

static void begin_held(struct reader *reader, const char *text)
{
	reader->in_held = TRUE;
	reader->stack = reader->scenario = NULL;
	reader->next = NEXT_NOTHING;
	/* "2 locks held by sh/12:"; from 7.1 on "locks held by sh/12: 2, last CPU#1:" */
	const char *count = g_str_has_prefix(text, "locks held by ") ? strstr(text, ": ") : NULL;

	reader->announced = text_int(count ? count + 2 : text);
	if (!reader->splat->held)
		reader->splat->held = g_ptr_array_new_with_free_func(splat_lock_free);
}

static void add_frame(json_t *stack, const char *name, gboolean guess, gboolean inlined)
{
	if (!guess && !inlined)
		json_array_append_new(stack, name_json(name));
}

/* Returns TRUE if TEXT is one word, apart from the mark "? ". */
static gboolean is_one_word(const char *text)
{
	return !strchr(text_begins(text, "? ") ? text + 2 : text, ' ');
}

/*
 * SEEN has the properties of LINE; if LINE was joined from several lines, those of the first one.
 */
static void read_line(struct reader *reader, const char *line, const struct seen *seen)
{
	const char *text = skip_blanks(line);
	struct frame frame;

	if (reader->stack && (seen->marks & MARK_FRAME)) {
		add_frame(reader->stack, seen->name, seen->guess, seen->inlined);
		return;
	}
	if (text_begins(text, "-> #")) {
		read_link(reader, text);
		return;
	}
	/* in some stacks, "..." precedes the first frame */
	if (reader->stack && text_begins(text, "...") && frame_parse(text + 3, &frame)) {
		add_frame(reader->stack, frame.name, frame.guess, frame.inlined);
		return;
	}
	if (reader->next == NEXT_NOTHING && !reader->scenario && (seen->marks & MARK_FRAME) &&
	    is_one_word(text))
		return; /* every phrase has several words */
	lockdep_find(reader, text);
	if (lockdep_lists_held(reader, text)) {
		begin_held(reader, text);
		return;
	}
	if (lockdep_phrase(reader, text))
		return;
	if (lockdep_is_backtrace(reader)) {
		reader->in_held = FALSE;
		reader->next = NEXT_NOTHING;
		reader->stack = NULL;
		return;
	}
	if (!lockdep_keep(reader, line))
		read_lock_line(reader, text);
}

/*
 * Returns the index in CLASSES (the chain, #N first) of the class at position PLACE of the cycle.
 * The cycle has the classes in the order of their acquisition (#0 is first), rotated so that the
 * alphabetically first class comes first. LEAST is the number of that class in the chain.
 */
static guint link_at(const GPtrArray *classes, guint least, guint place)
{
	return classes->len - 1 - (least + place) % classes->len;
}

/*
 * Returns the first function in the link's stack that does not belong to the lock implementation.
 */
static const char *taken_in(const json_t *link)
{
	const json_t *stack = json_object_get(link, "stack");

	for (gsize i = 0; i < json_array_size(stack); i++) {
		const char *name = json_string_value(json_array_get(stack, i));

		if (!frame_is_generic(name, NULL))
			return plain_name(name);
	}
	return "";
}

static void turn_cycle(struct reader *reader)
{
	const GPtrArray *classes = reader->classes;
	guint n = classes->len, least = 0;
	struct splat *splat = reader->splat;

	for (guint i = 1; i < n; i++)
		if (strcmp(classes->pdata[n - 1 - i], classes->pdata[n - 1 - least]) < 0)
			least = i;
	splat->cycle = g_new0(char *, n + 1);
	splat->taken_in = g_new0(char *, n + 1);
	for (guint i = 0; i < n; i++) {
		guint link = link_at(classes, least, i);

		splat->cycle[i] = g_strdup(classes->pdata[link]);
		splat->taken_in[i] = g_strdup(taken_in(json_array_get(reader->chain, link)));
	}
}

/*
 * Returns the function in STACK that reads or writes a sysfs file: the one that a function of sysfs
 * called; otherwise one whose name ends in _show or _store.
 */
static const char *attribute_in(const json_t *stack)
{
	const char *named = NULL;

	for (gsize i = 1; i < json_array_size(stack); i++) {
		const char *name = json_string_value(json_array_get(stack, i - 1));

		if (name_is_attribute_caller(json_string_value(json_array_get(stack, i))) &&
		    !frame_is_generic(name, NULL))
			return name_is_attribute_caller(name) ? NULL : name;
	}
	for (gsize i = 0; i < json_array_size(stack) && !named; i++) {
		const char *name = json_string_value(json_array_get(stack, i));

		if (name_has(name, "_store$|_show$|^show_|^store_") &&
		    !name_is_attribute_caller(name))
			named = name;
	}
	return named;
}

/*
 * Finds which sysfs file kn->active belongs to, because all open sysfs files have this lock class.
 * The stack of the previous link in the chain shows it: the lock there was acquired while
 * kn->active was held.
 */
static void find_attribute(struct reader *reader)
{
	const GPtrArray *classes = reader->classes;

	for (guint i = 0; i < classes->len; i++) {
		json_t *inside = json_array_get(reader->chain, (i ? i : classes->len) - 1);
		const char *name;

		if (strcmp(classes->pdata[i], "kn->active") != 0)
			continue;
		name = attribute_in(json_object_get(inside, "stack"));
		if (name)
			set_text(reader->detail, "attribute", name);
	}
}

/*
 * Marks the report as corrupted if its lock chain and the wanted and held locks at its beginning
 * disagree.
 */
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
	else if (g_strcmp0(classes->pdata[classes->len - 1], splat->acquiring.lock_class) != 0)
		splat_corrupt(splat, "#0 of the lock chain is not the lock being acquired");
	else if (g_strcmp0(classes->pdata[0], splat->holding.lock_class) != 0)
		splat_corrupt(splat,
			      "the first link of the lock chain is not the lock that is held");
	turn_cycle(reader);
	find_attribute(reader);
}

static void check_held(struct reader *reader)
{
	if (reader->announced > 0 && reader->splat->held &&
	    (int)reader->splat->held->len != reader->announced)
		splat_corrupt(reader->splat, "fewer or more locks are listed than announced");
}

/*
 * Returns TRUE if LINE is the rest of BEFORE, because lockdep prints a line in pieces (KERN_CONT),
 * which can become separate lines: "-> #2 (&mm->mmap_lock" and "){++++}-{4:4}:".
 */
static gboolean continues(const char *before, const char *line)
{
	const char *text = skip_blanks(line), *link;

	if (*text != ')' && *text != '(')
		return FALSE;
	if (text_begins(text, "){"))
		return TRUE;
	link = skip_blanks(before);
	return text_begins(link, "-> #") && !strchr(link, '(') && *text == '(';
}

void lockdep_parse(struct splat *splat, const struct report *report)
{
	struct reader reader = {splat};
	g_autoptr(GString) whole = g_string_new(NULL);
	gboolean circular = strcmp(report->format->kind, "lockdep-circular") == 0;

	reader.detail = json_object();
	reader.chain = json_array();
	reader.classes = g_ptr_array_new_with_free_func(g_free);
	reader.next_link = reader.announced = -1;
	for (guint i = report->header; i < report->n; i++) {
		const struct seen *seen = &report->seen[i];
		const char *text = seen->text;

		if (lockdep_tree_begins(text)) {
			const char *key = strstr(text, "to be acquired") ? "unsafe_tree"
									 : "safe_tree";

			json_object_set_new(reader.detail, key, lockdep_tree(report, &i));
			continue;
		}
		g_string_assign(whole, text);
		while (i + 1 < report->n && continues(whole->str, report->seen[i + 1].text))
			g_string_append(whole, skip_blanks(report->seen[++i].text));
		read_line(&reader, whole->str, seen);
	}
	if (circular)
		check_chain(&reader);
	check_held(&reader);
	if (json_array_size(reader.chain))
		json_object_set(reader.detail, "chain", reader.chain);
	splat->detail = reader.detail;
	json_decref(reader.chain);
	g_ptr_array_unref(reader.classes);
}
