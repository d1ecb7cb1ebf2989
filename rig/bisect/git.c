// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the span, the list of changes to search, of the commits between two revisions. If the
 * history has merges, `ancestry` stores for each commit which other commits it contains. The user's
 * repository is only read; rig/kernel builds the kernels in a work tree of its own, in the cache.
 */
#include "bisect/internal.h"

#include <string.h>

#include "util/error.h"

#define LIST_MAX (64u << 20)
#define STAT_MAX (64u << 10)

/* Resolves WORD, a revision as given by the user, to a commit. */
static gboolean resolve(const char *repo, const char *word, char **ret, GError **error)
{
	g_autofree char *spec = g_strconcat(word, "^{commit}", NULL), *output = NULL;
	const char *words[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", spec, NULL};
	const char *folder[] = {"rev-parse", "--git-dir", NULL};
	g_autoptr(GError) why = NULL;

	if (!git_run(repo, folder, 4096, NULL, &why)) {
		const char *fatal = strstr(why->message, "fatal: ");

		return rig_fail(error, RIG_EXIT_USAGE,
				"cannot read the git repository '%s': %s; give a kernel's tree "
				"(rig bisect: --repo PATH)",
				repo, fatal ? fatal + strlen("fatal: ") : why->message);
	}
	if (!git_run(repo, words, 4096, &output, NULL))
		return rig_fail(error, RIG_EXIT_USAGE, "the repository '%s' has no commit '%s'",
				repo, word);
	*ret = g_strdup(g_strstrip(output));
	return TRUE;
}

gboolean span_check_git(const char *source, GError **error)
{
	const char *at = strrchr(source, '@');
	g_autofree char *repo =
		at ? g_strndup(source + strlen("git:"), at - source - strlen("git:")) : NULL;
	g_autofree char *commit = NULL;

	return at ? resolve(repo, at + 1, &commit, error)
		  : rig_fail(error, RIG_EXIT_USAGE, "'%s' has no revision: git:REPO@REV", source);
}

static gboolean check_ancestor(const char *repo, const char *good, const char *bad, GError **error)
{
	const char *is[] = {"merge-base", "--is-ancestor", good, bad, NULL};
	const char *base[] = {"merge-base", good, bad, NULL};
	g_autofree char *common = NULL;

	if (git_run(repo, is, 4096, NULL, NULL))
		return TRUE;
	if (!git_run(repo, base, 4096, &common, NULL))
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' and '%s' have no common history", good,
				bad);
	return rig_fail(error, RIG_EXIT_USAGE,
			"the good revision '%s' is not an ancestor of the bad '%s'; if their merge "
			"base is good, use it instead: --good %.12s",
			good, bad, g_strstrip(common));
}

/* Parses a line with hash, parents, date, author and subject of a commit, separated by \x1f. */
static gboolean take_commit(struct span *span, GHashTable *index, GPtrArray *parents,
			    const char *line)
{
	g_auto(GStrv) word = g_strsplit(line, "\x1f", 5);
	struct change change = {0};

	if (g_strv_length(word) != 5)
		return FALSE;
	change.id = g_strdup(word[0]);
	change.date = g_strdup(word[2]);
	change.author = g_strdup(word[3]);
	change.subject = g_strdup(word[4]);
	span_add(span, &change);
	g_hash_table_insert(index, g_strdup(word[0]), GUINT_TO_POINTER(span->n));
	g_ptr_array_add(parents, g_strsplit(word[1], " ", -1));
	return TRUE;
}

static gboolean list(struct span *span, const char *good, const char *bad, const char *const *paths,
		     GHashTable *index, GPtrArray *parents, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autofree char *between = g_strdup_printf("%s..%s", good, bad), *output = NULL;
	static const char *const fixed[] = {"log",
					    "--topo-order",
					    "--reverse",
					    "--parents",
					    "--no-color",
					    "--no-decorate",
					    "--format=%H%x1f%P%x1f%aI%x1f%an <%ae>%x1f%s"};
	g_auto(GStrv) lines = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(words, (gpointer)fixed[i]);
	g_ptr_array_add(words, between);
	g_ptr_array_add(words, (gpointer) "--");
	for (; paths && *paths; paths++)
		g_ptr_array_add(words, (gpointer)*paths);
	g_ptr_array_add(words, NULL);
	if (!git_run(span->repo, (const char *const *)words->pdata, LIST_MAX, &output, error))
		return FALSE;
	lines = g_strsplit(output, "\n", -1);
	for (char **l = lines; *l; l++) {
		if (span->n >= SPAN_MAX)
			return rig_fail(error, RIG_EXIT_USAGE,
					"'%s' has more than %d commits: choose closer ends, or "
					"limit it with --path FOLDER",
					between, SPAN_MAX);
		take_commit(span, index, parents, *l);
	}
	return TRUE;
}

/* Sets span->ancestry (which position contains which commits), unless the history is linear. */
static void connect(struct span *span, GHashTable *index, GPtrArray *parents)
{
	gboolean line = TRUE;

	for (guint i = 1; i <= span->n && line; i++) {
		char **parent = parents->pdata[i - 1];
		guint to = *parent ? GPOINTER_TO_UINT(g_hash_table_lookup(index, *parent)) : 0;

		line = to == i - 1 && (!*parent || !parent[1]);
	}
	if (line)
		return;
	span->ancestry = ancestry_new(span->n);
	for (guint i = 1; i <= span->n; i++)
		for (char **parent = parents->pdata[i - 1]; *parent; parent++)
			ancestry_join(span->ancestry, i,
				      GPOINTER_TO_UINT(g_hash_table_lookup(index, *parent)));
	/* the bad end contains all listed commits, even if PATHS hides the merges between them */
	for (guint i = 1; i <= span->n; i++)
		ancestry_set(span->ancestry, span->n, i);
}

static gboolean describe_end(struct span *span, const char *commit, struct change *change,
			     GError **error)
{
	const char *words[] = {
		"log",	"-1", "--no-color", "--no-decorate", "--format=%aI%x1f%an <%ae>%x1f%s",
		commit, NULL};
	g_autofree char *output = NULL;
	g_auto(GStrv) word = NULL;

	if (!git_run(span->repo, words, STAT_MAX, &output, error))
		return FALSE;
	word = g_strsplit(g_strchomp(output), "\x1f", 3);
	change->id = g_strdup(commit);
	if (g_strv_length(word) == 3) {
		change->date = g_strdup(word[0]);
		change->author = g_strdup(word[1]);
		change->subject = g_strdup(word[2]);
	}
	return TRUE;
}

struct span *span_git(const char *repo, const char *good, const char *bad, const char *const *paths,
		      GError **error)
{
	rig_auto(span) span = span_new(SPAN_GIT);
	g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) parents = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	g_autofree char *from = NULL, *to = NULL;
	struct change *old, end = {0};

	span->repo = g_canonicalize_filename(repo, NULL);
	if (!resolve(span->repo, good, &from, error) || !resolve(span->repo, bad, &to, error) ||
	    !check_ancestor(span->repo, from, to, error) ||
	    !list(span, from, to, paths, index, parents, error))
		return NULL;
	old = span_change_at(span, 0);
	if (!describe_end(span, from, old, error))
		return NULL;
	if (!span->n) {
		rig_fail(error, RIG_EXIT_USAGE, "no commits between '%s' and '%s'%s", good, bad,
			 paths ? " touch the folders of --path" : "");
		return NULL;
	}
	if (strcmp(span_change(span, span->n)->id, to)) {
		if (!describe_end(span, to, &end, error))
			return NULL;
		span_add(span, &end);
		g_ptr_array_add(parents, g_strsplit(span_change(span, span->n - 1)->id, " ", -1));
	}
	connect(span, index, parents);
	return g_steal_pointer(&span);
}
