/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios: what to provoke, on what, for how long, and what is expected. scenarios/NAME.yaml,
 * read with libcyaml under a strict schema. docs/scenarios.md is the manual for their authors.
 */
#ifndef RIG_SCENARIO_SCENARIO_H
#define RIG_SCENARIO_SCENARIO_H

#include <glib.h>

#include "machine/machine.h"
#include "util/auto.h"

/* A step of the host. What each uses is in the table of steps in scenario.c. */
enum step_do {
	STEP_PLUG,    /* id, device, size, node, backend, requested: device_add, waits for it */
	STEP_UNPLUG,  /* id: device_del until an outcome */
	STEP_RESIZE,  /* id, size: virtio-mem, until the guest has reached it */
	STEP_ONLINE,  /* id, how: the guest writes a state to the DIMM's memory blocks */
	STEP_WAIT,    /* ms */
	STEP_CHECK,   /* the guest answers a snapshot; devices on host and in guest agree */
	STEP_PAUSE,   /* ms: stop, wait, cont */
	STEP_NMI,     /* inject-nmi */
	STEP_RESET,   /* system_reset, then hello again */
	STEP_CPU,     /* cpu, write: the guest writes 0 or 1 to a CPU's online attribute */
};

enum step_device { DEVICE_DIMM, DEVICE_VIRTIO_MEM, DEVICE_CPU };
enum step_how { HOW_ONLINE, HOW_KERNEL, HOW_MOVABLE, HOW_OFFLINE, HOW_RANDOM };

/* A number drawn from the run's seed each time it is used: `200` or `[100, 300]`. */
struct range {
	guint64 low, high;
};

struct step {
	enum step_do what;
	unsigned number; /* place in the file, from 0: stays when other steps are left out */
	char *id;	/* in a track with copies, the second one's "d" is "d.1" */
	enum step_device device;
	struct range size;	/* bytes, rounded to `unit` when drawn; DIMM and virtio-mem */
	struct range requested; /* bytes: virtio-mem at plug */
	unsigned node;
	int backend; /* enum vm_backend: ram, memfd, file */
	enum step_how how;
	struct range ms;
	unsigned cpu, write;
	unsigned chance; /* percent, 100 by default: else the step is skipped, by the seed */
	gboolean once;	 /* the device stays plugged when the track starts again */
	unsigned timeout_s; /* 30 by default */
};

/* Steps one after the other, repeated; tracks run in parallel. */
struct track {
	unsigned number; /* place in the file, from 0: stays when other tracks are left out */
	unsigned copies; /* 1 by default */
	unsigned repeat; /* 0: until the duration is over */
	struct step *steps;
	unsigned n_steps;
};

struct param {
	char *key, *value;
};

struct agent {
	char *name;
	unsigned first; /* instance number of the first of `count`, over all agents of this name */
	unsigned count; /* 1 by default */
	unsigned rate;	/* operations per second for each; 0: as fast as it can */
	gboolean optional; /* run without it if the kernel lacks support */
	struct param *params;
	unsigned n_params;
};

#define HOLD_PLACE_MAX 128 /* bytes of a place */

/*
 * A vCPU that reaches `at` waits until another vCPU has come to `until`, or each of two waits for
 * the other (`meet`), or it waits for `max_ms` (neither: a delay). Needs TCG and the director's
 * plugin: docs/director.md.
 */
struct hold_spec {
	char *at;
	char *until, *meet; /* at most one of the two */
	unsigned visits;    /* visits of `until` that end a wait; 1 by default */
	unsigned max_ms;    /* the longest wait, 1 to 500; 200 by default */
	unsigned times;	    /* waits in all; 100 by default */
	unsigned after;	    /* 0, or the number of an earlier hold, from 1, that must have been met
			     * before */
};

/* A file that the guest has at /files/NAME. */
struct scenario_file {
	char *name, *path; /* relative to the scenario's folder; on the host */
	unsigned elf_machine; /* machine of a program; 0: a script, or data */
};

/*
 * An expected outcome. A step is executed at least once and always ends with this result, or at
 * least one operation of an agent does.
 */
struct expect_outcome {
	enum step_do what; /* with `id`, where the step has one */
	char *id;
	char *agent;  /* the agent, instead of a step */
	char *result; /* "refused", "deleted", "ok", "EBUSY" */
};

/* The expected result of a run: a report of a kind, or without a kind PASS. */
struct expect {
	char *kind;    /* report kind, "lockdep-circular", or NULL */
	char **cycle;  /* lock classes of the cycle, any rotation; NULL-terminated; may be empty */
	struct expect_outcome *outcomes;
	unsigned n_outcomes;
};

struct scenario {
	char *name;
	char *about;
	char **machines; /* NULL-terminated, at least one */
	guint64 memory;	 /* base, bytes */
	guint64 max_memory;
	unsigned slots, nodes, base_nodes;
	unsigned cpu_nodes; /* nodes with CPUs: the first ones */
	unsigned cpus, max_cpus;
	char **needs;	/* kernel config: see kernel_config_lacks() */
	char *cmdline;	/* further kernel parameters, "" by default */
	char *online;	/* memhp_default_state, for new memory; "offline" by default */
	unsigned duration_s; /* seconds of load in wall time */
	unsigned boot_s;     /* seconds until hello, 60 by default */
	gboolean accounts;   /* memory must be back to the start exactly; true by default */
	struct agent *agents;
	unsigned n_agents;
	struct track *tracks;
	unsigned n_tracks;
	struct hold_spec *holds;
	unsigned n_holds;
	char **hold_cycle; /* lock classes of a cycle whose tasks wait for each other, instead of
			    * holds (docs/prove.md); NULL-terminated, empty: none */
	struct scenario_file *files;
	unsigned n_files;
	struct expect expect;
	char *file; /* the file it was read from */
};

void scenario_free(struct scenario *scenario);
RIG_DEFINE_AUTO(scenario, scenario_free)

/*
 * WHAT is a name ("dimm-storm": scenarios/dimm-storm.yaml of the rig) or a path with a slash or
 * .yaml. Errors (RIG_EXIT_USAGE) have file:line:column, the value, and what is allowed. Checked
 * here: schema, names, ids used before they are plugged, memory within slots and max_memory over
 * all copies.
 */
struct scenario *scenario_load(const char *what, GError **error);

/*
 * The parts that can be left out, one at a time: "slab-read", "one block-state of 2", "unplug
 * d". Newly allocated, NULL-terminated. Without its unplug, a device stays plugged; without its
 * plug, the steps on it are left out, too.
 */
char **scenario_ablations(const struct scenario *scenario);
/* Name of the part that consists of all holds. */
#define SCENARIO_HOLDS "holds"
/* Leaves PART out; RIG_EXIT_USAGE: there is no part of that name. */
gboolean scenario_ablate(struct scenario *scenario, const char *part, GError **error);
/* Frees what AGENT owns, not itself. */
void scenario_agent_clear(struct agent *agent);

/*
 * Parses "A until B[, visits N][, max MS][, times N]", "A meet B…" or "A…", and fills in defaults.
 * Errors: RIG_EXIT_USAGE. *ret owns its strings: hold_clear().
 */
gboolean hold_parse(const char *text, struct hold_spec *ret, GError **error);
/* Fills the defaults in and checks all values; the places' syntax alone. Errors: RIG_EXIT_USAGE. */
gboolean hold_settle(struct hold_spec *hold, GError **error);
/* Is HOLD's `after` one of the EARLIER holds before it? Errors: RIG_EXIT_USAGE. */
gboolean hold_check_after(const struct hold_spec *hold, unsigned earlier, GError **error);
gboolean hold_check_place(const char *place, GError **error);
void hold_clear(struct hold_spec *hold);
/* `until` or `meet`; NULL: a delay has neither. */
const char *hold_partner(const struct hold_spec *hold);
/* HOLD as text that hold_parse() reads; the caller's. */
char *hold_text(const struct hold_spec *hold);
/* Adds a hold, given as text for hold_parse(). Errors: RIG_EXIT_USAGE. */
gboolean scenario_add_hold(struct scenario *scenario, const char *text, GError **error);

/* The rig's own scenarios, sorted names; NULL-terminated. */
char **scenario_names(void);

/* The guest's agents; docs/agents.md describes them. */
struct agent_info {
	const char *name;
	const char *about;	   /* a description in one line */
	const char *const *needs;  /* kernel config, as of kernel_config_lacks(); NULL-terminated */
	const char *const *params; /* its parameters; NULL-terminated, or NULL: none */
};

/* All of them; the last one has no name. */
extern const struct agent_info scenario_agents[];

/* NAME's needs; NULL where there is no such agent. */
const char *const *scenario_agent_needs(const char *name);

/* The kernel option that creates FILE, a path or a glob; NULL: unknown. Static. */
const char *scenario_file_option(const char *file);
/*
 * The kernel options that make an agent's `files`; NULL-terminated. The array is the caller's
 * (g_free), the strings are static.
 */
const char **scenario_agent_options(const struct agent *agent);

/* Locks of hotplug that a step or an agent takes; NULL-terminated, static. NULL: none is known. */
const char *const *scenario_step_locks(enum step_do what, enum step_device device);
const char *const *scenario_agent_locks(const char *name);

/*
 * What a kernel must have for a run: `needs`, and those of the agents that are not optional and of
 * their files. The array is the caller's (g_free), the strings are not.
 */
const char **scenario_all_needs(const struct scenario *scenario);

/* The words of scenario files: "plug", "dimm", "online_movable". */
const char *step_do_name(enum step_do what);
const char *step_device_name(enum step_device device);
const char *step_how_name(enum step_how how);

/*
 * Can MACHINE run it? RIG_EXIT_SKIP: "powernv9 cannot plug DIMMs (step 1 of track 1)", a wrong unit
 * …
 */
gboolean scenario_check_machine(const struct scenario *scenario, const struct machine *machine,
				GError **error);
/* The machine NAME (NULL: the scenario's first), if it can run the scenario. */
const struct machine *scenario_machine(const struct scenario *scenario, const char *name,
				       GError **error);

/* The kernel parameters that a run needs: `online`, `cmdline`. */
char *scenario_cmdline(const struct scenario *scenario);

#endif
