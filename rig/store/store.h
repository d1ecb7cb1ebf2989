/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run folders, the record of what happened; and verdicts. docs/results.md describes the format.
 *
 * A folder is created first, with the inputs in it, then grows: `journal` is append-only (one JSON
 * object a line, flushed as it is written), `verdict` comes last by rename. The writer of a folder
 * without a verdict whose lock (`lock`, flock) is free was killed: the run is ABORTED.
 */
#ifndef RIG_STORE_STORE_H
#define RIG_STORE_STORE_H

#include <glib.h>
#include <jansson.h>

#include "splat/splat.h"
#include "util/auto.h"
#include "util/paths.h"
#include "verdict/details.h"
#include "verdict/verdict.h"

/*
 * At most this many reports are in a verdict and in splats/; further ones of a run are not stored.
 */
#define RUN_REPORTS_MAX 100

struct run; /* a folder open for writing by its run */

/*
 * Makes RESULTS/<utc>-<scenario>-<machine>-<kernel>-s<seed>[-N]/, its sub-folders and `lock`, and
 * writes run.json from INPUTS (an object, borrowed). Two rigs never get the same folder. Errors:
 * RIG_EXIT_INFRA (disk full, read-only).
 */
struct run *run_create(const char *results, const char *scenario, const char *machine,
		       const char *kernel, guint64 seed, json_t *inputs, GError **error);
void run_free(struct run *run);
RIG_DEFINE_AUTO(run, run_free)

const char *run_dir(const struct run *run);
const char *run_name(const struct run *run); /* the folder's own name */

/*
 * Appends {"t": seconds since the run began, "what": WHAT, …FIELDS} to the journal; FIELDS as of
 * json_pack ("{s:s, s:i}") or NULL. After the first write error (disk full) nothing more is written
 * and run_write_error() says why; the engine ends the run as INFRA.
 */
void run_journal(struct run *run, const char *what, const char *fields, ...);
const char *run_write_error(const struct run *run);

/* Stores a file of the run: RELATIVE is chosen by the rig, never by a guest. */
gboolean run_keep(struct run *run, const char *relative, const char *data, gssize len,
		  GError **error);

/* run_keep() for content that WRITE prints from DATA. */
gboolean run_keep_stream(struct run *run, const char *relative, rig_writer write, const void *data,
			 GError **error);

/* splats/NN-kind.txt and .json. */
void run_keep_splat(struct run *run, const struct splat *splat);

/*
 * Writes `verdict` by rename: the object has "verdict", "reasons" (array of sentences), "reports",
 * "counts", "times"; stolen. A second call is a programming error.
 */
gboolean run_verdict(struct run *run, enum verdict verdict, json_t *details, GError **error);

/* Reading. */
struct run_info {
	char *name, *dir;
	enum verdict verdict;
	json_t *inputs;	 /* run.json, an empty object where it cannot be read */
	json_t *details; /* verdict, an empty object without one */
	char *problem;	 /* which file of the folder cannot be read and why, or NULL */
};

void run_info_free(struct run_info *info);
RIG_DEFINE_AUTO(run_info, run_info_free)

/* The run's result for its kernel. */
enum run_outcome run_outcome(const struct run_info *info);

/*
 * Opens a run. WHICH: a path, a folder's name below RESULTS, an unambiguous part of one, or "last".
 */
struct run_info *run_open(const char *results, const char *which, GError **error);
/* All, oldest first: array of struct run_info. Other folders are skipped. */
GPtrArray *run_all(const char *results, GError **error);

/*
 * Calls ENTRY for each whole line of DIR's journal that has "t" and "what", in their order; the
 * entry is borrowed. Errors (RIG_EXIT_USAGE): it cannot be read, or is larger than a rig would
 * write.
 */
typedef void (*journal_entry)(json_t *entry, void *data);
gboolean run_journal_each(const char *dir, journal_entry entry, void *data, GError **error);

/*
 * The default results folder: $RIG_RESULTS, else "results" of the checkout, else (installed)
 * ${XDG_STATE_HOME:-~/.local/state}/hotplug-rig/results.
 */
char *run_default_results(void);

/*
 * Judges the folder's console.raw again: splats/ is written anew, and `verdict` where the reports
 * differ from those it has. *ret_changed: something differed.
 */
gboolean run_recheck(const char *dir, gboolean *ret_changed, GError **error);

#endif
