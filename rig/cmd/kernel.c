// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig kernel build|check|export|list|prune: builds and manages kernels, packs their sources, and
 * lists the options that a kernel lacks for a scenario.
 */
#include "cmd/cmd.h"
#include "cmd/kernel-prune.h"
#include "cmd/table.h"

#include <stdio.h>

#include "kernel/kernel.h"
#include "plan/plan.h"
#include "scenario/scenario.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/term.h"

static const char build_summary[] =
	"Builds a kernel for guests: tinyconfig, the rig's fragments (lockdep among them) and "
	"yours.\n"
	"A kernel with the same inputs is taken from the cache. rig-kernel(1) has more.";
static const char build_examples[] =
	"  rig kernel build                               linux-source-6.1, as in Debian 12\n"
	"  rig kernel build --patch 0001-fix.patch        the same, patched: seconds\n"
	"  rig kernel build --source deb:linux-source-6.12@bookworm-backports\n"
	"  rig kernel build --source git:/src/linux@v6.9 --arch ppc64le --fragment my.config\n"
	"  rig kernel build --scenario ./mine.yaml        with the modules that it loads\n";
static const char check_summary[] =
	"Lists the options that a scenario and its agents need and a kernel does not have. "
	"Exit codes: 0 none, 77 some.\n"
	"IMAGE is a bzImage or vmlinux with its config inside or next to it, or a .config file.";
static const char check_examples[] =
	"  rig kernel check /boot/vmlinuz-6.1.0-50-amd64 dimm-remove-vs-sysfs\n"
	"  rig kernel check ~/linux/.config dimm-storm --json\n";
static const char export_summary[] =
	"Packs the source of a kernel for hosts that do not have it, into a folder of the cache. "
	"`rig nightly --on slurm`\n"
	"and others use it to build kernels on nodes without a shared folder.";
static const char export_examples[] =
	"  rig kernel export deb:linux-source-6.1\n"
	"  rig kernel export git:/src/linux@v6.9 --json\n";
static const char list_summary[] =
	"Lists the kernels in the cache. The name has the version and the patches; `with` lists "
	"the fragments, modules\n"
	"and options of a scenario that were added to the config (?: unknown). A build with the "
	"same source, patches\n"
	"and additions takes the kernel from the cache.";
static const char list_examples[] = "  rig kernel list\n  rig kernel list --json\n";

static json_t *kernel_json(const struct kernel *kernel)
{
	json_t *patches = json_array();

	for (guint i = 0; kernel->patches[i]; i++)
		json_array_append_new(patches, json_string(kernel->patches[i]));
	return json_pack("{s:s, s:s?, s:s, s:s, s:s?, s:s?, s:s, s:s?, s:s?, s:o, s:b, s:s*}",
			 "name", kernel->name, "with", kernel->with, "arch", kernel->arch, "hash",
			 kernel->hash, "version", kernel->version, "source", kernel->source,
			 "image", kernel->image, "vmlinux", kernel->vmlinux, "config",
			 kernel->config, "patches", patches, "cached", kernel->was_cached,
			 "refused", kernel->refused);
}

/*
 * Returns the JSON of a build, with the key (kernel_request_key()) by which another host finds it.
 */
static json_t *build_json(const struct kernel *kernel, const struct kernel_spec *spec)
{
	g_autofree char *request = kernel_request_key(spec, NULL);
	json_t *json = kernel_json(kernel);

	if (request)
		json_object_set_new(json, "request", json_string(request));
	return json;
}

/* ---- rig kernel build ---- */

static struct {
	char *source, *arch, *scenario, *pages, *optional;
	char **patches, **fragments;
	int jobs;
	gboolean no_lockdep, refresh, cached, estimate, json;
} want;

static const GOptionEntry build_options[] = {
	{"source", 's', 0, G_OPTION_ARG_STRING, &want.source,
	 "deb:PACKAGE[@SUITE], tar:FILE, dir:FOLDER or git:REPO@REV (default deb:linux-source-6.1)",
	 "SOURCE"},
	{"arch", 'a', 0, G_OPTION_ARG_STRING, &want.arch,
	 "x86_64, ppc64le, aarch64, s390x or riscv64 (default x86_64)", "ARCH"},
	{"patch", 'p', 0, G_OPTION_ARG_FILENAME_ARRAY, &want.patches,
	 "a patch or mbox, -p1; repeatable, applied in order", "FILE"},
	{"fragment", 'f', 0, G_OPTION_ARG_FILENAME_ARRAY, &want.fragments,
	 "a config fragment, applied after the rig's own; repeatable", "FILE"},
	{"optional", 0, 0, G_OPTION_ARG_FILENAME, &want.optional,
	 "a config fragment that is left out if kconfig does not accept it", "FILE"},
	{"scenario", 0, 0, G_OPTION_ARG_STRING, &want.scenario,
	 "add what this scenario needs: 'kernel: full', its 'kconfig' and 'modules'", "SCENARIO"},
	{"pages", 0, 0, G_OPTION_ARG_STRING, &want.pages, "page size on aarch64: 4k or 64k",
	 "SIZE"},
	{"jobs", 'j', 0, G_OPTION_ARG_INT, &want.jobs,
	 "number of compile jobs (default: the number of CPUs)", "N"},
	{"no-lockdep", 0, 0, G_OPTION_ARG_NONE, &want.no_lockdep, "build without lockdep", NULL},
	{"refresh", 0, 0, G_OPTION_ARG_NONE, &want.refresh,
	 "look up a package's version on the mirror again", NULL},
	{"cached", 0, 0, G_OPTION_ARG_NONE, &want.cached,
	 "build nothing: exit code 77 if the kernel is not in the cache", NULL},
	{"estimate", 0, 0, G_OPTION_ARG_NONE, &want.estimate,
	 "build nothing: print how many files would be compiled", NULL},
	{"json", 0, 0, G_OPTION_ARG_NONE, &want.json, "print the result as JSON", NULL},
	{NULL},
};

/* Prints how much must be compiled for SPEC: with --estimate, and before a build. */
static gboolean show_estimate(const struct kernel_spec *spec, GError **error)
{
	struct kernel_estimate estimate;
	g_autofree char *text = NULL;

	if (!want.estimate && (want.json || want.cached))
		return TRUE;
	if (!kernel_estimate(spec, &estimate, error))
		return FALSE;
	text = kernel_estimate_text(&estimate);
	if (want.json)
		cmd_print_json(json_pack("{s:b, s:i, s:i, s:f, s:s?, s:i}", "cached",
					 estimate.cached, "files", estimate.files, "all",
					 estimate.all, "seconds",
					 (double)estimate.ns / RIG_NS_PER_S, "most", estimate.most,
					 "most_files", estimate.most_files));
	else if (want.estimate || !estimate.cached)
		puts(text);
	fflush(stdout);
	g_free(estimate.most);
	return TRUE;
}

/* Prints a status line like "kernel: compile 812/1893 · 1 min 04 s · last build 2 min 30 s". */
static void show_progress(const char *step, guint done, guint total, gint64 last_ns, void *data)
{
	gint64 *begin = data;
	g_autofree char *spent = rig_duration_text(rig_now_ns() - *begin);
	g_autofree char *last = last_ns ? rig_duration_text(last_ns) : NULL;
	g_autoptr(GString) line = g_string_new("kernel: ");

	g_string_append(line, step);
	if (total)
		g_string_append_printf(line, " %u/%u", MIN(done, total), total);
	else if (done)
		g_string_append_printf(line, " %u", done);
	g_string_append_printf(line, " · %s", spent);
	if (last)
		g_string_append_printf(line, " · last build %s", last);
	term_status(line->str);
}

static void quiet_progress(const char *step, guint done, guint total, gint64 last_ns, void *data)
{
	(void)step;
	(void)done;
	(void)total;
	(void)last_ns;
	(void)data;
}

static void print_kernel(const struct kernel *kernel, gint64 spent_ns)
{
	g_autofree char *spent = rig_duration_text(spent_ns);

	printf("%s%s%s for %s, %s (%s)\n", term_colour(TERM_BOLD), kernel->name,
	       term_colour(TERM_PLAIN), kernel->arch,
	       kernel->was_cached ? "from the cache" : "built", spent);
	printf("  source  %s\n", kernel->source);
	for (guint i = 0; kernel->patches[i]; i++)
		printf("  patch   %s\n", kernel->patches[i]);
	if (kernel->with && *kernel->with)
		printf("  with    %s\n", kernel->with);
	if (kernel->refused)
		printf("  without %s\n", kernel->refused);
	printf("  image   %s\n  config  %s\n  hash    %s\n", kernel->image,
	       kernel->config ? kernel->config : "-", kernel->hash);
}

/* Sets *RET to the kernel that the options request. Adds what SCENARIO (or NULL) needs. */
static gboolean spec_init(struct plan_spec *ret, const struct scenario *scenario,
			  GError **error)
{
	const struct run_request request = {
		.kernel = want.source,
		.patches = want.patches,
		.fragments = want.fragments,
		.page_size = want.pages,
		.jobs = want.jobs,
		.no_lockdep = want.no_lockdep,
	};
	const char *arch = want.arch ? want.arch : "x86_64";
	g_autoptr(GError) why = NULL;

	machine_page_fragment(arch, want.pages, &why);
	if (why) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	plan_spec_init(ret, &request, scenario, arch, NULL);
	ret->spec.optional = want.optional;
	ret->spec.refresh = want.refresh;
	ret->spec.cached = want.cached;
	return TRUE;
}

static int run_build(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	rig_auto(kernel) kernel = NULL;
	gint64 begin = rig_now_ns();
	__attribute__((cleanup(plan_spec_clear))) struct plan_spec own = {0};
	rig_auto(scenario) scenario = NULL;

	if (!cmd_parse(&argc, &argv, build_options, "", build_summary, build_examples, &error))
		return rig_report_error(error);
	if (argc > 1 || want.jobs < 0 || want.jobs > 1024) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 argc > 1 ? "unexpected argument '%s': kernel build takes only options"
				  : "kernel build: --jobs is out of range (1 to 1024)",
			 argc > 1 ? argv[1] : "");
		return rig_report_error(error);
	}
	scenario = want.scenario ? scenario_load(want.scenario, &error) : NULL;
	if (error || !spec_init(&own, scenario, &error) || !show_estimate(&own.spec, &error))
		return rig_report_error(error);
	if (want.estimate)
		return RIG_EXIT_PASS;
	kernel = kernel_build(&own.spec, want.json ? quiet_progress : show_progress, &begin,
			      &error);
	if (!want.json)
		term_status(NULL);
	if (!kernel)
		return rig_report_error(error);
	if (want.json)
		cmd_print_json(build_json(kernel, &own.spec));
	else
		print_kernel(kernel, rig_now_ns() - begin);
	return RIG_EXIT_PASS;
}

/* ---- rig kernel check ---- */

static const GOptionEntry json_option[] = {
	{"json", 0, 0, G_OPTION_ARG_NONE, &want.json, "print the result as JSON", NULL},
	{NULL},
};

static void print_lacks(const char *path, const struct scenario *scenario, const GPtrArray *lacks)
{
	if (want.json) {
		json_t *list = json_array();

		for (guint i = 0; i < lacks->len; i++)
			json_array_append_new(list, json_string(lacks->pdata[i]));
		cmd_print_json(json_pack("{s:s, s:s, s:b, s:o}", "kernel", path, "scenario",
					 scenario->name, "fits", lacks->len == 0, "lacks", list));
		return;
	}
	if (!lacks->len)
		printf("'%s' has what '%s' needs\n", path, scenario->name);
	else
		printf("'%s' does not have what '%s' needs:\n", path, scenario->name);
	for (guint i = 0; i < lacks->len; i++)
		printf("  %s\n", (const char *)lacks->pdata[i]);
}

static int run_check(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GHashTable) config = NULL;
	g_autoptr(GPtrArray) lacks = NULL, own = NULL;
	rig_auto(scenario) scenario = NULL;
	g_autofree const char **needs = NULL;

	if (!cmd_parse(&argc, &argv, json_option, "IMAGE|.config SCENARIO", check_summary,
		       check_examples, &error))
		return rig_report_error(error);
	if (argc != 3) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "kernel check takes two arguments: an image or .config, and a scenario");
		return rig_report_error(error);
	}
	scenario = scenario_load(argv[2], &error);
	config = scenario ? kernel_config_load(argv[1], &error) : NULL;
	if (!config)
		return rig_report_error(error);
	needs = scenario_all_needs(scenario);
	lacks = kernel_config_lacks(config, kernel_guest_needs);
	own = kernel_config_lacks(config, needs);
	g_ptr_array_extend(lacks, own, NULL, NULL);
	print_lacks(argv[1], scenario, lacks);
	return lacks->len ? RIG_EXIT_SKIP : RIG_EXIT_PASS;
}

/* ---- rig kernel export ---- */

static int run_export(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = NULL, *key = NULL;

	if (!cmd_parse(&argc, &argv, json_option, "SOURCE", export_summary, export_examples,
		       &error))
		return rig_report_error(error);
	if (argc != 2) {
		rig_fail(&error, RIG_EXIT_USAGE,
			 "kernel export takes one source (for example deb:linux-source-6.1)");
		return rig_report_error(error);
	}
	folder = kernel_export_source(argv[1], &error);
	if (!folder)
		return rig_report_error(error);
	key = kernel_source_key(argv[1]);
	if (want.json)
		cmd_print_json(json_pack("{s:s, s:s, s:s}", "source", argv[1], "key", key, "folder",
					 folder));
	else
		puts(folder);
	return RIG_EXIT_PASS;
}

/* ---- rig kernel list ---- */

static char *with_text(const struct kernel *kernel)
{
	/* builds of earlier versions of the rig do not have `with` */
	const char *with = !kernel->with ? "?" : *kernel->with ? kernel->with : "-";

	return g_strdup_printf("%s%s", with,
			       kernel->refused ? ", an optional fragment left out" : "");
}

static void print_kernels(const GPtrArray *kernels)
{
	static const char *const heads[] = {"kernel", "arch", "hash", "with", "source", NULL};
	struct cmd_table table = cmd_table_new(heads);

	for (guint i = 0; i < kernels->len; i++) {
		const struct kernel *kernel = kernels->pdata[i];

		cmd_table_add(&table, g_strdup(kernel->name), "");
		cmd_table_add(&table, g_strdup(kernel->arch), "");
		cmd_table_add(&table, g_strndup(kernel->hash, 12), "");
		cmd_table_add(&table, with_text(kernel), "");
		cmd_table_add(&table, g_strdup(kernel->source), "");
	}
	cmd_table_print(&table);
}

static int run_list(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) kernels = NULL;
	json_t *list;

	if (!cmd_parse(&argc, &argv, json_option, "", list_summary, list_examples, &error))
		return rig_report_error(error);
	kernels = kernel_list();
	if (want.json) {
		list = json_array();
		for (guint i = 0; i < kernels->len; i++)
			json_array_append_new(list, kernel_json(kernels->pdata[i]));
		cmd_print_json(list);
		return RIG_EXIT_PASS;
	}
	if (kernels->len)
		print_kernels(kernels);
	else
		puts("no kernels yet: rig kernel build");
	return RIG_EXIT_PASS;
}

/* ---- the command itself ---- */

static const struct {
	const char *name, *about;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"build", "build a kernel, or take it from the cache", run_build},
	{"check", "list the options that a scenario needs and a kernel does not have", run_check},
	{"export", "pack a source for hosts that do not have it", run_export},
	{"list", "list the kernels in the cache", run_list},
	{"prune", "delete what was not used for a given number of days", kernel_prune},
};

static int help(FILE *out)
{
	fputs("usage: rig kernel build|check|export|list|prune [OPTIONS]\n\n", out);
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
		fprintf(out, "  %-6s %s\n", verbs[i].name, verbs[i].about);
	fputs("\nexamples:\n  rig kernel build --patch fix.patch\n"
	      "  rig kernel check /boot/vmlinuz-6.1.0-50-amd64 dimm-storm\n"
	      "`rig kernel build --help` describes the options.\n",
	      out);
	return out == stdout ? RIG_EXIT_PASS : RIG_EXIT_USAGE;
}

int cmd_kernel(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (!g_strcmp0(verb, verbs[i].name)) {
			/* messages and usage lines use both words, such as "kernel build" */
			g_autofree char *name = g_strconcat("kernel ", verb, NULL);

			argv[1] = name;
			return verbs[i].run(argc - 1, argv + 1);
		}
	if (!g_strcmp0(verb, "--help") || !g_strcmp0(verb, "-h"))
		return help(stdout);
	return help(stderr);
}
