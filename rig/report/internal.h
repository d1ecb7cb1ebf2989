/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of report/. */
#ifndef RIG_REPORT_INTERNAL_H
#define RIG_REPORT_INTERNAL_H

#include "report/model.h"

/*
 * Returns the result of all runs as a phrase, for example "worse than before". Sets *ret_kind to
 * the name of its badge, a CSS class.
 */
const char *model_state(const struct model *model, const char **ret_kind);

/* Sets model->changes. All other members must be set (change.c). */
void model_find_changes(struct model *model);
/*
 * Returns the run that is shown as an example of RUNS: the newest run of NOW (model.h) that did not
 * end as expected, or else the newest run of NOW, or NULL if RUNS has no run of NOW.
 */
const struct run_view *model_witness(const GPtrArray *runs);

/*
 * Returns the view of a run. INFO must stay valid longer than the result. The caller sets the
 * member `cell`.
 */
struct run_view *run_view_new(const struct run_info *info);
void run_view_free(gpointer run);

/*
 * Returns a file name made of WORDS, to be readable, and of a hash of KEY, to be unique. The caller
 * owns it.
 */
char *model_slug_of(const char *words, const char *key);
/*
 * Returns NAME if it can be used as a file name and link; otherwise a name made from it. The caller
 * owns it.
 */
char *model_slug(const char *name);

/*
 * Returns WHEN as text in UTC: "2026-11-21", or "2026-11-21 06:54"; "?" for 0. The caller owns it.
 */
char *model_day(gint64 when);
char *model_minute(gint64 when);

/* Functions that write an output format, for the table in report.c. */
char *write_text(const struct model *model, GError **error);
char *write_json(const struct model *model, GError **error);
char *write_junit(const struct model *model, GError **error);
char *write_ktap(const struct model *model, GError **error);
char *write_kcidb(const struct model *model, GError **error);

/*
 * Returns JSON as text that the caller owns: indented, ASCII, keys in order. The reference is
 * stolen.
 */
char *json_document(json_t *json);

/* Maximum size of a run's findings in one output, in bytes: KCIDB's limit for a log excerpt. */
#define FINDINGS_MAX 16000
/* Returns the reasons of a run, followed by the lines of its reports. The caller owns the text. */
char *run_findings(const struct run_view *run);
/* Returns the reason for a run's verdict, in one line. The caller owns it. */
char *run_reason(const struct run_view *run);

#endif
