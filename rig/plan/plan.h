/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan of one run. A run_request has the user's options. plan_make() resolves them to a
 * scenario, a machine, a kernel, an initramfs, an accelerator and a seed, checks that these fit
 * together, and lists them as the inputs for run.json. The engine executes the plan. This module
 * does not print: callers pass callbacks for progress.
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

/* The user's options, not resolved. Strings are borrowed; NULL and 0 stand for the default. */
struct run_request {
	const char *scenario;	   /* name or file */
	const char *scenario_name; /* name for the run folder; default: that of the file */
	/* a timeline file to execute unchanged; default: a timeline compiled from the seed */
	const char *timeline;
	const char *machine; /* default: the first one that the scenario lists */
	const char *kernel;  /* source or image; default: PLAN_DEFAULT_KERNEL */
	/*
	 * vmlinux with symbols and DWARF for an image; default: the one that was built with the
	 * image
	 */
	const char *vmlinux;
	char **patches, **fragments; /* paths of files; NULL-terminated */
	/* decimal or 0x…; default: the timeline's seed, or a new one from the kernel's entropy */
	const char *seed;
	const char *known;   /* list of known issues; default: the rig's own */
	const char *results; /* the results folder; default: run_default_results() */
	const char *accel;   /* "auto", "kvm", "tcg" */
	const char *firmware, *mmu;
	/* page size of the kernel: "4k", "64k"; default: the machine's */
	const char *page_size;
	const char *emulator; /* path of the QEMU to use; default: the machine's */
	const char *launcher; /* default: libvirt if `uri` is set, otherwise direct */
	const char *uri;      /* the libvirt connection URI */
	char **labels;	      /* "KEY=VALUE", NULL-terminated */
	int cpus;	      /* vCPUs at boot; default: the scenario's */
	int duration_s;	      /* seconds of load; default: the scenario's */
	int patience_s;	      /* seconds without progress before a hang is declared; default: 20 */
	const char
		/* "SIZE": after a hang, dump the memory of guests up to this size; default: "2G" */
		*memory_image;
	int jobs; /* compiler jobs; default: the number of processors */
	gboolean no_lockdep, keep_going;
	gboolean no_keep_locks; /* default: the lock orders of a kernel with lockdep are kept */
	const char *until;	/* stop only at a report with this signature or kind */
	char **vary;  /* kernel switches, added to those of the scenario (switch_draw()) */
	/*
	 * holds (places where a vCPU waits) in the format of hold_parse(), in addition to the
	 * scenario's; NULL-terminated
	 */
	char **holds;
	/*
	 * functions; the plugin counts how often vCPUs enter them (director_resolve()); default:
	 * none
	 */
	const char *visits;
	gboolean record_locks; /* the plugin records lock orders (docs/prove.md) */
	/* the plugin also records lock orders of spinlocks; implies record_locks */
	gboolean record_spinlocks;
	gboolean coverage;     /* record which code is reached; default: the scenario's setting */
	/*
	 * file that lists the holds of a sweep, in which many take turns (director_sweep_read());
	 * NULL if there is none
	 */
	const char *sweep;
	/*
	 * calls to let fail, in the format of scenario_add_fail(), in addition to the scenario's;
	 * NULL-terminated
	 */
	char **fails;
	gboolean calls; /* count calls of functions that can fail (scenario/fallible.h) */
	/*
	 * lock classes of a cycle, for a trap: tasks are stopped between two of these locks. The
	 * scenario's holds are not used, and locks are recorded
	 */
	char **hold_cycle;
	const char *without; /* the part of the scenario to leave out (scenario_ablations()) */
	json_t *replays;     /* name of the run that this one repeats, for run.json; borrowed */
	/* the zoo entry to which the run belongs, {"entry", "clean"}, for run.json; borrowed */
	json_t *zoo;
};

/* The kernel that a run needs: `spec` for kernel_build(), and the lists to which `spec` points. */
struct plan_spec {
	struct kernel_spec spec;
	char **fragments, *optional, *kconfig;
	struct kernel_module *modules;
};
/*
 * Combines the source, patches, fragments and page size of WANT with what SCENARIO, if it is not
 * NULL, adds to its kernel (`kernel: full`, `kconfig`, `modules`), and with the config fragment
 * OPTIONAL (`optional` of struct kernel_spec), a path below the rig's folder, or NULL. The page
 * size must be one of ARCH (machine_page_fragment()). WANT and SCENARIO must stay valid as long as
 * RET.
 */
void plan_spec_init(struct plan_spec *ret, const struct run_request *want,
		    const struct scenario *scenario, const char *arch, const char *optional);
void plan_spec_clear(struct plan_spec *spec);

/* The input of the engine. Everything is borrowed during engine_run(). */
struct run_plan {
	const struct scenario *scenario;
	const struct machine *machine;
	/* the operations of the run; the engine adds those that it generates */
	struct timeline *timeline;
	const struct kernel *kernel;
	/* config fragments of the kernel, copied into the run folder */
	const char *const *fragments;
	const char *initrd;
	/* `launcher` is "direct" or "libvirt"; `uri` is libvirt's connection URI, or NULL */
	const char *launcher, *uri;
	const char *emulator;	    /* NULL stands for the machine's default */
	const char *results;	    /* the results folder */
	guint64 seed;
	enum accel accel; /* ACCEL_KVM or ACCEL_TCG */
	const char *accel_why;
	gboolean seccomp;	    /* use QEMU's seccomp filter (MACHINE_SANDBOX) */
	/* the chosen firmware and MMU; NULL if the machine has no choices */
	const char *firmware, *mmu;
	/* how the scenario's sizes were changed to fit the page size, for users; or NULL */
	const char *fitted;
	unsigned duration_s;	    /* 0 stands for the scenario's duration */
	/* seconds without progress before a hang is declared; 0 stands for 20 */
	unsigned patience_s;
	const char *known;	    /* list of known issues (splat/known.h), or NULL */
	gboolean keep_going;	    /* do not stop at the first report */
	/* read the lock orders of a guest with lockdep at the end of the run (docs/locks.md) */
	gboolean keep_locks;
	/* stop only at a report with this signature or kind; or NULL */
	const char *until;
	gboolean no_lockdep; /* the kernel has no lockdep, and the user accepts that */
	/* the holds (places where a vCPU waits) with their addresses, or NULL */
	const struct director_orders *orders;
	gboolean record_locks;		      /* the plugin records lock orders */
	gboolean coverage; /* the plugin records which code is reached */
	/* lock classes of a cycle: the plugin stops tasks between two of them; or NULL */
	char **hold_cycle;
	json_t *switches; /* kernel switches, drawn at random (plan_switches()); or NULL */
	/* path of the director's shared object that the emulator loads, or NULL */
	const char *plugin;
	guint64 dump_limit; /* after a hang, dump the memory of guests up to this many bytes */
	json_t *inputs;	    /* the inputs for run.json; the engine adds to them */
};

/* Progress callbacks of plan_make(); each may be NULL. */
struct plan_progress {
	kernel_progress build; /* called while a kernel is built */
	/* called before a build, if the kernel is not in the cache */
	void (*estimate)(const struct kernel_estimate *estimate, void *data);
	/* called when the kernel was built, or found in the cache */
	void (*kernel)(const struct kernel *kernel, void *data);
	void *data;
};

/*
 * Resolves WANT, which must stay valid as long as the plan. Blocks while the kernel is built
 * (minutes) and while KVM is tested. Errors: RIG_EXIT_USAGE for an unknown word or a number out of
 * range; RIG_EXIT_SKIP if the scenario does not fit the machine or the kernel; those of
 * kernel_build().
 */
struct run_plan *plan_make(const struct run_request *want, const struct plan_progress *progress,
			   GError **error);
void run_plan_free(struct run_plan *plan);
RIG_DEFINE_AUTO(run_plan, run_plan_free)

/*
 * Sets *ret to the seed in TEXT, decimal or 0x…; if TEXT is NULL, to a new seed from the kernel's
 * entropy. Error: RIG_EXIT_USAGE.
 */
gboolean plan_seed(const char *text, guint64 *ret, GError **error);

/*
 * Builds only WANT's kernel, without the config fragment of a switch, which depends on the seed of
 * a run. A command with several runs calls this to report a build error before the first run.
 */
gboolean plan_build_kernel(const struct run_request *want, const struct plan_progress *progress,
			   GError **error);

#endif
