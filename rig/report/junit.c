// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes JUnit XML. There is no standard schema; the output conforms to what Ant's and Jenkins'
 * schemas have in common (tests/data/report/junit.xsd). Each scenario is a test suite,
 * each run a test case.
 */
#include "report/internal.h"

#include <libxml/xmlwriter.h>

#include "util/error.h"

/*
 * The XML element of each verdict. FAIL and HANG are failures; verdicts without a result for the
 * kernel are errors.
 */
static const char *const elements[N_VERDICTS] = {
	[VERDICT_FAIL] = "failure", [VERDICT_HANG] = "failure",	 [VERDICT_LOST] = "error",
	[VERDICT_INFRA] = "error",  [VERDICT_ABORTED] = "error", [VERDICT_SKIP] = "skipped",
	[VERDICT_KNOWN] = "skipped", [VERDICT_RUNNING] = "skipped",
};

/* The writer. The first error sets `failed`, so that one check at the end is sufficient. */
struct xml {
	xmlTextWriter *writer;
	gboolean failed;
};

static void start(struct xml *xml, const char *element)
{
	xml->failed |= xmlTextWriterStartElement(xml->writer, BAD_CAST element) < 0;
}

static void end(struct xml *xml)
{
	xml->failed |= xmlTextWriterEndElement(xml->writer) < 0;
}

static void text(struct xml *xml, const char *words)
{
	xml->failed |= xmlTextWriterWriteString(xml->writer, BAD_CAST words) < 0;
}

static void attribute(struct xml *xml, const char *name, const char *value)
{
	xml->failed |= xmlTextWriterWriteAttribute(xml->writer, BAD_CAST name, BAD_CAST value) < 0;
}

static void number(struct xml *xml, const char *name, guint value)
{
	g_autofree char *digits = g_strdup_printf("%u", value);

	attribute(xml, name, digits);
}

static void seconds(struct xml *xml, double value)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	attribute(xml, "time", g_ascii_formatd(digits, sizeof(digits), "%.3f", MAX(value, 0)));
}

static void property(struct xml *xml, const char *name, const char *value)
{
	start(xml, "property");
	attribute(xml, "name", name);
	attribute(xml, "value", value);
	end(xml);
}

static void put_run(struct xml *xml, const struct run_view *run)
{
	g_autofree char *class =
		g_strdup_printf("%s.%s.%s", run->scenario, run->machine, run->kernel);
	const char *element = elements[run->as];

	start(xml, "testcase");
	attribute(xml, "name", run->name);
	attribute(xml, "classname", class);
	seconds(xml, run->total_s);
	if (element) {
		g_autofree char *reason = run_reason(run), *findings = run_findings(run);

		start(xml, element);
		attribute(xml, "message", reason);
		if (g_strcmp0(element, "skipped"))
			attribute(xml, "type", run->word);
		text(xml, findings);
		end(xml);
	}
	end(xml);
}

struct sums {
	guint tests, failures, errors, skipped;
	double seconds;
	gint64 when;
};

static struct sums sums_of(const struct model *model, const char *scenario)
{
	struct sums sums = {0};

	for (guint i = 0; i < model->runs->len; i++) {
		const struct run_view *run = model->runs->pdata[i];
		const char *element = elements[run->as];

		if (!run->now || g_strcmp0(run->scenario, scenario))
			continue;
		sums.tests++;
		sums.failures += !g_strcmp0(element, "failure");
		sums.errors += !g_strcmp0(element, "error");
		sums.skipped += !g_strcmp0(element, "skipped");
		sums.seconds += MAX(run->total_s, 0);
		sums.when = sums.when ? MIN(sums.when, run->when) : run->when;
	}
	return sums;
}

static void put_suite(struct xml *xml, const struct model *model, guint id, const char *scenario,
		      const struct sums *sums)
{
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(sums->when);
	g_autofree char *stamp = when ? g_date_time_format(when, "%Y-%m-%dT%H:%M:%S")
				      : g_strdup("1970-01-01T00:00:00");

	start(xml, "testsuite");
	number(xml, "id", id);
	attribute(xml, "name", scenario);
	attribute(xml, "package", "hotplug-rig");
	attribute(xml, "hostname", "localhost");
	attribute(xml, "timestamp", stamp);
	number(xml, "tests", sums->tests);
	number(xml, "failures", sums->failures);
	number(xml, "errors", sums->errors);
	number(xml, "skipped", sums->skipped);
	seconds(xml, sums->seconds);
	start(xml, "properties");
	property(xml, "night", model->label);
	end(xml);
	for (guint i = 0; i < model->runs->len; i++) {
		const struct run_view *run = model->runs->pdata[i];

		if (run->now && !g_strcmp0(run->scenario, scenario))
			put_run(xml, run);
	}
	start(xml, "system-out");
	end(xml);
	start(xml, "system-err");
	end(xml);
	end(xml);
}

static void put_document(struct xml *xml, const struct model *model)
{
	guint id = 0;

	xmlTextWriterSetIndent(xml->writer, 1);
	xmlTextWriterSetIndentString(xml->writer, BAD_CAST "  ");
	xml->failed |= xmlTextWriterStartDocument(xml->writer, NULL, "UTF-8", NULL) < 0;
	start(xml, "testsuites");
	for (guint i = 0; i < model->scenarios->len; i++) {
		struct sums sums = sums_of(model, model->scenarios->pdata[i]);

		if (sums.tests)
			put_suite(xml, model, id++, model->scenarios->pdata[i], &sums);
	}
	end(xml);
	xml->failed |= xmlTextWriterEndDocument(xml->writer) < 0;
}

char *write_junit(const struct model *model, GError **error)
{
	xmlBuffer *buffer = xmlBufferCreate();
	struct xml xml = {buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL, FALSE};
	char *document = NULL;

	if (xml.writer) {
		put_document(&xml, model);
		xmlFreeTextWriter(xml.writer); /* this flushes the buffer */
	}
	if (xml.writer && !xml.failed)
		document = g_strdup((const char *)xmlBufferContent(buffer));
	else
		rig_fail(error, RIG_EXIT_INFRA, "libxml2 could not write the JUnit document");
	if (buffer)
		xmlBufferFree(buffer);
	return document;
}
