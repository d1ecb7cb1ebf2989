// SPDX-License-Identifier: GPL-2.0-only
/*
 * Converts payloads to structs. docs/guest-protocol.md has the formats. A line with an unknown key
 * or number of words is skipped, so that a newer guest can add lines.
 */
#include "guest/internal.h"
#include "guest/lines.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 2000 /* maximum number of items of a list in a payload other than TASKS */
#define TASKS_MAX 20000
#define FRAMES_MAX 64

static void replace(char **where, const char *text)
{
	g_free(*where);
	*where = line_word(text);
}

static void result_free(gpointer data)
{
	struct guest_result *result = data;

	g_free(result->op);
	g_free(result->error);
	g_free(result);
}

static void add_result(GPtrArray *results, const char *op, const char *error, const char *count,
		       gboolean illegal)
{
	struct guest_result *result;

	if (results->len >= ITEMS_MAX)
		return;
	result = g_new0(struct guest_result, 1);
	*result = (struct guest_result){op ? line_word(op) : NULL, line_word(error),
					line_number(count), illegal};
	g_ptr_array_add(results, result);
}

/* ---- the frame HELLO ---- */

static void offer_free(gpointer data)
{
	struct guest_offer *offer = data;

	g_free(offer->agent);
	g_free(offer->lacks);
	g_free(offer);
}

static void hello_line(const struct line *line, void *data)
{
	struct guest_hello *hello = data;

	if (line_is(line, "release", 2)) {
		replace(&hello->release, line->w[1]);
	} else if (line_is(line, "arch", 2)) {
		replace(&hello->arch, line->w[1]);
	} else if (line_is(line, "block-size", 2)) {
		hello->block_size = MIN(line_number(line->w[1]), G_MAXINT64);
	} else if (line_is(line, "uptime-ms", 2)) {
		hello->uptime_s = line_number(line->w[1]) / 1000.0;
	} else if (line_is(line, "has", 2) && hello->has->len < ITEMS_MAX) {
		g_ptr_array_add(hello->has, line_word(line->w[1]));
	} else if (line_is(line, "agent", 3) && hello->offers->len < ITEMS_MAX) {
		struct guest_offer *offer = g_new0(struct guest_offer, 1);

		offer->agent = line_word(line->w[1]);
		offer->lacks = !strcmp(line->w[2], "ok") ? NULL : line_word(line->w[2]);
		g_ptr_array_add(hello->offers, offer);
	}
}

struct guest_hello *guest_hello_parse(const char *text)
{
	struct guest_hello *hello = g_new0(struct guest_hello, 1);

	hello->has = g_ptr_array_new_with_free_func(g_free);
	hello->offers = g_ptr_array_new_with_free_func(offer_free);
	lines_each(text, 3, hello_line, hello);
	return hello;
}

void guest_hello_free(struct guest_hello *hello)
{
	if (!hello)
		return;
	g_free(hello->release);
	g_free(hello->arch);
	g_ptr_array_unref(hello->has);
	g_ptr_array_unref(hello->offers);
	g_free(hello);
}

/* ---- the frame HEARTBEAT: "agent ID NAME ops N failed N busy-ms N now OP", "agent-pid ID PID" */

static void heartbeat_line(const struct line *line, void *data)
{
	struct guest_heartbeat *heartbeat = data;

	if (line_is(line, "uptime-ms", 2)) {
		heartbeat->uptime_s = line_number(line->w[1]) / 1000.0;
	} else if (line_is(line, "agent", 11) && heartbeat->agents->len < ITEMS_MAX) {
		struct guest_agent agent = {
			.id = line_number(line->w[1]),
			.ops = line_number(line->w[4]),
			.failed = line_number(line->w[6]),
			.busy_ms = line_number(line->w[8]),
		};

		g_strlcpy(agent.now, line->w[10], sizeof(agent.now));
		g_array_append_val(heartbeat->agents, agent);
	} else if (line_is(line, "agent-pid", 3)) {
		for (guint i = 0; i < heartbeat->agents->len; i++) {
			struct guest_agent *agent =
				&g_array_index(heartbeat->agents, struct guest_agent, i);

			if (agent->id == line_number(line->w[1]))
				agent->pid = MIN(line_number(line->w[2]), G_MAXINT);
		}
	}
}

struct guest_heartbeat *guest_heartbeat_parse(const char *text)
{
	struct guest_heartbeat *heartbeat = g_new0(struct guest_heartbeat, 1);

	heartbeat->agents = g_array_new(FALSE, TRUE, sizeof(struct guest_agent));
	lines_each(text, 12, heartbeat_line, heartbeat);
	return heartbeat;
}

void guest_heartbeat_free(struct guest_heartbeat *heartbeat)
{
	if (!heartbeat)
		return;
	g_array_unref(heartbeat->agents);
	g_free(heartbeat);
}

/* ---- the frame COUNTS ---- */

static void first_illegal(struct guest_counts *counts, const struct line *line)
{
	gsize before = strlen(line->w[0]) + strlen(line->w[1]) + strlen(line->w[2]) + 3;

	replace(&counts->first_op, line->w[1]);
	replace(&counts->first_error, line->w[2]);
	replace(&counts->first_illegal, line->text + before);
}

static void counts_line(const struct line *line, void *data)
{
	struct guest_counts *counts = data;

	if (line_is(line, "agent", 3))
		counts->id = line_number(line->w[1]);
	else if (line_is(line, "ops", 2))
		counts->ops = line_number(line->w[1]);
	else if (line_is(line, "result", 4) || line_is(line, "illegal", 4))
		add_result(counts->results, line->w[1], line->w[2], line->w[3], *line->w[0] == 'i');
	else if (line->n > 3 && !strcmp(line->w[0], "first-illegal"))
		first_illegal(counts, line);
}

struct guest_counts *guest_counts_parse(const char *text)
{
	struct guest_counts *counts = g_new0(struct guest_counts, 1);

	counts->results = g_ptr_array_new_with_free_func(result_free);
	lines_each(text, 5, counts_line, counts);
	if (!counts->id)
		g_clear_pointer(&counts, guest_counts_free);
	return counts;
}

void guest_counts_free(struct guest_counts *counts)
{
	if (!counts)
		return;
	g_ptr_array_unref(counts->results);
	g_free(counts->first_illegal);
	g_free(counts->first_op);
	g_free(counts->first_error);
	g_free(counts);
}

/* ---- the frame DONE: "ok" or "error ERRNO what" ---- */

static void done_line(const struct line *line, void *data)
{
	struct guest_done *done = data;

	if (line_is(line, "stuck", 2) && done->stuck->len < ITEMS_MAX) {
		g_ptr_array_add(done->stuck, line_word(line->w[1]));
	} else if (line_is(line, "result", 2)) {
		g_auto(GStrv) w = g_strsplit(line->w[1], " ", 3);

		if (g_strv_length(w) == 2)
			add_result(done->results, NULL, w[0], w[1], FALSE);
	}
}

struct guest_done *guest_done_parse(const char *text, GError **error)
{
	struct guest_done *done;

	if (g_str_has_prefix(text, "error ")) {
		g_autofree char *line = g_strndup(text, MIN(strcspn(text, "\n"), 400));
		g_autofree char *valid = g_utf8_make_valid(line + strlen("error "), -1);

		g_set_error_literal(error, GUEST_ERROR, GUEST_REFUSED, g_strchomp(valid));
		return NULL;
	}
	if (strcmp(text, "ok") != 0 && !g_str_has_prefix(text, "ok\n")) {
		g_set_error(error, GUEST_ERROR, GUEST_MALFORMED,
			    "the guest's answer begins with neither 'ok' nor 'error'");
		return NULL;
	}
	done = g_new0(struct guest_done, 1);
	done->stuck = g_ptr_array_new_with_free_func(g_free);
	done->results = g_ptr_array_new_with_free_func(result_free);
	lines_each(text, 2, done_line, done);
	return done;
}

void guest_done_free(struct guest_done *done)
{
	if (!done)
		return;
	g_ptr_array_unref(done->stuck);
	g_ptr_array_unref(done->results);
	g_free(done);
}

gboolean guest_done_has(const struct guest_done *done, const char *error)
{
	for (guint i = 0; i < done->results->len; i++) {
		const struct guest_result *result = done->results->pdata[i];

		if (result->count && !strcmp(result->error, error))
			return TRUE;
	}
	return FALSE;
}

/* ---- the frame ACCOUNT ---- */

static void stat_free(gpointer data)
{
	struct guest_stat *stat = data;

	g_free(stat->key);
	g_free(stat);
}

static void add_pages(GHashTable *pages, guint64 node, guint64 n)
{
	gpointer key = GUINT_TO_POINTER(node);
	gsize so_far = GPOINTER_TO_SIZE(g_hash_table_lookup(pages, key));

	if (g_hash_table_size(pages) < ITEMS_MAX)
		g_hash_table_insert(pages, key, GSIZE_TO_POINTER(so_far + n));
}

static const char *block_state(const char *text)
{
	return !strcmp(text, "online") ? "online" : !strcmp(text, "offline") ? "offline" : "other";
}

static void account_line(const struct line *line, void *data)
{
	struct guest_account *account = data;
	char *const *w = line->w;

	if (line_is(line, "mem-total-kb", 2)) {
		account->mem_total_kb = line_number(w[1]);
	} else if (line_is(line, "zone", 7)) {
		add_pages(account->present, line_number(w[1]), line_number(w[4]));
		add_pages(account->managed, line_number(w[1]), line_number(w[6]));
	} else if (line_is(line, "block", 3)) {
		g_hash_table_insert(account->blocks, GUINT_TO_POINTER(line_number(w[1])),
				    (gpointer)block_state(w[2]));
	} else if (line_is(line, "cpu-online", 2)) {
		replace(&account->cpus, w[1]);
	} else if (line_is(line, "lockdep", 2)) {
		replace(&account->lockdep, w[1]);
	} else if (line_is(line, "lockdep-stat", 3) && account->stats->len < 100) {
		struct guest_stat *stat = g_new0(struct guest_stat, 1);

		*stat = (struct guest_stat){line_word(w[1]), g_ascii_strtoll(w[2], NULL, 10)};
		g_ptr_array_add(account->stats, stat);
	}
}

struct guest_account *guest_account_parse(const char *text)
{
	struct guest_account *account = g_new0(struct guest_account, 1);

	account->present = g_hash_table_new(NULL, NULL);
	account->managed = g_hash_table_new(NULL, NULL);
	account->blocks = g_hash_table_new(NULL, NULL);
	account->stats = g_ptr_array_new_with_free_func(stat_free);
	lines_each(text, 8, account_line, account);
	if (!account->mem_total_kb)
		g_clear_pointer(&account, guest_account_free);
	return account;
}

void guest_account_free(struct guest_account *account)
{
	if (!account)
		return;
	g_hash_table_unref(account->present);
	g_hash_table_unref(account->managed);
	g_hash_table_unref(account->blocks);
	g_ptr_array_unref(account->stats);
	g_free(account->cpus);
	g_free(account->lockdep);
	g_free(account);
}

/*
 * ---- the frame TASKS: lines "task PID COMM STATE WCHAN switches N", each followed by the lines of
 * the task's stack, which begin with a tab ----
 */

struct reading {
	struct guest_tasks *tasks;
	GString *counters;
	struct guest_task *task; /* the task to which the next stack lines belong */
};

static void task_free(gpointer data)
{
	struct guest_task *task = data;

	g_free(task->comm);
	g_ptr_array_unref(task->frames);
	g_free(task);
}

static void frame_line(struct guest_task *task, const char *text)
{
	/* skip "[<0>] ", which /proc/PID/stack prints instead of an address */
	const char *end = strstr(text, "] ");

	if (g_str_has_prefix(text, "syscall ") || task->frames->len >= FRAMES_MAX)
		return;
	g_ptr_array_add(task->frames, line_word(end ? end + 2 : text));
}

static void tasks_line(const struct line *line, void *data)
{
	struct reading *r = data;

	if (*line->text == '\t') {
		if (r->task)
			frame_line(r->task, line->text + 1);
		return;
	}
	r->task = NULL;
	if (line_is(line, "uptime-ms", 2)) {
		r->tasks->uptime_s = line_number(line->w[1]) / 1000.0;
	} else if (!strcmp(line->w[0], "count") && r->counters->len < 10000) {
		g_string_append_printf(r->counters, "%s\n", line->text);
	} else if (!strcmp(line->w[0], "cut")) {
		r->tasks->truncated = TRUE;
	} else if (!strcmp(line->w[0], "task") && line->n >= 5 &&
		   r->tasks->tasks->len < TASKS_MAX) {
		r->task = g_new0(struct guest_task, 1);
		*r->task = (struct guest_task){
			.pid = MIN(line_number(line->w[1]), G_MAXINT),
			.comm = line_word(line->w[2]),
			.state = *line->w[3] ? *line->w[3] : '?',
			.switches = line->n >= 7 ? line_number(line->w[6]) : 0,
			.frames = g_ptr_array_new_with_free_func(g_free),
		};
		g_ptr_array_add(r->tasks->tasks, r->task);
	}
}

struct guest_tasks *guest_tasks_parse(const char *text)
{
	struct guest_tasks *tasks = g_new0(struct guest_tasks, 1);
	struct reading reading = {.tasks = tasks, .counters = g_string_new(NULL)};

	tasks->tasks = g_ptr_array_new_with_free_func(task_free);
	lines_each(text, 8, tasks_line, &reading);
	tasks->counters = g_string_free(reading.counters, FALSE);
	return tasks;
}

void guest_tasks_free(struct guest_tasks *tasks)
{
	if (!tasks)
		return;
	g_ptr_array_unref(tasks->tasks);
	g_free(tasks->counters);
	g_free(tasks);
}

/* ---- the frame LOGGED: the lines, and a last line `cut` if some are missing ---- */
struct guest_log *guest_log_parse(char *text)
{
	struct guest_log *log = g_new0(struct guest_log, 1);

	log->truncated = !strcmp(text, "cut\n") || g_str_has_suffix(text, "\ncut\n");
	if (log->truncated)
		text[strlen(text) - strlen("cut\n")] = '\0';
	for (const char *c = text; (c = strchr(c, '\n')); c++)
		log->lines++;
	log->text = text;
	return log;
}
