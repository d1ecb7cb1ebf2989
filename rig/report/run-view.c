// SPDX-License-Identifier: GPL-2.0-only
/* Makes the view of one run, and texts that all parts of the model use. */
#include <string.h>

#include "report/internal.h"
#include "util/clock.h"
#include "util/text.h"

#define SLUG_MAX 200 /* maximum length of a slug, without a suffix */

/* ---- texts and numbers of a run ---- */

json_t *model_at(json_t *json, const char *path)
{
	g_auto(GStrv) keys = g_strsplit(path, "/", -1);

	for (char **key = keys; *key && json; key++)
		json = json_object_get(json, *key);
	return json;
}

char *model_text(json_t *json, const char *path)
{
	const char *text = json_string_value(model_at(json, path));

	return text && *text ? text_clean(text) : g_strdup("?");
}

char *model_day(gint64 when)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(when);

	return when && date ? g_date_time_format(date, "%Y-%m-%d") : g_strdup("?");
}

char *model_minute(gint64 when)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(when);

	return when && date ? g_date_time_format(date, "%Y-%m-%d %H:%M") : g_strdup("?");
}

char *model_slug_of(const char *words, const char *key)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
	g_autofree char *safe = g_strndup(words, 80);

	for (char *p = safe; *p; p++)
		if (!g_ascii_isalnum(*p) && *p != '.' && *p != '-')
			*p = '-';
	sum[10] = '\0';
	return g_strconcat(safe, "-", sum, NULL);
}

char *model_slug(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((!g_ascii_isalnum(*p) && (p == name || !strchr(".-_", *p))) ||
		    p - name > SLUG_MAX)
			return model_slug_of(name, name);
	return g_strdup(name);
}

static gint64 when_of(const struct run_info *info)
{
	const char *created = json_string_value(json_object_get(info->inputs, "created"));
	g_autofree char *stamp = g_strndup(info->name, strlen("20261121T055401Z"));
	g_autoptr(GDateTime) when = created ? g_date_time_new_from_iso8601(created, NULL) : NULL;

	if (!when && g_utf8_validate(stamp, -1, NULL))
		when = g_date_time_new_from_iso8601(stamp, NULL);
	return when ? g_date_time_to_unix(when) : 0;
}

/*
 * Returns the title of the run's first report, or else its first reason, or "". The caller owns the
 * text.
 */
static char *title_of(const struct run_info *info)
{
	json_t *report = json_array_get(json_object_get(info->details, "reports"), 0);
	const char *title = json_string_value(json_object_get(report, "title"));

	if (!title)
		title = json_string_value(
			json_array_get(json_object_get(info->details, "reasons"), 0));
	return text_clean(title ? title : info->problem ? info->problem : "");
}

static double seconds_at(json_t *json, const char *path)
{
	json_t *ns = model_at(json, path);

	return json_is_integer(ns) ? json_integer_value(ns) / (double)RIG_NS_PER_S : -1;
}

static double rate_of(json_t *details)
{
	double hammer = seconds_at(details, "times/hammer_ns"), ops = 0;
	json_t *agent;
	size_t i;

	json_array_foreach (model_at(details, "counts/agents"), i, agent)
		ops += json_number_value(json_object_get(agent, "ops"));
	return hammer > 0 ? ops / hammer : -1;
}

static double detect_of(json_t *details)
{
	json_t *when = model_at(details, "times/first_report_s");

	return json_is_number(when) && json_number_value(when) >= 0 ? json_number_value(when) : -1;
}

static void judge(struct run_view *run)
{
	enum run_outcome outcome = run_outcome(run->info);

	run->as = run->info->verdict;
	run->word = details_word(run->as, run->info->details);
	if (outcome == OUTCOME_GOOD)
		run->as = VERDICT_PASS;
	else if (outcome == OUTCOME_BAD && run->as == VERDICT_PASS)
		run->as = VERDICT_FAIL;
}

struct run_view *run_view_new(const struct run_info *info)
{
	struct run_view *run = g_new0(struct run_view, 1);

	*run = (struct run_view){
		.info = info,
		.name = text_clean(info->name),
		.scenario = model_text(info->inputs, "scenario"),
		.machine = model_text(info->inputs, "machine"),
		.kernel = model_text(info->inputs, "kernel/name"),
		.created = model_text(info->inputs, "created"),
		.slug = model_slug(info->name),
		.title = title_of(info),
		.when = when_of(info),
		.total_s = seconds_at(info->details, "times/total_ns"),
		.detect_s = detect_of(info->details),
		.ops_per_s = rate_of(info->details),
		.signatures = g_ptr_array_new(),
	};
	judge(run);
	return run;
}

void run_view_free(gpointer data)
{
	struct run_view *run = data;

	g_free(run->name);
	g_free(run->scenario);
	g_free(run->machine);
	g_free(run->kernel);
	g_free(run->created);
	g_free(run->slug);
	g_free(run->title);
	g_ptr_array_unref(run->signatures);
	g_free(run);
}
