// SPDX-License-Identifier: GPL-2.0-only
/* Converts an explanation to JSON, and to a kernel report (struct splat). */
#include <string.h>

#include "hang/internal.h"

#define STORY_FRAMES 24

static json_t *text(const char *s)
{
	g_autofree char *valid = s ? g_utf8_make_valid(s, -1) : NULL;

	return valid ? json_string(valid) : json_null();
}

static json_t *strings(const char *const *list)
{
	json_t *array = json_array();

	for (; list && *list; list++)
		json_array_append_new(array, text(*list));
	return array;
}

/*
 * Appends FRAME as it was printed, with its file and line if SYMBOLS has them. For an address in
 * inlined code, these are the file and line of the innermost inlined function. FIRST is TRUE if
 * FRAME is where the CPU is; all other frames are return addresses.
 */
static void add_frame(json_t *array, const struct frame *frame, struct symbols *symbols,
		      gboolean first)
{
	g_autofree char *printed =
		g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x/0x%" G_GINT64_MODIFIER "x",
				frame->symbol, frame->offset, frame->size);
	json_t *json =
		json_pack("{s:o, s:o}", "function", text(frame->name), "frame", text(printed));
	guint64 address;

	json_array_append_new(array, json);
	if (!symbols || frame->module[0] || !symbols_find(symbols, frame, &address))
		return;
	/* the address in a caller's frame is the return address; look up the call before it */
	g_autoptr(GPtrArray) places = symbols_at(symbols, first ? address : address - 1);
	/* places[0] is the innermost inlined function; the last one is the function itself */
	if (places && places->len) {
		const struct place *place = places->pdata[0];

		if (place->file) {
			json_object_set_new(json, "file", text(place->file));
			json_object_set_new(json, "line", json_integer(place->line));
		}
	}
}

static json_t *stack_json(const struct task *task, struct symbols *symbols)
{
	const GPtrArray *frames = task->frames;
	json_t *array = json_array();

	/* for a running task, use the stack of its CPU */
	if (task_runs(task) && task->samples->len)
		frames = ((struct sample *)task->samples->pdata[task->samples->len - 1])->frames;
	for (guint i = 0; i < frames->len && i < STORY_FRAMES; i++)
		add_frame(array, frames->pdata[i], symbols, !i && frames != task->frames);
	return array;
}

static json_t *lock_json(const struct lock *lock)
{
	return lock ? json_pack("{s:o, s:o, s:o}", "class", text(lock->lock_class), "name",
				text(lock->name), "instance",
				strcmp(lock->id, lock->lock_class) ? text(lock->id) : json_null())
		    : json_null();
}

static json_t *task_json(const struct task *task, struct symbols *symbols)
{
	json_t *holds = json_array();
	char state[2] = {task->state, '\0'};

	for (guint i = 0; i < task->holds->len; i++)
		json_array_append_new(holds, lock_json(task->holds->pdata[i]));
	return json_pack("{s:i, s:o, s:s, s:o, s:o, s:o, s:o, s:i, s:o}", "pid", task->pid, "comm",
			 text(task->comm), "state", state, "cpu",
			 task->cpu >= 0 ? json_integer(task->cpu) : json_null(), "holds", holds,
			 "waits_for", lock_json(task->wanted), "waits_how",
			 text(task->image_kind ? task->image_kind
			      : task->wait     ? task->wait->what
					       : NULL),
			 "samples", (int)task->samples->len, "stack", stack_json(task, symbols));
}

/*
 * Returns the tasks that wait for a lock, but are not in the explanation: an array of objects with
 * pid, name and lock, without stacks.
 */
static json_t *others_json(const struct hang *hang)
{
	json_t *array = json_array();

	for (guint i = 0; i < hang->snapshot->tasks->len && json_array_size(array) < 200; i++) {
		const struct task *task = hang->snapshot->tasks->pdata[i];

		if (task->wanted && !g_ptr_array_find(hang->story, task, NULL))
			json_array_append_new(array,
					      json_pack("{s:i, s:o, s:o}", "pid", task->pid, "comm",
							text(task->comm), "waits_for",
							lock_json(task->wanted)));
	}
	return array;
}

/*
 * Returns the graph for the picture. Nodes are tasks and locks; an edge leads from a task to the
 * lock that it waits for, and from a lock to its holder.
 */
static json_t *graph_json(const struct hang *hang)
{
	json_t *edges = json_array();

	for (guint i = 0; i < hang->snapshot->tasks->len && json_array_size(edges) < 300; i++) {
		const struct task *task = hang->snapshot->tasks->pdata[i];
		g_autofree char *who = task_text(task), *lock = NULL;

		if (!task->wanted)
			continue;
		lock = lock_text(task->wanted);
		json_array_append_new(
			edges,
			json_pack("{s:o, s:o, s:s, s:b}", "from", text(who), "to", text(lock),
				  "what", task->wanted_polls ? "tries to get" : "waits for",
				  "marked", g_ptr_array_find(hang->story, task, NULL)));
		for (guint h = 0; h < task->wanted->holders->len; h++) {
			const struct task *holder = task->wanted->holders->pdata[h];
			g_autofree char *other = task_text(holder);
			json_t *edge =
				json_pack("{s:o, s:o, s:s, s:b}", "from", text(lock), "to",
					  text(other), "what", "held by", "marked",
					  g_ptr_array_find(hang->story, task, NULL) &&
						  g_ptr_array_find(hang->story, holder, NULL));
			gboolean there = FALSE;

			for (gsize e = 0; e < json_array_size(edges) && !there; e++)
				there = json_equal(json_array_get(edges, e), edge);
			if (there)
				json_decref(edge);
			else
				json_array_append_new(edges, edge);
		}
	}
	return edges;
}

json_t *hang_json(const struct hang *hang, struct symbols *symbols)
{
	json_t *tasks = json_array(), *json;

	for (guint i = 0; i < hang->story->len; i++)
		json_array_append_new(tasks, task_json(hang->story->pdata[i], symbols));
	json = json_pack(
		"{s:s, s:o, s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:{s:b, s:b, s:i, "
		"s:i}}",
		"kind", hang_kind_name(hang->kind), "title", text(hang->title), "sentences",
		strings((const char *const *)hang->sentences), "signature", "bug",
		text(hang->signature[0]), "path", text(hang->signature[1]), "exact",
		text(hang->signature[2]), "cycle",
		hang->cycle ? strings((const char *const *)hang->cycle) : json_null(), "lock",
		lock_json(hang->lock), "tasks", tasks, "others", others_json(hang), "graph",
		graph_json(hang), "sources", "lockdep", hang->snapshot->lockdep_lists, "image",
		hang->snapshot->image, "tasks", (int)hang->snapshot->tasks->len, "cpu_samples",
		(int)hang->snapshot->rounds);
	return json;
}

/* Returns the text of the report: the sentences, followed by the stack of each task in them. */
static char *report_text(const struct hang *hang, json_t *json)
{
	json_t *tasks = json_object_get(json, "tasks");
	GString *out = g_string_new(NULL);

	for (char **s = hang->sentences; *s; s++)
		g_string_append_printf(out, "%s\n", *s);
	for (gsize i = 0; i < json_array_size(tasks); i++) {
		json_t *task = json_array_get(tasks, i), *stack = json_object_get(task, "stack");
		g_autofree char *who = task_text(hang->story->pdata[i]);

		g_string_append_printf(out, "\n%s\n", who);
		for (gsize f = 0; f < json_array_size(stack); f++) {
			json_t *frame = json_array_get(stack, f),
			       *file = json_object_get(frame, "file");

			g_string_append_printf(out, "  %s",
					       json_string_value(json_object_get(frame, "frame")));
			if (file)
				g_string_append_printf(
					out, "  %s:%d", json_string_value(file),
					(int)json_integer_value(json_object_get(frame, "line")));
			g_string_append_c(out, '\n');
		}
	}
	return g_string_free(out, FALSE);
}

struct splat *hang_to_splat(const struct hang *hang)
{
	struct splat *splat;
	json_t *json;

	if (hang->kind == HANG_NONE)
		return NULL;
	json = hang_json(hang, NULL);
	splat = g_new0(struct splat, 1);
	splat->kind = hang_kind_name(hang->kind);
	splat->weight = SPLAT_FAIL;
	splat->title = g_strdup(hang->title);
	splat->function = hang->function ? g_strdup(hang->function) : NULL;
	splat->bug = g_strdup(hang->signature[0]);
	splat->path = g_strdup(hang->signature[1]);
	splat->exact = g_strdup(hang->signature[2]);
	splat->cycle = g_strdupv(hang->cycle);
	splat->when = -1;
	splat->pid = splat->cpu = -1;
	splat->text = report_text(hang, json);
	if (hang->culprit) {
		splat->comm = g_strdup(hang->culprit->comm);
		splat->pid = hang->culprit->pid;
		splat->cpu = hang->culprit->cpu;
	}
	splat->detail = json_pack("{s:o}", "hang", json);
	return splat;
}
