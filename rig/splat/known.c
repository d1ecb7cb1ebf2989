// SPDX-License-Identifier: GPL-2.0-only
/* Known issues: reads the list, and finds the entry that matches a report. */
#include "splat/known.h"

#include <stdio.h>
#include <string.h>

#include "splat/key.h"
#include "util/error.h"
#include "util/yaml-schema.h"
#include "util/paths.h"

#define FILE_MAX (1 << 20)
#define ISSUES_MAX 10000
#define PARTS 3

struct list {
	struct known_issue *issues;
	unsigned n_issues;
};

struct known {
	struct list *list;
};

#define TEXT(key, field)                                                                           \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct known_issue, field, 1, 1000)
#define OPTIONAL(key, field)                                                                       \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct known_issue,  \
			       field, 1, 1000)

static const cyaml_schema_field_t issue_fields[] = {
	OPTIONAL("signature", signature), OPTIONAL("title", title),
	TEXT("reason", reason),           TEXT("link", link),
	OPTIONAL("from", from),           OPTIONAL("before", before),
	TEXT("expires", expires),         CYAML_FIELD_END,
};

static const cyaml_schema_value_t issue_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct known_issue, issue_fields),
};

static const cyaml_schema_field_t list_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("issues", CYAML_FLAG_POINTER, struct list, issues, n_issues,
				   &issue_value, 0, ISSUES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t list_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct list, list_fields),
};

static const struct yaml_schema schema = {&list_value, "the list of known issues", NULL};

/*
 * A kernel version: "6.1.192-2" is 6, 1, 192. `candidate`: "-rc", which is lower than the release.
 */
struct version {
	guint part[PARTS];
	gboolean candidate;
};

static gboolean version_parse(const char *text, struct version *ret)
{
	struct version version = {0};
	const char *p = text;

	for (int i = 0; i < PARTS; i++) {
		char *end;
		guint64 n;

		if (!g_ascii_isdigit(*p))
			return FALSE;
		n = g_ascii_strtoull(p, &end, 10);
		version.part[i] = MIN(n, G_MAXUINT);
		p = end;
		if (*p != '.' || i == PARTS - 1)
			break;
		p++;
	}
	/* accepted suffixes: "6.1.192-2", "6.12-rc3", "5.14.0-284.el9", "6.1+" */
	if (*p && !strchr("-+~.", *p))
		return FALSE;
	version.candidate = g_str_has_prefix(p, "-rc");
	*ret = version;
	return strchr(text, '.') != NULL;
}

static int version_compare(const struct version *a, const struct version *b)
{
	for (int i = 0; i < PARTS; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return b->candidate - a->candidate;
}

static gboolean is_date(const char *text)
{
	int year, month, day, n = 0;

	return sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &n) == 3 && n == 10 && !text[n] &&
	       year >= 2000 && g_date_valid_dmy(day, month, year);
}

/* Returns TRUE if PATTERN consists of wildcards only, so that it would match every report. */
static gboolean is_wild(const char *pattern)
{
	return pattern && strspn(pattern, "*? ") == strlen(pattern);
}

static gboolean check_issue(const char *file, guint number, struct known_issue *issue,
			    const char *today, GError **error)
{
	struct version version;
	const char *wrong = NULL;

	if (!issue->signature && !issue->title)
		wrong = "give `signature` or `title`";
	else if (is_wild(issue->signature) || is_wild(issue->title))
		wrong = "`signature` or `title` has only wildcards and would match every report";
	else if (!is_date(issue->expires))
		wrong = "`expires` must be a date like 2027-06-30";
	else if ((issue->from && !version_parse(issue->from, &version)) ||
		 (issue->before && !version_parse(issue->before, &version)))
		wrong = "`from` and `before` must be versions like 6.1 or 6.12.3";
	else if (!g_str_has_prefix(issue->link, "https://") &&
		 !g_str_has_prefix(issue->link, "http://"))
		wrong = "`link` must begin with https:// or http://";
	if (wrong)
		return rig_fail(error, RIG_EXIT_USAGE, "%s: issue %u: %s", file, number, wrong);
	issue->expired = strcmp(issue->expires, today) < 0;
	return TRUE;
}

struct known *known_load(const char *file, const char *today, GError **error)
{
	rig_auto(known) known = g_new0(struct known, 1);
	g_autofree char *data = NULL, *day = g_strndup(today, strlen("2026-11-21"));
	rig_auto(yaml_tree) tree = NULL;
	gsize len;

	if (!rig_read_file(file, FILE_MAX, &data, &len, error) ||
	    !(tree = yaml_tree_parse(file, data, len, error)) ||
	    !(known->list = yaml_schema_load(&schema, tree, data, len, error)))
		return NULL;
	for (guint i = 0; known->list && i < known->list->n_issues; i++)
		if (!check_issue(file, i + 1, &known->list->issues[i], day, error))
			return NULL;
	return g_steal_pointer(&known);
}

void known_free(struct known *known)
{
	if (!known)
		return;
	if (known->list)
		yaml_schema_free(&schema, known->list);
	g_free(known);
}

const struct known_issue *known_issues(const struct known *known, guint *ret_n)
{
	*ret_n = known->list ? known->list->n_issues : 0;
	return known->list ? known->list->issues : NULL;
}

/*
 * Finds the kernel's release in a report: "… Comm: x Not tainted 6.1.192 #1", "… Tainted: G W
 * 6.1.192 #1", or lockdep's "6.1.192 #1 Not tainted".
 */
static gboolean release_of(const struct splat *splat, struct version *ret)
{
	g_auto(GStrv) lines = g_strsplit(splat->text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		const char *mark = strstr(lines[i], "ainted");
		g_auto(GStrv) words = mark ? g_strsplit_set(lines[i], " \t", -1) : NULL;

		for (guint w = 0; words && words[w]; w++)
			if (version_parse(words[w], ret))
				return TRUE;
	}
	return FALSE;
}

static gboolean in_range(const struct known_issue *issue, const struct splat *splat,
			 const char *release)
{
	struct version version, end;

	if (!issue->from && !issue->before)
		return TRUE;
	if (release ? !version_parse(release, &version) : !release_of(splat, &version))
		return FALSE;
	if (issue->from && version_parse(issue->from, &end) && version_compare(&version, &end) < 0)
		return FALSE;
	return !issue->before || !version_parse(issue->before, &end) ||
	       version_compare(&version, &end) < 0;
}

static gboolean fits(const char *pattern, const char *text)
{
	return !pattern || g_pattern_match_simple(pattern, text);
}

const struct known_issue *known_match(struct known *known, const struct splat *splat,
				      const char *release)
{
	for (guint i = 0; known->list && i < known->list->n_issues; i++) {
		struct known_issue *issue = &known->list->issues[i];

		if (issue->expired ||
		    (issue->signature && !splat_key_fits(splat, issue->signature)) ||
		    !fits(issue->title, splat->title) || !in_range(issue, splat, release))
			continue;
		issue->matches++;
		return issue;
	}
	return NULL;
}

json_t *known_json(const struct known_issue *issue)
{
	return json_pack("{s:s?, s:s?, s:s, s:s, s:s}", "signature", issue->signature, "title",
			 issue->title, "reason", issue->reason, "link", issue->link, "expires",
			 issue->expires);
}

gboolean known_is_excuse(json_t *known)
{
	return !g_strcmp0(json_string_value(json_object_get(known, "expires")), KNOWN_THIS_RUN);
}
