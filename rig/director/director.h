/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of the director (docs/director.md), the QEMU plugin in plugin/. It converts
 * places in a kernel to addresses, writes addresses into an instruction file for the plugin, and
 * reports messages of the plugin by callbacks.
 *
 * A *hold* makes a vCPU wait at one place until another vCPU has reached a second place, or for a
 * time. A *fail* makes a call of a kernel function return an errno. A *trap* stops tasks between
 * two locks of a cycle until they wait for each other. A *visit* is the execution of the first
 * instruction of a function by a vCPU.
 *
 * The order of calls: director_probe() and director_resolve() before a run has a folder,
 * director_open() before QEMU starts, director_arm() when the holds are to begin.
 */
#ifndef RIG_DIRECTOR_DIRECTOR_H
#define RIG_DIRECTOR_DIRECTOR_H

#include <glib.h>
#include <jansson.h>

#include "kernel/kernel.h"
#include "scenario/scenario.h"
#include "util/auto.h"

/*
 * Finds the shared object of the plugin that EMULATOR (a program, looked up in PATH) loads. There
 * is one for each version of QEMU's plugin interface. *ret_file is its path, *ret_api its version.
 * To try each of these shared objects, starts the emulator without a guest; this takes about 50 ms
 * in total. Errors: RIG_EXIT_SKIP, with the reason and the next step, if QEMU is not installed,
 * supports no plugins or has another interface, or if the plugin is not built.
 */
gboolean director_probe(const char *emulator, char **ret_file, int *ret_api, GError **error);

/*
 * Returns TRUE if a plugin with interface version API can hold a vCPU between the read and the
 * write of an instruction that changes memory (the place `update in FUNCTION` of a hold).
 */
gboolean director_can_update(int api);

/* Returns PATH escaped for QEMU's command line. The caller owns it. */
char *director_escape(const char *path);

/* A cycle of locks for which the plugin sets a trap: it stops tasks until they form the cycle. */
struct trap_spec {
	char **classes; /* names as in lockdep's reports, NULL-terminated */
	guint max_ms;	/* maximum time for which a task is stopped */
};

/* What the plugin counts and records, in addition to the waits of holds. */
struct director_watch {
	/* functions whose visits are counted, in the format of director_resolve(); or NULL */
	const char *visits;
	/*
	 * A sweep: many holds, called arms, that are tried a few at a time. It is copied. NULL if
	 * there is none. An arm whose place does not exist in this kernel has no effect.
	 */
	const struct director_sweep *sweep;
	gboolean locks;		       /* record lock orders */
	gboolean spinlocks;	       /* also record lock orders of spinlocks; needs `locks` */
	const struct trap_spec *trap;  /* the cycle to form, or NULL; needs `locks` */
	const struct fail_spec *fails; /* the calls that are made to fail */
	guint n_fails;
	gboolean calls; /* count calls of the functions in the table of scenario/fallible.h */
	gboolean cover; /* record which code of the kernel is reached */
};

/*
 * The result of director_resolve(): holds with the addresses of their places, and the text of the
 * instruction file for the plugin.
 */
struct director_orders;

/*
 * The value of director_watch.visits that selects all functions that are candidates for holds:
 * those of the source files of memory hotplug, and of code that shares locks with it.
 */
#define DIRECTOR_ALL "hotplug"

/* A sweep: many holds, called arms, that one boot tries, a few at a time (plugin/hold.h). */
struct director_sweep {
	GArray *arms; /* of struct hold_spec */
	/* index of the first arm (hold) that takes turns; earlier ones are always active */
	guint turns;
	guint slots;  /* number of turn-taking arms that are active at a time */
	guint window_ms; /* for how long each of these is active before the next */
	/*
	 * 0 if arms wait in rounds and turns; otherwise the seed of a random scheduler that decides
	 * which vCPU waits (plugin/pct.h)
	 */
	guint pct_seed;
	/* number of change points in each round of this scheduler (plugin/pct.h) */
	guint pct_points;
};

/*
 * Reads FILE, which has one arm in each line, in the format of hold_parse(). The arms after a line
 * `turns` take turns; those before it are always active. Lines `slots N` (default 4), `window MS`
 * (default 2000) and `pct SEED POINTS` may be anywhere. Returns NULL without an error if FILE is
 * NULL, and NULL with an error (RIG_EXIT_USAGE) if FILE is not valid.
 */
struct director_sweep *director_sweep_read(const char *file, GError **error);
void director_sweep_free(struct director_sweep *sweep);
RIG_DEFINE_AUTO(director_sweep, director_sweep_free)

/*
 * Checks that QEMU with plugin interface API supports HOLDS and WATCH. If not, fails with
 * RIG_EXIT_SKIP; the message has the hold that is not supported and the version of QEMU that it
 * needs. Called before the kernel is built, which can take long.
 */
gboolean director_fits(const struct hold_spec *holds, guint n, const struct director_watch *watch,
		       int api, GError **error);

/*
 * Finds the places of HOLDS in KERNEL: in its vmlinux if that has symbols, otherwise in the
 * kallsyms of its image. The `visits` of WATCH are separated by commas: DIRECTOR_ALL, a file
 * ("mm/slub.c"), or a function, which stands also for the functions next to it in the image. Blocks
 * for about a second. Errors: RIG_EXIT_USAGE if this kernel lacks a place (the message lists
 * similar names); RIG_EXIT_SKIP if the names of the image cannot be read, or a symbol is missing
 * that HOLDS or WATCH need.
 */
struct director_orders *director_resolve(const struct hold_spec *holds, guint n,
					 const struct director_watch *watch,
					 const struct kernel *kernel, GError **error);
void director_orders_free(struct director_orders *orders);
RIG_DEFINE_AUTO(director_orders, director_orders_free)

/*
 * Returns the resolved places for run.json: [{"hold": text, "at": ["ffffffff81…", …], "until":
 * […]}]. The caller owns the reference.
 */
json_t *director_orders_json(const struct director_orders *orders);
/*
 * Returns the number of arms (holds of the sweep), or 0 if there is no sweep. Arms come after all
 * other holds in the numbering of holds.
 */
guint director_orders_arms(const struct director_orders *orders);
/*
 * Returns the text of hold I (counted from 0, arms last) in the format of hold_text(). The result
 * is borrowed.
 */
const char *director_orders_hold(const struct director_orders *orders, guint i);
/*
 * Returns the text of the I-th call that is to fail (a "fail", counted from 0), in the format of
 * fail_text(). The result is borrowed.
 */
const char *director_orders_fail(const struct director_orders *orders, guint i);
/* Returns the text of the instruction file. The result is borrowed. */
const char *director_orders_text(const struct director_orders *orders);

/* A wait that has ended. */
struct director_held {
	guint hold; /* index of the hold */
	/* TRUE if the vCPU waited at the place `meet` of the hold, FALSE if at `at` */
	gboolean is_partner;
	guint cpu;
	gint64 start_ns, length_ns; /* CLOCK_MONOTONIC */
	const char *outcome;	    /* "met", "expired" or "released" (enum hold_outcome) */
	guint64 visits; /* how often vCPUs executed the other place of the hold during the wait */
};

/*
 * Counters of one hold. `reached` and `partner_reached`: how often vCPUs reached its two places;
 * `held`: number of waits; `met`, `expired` and `released`: numbers of those that have ended, by
 * outcome (struct director_held).
 */
struct director_totals {
	guint64 reached, partner_reached, held, met, expired, released;
	/*
	 * how often a vCPU reached the place but did not wait, by the reason (plugin/hold.h, struct
	 * hold_totals)
	 */
	guint64 crowded, early, unfit;
	guint64 held_ns; /* sum of the lengths of the waits */
	/*
	 * number of messages that the plugin could not send; counts those of the whole run, so it
	 * is the same for each hold
	 */
	guint64 dropped;
};

/* A call that was made to fail. */
struct director_failed {
	guint fail; /* index in director_watch.fails */
	guint cpu;
	gint64 at_ns;	  /* CLOCK_MONOTONIC */
	/* number of the call, from 1; calls that do not fit the conditions are not counted */
	guint64 call;
	guint64 caller;	  /* the return address of the call */
	const char *comm; /* the name of the task that made the call, or "-" if it is not known */
};

/* Callbacks, called from the main loop. */
struct director_owner {
	void (*held)(const struct director_held *held, void *data);
	/*
	 * the next arms (holds) of the sweep have become active: HOLD and those after it, `slots`
	 * in all
	 */
	void (*turned)(guint hold, void *data);
	/*
	 * ADDRESS, which belongs to a place of HOLD, is not the start of an instruction, so it is
	 * never reached
	 */
	void (*skewed)(guint hold, guint64 address, void *data);
	/* the plugin sent the invalid LINE; only called for the first such line */
	void (*broken)(const char *line, void *data);
	/*
	 * a call was made to fail; only called for the first DIRECTOR_LOG_MAX calls of each element
	 * of `fails`
	 */
	void (*failed)(const struct director_failed *failed, void *data);
	/*
	 * The trap (struct trap_spec) has stopped a task between two locks of the cycle. MET is
	 * TRUE if the task waited until all tasks of the cycle waited for each other's locks.
	 */
	void (*trapped)(guint cpu, gint64 start_ns, gint64 length_ns, gboolean met, void *data);
	void *data;
};

struct director;

/* File descriptors. The caller passes them to QEMU and closes them in its own process. */
struct director_files {
	int socket;
	int locks; /* the file for recorded locks, or -1 if locks are not recorded */
	int cover; /* the file for recorded code, or -1 if code is not recorded */
};

/*
 * Writes the instruction file `director` into DIR, and creates the socket and the other files.
 * OWNER is copied. Errors: RIG_EXIT_INFRA.
 */
struct director *director_open(const struct director_orders *orders, const char *dir,
			       const struct director_owner *owner, struct director_files *ret,
			       GError **error);
void director_close(struct director *director);
RIG_DEFINE_AUTO(director, director_close)
/* Closes the descriptors that are not -1. */
void director_files_close(struct director_files *files);

/*
 * Arms or disarms the holds without blocking. When disarmed, waiting vCPUs continue immediately,
 * and no vCPU starts to wait.
 */
void director_arm(struct director *director, gboolean armed);
/* Returns TRUE if the plugin has sent its hello line. */
gboolean director_is_there(const struct director *director);
/* Requests the totals from the plugin. Does not wait for its reply. */
void director_ask_totals(struct director *director);
/*
 * Sets *RET to the totals of HOLD that the plugin last sent. If its messages about single waits add
 * up to more, for example because QEMU was killed before it sent the totals, uses these sums.
 */
void director_totals(const struct director *director, guint hold, struct director_totals *ret);
/*
 * Returns the counted functions that vCPUs have entered, once the plugin has replied to
 * director_ask_totals(): [{"function", "visits", "beside": {function: times}, "calls": [function,
 * …]}, …]. `beside` says how often another vCPU visited each of the listed functions at about the
 * same time as this one. The caller owns the reference. Returns NULL if no functions are counted.
 */
json_t *director_visits(const struct director *director);
/*
 * Requests that the plugin writes the recorded locks. director_locks_path() returns the file once
 * the plugin has replied.
 */
void director_ask_locks(struct director *director);
/*
 * Returns the file with the recorded locks, or NULL if it was not written. The result is borrowed.
 */
const char *director_locks_path(const struct director *director);
/*
 * Begins a phase (enum cover_phase) of the recorded code, without blocking. QEMU discards its
 * translations, so that all code that is executed from now on is recorded for the new phase.
 */
void director_phase(struct director *director, guint phase);

/* The code that was reached. */
struct director_cover {
	guint64 from, to; /* the range of addresses whose code is recorded */
	/* for each phase, COVER_BYTES(from, to) bytes with a bit for each byte of code */
	GBytes *phase[2];
	guint switched; /* number of phases that QEMU has begun */
};
/*
 * Returns the code that was reached up to now, also after QEMU was killed, or NULL if no code is
 * recorded or the file cannot be read. Free it with director_cover_free().
 */
struct director_cover *director_cover(const struct director *director);
void director_cover_free(struct director_cover *cover);
RIG_DEFINE_AUTO(director_cover, director_cover_free)
/*
 * Starts to count the calls of the function of ID, an index in director_watch.fails. Only needed if
 * that element has the key `after`; otherwise all calls are counted. Never blocks.
 */
void director_begin_fail(struct director *director, guint id);
/*
 * Handles all lines that the plugin has sent up to now, without waiting for more. When it returns,
 * `failed` was called for each call that was made to fail up to now.
 */
void director_poll(struct director *director);
/*
 * Returns how many calls were counted for ID, an index in director_watch.fails, and how many of
 * them failed. Only valid once the plugin has replied to a request for the totals.
 */
void director_calls(const struct director *director, guint id, guint64 *ret_calls,
		    guint64 *ret_failed);
/*
 * Returns how often each function of scenario/fallible.h was called: [{"function", "in", "calls"},
 * …], as a new reference, or NULL if calls are not counted. Only valid once the plugin has replied
 * to a request for the totals.
 */
json_t *director_calls_json(const struct director *director);
/* Handles all lines that are left in the socket. Must be called after QEMU has exited. */
void director_drain(struct director *director);

/*
 * Adds up, for each vCPU, for how long it was held during the WITHIN_NS before NOW_NS. Returns the
 * largest of these sums.
 */
gint64 director_held_ns(const struct director *director, gint64 now_ns, gint64 within_ns);

#endif
