/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of the director (docs/director.md): places in a kernel become addresses,
 * addresses an instruction file for the plugin (plugin/), and messages of the plugin become
 * callbacks.
 *
 * In order: director_probe() and director_resolve() before a run has a folder, director_open()
 * before QEMU starts, director_arm() when holds are to begin.
 */
#ifndef RIG_DIRECTOR_DIRECTOR_H
#define RIG_DIRECTOR_DIRECTOR_H

#include <glib.h>
#include <jansson.h>

#include "kernel/kernel.h"
#include "scenario/scenario.h"
#include "util/auto.h"

/*
 * Which of the plugin's shared objects EMULATOR (a program, looked up in PATH) loads: *ret_file is
 * its path, *ret_api the version of QEMU's plugin interface that it is for. Starts the emulator
 * once for each, without a guest; some 50 ms in all. Errors: RIG_EXIT_SKIP, with the reason and the
 * next step: QEMU without plugins, of another interface, or the plugin is not built.
 */
gboolean director_probe(const char *emulator, char **ret_file, int *ret_api, GError **error);

/* Can plugins of interface API hold a vCPU inside an update (`update in function`)? */
gboolean director_can_update(int api);

/* PATH escaped for QEMU's options. The caller's. */
char *director_escape(const char *path);

/* A cycle of locks whose tasks the plugin stops until it is closed. */
struct trap_spec {
	char **classes; /* names as in lockdep's reports, NULL-terminated */
	guint max_ms;	/* the longest wait */
};

/* What the plugin records, besides holds. */
struct director_watch {
	const char *visits; /* functions to count, or NULL */
	/* or NULL; copied; an arm whose place this kernel does not have is never reached */
	const struct director_sweep *sweep;
	gboolean locks;
	const struct trap_spec *trap; /* with `locks`; or NULL */
};

/* Holds whose places have addresses. */
struct director_orders;

#define DIRECTOR_ALL "hotplug" /* all files whose functions are candidates for holds */

/* Holds that one boot tries one after the other, its arms: hold.h. */
struct director_sweep {
	GArray *arms;	  /* of struct hold_spec */
	guint turns;	  /* arms from this one on take turns */
	guint slots;	  /* so many at a time */
	guint window_ms;
};

/*
 * Reads FILE: an arm in each line, as hold_parse() reads it; `turns` before those that take turns;
 * `slots N` (4) and `window MS` (2000) anywhere. NULL: FILE is NULL, or an error: RIG_EXIT_USAGE.
 */
struct director_sweep *director_sweep_read(const char *file, GError **error);
void director_sweep_free(struct director_sweep *sweep);
RIG_DEFINE_AUTO(director_sweep, director_sweep_free)

/*
 * Finds the places of HOLDS in KERNEL: in its vmlinux where it has one with symbols, else in the
 * kallsyms of its image. The visits of WATCH are words with commas between them: DIRECTOR_ALL, a
 * file ("mm/slub.c") or a function, which means its neighbours, too. Blocks for about a second.
 * Errors: RIG_EXIT_USAGE, a place that this kernel does not have, with names that are like it;
 * RIG_EXIT_SKIP, an image whose names cannot be read.
 */
struct director_orders *director_resolve(const struct hold_spec *holds, guint n,
					 const struct director_watch *watch,
					 const struct kernel *kernel, GError **error);
void director_orders_free(struct director_orders *orders);
/*
 * Checks that QEMU with plugin interface API supports ORDERS. Errors: RIG_EXIT_SKIP, with the hold
 * and the version that it needs.
 */
gboolean director_orders_fit(const struct director_orders *orders, int api, GError **error);
RIG_DEFINE_AUTO(director_orders, director_orders_free)

/*
 * The resolved places for run.json: [{"hold": text, "at": ["ffffffff81…", …], "until": […]}]. New
 * reference.
 */
json_t *director_orders_json(const struct director_orders *orders);
/* The arms of the sweep, the last ones of all holds; 0: there is none. */
guint director_orders_arms(const struct director_orders *orders);
/* Hold I as hold_text() writes it; arms are counted from the number of holds on. Borrowed. */
const char *director_orders_hold(const struct director_orders *orders, guint i);
/* The instruction file's text; borrowed. */
const char *director_orders_text(const struct director_orders *orders);

/* A wait that has ended. */
struct director_held {
	guint hold;	     /* index */
	gboolean is_partner; /* side b of a meeting: waited at `meet` and not at `at` */
	guint cpu;
	gint64 start_ns, length_ns; /* monotonic */
	const char *outcome;	    /* "met", "expired", "released" */
	guint64 visits;
};

struct director_totals {
	guint64 reached, partner_reached, held, met, expired, released, crowded, held_ns, dropped;
};

/* Callbacks, called from the main loop. */
struct director_owner {
	void (*held)(const struct director_held *held, void *data);
	/* the turn of the arms from HOLD on begins */
	void (*turned)(guint hold, void *data);
	/* an address of HOLD is inside an instruction: it cannot be reached */
	void (*skewed)(guint hold, guint64 address, void *data);
	/* the plugin sent an invalid line; called once */
	void (*broken)(const char *line, void *data);
	/* a task was stopped between two locks; MET: until the circle was closed */
	void (*trapped)(guint cpu, gint64 start_ns, gint64 length_ns, gboolean met, void *data);
	void *data;
};

struct director;

/*
 * Writes `director` into DIR, and makes the socket. *RET_FD is QEMU's end, *RET_LOCKS the file for
 * recorded locks (-1: none are recorded); both are the caller's to pass on and close. OWNER is
 * copied. Errors: RIG_EXIT_INFRA.
 */
struct director *director_open(const struct director_orders *orders, const char *dir,
			       const struct director_owner *owner, int *ret_fd, int *ret_locks,
			       GError **error);
void director_close(struct director *director);
RIG_DEFINE_AUTO(director, director_close)

/* Never blocks. Not armed: waiting vCPUs continue immediately, and no other vCPU starts to wait. */
void director_arm(struct director *director, gboolean armed);
/* TRUE: the plugin's hello has arrived. */
gboolean director_is_there(const struct director *director);
/* Requests the totals; director_totals() returns them once the plugin has answered. */
void director_ask_totals(struct director *director);
void director_totals(const struct director *director, guint hold, struct director_totals *ret);
/*
 * The counted functions that were passed, once the plugin has answered: [{"function", "visits",
 * "beside": {function: times}, "calls": [function, …]}, …]. `beside`: how often another vCPU passed
 * that other function at about the same time. New reference; NULL if no functions are counted.
 */
json_t *director_visits(const struct director *director);
/* Asks the plugin to write the recorded locks; director_locks_path() has them once it answered. */
void director_ask_locks(struct director *director);
/* The file of recorded locks, or NULL: none was written. Borrowed. */
const char *director_locks_path(const struct director *director);
/* Reads what is left in the socket; to be called when QEMU has ended. */
void director_drain(struct director *director);

/* How long a vCPU was held during the WITHIN_NS before NOW_NS: the longest time of any vCPU. */
gint64 director_held_ns(const struct director *director, gint64 now_ns, gint64 within_ns);

#endif
