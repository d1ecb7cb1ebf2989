// SPDX-License-Identifier: GPL-2.0-only
/* Makes the archives of the files that are copied to nodes. */
#include "slurm/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "scenario/scenario.h"
#include "util/archive.h"
#include "util/error.h"
#include "util/paths.h"

const char part_unpack_script[] =
	"trap '[ $? -eq 0 ] || exit 64' EXIT; set -e; umask 077; mkdir -p \"$1\" \"$4\"\n"
	/* delete folders that were not used for 14 days */
	"find \"${4%/*}\" -mindepth 1 -maxdepth 1 -mtime +14 -exec rm -rf {} + || :\n"
	"[ ! -e \"$1/$2\" ] || exit 0\n"
	"new=$(mktemp -d \"$1/.new-XXXXXX\"); "
	"trap 'code=$?; rm -rf \"$new\"; [ $code -eq 0 ] || exit 64' EXIT\n"
	"cat >\"$new/archive\"\n"
	"if ! echo \"$3  $new/archive\" | sha256sum -c --status; then\n"
	"\techo 'the archive arrived damaged' >&2; exit 1\n"
	"fi\n"
	"mkdir \"$new/all\"; tar -xzf \"$new/archive\" -C \"$new/all\"\n"
	"mv -T \"$new/all\" \"$1/$2\" 2>/dev/null || [ -e \"$1/$2\" ]\n";

#define OLD_S (24 * 3600)
#define PART ".part-"

void part_free(struct part *part)
{
	if (part->file)
		g_unlink(part->file);
	g_free(part->file);
	g_free(part->sum);
	g_free(part->parent);
	g_free(part->name);
	g_free(part);
}

char *parts_base(void)
{
	return rig_cache_path("fleet");
}

/* ---- making archives ---- */

static char *sum_of(const char *file, GError **error)
{
	g_autoptr(GMappedFile) map = g_mapped_file_new(file, FALSE, error);

	if (!map)
		return NULL;
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
					   (const guint8 *)g_mapped_file_get_contents(map),
					   g_mapped_file_get_length(map));
}

/* Removes archives that killed processes have left. */
static void remove_old(const char *base)
{
	g_autoptr(GDir) dir = g_dir_open(base, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(base, name, NULL);
		GStatBuf st;

		if (g_str_has_prefix(name, PART) && !g_lstat(file, &st) &&
		    st.st_mtime < time(NULL) - OLD_S)
			g_unlink(file);
	}
}

/*
 * Makes a part of the N ITEMS. Its folder on the nodes is PARENT/NAME; if NAME is NULL, it is in
 * parts_base(), and its name is the checksum of the archive.
 */
static struct part *part_new(const struct archive_item *items, guint n, const char *parent,
			     const char *name, GError **error)
{
	g_autofree char *base = parts_base();
	rig_auto(part) part = g_new0(struct part, 1);
	gboolean ok;
	int fd;

	g_mkdir_with_parents(base, 0700);
	remove_old(base);
	part->file = g_build_filename(base, PART "XXXXXX", NULL);
	fd = g_mkstemp_full(part->file, O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", part->file,
			 g_strerror(errno));
		return NULL;
	}
	ok = archive_pack(fd, items, n, error);
	close(fd);
	part->sum = ok ? sum_of(part->file, error) : NULL;
	part->parent = g_strdup(parent ? parent : base);
	part->name = g_strdup(name ? name : part->sum);
	return part->sum ? g_steal_pointer(&part) : NULL;
}

struct part *part_rig(GError **error)
{
	static const char *const own[] = {"scenarios", "site", "guest-init/kernel", "build/guest",
					  "build/plugin"};
	g_autofree char *program = g_file_read_link("/proc/self/exe", error),
			*bin = g_path_get_dirname(program ? program : "."),
			*modules = g_build_filename(bin, "..", "lib", "hotplug-rig", NULL);
	g_autofree char *hang = rig_home_path("rig/hang");
	g_auto(GStrv) scripts = rig_names_in(hang, ".py");
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct archive_item));
	g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
	struct archive_item item = {program, "bin/rig"};

	if (!program)
		return NULL;
	g_array_append_val(items, item);
	for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
		item = (struct archive_item){rig_home_path(own[i]), own[i]};
		g_ptr_array_add(kept, (char *)item.path);
		if (g_file_test(item.path, G_FILE_TEST_IS_DIR))
			g_array_append_val(items, item);
	}
	for (char **script = scripts; *script; script++) {
		g_autofree char *name = g_strconcat("rig/hang/", *script, ".py", NULL);

		item = (struct archive_item){rig_home_path(name), name};
		g_ptr_array_add(kept, (char *)item.path);
		g_ptr_array_add(kept, g_steal_pointer(&name));
		g_array_append_val(items, item);
	}
	item = (struct archive_item){modules, "lib/hotplug-rig"};
	if (g_file_test(modules, G_FILE_TEST_IS_DIR))
		g_array_append_val(items, item);
	return part_new((const struct archive_item *)(void *)items->data, items->len, NULL, NULL,
			error);
}

struct part *part_folder(const char *folder, GError **error)
{
	g_autofree char *hash = g_path_get_basename(folder), *parent = g_path_get_dirname(folder);
	g_auto(GStrv) names = rig_names_in(folder, "");
	g_autofree struct archive_item *items = g_new0(struct archive_item, g_strv_length(names));
	g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
	guint n = 0;

	for (char **name = names; *name; name++) {
		g_ptr_array_add(kept, g_build_filename(folder, *name, NULL));
		items[n++] = (struct archive_item){kept->pdata[kept->len - 1], *name};
	}
	return part_new(items, n, parent, hash, error);
}

/* ---- archives of files that command lines name ---- */

struct part_files {
	/* maps a word of a command line to the file's name in the archive (owned by `items`) */
	GHashTable *known;
	GArray *items;	   /* struct archive_item */
	GPtrArray *kept;   /* owns the strings to which `items` points */
};

struct part_files *part_files_new(void)
{
	struct part_files *files = g_new0(struct part_files, 1);

	files->known = g_hash_table_new(g_str_hash, g_str_equal);
	files->items = g_array_new(FALSE, FALSE, sizeof(struct archive_item));
	files->kept = g_ptr_array_new_with_free_func(g_free);
	return files;
}

void part_files_free(struct part_files *files)
{
	g_hash_table_unref(files->known);
	g_array_unref(files->items);
	g_ptr_array_unref(files->kept);
	g_free(files);
}

static gboolean is_file(const char *word)
{
	return strpbrk(word, "/.") && g_file_test(word, G_FILE_TEST_IS_REGULAR);
}

static char *keep(struct part_files *files, char *text)
{
	g_ptr_array_add(files->kept, text);
	return text;
}

/*
 * Adds the file PATH to the archive as FOLDER/NAME, where FOLDER is a number. Returns its name in
 * the archive, borrowed.
 */
static const char *add_item(struct part_files *files, guint folder, const char *path,
			    const char *name)
{
	const struct archive_item item = {
		keep(files, g_strdup(path)),
		keep(files, g_strdup_printf("%u/%s", folder, name)),
	};

	g_array_append_val(files->items, item);
	return item.name;
}

/* Adds the contents of NVDIMMs, except for files that NAMES has; adds their names to NAMES. */
static void add_images(struct part_files *files, guint folder, const struct track *track,
		       GHashTable *names)
{
	for (unsigned i = 0; i < track->n_steps; i++)
		if (track->steps[i].file && g_hash_table_add(names, track->steps[i].file))
			add_item(files, folder, track->steps[i].path, track->steps[i].file);
}

/*
 * Adds the files and module folders of the scenario PATH next to it, where a node looks for them.
 */
static void add_beside(struct part_files *files, guint folder, const char *path)
{
	rig_auto(scenario) scenario = scenario_load(path, NULL);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; scenario && i < scenario->n_files; i++) {
		add_item(files, folder, scenario->files[i].path, scenario->files[i].name);
		g_hash_table_add(names, scenario->files[i].name);
	}
	for (unsigned t = 0; scenario && t < scenario->n_tracks; t++)
		add_images(files, folder, &scenario->tracks[t], names);
	for (unsigned i = 0; scenario && i < scenario->n_modules; i++)
		if (scenario->modules[i].folder)
			add_item(files, folder, scenario->modules[i].folder,
				 scenario->modules[i].name);
}

void part_files_add(struct part_files *files, char *const *words)
{
	for (; *words; words++) {
		guint folder = g_hash_table_size(files->known);
		g_autofree char *base = g_path_get_basename(*words);
		char *word;

		if (g_hash_table_contains(files->known, *words) || !is_file(*words))
			continue;
		word = keep(files, g_strdup(*words));
		g_hash_table_insert(files->known, word,
				    (char *)add_item(files, folder, word, base));
		if (g_str_has_suffix(word, ".yaml"))
			add_beside(files, folder, word);
	}
}

struct part *part_files_pack(struct part_files *files, GError **error)
{
	if (!files->items->len)
		return NULL;
	return part_new((const struct archive_item *)(void *)files->items->data, files->items->len,
			NULL, NULL, error);
}

char **part_files_words(const struct part_files *files, const struct part *part, char *const *words)
{
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();

	for (; *words; words++) {
		const char *name = g_hash_table_lookup(files->known, *words);
		g_autofree char *there =
			name ? g_build_filename(part->parent, part->name, name, NULL) : NULL;

		g_strv_builder_add(all, there ? there : *words);
	}
	return g_strv_builder_end(all);
}
