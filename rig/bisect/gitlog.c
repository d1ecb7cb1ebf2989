// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a search in the format of `git bisect log`. A commit is marked bad or good only if this is
 * certain to the requested confidence, because one run that does not catch a rare bug does not
 * prove that the commit is good.
 */
#include "bisect/result.h"

#include "util/text.h"

static void add_line(GString *out, const struct search *search, guint position, const char *word)
{
	const struct change *change = span_change(search->span, position);
	g_autofree char *subject = text_clean(change->subject ? change->subject : "");

	/* a newline would end the comment, and git would read the rest as a command */
	g_strdelimit(subject, "\n", ' ');
	g_string_append_printf(out, "# %s: [%s] %s\ngit bisect %s %s\n", word, change->id, subject,
			       word, change->id);
}

static gboolean was_tested(const struct search *search, guint position)
{
	for (guint i = 0; i < search->evidence->len; i++) {
		const struct evidence *e = search->evidence->pdata[i];

		if (e->position == position &&
		    (e->outcome == OUTCOME_CAUGHT || e->outcome == OUTCOME_CLEAN))
			return TRUE;
	}
	return FALSE;
}

char *result_git_log(const struct search *search, enum search_end end)
{
	gboolean fix = search->options.fix;
	const char *has = fix ? "broken" : "bad", *has_not = fix ? "fixed" : "good";
	guint n = search->span->n, best = posterior_best(search->posterior);
	g_autoptr(GString) out =
		g_string_new(fix ? "git bisect start '--term-old=broken' '--term-new=fixed'\n"
				 : "git bisect start\n");

	if (search->span->kind != SPAN_GIT)
		return NULL;
	add_line(out, search, n, fix ? has_not : has);
	add_line(out, search, 0, fix ? has : has_not);
	/* write the oldest bad commit last, because git uses only the last bad commit of a log */
	for (guint t = n - 1; t > 0; t--) {
		double bug = posterior_has_bug(search->posterior, t);

		if (search->skipped[t])
			add_line(out, search, t, "skip");
		else if (was_tested(search, t) && bug >= search->options.confidence)
			add_line(out, search, t, has);
		else if (was_tested(search, t) && bug <= 1 - search->options.confidence)
			add_line(out, search, t, has_not);
	}
	if (end == SEARCH_FOUND) {
		g_autofree char *subject = text_clean(span_change(search->span, best)->subject);

		g_strdelimit(subject, "\n", ' ');
		g_string_append_printf(out, "# first %s commit: [%s] %s\n", fix ? has_not : has,
				       span_change(search->span, best)->id, subject);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}
