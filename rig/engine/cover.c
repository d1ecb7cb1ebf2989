// SPDX-License-Identifier: GPL-2.0-only
/* Writes the code that the run reached as coverage.json and coverage.info (docs/coverage.md). */
#include "engine/session.h"

#include "cover/coverage.h"
#include "symbol/symbol.h"
#include "util/error.h"

void cover_phase(struct session *s, guint phase)
{
	if (s->plan->coverage && s->holds.director)
		director_phase(s->holds.director, phase);
}

static struct symbols *open_symbols(const struct kernel *kernel, GError **error)
{
	struct symbols *symbols = kernel->vmlinux ? symbols_open(kernel->vmlinux, NULL) : NULL;
	g_autoptr(GBytes) image = symbols ? NULL : kernel_unpack(kernel->image, error);

	return symbols || !image ? symbols : symbols_of_image(image, error);
}

/*
 * Returns a name for the source code of KERNEL. It includes the patches, because patches change
 * line numbers. Free it with g_free().
 */
static char *tree_of(const struct kernel *kernel)
{
	g_autoptr(GString) out = g_string_new(kernel->source);

	for (char **patch = kernel->patches; patch && *patch; patch++) {
		g_autofree char *name = g_path_get_basename(*patch);

		g_string_append_printf(out, " + %s", name);
	}
	return g_utf8_make_valid(out->str, (gssize)out->len);
}

struct lcov {
	const struct coverage *coverage;
	const char *test;
};

static void write_lcov(FILE *out, const void *data)
{
	const struct lcov *lcov = data;

	coverage_lcov(lcov->coverage, lcov->test, out);
}

/* Stores COVERAGE, and removes the files of the neighbours from it. */
static gboolean keep(struct session *s, struct coverage *coverage, GError **error)
{
	const struct lcov lcov = {coverage, s->scenario->name};
	json_auto_t *json = coverage_json(coverage);
	g_autofree char *text = json_dumps(json, JSON_COMPACT);

	coverage_drop_neighbours(coverage);
	return run_keep(s->run, COVERAGE_JSON, text ? text : "", -1, error) &&
	       run_keep_stream(s->run, COVERAGE_LCOV, write_lcov, &lcov, error);
}

static void note_sums(struct session *s, const struct coverage *coverage)
{
	struct coverage_sums sums;

	coverage_sums(coverage, &sums);
	s->coverage = coverage_sums_json(&sums);
	json_object_set_new(s->coverage, "complete", json_boolean(coverage->complete));
}

void cover_keep(struct session *s)
{
	const struct kernel *kernel = s->plan->kernel;
	rig_auto(director_cover) code = NULL;
	rig_auto(symbols) symbols = NULL;
	rig_auto(coverage) coverage = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *tree = tree_of(kernel);

	if (!s->plan->coverage || !s->holds.director)
		return;
	director_drain(s->holds.director);
	code = director_cover(s->holds.director);
	if (code)
		symbols = open_symbols(kernel, &error);
	if (symbols) {
		const struct coverage_bits bits = {code->from, code->to,
						   {code->phase[0], code->phase[1]}};

		coverage = coverage_make(&bits, symbols, kernel->name, kernel->arch, tree);
		coverage->complete = code->switched > 0;
	}
	if (coverage && keep(s, coverage, &error))
		note_sums(s, coverage);
	else
		run_journal(s->run, "coverage", "{s:s}", "why",
			    error ? error->message : "the recorded code cannot be read");
}
