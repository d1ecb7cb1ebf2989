/* SPDX-License-Identifier: GPL-2.0-only */
/* The graph's file, private to locks/. */
#ifndef RIG_LOCKS_DB_H
#define RIG_LOCKS_DB_H

#include "locks/graph.h"
#include "util/db.h"

struct lock_db {
	sqlite3 *db;
	char *results;
};

#endif
