/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies the files of a scenario. */
#ifndef RIG_SCENARIO_KEEP_H
#define RIG_SCENARIO_KEEP_H

#include "scenario/scenario.h"

/*
 * Copies the scenario's files, modules and contents of NVDIMMs to FOLDER/files, where a scenario
 * file in FOLDER finds them. Files that are there are not replaced. Blocks. Error: RIG_EXIT_INFRA.
 */
gboolean scenario_keep_files(const struct scenario *scenario, const char *folder, GError **error);

#endif
