// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes KCIDB's I/O format, version 5: a checkout for each source with its patches, a build for
 * each kernel, a test for each run, an issue for each signature, and an incident for each test with
 * an issue. Properties must not be null; identifiers begin with the origin.
 */
#include "report/internal.h"

#include <string.h>

#include "util/text.h"

#define ORIGIN "hotplug_rig"
#define COMMIT_LEN 40

/* Sets KEY to TEXT, unless TEXT is NULL. */
static void set_text(json_t *object, const char *key, const char *text)
{
	g_autofree char *clean = text ? text_clean(text) : NULL;

	if (clean && *clean)
		json_object_set_new(object, key, json_string(clean));
}

static void set_number(json_t *object, const char *key, double value)
{
	if (value >= 0)
		json_object_set_new(object, key, json_real(value));
}

static void set_time(json_t *object, gint64 when)
{
	g_autoptr(GDateTime) date = when ? g_date_time_new_from_unix_utc(when) : NULL;
	g_autofree char *text = date ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%S+00:00") : NULL;

	set_text(object, "start_time", text);
}

static json_t *object_new(const char *id)
{
	return json_pack("{s:s, s:s}", "id", id, "origin", ORIGIN);
}

/* Returns an id, ORIGIN ":" and a hash of FIRST and SECOND. The caller owns it. */
static char *id_of(const char *first, const char *second)
{
	g_autofree char *words = g_strjoin("\n", first, second, NULL);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, words, -1);

	return g_strconcat(ORIGIN ":", sum, NULL);
}

/*
 * Returns TEXT as a part of a test's path: characters other than letters, digits, '_' and '-' are
 * replaced.
 */
static char *part(const char *text)
{
	char *safe = g_strdup(text);

	for (char *p = safe; *p; p++)
		if (!g_ascii_isalnum(*p) && *p != '-')
			*p = '_';
	return safe;
}

/* Returns the commit in SOURCE, if it has the form "git:REPO@<40 hex digits>"; otherwise NULL. */
static const char *commit_of(const char *source)
{
	const char *at = source && g_str_has_prefix(source, "git:") ? strrchr(source, '@') : NULL;

	return at && strlen(at + 1) == COMMIT_LEN &&
			       strspn(at + 1, "0123456789abcdef") == COMMIT_LEN
		       ? at + 1
		       : NULL;
}

static char *patches_text(json_t *kernel)
{
	GString *text = g_string_new(NULL);
	json_t *patch;
	size_t i;

	json_array_foreach (json_object_get(kernel, "patches"), i, patch)
		if (json_is_string(patch))
			g_string_append_printf(text, "%s%s", text->len ? " " : "",
					       json_string_value(patch));
	return g_string_free(text, FALSE);
}

struct kcidb {
	json_t *json;
	GHashTable *seen; /* ids of the checkouts, builds and issues that were added */
};

static void append(struct kcidb *kcidb, const char *list, json_t *object)
{
	json_array_append_new(json_object_get(kcidb->json, list), object);
}

static gboolean is_new(struct kcidb *kcidb, const char *list, const char *id)
{
	return g_hash_table_add(kcidb->seen, g_strconcat(list, "/", id, NULL));
}

/*
 * Adds a checkout, unless it was added before, and returns its id. Kernels of the same source are
 * different checkouts if the names of their patches differ; the contents of patches are not
 * compared.
 */
static char *add_checkout(struct kcidb *kcidb, json_t *kernel)
{
	const char *source = json_string_value(json_object_get(kernel, "source"));
	const char *asked = json_string_value(json_object_get(kernel, "asked"));
	g_autofree char *patches = patches_text(kernel), *comment = NULL;
	g_autofree char *id = id_of(source ? source : asked ? asked : "?", patches);
	json_t *checkout;

	if (!is_new(kcidb, "checkouts", id))
		return g_steal_pointer(&id);
	comment = g_strjoin(*patches ? " with " : "",
			    source  ? source
			    : asked ? asked
				    : "?",
			    patches, NULL);
	checkout = object_new(id);
	set_text(checkout, "comment", comment);
	set_text(checkout, "git_commit_hash", commit_of(source));
	if (!*patches)
		json_object_set_new(checkout, "patchset_hash", json_string(""));
	json_object_set_new(checkout, "valid", json_true());
	append(kcidb, "checkouts", checkout);
	return g_steal_pointer(&id);
}

static char *add_build(struct kcidb *kcidb, const struct run_view *run)
{
	json_t *kernel = json_object_get(run->info->inputs, "kernel");
	const char *hash = json_string_value(json_object_get(kernel, "hash"));
	g_autofree char *checkout = add_checkout(kcidb, kernel);
	g_autofree char *id =
		hash ? g_strconcat(ORIGIN ":", hash, NULL) : id_of(checkout, run->kernel);
	json_t *build;

	if (!is_new(kcidb, "builds", id))
		return g_steal_pointer(&id);
	build = object_new(id);
	json_object_set_new(build, "checkout_id", json_string(checkout));
	set_text(build, "comment", run->kernel);
	/* KERNEL has a run, so its build has passed */
	json_object_set_new(build, "status", json_string("PASS"));
	append(kcidb, "builds", build);
	return g_steal_pointer(&id);
}

static const char *const statuses[N_VERDICTS] = {
	[VERDICT_PASS] = "PASS",    [VERDICT_FAIL] = "FAIL",  [VERDICT_HANG] = "FAIL",
	[VERDICT_LOST] = "ERROR",   [VERDICT_INFRA] = "MISS", [VERDICT_SKIP] = "SKIP",
	[VERDICT_ABORTED] = "MISS", [VERDICT_KNOWN] = "SKIP",
};

static void add_test(struct kcidb *kcidb, const struct run_view *run, const char *id,
		     const char *build)
{
	g_autofree char *scenario = part(run->scenario), *machine = part(run->machine);
	g_autofree char *path = g_strjoin(".", ORIGIN, scenario, machine, NULL);
	g_autofree char *reason = run_reason(run), *findings = run_findings(run);
	g_autofree char *where = g_strdup_printf("QEMU machine %s", run->machine);
	gboolean bad = run->as != VERDICT_PASS;
	json_t *test = object_new(id), *misc = json_object();

	json_object_set_new(test, "build_id", json_string(build));
	json_object_set_new(test, "path", json_string(path));
	json_object_set_new(test, "status", json_string(statuses[run->as]));
	json_object_set_new(test, "environment", json_pack("{s:s}", "comment", where));
	set_text(test, "comment", bad ? reason : NULL);
	set_text(test, "log_excerpt", bad ? findings : NULL);
	set_time(test, run->when);
	set_number(test, "duration", run->total_s);
	if (run->ops_per_s >= 0)
		json_object_set_new(
			test, "number",
			json_pack("{s:f, s:s}", "value", run->ops_per_s, "unit", "op/s"));
	json_object_set_new(misc, "verdict", json_string(verdict_name(run->info->verdict)));
	if (json_is_integer(json_object_get(run->info->inputs, "seed")))
		json_object_set(misc, "seed", json_object_get(run->info->inputs, "seed"));
	set_number(misc, "detected_s", run->detect_s);
	json_object_set_new(test, "misc", misc);
	append(kcidb, "tests", test);
}

static void add_incident(struct kcidb *kcidb, const struct signature *signature, const char *test)
{
	g_autofree char *issue = id_of(signature->bug, NULL), *id = NULL;
	g_autofree char *kind = part(signature->kind),
			*category = g_strconcat("runtime.", kind, NULL);
	json_t *object;

	if (is_new(kcidb, "issues", issue)) {
		object = object_new(issue);
		json_object_set_new(object, "version", json_integer(1));
		set_text(object, "report_subject", signature->title);
		set_text(object, "comment", signature->bug);
		json_object_set_new(object, "categories", json_pack("[s]", category));
		json_object_set_new(object, "culprit", json_pack("{s:b}", "code", 1));
		append(kcidb, "issues", object);
	}
	id = g_strconcat(issue, "-", test + strlen(ORIGIN ":"), NULL);
	object = object_new(id);
	json_object_set_new(object, "issue_id", json_string(issue));
	json_object_set_new(object, "issue_version", json_integer(1));
	json_object_set_new(object, "test_id", json_string(test));
	json_object_set_new(object, "present", json_true());
	append(kcidb, "incidents", object);
}

static void add_run(struct kcidb *kcidb, const struct run_view *run)
{
	g_autofree char *build = add_build(kcidb, run),
			*id = g_strconcat(ORIGIN ":", run->name, NULL);

	add_test(kcidb, run, id, build);
	for (guint i = 0; i < run->signatures->len; i++)
		add_incident(kcidb, run->signatures->pdata[i], id);
}

char *write_kcidb(const struct model *model, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct kcidb kcidb = {json_pack("{s:{s:i, s:i}, s:[], s:[], s:[], s:[], s:[]}", "version",
					"major", 5, "minor", 3, "checkouts", "builds", "tests",
					"issues", "incidents"),
			      seen};

	(void)error;
	for (guint i = 0; i < model->runs->len; i++) {
		const struct run_view *run = model->runs->pdata[i];

		if (run->now && statuses[run->as])
			add_run(&kcidb, run);
	}
	return json_document(kcidb.json);
}
