/* SPDX-License-Identifier: GPL-2.0-only */
/* What this QEMU can, from its own description: probe features, never versions. */
#ifndef RIG_QMP_SCHEMA_H
#define RIG_QMP_SCHEMA_H

#include <glib.h>
#include <jansson.h>

/*
 * The answer of query-qmp-schema as a set of strings: "command:NAME", "event:NAME",
 * "arg:COMMAND.NAME". Entries that are not as the QAPI documents (SchemaInfo) are passed over.
 */
GHashTable *qmp_schema_parse(json_t *schema);

#endif
