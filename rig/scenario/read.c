// SPDX-License-Identifier: GPL-2.0-only
/* Reads sizes, ranges and params, and checks the fields of each step by a table. */
#include "scenario/read.h"

#include <string.h>

#include "util/error.h"
#include "util/size.h"

/*
 * Maximum of a size in bytes: more than the memory of any guest, but small enough that sums of
 * sizes do not overflow 64 bits.
 */
#define SIZE_MAX_BYTES (G_GUINT64_CONSTANT(1) << 44)
#define MS_MAX 600000
/*
 * QEMU's minimum label area (hw/mem/nvdimm.c, MIN_NAMESPACE_LABEL_SIZE), and a maximum that is
 * sufficient for any number of namespaces
 */
#define LABEL_MIN (G_GUINT64_CONSTANT(128) << 10)
#define LABEL_MAX (G_GUINT64_CONSTANT(16) << 20)
#define LABEL_UNIT 4096
#define BLOCK_MIN (G_GUINT64_CONSTANT(4) << 20)
#define PARAMS_MAX 16

typedef gboolean (*read_number)(struct yaml_tree *tree, yaml_node_t *node, const char *key,
				guint64 *ret, GError **error);

static gboolean number_size(struct yaml_tree *tree, yaml_node_t *node, const char *key,
			    guint64 *ret, GError **error)
{
	const char *text = yaml_tree_text(node);
	g_autoptr(GError) why = NULL;

	if (!text)
		return yaml_tree_fail(tree, node, error, "'%s' must be a size, for example "
							 "256M", key);
	if (!rig_size_parse(text, ret, &why))
		return yaml_tree_fail(tree, node, error, "%s: %s", key, why->message);
	if (*ret > SIZE_MAX_BYTES)
		return yaml_tree_fail(tree, node, error, "'%s' for '%s' is too large; at most 16T",
				      text, key);
	return TRUE;
}

static gboolean number_ms(struct yaml_tree *tree, yaml_node_t *node, const char *key, guint64 *ret,
			  GError **error)
{
	const char *text = yaml_tree_text(node);

	if (text && g_ascii_string_to_unsigned(text, 10, 0, MS_MAX, ret, NULL))
		return TRUE;
	return yaml_tree_fail(tree, node, error, "invalid value '%s' for '%s'; allowed: 0 to %d ms",
			 text ? text : "a list", key, MS_MAX);
}

gboolean read_size(struct yaml_tree *tree, yaml_node_t *map, const char *key, guint64 *ret,
		   GError **error)
{
	yaml_node_t *node = yaml_tree_get(tree, map, key);
	guint64 size = 0;

	if (!node)
		return TRUE;
	if (!number_size(tree, node, key, &size, error))
		return FALSE;
	if (!size)
		return yaml_tree_fail(tree, node, error, "'%s' must not be 0", key);
	*ret = size;
	return TRUE;
}

/* Reads a number `200` or a range `[100, 300]`. */
static gboolean read_range(struct yaml_tree *tree, yaml_node_t *map, const char *key,
			   read_number number, struct range *ret, GError **error)
{
	yaml_node_t *node = yaml_tree_get(tree, map, key);
	struct range range = {0};

	if (!node)
		return TRUE;
	if (node->type != YAML_SEQUENCE_NODE) {
		if (!number(tree, node, key, &range.low, error))
			return FALSE;
		range.high = range.low;
	} else {
		yaml_node_t *low = yaml_tree_item(tree, node, 0),
			    *high = yaml_tree_item(tree, node, 1);

		if (!low || !high || yaml_tree_item(tree, node, 2))
			return yaml_tree_fail(tree, node, error,
					 "'%s' takes one value, or two: [lowest, highest]", key);
		if (!number(tree, low, key, &range.low, error) ||
		    !number(tree, high, key, &range.high, error))
			return FALSE;
		if (range.low > range.high)
			return yaml_tree_fail(tree, node, error, "'%s': '%s' is above '%s'", key,
					 yaml_tree_text(low), yaml_tree_text(high));
	}
	*ret = range;
	return TRUE;
}

enum field {
	F_ID = 1 << 0,
	F_DEVICE = 1 << 1,
	F_SIZE = 1 << 2,
	F_REQUESTED = 1 << 3,
	F_NODE = 1 << 4,
	F_BACKEND = 1 << 5,
	F_HOW = 1 << 6,
	F_MS = 1 << 7,
	F_CPU = 1 << 8,
	F_WRITE = 1 << 9,
	F_TIMEOUT = 1 << 10,
	F_CHANCE = 1 << 11,
	F_ONCE = 1 << 12,
	F_LABEL = 1 << 13,
	F_BLOCK = 1 << 14,
	F_PREALLOC = 1 << 15,
	F_INACCESSIBLE = 1 << 16,
	F_MEMSLOTS = 1 << 17,
	F_AT_BOOT = 1 << 18,
	F_FILE = 1 << 19,
};

static const struct {
	enum field field;
	const char *key;
} fields[] = {
	{F_ID, "id"},		{F_DEVICE, "device"},
	{F_SIZE, "size"},	{F_REQUESTED, "requested"},
	{F_NODE, "node"},	{F_BACKEND, "backend"},
	{F_HOW, "how"},		{F_MS, "ms"},
	{F_CPU, "cpu"},		{F_WRITE, "write"},
	{F_TIMEOUT, "timeout"}, {F_CHANCE, "chance"},
	{F_ONCE, "once"},	{F_LABEL, "label"},
	{F_BLOCK, "block"},	{F_PREALLOC, "prealloc"},
	{F_INACCESSIBLE, "inaccessible"}, {F_MEMSLOTS, "memslots"},
	{F_AT_BOOT, "at_boot"}, {F_FILE, "file"},
};

#define ANY_DEVICE (-1)

/*
 * The fields that each kind of step requires or allows. In addition, every step may have `chance`.
 */
static const struct {
	enum step_do what;
	int device;
	unsigned needs, uses;
} steps[] = {
	{STEP_PLUG, DEVICE_DIMM, F_ID | F_DEVICE | F_SIZE, F_NODE | F_BACKEND | F_ONCE | F_TIMEOUT},
	{STEP_PLUG, DEVICE_VIRTIO_MEM, F_ID | F_DEVICE | F_SIZE,
	 F_REQUESTED | F_NODE | F_BACKEND | F_ONCE | F_TIMEOUT | F_BLOCK | F_PREALLOC |
		 F_INACCESSIBLE | F_MEMSLOTS},
	{STEP_PLUG, DEVICE_CPU, F_ID | F_DEVICE, F_ONCE | F_TIMEOUT},
	{STEP_PLUG, DEVICE_NVDIMM, F_ID | F_DEVICE | F_SIZE,
	 F_LABEL | F_FILE | F_NODE | F_ONCE | F_TIMEOUT},
	{STEP_PLUG, DEVICE_VIRTIO_PMEM, F_ID | F_DEVICE | F_SIZE, F_ONCE | F_TIMEOUT},
	{STEP_PLUG, DEVICE_CXL, F_ID | F_DEVICE | F_SIZE,
	 F_BACKEND | F_ONCE | F_AT_BOOT | F_TIMEOUT},
	{STEP_PLUG, DEVICE_BALLOON, F_ID | F_DEVICE, F_ONCE | F_TIMEOUT},
	{STEP_UNPLUG, ANY_DEVICE, F_ID, F_TIMEOUT},
	{STEP_RESIZE, ANY_DEVICE, F_ID | F_SIZE, F_TIMEOUT},
	{STEP_ONLINE, ANY_DEVICE, F_ID | F_HOW, F_TIMEOUT},
	{STEP_WAIT, ANY_DEVICE, F_MS, 0},
	{STEP_CHECK, ANY_DEVICE, 0, F_TIMEOUT},
	{STEP_PAUSE, ANY_DEVICE, F_MS, F_TIMEOUT},
	{STEP_NMI, ANY_DEVICE, 0, F_TIMEOUT},
	{STEP_RESET, ANY_DEVICE, 0, F_TIMEOUT},
	{STEP_CPU, ANY_DEVICE, F_CPU | F_WRITE, F_TIMEOUT},
};

/* Returns the devices and kinds of steps that take FIELD: "nvdimm", "dimm, cxl, resize". */
static char *takers(unsigned field)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
		if ((steps[i].needs | steps[i].uses) & field)
			g_string_append_printf(text, "%s%s", text->len ? ", " : "",
					       steps[i].device == ANY_DEVICE
						       ? step_do_name(steps[i].what)
						       : step_device_name(steps[i].device));
	return g_string_free(text, FALSE);
}

static gboolean check_fields(struct yaml_tree *tree, yaml_node_t *node, const struct step *step,
			     GError **error)
{
	const char *of = step->what == STEP_PLUG ? " of a " : "";
	const char *device = step->what == STEP_PLUG ? step_device_name(step->device) : "";
	unsigned needs = 0, uses = 0;

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
		if (steps[i].what == step->what &&
		    (steps[i].device == ANY_DEVICE || steps[i].device == (int)step->device)) {
			needs = steps[i].needs;
			uses = needs | steps[i].uses | F_CHANCE;
		}
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		yaml_node_t *value = yaml_tree_get(tree, node, fields[i].key);

		if (!value && (needs & fields[i].field))
			return yaml_tree_fail(tree, node, error, "the step '%s' needs '%s'",
					 step_do_name(step->what), fields[i].key);
		if (value && !(uses & fields[i].field)) {
			g_autofree char *others = takers(fields[i].field);

			return yaml_tree_fail(tree, value, error,
					      "the step '%s'%s%s does not take '%s'; it is for: %s",
					      step_do_name(step->what), of, device, fields[i].key,
					      others);
		}
	}
	return TRUE;
}

/* Checks an id, because it becomes part of QEMU ids ("d.2" for copies) and journal entries. */
static gboolean check_id(struct yaml_tree *tree, yaml_node_t *node, const char *id, GError **error)
{
	gboolean ok = g_ascii_islower(*id);

	for (const char *p = id; *p && ok; p++)
		ok = g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '-';
	return ok ||
	       yaml_tree_fail(
		       tree, yaml_tree_get(tree, node, "id"), error,
		       "invalid id '%s'; allowed: a lower-case letter, then lower-case letters, "
		       "digits and '-'",
		       id);
}

static gboolean read_label(struct yaml_tree *tree, yaml_node_t *node, struct step *step,
			   GError **error)
{
	yaml_node_t *label = yaml_tree_get(tree, node, "label");

	if (step->device == DEVICE_NVDIMM)
		step->label = LABEL_MIN;
	if (!read_size(tree, node, "label", &step->label, error))
		return FALSE;
	return !label ||
	       (step->label >= LABEL_MIN && step->label <= LABEL_MAX &&
		step->label % LABEL_UNIT == 0) ||
	       yaml_tree_fail(tree, label, error,
			      "invalid label area '%s'; allowed: 128K to 16M, a multiple of 4K",
			      yaml_tree_text(label));
}

static gboolean fits_block(const struct range *range, guint64 block)
{
	return range->low % block == 0 && range->high % block == 0;
}

/*
 * Reads `block`. QEMU accepts powers of two (hw/virtio/virtio-mem.c); the guest's driver needs at
 * least 4 MiB.
 */
static gboolean read_block(struct yaml_tree *tree, yaml_node_t *node, struct step *step,
			   GError **error)
{
	yaml_node_t *block = yaml_tree_get(tree, node, "block");

	if (!read_size(tree, node, "block", &step->block, error))
		return FALSE;
	if (!block)
		return TRUE;
	if (step->block < BLOCK_MIN || (step->block & (step->block - 1)))
		return yaml_tree_fail(tree, block, error,
				      "invalid block '%s'; allowed: a power of two, at least 4M",
				      yaml_tree_text(block));
	return (fits_block(&step->size, step->block) &&
		fits_block(&step->requested, step->block)) ||
	       yaml_tree_fail(tree, block, error,
			      "'size' and 'requested' must be multiples of the device's "
			      "block size, %s",
			      yaml_tree_text(block));
}

gboolean read_step(struct yaml_tree *tree, yaml_node_t *node, struct step *step, GError **error)
{
	if (!check_fields(tree, node, step, error) ||
	    !read_range(tree, node, "size", number_size, &step->size, error) ||
	    !read_range(tree, node, "requested", number_size, &step->requested, error) ||
	    !read_range(tree, node, "ms", number_ms, &step->ms, error) ||
	    !read_label(tree, node, step, error) || !read_block(tree, node, step, error) ||
	    (step->id && !check_id(tree, node, step->id, error)))
		return FALSE;
	if (step->what == STEP_PLUG && scenario_has_size(step->device) && !step->size.low)
		return yaml_tree_fail(tree, yaml_tree_get(tree, node, "size"), error,
				      "'size' must not be 0");
	if (step->requested.high > step->size.low && step->what == STEP_PLUG)
		return yaml_tree_fail(tree, yaml_tree_get(tree, node, "requested"), error,
				 "the highest 'requested' is above the lowest 'size'");
	if (step->at_boot && (!step->once || step->size.low != step->size.high))
		return yaml_tree_fail(tree, yaml_tree_get(tree, node, "at_boot"), error,
				      "'at_boot' needs 'once: true' and one size, not a range");
	if (step->file && step->size.low != step->size.high)
		return yaml_tree_fail(tree, yaml_tree_get(tree, node, "size"), error,
				      "with 'file', 'size' must be one size, not a range");
	if (!step->chance)
		step->chance = 100;
	if (!step->timeout_s)
		step->timeout_s = STEP_TIMEOUT_S;
	return TRUE;
}

/*
 * Checks TEXT, a key or a value of params. On the guest channel, words are separated by a space and
 * lines by a newline. So a key may contain neither. A value is the rest of its line, so it may
 * contain spaces (SPACES is TRUE), but no newline.
 */
static gboolean is_printable(const char *text, gboolean spaces)
{
	if (!*text || *text == ' ' || strlen(text) > 255)
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isgraph(*text) && !(spaces && *text == ' '))
			return FALSE;
	return TRUE;
}

gboolean read_params(struct yaml_tree *tree, yaml_node_t *node, struct agent *agent, GError **error)
{
	yaml_node_t *params = yaml_tree_get(tree, node, "params"), *value;
	const char *key;

	if (!params)
		return TRUE;
	if (params->type != YAML_MAPPING_NODE)
		return yaml_tree_fail(tree, params, error,
				      "'params' takes keys and values, 'key: value'");
	for (guint i = 0; (key = yaml_tree_key(tree, params, i, &value)); i++) {
		const char *text = yaml_tree_text(value);

		if (i == PARAMS_MAX)
			return yaml_tree_fail(tree, value, error,
					      "'params' takes at most %d entries", PARAMS_MAX);
		if (!is_printable(key, FALSE))
			return yaml_tree_fail(tree, yaml_tree_item(tree, params, i), error,
					 "invalid key '%s' in 'params'; allowed: "
					 "printable characters without blanks", key);
		if (!text || !is_printable(text, TRUE))
			return yaml_tree_fail(
				tree, value, error,
				"the param '%s' takes 1 to 255 characters of ASCII (lists: a,b,c)",
				key);
		agent->params = g_renew(struct param, agent->params, i + 1);
		agent->params[i] = (struct param){g_strdup(key), g_strdup(text)};
		agent->n_params = i + 1;
	}
	return TRUE;
}
