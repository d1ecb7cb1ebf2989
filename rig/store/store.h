/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Creates, writes and reads run folders, which record what happened in a run. rig-json(5) describes
 * the files.
 *
 * A folder first contains only the inputs. During the run, lines are appended to `journal` (one
 * JSON object per line, written immediately). At the end, `verdict` appears by rename. If a folder
 * has no verdict and its lock (the file `lock`, flock) is not held, the run's process was killed,
 * so the run is ABORTED.
 */
#ifndef RIG_STORE_STORE_H
#define RIG_STORE_STORE_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"
#include "util/auto.h"
#include "util/paths.h"
#include "util/sparse.h"
#include "verdict/details.h"
#include "verdict/verdict.h"

/* Maximum number of reports in a verdict and in splats/; further ones are not stored. */
#define RUN_REPORTS_MAX 100

struct run; /* the folder of a run in progress, which this process writes */

/*
 * Creates RESULTS/<utc>-<scenario>-<machine>-<kernel>-s<seed>[-N]/ with its subfolders and `lock`,
 * and writes run.json from INPUTS (an object, borrowed). Two processes never get the same folder.
 * Errors: RIG_EXIT_INFRA (disk full, read-only).
 */
struct run *run_create(const char *results, const char *scenario, const char *machine,
		       const char *kernel, guint64 seed, json_t *inputs, GError **error);
void run_free(struct run *run);
RIG_DEFINE_AUTO(run, run_free)

const char *run_dir(const struct run *run);
const char *run_name(const struct run *run); /* returns the name of the folder */

/*
 * Appends {"t": seconds since the run began, "what": WHAT, …FIELDS} to the journal; FIELDS is a
 * format of json_pack ("{s:s, s:i}"), or NULL. After the first write error (disk full), nothing
 * more is written and run_write_error() returns the error; the engine then ends the run as INFRA.
 * If the journal has its maximum size, further entries are dropped.
 */
void run_journal(struct run *run, const char *what, const char *fields, ...);
const char *run_write_error(const struct run *run);

/* Writes a file of the run. RELATIVE must be chosen by the rig, never by a guest. */
gboolean run_keep(struct run *run, const char *relative, const char *data, gssize len,
		  GError **error);

/*
 * Writes a file of the run with the content that WRITE prints from DATA. RELATIVE must be chosen by
 * the rig, never by a guest.
 */
gboolean run_keep_stream(struct run *run, const char *relative, rig_writer write, const void *data,
			 GError **error);

/*
 * Copies the file FROM, which has SIZE bytes and may consist mostly of zeros, to the new file
 * RELATIVE of the run; RELATIVE must be chosen by the rig. Blocks; STOP is that of sparse_copy().
 * Errors: those of sparse_copy().
 */
gboolean run_keep_image(struct run *run, const char *relative, const char *from, guint64 size,
			const struct sparse_stop *stop, GError **error);

/* Writes splats/NN-kind.txt and .json. */
void run_keep_splat(struct run *run, const struct splat *splat);

/*
 * Writes `verdict` by rename. DETAILS has "reasons" (array of sentences), "reports", "counts" and
 * "times"; VERDICT is added as "verdict". DETAILS is stolen. Must be called only once.
 */
gboolean run_verdict(struct run *run, enum verdict verdict, json_t *details, GError **error);

/* A run that was read from its folder. */
struct run_info {
	char *name, *dir; /* name and path of the run folder */
	enum verdict verdict;
	json_t *inputs;	 /* content of run.json; an empty object if it cannot be read */
	json_t *details; /* content of `verdict`; an empty object if there is none */
	char *problem;	 /* a message about a file of the folder that cannot be read, or NULL */
};

void run_info_free(struct run_info *info);
RIG_DEFINE_AUTO(run_info, run_info_free)

/* Returns whether the run ended as its scenario expects (verdict/details.h). */
enum run_outcome run_outcome(const struct run_info *info);

/*
 * Opens the run WHICH: a path, the name of a folder in RESULTS, a unique part of such a name, or
 * "last". Error: RIG_EXIT_USAGE, there is no such run, or more than one.
 */
struct run_info *run_open(const char *results, const char *which, GError **error);
/*
 * Returns all runs, oldest first: array of struct run_info. Folders that are not runs are skipped.
 */
GPtrArray *run_all(const char *results, GError **error);

/*
 * Calls ENTRY for each complete line of DIR's journal that has "t" and "what", in order; the JSON
 * is borrowed. Error: RIG_EXIT_USAGE, the journal cannot be read, or is larger than any that the
 * rig writes.
 */
typedef void (*journal_entry)(json_t *entry, void *data);
gboolean run_journal_each(const char *dir, journal_entry entry, void *data, GError **error);

/*
 * Returns the default results folder: $RIG_RESULTS if set; otherwise "results" of the checkout; for
 * an installed rig ${XDG_STATE_HOME:-~/.local/state}/hotplug-rig/results.
 */
char *run_default_results(void);

/*
 * Judges the run in DIR again from console.raw: writes splats/ again, and also `verdict` if its
 * reports have changed. Sets *ret_changed to whether a file has changed.
 */
gboolean run_recheck(const char *dir, gboolean *ret_changed, GError **error);

#endif
