/* SPDX-License-Identifier: GPL-2.0-only */
/* The features of this QEMU, from its schema. Features are tested, never version numbers. */
#ifndef RIG_QMP_SCHEMA_H
#define RIG_QMP_SCHEMA_H

#include <glib.h>
#include <jansson.h>

/*
 * Returns the result of query-qmp-schema as a set of strings: "command:NAME", "event:NAME",
 * "arg:COMMAND.NAME". Entries that QAPI (SchemaInfo) does not define are skipped.
 */
GHashTable *qmp_schema_parse(json_t *schema);

#endif
