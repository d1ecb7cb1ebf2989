// SPDX-License-Identifier: GPL-2.0-only
/* Makes the coverage of a run from the recorded code and the kernel's symbols. */
#include <string.h>

#include "cover/coverage.h"
#include "symbol/sources.h"

/*
 * The copy of a function that is being counted: the function itself, or one place where it is
 * inlined.
 */
struct copy {
	struct coverage_function *function; /* NULL if no copy is being counted */
	guint number;
	guint64 size, bytes;
	gboolean reached[COVERAGE_PHASES], has_entry;
};

struct maker {
	struct coverage *coverage;
	const struct coverage_bits *bits;
	struct copy copy;
};

static gboolean is_set(const struct coverage_bits *bits, guint phase, guint64 address)
{
	const guint8 *map = g_bytes_get_data(bits->phase[phase], NULL);
	guint64 at = address - bits->from;

	return map[at / 8] >> at % 8 & 1;
}

/*
 * Returns how many bytes of RANGE were reached in PHASE. RANGE must be inside of the recorded code.
 */
static guint64 count(const struct coverage_bits *bits, guint phase,
		     const struct symbol_range *range)
{
	guint64 n = 0;

	for (guint64 i = 0; i < range->size; i++)
		n += is_set(bits, phase, range->address + i);
	return n;
}

static gboolean is_recorded(const struct coverage_bits *bits, const struct symbol_range *range)
{
	return range->address >= bits->from && range->address < bits->to && range->size &&
	       range->size <= bits->to - range->address;
}

static void end_copy(struct copy *copy)
{
	struct coverage_function *function = copy->function;

	if (!function)
		return;
	function->size = MAX(function->size, copy->size);
	function->bytes = MAX(function->bytes, copy->bytes);
	for (guint phase = 0; phase < COVERAGE_PHASES; phase++)
		function->reached[phase] |= copy->reached[phase];
	copy->function = NULL;
}

/*
 * Begins to count the copy of CODE. An inlined copy counts as reached only if its first instruction
 * was reached: the compiler may move its other instructions before the condition under which the
 * function is called.
 */
static void begin_copy(struct maker *m, const struct symbol_code *code)
{
	const struct symbol_range entry = {code->entry, 1};
	struct coverage_file *file = coverage_file(m->coverage, code->file);

	m->copy = (struct copy){.function = coverage_function(file, code->function),
				.number = code->copy};
	if (code->line)
		m->copy.function->line = code->line;
	m->copy.has_entry = code->entry && is_recorded(m->bits, &entry);
	for (guint phase = 0; phase < COVERAGE_PHASES && m->copy.has_entry; phase++)
		m->copy.reached[phase] = is_set(m->bits, phase, code->entry);
}

static void add_piece(struct maker *m, const struct symbol_code *code)
{
	if (m->copy.function && m->copy.number != code->copy)
		end_copy(&m->copy);
	if (!m->copy.function)
		begin_copy(m, code);
	m->copy.size += code->range.size;
	m->copy.bytes += count(m->bits, COVERAGE_LOAD, &code->range);
	for (guint phase = 0; phase < COVERAGE_PHASES && !m->copy.has_entry; phase++)
		m->copy.reached[phase] |= count(m->bits, phase, &code->range) > 0;
}

static void add_line(struct maker *m, const struct symbol_code *code)
{
	struct coverage_file *file = coverage_file(m->coverage, code->file);
	struct coverage_line line = {code->line, 0};

	for (guint phase = 0; phase < COVERAGE_PHASES; phase++)
		if (count(m->bits, phase, &code->range))
			line.reached |= 1u << phase;
	g_array_append_val(file->lines, line);
}

static void on_code(const struct symbol_code *code, void *data)
{
	struct maker *m = data;

	if (!is_recorded(m->bits, &code->range))
		return;
	if (code->function)
		add_piece(m, code);
	else
		add_line(m, code);
}

static gboolean wanted(const char *file, void *data)
{
	struct maker *m = data;

	return source_use_of(file) & (SOURCE_COVER | SOURCE_NEAR) &&
	       source_is_for(file, m->coverage->arch);
}

static int by_line(gconstpointer a, gconstpointer b)
{
	const struct coverage_line *one = a, *two = b;

	return one->line < two->line ? -1 : one->line > two->line;
}

/* Sorts the lines of FILE, and merges those with the same number. */
static void merge_lines(struct coverage_file *file)
{
	GArray *merged = g_array_new(FALSE, FALSE, sizeof(struct coverage_line));

	g_array_sort(file->lines, by_line);
	for (guint i = 0; i < file->lines->len; i++) {
		const struct coverage_line *line =
			&g_array_index(file->lines, struct coverage_line, i);
		struct coverage_line *last =
			merged->len ? &g_array_index(merged, struct coverage_line, merged->len - 1)
				    : NULL;

		if (last && last->line == line->line)
			last->reached |= line->reached;
		else
			g_array_append_vals(merged, line, 1);
	}
	g_array_unref(file->lines);
	file->lines = merged;
}

/*
 * Returns TRUE if NAME is a function that a macro generates for a tracepoint. It is left out,
 * because DWARF does not count it as code of the source file either.
 */
static gboolean is_generated(const char *name)
{
	static const char *const prefixes[] = {"perf_trace_", "trace_event_raw_event_",
					       "trace_raw_output_", "trace_event_get_offsets_",
					       "__bpf_trace_", "__traceiter_"};

	for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(name, prefixes[i]))
			return TRUE;
	return FALSE;
}

/* Adds the functions of each file by their symbols (symbol/sources.h); used without DWARF. */
static void add_names(struct maker *m, struct symbols *symbols)
{
	enum source_use use;
	const char *file;
	guint copies = 0;

	for (guint i = 0; (file = source_file(i, &use)); i++) {
		g_autoptr(GArray) functions =
			wanted(file, m) ? source_functions(symbols, i, SOURCE_COVER)
					: NULL;

		for (guint j = 0; functions && j < functions->len; j++) {
			const struct symbol_named *named =
				&g_array_index(functions, struct symbol_named, j);
			/* count a variant that the compiler made (NAME.isra.0) as NAME */
			g_autofree char *plain = g_strndup(named->name, strcspn(named->name, "."));
			g_autofree char *name = g_utf8_make_valid(plain, -1);
			const struct symbol_code code = {.file = file, .function = name,
							 .copy = copies++, .range = named->range};

			if (!is_generated(name))
				on_code(&code, m);
		}
	}
}

struct coverage *coverage_make(const struct coverage_bits *bits, struct symbols *symbols,
			       const char *kernel, const char *arch, const char *tree)
{
	struct maker m = {.coverage = coverage_new(kernel, arch, tree), .bits = bits};
	const struct symbol_code_owner owner = {wanted, on_code, &m};

	symbols_code_of(symbols, &owner);
	if (!m.coverage->files->len)
		add_names(&m, symbols);
	end_copy(&m.copy);
	for (guint i = 0; i < m.coverage->files->len; i++)
		merge_lines(m.coverage->files->pdata[i]);
	return m.coverage;
}

void coverage_drop_neighbours(struct coverage *coverage)
{
	for (guint i = coverage->files->len; i; i--) {
		const struct coverage_file *file = coverage->files->pdata[i - 1];

		if (source_use_of(file->name) & SOURCE_NEAR)
			g_ptr_array_remove_index(coverage->files, i - 1);
	}
}
