// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses a lock in the format of kernel/locking/lockdep.c print_lock(): [INSTANCE
 * ](CLASS){USAGE}[-{OUTER:INNER}], at: [<address>] SYM+off/size. The class is free text that may
 * contain parentheses, so the line is parsed from the right.
 */
#include <string.h>

#include "splat/internal.h"

static GRegex *once_regex(GRegex **regex, const char *pattern)
{
	if (g_once_init_enter(regex)) {
		GRegex *compiled = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);

		g_once_init_leave(regex, compiled);
	}
	return *regex;
}

void splat_lock_clear(struct splat_lock *lock)
{
	g_clear_pointer(&lock->instance, g_free);
	g_clear_pointer(&lock->lock_class, g_free);
	g_clear_pointer(&lock->usage, g_free);
	g_clear_pointer(&lock->function, g_free);
}

void splat_lock_free(gpointer data)
{
	struct splat_lock *lock = data;

	splat_lock_clear(lock);
	g_free(lock);
}

/*
 * Converts "&lo->lock#2/1 l=1 0:99" to "&lo->lock/1": the number after # depends on the boot order,
 * and the rest describes an instance.
 */
char *lock_class_normal(const char *lock_class)
{
	static GRegex *version, *extra;
	g_autofree char *plain = NULL;

	plain = g_regex_replace_literal(once_regex(&extra, " l=\\d+ .*$"), lock_class, -1, 0, "", 0,
					NULL);
	return g_regex_replace_literal(once_regex(&version, "#\\d+(?=/\\d+$|$)"), plain, -1, 0, "",
				       0, NULL);
}

static char *fetch(const GMatchInfo *info, int group)
{
	char *text = g_match_info_fetch(info, group);

	if (text && !*text)
		g_clear_pointer(&text, g_free);
	return text;
}

static int fetch_int(const GMatchInfo *info, int group)
{
	g_autofree char *text = fetch(info, group);

	return text ? text_int(text) : -1;
}

/* Parses a lock. The part from ", at:" on may be missing, as in "-> #1 (CLASS){++++}-{0:0}:". */
gboolean lock_parse(const char *text, struct splat_lock *ret)
{
	static GRegex *regex;
	g_autoptr(GMatchInfo) info = NULL;
	g_autofree char *lock_class = NULL;
	g_autofree char *at = NULL;
	struct frame frame;

	if (!g_regex_match(
		    once_regex(&regex,
			       "^\\s*(?:(?:0x)?([0-9a-f]{6,16}|\\(_*ptrval_*\\))\\s+)?\\((.*)\\)"
			       "\\{([-.+?*]{4,10})\\}(?:-\\{(\\d+):(\\d+)\\})?"
			       "(?:, at: (?:\\[<(?:0x)?[0-9a-f]+>\\]\\s*)?(\\S+(?: \\(.*\\))?))?"),
		    text, 0, &info))
		return FALSE;
	memset(ret, 0, sizeof(*ret));
	lock_class = fetch(info, 2);
	at = fetch(info, 6);
	ret->instance = fetch(info, 1);
	ret->lock_class = lock_class_normal(lock_class ? lock_class : "");
	ret->usage = fetch(info, 3);
	ret->outer = fetch_int(info, 4);
	ret->inner = fetch_int(info, 5);
	if (at && frame_parse_function(at, &frame))
		ret->function = g_strdup(frame.name);
	if (*ret->lock_class)
		return TRUE;
	/* in a line like "(#5){++++}" the name was lost */
	splat_lock_clear(ret);
	return FALSE;
}

json_t *splat_lock_json(const struct splat_lock *lock)
{
	json_t *json;

	if (!lock->lock_class)
		return json_null();
	json = json_object();
	if (lock->instance)
		json_object_set_new(json, "instance", splat_json_text(lock->instance));
	json_object_set_new(json, "class", splat_json_text(lock->lock_class));
	if (lock->usage)
		json_object_set_new(json, "usage", splat_json_text(lock->usage));
	if (lock->outer >= 0) {
		json_object_set_new(json, "outer", json_integer(lock->outer));
		json_object_set_new(json, "inner", json_integer(lock->inner));
	}
	if (lock->function)
		json_object_set_new(json, "function", splat_json_text(lock->function));
	return json;
}
