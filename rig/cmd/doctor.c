// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig doctor: checks what this host can run, and prints the command that installs missing packages.
 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/doctor.h"
#include "cmd/host.h"
#include "cmd/orphans.h"
#include "cmd/where.h"
#include "director/director.h"
#include "machine/machine.h"
#include "util/confine.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/size.h"
#include "util/spawn.h"
#include "util/term.h"
#include "vm/module.h"

static const char summary[] =
	"Checks emulators, accelerator, compilers, packages, disk and memory. Packages that `make "
	"run` needs are\n"
	"required; others enable more tests. With --connect it checks a libvirt host and lists "
	"leftovers of killed runs.";

static const char examples[] = "  rig doctor\n  rig doctor --json\n"
			       "  rig doctor --connect qemu+ssh://root@host/system\n"
			       "  rig doctor --on slurm --partition debug    each node of it\n\n"
			       "Exit codes: 0 `make run` can work here, 3 it cannot.\n";

/* Programs that the rig starts; `required` if `make run` needs it. */
static const struct {
	const char *program, *what_for;
	gboolean required;
} programs[] = {
	{"gcc", "builds x86_64 kernels", TRUE},
	{"make", "builds kernels", TRUE},
	{"flex", "kernel configuration", TRUE},
	{"bison", "kernel configuration", TRUE},
	{"bc", "kernel build", TRUE},
	{"patch", "patches on kernels", TRUE},
	{"xz", "unpacks kernel sources", TRUE},
	{"tar", "unpacks kernel sources", TRUE},
	{"apt-get", "fetches kernel sources", TRUE},
	{"dpkg-deb", "unpacks kernel sources", TRUE},
	{"ccache", "faster kernel builds", FALSE},
	{"git", "kernels from git trees", FALSE},
	{"dot", "pictures of lock cycles and hangs", FALSE},
	{"powerpc64le-linux-gnu-gcc", "builds ppc64le kernels", FALSE},
	{"aarch64-linux-gnu-gcc", "builds aarch64 kernels", FALSE},
	{"s390x-linux-gnu-gcc", "builds s390x kernels", FALSE},
	{"riscv64-linux-gnu-gcc", "builds riscv64 kernels", FALSE},
};

struct finding {
	const char *what;
	char *detail;
	gboolean good, required;
	const char *package;
};

static void add(GArray *findings, const char *what, gboolean good, gboolean required,
		const char *package, char *detail)
{
	const struct finding f = {what, detail, good, required, package};

	g_array_append_val(findings, f);
}

static void look_at_programs(GArray *findings)
{
	for (guint i = 0; i < G_N_ELEMENTS(programs); i++)
		add(findings, programs[i].program, spawn_have(programs[i].program),
		    programs[i].required, spawn_package(programs[i].program),
		    g_strdup(programs[i].what_for));
}

/* Checks that libelf and libssl have headers, because the kernel's host tools include them. */
static void look_at_headers(GArray *findings)
{
	static const struct {
		const char *header, *package, *what_for;
	} headers[] = {
		{"/usr/include/libelf.h", "libelf-dev", "x86_64 kernel build (objtool)"},
		{"/usr/include/openssl/opensslv.h", "libssl-dev", "kernel build"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(headers); i++)
		add(findings, headers[i].package,
		    g_file_test(headers[i].header, G_FILE_TEST_EXISTS), TRUE, headers[i].package,
		    g_strdup(headers[i].what_for));
}

/* Checks for the module drgn of Debian's own Python, which rig/hang/memory.c starts. */
static void look_at_drgn(GArray *findings)
{
	add(findings, "python3-drgn",
	    spawn_words(NULL, NULL, "/usr/bin/python3", "-I", "-c", "import drgn", NULL), FALSE,
	    "python3-drgn", g_strdup("lock owners from the memory of a hung guest"));
}

/* Checks that the libvirt module and its libraries can be loaded. */
static void look_at_libvirt(GArray *findings)
{
	g_autoptr(GError) error = NULL;
	gboolean good = vm_module_load("libvirt", &error) != NULL;

	add(findings, "libvirt", good, FALSE, NULL,
	    g_strdup(good ? "guests through libvirt (--connect)" : error->message));
}

static void look_at_machine(GArray *findings, const struct machine *m, gboolean required)
{
	g_autofree char *version = NULL, *accel = NULL;
	g_autoptr(GError) error = NULL;
	const char *package = NULL;
	enum accel found;

	if (!host_can_run(m, &package, &error)) {
		add(findings, m->name, FALSE, required, package, g_strdup(error->message));
		return;
	}
	if (spawn_words(&version, NULL, m->emulator, "--version", NULL))
		version[strcspn(version, "\n(")] = '\0';
	if (!accel_choose(m, ACCEL_AUTO, &found, &accel, NULL))
		accel = g_strdup("no accelerator works");
	add(findings, m->name, TRUE, required, NULL,
	    g_strdup_printf("%s; %s", version ? g_strchomp(version) : m->emulator, accel));
}

static void look_at_plugin(GArray *findings)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *file = NULL;
	int api;
	gboolean good = director_probe(machines[0]->emulator, &file, &api, &error);

	add(findings, "holds", good, FALSE, NULL,
	    g_strdup(good ? "this QEMU loads the director's plugin (docs/director.md)"
			  : error->message));
}

/* Lists the limits of the sandbox for QEMU on this host. */
static void look_at_sandbox(GArray *findings)
{
	const gboolean seccomp = machine_has_sandbox(machines[0]->emulator);
	const struct confine_want nothing = {0};
	rig_auto(confine) confine = confine_new(&nothing, NULL);
	json_auto_t *limits = confine_json(confine);
	const char *why_root = json_string_value(json_object_get(limits, "why_root"));
	const int landlock = json_integer_value(json_object_get(limits, "landlock"));
	g_autofree char *files = landlock ? g_strdup_printf("Landlock %d", landlock)
					  : g_strdup("not limited, the kernel has no Landlock");

	if (!confine) {
		add(findings, "sandbox", FALSE, FALSE, NULL,
		    g_strdup("RIG_SANDBOX=off: QEMU is not limited"));
		return;
	}
	add(findings, "sandbox", landlock && seccomp && !why_root, FALSE, NULL,
	    g_strdup_printf("QEMU's files: %s; system calls: %s; user: %s%s%s", files,
			    seccomp ? "seccomp" : "not limited, this QEMU has no -sandbox",
			    json_string_value(json_object_get(limits, "user")),
			    why_root ? ", because " : "", why_root ? why_root : ""));
}

static void look_at_room(GArray *findings)
{
	g_autofree char *cache = rig_cache_path("x"), *dir = g_path_get_dirname(cache);
	guint64 memory = (guint64)sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE), free_bytes = 0;
	struct statvfs fs;

	if (statvfs(dir, &fs) == 0)
		free_bytes = (guint64)fs.f_bavail * fs.f_frsize;
	add(findings, "disk", free_bytes >= 8ull << 30, TRUE, NULL,
	    g_strdup_printf(
		    "%.1f GiB free for the cache in %s; a kernel's source and build take about 4",
		    free_bytes / (double)(1 << 30), dir));
	add(findings, "memory", memory >= 2ull << 30, TRUE, NULL,
	    g_strdup_printf("%.1f GiB free; a guest takes 1 to 6 GiB, as it touches them",
			    memory / (double)(1 << 30)));
	add(findings, "cpus", TRUE, FALSE, NULL, g_strdup_printf("%d", g_get_num_processors()));
}

static json_t *to_json(const GArray *findings, gboolean can_run)
{
	json_t *list = json_array();

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *f = &g_array_index(findings, struct finding, i);

		json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:s, s:s?}", "what", f->what,
						      "good", f->good, "required", f->required,
						      "detail", f->detail, "package", f->package));
	}
	return json_pack("{s:b, s:o}", "can_run", can_run, "findings", list);
}

static void print(const GArray *findings, gboolean can_run)
{
	g_autoptr(GString) packages = g_string_new(NULL);

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *f = &g_array_index(findings, struct finding, i);
		enum term_colour colour = f->good	? TERM_GREEN
					  : f->required ? TERM_RED
							: TERM_YELLOW;

		printf("%s%-8s%s %-26s %s\n", term_colour(colour),
		       f->good	     ? "ok"
		       : f->required ? "MISSING"
				     : "absent",
		       term_colour(TERM_PLAIN), f->what, f->detail);
		if (!f->good && f->package && !strstr(packages->str, f->package))
			g_string_append_printf(packages, " %s", f->package);
	}
	if (packages->len)
		printf("\nto install what is missing: apt-get install%s\n", packages->str);
	printf("\n%s\n",
	       can_run ? "`make run` can work here." : "`make run` cannot work here yet.");
}

int cmd_doctor(int argc, char **argv)
{
	g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(struct finding));
	g_autoptr(GError) error = NULL;
	gboolean json = FALSE, can_run = TRUE;
	g_autofree char *uri = NULL;
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print the findings as JSON", NULL},
		{"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "check this libvirt host", "URI"},
		{NULL}};

	g_autofree GOptionEntry *all = where_options(entries);

	if (!cmd_parse(&argc, &argv, all, "", summary, examples, &error) || !where_check(&error))
		return rig_report_error(error);
	if (where_is_slurm())
		return doctor_nodes(json);
	if (uri)
		return orphans_doctor(uri, json);
	/* the first machine is required, because `rig demo` runs on it */
	for (guint i = 0; machines[i]; i++)
		look_at_machine(findings, machines[i], i == 0);
	look_at_programs(findings);
	look_at_headers(findings);
	look_at_drgn(findings);
	look_at_libvirt(findings);
	look_at_plugin(findings);
	look_at_sandbox(findings);
	look_at_room(findings);
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *f = &g_array_index(findings, struct finding, i);

		can_run &= f->good || !f->required;
	}
	if (json)
		cmd_print_json(to_json(findings, can_run));
	else
		print(findings, can_run);
	for (guint i = 0; i < findings->len; i++)
		g_free(g_array_index(findings, struct finding, i).detail);
	return can_run ? RIG_EXIT_PASS : RIG_EXIT_INFRA;
}
