/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON as text, several times as fast as json_dumps(): reports have long texts. */
#ifndef RIG_UTIL_JSON_WRITE_H
#define RIG_UTIL_JSON_WRITE_H

#include <glib.h>
#include <jansson.h>

/* Appends VALUE to OUT as json_dumps(value, JSON_INDENT(2)) writes it; objects keep their order. */
void json_write(GString *out, const json_t *value);

#endif
