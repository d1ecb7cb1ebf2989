/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of report/ share. */
#ifndef RIG_REPORT_INTERNAL_H
#define RIG_REPORT_INTERNAL_H

#include "report/model.h"

/*
 * The result of all runs in one phrase, for example "worse than before"; *ret_kind is the name
 * of a badge for it.
 */
const char *model_state(const struct model *model, const char **ret_kind);

/* change.c: fills model->changes from everything else. */
void model_find_changes(struct model *model);
/* The newest bad run of NOW (model.h), else the newest run of NOW, else NULL. */
const struct run_view *model_witness(const GPtrArray *runs);

/* run-view.c: INFO outlives it; its cell is the caller's to set. */
struct run_view *run_view_new(const struct run_info *info);
void run_view_free(gpointer run);

/* A readable file name, made of WORDS, and different for each KEY. The caller's. */
char *model_slug_of(const char *words, const char *key);
/* NAME itself, where that can be a file name and a link as it is. The caller's. */
char *model_slug(const char *name);

/* WHEN as text, in UTC: "2026-11-21", or "2026-11-21 06:54"; "?" for 0. The caller's. */
char *model_day(gint64 when);
char *model_minute(gint64 when);

/* The functions in report.c's table of outputs. */
char *write_text(const struct model *model, GError **error);
char *write_json(const struct model *model, GError **error);
char *write_junit(const struct model *model, GError **error);
char *write_ktap(const struct model *model, GError **error);
char *write_kcidb(const struct model *model, GError **error);

/* Writes JSON as a document: indented, ASCII, keys in their order. Takes ownership of JSON. */
char *json_document(json_t *json);

/* Maximum size of a run's findings in one output, in bytes: KCIDB's limit for a log excerpt. */
#define FINDINGS_MAX 16000
/* Reasons, then the reports' lines: many lines. The caller's. */
char *run_findings(const struct run_view *run);
/* Why its verdict is what it is, in one line. The caller's. */
char *run_reason(const struct run_view *run);

#endif
