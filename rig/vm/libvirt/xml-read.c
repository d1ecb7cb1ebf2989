// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a domain's XML: its memory devices and vCPUs, and the mark by which the rig recognises its
 * own domains.
 */
#include "vm/libvirt/xml.h"

#include "util/paths.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define XML_MAX (4 << 20)
#define ALIAS "ua-"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

char *lv_alias_of(const char *id)
{
	GString *alias = g_string_new(ALIAS);

	for (const char *c = id; *c; c++) {
		if (g_ascii_isalnum(*c) || *c == '-')
			g_string_append_c(alias, *c);
		else
			g_string_append_printf(alias, "_%02x", (guchar)*c);
	}
	return g_string_free(alias, FALSE);
}

char *lv_id_of(const char *alias)
{
	g_autoptr(GString) id = g_string_new(NULL);

	if (!g_str_has_prefix(alias, ALIAS))
		return NULL;
	for (const char *c = alias + strlen(ALIAS); *c; c++) {
		if (*c != '_') {
			g_string_append_c(id, *c);
			continue;
		}
		if (!g_ascii_isxdigit(c[1]) || !g_ascii_isxdigit(c[2]))
			return NULL;
		g_string_append_c(id, g_ascii_xdigit_value(c[1]) << 4 | g_ascii_xdigit_value(c[2]));
		c += 2;
	}
	return g_strdup(id->str);
}

static xmlDoc *parse(const char *xml)
{
	gsize len = strlen(xml);

	/*
	 * expand no entities and read nothing from the network, because the XML of another host is
	 * untrusted
	 */
	return len > XML_MAX
		       ? NULL
		       : xmlReadMemory(xml, len, "domain", NULL,
				       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

/* Returns the text that the XPath PATH selects below the context's node; "" if there is none. */
static char *value(xmlXPathContext *context, const char *path)
{
	g_autoptr(xmlXPathObject) found = xmlXPathEvalExpression(BAD_CAST path, context);
	xmlChar *text = found ? xmlXPathCastToString(found) : NULL;
	char *copy = g_strdup(text ? (const char *)text : "");

	xmlFree(text);
	return copy;
}

static guint64 integer(xmlXPathContext *context, const char *path)
{
	g_autofree char *text = value(context, path);

	return g_ascii_strtoull(text, NULL, 0);
}

/* Returns the size at PATH in bytes; in the XML of live domains, libvirt writes it in KiB. */
static guint64 bytes(xmlXPathContext *context, const char *path)
{
	return integer(context, path) << 10;
}

static void read_memory(xmlXPathContext *context, struct lv_memory *ret)
{
	g_autofree char *model = value(context, "@model"), *alias = value(context, "alias/@name");

	*ret = (struct lv_memory){
		.id = lv_id_of(alias),
		.is_virtio = g_str_equal(model, "virtio-mem"),
		.size = bytes(context, "target/size"),
		.requested = bytes(context, "target/requested"),
		.current = bytes(context, "target/current"),
		.block = bytes(context, "target/block"),
		.node = integer(context, "target/node"),
		.address = integer(context, "address/@base"),
	};
	if (!ret->address)
		ret->address = integer(context, "target/address/@base");
}

void lv_memory_clear(struct lv_memory *memory)
{
	g_clear_pointer(&memory->id, g_free);
}

/* Returns the element of the memory device ID, or NULL if there is none. */
static xmlNode *find(xmlXPathContext *context, const char *id)
{
	g_autoptr(xmlXPathObject) all =
		context ? xmlXPathEvalExpression(BAD_CAST "/domain/devices/memory", context) : NULL;
	g_autofree char *wanted = lv_alias_of(id);

	for (int i = 0; all && all->nodesetval && i < all->nodesetval->nodeNr; i++) {
		g_autofree char *alias = NULL;

		context->node = all->nodesetval->nodeTab[i];
		alias = value(context, "alias/@name");
		if (!strcmp(alias, wanted))
			return context->node;
	}
	return NULL;
}

gboolean lv_memory_find(const char *domain, const char *id, struct lv_memory *ret)
{
	g_autoptr(xmlDoc) doc = parse(domain);
	g_autoptr(xmlXPathContext) context = doc ? xmlXPathNewContext(doc) : NULL;

	if (!find(context, id))
		return FALSE;
	read_memory(context, ret);
	return TRUE;
}

char *lv_memory_resized(const char *domain, const char *id, guint64 requested)
{
	g_autoptr(xmlDoc) doc = parse(domain);
	g_autoptr(xmlXPathContext) context = doc ? xmlXPathNewContext(doc) : NULL;
	xmlNode *memory = find(context, id);
	g_autoptr(xmlXPathObject) sizes =
		memory ? xmlXPathEvalExpression(BAD_CAST "target/requested", context) : NULL;
	g_autofree char *kib = g_strdup_printf("%" G_GUINT64_FORMAT, requested >> 10);
	xmlBuffer *buffer;
	char *text;

	if (!sizes || !sizes->nodesetval || !sizes->nodesetval->nodeNr)
		return NULL;
	xmlNodeSetContent(sizes->nodesetval->nodeTab[0], BAD_CAST kib);
	buffer = xmlBufferCreate();
	xmlNodeDump(buffer, doc, memory, 0, 0);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

gboolean lv_vcpu_is_on(const char *domain, unsigned vcpu)
{
	g_autoptr(xmlDoc) doc = parse(domain);
	g_autoptr(xmlXPathContext) context = doc ? xmlXPathNewContext(doc) : NULL;
	g_autofree char *path = g_strdup_printf("/domain/vcpus/vcpu[@id='%u']/@enabled", vcpu),
			*enabled = NULL;

	if (!context)
		return FALSE;
	enabled = value(context, path);
	return g_str_equal(enabled, "yes");
}

gint64 lv_volume_written(const char *xml)
{
	g_autoptr(xmlDoc) doc = parse(xml);
	g_autoptr(xmlXPathContext) context = doc ? xmlXPathNewContext(doc) : NULL;

	return context ? (gint64)integer(context, "/volume/target/timestamps/mtime") : 0;
}

char *lv_pool_path(const char *xml)
{
	g_autoptr(xmlDoc) doc = parse(xml);
	g_autoptr(xmlXPathContext) context = doc ? xmlXPathNewContext(doc) : NULL;
	g_autofree char *path = context ? value(context, "/pool/target/path") : NULL;

	return path && *path == '/' ? g_steal_pointer(&path) : NULL;
}

/* ---- the rig's mark on a domain ---- */

/*
 * Returns the start time of a process in clock ticks since boot, or 0 if there is no such process.
 * It is field 22 of /proc/PID/stat (proc(5)), the 20th after the name.
 */
static gint64 start_of(gint64 pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/stat", pid),
			*stat = NULL;
	g_auto(GStrv) fields = NULL;
	const char *after;

	if (!rig_read_file(path, 4096, &stat, NULL, NULL) || !(after = strrchr(stat, ')')))
		return 0;
	fields = g_strsplit(after + 1, " ", 22);
	return g_strv_length(fields) > 20 ? g_ascii_strtoll(fields[20], NULL, 10) : 0;
}

struct lv_mark lv_mark_here(void)
{
	return (struct lv_mark){g_strdup(g_get_host_name()), getpid(), start_of(getpid())};
}

void lv_mark_clear(struct lv_mark *mark)
{
	g_clear_pointer(&mark->host, g_free);
}

gboolean lv_mark_lives(const struct lv_mark *mark)
{
	return mark->start && start_of(mark->pid) == mark->start;
}

gboolean lv_mark_read(const char *xml, struct lv_mark *ret)
{
	g_autoptr(xmlDoc) doc = parse(xml);
	g_autoptr(xmlXPathContext) context = doc ? xmlXPathNewContext(doc) : NULL;
	g_autofree char *host = NULL;

	if (!context)
		return FALSE;
	xmlXPathRegisterNs(context, BAD_CAST "rig", BAD_CAST LV_MARK_URI);
	host = value(context, "/domain/metadata/rig:run/@host");
	if (!*host)
		return FALSE;
	*ret = (struct lv_mark){
		.host = g_steal_pointer(&host),
		.pid = integer(context, "/domain/metadata/rig:run/@pid"),
		.start = integer(context, "/domain/metadata/rig:run/@start"),
	};
	return TRUE;
}
