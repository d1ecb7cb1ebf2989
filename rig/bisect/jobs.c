// SPDX-License-Identifier: GPL-2.0-only
/* Starts the runs and builds of a search as jobs of a place (place/place.h). */
#include "bisect/work.h"

void search_slot_clear(struct slot *slot)
{
	slot->busy = FALSE;
	g_clear_pointer(&slot->words, g_strfreev);
	g_clear_pointer(&slot->key, g_free);
}

static void show_status(struct search *search, const char *what, guint position)
{
	g_autofree char *name = span_name(search->span, position);
	g_autofree char *text = g_strdup_printf("%s %s", what, name);

	if (search->on_status)
		search->on_status(search, text, search->data);
}

static char **slot_words(const struct place_job *job, guint cores)
{
	const struct slot *slot = job->data;

	(void)cores;
	return g_strdupv(slot->words);
}

/* Starts a job in SLOT, whose position is set already. WORDS, its command line, is taken over. */
static void start(struct search *search, struct slot *slot, enum child_kind kind, char **words,
		  guint limit_s, slot_done done)
{
	struct search_work *work = search->work;

	slot->search = search;
	slot->busy = TRUE;
	slot->words = words;
	slot->key = g_strdup_printf("%" G_GINT64_FORMAT " %u", work->began_ns, ++work->n_jobs);
	slot->job = (struct place_job){
		.kind = kind,
		.key = slot->key,
		.label = slot->key,
		.item = {.need = search->options.need},
		.limit_s = limit_s,
		.words = slot_words,
		.done = done,
		.data = slot,
	};
	place_add(work->place, &slot->job);
	show_status(search, kind == CHILD_BUILD ? "building" : "running", slot->position);
}

void search_start_build(struct search *search, guint position, slot_done done)
{
	struct slot *slot = &search->work->builder;
	const struct search_options *o = &search->options;
	__attribute__((cleanup(span_build_clear))) struct span_build build = {0};
	struct child_build_spec spec = {
		.arch = o->arch,
		.scenario = o->scenario,
		.no_lockdep = o->no_lockdep,
		.jobs = o->jobs,
	};

	span_build(search->span, position, o->patches, o->fragments, &build);
	spec.source = build.source;
	spec.patches = (const char *const *)build.patches;
	spec.fragments = (const char *const *)build.fragments;
	slot->position = position;
	start(search, slot, CHILD_BUILD, child_build_words(&spec),
	      o->build_limit_s ? o->build_limit_s : CHILD_BUILD_LIMIT_S, done);
}

void search_start_run(struct search *search, struct slot *slot, guint position, slot_done done)
{
	const struct search_options *o = &search->options;
	__attribute__((cleanup(span_build_clear))) struct span_build build = {0};
	g_autofree char *label = g_strdup_printf("bisect=%s", search->name);
	const char *labels[] = {label, NULL};
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) extra = NULL;
	struct child_spec spec = {
		.scenario = o->scenario,
		.machine = o->machine,
		.duration_s = o->duration_s,
		.patience_s = o->patience_s,
		.jobs = o->jobs,
		.labels = labels,
	};

	if (o->extra)
		g_strv_builder_addv(builder, (const char **)o->extra);
	if (search->target.key)
		g_strv_builder_add_many(builder, "--until", search->target.key, NULL);
	else
		g_strv_builder_add(builder, "--keep-going");
	extra = g_strv_builder_end(builder);
	spec.extra = (const char *const *)extra;

	span_build(search->span, position, o->patches, o->fragments, &build);
	spec.kernel = build.source;
	spec.patches = (const char *const *)build.patches;
	spec.fragments = (const char *const *)build.fragments;
	slot->position = position;
	start(search, slot, CHILD_RUN, child_run_words(&spec),
	      o->run_limit_s ? o->run_limit_s : CHILD_RUN_LIMIT_S + o->duration_s, done);
}

gboolean search_open_place(struct search *search, place_failed failed, GError **error)
{
	struct search_work *work = search->work;
	g_autofree char *record = g_build_filename(search->dir, "place", NULL);

	work->place = search->options.place
			      ? search->options.place
			      : place_here_unlimited(search->options.results, search->options.rig);
	work->place->failed = failed;
	work->place->failed_data = search;
	return place_open(work->place, record, search->name, error);
}
