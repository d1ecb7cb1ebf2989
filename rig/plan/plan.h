/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan of one run. A run_request has the user's options; plan_make() resolves them to a
 * scenario, a machine, a kernel, an initramfs, an accelerator and a seed, checks that they fit
 * together, and lists them as the inputs in run.json. The engine executes the plan. Nothing here
 * prints: callers pass callbacks for progress.
 */
#ifndef RIG_PLAN_PLAN_H
#define RIG_PLAN_PLAN_H

#include <glib.h>
#include <jansson.h>

#include "director/director.h"
#include "kernel/kernel.h"
#include "machine/machine.h"
#include "scenario/scenario.h"
#include "timeline/timeline.h"
#include "util/auto.h"

/* The kernel that is built by default. */
#define PLAN_DEFAULT_KERNEL "deb:linux-source-6.1"

/* The user's options, unresolved. Strings are borrowed; NULL and 0 mean the default. */
struct run_request {
	const char *scenario;	   /* name or file */
	const char *scenario_name; /* default: that of the file */
	const char *timeline;	   /* file to execute unchanged; default: compiled from the seed */
	const char *machine;	   /* default: the first one that the scenario lists */
	const char *kernel;	   /* source or image; default: PLAN_DEFAULT_KERNEL */
	const char *vmlinux;	   /* symbols and DWARF of an image; default: those of the build */
	char **patches, **fragments; /* files, NULL-terminated */
	const char *seed;	   /* decimal or 0x…; default: the timeline's, or from the kernel's
				    * entropy */
	const char *known;	   /* list of known issues; default: the rig's own */
	const char *results;	   /* folder of run folders; default: run_default_results() */
	const char *accel;	   /* "auto", "kvm", "tcg" */
	const char *firmware, *mmu;
	const char *emulator;	   /* QEMU binary; default: the machine's */
	const char *launcher;	   /* "direct", "libvirt"; default: libvirt if there is a URI */
	const char *uri;	   /* the URI of libvirt */
	char **labels;		   /* "KEY=VALUE", NULL-terminated */
	int duration_s;		   /* seconds of load; default: the scenario's */
	int patience_s;		   /* without progress before a hang is declared; default: 20 */
	const char
		*memory_image; /* dump memory after a hang for guests up to SIZE; default: "2G" */
	int jobs;	       /* compiler jobs; default: the number of processors */
	gboolean no_lockdep, keep_going;
	gboolean no_keep_locks;	   /* default: the lock orders of a kernel with lockdep are kept */
	const char *until;	   /* stop only at a report with this signature or kind */
	char **holds;		   /* added to the scenario's (hold_parse()), NULL-terminated */
	const char *visits;	   /* functions whose passes are counted (director_resolve());
				    * default: none */
	gboolean record_locks;	   /* the plugin records lock orders (docs/prove.md) */
	const char *sweep;	   /* a file of holds to try one after the other
				    * (director_sweep_read()); default: none */
	char **hold_cycle;	   /* lock classes: stop tasks between two of them instead of the
			    * scenario's holds; records, too */
	const char *without;	   /* what to leave out of the scenario (scenario_ablations()) */
	json_t *replays;	   /* name of the run that this one repeats; borrowed */
	json_t *zoo;		   /* the zoo entry it belongs to, {"entry", "clean"}; borrowed */
};

/* Input of the engine. Everything is borrowed during engine_run(). */
struct run_plan {
	const struct scenario *scenario;
	const struct machine *machine;
	struct timeline *timeline; /* the engine adds laps to it as they run */
	const struct kernel *kernel;
	const char *const *fragments; /* config fragments of the kernel, kept in the run folder */
	const char *initrd;
	const char *launcher, *uri;   /* see vm_config; or NULL */
	const char *emulator;	      /* NULL: the machine's */
	const char *results;	      /* folder of run folders */
	guint64 seed;
	enum accel accel;	      /* ACCEL_KVM or ACCEL_TCG */
	const char *accel_why;
	gboolean seccomp;	      /* the emulator has MACHINE_SANDBOX, and it is wanted */
	const char *firmware, *mmu;   /* or NULL */
	unsigned duration_s;	      /* 0: the scenario's */
	unsigned patience_s;	      /* without progress before a hang is declared; 0: 20 */
	const char *known;	      /* list of known issues (splat/known.h), or NULL */
	gboolean keep_going;	      /* do not stop at the first report */
	gboolean keep_locks;	      /* read the lock orders of a guest with lockdep at the end
				       * (docs/locks.md) */
	/* stop only at a report with this signature or kind; or NULL */
	const char *until;
	gboolean no_lockdep;	      /* the kernel lacks it, and that is accepted */
	const struct director_orders *orders; /* the resolved holds; NULL: there are none */
	gboolean record_locks;		      /* the plugin records lock orders */
	char **hold_cycle;	      /* and stops tasks between two of these classes; or NULL */
	const char *plugin;	      /* the director's shared object that the emulator loads, or
				       * NULL */
	guint64 dump_limit;	      /* dump memory after a hang, for guests up to this many
				       * bytes */
	json_t *inputs;		      /* for run.json; the engine adds to it */
};

/* Progress of plan_make(); any may be NULL. */
struct plan_progress {
	kernel_progress build; /* called while a kernel is built */
	void (*kernel)(const struct kernel *kernel, void *data); /* it was built, or found in the
								  * cache */
	void *data;
};

/*
 * Resolves WANT, which must outlive the plan. Blocks while the kernel is built (minutes) and while
 * KVM is probed. Errors: RIG_EXIT_USAGE for an unknown word or a number out of range; RIG_EXIT_SKIP
 * if the scenario does not fit the machine or the kernel; those of kernel_build().
 */
struct run_plan *plan_make(const struct run_request *want, const struct plan_progress *progress,
			   GError **error);
void run_plan_free(struct run_plan *plan);
RIG_DEFINE_AUTO(run_plan, run_plan_free)

/* Parses a seed, decimal or 0x…; NULL: a seed from the kernel's entropy. RIG_EXIT_USAGE. */
gboolean plan_seed(const char *text, guint64 *ret, GError **error);

/* Builds only WANT's kernel, so that a command with several runs fails before the first of them. */
gboolean plan_build_kernel(const struct run_request *want, const struct plan_progress *progress,
			   GError **error);

#endif
