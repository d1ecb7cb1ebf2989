// SPDX-License-Identifier: GPL-2.0-only
/* Reads the request of an earlier run from its folder. Checks all values that it reads. */
#include "cmd/again.h"

#include "util/error.h"

struct again *again_new(void)
{
	return g_new0(struct again, 1);
}

void again_free(struct again *again)
{
	g_strfreev(again->want.patches);
	g_strfreev(again->want.fragments);
	g_strfreev(again->want.holds);
	g_strfreev(again->want.hold_cycle);
	g_strfreev(again->want.fails);
	g_strfreev(again->want.vary);
	json_decref(again->want.replays);
	g_free(again->seed);
	g_free(again->scenario);
	g_free(again->timeline);
	g_free(again);
}

static const char *text(json_t *inputs, const char *key)
{
	return json_string_value(json_object_get(inputs, key));
}

/*
 * Returns the paths of the copies that the run folder has of the input files ORIGINALS. Their names
 * begin with a number from 01 on. The originals are not used, because they may have changed.
 */
static char **copies(const struct run_info *info, const char *folder, json_t *originals)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new();

	for (size_t i = 0; i < json_array_size(originals); i++)
		g_ptr_array_add(files, g_strdup_printf("%s/%s/%02zu", info->dir, folder, i + 1));
	g_ptr_array_add(files, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&files), FALSE);
}

/* Returns the strings of the array KEY of INPUTS, or NULL if there is no such array. */
static char **strings(json_t *inputs, const char *key)
{
	json_t *array = json_object_get(inputs, key), *item;
	GPtrArray *texts;
	size_t i;

	if (!json_is_array(array))
		return NULL;
	texts = g_ptr_array_new();
	json_array_foreach (array, i, item)
		if (json_is_string(item))
			g_ptr_array_add(texts, g_strdup(json_string_value(item)));
	g_ptr_array_add(texts, NULL);
	return (char **)g_ptr_array_free(texts, FALSE);
}

gboolean again_read(struct again *again, const struct run_info *before, GError **error)
{
	struct run_request *want = &again->want;
	g_autofree char *timeline = g_build_filename(before->dir, "timeline.json", NULL);
	json_t *in = before->inputs, *kernel = json_object_get(in, "kernel");

	if (!text(in, "machine") || !text(kernel, "asked") ||
	    !json_is_integer(json_object_get(in, "seed")))
		return rig_fail(error, RIG_EXIT_USAGE,
				"run.json of run '%s' lacks the machine, the kernel or the seed, "
				"so the run cannot be repeated",
				before->name);
	want->machine = text(in, "machine");
	want->kernel = text(kernel, "asked");
	want->patches = copies(before, "patches", json_object_get(kernel, "patches"));
	want->fragments = copies(before, "fragments", json_object_get(kernel, "fragments"));
	want->seed = again->seed = g_strdup_printf("%" JSON_INTEGER_FORMAT,
						   json_integer_value(json_object_get(in, "seed")));
	want->accel = text(in, "accel");
	want->launcher = text(in, "launcher");
	want->uri = text(in, "uri");
	want->firmware = text(in, "firmware");
	want->mmu = text(in, "mmu");
	want->page_size = text(in, "pages");
	want->cpus = json_integer_value(json_object_get(in, "cpus"));
	want->duration_s = json_integer_value(json_object_get(in, "duration_s"));
	want->patience_s = json_integer_value(json_object_get(in, "patience_s"));
	want->keep_going = json_is_true(json_object_get(in, "keep_going"));
	want->no_lockdep = json_is_true(json_object_get(in, "no_lockdep"));
	want->vary = strings(in, "vary");
	want->holds = strings(in, "hold");
	want->hold_cycle = strings(in, "hold_cycle");
	want->fails = strings(in, "fail");
	want->calls = json_is_true(json_object_get(in, "calls"));
	want->visits = text(in, "visits");
	want->record_locks = json_is_true(json_object_get(in, "record_locks"));
	want->record_spinlocks = json_is_true(json_object_get(in, "record_spinlocks"));
	want->coverage = json_is_true(json_object_get(in, "coverage"));
	want->sweep = text(in, "sweep");
	if (!want->emulator)
		want->emulator = text(in, "qemu");
	want->without = text(in, "without");
	want->until = text(in, "until");
	want->scenario_name = text(in, "scenario");
	want->replays = json_string(before->name);
	want->scenario = again->scenario = g_build_filename(before->dir, "scenario.yaml", NULL);
	/* runs of earlier versions have no timeline */
	if (g_file_test(timeline, G_FILE_TEST_EXISTS))
		want->timeline = again->timeline = g_steal_pointer(&timeline);
	return TRUE;
}
