// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsers of Slurm's records. They accept the JSON of squeue from Slurm 22.05 (plugin
 * openapi/v0.0.38), and from 23.11 and later, where numbers are {"set": …, "number": …} and states
 * are arrays.
 */
#include "slurm/queue.h"

#include <jansson.h>
#include <string.h>

#define JOB_MAX (1u << 20) /* maximum size of the text of a job in bytes; larger ones are skipped */
#define KEY_MAX 32

/* ---- Slurm's names of states ---- */

/* Words with which states begin: sacct prints "CANCELLED by 1000". */
static const struct {
	const char *word;
	enum job_state state;
} states[] = {
	{"PENDING", JOB_WAITING},      {"REQUEUE", JOB_WAITING},
	{"SPECIAL_EXIT", JOB_WAITING}, {"RUNNING", JOB_RUNNING},
	{"CONFIGURING", JOB_RUNNING},  {"COMPLETING", JOB_RUNNING},
	{"SUSPENDED", JOB_RUNNING},    {"STOPPED", JOB_RUNNING},
	{"SIGNALING", JOB_RUNNING},    {"STAGE_OUT", JOB_RUNNING},
	{"RESIZING", JOB_RUNNING},     {"COMPLETED", JOB_COMPLETED},
	{"FAILED", JOB_FAILED},	       {"LAUNCH_FAILED", JOB_FAILED},
	{"BOOT_FAIL", JOB_NODE_FAIL},  {"TIMEOUT", JOB_TIMEOUT},
	{"DEADLINE", JOB_TIMEOUT},     {"CANCELLED", JOB_CANCELLED},
	{"REVOKED", JOB_CANCELLED},    {"NODE_FAIL", JOB_NODE_FAIL},
	{"PREEMPTED", JOB_PREEMPTED},  {"OUT_OF_MEMORY", JOB_OUT_OF_MEMORY},
};

gboolean job_state_parse(const char *text, enum job_state *ret)
{
	for (guint i = 0; text && i < G_N_ELEMENTS(states); i++)
		if (g_str_has_prefix(text, states[i].word)) {
			*ret = states[i].state;
			return TRUE;
		}
	return FALSE;
}

gboolean job_state_is_end(enum job_state state)
{
	return state != JOB_WAITING && state != JOB_RUNNING;
}

/* ---- numbers of tasks ---- */

void queue_tasks(const char *tasks, void (*each)(guint task, void *data), void *data)
{
	while (g_ascii_isdigit(*tasks)) {
		char *end;
		guint64 first = g_ascii_strtoull(tasks, &end, 10), last = first;

		if (*end == '-')
			last = g_ascii_strtoull(end + 1, &end, 10);
		for (guint64 i = first; i <= MIN(last, first + G_MAXUINT16 * 64); i++)
			each(i, data);
		tasks = *end == ',' ? end + 1 : "";
	}
}

/* ---- parsing the output of squeue ---- */

struct queue_reader {
	char *name;
	queue_seen seen;
	void *data;
	GString *job; /* the text of the job or error that is being read */
	GString *key; /* the last string at the top level: "jobs", "errors", or another */
	char *error;  /* the description of the first error, or NULL */
	int depth;    /* nesting depth of braces and brackets */
	gboolean in_job, in_string, escaped, whole;
};

struct queue_reader *queue_reader_new(const char *name, queue_seen seen, void *data)
{
	struct queue_reader *reader = g_new0(struct queue_reader, 1);

	reader->name = g_strdup_printf("\"%s", name);
	reader->seen = seen;
	reader->data = data;
	reader->job = g_string_new(NULL);
	reader->key = g_string_new(NULL);
	return reader;
}

/* Returns the number KEY of JOB (borrowed), or NULL if it is not set. */
static json_t *number_of(json_t *job, const char *key)
{
	json_t *value = json_object_get(job, key);

	if (json_is_object(value))
		value = json_is_true(json_object_get(value, "set"))
				? json_object_get(value, "number")
				: NULL;
	return json_is_integer(value) ? value : NULL;
}

static const char *text_of(json_t *job, const char *key)
{
	json_t *value = json_object_get(job, key);
	const char *text =
		json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);

	return text ? text : "";
}

static int exit_code_of(json_t *job)
{
	json_t *value = json_object_get(job, "exit_code");
	gint64 signal = json_integer_value(number_of(json_object_get(value, "signal"), "id")),
	       code = json_integer_value(value);

	if (json_is_object(value))
		return signal ? -signal : json_integer_value(number_of(value, "return_code"));
	/* Slurm 22.05 prints the status of wait(2) */
	return code & 0x7f ? -(code & 0x7f) : (code >> 8) & 0xff;
}

static void read_job(struct queue_reader *reader)
{
	json_t *job = json_loadb(reader->job->str, reader->job->len, 0, NULL);
	json_t *task = number_of(job, "array_task_id");
	g_autofree char *one = task ? g_strdup_printf("%u", (guint)json_integer_value(task)) : NULL;
	struct queue_record record = {
		.name = text_of(job, "name"),
		.job = json_integer_value(number_of(job, "array_job_id")),
		.id = json_integer_value(number_of(job, "job_id")),
		.tasks = one ? one : text_of(job, "array_task_string"),
		.restarts = json_integer_value(number_of(job, "restart_cnt")),
		.node = text_of(job, "nodes"),
		.reason = text_of(job, "state_reason"),
	};

	if (g_str_has_prefix(record.name, reader->name + 1) && record.job && *record.tasks &&
	    job_state_parse(text_of(job, "job_state"), &record.state)) {
		record.exit_code = exit_code_of(job);
		reader->seen(&record, reader->data);
	}
	json_decref(job);
}

static void read_error(struct queue_reader *reader)
{
	json_t *error = json_loadb(reader->job->str, reader->job->len, 0, NULL);
	const char *what = text_of(error, "description");

	if (!reader->error)
		reader->error = g_strdup(*what ? what : "squeue reports an error");
	json_decref(error);
}

static void end_job(struct queue_reader *reader)
{
	reader->in_job = FALSE;
	if (!strcmp(reader->key->str, "errors"))
		read_error(reader);
	else if (reader->job->len < JOB_MAX && strstr(reader->job->str, reader->name))
		read_job(reader);
	g_string_truncate(reader->job, 0);
}

/* Handles one byte outside of strings. */
static void structure(struct queue_reader *reader, char c)
{
	if (c == '"') {
		reader->in_string = TRUE;
		if (reader->depth == 1)
			g_string_truncate(reader->key, 0);
	}
	if (c == '{' && reader->depth == 2 && !reader->in_job) {
		reader->in_job = TRUE;
		g_string_append_c(reader->job, c);
	}
	if (c == '{' || c == '[')
		reader->depth++;
	if (c != '}' && c != ']')
		return;
	reader->depth--;
	if (reader->depth == 2 && reader->in_job)
		end_job(reader);
	if (!reader->depth)
		reader->whole = TRUE;
}

void queue_reader_feed(struct queue_reader *reader, const char *bytes, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		char c = bytes[i];

		if (reader->in_job && reader->job->len < JOB_MAX)
			g_string_append_c(reader->job, c);
		if (reader->escaped)
			reader->escaped = FALSE;
		else if (reader->in_string && c == '\\')
			reader->escaped = TRUE;
		else if (reader->in_string && c == '"')
			reader->in_string = FALSE;
		else if (!reader->in_string)
			structure(reader, c);
		else if (reader->depth == 1 && reader->key->len < KEY_MAX)
			g_string_append_c(reader->key, c);
	}
}

gboolean queue_reader_is_whole(const struct queue_reader *reader)
{
	return reader->whole;
}

const char *queue_reader_error(const struct queue_reader *reader)
{
	return reader->error;
}

void queue_reader_free(struct queue_reader *reader)
{
	if (!reader)
		return;
	g_string_free(reader->job, TRUE);
	g_string_free(reader->key, TRUE);
	g_free(reader->error);
	g_free(reader->name);
	g_free(reader);
}

/* ---- the job completion log, and sacct ---- */

/* Returns the exit code in TEXT, "CODE:SIGNAL", or -SIGNAL if a signal ended the task. */
static int code_of(const char *text)
{
	char *end;
	int code = g_ascii_strtoll(text, &end, 10);
	int signal = *end == ':' ? g_ascii_strtoll(end + 1, NULL, 10) : 0;

	return signal ? -signal : code;
}

gboolean queue_read_log(char *line, struct queue_record *ret)
{
	struct queue_record record = {.name = "", .tasks = "", .node = "", .reason = ""};
	gboolean known = FALSE;

	for (char *rest = line, *word; (word = strsep(&rest, " ")) != NULL;) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(word, "Name"))
			record.name = value;
		else if (!strcmp(word, "JobState"))
			known = job_state_parse(value, &record.state);
		else if (!strcmp(word, "NodeList"))
			record.node = strcmp(value, "(null)") ? value : "";
		else if (!strcmp(word, "ArrayJobId"))
			record.job = g_ascii_strtoull(value, NULL, 10);
		else if (!strcmp(word, "ArrayTaskId"))
			record.tasks = value;
		else if (!strcmp(word, "ExitCode"))
			record.exit_code = code_of(value);
	}
	*ret = record;
	return known && record.job && *record.tasks;
}

gboolean queue_read_sacct(char *line, struct queue_record *ret)
{
	char *rest = line, *id = strsep(&rest, "|"), *name = strsep(&rest, "|"),
	     *state = strsep(&rest, "|"), *code = strsep(&rest, "|"), *node = rest, *task;
	struct queue_record record = {.reason = ""};

	task = id ? strchr(id, '_') : NULL;
	if (!node || !task || !job_state_parse(state, &record.state))
		return FALSE;
	record.job = g_ascii_strtoull(id, NULL, 10);
	record.name = name;
	record.tasks = task + 1;
	record.exit_code = code_of(code);
	record.node = strcmp(node, "None assigned") ? node : "";
	*ret = record;
	/* waiting tasks have "7_[0-9]": skip those */
	return record.job && g_ascii_isdigit(*record.tasks);
}
