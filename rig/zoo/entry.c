// SPDX-License-Identifier: GPL-2.0-only
/* Loads zoo entries: the descriptions of reintroduced bugs in scenarios/zoo/zNN.yaml. */
#include "zoo/zoo.h"

#include <cyaml/cyaml.h>
#include <string.h>

#include "machine/machine.h"
#include "util/yaml-schema.h"
#include "util/error.h"
#include "util/paths.h"

#define FILE_MAX (1 << 18)
#define FOLDER "scenarios/zoo"

/*
 * A list in the form that libcyaml fills. In struct zoo_entry it is a NULL-terminated array
 * instead.
 */
struct raw_list {
	char **at;
	unsigned n;
};

struct raw_variant {
	char *kernel;
	struct raw_list base, bug, fragments;
};

struct raw_expect {
	enum zoo_oracle oracle;
	struct raw_list kinds, cycle;
	char *function, *operation;
};

struct raw_entry {
	char *id, *subject, *wrong, *fixed, *scenario, *mmu;
	struct raw_list commits, machines, verified;
	struct raw_variant *variants;
	unsigned n_variants;
	unsigned duration_s, patience_s;
	struct raw_expect expect;
};

static const cyaml_strval_t oracle_words[] = {
	{"lockdep", ORACLE_LOCKDEP}, {"watchdog", ORACLE_WATCHDOG}, {"lock-rules", ORACLE_RULES},
	{"kernel", ORACLE_KERNEL},   {"accounts", ORACLE_ACCOUNTS},
	{"operation", ORACLE_OPERATION},
};

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 128)};

#define OPT CYAML_FLAG_OPTIONAL
#define FIELD_LIST(key, flags, type, member, low)                                                \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), type, member.at, member.n, \
				   &word, low, 16)

static const cyaml_schema_field_t variant_fields[] = {
	CYAML_FIELD_STRING_PTR("kernel", 0, struct raw_variant, kernel, 1, 128),
	FIELD_LIST("base", OPT, struct raw_variant, base, 1),
	FIELD_LIST("bug", 0, struct raw_variant, bug, 1),
	FIELD_LIST("fragments", OPT, struct raw_variant, fragments, 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t variant = {
	CYAML_VALUE_MAPPING(0, struct raw_variant, variant_fields)};

static const cyaml_schema_field_t expect_fields[] = {
	CYAML_FIELD_ENUM("oracle", CYAML_FLAG_STRICT, struct raw_expect, oracle, oracle_words,
			 G_N_ELEMENTS(oracle_words)),
	FIELD_LIST("kinds", OPT, struct raw_expect, kinds, 1),
	FIELD_LIST("cycle", OPT, struct raw_expect, cycle, 1),
	CYAML_FIELD_STRING_PTR("function", OPT, struct raw_expect, function, 1, 128),
	CYAML_FIELD_STRING_PTR("operation", OPT, struct raw_expect, operation, 1, 128),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t entry_fields[] = {
	CYAML_FIELD_STRING_PTR("id", 0, struct raw_entry, id, 2, 8),
	CYAML_FIELD_STRING_PTR("subject", 0, struct raw_entry, subject, 1, 256),
	FIELD_LIST("commits", 0, struct raw_entry, commits, 1),
	CYAML_FIELD_STRING_PTR("fixed", 0, struct raw_entry, fixed, 1, 64),
	CYAML_FIELD_STRING_PTR("wrong", 0, struct raw_entry, wrong, 1, 4096),
	CYAML_FIELD_SEQUENCE_COUNT("patches", CYAML_FLAG_POINTER, struct raw_entry, variants,
				   n_variants, &variant, 1, 16),
	CYAML_FIELD_STRING_PTR("scenario", 0, struct raw_entry, scenario, 1, 64),
	FIELD_LIST("machines", 0, struct raw_entry, machines, 1),
	CYAML_FIELD_STRING_PTR("mmu", OPT, struct raw_entry, mmu, 1, 16),
	CYAML_FIELD_UINT("duration", OPT, struct raw_entry, duration_s),
	CYAML_FIELD_UINT("patience", OPT, struct raw_entry, patience_s),
	CYAML_FIELD_MAPPING("expect", 0, struct raw_entry, expect, expect_fields),
	FIELD_LIST("verified", OPT, struct raw_entry, verified, 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_entry, entry_fields)};

static const struct yaml_limit limits[] = {{"duration", 1, 3600}, {"patience", 1, 600}, {NULL}};
static const struct yaml_schema schema = {&entry_value, "the zoo entry", limits};

const char *zoo_oracle_name(enum zoo_oracle oracle)
{
	return oracle_words[oracle].str;
}

void zoo_entry_free(struct zoo_entry *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->n_variants; i++) {
		g_free(e->variants[i].kernel);
		g_strfreev(e->variants[i].base);
		g_strfreev(e->variants[i].bug);
		g_strfreev(e->variants[i].fragments);
	}
	g_free(e->variants);
	g_free(e->id);
	g_free(e->subject);
	g_free(e->wrong);
	g_free(e->fixed);
	g_free(e->scenario);
	g_free(e->mmu);
	g_free(e->function);
	g_free(e->operation);
	g_free(e->file);
	g_strfreev(e->commits);
	g_strfreev(e->machines);
	g_strfreev(e->kinds);
	g_strfreev(e->cycle);
	g_strfreev(e->verified);
	g_free(e);
}

static char **take_list(struct raw_list *list)
{
	char **taken = g_renew(char *, list->at, list->n + 1);

	taken[list->n] = NULL;
	*list = (struct raw_list){0};
	return taken;
}

/* Moves everything that RAW owns, except the array of variants, to a new entry. */
static struct zoo_entry *take(struct raw_entry *raw)
{
	struct zoo_entry *e = g_new0(struct zoo_entry, 1);

	e->id = g_steal_pointer(&raw->id);
	e->subject = g_steal_pointer(&raw->subject);
	e->wrong = g_strchomp(g_steal_pointer(&raw->wrong));
	e->fixed = g_steal_pointer(&raw->fixed);
	e->scenario = g_steal_pointer(&raw->scenario);
	e->mmu = g_steal_pointer(&raw->mmu);
	e->function = g_steal_pointer(&raw->expect.function);
	e->operation = g_steal_pointer(&raw->expect.operation);
	e->oracle = raw->expect.oracle;
	e->duration_s = raw->duration_s;
	e->patience_s = raw->patience_s;
	e->commits = take_list(&raw->commits);
	e->machines = take_list(&raw->machines);
	e->verified = take_list(&raw->verified);
	e->kinds = take_list(&raw->expect.kinds);
	e->cycle = take_list(&raw->expect.cycle);
	e->n_variants = raw->n_variants;
	e->variants = g_new0(struct zoo_variant, raw->n_variants);
	for (unsigned i = 0; i < raw->n_variants; i++) {
		e->variants[i].kernel = g_steal_pointer(&raw->variants[i].kernel);
		e->variants[i].base = take_list(&raw->variants[i].base);
		e->variants[i].bug = take_list(&raw->variants[i].bug);
		e->variants[i].fragments = take_list(&raw->variants[i].fragments);
	}
	return e;
}

/* Returns TRUE if TEXT is an id: "z", two digits, and optionally a letter (z03, z22b). */
static gboolean is_id(const char *text)
{
	return g_regex_match_simple("^z[0-9]{2}[a-z]?$", text, 0, 0);
}

/*
 * Returns the path of the file NAME, which is next to the entry's file, or is one of the rig's
 * config fragments. The caller owns it.
 */
static char *file_path(const struct zoo_entry *e, const char *name)
{
	g_autofree char *folder = g_path_get_dirname(e->file);
	g_autofree char *beside = g_build_filename(folder, name, NULL);
	g_autofree char *ours = g_build_filename("scenarios/kconfig", name, NULL);

	if (g_str_has_suffix(name, ".config") && !g_file_test(beside, G_FILE_TEST_EXISTS))
		return rig_home_path(ours);
	return g_steal_pointer(&beside);
}

/*
 * Checks that FILES exist and end with SUFFIX. Their names must not contain a folder, so that an
 * entry cannot refer to files elsewhere.
 */
static gboolean check_files(struct yaml_tree *tree, yaml_node_t *node, const struct zoo_entry *e,
			    char **files, const char *suffix, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(e->file);

	for (char **file = files; *file; file++) {
		g_autofree char *path = file_path(e, *file);

		if (strchr(*file, '/') || !g_str_has_suffix(*file, suffix))
			return yaml_tree_fail(tree, node, error,
					      "invalid file name '%s': write NAME%s, without a "
					      "folder",
					      *file, suffix);
		if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return yaml_tree_fail(tree, node, error, "the file '%s' is missing in %s",
					      *file, folder);
	}
	return TRUE;
}

static gboolean check_entry(struct yaml_tree *tree, const struct zoo_entry *e, GError **error)
{
	yaml_node_t *root = yaml_tree_root(tree), *variants = yaml_tree_get(tree, root, "patches"),
		    *expect = yaml_tree_get(tree, root, "expect");
	gboolean has_kind = e->kinds[0] != NULL, may_have = e->oracle != ORACLE_ACCOUNTS &&
						     e->oracle != ORACLE_OPERATION,
		 must_have = may_have && e->oracle != ORACLE_WATCHDOG;

	if (!is_id(e->id))
		return yaml_tree_fail(
			tree, yaml_tree_get(tree, root, "id"), error,
			"invalid id '%s'; allowed: z, two digits, optionally a letter", e->id);
	for (char **m = e->machines; *m; m++) {
		g_autoptr(GError) why = NULL;

		if (!machine_find(*m, &why))
			return yaml_tree_fail(tree, yaml_tree_get(tree, root, "machines"), error,
					      "%s", why->message);
	}
	for (unsigned i = 0; i < e->n_variants; i++) {
		yaml_node_t *node = yaml_tree_item(tree, variants, i);

		if (!check_files(tree, node, e, e->variants[i].base, ".patch", error) ||
		    !check_files(tree, node, e, e->variants[i].bug, ".patch", error) ||
		    !check_files(tree, node, e, e->variants[i].fragments, ".config", error))
			return FALSE;
	}
	if (has_kind ? !may_have : must_have)
		return yaml_tree_fail(tree, expect, error, "the oracle '%s' %s",
				      zoo_oracle_name(e->oracle),
				      must_have ? "needs 'kinds'" : "does not take 'kinds'");
	if ((e->operation != NULL) != (e->oracle == ORACLE_OPERATION))
		return yaml_tree_fail(tree, expect, error, "the oracle '%s' %s",
				      zoo_oracle_name(e->oracle),
				      e->operation ? "does not take 'operation'"
						   : "needs 'operation': kmem-bind EBUSY");
	return TRUE;
}

static char *find_file(const char *id, GError **error)
{
	g_autofree char *relative = NULL, *file = NULL, *list = NULL;
	g_auto(GStrv) ids = NULL;

	if (strchr(id, '/') || g_str_has_suffix(id, ".yaml"))
		return g_strdup(id);
	relative = g_strdup_printf(FOLDER "/%s.yaml", id);
	file = rig_home_path(relative);
	if (is_id(id) && g_file_test(file, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&file);
	ids = zoo_ids();
	list = g_strjoinv(", ", ids);
	rig_fail(error, RIG_EXIT_USAGE, "unknown zoo entry '%s' (available: %s)", id, list);
	return NULL;
}

struct zoo_entry *zoo_load(const char *id, GError **error)
{
	g_autofree char *file = find_file(id, error), *data = NULL;
	rig_auto(zoo_entry) entry = NULL;
	rig_auto(yaml_tree) tree = NULL;
	struct raw_entry *raw;
	gsize len;

	if (!file || !rig_read_file(file, FILE_MAX, &data, &len, error))
		return NULL;
	tree = yaml_tree_parse(file, data, len, error);
	raw = tree ? yaml_schema_load(&schema, tree, data, len, error) : NULL;
	if (!raw)
		return NULL;
	entry = take(raw);
	yaml_schema_free(&schema, raw);
	entry->file = g_steal_pointer(&file);
	return check_entry(tree, entry, error) ? g_steal_pointer(&entry) : NULL;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **zoo_ids(void)
{
	g_autofree char *folder = rig_home_path(FOLDER);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GPtrArray *ids = g_ptr_array_new();
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *id = g_str_has_suffix(name, ".yaml")
					      ? g_strndup(name, strlen(name) - strlen(".yaml"))
					      : NULL;

		if (id && is_id(id))
			g_ptr_array_add(ids, g_steal_pointer(&id));
	}
	g_ptr_array_sort(ids, by_name);
	g_ptr_array_add(ids, NULL);
	return (char **)g_ptr_array_free(ids, FALSE);
}

const char *zoo_kernel(const struct zoo_entry *entry)
{
	return entry->variants[0].kernel;
}

static void add_paths(GPtrArray *paths, const struct zoo_entry *e, char **files)
{
	for (char **file = files; *file; file++)
		g_ptr_array_add(paths, file_path(e, *file));
}

const struct zoo_variant *zoo_variant(const struct zoo_entry *e, const char *kernel)
{
	for (unsigned i = 0; i < e->n_variants; i++)
		if (!kernel || !strcmp(kernel, e->variants[i].kernel))
			return &e->variants[i];
	return NULL;
}

gboolean zoo_patches(const struct zoo_entry *e, const char *kernel, gboolean clean, char ***ret,
		     char ***ret_fragments, GError **error)
{
	const struct zoo_variant *v = zoo_variant(e, kernel);
	g_autoptr(GString) known = g_string_new(NULL);

	if (v) {
		GPtrArray *paths = g_ptr_array_new(), *fragments = g_ptr_array_new();

		add_paths(paths, e, v->base);
		if (!clean)
			add_paths(paths, e, v->bug);
		g_ptr_array_add(paths, NULL);
		add_paths(fragments, e, v->fragments);
		g_ptr_array_add(fragments, NULL);
		*ret = (char **)g_ptr_array_free(paths, FALSE);
		*ret_fragments = (char **)g_ptr_array_free(fragments, FALSE);
		return TRUE;
	}
	for (unsigned i = 0; i < e->n_variants; i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "", e->variants[i].kernel);
	return rig_fail(error, RIG_EXIT_USAGE, "%s has no patches for '%s' (available: %s)",
			e->id, kernel, known->str);
}

char *zoo_scenario(const struct zoo_entry *e)
{
	g_autofree char *folder = g_path_get_dirname(e->file);

	return g_str_has_suffix(e->scenario, ".yaml") ? g_build_filename(folder, e->scenario, NULL)
						      : g_strdup(e->scenario);
}
