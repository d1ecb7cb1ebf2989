// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds a kernel: resolves the inputs and searches the cache. If the kernel is not there, prepares
 * a work tree, applies patches, makes the config, runs make, and stores the result in the cache.
 */
#include "kernel/internal.h"

#include <string.h>

#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"

/* Part of each hash; must be changed when builds from the same inputs give another result. */
#define HASH_FORMAT "rig kernel 1"

/* All inputs that determine the result of a build. */
struct inputs {
	const struct kernel_arch *arch;
	struct source *source;
	GPtrArray *patches; /* of struct patch */
	/*
	 * `settings`: those of all fragments but the optional one. `all_settings`: with the
	 * optional one, or NULL if there is none
	 */
	GPtrArray *settings, *all_settings;
	char *compiler;
};

static void inputs_clear(struct inputs *inputs)
{
	if (inputs->source)
		source_free(inputs->source);
	g_clear_pointer(&inputs->patches, g_ptr_array_unref);
	g_clear_pointer(&inputs->settings, g_ptr_array_unref);
	g_clear_pointer(&inputs->all_settings, g_ptr_array_unref);
	g_free(inputs->compiler);
}

static gboolean add_fragment(GPtrArray *settings, const char *name, const char *path,
			     GError **error)
{
	g_autofree char *text = NULL;

	return rig_read_file(path, 1 << 20, &text, NULL, error) &&
	       fragment_parse(name, text, settings, error);
}

/*
 * Returns the settings of the rig's fragments and those of SPEC, in order; OPTIONAL is its optional
 * fragment, or NULL to leave that out.
 */
static GPtrArray *load_fragments(const struct inputs *inputs, const struct kernel_spec *spec,
				 const char *optional, GError **error)
{
	const char *own[] = {"base", spec->no_lockdep ? NULL : "lockdep", inputs->arch->name};
	g_autoptr(GPtrArray) settings = fragment_list_new();
	g_autofree char *optional_name = optional ? g_path_get_basename(optional) : NULL;

	for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
		g_autofree char *name =
			own[i] ? g_strdup_printf("scenarios/kconfig/%s.config", own[i]) : NULL;
		g_autofree char *path = name ? rig_home_path(name) : NULL;

		if (name && !add_fragment(settings, strrchr(name, '/') + 1, path, error))
			return NULL;
	}
	for (guint i = 0; spec->fragments && spec->fragments[i]; i++)
		if (!add_fragment(settings, spec->fragments[i], spec->fragments[i], error))
			return NULL;
	if ((optional && !add_fragment(settings, optional_name, optional, error)) ||
	    (spec->kconfig && !fragment_parse("kconfig", spec->kconfig, settings, error)))
		return NULL;
	return g_steal_pointer(&settings);
}

static gboolean add_fragments(struct inputs *inputs, const struct kernel_spec *spec, GError **error)
{
	inputs->settings = load_fragments(inputs, spec, NULL, error);
	if (inputs->settings && spec->optional)
		inputs->all_settings = load_fragments(inputs, spec, spec->optional, error);
	return inputs->settings && (!spec->optional || inputs->all_settings);
}

gboolean kernel_is_fragment(const char *fragment, const char *own)
{
	g_autofree char *path = rig_home_path(own);

	return files_same(path, fragment);
}

static gboolean has_fragment(const struct kernel_spec *spec, const char *own)
{
	for (guint i = 0; spec->fragments && spec->fragments[i]; i++)
		if (kernel_is_fragment(spec->fragments[i], own))
			return TRUE;
	return FALSE;
}

/* Returns the suffix of the object folder: kernels whose options differ much have their own. */
static const char *flavour(const struct kernel_spec *spec)
{
	gboolean full = has_fragment(spec, KERNEL_FULL);
	gboolean large = has_fragment(spec, RIG_ARM64_64K_CONFIG);

	return full && large ? "-full-64k" : full ? "-full" : large ? "-64k" : "";
}

static void free_patch(void *patch)
{
	patch_free(patch);
}

static gboolean gather(struct inputs *inputs, const struct kernel_spec *spec,
		       struct progress *progress, GError **error)
{
	inputs->arch = arch_find(spec->arch, error);
	inputs->source = inputs->arch ? source_parse(spec->source, error) : NULL;
	if (!inputs->source || !add_fragments(inputs, spec, error))
		return FALSE;
	inputs->patches = g_ptr_array_new_with_free_func(free_patch);
	for (guint i = 0; spec->patches && spec->patches[i]; i++) {
		struct patch *patch = patch_load(spec->patches[i], error);

		if (!patch)
			return FALSE;
		g_ptr_array_add(inputs->patches, patch);
	}
	return arch_compiler(inputs->arch, &inputs->compiler, error) &&
	       source_resolve(inputs->source, spec->refresh, progress, error) &&
	       arch_check_version(inputs->arch, spec->source, inputs->source->version, error);
}

void kernel_hash_add(GChecksum *sum, const char *data, gsize len)
{
	g_autofree char *length = g_strdup_printf("%zu:", len);

	g_checksum_update(sum, (const guint8 *)length, -1);
	g_checksum_update(sum, (const guint8 *)data, len);
}

static void hash_add(GChecksum *sum, const char *text)
{
	kernel_hash_add(sum, text, strlen(text));
}

static char *hash_inputs(const struct inputs *inputs, const struct kernel_spec *spec,
			 GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(GString) carried = g_string_new(NULL);
	g_autofree char *options =
		fragment_merge("", spec->optional ? inputs->all_settings : inputs->settings);

	if (!worktree_carried(carried, error))
		return NULL;
	hash_add(sum, HASH_FORMAT);
	/* with an optional fragment, the kernel may lack what the options say */
	if (spec->optional)
		hash_add(sum, "optional");
	hash_add(sum, inputs->arch->name);
	hash_add(sum, inputs->source->identity);
	hash_add(sum, inputs->compiler);
	hash_add(sum, options);
	hash_add(sum, carried->str);
	for (guint i = 0; i < inputs->patches->len; i++)
		hash_add(sum, ((struct patch *)inputs->patches->pdata[i])->text);
	if (!modules_hash(sum, spec, error))
		return NULL;
	return g_strdup(g_checksum_get_string(sum));
}

/*
 * Returns a hash of the inputs of .config: the source, the compiler, SETTINGS, the rig's own files,
 * and the patches that change Kconfig files.
 */
static char *config_key(const struct inputs *inputs, GPtrArray *settings)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(GString) carried = g_string_new(NULL);
	g_autofree char *options = fragment_merge("", settings);

	hash_add(sum, HASH_FORMAT);
	hash_add(sum, inputs->source->identity);
	hash_add(sum, inputs->compiler);
	hash_add(sum, options);
	if (worktree_carried(carried, NULL))
		hash_add(sum, carried->str);
	for (guint p = 0; p < inputs->patches->len; p++) {
		const struct patch *patch = inputs->patches->pdata[p];

		for (guint i = 0; i < patch->files->len; i++) {
			const struct patch_file *file = patch->files->pdata[i];

			if (strstr(file->new ? file->new : file->old, "onfig"))
				hash_add(sum, file->text);
		}
	}
	return g_strdup(g_checksum_get_string(sum));
}

/* Returns a short name for folders, such as "6.1.192-z03". */
static char *short_name(const struct inputs *inputs, const struct kernel_spec *spec,
			const char *version)
{
	g_autoptr(GString) name = g_string_new(NULL);
	gboolean deb = g_str_has_prefix(inputs->source->resolved, "deb:");

	/* leave out Debian's revision, "-2" */
	g_string_append_len(name, version, deb ? strcspn(version, "-") : strlen(version));
	for (guint i = 0; i < inputs->patches->len; i++) {
		g_autofree char *base = g_path_get_basename(spec->patches[i]);

		if (strrchr(base, '.'))
			*strrchr(base, '.') = '\0';
		g_string_append_printf(name, "-%.24s", base);
	}
	if (spec->no_lockdep)
		g_string_append(name, "-nolockdep");
	g_string_truncate(name, MIN(name->len, 64));
	return g_strcanon(g_string_free(g_steal_pointer(&name), FALSE),
			  G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._+-", '_');
}

static void add_fragment_name(GString *text, const char *file)
{
	g_autofree char *name = g_path_get_basename(file);

	if (g_str_has_suffix(name, ".config"))
		*strrchr(name, '.') = '\0';
	g_string_append_printf(text, "%s%s", text->len ? ", " : "", name);
}

/* Returns a text with what SPEC adds to the config: see `with` of struct kernel. */
static char *additions(const struct kernel_spec *spec, const char *refused)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (const char *const *file = spec->fragments; file && *file; file++)
		add_fragment_name(text, *file);
	if (spec->optional && !refused)
		add_fragment_name(text, spec->optional);
	if (spec->kconfig)
		g_string_append_printf(text, "%skconfig", text->len ? ", " : "");
	for (unsigned i = 0; i < spec->n_modules; i++)
		g_string_append_printf(text, "%s%s", text->len ? ", " : "", spec->modules[i].name);
	return g_utf8_make_valid(text->str, text->len);
}

static struct kernel *describe(const struct inputs *inputs, const struct kernel_spec *spec,
			       const struct worktree *tree, const char *hash, const char *refused)
{
	struct kernel *kernel = g_new0(struct kernel, 1);

	kernel->version = g_strdup(inputs->source->version);
	if (!kernel->version) {
		g_autofree char *makefile = g_build_filename(tree->src, "Makefile", NULL),
				*text = NULL;

		if (rig_read_file(makefile, 1 << 20, &text, NULL, NULL))
			kernel->version = files_kernel_version(text);
	}
	kernel->name = short_name(inputs, spec, kernel->version ? kernel->version : "kernel");
	kernel->with = additions(spec, refused);
	kernel->refused = g_strdup(refused);
	kernel->hash = g_strdup(hash);
	kernel->source = g_strdup(inputs->source->resolved);
	kernel->patches = spec->patches ? g_strdupv((char **)spec->patches) : g_new0(char *, 1);
	return kernel;
}

/*
 * Makes the config, if possible with the optional fragment. If kconfig does not accept that, sets
 * *RET_REFUSED to the first reason.
 */
static gboolean configure_any(struct maker *maker, const struct inputs *inputs, char **ret_refused,
			      GError **error)
{
	g_autofree char *key = config_key(inputs, inputs->settings), *all_key = NULL;
	g_autoptr(GError) why = NULL;

	if (inputs->all_settings) {
		all_key = config_key(inputs, inputs->all_settings);
		if (configure(maker, inputs->all_settings, all_key, ret_refused, &why))
			return TRUE;
		if (!*ret_refused) {
			g_propagate_error(error, g_steal_pointer(&why));
			return FALSE;
		}
	}
	return configure(maker, inputs->settings, key, NULL, error);
}

/*
 * Configures and compiles TREE, in which the source is checked out and the patches are applied.
 * RET_REFUSED: see configure_any().
 */
static gboolean compile(struct worktree *tree, const struct inputs *inputs,
			const struct kernel_spec *spec, struct progress *progress,
			char **ret_refused, GError **error)
{
	struct maker maker = {
		.tree = tree,
		.arch = inputs->arch,
		.jobs = spec->jobs ? spec->jobs : g_get_num_processors(),
		.progress = progress,
	};
	g_autofree char *vmlinux = g_build_filename(tree->obj, "vmlinux", NULL), *kind = NULL;
	gint64 last, begin = rig_now_ns();
	gboolean full, ok;
	guint total;

	if (!maker_begin(tree, error))
		return FALSE;
	full = !g_file_test(vmlinux, G_FILE_TEST_EXISTS);
	kind = g_strdup_printf("%s-%s", inputs->arch->name, full ? "full" : "part");
	cache_last(kind, &last, &total);
	progress->last_ns = last;
	progress_step(progress, "configure", 0);
	ok = configure_any(&maker, inputs, ret_refused, error);
	if (ok) {
		progress_step(progress, "compile",
			      full ? (total ? total : inputs->arch->objects) : 0);
		maker.lines = 0;
		ok = maker_run(&maker, inputs->arch->target, error) &&
		     modules_build(&maker, spec, error);
	}
	g_free(maker.first_error);
	if (ok)
		cache_remember(kind, rig_now_ns() - begin, maker.lines);
	return maker_end(tree, ok ? error : NULL) && ok;
}

static gboolean prepare(struct worktree *tree, const struct inputs *inputs,
			struct progress *progress, GError **error)
{
	if (!source_is_there(inputs->source, tree->src) &&
	    (!worktree_restore(tree, error) ||
	     !source_checkout(inputs->source, tree->src, progress, error)))
		return FALSE;
	progress_step(progress, "patch", inputs->patches->len);
	return worktree_patch(tree, inputs->patches, error);
}

static struct kernel *find_or_build(const struct kernel_spec *spec, struct progress *progress,
				    GError **error)
{
	__attribute__((cleanup(inputs_clear))) struct inputs inputs = {0};
	struct kernel *found;
	rig_auto(worktree) tree = NULL;
	rig_auto(kernel) kernel = NULL;
	g_autofree char *hash = NULL, *refused = NULL;
	struct build build;
	gint64 begin;

	if (!gather(&inputs, spec, progress, error))
		return NULL;
	hash = hash_inputs(&inputs, spec, error);
	if (!hash || (found = cache_use(hash)))
		return hash ? found : NULL;
	if (spec->cached) {
		rig_fail(error, RIG_EXIT_SKIP, "the kernel for %s is not in the cache; build it "
					       "without --cached",
			 inputs.arch->name);
		return NULL;
	}
	tree = worktree_open(inputs.source->tree, inputs.arch, flavour(spec), progress, error);
	/* another process may have built this kernel while this one waited for the lock */
	if (!tree || (found = cache_use(hash)))
		return tree ? found : NULL;
	begin = rig_now_ns();
	if (!prepare(tree, &inputs, progress, error) ||
	    !compile(tree, &inputs, spec, progress, &refused, error))
		return NULL;
	kernel = describe(&inputs, spec, tree, hash, refused);
	build = (struct build){inputs.arch, tree, inputs.compiler, rig_now_ns() - begin};
	if (!cache_publish(kernel, &build, error))
		return NULL;
	found = cache_use(hash);
	if (!found) {
		rig_fail(error, RIG_EXIT_INFRA, "the new build of '%s' is missing or damaged in "
						"the cache; run the command again",
			 kernel->name);
		return NULL;
	}
	found->was_cached = FALSE;
	return found;
}

gboolean kernel_estimate(const struct kernel_spec *spec, struct kernel_estimate *ret,
			 GError **error)
{
	__attribute__((cleanup(inputs_clear))) struct inputs inputs = {0};
	struct progress silent = {0};
	rig_auto(kernel) found = NULL;
	g_autofree char *hash = NULL, *name = NULL, *obj = NULL;

	if (!gather(&inputs, spec, &silent, error) || !(hash = hash_inputs(&inputs, spec, error)))
		return FALSE;
	found = cache_find(hash);
	*ret = (struct kernel_estimate){.cached = found != NULL};
	if (found)
		return TRUE;
	name = g_strdup_printf("kernel/tree/%s/obj-%s%s", inputs.source->tree, inputs.arch->name,
			       flavour(spec));
	obj = rig_cache_path(name);
	estimate_build(obj, spec->optional ? inputs.all_settings : inputs.settings, inputs.patches,
		       inputs.arch, ret);
	return TRUE;
}

struct kernel *kernel_build(const struct kernel_spec *spec, kernel_progress progress, void *data,
			    GError **error)
{
	struct progress state = {.call = progress, .data = data};
	struct kernel *kernel;

	if (!carried_find(spec, &kernel, error))
		return NULL;
	if (!kernel)
		kernel = find_or_build(spec, &state, error);
	/* a kernel from the cache may have been built from files with other names but equal text */
	if (kernel && spec->patches) {
		g_strfreev(kernel->patches);
		kernel->patches = g_strdupv((char **)spec->patches);
	}
	return kernel;
}
