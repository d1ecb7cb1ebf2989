// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses a lock as print_lock() of kernel/locking/lockdep.c prints it: [INSTANCE
 * ](CLASS){USAGE}[-{OUTER:INNER}], at: [<address>] SYM+off/size. The class is free text that may
 * contain parentheses, so its end is searched for from the end of the line.
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

/* Returns TRUE if lock_class_normal() would not change LOCK_CLASS. */
static gboolean is_normal(const char *lock_class)
{
	return !strchr(lock_class, '#') && !strstr(lock_class, " l=");
}

/*
 * Removes from a lock class what differs between boots and instances: "&lo->lock#2/1 l=1 0:99"
 * becomes "&lo->lock/1". The number after # depends on the boot order; the text after the blank
 * describes one instance.
 */
char *lock_class_normal(const char *lock_class)
{
	static GRegex *version, *extra;
	g_autofree char *plain = NULL;

	if (is_normal(lock_class))
		return g_strdup(lock_class);
	plain = g_regex_replace_literal(once_regex(&extra, " l=\\d+ .*$"), lock_class, -1, 0, "", 0,
					NULL);
	return g_regex_replace_literal(once_regex(&version, "#\\d+(?=/\\d+$|$)"), plain, -1, 0, "",
				       0, NULL);
}

/* Skips the instance of a lock, an address such as "ffff8880…" or "(____ptrval____)". */
static const char *skip_instance(const char *p, struct splat_lock *ret)
{
	const char *start = p, *end;
	gsize len = 0;

	if (*p == '(') {
		end = p + 1 + strspn(p + 1, "_");
		if (!g_str_has_prefix(end, "ptrval"))
			return p;
		end += strlen("ptrval") + strspn(end + strlen("ptrval"), "_");
		if (*end++ != ')')
			return p;
	} else {
		start += g_str_has_prefix(p, "0x") ? 2 : 0;
		while (g_ascii_isxdigit(start[len]) && !g_ascii_isupper(start[len]))
			len++;
		if (len < 6 || len > 16)
			return p;
		end = start + len;
	}
	if (*end != ' ' && *end != '\t')
		return p;
	ret->instance = g_strndup(start, end - start);
	return end + strspn(end, " \t");
}

/*
 * Returns the "){" between the class that begins at NAME and its usage: the last one in the line,
 * because the class may contain parentheses. *RET_LEN is the length of the usage. Returns NULL if
 * there is none.
 */
static const char *find_usage(const char *name, gsize *ret_len)
{
	const char *found = NULL;

	for (const char *p = name; (p = strstr(p, "){")); p += 2) {
		gsize len = strspn(p + 2, "-.+?*");

		if (len < 4 || len > 10 || p[2 + len] != '}')
			continue;
		found = p;
		*ret_len = len;
	}
	return found;
}

/* Parses the wait types at P, "-{2:2}". Returns their end, or P if there are none. */
static const char *parse_waits(const char *p, struct splat_lock *ret)
{
	gsize outer, inner;

	ret->outer = ret->inner = -1;
	if (!g_str_has_prefix(p, "-{"))
		return p;
	outer = strspn(p + 2, "0123456789");
	inner = p[2 + outer] == ':' ? strspn(p + 3 + outer, "0123456789") : 0;
	if (!outer || !inner || p[3 + outer + inner] != '}')
		return p;
	ret->outer = text_int(p + 2);
	ret->inner = text_int(p + 3 + outer);
	return p + 4 + outer + inner;
}

static char *function_at(const char *p)
{
	struct frame frame;
	const char *end;

	if (!g_str_has_prefix(p, ", at: "))
		return NULL;
	p += strlen(", at: ");
	if (g_str_has_prefix(p, "[<") && (end = strstr(p, ">]")))
		p = end + 2 + strspn(end + 2, " \t");
	return frame_parse_function(p, &frame) || frame_parse_bare(p, &frame) ? g_strdup(frame.name)
									      : NULL;
}

/* Parses a lock. The part from ", at:" on may be missing, as in "-> #1 (CLASS){++++}-{0:0}:". */
gboolean lock_parse(const char *text, struct splat_lock *ret)
{
	g_autofree char *name = NULL;
	const char *p, *usage;
	gsize len = 0;

	usage = find_usage(text, &len);
	if (!usage)
		return FALSE;
	memset(ret, 0, sizeof(*ret));
	p = skip_instance(text + strspn(text, " \t"), ret);
	if (*p != '(' || usage < p) {
		splat_lock_clear(ret);
		return FALSE;
	}
	name = g_strndup(p + 1, usage - p - 1);
	ret->lock_class = is_normal(name) ? g_steal_pointer(&name) : lock_class_normal(name);
	ret->usage = g_strndup(usage + 2, len);
	p = parse_waits(usage + 3 + len, ret);
	ret->function = function_at(p);
	if (*ret->lock_class)
		return TRUE;
	/* the console has lost the class name, for example in "(#5){++++}" */
	splat_lock_clear(ret);
	return FALSE;
}

const struct lock_field lock_fields[] = {
	{"instance", G_STRUCT_OFFSET(struct splat_lock, instance)},
	{"class", G_STRUCT_OFFSET(struct splat_lock, lock_class)},
	{"usage", G_STRUCT_OFFSET(struct splat_lock, usage)},
	{"outer", G_STRUCT_OFFSET(struct splat_lock, outer), TRUE},
	{"inner", G_STRUCT_OFFSET(struct splat_lock, inner), TRUE},
	{"function", G_STRUCT_OFFSET(struct splat_lock, function)},
};
const gsize n_lock_fields = G_N_ELEMENTS(lock_fields);

json_t *splat_lock_json(const struct splat_lock *lock)
{
	json_t *json;

	if (!lock->lock_class)
		return json_null();
	json = json_object();
	for (gsize i = 0; i < n_lock_fields; i++) {
		const struct lock_field *field = &lock_fields[i];

		if (field->is_number && lock_number(lock, field) >= 0)
			json_object_set_new(json, field->key,
					    json_integer(lock_number(lock, field)));
		else if (!field->is_number && lock_text(lock, field))
			json_object_set_new(json, field->key,
					    splat_json_text(lock_text(lock, field)));
	}
	return json;
}
