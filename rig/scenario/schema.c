// SPDX-License-Identifier: GPL-2.0-only
/* The libcyaml schema of a scenario file. */
#include "scenario/schema.h"

#include "plugin/protocol.h"
#include "util/yaml-schema.h"

#define WORDS_MAX 4096

static const cyaml_strval_t do_words[] = {
	{"plug", STEP_PLUG},	 {"unplug", STEP_UNPLUG}, {"resize", STEP_RESIZE},
	{"online", STEP_ONLINE}, {"wait", STEP_WAIT},	  {"check", STEP_CHECK},
	{"pause", STEP_PAUSE},	 {"nmi", STEP_NMI},	  {"reset", STEP_RESET},
	{"cpu", STEP_CPU},
};
static const cyaml_strval_t device_words[] = {
	{"dimm", DEVICE_DIMM},
	{"virtio-mem", DEVICE_VIRTIO_MEM},
	{"cpu", DEVICE_CPU},
	{"nvdimm", DEVICE_NVDIMM},
	{"virtio-pmem", DEVICE_VIRTIO_PMEM},
	{"cxl", DEVICE_CXL},
	{"balloon", DEVICE_BALLOON},
};
static const cyaml_strval_t how_words[] = {
	{"online", HOW_ONLINE},	  {"online_kernel", HOW_KERNEL}, {"online_movable", HOW_MOVABLE},
	{"offline", HOW_OFFLINE}, {"random", HOW_RANDOM},
};
/* the values of enum vm_backend, whose header this module may not include */
static const cyaml_strval_t backend_words[] = {
	{"ram", 0}, {"memfd", 1}, {"file", 2}, {"hugepages", BACKEND_HUGEPAGES}};

/* words of the key `kernel`, with the value of `full` in struct scenario */
static const cyaml_strval_t kernel_words[] = {{"standard", FALSE}, {"full", TRUE}};

#define OPT CYAML_FLAG_OPTIONAL
#define FIELD_WORD(key, flags, type, member, words) \
	CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), type, member, words, G_N_ELEMENTS(words))

static const cyaml_schema_field_t step_fields[] = {
	FIELD_WORD("do", 0, struct step, what, do_words),
	CYAML_FIELD_STRING_PTR("id", OPT, struct step, id, 1, 32),
	FIELD_WORD("device", OPT, struct step, device, device_words),
	CYAML_FIELD_IGNORE("size", OPT),
	CYAML_FIELD_IGNORE("requested", OPT),
	CYAML_FIELD_IGNORE("label", OPT),
	CYAML_FIELD_STRING_PTR("file", OPT, struct step, file, 1, 256),
	CYAML_FIELD_IGNORE("block", OPT),
	CYAML_FIELD_BOOL("prealloc", OPT, struct step, prealloc),
	CYAML_FIELD_BOOL("inaccessible", OPT, struct step, inaccessible),
	CYAML_FIELD_BOOL("memslots", OPT, struct step, memslots),
	CYAML_FIELD_UINT("node", OPT, struct step, node),
	FIELD_WORD("backend", OPT, struct step, backend, backend_words),
	FIELD_WORD("how", OPT, struct step, how, how_words),
	CYAML_FIELD_IGNORE("ms", OPT),
	CYAML_FIELD_UINT("cpu", OPT, struct step, cpu),
	CYAML_FIELD_UINT("write", OPT, struct step, write),
	CYAML_FIELD_UINT("chance", OPT, struct step, chance),
	CYAML_FIELD_BOOL("at_boot", OPT, struct step, at_boot),
	CYAML_FIELD_BOOL("once", OPT, struct step, once),
	CYAML_FIELD_UINT("timeout", OPT, struct step, timeout_s),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_value = {CYAML_VALUE_MAPPING(0, struct step, step_fields)};

static const cyaml_schema_field_t track_fields[] = {
	CYAML_FIELD_UINT("copies", OPT, struct track, copies),
	CYAML_FIELD_UINT("repeat", OPT, struct track, repeat),
	CYAML_FIELD_SEQUENCE_COUNT("steps", CYAML_FLAG_POINTER, struct track, steps, n_steps,
				   &step_value, 1, 256),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t track_value = {
	CYAML_VALUE_MAPPING(0, struct track, track_fields)};

static const cyaml_schema_field_t agent_fields[] = {
	CYAML_FIELD_STRING_PTR("name", 0, struct agent, name, 1, 32),
	CYAML_FIELD_UINT("count", OPT, struct agent, count),
	CYAML_FIELD_UINT("rate", OPT, struct agent, rate),
	CYAML_FIELD_BOOL("optional", OPT, struct agent, optional),
	CYAML_FIELD_IGNORE("params", OPT),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t agent_value = {
	CYAML_VALUE_MAPPING(0, struct agent, agent_fields)};

static const cyaml_schema_field_t hold_fields[] = {
	CYAML_FIELD_STRING_PTR("at", 0, struct hold_spec, at, 1, HOLD_PLACE_MAX),
	CYAML_FIELD_STRING_PTR("until", OPT, struct hold_spec, until, 1, HOLD_PLACE_MAX),
	CYAML_FIELD_STRING_PTR("meet", OPT, struct hold_spec, meet, 1, HOLD_PLACE_MAX),
	CYAML_FIELD_UINT("visits", OPT, struct hold_spec, visits),
	CYAML_FIELD_UINT("max", OPT, struct hold_spec, max_ms),
	CYAML_FIELD_UINT("times", OPT, struct hold_spec, times),
	CYAML_FIELD_UINT("after", OPT, struct hold_spec, after),
	CYAML_FIELD_STRING_PTR("comm", OPT, struct hold_spec, comm, 1, FAIL_COMM - 1),
	CYAML_FIELD_STRING_PTR("same", OPT, struct hold_spec, same, 1, HOLD_SAME_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t hold_value = {
	CYAML_VALUE_MAPPING(0, struct hold_spec, hold_fields)};

static const cyaml_schema_field_t fail_fields[] = {
	CYAML_FIELD_STRING_PTR("function", 0, struct fail_spec, function, 1, HOLD_PLACE_MAX),
	CYAML_FIELD_STRING_PTR("in", OPT, struct fail_spec, in, 1, HOLD_PLACE_MAX),
	CYAML_FIELD_STRING_PTR("errno", OPT, struct fail_spec, error, 1, 32),
	CYAML_FIELD_UINT("call", OPT, struct fail_spec, call),
	CYAML_FIELD_UINT("times", OPT, struct fail_spec, times),
	CYAML_FIELD_STRING_PTR("comm", OPT, struct fail_spec, comm, 1, FAIL_COMM - 1),
	CYAML_FIELD_STRING_PTR("after", OPT, struct fail_spec, after, 1, 64),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t fail_value = {
	CYAML_VALUE_MAPPING(0, struct fail_spec, fail_fields)};

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 256)};

static const cyaml_schema_field_t outcome_fields[] = {
	FIELD_WORD("do", OPT, struct expect_outcome, what, do_words),
	CYAML_FIELD_STRING_PTR("id", OPT, struct expect_outcome, id, 1, 32),
	CYAML_FIELD_STRING_PTR("agent", OPT, struct expect_outcome, agent, 1, 32),
	CYAML_FIELD_STRING_PTR("result", 0, struct expect_outcome, result, 1, 32),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t outcome_value = {
	CYAML_VALUE_MAPPING(0, struct expect_outcome, outcome_fields)};

static const cyaml_schema_field_t expect_fields[] = {
	CYAML_FIELD_STRING_PTR("kind", OPT, struct raw_expect, kind, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("cycle", CYAML_FLAG_POINTER | OPT, struct raw_expect, cycle,
				   n_cycle, &text_value, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("outcomes", CYAML_FLAG_POINTER | OPT, struct raw_expect,
				   outcomes, n_outcomes, &outcome_value, 1, 16),
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
	CYAML_FIELD_UINT("cpu_nodes", OPT, struct raw, s.cpu_nodes),
	CYAML_FIELD_BOOL("hmat", OPT, struct raw, s.hmat),
	CYAML_FIELD_UINT("cpus", OPT, struct raw, s.cpus),
	CYAML_FIELD_UINT("max_cpus", OPT, struct raw, s.max_cpus),
	CYAML_FIELD_SEQUENCE_COUNT("needs", CYAML_FLAG_POINTER | OPT, struct raw, needs, n_needs,
				   &text_value, 1, 64),
	FIELD_WORD("kernel", OPT, struct raw, s.full, kernel_words),
	CYAML_FIELD_SEQUENCE_COUNT("kconfig", CYAML_FLAG_POINTER | OPT, struct raw, kconfig,
				   n_kconfig, &text_value, 1, 64),
	CYAML_FIELD_SEQUENCE_COUNT("modules", CYAML_FLAG_POINTER | OPT, struct raw, modules,
				   n_modules, &text_value, 1, 16),
	CYAML_FIELD_STRING_PTR("cmdline", OPT, struct raw, s.cmdline, 0, WORDS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("vary", CYAML_FLAG_POINTER | OPT, struct raw, vary, n_vary,
				   &text_value, 1, 16),
	CYAML_FIELD_STRING_PTR("online", OPT, struct raw, s.online, 1, 32),
	CYAML_FIELD_UINT("duration", 0, struct raw, s.duration_s),
	CYAML_FIELD_UINT("boot", OPT, struct raw, s.boot_s),
	CYAML_FIELD_BOOL("coverage", OPT, struct raw, s.coverage),
	CYAML_FIELD_BOOL("accounts", OPT, struct raw, s.accounts),
	CYAML_FIELD_SEQUENCE_COUNT("agents", CYAML_FLAG_POINTER | OPT, struct raw, s.agents,
				   s.n_agents, &agent_value, 1, 32),
	CYAML_FIELD_SEQUENCE_COUNT("tracks", CYAML_FLAG_POINTER | OPT, struct raw, s.tracks,
				   s.n_tracks, &track_value, 1, 16),
	CYAML_FIELD_SEQUENCE_COUNT("holds", CYAML_FLAG_POINTER | OPT, struct raw, s.holds,
				   s.n_holds, &hold_value, 1, DIRECTOR_HOLDS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("fail", CYAML_FLAG_POINTER | OPT, struct raw, s.fails,
				   s.n_fails, &fail_value, 1, DIRECTOR_FAILS_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("hold_cycle", CYAML_FLAG_POINTER | OPT, struct raw, hold_cycle,
				   n_hold_cycle, &text_value, 2, TRAP_MEMBERS),
	CYAML_FIELD_SEQUENCE_COUNT("files", CYAML_FLAG_POINTER | OPT, struct raw, files, n_files,
				   &text_value, 1, 32),
	CYAML_FIELD_MAPPING("expect", OPT, struct raw, expect, expect_fields),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t scenario_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, scenario_fields)};

/* Limits of numbers. A key that is not listed has the default limit of util/yaml-schema.h. */
static const struct yaml_limit limits[] = {
	{"slots", 0, 256},
	{"nodes", 1, 16},
	{"base_nodes", 1, 16},
	{"cpu_nodes", 1, 16},
	{"cpus", 1, SCENARIO_CPUS_MAX},
	{"max_cpus", 1, SCENARIO_CPUS_MAX},
	{"boot", 1, 3600},
	{"duration", 1, 604800},
	{"count", 1, 64},
	{"rate", 0, 1000000},
	{"copies", 1, 64},
	{"repeat", 0, 1000000},
	{"node", 0, 15},
	{"cpu", 0, 63},
	{"write", 0, 1},
	{"chance", 1, 100},
	{"timeout", 1, 600},
	{"visits", 1, HOLD_VISITS_MAX},
	{"max", 1, HOLD_MS_MAX},
	{"times", 1, HOLD_TIMES_MAX},
	{"call", 1, FAIL_CALL_MAX},
	{NULL},
};

static const struct yaml_schema schema = {&scenario_value, "the scenario", limits};

struct raw *schema_load(struct yaml_tree *tree, const char *data, gsize len, GError **error)
{
	return yaml_schema_load(&schema, tree, data, len, error);
}

void raw_free(struct raw *raw)
{
	yaml_schema_free(&schema, raw);
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

const char *step_backend_name(int backend)
{
	return word_of(backend_words, G_N_ELEMENTS(backend_words), backend);
}
