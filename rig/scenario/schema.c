// SPDX-License-Identifier: GPL-2.0-only
/*
 * The form of a scenario file, as one libcyaml schema. The same tables serve twice: check() walks them
 * beside the tree of the document, because libcyaml names the place before an unknown key instead of the
 * key itself and does not say what would have been allowed; then libcyaml fills the structs.
 */
#include "scenario/schema.h"

#include <cyaml/cyaml.h>
#include <string.h>

#include "util/error.h"

#define WORDS_MAX 4096

static const cyaml_strval_t do_words[] = {
	{"plug", STEP_PLUG},   {"unplug", STEP_UNPLUG}, {"resize", STEP_RESIZE}, {"online", STEP_ONLINE},
	{"wait", STEP_WAIT},   {"check", STEP_CHECK},	{"pause", STEP_PAUSE},	 {"nmi", STEP_NMI},
	{"reset", STEP_RESET}, {"cpu", STEP_CPU},
};
static const cyaml_strval_t device_words[] = {
	{"dimm", DEVICE_DIMM},
	{"virtio-mem", DEVICE_VIRTIO_MEM},
	{"cpu", DEVICE_CPU},
};
static const cyaml_strval_t how_words[] = {
	{"online", HOW_ONLINE},	  {"online_kernel", HOW_KERNEL}, {"online_movable", HOW_MOVABLE},
	{"offline", HOW_OFFLINE}, {"random", HOW_RANDOM},
};
/* the order of enum vm_backend, a room that this one does not see */
static const cyaml_strval_t backend_words[] = {{"ram", 0}, {"memfd", 1}, {"file", 2}};

#define OPT CYAML_FLAG_OPTIONAL
#define FIELD_WORD(key, flags, type, member, words)                                                 \
	CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), type, member, words, G_N_ELEMENTS(words))

static const cyaml_schema_field_t step_fields[] = {
	FIELD_WORD("do", 0, struct step, what, do_words),
	CYAML_FIELD_STRING_PTR("id", OPT, struct step, id, 1, 32),
	FIELD_WORD("device", OPT, struct step, device, device_words),
	CYAML_FIELD_IGNORE("size", OPT),
	CYAML_FIELD_IGNORE("requested", OPT),
	CYAML_FIELD_UINT("node", OPT, struct step, node),
	FIELD_WORD("backend", OPT, struct step, backend, backend_words),
	FIELD_WORD("how", OPT, struct step, how, how_words),
	CYAML_FIELD_IGNORE("ms", OPT),
	CYAML_FIELD_UINT("cpu", OPT, struct step, cpu),
	CYAML_FIELD_UINT("write", OPT, struct step, write),
	CYAML_FIELD_UINT("chance", OPT, struct step, chance),
	CYAML_FIELD_BOOL("once", OPT, struct step, once),
	CYAML_FIELD_UINT("timeout", OPT, struct step, timeout_s),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_value = {CYAML_VALUE_MAPPING(0, struct step, step_fields)};

static const cyaml_schema_field_t track_fields[] = {
	CYAML_FIELD_UINT("copies", OPT, struct track, copies),
	CYAML_FIELD_UINT("repeat", OPT, struct track, repeat),
	CYAML_FIELD_SEQUENCE_COUNT("steps", CYAML_FLAG_POINTER, struct track, steps, n_steps, &step_value,
				   1, 256),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t track_value = {CYAML_VALUE_MAPPING(0, struct track, track_fields)};

static const cyaml_schema_field_t agent_fields[] = {
	CYAML_FIELD_STRING_PTR("name", 0, struct agent, name, 1, 32),
	CYAML_FIELD_UINT("count", OPT, struct agent, count),
	CYAML_FIELD_UINT("rate", OPT, struct agent, rate),
	CYAML_FIELD_BOOL("optional", OPT, struct agent, optional),
	CYAML_FIELD_IGNORE("params", OPT),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t agent_value = {CYAML_VALUE_MAPPING(0, struct agent, agent_fields)};

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 256)};

static const cyaml_schema_field_t expect_fields[] = {
	CYAML_FIELD_STRING_PTR("kind", 0, struct raw_expect, kind, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("cycle", CYAML_FLAG_POINTER | OPT, struct raw_expect, cycle, n_cycle,
				   &text_value, 1, 64),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t scenario_fields[] = {
	CYAML_FIELD_STRING_PTR("about", 0, struct raw, s.about, 1, WORDS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("machines", CYAML_FLAG_POINTER, struct raw, machines, n_machines,
				   &text_value, 1, 16),
	CYAML_FIELD_IGNORE("memory", 0),
	CYAML_FIELD_IGNORE("max_memory", OPT),
	CYAML_FIELD_UINT("slots", OPT, struct raw, s.slots),
	CYAML_FIELD_UINT("nodes", OPT, struct raw, s.nodes),
	CYAML_FIELD_UINT("base_nodes", OPT, struct raw, s.base_nodes),
	CYAML_FIELD_UINT("cpus", OPT, struct raw, s.cpus),
	CYAML_FIELD_UINT("max_cpus", OPT, struct raw, s.max_cpus),
	CYAML_FIELD_SEQUENCE_COUNT("needs", CYAML_FLAG_POINTER | OPT, struct raw, needs, n_needs,
				   &text_value, 1, 64),
	CYAML_FIELD_STRING_PTR("cmdline", OPT, struct raw, s.cmdline, 0, WORDS_MAX),
	CYAML_FIELD_STRING_PTR("online", OPT, struct raw, s.online, 1, 32),
	CYAML_FIELD_UINT("duration", 0, struct raw, s.duration_s),
	CYAML_FIELD_UINT("boot", OPT, struct raw, s.boot_s),
	CYAML_FIELD_BOOL("accounts", OPT, struct raw, s.accounts),
	CYAML_FIELD_SEQUENCE_COUNT("agents", CYAML_FLAG_POINTER | OPT, struct raw, s.agents, s.n_agents,
				   &agent_value, 1, 32),
	CYAML_FIELD_SEQUENCE_COUNT("tracks", CYAML_FLAG_POINTER | OPT, struct raw, s.tracks, s.n_tracks,
				   &track_value, 1, 16),
	CYAML_FIELD_MAPPING("expect", OPT, struct raw, expect, expect_fields),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t scenario_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, scenario_fields)};

/* What each number may be; those not listed have no use for a large value either. */
static const struct {
	const char *key;
	guint64 low, high;
} limits[] = {
	{"slots", 0, 256},   {"nodes", 1, 16},	  {"base_nodes", 1, 16},   {"cpus", 1, 64},
	{"max_cpus", 1, 64}, {"boot", 1, 3600},	  {"duration", 1, 604800}, {"count", 1, 64},
	{"rate", 0, 1000000}, {"copies", 1, 64},  {"repeat", 0, 1000000},  {"node", 0, 15},
	{"cpu", 0, 63},	     {"write", 0, 1},	  {"chance", 1, 100},	   {"timeout", 1, 600},
};

static gboolean check(struct tree *tree, yaml_node_t *node, const cyaml_schema_value_t *value,
		      const char *key, GError **error);

static gboolean check_uint(struct tree *tree, yaml_node_t *node, const char *key, GError **error)
{
	const char *text = tree_text(node);
	guint64 number, low = 0, high = G_MAXUINT16;

	for (guint i = 0; i < G_N_ELEMENTS(limits); i++)
		if (!strcmp(limits[i].key, key)) {
			low = limits[i].low;
			high = limits[i].high;
		}
	if (!text || !g_ascii_string_to_unsigned(text, 10, low, high, &number, NULL))
		return tree_fail(tree, node, error, "'%s' is no value for '%s'; allowed: %" G_GUINT64_FORMAT
				 " to %" G_GUINT64_FORMAT, text ? text : "a list", key, low, high);
	return TRUE;
}

static gboolean check_string(struct tree *tree, yaml_node_t *node, const cyaml_schema_value_t *value,
			     const char *key, GError **error)
{
	const char *text = tree_text(node);

	if (!text)
		return tree_fail(tree, node, error, "'%s' takes a text", key);
	if (strlen(text) < value->string.min || strlen(text) > value->string.max)
		return tree_fail(tree, node, error, "'%s' takes %u to %u characters, this has %zu", key,
				 value->string.min, value->string.max, strlen(text));
	return TRUE;
}

static gboolean check_bool(struct tree *tree, yaml_node_t *node, const char *key, GError **error)
{
	const char *text = tree_text(node);

	/* libcyaml takes any word that is not one of its "no" words for a yes */
	if (!g_strcmp0(text, "true") || !g_strcmp0(text, "false"))
		return TRUE;
	return tree_fail(tree, node, error, "'%s' is no value for '%s'; allowed: true, false",
			 text ? text : "a list", key);
}

static gboolean check_enum(struct tree *tree, yaml_node_t *node, const cyaml_schema_value_t *value,
			   const char *key, GError **error)
{
	g_autoptr(GString) allowed = g_string_new(NULL);
	const char *text = tree_text(node);

	for (guint i = 0; i < value->enumeration.count; i++) {
		const char *word = value->enumeration.strings[i].str;

		if (!g_strcmp0(text, word))
			return TRUE;
		g_string_append_printf(allowed, "%s%s", i ? ", " : "", word);
	}
	return tree_fail(tree, node, error, "'%s' is no value for '%s'; allowed: %s",
			 text ? text : "a list", key, allowed->str);
}

static gboolean check_sequence(struct tree *tree, yaml_node_t *node, const cyaml_schema_value_t *value,
			       const char *key, GError **error)
{
	yaml_node_t *item;
	guint n = 0;

	if (node->type != YAML_SEQUENCE_NODE)
		return tree_fail(tree, node, error, "'%s' takes a list", key);
	for (; (item = tree_item(tree, node, n)); n++) {
		if (n == value->sequence.max)
			return tree_fail(tree, item, error, "'%s' takes at most %u entries", key,
					 value->sequence.max);
		if (!check(tree, item, value->sequence.entry, key, error))
			return FALSE;
	}
	if (n < value->sequence.min)
		return tree_fail(tree, node, error, "'%s' takes at least %u entry", key,
				 value->sequence.min);
	return TRUE;
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *key)
{
	for (; fields->key; fields++)
		if (!strcmp(fields->key, key))
			return fields;
	return NULL;
}

static gboolean check_mapping(struct tree *tree, yaml_node_t *node, const cyaml_schema_value_t *value,
			      const char *key, GError **error)
{
	const cyaml_schema_field_t *fields = value->mapping.fields, *field;
	yaml_node_t *child;
	const char *name;

	if (node->type != YAML_MAPPING_NODE)
		return tree_fail(tree, node, error, "'%s' takes keys and values, 'key: value'", key);
	for (guint i = 0; (name = tree_key(tree, node, i, &child)); i++) {
		field = find_field(fields, name);
		if (!field) {
			g_autoptr(GString) allowed = g_string_new(NULL);

			for (field = fields; field->key; field++)
				g_string_append_printf(allowed, "%s%s", allowed->len ? ", " : "",
						       field->key);
			return tree_fail(tree, tree_item(tree, node, i), error,
					 "unknown key '%s' in %s; allowed: %s", name, key, allowed->str);
		}
		if (!check(tree, child, &field->value, name, error))
			return FALSE;
	}
	for (field = fields; field->key; field++)
		if (!(field->value.flags & CYAML_FLAG_OPTIONAL) && !tree_get(tree, node, field->key))
			return tree_fail(tree, node, error, "the key '%s' is missing in %s", field->key,
					 key);
	return TRUE;
}

static gboolean check(struct tree *tree, yaml_node_t *node, const cyaml_schema_value_t *value,
		      const char *key, GError **error)
{
	switch (value->type) {
	case CYAML_UINT:
		return check_uint(tree, node, key, error);
	case CYAML_STRING:
		return check_string(tree, node, value, key, error);
	case CYAML_BOOL:
		return check_bool(tree, node, key, error);
	case CYAML_ENUM:
		return check_enum(tree, node, value, key, error);
	case CYAML_SEQUENCE:
		return check_sequence(tree, node, value, key, error);
	case CYAML_MAPPING:
		return check_mapping(tree, node, value, key, error);
	default:
		return TRUE;
	}
}

static void *memory(void *context, void *block, size_t size)
{
	(void)context;
	return g_realloc(block, size);
}

static void G_GNUC_PRINTF(3, 0) keep_log(cyaml_log_t level, void *context, const char *format,
					 va_list args)
{
	(void)level;
	g_string_append_vprintf(context, format, args);
}

static const cyaml_config_t config = {
	.log_fn = keep_log,
	.mem_fn = memory,
	.log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS,
};

struct raw *schema_load(struct tree *tree, const char *data, gsize len, GError **error)
{
	g_autoptr(GString) log = g_string_new(NULL);
	cyaml_config_t mine = config;
	struct raw *raw = NULL;
	cyaml_err_t err;

	if (!check(tree, tree_root(tree), &scenario_value, "the scenario", error))
		return NULL;
	mine.log_ctx = log;
	err = cyaml_load_data((const guint8 *)data, len, &mine, &scenario_value, (void **)&raw, NULL);
	if (err == CYAML_OK)
		return raw;
	g_strdelimit(g_strchomp(log->str), "\n", ';');
	rig_fail(error, RIG_EXIT_USAGE, "%s: %s: %s", tree->file, cyaml_strerror(err), log->str);
	return NULL;
}

void raw_free(struct raw *raw)
{
	cyaml_free(&config, &scenario_value, raw, 0);
}

static const char *word_of(const cyaml_strval_t *words, guint n, int value)
{
	for (guint i = 0; i < n; i++)
		if (words[i].val == value)
			return words[i].str;
	return "?";
}

const char *step_do_name(enum step_do what)
{
	return word_of(do_words, G_N_ELEMENTS(do_words), what);
}

const char *step_device_name(enum step_device device)
{
	return word_of(device_words, G_N_ELEMENTS(device_words), device);
}

const char *step_how_name(enum step_how how)
{
	return word_of(how_words, G_N_ELEMENTS(how_words), how);
}
