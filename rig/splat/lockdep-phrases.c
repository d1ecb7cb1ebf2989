// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the fixed sentences in lockdep's reports. They introduce the wanted and held locks and the
 * other parts of a report.
 */
#include "splat/lockdep.h"

/*
 * Parses the task, and the interrupt state if present, from "comm/12 [HC0[0]:SC0[0]:HE1:SE1] is
 * trying to …". VERB is the text after them, such as " is trying to ".
 */
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

/*
 * Sentences that are stored unchanged: their key in `detail`, and the words with which they begin.
 */
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

/* The words of verbs[], sections[] and kept[], in this order, and those of the variables below. */
static struct word_set phrases;
/* positions in `phrases` of the phrases with these names */
static guint first_kept, one_held, many_held, backtrace, long_arrow;
static guint scenario_begins, scenario_ends;

static gboolean read_verb(struct reader *reader, const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (!word_bits_has(&reader->found, i))
			continue;
		read_task(reader, text, verbs[i]);
		reader->next = NEXT_WANTED;
		reader->in_held = FALSE;
		/* lock_parse() needs the usage "{…}", which "lock (NAME) at:" does not have */
		const char *open = strstr(text, "lock (");
		const char *close = g_strrstr(text, ") at:");

		if (open && close && close > open && !reader->splat->acquiring.lock_class) {
			g_autofree char *lock_class = g_strndup(open + 6, close - open - 6);

			reader->splat->acquiring.lock_class = lock_class_normal(lock_class);
		}
		return TRUE;
	}
	return FALSE;
}

/*
 * Sentences that introduce a lock line, a name or a stack, and what the next line is. The first row
 * that matches is used.
 */
static const struct {
	const char *words;
	enum next next;
	const char *stack; /* the key in `detail` of the stack that follows, or NULL */
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

static gboolean read_section(struct reader *reader)
{
	for (guint i = 0; i < G_N_ELEMENTS(sections); i++) {
		if (!word_bits_has(&reader->found, G_N_ELEMENTS(verbs) + i))
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

/*
 * Parses a line with arrows: "A --> B --> C" after "Chain exists of:", and "(A){…} -> (B){…}" after
 * "would create a new lock dependency".
 */
static gboolean read_arrows(struct reader *reader, const char *text)
{
	struct splat_lock from = {0}, to = {0};
	g_autofree char *first = NULL;
	const char *arrow;

	if (word_bits_has(&reader->found, long_arrow)) {
		set_text(reader->detail, "exists", text);
		return TRUE;
	}
	if (*text != '(')
		return FALSE;
	arrow = strstr(text, "} -> (");
	if (!arrow)
		arrow = strstr(text, " -> (") ? strstr(text, " -> (") - 1 : NULL;
	if (!arrow)
		return FALSE;
	first = g_strndup(text, arrow + 1 - text);
	if (lock_parse(first, &from) && lock_parse(arrow + 5, &to)) {
		json_t *edge = json_array();

		json_array_append_new(edge, splat_json_text(from.lock_class));
		json_array_append_new(edge, splat_json_text(to.lock_class));
		json_object_set_new(reader->detail, "edge", edge);
	}
	splat_lock_clear(&from);
	splat_lock_clear(&to);
	return TRUE;
}

/*
 * Parses the place of the check and its message in a report of suspicious RCU usage:
 * "./include/linux/x.h:12 text!".
 */
static gboolean read_place(struct reader *reader, const char *text)
{
	/* the name of a source file ends in ".c", ".h" or the like */
	gsize colon = strchr(text, '.') ? strcspn(text, ": ") : 0;
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
	const char *text = skip_blanks(line);

	if (word_bits_has(&reader->found, scenario_begins)) {
		reader->scenario = json_array();
		json_object_set_new(reader->detail, "scenario", reader->scenario);
		reader->stack = NULL;
	} else if (word_bits_has(&reader->found, scenario_ends)) {
		reader->scenario = NULL;
	} else if (reader->scenario && *text) {
		json_array_append_new(reader->scenario, splat_json_text(line));
	}
}

static gpointer index_phrases(gpointer unused)
{
	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
		word_set_add(&phrases, verbs[i]);
	for (guint i = 0; i < G_N_ELEMENTS(sections); i++)
		word_set_add(&phrases, sections[i].words);
	first_kept = phrases.n;
	for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
		word_set_add(&phrases, kept[i].words);
	one_held = word_set_add(&phrases, " lock held by ");
	many_held = word_set_add(&phrases, "locks held by ");
	backtrace = word_set_add(&phrases, "stack backtrace:");
	long_arrow = word_set_add(&phrases, " --> ");
	scenario_begins = word_set_add(&phrases, "unsafe locking scenario");
	scenario_ends = word_set_add(&phrases, "*** DEADLOCK ***");
	return NULL;
}

void lockdep_find(struct reader *reader, const char *text)
{
	static GOnce once = G_ONCE_INIT;

	g_once(&once, index_phrases, NULL);
	word_set_find(&phrases, text, &reader->found);
}

gboolean lockdep_lists_held(const struct reader *reader, const char *text)
{
	if (word_bits_has(&reader->found, one_held))
		return TRUE;
	return word_bits_has(&reader->found, many_held) &&
	       (text_begins(text, "locks held by ") || strstr(text, " locks held by "));
}

gboolean lockdep_is_backtrace(const struct reader *reader)
{
	return word_bits_has(&reader->found, backtrace);
}

gboolean lockdep_phrase(struct reader *reader, const char *text)
{
	if (reader->found.any && (read_verb(reader, text) || read_section(reader)))
		return TRUE;
	return read_arrows(reader, text) || read_place(reader, text);
}

gboolean lockdep_keep(struct reader *reader, const char *line)
{
	const char *text = skip_blanks(line);

	for (guint i = 0; reader->found.any && i < G_N_ELEMENTS(kept); i++) {
		if (word_bits_has(&reader->found, first_kept + i) &&
		    text_begins(text, kept[i].words)) {
			set_text(reader->detail, kept[i].key, text);
			return TRUE;
		}
	}
	read_scenario(reader, line);
	return FALSE;
}
