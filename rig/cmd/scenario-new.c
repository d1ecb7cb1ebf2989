// SPDX-License-Identifier: GPL-2.0-only
/*
 * rig scenario new: writes a commented scenario as a starting point; `rig scenario check` accepts
 * it.
 */
#include "cmd/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scenario/scenario.h"
#include "util/error.h"
#include "util/text.h"

/*
 * For each device: the keys that give the machine room for it, and the steps of the track that
 * plugs and unplugs it.
 */
static const struct {
	const char *device, *room, *steps;
} devices[] = {
	{"dimm",
	 "memory: 1G\nmax_memory: 2G                 # memory and all that is plugged at one time\n"
	 "slots: 1\n",
	 "      - {do: plug, id: d, device: dimm, size: [256M, 512M]}   # drawn from the seed\n"
	 "      - {do: online, id: d, how: online_movable}              # only movable pages can "
	 "leave again\n"
	 "      - {do: wait, ms: [0, 200]}\n"
	 "      - {do: unplug, id: d}\n"},
	{"virtio-mem",
	 "memory: 1G\nmax_memory: 2G                 # memory and all that is plugged at one "
	 "time\n",
	 "      - {do: plug, id: v, device: virtio-mem, size: 1G, requested: 256M, once: true}\n"
	 "      - {do: resize, id: v, size: [128M, 1G]}                 # the guest plugs and "
	 "unplugs blocks\n"
	 "      - {do: wait, ms: [0, 200]}\n"},
	{"cpu", "memory: 512M\nmax_cpus: 3\n",
	 "      - {do: plug, id: c, device: cpu, once: true}            # an unplug needs KVM\n"
	 "      - {do: cpu, cpu: 1, write: 0}\n"
	 "      - {do: cpu, cpu: 1, write: 1}\n"},
};

/* Parameters without which an agent has no effect. */
static const struct {
	const char *agent, *params;
} examples[] = {
	{"write",
	 "    params: {files: \"/proc/sys/vm/swappiness\", words: \"10,60\"}   # globs; legal: "
	 "EBUSY,EINVAL\n"},
	{"read",
	 "    params: {files: \"/sys/kernel/slab/*/slabs\"}   # globs, separated by commas\n"},
	{"run", "    params: {file: SCRIPT.sh}   # and 'files: [SCRIPT.sh]' above 'agents:'\n"},
	{"module", "    params: {file: NAME}   # and 'kernel: full', 'modules: [./NAME]' above "
		   "'agents:'\n"},
	{"block-state", "    params: {states: \"online_movable,offline\"}\n"},
};

static gboolean check_words(const struct new_want *want, guint *ret_device, GError **error)
{
	const char *names[G_N_ELEMENTS(devices) + 1] = {NULL};
	g_autoptr(GPtrArray) agents = g_ptr_array_new();
	const struct agent_info *info = scenario_agents;

	for (guint i = 0; i < G_N_ELEMENTS(devices); i++)
		names[i] = devices[i].device;
	for (*ret_device = 0; *ret_device < G_N_ELEMENTS(devices); (*ret_device)++)
		if (!strcmp(want->device ? want->device : "dimm", names[*ret_device]))
			break;
	if (*ret_device == G_N_ELEMENTS(devices))
		return rig_fail(error, RIG_EXIT_USAGE,
				"unknown device '%s' (available: dimm, virtio-mem, cpu)",
				want->device);
	for (; info->name; info++)
		g_ptr_array_add(agents, (gpointer)info->name);
	g_ptr_array_add(agents, NULL);
	for (char **actor = want->actors; actor && *actor; actor++) {
		const char *nearest = text_nearest(*actor, (const char *const *)agents->pdata);

		if (!strcmp(*actor, "run"))
			return rig_fail(error, RIG_EXIT_USAGE,
					"actor 'run' needs your own script: add the actor, and the "
					"script under 'files', to the scenario (rig-agents(5))");
		if (!scenario_agent_needs(*actor))
			return rig_fail(error, RIG_EXIT_USAGE,
					"unknown actor '%s'%s%s%s (rig-agents(5) lists them)",
					*actor, nearest ? "; did you mean '" : "",
					nearest ? nearest : "", nearest ? "'?" : "");
	}
	return TRUE;
}

static void add_agents(GString *text, char **actors)
{
	static char *const usual[] = {(char *)"block-state", NULL};

	g_string_append(text, "\nagents:                        # in the guest; "
			      "rig-agents(5) has their params\n");
	for (char *const *actor = actors && *actors ? actors : usual; *actor; actor++) {
		const struct agent_info *info = scenario_agents;

		while (strcmp(info->name, *actor))
			info++;
		g_string_append_printf(text,
				       "  - name: %s   # %s\n"
				       "    rate: 20   # operations per second; "
				       "0: as fast as possible\n",
				       info->name, info->about);
		for (guint i = 0; i < G_N_ELEMENTS(examples); i++)
			if (!strcmp(examples[i].agent, *actor))
				g_string_append(text, examples[i].params);
	}
}

static gboolean write_new(const char *path, const GString *text, GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	gboolean ok = fd >= 0 && write(fd, text->str, text->len) == (ssize_t)text->len;

	if (!ok && errno == EEXIST)
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s' exists already; give another name, or delete it", path);
	else if (!ok)
		rig_fail(error, fd < 0 ? RIG_EXIT_USAGE : RIG_EXIT_INFRA, "cannot write '%s': %s",
			 path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

int scenario_new(const char *path, const struct new_want *want)
{
	g_autofree char *file =
		g_str_has_suffix(path, ".yaml") ? g_strdup(path) : g_strconcat(path, ".yaml", NULL);
	g_autofree char *shown = strchr(file, '/') ? g_strdup(file) : g_strconcat("./", file, NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	rig_auto(scenario) s = NULL;
	guint device;

	if (!check_words(want, &device, &error))
		return rig_report_error(error);
	g_string_append_printf(
		text,
		"about: |\n  What is tested, and which bug or fix it targets.\nmachines: [%s]\n%s"
		"duration: 10                   # seconds of load\n",
		want->machine ? want->machine : "pc-q35", devices[device].room);
	add_agents(text, want->actors);
	g_string_append_printf(
		text,
		"\ntracks:                        # of the host; each repeats until the end\n"
		"  - steps:\n%s",
		devices[device].steps);
	if (!write_new(file, text, &error))
		return rig_report_error(error);
	s = scenario_load(shown, &error);
	if (!s || !scenario_check_machine(s, machine_find(s->machines[0], NULL), &error)) {
		g_unlink(file);
		return rig_report_error(error);
	}
	printf("%s is written; edit it, then: rig scenario check %s && rig run %s\n", file, shown,
	       shown);
	return RIG_EXIT_PASS;
}
