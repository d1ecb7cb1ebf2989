// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a line for every alternative of every row of the table of formats. The line must contain
 * the row's token and a word of the filter, a row must match it, and each row must be the first
 * match of some line. Lines are generated from the patterns: the first alternative of each choice
 * ("a|b", "x?") is used, except for at most two choices.
 */
#include <string.h>

#include "splat/body-patterns.h"
#include "splat/internal.h"
#include "tests/unit/splat.h"

#define CHOICES_MAX 64
#define FEW 3	     /* all characters of a class with at most this many are tried */
#define OTHERS_MAX 2 /* maximum number of choices in a line that are not the first alternative */

struct maker {
	const char *p; /* position in the pattern */
	GString *line;
	gboolean silent; /* the maker is inside an alternative that is not used */
	/*
	 * for each choice of the pattern ("a|b", "x?", "[ab]"): the number of the alternative that
	 * make_lines() wants, and how many alternatives there are
	 */
	guint8 wanted[CHOICES_MAX], offered[CHOICES_MAX];
	guint n_wanted, n;
};

static guint choose(struct maker *m, guint of)
{
	guint taken = m->n < m->n_wanted ? m->wanted[m->n] : 0;

	ck_assert_uint_lt(m->n, CHOICES_MAX);
	m->offered[m->n++] = (guint8)of;
	return taken;
}

static void put(struct maker *m, const char *text)
{
	if (!m->silent)
		g_string_append(m->line, text);
}

static void make_alternatives(struct maker *m);

/* Returns the character after the closing bracket of the group or class that begins at P. */
static const char *group_end(const char *p)
{
	int depth = 0;

	if (*p == '[') {
		p += 1 + (p[1] == '^') + (p[1 + (p[1] == '^')] == ']');
		for (; *p != ']'; p++)
			p += *p == '\\';
		return p + 1;
	}
	do {
		if (*p == '\\')
			p++;
		else if (*p == '[')
			p = group_end(p) - 1;
		else
			depth += (*p == '(') - (*p == ')');
		p++;
	} while (depth);
	return p;
}

/*
 * Adds a character of the class at the current position, and moves past the class. Of a small class
 * each character is tried in some line, of a large class only one.
 */
static void make_class(struct maker *m)
{
	const char *end = group_end(m->p);
	g_autofree char *pattern = g_strndup(m->p, (gsize)(end - m->p));
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_ANCHORED, 0, NULL);
	g_autoptr(GString) fit = g_string_new(NULL);

	ck_assert_ptr_nonnull(regex);
	for (char c = '~'; c >= ' '; c--) {
		char text[2] = {c, '\0'};

		if (g_regex_match(regex, text, 0, NULL))
			g_string_append_c(fit, c);
	}
	ck_assert_uint_gt(fit->len, 0);
	if (fit->len <= FEW && !m->silent)
		g_string_erase(fit, 0, choose(m, (guint)fit->len));
	else if (strchr(fit->str, 'a'))
		g_string_assign(fit, "a");
	g_string_truncate(fit, 1);
	put(m, fit->str);
	m->p = end;
}

static void make_escape(struct maker *m)
{
	char c = m->p[1], text[2] = {c, '\0'};

	m->p += 2;
	put(m, c == 'd' ? "1" : c == 's' ? " " : strchr("SwD", c) ? "f" : c == 'W' ? "-" : text);
}

/* Adds the group at the current position; lookarounds are skipped. */
static void make_group(struct maker *m)
{
	const char *end = group_end(m->p);

	if (g_str_has_prefix(m->p, "(?!") || g_str_has_prefix(m->p, "(?<!") ||
	    g_str_has_prefix(m->p, "(?=")) {
		m->p = end;
		return;
	}
	m->p++;
	if (g_str_has_prefix(m->p, "?:"))
		m->p += 2;
	else if (*m->p == '?')
		m->p = strchr(m->p, '>') + 1;
	make_alternatives(m);
	m->p = end;
}

static void make_atom(struct maker *m)
{
	char text[2] = {*m->p, '\0'};

	if (*m->p == '(') {
		make_group(m);
	} else if (*m->p == '[') {
		make_class(m);
	} else if (*m->p == '\\') {
		make_escape(m);
	} else {
		m->p++;
		put(m, *text == '.' ? "x" : strchr("^$", *text) ? "" : text);
	}
}

/*
 * Skips the quantifier of an atom and returns the minimum number of repetitions. *RET_NONE is set
 * to TRUE if the atom is optional.
 */
static guint pass_quantifier(const char **p, gboolean *ret_none)
{
	guint least = 1;

	*ret_none = **p == '?' || **p == '*';
	if (strchr("?*+", **p) && **p) {
		(*p)++;
	} else if (**p == '{') {
		least = (guint)g_ascii_strtoull(*p + 1, NULL, 10);
		*p = strchr(*p, '}') + 1;
	}
	*p += **p == '?' || **p == '+'; /* skip the marks of lazy and possessive quantifiers */
	return least;
}

static void make_sequence(struct maker *m)
{
	while (*m->p && *m->p != '|' && *m->p != ')') {
		const char *start = m->p, *after = start;
		gboolean none, silent = m->silent;
		guint least;

		if (strchr("([", *start))
			after = group_end(start);
		else
			after += *start == '\\' ? 2 : 1;
		least = pass_quantifier(&after, &none);
		if (none && !m->silent)
			m->silent = choose(m, 2) == 1;
		if (!m->silent || silent) {
			guint n = m->n;

			for (guint i = 0; i < least; i++) {
				m->p = start;
				m->n = i ? n : m->n;
				make_atom(m);
			}
		}
		m->silent = silent;
		m->p = after;
	}
}

static guint count_alternatives(const char *p)
{
	guint n = 1;

	for (; *p && *p != ')'; p++) {
		if (*p == '\\')
			p++;
		else if (strchr("([", *p))
			p = group_end(p) - 1;
		n += *p == '|';
	}
	return n;
}

static void make_alternatives(struct maker *m)
{
	guint of = count_alternatives(m->p);
	guint taken = of > 1 && !m->silent ? choose(m, of) : 0;
	gboolean silent = m->silent;

	for (guint i = 0; i < of; i++) {
		m->silent = silent || i != taken;
		make_sequence(m);
		m->p += *m->p == '|';
	}
	m->silent = silent;
}

static guint reached[512];

static void check_line(const struct format *row, gsize at, const char *line)
{
	g_autoptr(GRegex) own = g_regex_new(row->pattern, G_REGEX_RAW | G_REGEX_DUPNAMES, 0, NULL);
	g_autofree char *log = g_strdup_printf("[    1.000000] %s\n", line);
	const struct format *found = format_match(line, NULL);
	gsize n, hit;

	/* the line is invalid: "^" in the middle, or text that a lookahead forbids */
	if (!g_regex_match(own, line, 0, NULL))
		return;
	ck_assert_msg(strstr(line, row->token) != NULL, "row %zu (%s): '%s' has no '%s'", at,
		      row->kind, line, row->token);
	ck_assert_msg(filter_hit((const guint8 *)log, strlen(log), &hit),
		      "row %zu (%s): no word of filter.c is in '%s'", at, row->kind, line);
	ck_assert_msg(found != NULL, "row %zu (%s): nothing matches '%s'", at, row->kind, line);
	reached[found - formats_table(&n)]++;
}

static void make_lines(const struct format *row, gsize at)
{
	g_autoptr(GPtrArray) queue = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(queue, g_new0(struct maker, 1));
	for (guint q = 0; q < queue->len; q++) {
		struct maker *m = queue->pdata[q];
		guint others = 0;

		m->p = row->pattern;
		m->line = g_string_new(NULL);
		make_alternatives(m);
		ck_assert_msg(!*m->p, "row %zu: '%s' was not read to its end", at, row->pattern);
		check_line(row, at, m->line->str);
		for (guint i = 0; i < m->n_wanted; i++)
			others += m->wanted[i] != 0;
		for (guint i = m->n_wanted; others < OTHERS_MAX && i < m->n; i++) {
			for (guint8 other = 1; other < m->offered[i]; other++) {
				struct maker *next = g_new0(struct maker, 1);

				memcpy(next->wanted, m->wanted, m->n_wanted);
				next->wanted[i] = other;
				next->n_wanted = i + 1;
				g_ptr_array_add(queue, next);
			}
		}
		g_string_free(m->line, TRUE);
	}
}

START_TEST(every_alternative_is_reached)
{
	gsize n;
	const struct format *rows = formats_table(&n);

	ck_assert_uint_le(n, G_N_ELEMENTS(reached));
	for (gsize i = 0; i < n; i++)
		make_lines(&rows[i], i);
	for (gsize i = 0; i < n; i++)
		/* if the preceding row has this flag, this row is used instead of it */
		ck_assert_msg(reached[i] || (i && rows[i - 1].flags & FORMAT_ADDRESS),
			      "row %zu (%s, '%s') is never the first that matches", i, rows[i].kind,
			      rows[i].pattern);
}
END_TEST

/* Each row of the table of beginnings is the first that some line in some report matches. */
START_TEST(no_row_hides_another)
{
	for (gsize i = 0; i < n_body_starts; i++) {
		const struct body_pattern *row = &body_starts[i];

		ck_assert_msg(row->families != 0, "'%s' belongs to no report", row->words);
		for (gsize k = 0; k < i; k++)
			ck_assert_msg(!g_str_has_prefix(row->words, body_starts[k].words) ||
					      (row->families & ~body_starts[k].families),
				      "'%s' is hidden by '%s'", row->words, body_starts[k].words);
	}
}
END_TEST

void add_row_tests(TCase *tests)
{
	tcase_add_test(tests, no_row_hides_another);
	tcase_add_test(tests, every_alternative_is_reached);
}
