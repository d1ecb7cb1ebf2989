/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of plan/. */
#ifndef RIG_PLAN_INTERNAL_H
#define RIG_PLAN_INTERNAL_H

#include "plan/plan.h"

/* Checks single options, before anything is loaded or built (request.c). Error: RIG_EXIT_USAGE. */
gboolean request_check(const struct run_request *want, GError **error);
/* Returns the launcher that WANT selects: "direct" or "libvirt". */
const char *request_launcher(const struct run_request *want);
/*
 * Returns TRUE if WORD is one of CHOICES, or NULL. Otherwise an error RIG_EXIT_USAGE, which calls
 * WORD a WHAT of MACHINE.
 */
gboolean request_choice(const char *what, const char *word, const char *const *choices,
			const struct machine *machine, GError **error);

/* Returns TRUE if the guest runs on this host, not on a remote libvirt host (emulator.c). */
gboolean plan_is_here(const struct run_request *want);
/*
 * Chooses the QEMU that WANT selects, and checks that it and its firmware can do on MACHINE what
 * SCENARIO needs. *RET_EMULATOR is NULL for the machine's own. Error: RIG_EXIT_SKIP, with what is
 * missing; RIG_EXIT_USAGE: there is no such QEMU; RIG_EXIT_INFRA: QEMU does not start.
 */
gboolean plan_emulator(const struct run_request *want, const struct scenario *scenario,
		       const struct machine *machine, char **ret_emulator, GError **error);

/*
 * Checks that EMULATOR (NULL: the machine's own) does not crash under PLAN's accelerator when
 * SCENARIO unplugs a vCPU. Error: RIG_EXIT_SKIP.
 */
gboolean plan_check_accel(const struct run_request *want, const struct scenario *scenario,
			  const struct run_plan *plan, const char *emulator, GError **error);

/*
 * Draws the switches that SCENARIO and WANT vary and adds them to the scenario's command line. *RET
 * is a new array of {"switch", "value", "lacks"}, in which either the value or the missing kernel
 * option is null; unchanged if nothing is varied (switches.c). Error: RIG_EXIT_USAGE.
 */
gboolean plan_switches(const struct run_request *want, struct scenario *scenario,
		       const struct kernel *kernel, guint64 seed, json_t **ret, GError **error);

/*
 * Returns the paths of the config fragments of a run: that of `kernel: full`, then WANT's.
 * NULL-terminated; free with g_strfreev() (kernel.c).
 */
char **plan_fragments(const struct run_request *want, const struct scenario *scenario);
/*
 * Builds or finds the kernel for WANT and SCENARIO. Blocks for minutes. Errors:
 * kernel_build(); RIG_EXIT_SKIP, an image cannot have the scenario's modules.
 */
struct kernel *plan_kernel(const struct run_request *want, const struct scenario *scenario,
			   const struct machine *machine, const struct plan_progress *progress,
			   GError **error);
/* Checks that KERNEL has the options that SCENARIO and MACHINE need. Error: RIG_EXIT_SKIP. */
gboolean plan_check_needs(const struct scenario *scenario, const struct machine *machine,
			  const struct kernel *kernel, GError **error);

/*
 * Returns the path of the initramfs with the scenario's files and KERNEL's modules (initrd.c).
 * Errors: RIG_EXIT_USAGE, a .ko among the files is for another kernel.
 */
gboolean plan_initrd(const struct scenario *scenario, const char *arch,
		     const struct kernel *kernel, char **ret, GError **error);

/* Returns the plan's part of run.json, see rig-json(5) (inputs.c). */
json_t *plan_inputs(const struct run_request *want, const struct run_plan *plan);

/* A plan with the objects that it points to. */
struct resolved {
	/* must be the first member, because run_plan_free() gets its address */
	struct run_plan plan;
	struct scenario *scenario;
	struct timeline *timeline;
	struct kernel *kernel;
	struct director_sweep *sweep;
	/* lock classes whose tasks are stopped, borrowed from the request or scenario; or NULL */
	char **cycle;
	struct director_orders *orders;
	char **fragments;
	char *initrd, *results, *accel_why, *known, *plugin, *emulator;
};

/* ---- direct.c ---- */

/*
 * Returns TRUE if the run needs the director's plugin, because of holds, counted visits, recorded
 * locks or coverage.
 */
gboolean direct_is_needed(const struct run_request *want, const struct resolved *r);
/*
 * Checks the other options that the plugin depends on; ASKED is the accelerator that the user
 * wants. Errors: RIG_EXIT_USAGE for a need of the command line, RIG_EXIT_SKIP for one of the
 * scenario.
 */
gboolean direct_check(const struct run_request *want, enum accel asked, const struct resolved *r,
		      GError **error);
/* Finds the plugin, and the addresses of holds; see director_resolve() and director_probe(). */
gboolean direct_resolve(const struct run_request *want, struct resolved *r, GError **error);

#endif
