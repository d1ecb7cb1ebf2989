/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios: which operations to execute, on which machine, for how long, and the expected result.
 * They are in scenarios/NAME.yaml, and read with libcyaml and a strict schema. rig-scenario(5)
 * is the manual for authors.
 */
#ifndef RIG_SCENARIO_SCENARIO_H
#define RIG_SCENARIO_SCENARIO_H

#include <glib.h>

#include "machine/machine.h"
#include "util/auto.h"

/*
 * The kinds of steps. A step is one operation of the host, such as a plug. Names in backquotes are
 * the members of struct step that it uses (see the table of steps in read.c).
 */
enum step_do {
	/*
	 * sends device_add for `id`, by `device`, `size`, `node`, `backend` and `requested`, and
	 * waits for the device
	 */
	STEP_PLUG,
	STEP_UNPLUG, /* sends device_del for `id`, and waits for the outcome */
	/*
	 * resizes `id`, a virtio-mem device or a balloon, and waits until the guest has reached
	 * `size`
	 */
	STEP_RESIZE,
	STEP_ONLINE, /* the guest writes the state `how` to the memory blocks of device `id` */
	STEP_WAIT,   /* waits `ms` milliseconds */
	/* reads the guest's memory accounts and compares the plugged devices of host and guest */
	STEP_CHECK,
	STEP_PAUSE, /* stops the guest for `ms` milliseconds */
	STEP_NMI,   /* sends inject-nmi */
	STEP_RESET, /* sends system_reset, then waits for the guest's hello */
	STEP_CPU,   /* the guest writes `write`, 0 or 1, to the file `online` of CPU number `cpu` */
};

enum step_device {
	DEVICE_DIMM,
	DEVICE_VIRTIO_MEM,
	DEVICE_CPU,
	DEVICE_NVDIMM,
	DEVICE_VIRTIO_PMEM,
	DEVICE_CXL, /* a type 3 device with volatile memory */
	/*
	 * virtio-balloon with free page reporting; its size is the memory that it takes from the
	 * guest
	 */
	DEVICE_BALLOON,
};
enum step_how { HOW_ONLINE, HOW_KERNEL, HOW_MOVABLE, HOW_OFFLINE, HOW_RANDOM };

/*
 * A number (`200`) or a range (`[100, 300]`). At each use, a number is drawn from the range by the
 * run's seed.
 */
struct range {
	guint64 low, high;
};

struct step {
	enum step_do what;
	/* position in the file, from 0; leaving out other steps does not change it */
	unsigned number;
	/*
	 * the id of the device; in further copies of a track the device "d" is called "d.1", "d.2",
	 * …
	 */
	char *id;
	enum step_device device;
	struct range size; /* bytes of a DIMM or virtio-mem device, rounded to `unit` when drawn */
	struct range requested; /* virtio-mem: the size that is requested at the plug, in bytes */
	guint64 label;		/* size of an NVDIMM's label area in bytes, not part of `size` */
	/* NVDIMM: the file of its contents, named in the scenario and on the host; or NULL */
	char *file, *path;
	guint64 file_size;
	/* virtio-mem: block size in bytes; 0 stands for the machine's unit */
	guint64 block;
	/* virtio-mem: QEMU's properties of these names (`memslots`: dynamic-memslots) */
	gboolean prealloc, inaccessible, memslots;
	unsigned node;
	int backend; /* enum vm_backend; BACKEND_HUGEPAGES takes the host's huge pages */
	enum step_how how;
	struct range ms;
	unsigned cpu, write;
	/* probability in percent that the step is executed, 100 by default; drawn by the seed */
	unsigned chance;
	gboolean at_boot;   /* the guest boots with the device; the step waits for it */
	/* execute the step only in the first pass through the track; the device stays plugged */
	gboolean once;
	unsigned timeout_s; /* time limit of the step; STEP_TIMEOUT_S by default */
};

#define STEP_TIMEOUT_S 30
#define BACKEND_HUGEPAGES 3

/*
 * A track: steps that are executed one after the other. A pass through all of them is a lap. Tracks
 * run in parallel.
 */
struct track {
	/* position in the file, from 0; leaving out other tracks does not change it */
	unsigned number;
	unsigned copies; /* number of parallel executions of the track; 1 by default */
	unsigned repeat; /* number of laps; 0: as many as the duration allows */
	struct step *steps;
	unsigned n_steps;
};

struct param {
	char *key, *value;
};

struct agent {
	char *name;
	unsigned first; /* number of the first instance, counted over all agents with this name */
	unsigned count; /* number of instances; 1 by default */
	/* operations per second of each instance; 0 stands for no pause between them */
	unsigned rate;
	gboolean optional; /* leave the agent out if the kernel lacks support */
	struct param *params;
	unsigned n_params;
};

#define SCENARIO_CPUS_MAX 64 /* maximum number of vCPUs */

#define HOLD_PLACE_MAX 128 /* maximum length of a hold's place, in bytes */
#define HOLD_SAME_MAX 16   /* maximum length of a hold's condition `same`, in bytes */

/*
 * A hold: a vCPU that reaches `at` waits until another vCPU has reached `until`; or two vCPUs wait
 * for each other (`meet`); or, with neither, it waits for `max_ms` (a delay). Needs TCG and the
 * director's plugin, see docs/director.md.
 */
struct hold_spec {
	char *at;
	char *until, *meet; /* at most one of the two */
	unsigned visits;    /* how often `until` must be reached to end a wait; 1 by default */
	unsigned max_ms;    /* maximum length of a wait, 1 to 500; 200 by default */
	unsigned times;	    /* maximum number of waits; 100 by default */
	/*
	 * 0, or the number (from 1) of an earlier hold: this hold only waits after a wait of the
	 * earlier hold that a vCPU at `until` or `meet` has ended, once for each such wait
	 */
	unsigned after;
	/*
	 * Conditions, or NULL; they require a QEMU whose plugins can read registers. `comm`: only
	 * tasks with this name wait at `at`; a * at its end matches any rest. `same`: what both
	 * places, which must be functions, must have in common: "arg1", their first argument; "arg2
	 * arg1", the second argument of `at` and the first one of the other function; "block", the
	 * memory block.
	 */
	char *comm, *same;
};

/*
 * Makes calls of a kernel function fail. The calls are numbered from 1 while the agents run. TIMES
 * calls, beginning with number CALL, return ERROR without executing the function. Requires TCG and
 * QEMU's plugin: docs/director.md.
 */
struct fail_spec {
	char *function;
	char *in;    /* only calls by this function count; NULL if all calls count */
	char *error; /* name of the errno that the call returns, for example "ENOMEM"; or "NULL" */
	unsigned call;	/* number of the first call that fails; 1 by default */
	unsigned times; /* how many calls fail; 1 by default */
	/* only calls by tasks with this name count; a * at the end matches any rest; or NULL */
	char *comm;
	/* calls count from the beginning of this step on, for example "plug d"; or NULL */
	char *after;
};

/* A file that is copied to /files/NAME in the guest, for agents that execute or read it. */
struct scenario_file {
	/* `name` is relative to the scenario's folder; `path` is on the host */
	char *name, *path;
	unsigned elf_machine; /* ELF machine of a program; 0 for a script or data */
};

/* A module that is built with the kernel, for the agent `module`. */
struct scenario_module {
	char *name; /* as in the scenario's file: "pcrypt", "./hello" */
	/*
	 * path on the host, if the module is a folder of the scenario; NULL if it is in the
	 * kernel's source
	 */
	char *folder;
};

/*
 * An expected outcome. A step must be executed at least once, and each execution must end with this
 * result. Of an agent, at least one operation must end with this result.
 */
struct expect_outcome {
	enum step_do what; /* kind of the step, if `agent` is NULL; `id` is its device, or NULL */
	char *id;
	char *agent;  /* name of the agent; NULL if the outcome is of a step */
	char *result; /* the expected result, for example "refused", "deleted", "ok", "EBUSY" */
};

/* The expected result of a run: a report of a certain kind; without a kind, PASS. */
struct expect {
	char *kind; /* report kind, "lockdep-circular", or NULL */
	/* lock classes of the cycle, beginning with any of them; NULL-terminated; may be empty */
	char **cycle;
	struct expect_outcome *outcomes;
	unsigned n_outcomes;
};

struct scenario {
	char *name;
	char *about;
	char **machines; /* NULL-terminated, at least one */
	guint64 memory;	 /* base memory (present at boot) in bytes */
	guint64 max_memory;		   /* maximum in bytes, with all plugged devices */
	unsigned slots, nodes, base_nodes; /* memory slots; NUMA nodes; those with base memory */
	unsigned cpu_nodes; /* number of nodes with CPUs, which are the first nodes */
	gboolean hmat; /* the firmware describes latency and bandwidth between the nodes */
	unsigned cpus, max_cpus; /* numbers of vCPUs at boot, and at most */
	char **needs;  /* required kernel options, in the format of kernel_config_lacks() */
	char *cmdline; /* further kernel parameters, "" by default */
	char **vary; /* kernel parameters to vary (switch_draw()); NULL-terminated, may be empty */
	/* value of memhp_default_state, the state of new memory; "offline" by default */
	char *online;
	unsigned duration_s; /* seconds of load in wall-clock time */
	unsigned boot_s;     /* maximum seconds until hello, 60 by default */
	gboolean coverage;   /* record which code of the kernel is reached (docs/coverage.md) */
	gboolean accounts;   /* compare memory before and after the load; TRUE by default */
	struct agent *agents;
	unsigned n_agents;
	struct track *tracks;
	unsigned n_tracks;
	struct hold_spec *holds;
	unsigned n_holds;
	struct fail_spec *fails;
	unsigned n_fails;
	/*
	 * lock classes of a cycle, in which a trap stops tasks (docs/prove.md), which replaces the
	 * holds; NULL-terminated, empty if there is no trap
	 */
	char **hold_cycle;
	struct scenario_file *files;
	unsigned n_files;
	gboolean full;	/* `kernel: full`: the larger standard kernel (docs/kernels.md) */
	char **kconfig; /* lines of a config fragment; NULL-terminated, may be empty */
	struct scenario_module *modules;
	unsigned n_modules;
	struct expect expect;
	char *file; /* path of the scenario's file */
};

void scenario_free(struct scenario *scenario);
RIG_DEFINE_AUTO(scenario, scenario_free)

/*
 * Loads the scenario WHAT: a name ("dimm-storm" is scenarios/dimm-storm.yaml of the rig), or a path
 * with a slash or .yaml. Checks the schema, names, that devices are plugged before they are used,
 * and that the memory of all copies fits into slots and max_memory. Error: RIG_EXIT_USAGE; the
 * message has file:line:column, the value, and what is allowed.
 */
struct scenario *scenario_load(const char *what, GError **error);

/*
 * Returns the parts that can be left out, one at a time: "slab-read", "one block-state of 2",
 * "unplug d". Newly allocated, NULL-terminated. If an unplug is left out, the device stays plugged;
 * if a plug is left out, the steps on its device are left out, too.
 */
char **scenario_ablations(const struct scenario *scenario);
/* The name of the part that consists of all holds and all calls that fail. */
#define SCENARIO_HOLDS "holds"
/* Removes PART from SCENARIO. Error: RIG_EXIT_USAGE, there is no such part. */
gboolean scenario_ablate(struct scenario *scenario, const char *part, GError **error);
/* Free the members of AGENT or STEP, but not AGENT or STEP. */
void scenario_agent_clear(struct agent *agent);
void scenario_step_clear(struct step *step);

/*
 * Parses a hold in one of these forms, and sets defaults. The forms with "meet", and without a
 * second place, take the same options.
 *
 * 	A until B[, visits N][, max MS][, times N][, after N][, comm NAME][, same WHAT]
 * 	A meet B
 * 	A
 *
 * Errors: RIG_EXIT_USAGE. Free *ret with hold_clear().
 */
gboolean hold_parse(const char *text, struct hold_spec *ret, GError **error);
/*
 * Sets the defaults of HOLD and checks its values. Of its places, only the syntax is checked,
 * because the kernel is not known here. Errors: RIG_EXIT_USAGE.
 */
gboolean hold_check(struct hold_spec *hold, GError **error);
/*
 * Checks that HOLD's `after` is 0 or the number, from 1, of a hold before it. EARLIER is how many
 * holds precede it. Errors: RIG_EXIT_USAGE.
 */
gboolean hold_check_after(const struct hold_spec *hold, unsigned earlier, GError **error);
gboolean hold_check_place(const char *place, GError **error);
/*
 * Checks that COMM is a valid name of a task, or the beginning of one, followed by *. Errors:
 * RIG_EXIT_USAGE.
 */
gboolean hold_check_comm(const char *comm, GError **error);
void hold_clear(struct hold_spec *hold);
/* Returns `until` or `meet` of HOLD, or NULL if it is a delay, which has neither. */
const char *hold_partner(const struct hold_spec *hold);
/* Returns HOLD in the format of hold_parse(); the caller owns the text. */
char *hold_text(const struct hold_spec *hold);
/* Adds a hold in the format of hold_parse(). Errors: RIG_EXIT_USAGE. */
gboolean scenario_add_hold(struct scenario *scenario, const char *text, GError **error);

/*
 * Adds calls that fail, given as "FUNCTION [in CALLER] [ERRNO][, call N][, times N][, comm NAME][,
 * after STEP]". Errors: RIG_EXIT_USAGE.
 */
gboolean scenario_add_fail(struct scenario *scenario, const char *text, GError **error);
/* Sets the defaults of FAIL and checks its values. Errors: RIG_EXIT_USAGE. */
gboolean fail_complete(struct fail_spec *fail, const struct scenario *scenario, GError **error);
void fail_clear(struct fail_spec *fail);
/* Returns FAIL, in the format of scenario_add_fail(), as text that the caller owns. */
char *fail_text(const struct fail_spec *fail);
/* Returns TRUE if AFTER, an operation ("plug") or one of a device ("plug d"), names STEP. */
gboolean fail_is_after(const char *after, const struct step *step);
/*
 * Checks that all runs of SCENARIO with the options WORDS of `rig run` (or NULL) have the same
 * kernel: that neither varies the config. Returns FALSE with a usage error, which says that COMMAND
 * ("rig bisect") needs this.
 */
gboolean scenario_check_one_kernel(const struct scenario *scenario, const char *const *words,
				   const char *command, GError **error);

/* Returns the sorted names of the rig's own scenarios; NULL-terminated. */
char **scenario_names(void);

/* An agent of the guest; rig-agents(5) describes the agents. */
struct agent_info {
	const char *name;
	const char *about; /* a description in one line */
	/* required kernel config, see kernel_config_lacks(); NULL-terminated */
	const char *const *needs;
	/* names of its parameters, NULL-terminated; NULL if it has none */
	const char *const *params;
};

/* All agents; the last entry has no name. */
extern const struct agent_info scenario_agents[];

/* Returns the kernel config that the agent NAME needs, or NULL if there is no such agent. */
const char *const *scenario_agent_needs(const char *name);

/* Returns the kernel option that creates FILE (a path or glob), or NULL if unknown. Static. */
const char *scenario_file_option(const char *file);
/*
 * Returns the kernel options that create the files of AGENT's `files`; NULL-terminated. The caller
 * frees the array with g_free(); the strings are static.
 */
const char **scenario_agent_options(const struct agent *agent);

/*
 * Return the hotplug locks that a step or an agent takes, as a static, NULL-terminated array; or
 * NULL if none are known.
 */
const char *const *scenario_step_locks(enum step_do what, enum step_device device);
const char *const *scenario_agent_locks(const char *name);

/*
 * Returns the kernel options that a run needs: those in `needs`, and those for the devices, for the
 * agents that are not optional, and for their files. The caller frees the array with g_free(), but
 * not the strings.
 */
const char **scenario_all_needs(const struct scenario *scenario);

/* Return the words that scenario files have for these values: "plug", "dimm", "online_movable". */
const char *step_do_name(enum step_do what);
const char *step_device_name(enum step_device device);
const char *step_how_name(enum step_how how);
const char *step_backend_name(int backend);

/*
 * Returns the number of bytes of which the size of DEVICE must be a multiple on MACHINE, or 0 if
 * the device has no size.
 */
guint64 scenario_unit(const struct machine *machine, enum step_device device);
/* Returns TRUE if DEVICE adds memory of a size that the scenario sets. */
gboolean scenario_has_size(enum step_device device);
/*
 * Returns TRUE if SCENARIO can only be used with --launcher direct: if it has `hmat`, or plugs CXL
 * memory, virtio-mem with `block`, `prealloc`, `inaccessible` or `memslots`, or an NVDIMM with
 * `file`.
 */
gboolean scenario_needs_direct(const struct scenario *scenario);
/* Returns TRUE if a track plugs a DEVICE. */
gboolean scenario_plugs(const struct scenario *scenario, enum step_device device);
/*
 * Returns the abilities (bits of enum machine_can) that a machine needs for SCENARIO.
 */
unsigned scenario_abilities(const struct scenario *scenario);

/*
 * Checks that MACHINE can run SCENARIO. Error: RIG_EXIT_SKIP, for example "powernv9 cannot plug
 * DIMMs (step 1 of track 1)".
 */
gboolean scenario_check_machine(const struct scenario *scenario, const struct machine *machine,
				GError **error);
/*
 * Rounds the sizes of SCENARIO's devices up to multiples of MACHINE's units, and raises
 * `max_memory` by as much; if `memory` is too small for a unit in each base node, it is raised,
 * too. Returns a text about it for users, which the caller owns, or NULL if all sizes fit.
 */
char *scenario_fit(struct scenario *scenario, const struct machine *machine);
/*
 * Returns the machine NAME, or the scenario's first one if NAME is NULL. Errors: those of
 * machine_find() and scenario_check_machine().
 */
const struct machine *scenario_machine(const struct scenario *scenario, const char *name,
				       GError **error);

/*
 * Returns the kernel parameters for a run, made from `online` and `cmdline`. The caller owns the
 * text.
 */
char *scenario_cmdline(const struct scenario *scenario);

#endif
