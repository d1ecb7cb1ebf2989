// SPDX-License-Identifier: GPL-2.0-only
/* From the user's words to a judged run folder, with progress for whoever watches. */
#include "cmd/job.h"

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "initrd/initrd.h"
#include "kernel/kernel.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/size.h"
#include "util/rng.h"
#include "util/term.h"

#define DEFAULT_KERNEL "deb:linux-source-6.1"

/* Everything that a job's words stand for. */
struct resolved {
	struct scenario *scenario;
	const struct machine *machine;
	struct kernel *kernel;
	char *initrd, *results, *accel_why, *known;
	enum accel accel;
	guint64 seed, dump_limit;
};

static void resolved_clear(struct resolved *r)
{
	g_clear_pointer(&r->scenario, scenario_free);
	g_clear_pointer(&r->kernel, kernel_free);
	g_free(r->initrd);
	g_free(r->known);
	g_free(r->results);
	g_free(r->accel_why);
}

#define AUTO_RESOLVED __attribute__((cleanup(resolved_clear))) struct resolved

struct build_view {
	gint64 began_ns;
	gboolean quiet;
};

static void show_build(const char *step, guint done, guint total, gint64 last_ns, void *data)
{
	struct build_view *view = data;
	g_autofree char *took = rig_duration_text(rig_now_ns() - view->began_ns);
	g_autofree char *last = last_ns ? rig_duration_text(last_ns) : NULL;
	g_autoptr(GString) line = g_string_new(NULL);

	if (view->quiet)
		return;
	g_string_printf(line, "kernel: %s", step);
	if (total)
		g_string_append_printf(line, " %u of about %u files (%u %%)", done, total,
				       MIN(99, done * 100 / total));
	else if (done)
		g_string_append_printf(line, " %u files", done);
	g_string_append_printf(line, ", %s", took);
	if (last)
		g_string_append_printf(line, "; last time the whole took %s", last);
	term_status(line->str);
}

static gboolean resolve_machine(const struct job *job, struct resolved *r, GError **error)
{
	r->scenario = scenario_load(job->scenario, error);
	if (!r->scenario || (job->without && !scenario_drop(r->scenario, job->without, error)))
		return FALSE;
	r->machine = machine_find(job->machine ? job->machine : r->scenario->machines[0], error);
	return r->machine && scenario_fits(r->scenario, r->machine, error);
}

static struct kernel *get_kernel(const struct job *job, const struct machine *machine, GError **error)
{
	const char *what = job->kernel ? job->kernel : DEFAULT_KERNEL;
	struct build_view view = {rig_now_ns(), job->quiet};
	const struct kernel_spec spec = {
		.source = what,
		.arch = machine->arch,
		.patches = (const char *const *)job->patches,
		.fragments = (const char *const *)job->fragments,
		.no_lockdep = job->no_lockdep,
		.jobs = job->jobs,
	};
	struct kernel *kernel;

	if (!kernel_is_source(what)) {
		if ((job->patches && *job->patches) || (job->fragments && *job->fragments)) {
			rig_fail(error, RIG_EXIT_USAGE, "'%s' is an image: patches and fragments need a source "
				 "like %s", what, DEFAULT_KERNEL);
			return NULL;
		}
		return kernel_from_image(what, machine->arch, error);
	}
	kernel = kernel_build(&spec, show_build, &view, error);
	if (!job->quiet)
		term_status(NULL);
	if (kernel && !job->quiet) {
		g_autofree char *took = rig_duration_text(rig_now_ns() - view.began_ns);

		printf("kernel   %s, %s%s%s\n", kernel->name, kernel->source ? kernel->source : what,
		       kernel->was_cached ? ", from the cache" : ", built in ",
		       kernel->was_cached ? "" : took);
		fflush(stdout);
	}
	return kernel;
}

static gboolean check_needs(const struct resolved *r, GError **error)
{
	g_autoptr(GHashTable) config = NULL;
	g_autoptr(GPtrArray) lacks = NULL;
	g_autofree char *list = NULL;

	if (!r->kernel->config || !r->scenario->needs)
		return TRUE;
	config = kernel_config_load(r->kernel->config, error);
	if (!config)
		return FALSE;
	lacks = kernel_config_lacks(config, (const char *const *)r->scenario->needs);
	if (!lacks->len)
		return TRUE;
	g_ptr_array_add(lacks, NULL);
	list = g_strjoinv(", ", (char **)lacks->pdata);
	return rig_fail(error, RIG_EXIT_SKIP, "kernel '%s' lacks for scenario '%s': %s", r->kernel->name,
			r->scenario->name, list);
}

static gboolean parse_seed(const char *text, guint64 *ret, GError **error)
{
	char *end;

	if (!text) {
		*ret = rng_fresh_seed();
		return TRUE;
	}
	*ret = g_ascii_strtoull(text, &end, 0);
	/* JSON numbers are signed */
	if (*text && !*end && g_ascii_isdigit(*text) && *ret <= G_MAXINT64)
		return TRUE;
	return rig_fail(error, RIG_EXIT_USAGE, "'%s' is no seed: write a number, like 7 or 0x1f", text);
}

static gboolean check_choice(const char *what, const char *word, const char *const *choices,
			     const struct machine *machine, GError **error)
{
	g_autofree char *list = NULL;

	if (!word || (choices && g_strv_contains(choices, word)))
		return TRUE;
	list = choices ? g_strjoinv(", ", (char **)choices) : g_strdup("none");
	return rig_fail(error, RIG_EXIT_USAGE, "machine '%s' has no %s '%s'; it has: %s", machine->name, what,
			word, list);
}

/* "KEY=VALUE": the key is a word, the value a text of at most 200 bytes. */
static gboolean check_labels(char **labels, GError **error)
{
	for (char **l = labels; l && *l; l++) {
		gsize key = strspn(*l, "abcdefghijklmnopqrstuvwxyz0123456789-_");

		if (!key || key > 32 || (*l)[key] != '=' || strlen(*l + key + 1) > 200 ||
		    !g_utf8_validate(*l, -1, NULL))
			return rig_fail(error, RIG_EXIT_USAGE, "'%s' is no label: write KEY=VALUE, with a key of up "
					"to 32 small letters, digits, - and _, and up to 200 bytes of text", *l);
	}
	return TRUE;
}

static json_t *labels_json(char **labels)
{
	json_t *json = json_object();

	for (char **l = labels; l && *l; l++) {
		g_autofree char *key = g_strndup(*l, strcspn(*l, "="));

		json_object_set_new(json, key, json_string(*l + strlen(key) + 1));
	}
	return json;
}

/* Does it unplug a CPU that it has plugged? */
static gboolean unplugs_cpu(const struct scenario *scenario)
{
	for (guint i = 0; i < scenario->n_tracks; i++) {
		const struct track *track = &scenario->tracks[i];

		for (guint plug = 0; plug < track->n_steps; plug++)
			for (guint unplug = 0; unplug < track->n_steps; unplug++)
				if (track->steps[plug].what == STEP_PLUG &&
				    track->steps[plug].device == DEVICE_CPU &&
				    track->steps[unplug].what == STEP_UNPLUG &&
				    !g_strcmp0(track->steps[plug].id, track->steps[unplug].id))
					return TRUE;
	}
	return FALSE;
}

static gboolean check_accel(const struct resolved *r, GError **error)
{
	if (r->accel != ACCEL_TCG || !unplugs_cpu(r->scenario))
		return TRUE;
	return rig_fail(error, RIG_EXIT_SKIP, "scenario '%s' unplugs CPUs, which QEMU does not survive "
			"without KVM here (%s)", r->scenario->name, r->accel_why);
}

static const char *launcher(const struct job *job)
{
	return job->launcher ? job->launcher : job->uri ? "libvirt" : "direct";
}

static gboolean check_launcher(const struct job *job, GError **error)
{
	const char *name = launcher(job);

	if (!strcmp(name, "libvirt") || (!strcmp(name, "direct") && !job->uri))
		return TRUE;
	return strcmp(name, "direct") ? rig_fail(error, RIG_EXIT_USAGE, "'%s' is no launcher; there are direct, libvirt",
						 name)
				      : rig_fail(error, RIG_EXIT_USAGE, "--connect %s needs --launcher libvirt",
						 job->uri);
}

/* The probe guest runs here: it says nothing of another host. */
static gboolean settle_accel(const struct job *job, enum accel want, struct resolved *r, GError **error)
{
	if (strcmp(launcher(job), "libvirt") || !job->uri || g_str_has_prefix(job->uri, "qemu:///"))
		return accel_settle(r->machine, want, &r->accel, &r->accel_why, error);
	r->accel = want == ACCEL_KVM ? ACCEL_KVM : ACCEL_TCG;
	r->accel_why = g_strdup(want == ACCEL_AUTO ? "TCG: KVM is not probed on another host; --accel kvm asks for it"
				: want == ACCEL_KVM ? "KVM: asked for"
						    : "TCG: asked for");
	return TRUE;
}

static gboolean resolve(const struct job *job, struct resolved *r, GError **error)
{
	enum accel want = ACCEL_AUTO;

	if (job->duration_s < 0 || job->duration_s > 7 * 24 * 3600)
		return rig_fail(error, RIG_EXIT_USAGE, "a duration of %d s is out of range: 1 to 604800",
				job->duration_s);
	if (job->patience_s < 0 || job->patience_s > 3600)
		return rig_fail(error, RIG_EXIT_USAGE, "a patience of %d s is out of range: 1 to 3600",
				job->patience_s);
	if (!rig_size_parse(job->memory_image ? job->memory_image : "2G", &r->dump_limit, error)) {
		g_prefix_error(error, "--memory-image: ");
		return FALSE;
	}
	if (!check_launcher(job, error) || !check_labels(job->labels, error) || !resolve_machine(job, r, error) || !parse_seed(job->seed, &r->seed, error) ||
	    !check_choice("firmware", job->firmware, r->machine->firmwares, r->machine, error) ||
	    !check_choice("MMU mode", job->mmu, r->machine->mmus, r->machine, error) ||
	    (job->accel && !accel_parse(job->accel, &want, error)) ||
	    !initrd_standard(r->machine->arch, &r->initrd, error) ||
	    !settle_accel(job, want, r, error) || !check_accel(r, error))
		return FALSE;
	r->kernel = get_kernel(job, r->machine, error);
	if (!r->kernel || !check_needs(r, error))
		return FALSE;
	if (job->vmlinux) {
		g_free(r->kernel->vmlinux);
		r->kernel->vmlinux = g_strdup(job->vmlinux);
	}
	r->known = job->known ? g_strdup(job->known) : rig_home_path("scenarios/known-issues.yaml");
	r->results = job->results ? g_strdup(job->results) : run_default_results();
	return TRUE;
}

static json_t *string_array(char **strings)
{
	json_t *array = json_array();

	for (char **s = strings; s && *s; s++)
		json_array_append_new(array, json_string(*s));
	return array;
}

/* run.json: what was asked for and what it was resolved to. docs/results.md. */
static json_t *inputs(const struct job *job, const struct resolved *r)
{
	g_autofree char *now = rig_utc_now(FALSE);
	const struct kernel *k = r->kernel;
	json_t *json = json_pack(
		"{s:i, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s?, s:s?, s:o, s:o}, s:I, s:i, s:s, s:s, s:s?, s:s?, "
		"s:b, s:b, s:s, s:s?}",
		"version", 1, "created", now, "scenario", r->scenario->name, "machine", r->machine->name,
		"kernel", "asked", job->kernel ? job->kernel : DEFAULT_KERNEL, "name", k->name, "hash", k->hash,
		"version", k->version, "source", k->source, "patches", string_array(job->patches), "fragments",
		string_array(job->fragments), "seed", (json_int_t)r->seed, "duration_s",
		job->duration_s ? job->duration_s : (int)r->scenario->duration_s, "accel",
		r->accel == ACCEL_KVM ? "kvm" : "tcg", "accel_why", r->accel_why, "firmware", job->firmware, "mmu",
		job->mmu, "keep_going", job->keep_going, "no_lockdep", job->no_lockdep,
		"launcher", launcher(job), "uri", job->uri);

	if (job->until)
		json_object_set_new(json, "until", json_string(job->until));
	if (job->labels)
		json_object_set_new(json, "labels", labels_json(job->labels));
	if (job->replays)
		json_object_set(json, "replays", job->replays);
	if (job->zoo)
		json_object_set(json, "zoo", job->zoo);
	if (job->without)
		json_object_set_new(json, "without", json_string(job->without));
	return json;
}

static void show_run(const struct engine_status *st, void *data)
{
	g_autoptr(GString) line = g_string_new(NULL);

	(void)data;
	g_string_printf(line, "%-8s guest %5.1f s", st->state, st->guest_s);
	if (st->left_s > 0)
		g_string_append_printf(line, "  %2.0f s left", st->left_s);
	g_string_append_printf(line, "  plug %u  unplug %u", st->plugs, st->unplugs);
	if (st->refused)
		g_string_append_printf(line, "  refused %u", st->refused);
	g_string_append_printf(line, "  reports %u", st->reports);
	if (st->agents && *st->agents)
		g_string_append_printf(line, "  %s", st->agents);
	term_status(line->str);
}

gboolean job_run(const struct job *job, struct run_info **ret, GError **error)
{
	AUTO_RESOLVED r = {0};
	g_autofree char *dir = NULL;
	json_auto_t *in = NULL;
	struct engine_plan plan;
	enum verdict verdict;
	gboolean ok;

	if (!resolve(job, &r, error))
		return FALSE;
	in = inputs(job, &r);
	plan = (struct engine_plan){
		.scenario = r.scenario, .machine = r.machine, .kernel = r.kernel, .initrd = r.initrd,
		.launcher = launcher(job), .uri = job->uri, .emulator = job->emulator, .results = r.results, .seed = r.seed, .accel = r.accel,
		.accel_why = r.accel_why, .firmware = job->firmware, .mmu = job->mmu,
		.duration_s = job->duration_s, .patience_s = job->patience_s, .known = r.known, .keep_going = job->keep_going,
		.until = job->until, .dump_limit = r.dump_limit,
		.no_lockdep = job->no_lockdep, .inputs = in,
		.fragments = (const char *const *)job->fragments,
		.progress = job->quiet ? NULL : show_run,
	};
	if (!job->quiet)
		printf("run      %s on %s, seed %" G_GUINT64_FORMAT ", %s\n", r.scenario->name, r.machine->name,
		       r.seed, r.accel_why);
	ok = engine_run(&plan, &dir, &verdict, error);
	if (!job->quiet)
		term_status(NULL);
	if (!ok)
		return FALSE;
	*ret = run_open(r.results, dir, error);
	return *ret != NULL;
}

gboolean job_build(const struct job *job, GError **error)
{
	AUTO_RESOLVED r = {0};

	if (!resolve_machine(job, &r, error))
		return FALSE;
	r.kernel = get_kernel(job, r.machine, error);
	return r.kernel != NULL;
}
