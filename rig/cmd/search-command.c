// SPDX-License-Identifier: GPL-2.0-only
/* Starts a search, or continues one from its state file. */
#include "cmd/search-command.h"

#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/search-folder.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/paths.h"

/* A search to continue. */
struct again {
	char *dir;
	json_t *state; /* the content of the state file */
	/* the search's command line without "rig"; NULL-terminated, borrowed from `state` */
	GPtrArray *words;
	int argc;
};

static void again_free(struct again *again)
{
	g_free(again->dir);
	json_decref(again->state);
	if (again->words)
		g_ptr_array_unref(again->words);
	g_free(again);
}
RIG_DEFINE_AUTO(again, again_free)

static gboolean read_words(struct again *again, const char *command)
{
	json_t *words = json_object_get(again->state, "words"), *word;
	size_t i;

	g_ptr_array_add(again->words, (gpointer)command);
	json_array_foreach (words, i, word) {
		if (!json_is_string(word))
			return FALSE;
		g_ptr_array_add(again->words, (gpointer)json_string_value(word));
		again->argc++;
	}
	g_ptr_array_add(again->words, NULL);
	return json_is_array(words);
}

/*
 * Reads the state of the search WHICH, or of the last one if it is NULL, and changes the working
 * directory to the one in which the search was started.
 */
static struct again *find(const struct search_command *c, const char *which, GError **error)
{
	rig_auto(again) again = g_new0(struct again, 1);
	g_autofree char *path = NULL, *text = NULL;
	const char *folder;

	again->dir = search_folder_find(c->words->results, which, c->state, error);
	path = again->dir ? g_build_filename(again->dir, c->state, NULL) : NULL;
	if (!path || !rig_read_file(path, c->state_max, &text, NULL, error))
		return NULL;
	again->state = json_loads(text, 0, NULL);
	again->words = g_ptr_array_new();
	again->argc = 1;
	folder = json_string_value(json_object_get(again->state, "folder"));
	if (read_words(again, c->name) && !chdir(folder ? folder : "/"))
		return g_steal_pointer(&again);
	rig_fail(error, RIG_EXIT_USAGE, "cannot continue the search '%s': its state file is "
					"damaged, or the folder in which it was started is "
					"missing", path);
	return NULL;
}

/*
 * Parses the options. The words after "--" were removed before, because they are options of `rig
 * run`.
 */
static gboolean parse(const struct search_command *c, const char *parameters, int *argc,
		      char ***argv, GError **error)
{
	char **extra = NULL;

	for (int i = 1; c->takes_extra && i < *argc; i++)
		if (!strcmp((*argv)[i], "--")) {
			extra = *argv + i + 1;
			(*argv)[i] = NULL;
			*argc = i;
		}
	if (!cmd_parse(argc, argv, c->options, parameters, c->summary, c->examples, error))
		return FALSE;
	c->words->extra = extra;
	return run_words_check((const char *const *)extra, error);
}

/* DEFAULTS is what c->want was before the options were parsed. */
static int resume(const struct search_command *c, const char *which, const void *defaults)
{
	g_autoptr(GError) error = NULL;
	const struct search_words now = *c->words;
	rig_auto(again) again = find(c, which, &error);
	char **argv;

	if (!again)
		return rig_report_error(error);
	argv = (char **)again->words->pdata;
	memcpy(c->want, defaults, c->want_size);
	if (!parse(c, "", &again->argc, &argv, &error) ||
	    !c->check(again->argc, argv, &error))
		return rig_report_error(error);
	c->words->budget = now.budget;
	c->words->guests = now.guests ? now.guests : c->words->guests;
	c->words->json = now.json;
	c->words->quiet = now.quiet;
	return c->go(argv, again->dir, json_object_get(again->state, "words"), again->state);
}

int search_command(const struct search_command *c, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *words = json_array();
	g_autofree void *defaults = g_memdup2(c->want, c->want_size);
	g_autofree char *dir = NULL;
	const char *scenario;

	for (int i = 1; i < argc; i++)
		json_array_append_new(words, json_string(argv[i]));
	if (!parse(c, c->parameters, &argc, &argv, &error))
		return rig_report_error(error);
	if (c->words->resume)
		return resume(c, argc > 1 ? argv[1] : NULL, defaults);
	scenario = c->check(argc, argv, &error);
	if (!scenario)
		return rig_report_error(error);
	dir = search_folder_new(c->words->results, c->name, scenario);
	return c->go(argv, dir, words, NULL);
}

gboolean search_guests(const struct search_words *words, guint most, guint *ret, GError **error)
{
	if (words->guests < 0 || (guint)words->guests > most)
		return rig_fail(error, RIG_EXIT_USAGE, "--guests %d is out of range (1 to %u)",
				words->guests, most);
	*ret = words->guests ? (guint)words->guests : CLAMP(g_get_num_processors() / 2, 1, most);
	return TRUE;
}
