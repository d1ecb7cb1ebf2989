// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks what involves the whole scenario. The steps of each track are followed in the order of
 * execution, for two laps (passes) if the track repeats. The second lap finds errors that otherwise
 * only QEMU would report: for example, the first lap has left a device plugged.
 */
#include "scenario/read.h"

#include <string.h>

#include "scenario/switches.h"
#include "util/error.h"
#include "util/size.h"

#define COPIES_OF_AGENTS_MAX 64

/* The memory and slots that one track has plugged now, and the maximum so far. */
struct peak {
	guint64 memory;
	unsigned slots, cpus, balloons, cxl;
	guint64 cxl_memory;
};

struct walk {
	struct yaml_tree *tree;
	const struct scenario *scenario;
	GHashTable *owners;  /* maps an id to the number of its track + 1 */
	/* maps the id of each plugged device to its plug step (const struct step *) */
	GHashTable *plugged;
	struct peak now, most;
	unsigned track, round;
	/* a step that resets the guest, and the memory that its track has plugged at that point */
	yaml_node_t *reset;
	guint64 at_reset;
};

static yaml_node_t *step_node(struct yaml_tree *tree, unsigned track, unsigned step)
{
	yaml_node_t *tracks = yaml_tree_get(tree, yaml_tree_root(tree), "tracks");

	return yaml_tree_item(
		tree, yaml_tree_get(tree, yaml_tree_item(tree, tracks, track), "steps"), step);
}

static void count(struct walk *walk, const struct step *plug, int sign)
{
	if (plug->device == DEVICE_CPU) {
		walk->now.cpus += sign;
	} else if (plug->device == DEVICE_BALLOON) {
		walk->now.balloons += sign;
	} else if (plug->device == DEVICE_CXL) {
		walk->now.cxl += sign;
		walk->now.cxl_memory += sign * plug->size.high;
	} else {
		walk->now.memory += sign * plug->size.high;
		/* virtio-mem uses address space, but no slot of pc-dimm */
		if (plug->device == DEVICE_DIMM || plug->device == DEVICE_NVDIMM)
			walk->now.slots += sign;
	}
	walk->most.memory = MAX(walk->most.memory, walk->now.memory);
	walk->most.slots = MAX(walk->most.slots, walk->now.slots);
	walk->most.cpus = MAX(walk->most.cpus, walk->now.cpus);
	walk->most.balloons = MAX(walk->most.balloons, walk->now.balloons);
	walk->most.cxl = MAX(walk->most.cxl, walk->now.cxl);
	walk->most.cxl_memory = MAX(walk->most.cxl_memory, walk->now.cxl_memory);
}

static gboolean walk_plug(struct walk *walk, yaml_node_t *node, const struct step *step,
			  GError **error)
{
	unsigned owner = GPOINTER_TO_UINT(g_hash_table_lookup(walk->owners, step->id));
	yaml_node_t *id = yaml_tree_get(walk->tree, node, "id");

	if (owner && owner != walk->track + 1)
		return yaml_tree_fail(
			walk->tree, id, error,
			"id '%s' is already used by track %u; each id belongs to one track",
			step->id, owner);
	if (g_hash_table_contains(walk->plugged, step->id))
		return yaml_tree_fail(
			walk->tree, id, error, "'%s' is still plugged%s", step->id,
			walk->round ? " when the track starts again; unplug it at the end, "
				      "or plug it with 'once: true'"
				    : "; unplug it first");
	if (scenario_has_size(step->device) && step->node >= walk->scenario->nodes) {
		yaml_node_t *where = yaml_tree_get(walk->tree, node, "node");

		return yaml_tree_fail(walk->tree, where ? where : node, error,
				 "invalid node %u; allowed: 0 to %u", step->node,
				 walk->scenario->nodes - 1);
	}
	g_hash_table_insert(walk->owners, step->id, GUINT_TO_POINTER(walk->track + 1));
	g_hash_table_insert(walk->plugged, step->id, (gpointer)step);
	count(walk, step, 1);
	return TRUE;
}

/* Checks that the device of STEP is plugged and of a kind that STEP supports. */
static gboolean walk_use(struct walk *walk, yaml_node_t *node, const struct step *step,
			 GError **error)
{
	const struct step *plug = g_hash_table_lookup(walk->plugged, step->id);
	yaml_node_t *id = yaml_tree_get(walk->tree, node, "id");
	yaml_node_t *amount = yaml_tree_get(walk->tree, node, "size");

	if (!plug)
		return yaml_tree_fail(
			walk->tree, id, error,
			"'%s' is not plugged at this step%s; plug it before, in the same track",
			step->id, walk->round ? " when the track repeats" : "");
	if (step->what == STEP_ONLINE && plug->device != DEVICE_DIMM)
		return yaml_tree_fail(walk->tree, id, error, "'%s' is a %s; 'online' is for a dimm",
				      step->id, step_device_name(plug->device));
	if (step->what == STEP_RESIZE && plug->device != DEVICE_VIRTIO_MEM &&
	    plug->device != DEVICE_BALLOON)
		return yaml_tree_fail(walk->tree, id, error,
				      "'%s' is a %s; 'resize' is for virtio-mem and a balloon",
				      step->id, step_device_name(plug->device));
	if (step->what == STEP_RESIZE && plug->device == DEVICE_BALLOON)
		return step->size.high < walk->scenario->memory ||
		       yaml_tree_fail(walk->tree, amount, error, "balloon '%s' takes its size "
				      "from 'memory', so it must be smaller", step->id);
	if (step->block && (step->size.low % step->block || step->size.high % step->block))
		return yaml_tree_fail(walk->tree, amount, error,
				      "'size' must be a multiple of the 'block' of '%s'", step->id);
	if (step->what == STEP_RESIZE && step->size.high > plug->size.low) {
		g_autofree char *size = rig_size_text(plug->size.low);

		return yaml_tree_fail(walk->tree, amount, error,
				 "'%s' is plugged with %s, its maximum size", step->id, size);
	}
	if (step->what == STEP_UNPLUG) {
		g_hash_table_remove(walk->plugged, step->id);
		count(walk, plug, -1);
	}
	return TRUE;
}

static gboolean walk_round(struct walk *walk, const struct track *track, GError **error)
{
	for (unsigned i = 0; i < track->n_steps; i++) {
		const struct step *step = &track->steps[i];
		yaml_node_t *node = step_node(walk->tree, walk->track, i);

		if (walk->round && step->once)
			continue;
		if (step->what == STEP_PLUG && !walk_plug(walk, node, step, error))
			return FALSE;
		if ((step->what == STEP_UNPLUG || step->what == STEP_RESIZE ||
		     step->what == STEP_ONLINE) &&
		    !walk_use(walk, node, step, error))
			return FALSE;
		if (step->what == STEP_RESET) {
			walk->reset = node;
			walk->at_reset = MAX(walk->at_reset, walk->now.memory);
		}
		if (step->what == STEP_CPU && step->cpu >= walk->scenario->max_cpus)
			return yaml_tree_fail(walk->tree, yaml_tree_get(walk->tree, node, "cpu"),
					      error, "there is no CPU %u; allowed: 0 to %u",
					      step->cpu, walk->scenario->max_cpus - 1);
	}
	return TRUE;
}

static gboolean over(struct yaml_tree *tree, const char *key, GError **error, const char *what,
		     const char *wanted, const char *have)
{
	yaml_node_t *node = yaml_tree_get(tree, yaml_tree_root(tree), key);

	return yaml_tree_fail(
		tree, node ? node : yaml_tree_root(tree), error,
		"the tracks and their copies can plug %s %s at a time, but '%s' has room for %s",
		wanted, what, key, have);
}

static gboolean at_key(struct yaml_tree *tree, const char *key, GError **error, const char *message)
{
	yaml_node_t *node = yaml_tree_get(tree, yaml_tree_root(tree), key);

	return yaml_tree_fail(tree, node ? node : yaml_tree_root(tree), error, "%s", message);
}

/* Checks that the CXL devices fit on each machine that has CXL (others: machine-check.c). */
static gboolean check_cxl(struct yaml_tree *tree, const struct scenario *s, const struct peak *all,
			  GError **error)
{
	yaml_node_t *tracks = yaml_tree_get(tree, yaml_tree_root(tree), "tracks");

	for (unsigned i = 0; all->cxl && s->machines[i]; i++) {
		const struct machine *machine = machine_find(s->machines[i], NULL);
		unsigned ports = machine && machine->cxl_buses
					 ? g_strv_length((char **)machine->cxl_buses)
					 : 0;
		g_autofree char *window = rig_size_text(machine ? machine->cxl_window : 0);

		if (ports && (all->cxl > ports || all->cxl_memory > machine->cxl_window))
			return yaml_tree_fail(tree, tracks, error,
					      "the tracks and their copies plug %u CXL devices; "
					      "%s has room for %u, and for %s of their memory",
					      all->cxl, machine->name, ports, window);
	}
	return TRUE;
}

static gboolean check_room(struct yaml_tree *tree, const struct scenario *s, const struct peak *all,
			   GError **error)
{
	guint64 room = s->max_memory - s->memory;
	g_autofree char *wanted = NULL, *have = NULL;

	if (all->slots > s->slots) {
		wanted = g_strdup_printf("%u", all->slots);
		have = g_strdup_printf("%u", s->slots);
		return over(tree, "slots", error, "DIMMs", wanted, have);
	}
	if (all->memory > room) {
		wanted = rig_size_text(all->memory);
		have = rig_size_text(room);
		return over(tree, "max_memory", error, "of memory", wanted, have);
	}
	if (all->balloons > 1)
		return at_key(tree, "tracks", error,
			      "the tracks and their copies plug several balloons; QEMU allows 1");
	if (all->cpus > s->max_cpus - s->cpus) {
		wanted = g_strdup_printf("%u", all->cpus);
		have = g_strdup_printf("%u", s->max_cpus - s->cpus);
		return over(tree, "max_cpus", error, "CPUs", wanted, have);
	}
	return TRUE;
}

/*
 * Rejects a reset while memory may be plugged. The memory accounts would differ: for memory that is
 * present at boot, a kernel reserves another number of pages than for plugged memory.
 */
static gboolean check_reset(const struct walk *walk, const struct peak *all, GError **error)
{
	if (!walk->reset || !walk->scenario->accounts ||
	    (!walk->at_reset && all->memory == walk->most.memory))
		return TRUE;
	return yaml_tree_fail(
		walk->tree, walk->reset, error,
		"memory may be plugged when this step resets the guest, so the memory accounts "
		"would differ afterwards; unplug it earlier in this track, let no other track "
		"plug memory, or set 'accounts: false'");
}

static gboolean check_tracks(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	g_autoptr(GHashTable) owners = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) walks = g_array_new(FALSE, FALSE, sizeof(struct walk));
	struct peak all = {0};

	for (unsigned t = 0; t < s->n_tracks; t++) {
		g_autoptr(GHashTable) plugged = g_hash_table_new(g_str_hash, g_str_equal);
		const struct track *track = &s->tracks[t];
		struct walk walk = {tree, s, owners, plugged, .track = t};

		for (; walk.round < (track->repeat == 1 ? 1 : 2); walk.round++)
			if (!walk_round(&walk, track, error))
				return FALSE;
		all.memory += track->copies * walk.most.memory;
		all.slots += track->copies * walk.most.slots;
		all.cpus += track->copies * walk.most.cpus;
		all.balloons += track->copies * walk.most.balloons;
		all.cxl += track->copies * walk.most.cxl;
		all.cxl_memory += track->copies * walk.most.cxl_memory;
		g_array_append_val(walks, walk);
	}
	for (guint t = 0; t < walks->len; t++)
		if (!check_reset(&g_array_index(walks, struct walk, t), &all, error))
			return FALSE;
	return check_cxl(tree, s, &all, error) && check_room(tree, s, &all, error);
}

/* Checks an agent. Most values of its parameters are checked later, by the guest. */
static gboolean check_agent(struct yaml_tree *tree, yaml_node_t *node, const struct agent *agent,
			    GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	yaml_node_t *params = yaml_tree_get(tree, node, "params");
	const struct agent_info *info = scenario_agents;

	for (; info->name && strcmp(info->name, agent->name); info++)
		g_ptr_array_add(names, (gpointer)info->name);
	g_ptr_array_add(names, NULL);
	if (!info->name)
		return yaml_tree_fail_word(tree, yaml_tree_get(tree, node, "name"), error,
					   agent->name, (const char *const *)names->pdata,
					   "unknown agent '%s'", agent->name);
	for (unsigned i = 0; i < agent->n_params; i++) {
		yaml_node_t *key = yaml_tree_item(tree, params, i);

		if (!info->params)
			return yaml_tree_fail(tree, key, error, "agent '%s' takes no params",
					      info->name);
		if (!g_strv_contains(info->params, agent->params[i].key))
			return yaml_tree_fail_word(tree, key, error, agent->params[i].key,
						   info->params, "agent '%s' has no param '%s'",
						   info->name, agent->params[i].key);
	}
	return check_errnos(tree, node, error);
}

static gboolean check_agents(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *agents = yaml_tree_get(tree, yaml_tree_root(tree), "agents");
	unsigned total = 0;

	for (unsigned i = 0; i < s->n_agents; i++) {
		yaml_node_t *node = yaml_tree_item(tree, agents, i);

		total += s->agents[i].count;
		if (total > COPIES_OF_AGENTS_MAX)
			return yaml_tree_fail(tree, node, error, "more than %d agents in all",
					 COPIES_OF_AGENTS_MAX);
		if (!check_agent(tree, node, &s->agents[i], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean check_holds(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *list = yaml_tree_get(tree, yaml_tree_root(tree), "holds");

	for (unsigned i = 0; i < s->n_holds; i++) {
		g_autoptr(GError) why = NULL;

		if (!hold_check(&s->holds[i], &why) || !hold_check_after(&s->holds[i], i, &why))
			return yaml_tree_fail(tree, yaml_tree_item(tree, list, i), error, "%s",
					      why->message);
	}
	if ((s->n_holds || *s->hold_cycle) && s->cpus < 2)
		return yaml_tree_fail(
			tree, list ? list : yaml_tree_get(tree, yaml_tree_root(tree), "hold_cycle"),
			error, "'%s' requires two vCPUs: one waits for another; set 'cpus' "
			       "to 2 or more",
			list ? "holds" : "hold_cycle");
	return TRUE;
}

static gboolean check_fails(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *list = yaml_tree_get(tree, yaml_tree_root(tree), "fail");

	for (unsigned i = 0; i < s->n_fails; i++) {
		g_autoptr(GError) why = NULL;

		if (!fail_complete(&s->fails[i], s, &why))
			return yaml_tree_fail(tree, yaml_tree_item(tree, list, i), error, "%s",
					      why->message);
	}
	return TRUE;
}

static gboolean check_vary(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *list = yaml_tree_get(tree, yaml_tree_root(tree), "vary");
	g_autoptr(GError) why = NULL;

	for (guint i = 0; s->vary[i]; i++)
		if (!switch_check(s->vary, i + 1, &why))
			return yaml_tree_fail(tree, yaml_tree_item(tree, list, i), error, "%s",
					      why->message);
	return TRUE;
}

static gboolean check_machines(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *list = yaml_tree_get(tree, yaml_tree_root(tree), "machines");
	g_autoptr(GError) why = NULL;

	for (unsigned i = 0; s->machines[i]; i++) {
		if (!machine_find(s->machines[i], &why))
			return yaml_tree_fail(tree, yaml_tree_item(tree, list, i), error, "%s",
					      why->message);
		for (unsigned j = 0; j < i; j++)
			if (!strcmp(s->machines[i], s->machines[j]))
				return yaml_tree_fail(tree, yaml_tree_item(tree, list, i), error,
						 "'%s' is listed twice", s->machines[i]);
	}
	return TRUE;
}

/*
 * Checks `needs`, whose items have the forms "CONFIG_X", "CONFIG_X=y", "!CONFIG_X",
 * "CONFIG_X|CONFIG_Y".
 */
static gboolean check_needs(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	yaml_node_t *list = yaml_tree_get(tree, yaml_tree_root(tree), "needs");

	for (unsigned i = 0; s->needs[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(s->needs[i], "|", -1);

		for (unsigned j = 0; parts[j]; j++)
			if (!g_str_has_prefix(parts[j] + (*parts[j] == '!'), "CONFIG_") ||
			    strpbrk(parts[j], " \t"))
				return yaml_tree_fail(
					tree, yaml_tree_item(tree, list, i), error,
					"invalid kernel option '%s'; allowed: CONFIG_X, "
					"CONFIG_X=y, "
					"!CONFIG_X, CONFIG_X|CONFIG_Y",
					s->needs[i]);
	}
	return TRUE;
}

/* Values of the kernel parameter memhp_default_state (mm/memory_hotplug.c: online_type_to_str). */
static const char *const online_words[] = {"offline", "online", "online_kernel", "online_movable",
					   NULL};

static gboolean check_words(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	if (!g_strv_contains(online_words, s->online))
		return yaml_tree_fail(tree, yaml_tree_get(tree, yaml_tree_root(tree), "online"),
				      error,
				      "invalid value '%s' for 'online'; allowed: offline, online, "
				      "online_kernel, online_movable",
				      s->online);
	for (const char *p = s->cmdline; *p; p++)
		if (!g_ascii_isprint(*p))
			return yaml_tree_fail(tree,
					      yaml_tree_get(tree, yaml_tree_root(tree), "cmdline"),
					      error, "'cmdline' must be one line of ASCII");
	return TRUE;
}

gboolean check_scenario(struct yaml_tree *tree, const struct scenario *s, GError **error)
{
	if (!s->n_agents && !s->n_tracks)
		return at_key(tree, "about", error,
			      "the scenario would do nothing; add 'agents', 'tracks' or both");
	if (s->max_memory < s->memory)
		return at_key(tree, "max_memory", error, "'max_memory' is below 'memory'");
	if (s->memory & ((1 << 20) - 1) || s->max_memory & ((1 << 20) - 1))
		return at_key(tree, "memory", error, "memory sizes must be multiples of 1M");
	if (s->max_cpus < s->cpus)
		return at_key(tree, "max_cpus", error, "'max_cpus' is below 'cpus'");
	if (s->base_nodes > s->nodes)
		return at_key(tree, "base_nodes", error, "'base_nodes' is above 'nodes'");
	if (s->cpu_nodes > s->nodes)
		return at_key(tree, "cpu_nodes", error, "'cpu_nodes' is above 'nodes'");
	return check_machines(tree, s, error) && check_words(tree, s, error) &&
	       check_vary(tree, s, error) &&
	       check_needs(tree, s, error) && check_holds(tree, s, error) &&
	       check_agents(tree, s, error) && check_tracks(tree, s, error) &&
	       check_fails(tree, s, error) && check_expect(tree, s, error);
}
