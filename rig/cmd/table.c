// SPDX-License-Identifier: GPL-2.0-only
/* Prints tables. */
#include "cmd/table.h"

#include <stdio.h>

#include "util/term.h"

struct cmd_table cmd_table_new(const char *const *heads)
{
	return (struct cmd_table){heads, g_ptr_array_new_with_free_func(g_free), g_ptr_array_new()};
}

void cmd_table_add(struct cmd_table *table, char *text, const char *colour)
{
	g_ptr_array_add(table->cells, text);
	g_ptr_array_add(table->colours, (gpointer)colour);
}

/* Prints TEXT in WIDTH columns; in the last column, WIDTH is 0. */
static void print_cell(const char *text, const char *colour, int width)
{
	int pad = width - (int)g_utf8_strlen(text, -1);

	printf("%s%s%s", colour, text, *colour ? term_colour(TERM_PLAIN) : "");
	if (width)
		printf("%*s", MAX(pad, 0) + 2, "");
	else
		putchar('\n');
}

void cmd_table_clear(struct cmd_table *table)
{
	g_ptr_array_unref(table->cells);
	g_ptr_array_unref(table->colours);
}

void cmd_table_print(struct cmd_table *table)
{
	guint n = g_strv_length((char **)table->heads);
	int width[TABLE_COLUMNS_MAX] = {0};

	for (guint c = 0; c + 1 < n; c++)
		width[c] = (int)g_utf8_strlen(table->heads[c], -1);
	for (guint i = 0; i < table->cells->len; i++)
		if ((i + 1) % n)
			width[i % n] = MAX(width[i % n],
					   (int)g_utf8_strlen(table->cells->pdata[i], -1));
	for (guint c = 0; c < n; c++)
		print_cell(table->heads[c], term_colour(TERM_DIM), width[c]);
	for (guint i = 0; i < table->cells->len; i++)
		print_cell(table->cells->pdata[i], table->colours->pdata[i], width[i % n]);
	cmd_table_clear(table);
}
