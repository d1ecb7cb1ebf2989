/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints a table: a header line and rows, whose columns are as wide as their longest text. */
#ifndef RIG_CMD_TABLE_H
#define RIG_CMD_TABLE_H

#include <glib.h>

#define TABLE_COLUMNS_MAX 8

struct cmd_table {
	const char *const *heads; /* the header line; NULL-terminated, at most TABLE_COLUMNS_MAX */
	/*
	 * `cells`: the texts of all rows, row by row, owned; `colours`: an escape sequence or ""
	 * for each of them, borrowed
	 */
	GPtrArray *cells, *colours;
};

struct cmd_table cmd_table_new(const char *const *heads);
/* Adds the next cell, from left to right, and takes TEXT. COLOUR: see util/term.h, or "". */
void cmd_table_add(struct cmd_table *table, char *text, const char *colour);
/* Prints TABLE, whose rows must be complete, and frees its cells. */
void cmd_table_print(struct cmd_table *table);
/* Frees the cells of a table that is not printed. */
void cmd_table_clear(struct cmd_table *table);

#endif
