/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of plan/. */
#ifndef RIG_PLAN_INTERNAL_H
#define RIG_PLAN_INTERNAL_H

#include "plan/plan.h"

/*
 * Checks each option of WANT by itself, before anything is loaded or built (request.c). Error:
 * RIG_EXIT_USAGE.
 */
gboolean request_check(const struct run_request *want, GError **error);
/* Returns the launcher that WANT selects: "direct" or "libvirt". */
const char *request_launcher(const struct run_request *want);
/*
 * Returns TRUE if WORD is NULL or one of CHOICES. Error: RIG_EXIT_USAGE; the message calls WORD a
 * WHAT of MACHINE.
 */
gboolean request_choice(const char *what, const char *word, const char *const *choices,
			const struct machine *machine, GError **error);

/* Returns TRUE if the guest runs on this host, not on a remote libvirt host (emulator.c). */
gboolean plan_is_here(const struct run_request *want);
/*
 * Chooses the QEMU for WANT, and checks that it and its firmware can do on MACHINE what SCENARIO
 * needs. Sets *RET_EMULATOR to its path, or to NULL for the machine's default. Errors:
 * RIG_EXIT_SKIP, the message names what is missing; RIG_EXIT_USAGE, there is no such QEMU;
 * RIG_EXIT_INFRA, QEMU does not start.
 */
gboolean plan_emulator(const struct run_request *want, const struct scenario *scenario,
		       const struct machine *machine, char **ret_emulator, GError **error);

/*
 * Checks that EMULATOR (NULL stands for the machine's default) does not crash under PLAN's
 * accelerator when SCENARIO unplugs a vCPU. Errors: RIG_EXIT_SKIP, it would crash; RIG_EXIT_INFRA,
 * QEMU does not start.
 */
gboolean plan_check_accel(const struct run_request *want, const struct scenario *scenario,
			  const struct run_plan *plan, const char *emulator, GError **error);

/*
 * Draws the switches that SCENARIO and WANT vary and adds them to the scenario's command line
 * (switches.c). Sets *RET to a new array of {"switch", "value", "lacks"}; leaves it unchanged if no
 * switch is varied. If the kernel lacks an option that the switch needs, `value` is null and
 * `lacks` is the option; otherwise `lacks` is null. If the kernel could not be built with the
 * config fragment of the drawn value, `value` is null, and "refused" is the reason. Error:
 * RIG_EXIT_USAGE.
 */
gboolean plan_switches(const struct run_request *want, struct scenario *scenario,
		       const struct kernel *kernel, guint64 seed, json_t **ret, GError **error);

/*
 * Returns the paths of the config fragments of a run: the fragment of `kernel: full` if SCENARIO
 * (or NULL) has this key, that of WANT's page size on ARCH, then those of WANT. NULL-terminated;
 * free with g_strfreev() (kernel.c).
 */
char **plan_fragments(const struct run_request *want, const struct scenario *scenario,
		      const char *arch);
/*
 * Changes *machine to its descriptor for a page size (kernel.c): the size that WANT requests, or
 * else the one whose fragment is among WANT's fragments. With such fragments, the kernels of one
 * night can have different page sizes. Error: RIG_EXIT_USAGE, the machine has no such choice.
 */
gboolean plan_page_size(const struct run_request *want, const struct machine **machine,
			GError **error);
/*
 * Builds or finds the kernel for WANT and SCENARIO. OPTIONAL is a config fragment that is added if
 * possible (plan_spec_init()), or NULL; if it was not added, the kernel's `refused` is set. Blocks
 * for minutes. Errors: those of kernel_build(). If the kernel is an image: RIG_EXIT_USAGE, WANT has
 * patches or fragments; RIG_EXIT_SKIP, the scenario has modules, which cannot be built for an
 * image.
 */
struct kernel *plan_kernel(const struct run_request *want, const struct scenario *scenario,
			   const struct machine *machine, const char *optional,
			   const struct plan_progress *progress, GError **error);
/* Checks that KERNEL has the options that SCENARIO and MACHINE need. Error: RIG_EXIT_SKIP. */
gboolean plan_check_needs(const struct scenario *scenario, const struct machine *machine,
			  const struct kernel *kernel, GError **error);

/*
 * Sets *ret to the path of the initramfs with the scenario's files and KERNEL's modules (initrd.c).
 * Errors: RIG_EXIT_USAGE, a .ko among the files was built for another kernel.
 */
gboolean plan_initrd(const struct scenario *scenario, const char *arch,
		     const struct kernel *kernel, char **ret, GError **error);

/* Returns the plan's part of run.json, see rig-json(5) (inputs.c). */
json_t *plan_inputs(const struct run_request *want, const struct run_plan *plan);

/*
 * A plan with the objects and strings that it points to. Members that struct run_plan has, too, are
 * explained there.
 */
struct resolved {
	/* must be the first member, because run_plan_free() gets its address */
	struct run_plan plan;
	struct scenario *scenario;
	struct timeline *timeline;
	struct kernel *kernel;
	struct director_sweep *sweep;
	/*
	 * lock classes of a cycle for which tasks are stopped, borrowed from request or scenario;
	 * or NULL
	 */
	char **cycle;
	struct director_orders *orders;
	char **fragments;
	/* memory for the strings of `plan` with these names */
	char *initrd, *results, *accel_why, *known, *plugin, *emulator, *fitted;
};

/* ---- direct.c ---- */

/*
 * Returns TRUE if the run needs the director's plugin, because of holds, calls that fail, counted
 * visits or calls, recorded locks, or coverage.
 */
gboolean direct_is_needed(const struct run_request *want, const struct resolved *r);
/*
 * Checks that the other options of the run allow the use of the plugin; ASKED is the accelerator
 * that the user wants. If not, the error is RIG_EXIT_USAGE if an option of the command line needs
 * the plugin, and RIG_EXIT_SKIP if the scenario does.
 */
gboolean direct_check(const struct run_request *want, enum accel asked, const struct resolved *r,
		      GError **error);
/*
 * Finds the plugin, and checks that the run's QEMU can do what the run needs of it; see
 * director_probe() and director_fits(). Needs no kernel.
 */
gboolean direct_probe(const struct run_request *want, struct resolved *r, GError **error);
/* Finds the addresses of holds in the kernel; see director_resolve(). */
gboolean direct_resolve(const struct run_request *want, struct resolved *r, GError **error);

#endif
