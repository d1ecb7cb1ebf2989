// SPDX-License-Identifier: GPL-2.0-only
/* Finds file and line for the frames of a report, by symbol table and DWARF. */
#include "symbol/symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/internal.h"
#include "util/error.h"

#define FILE_MAX (G_GINT64_CONSTANT(8) << 30)
#define FRAMES_MAX 2000 /* maximum number of frames of one report */

struct symbols {
	int fd;
	Elf *elf;
	struct table *table; /* at least one of `table` and `lines` is not NULL */
	struct lines *lines;
	/* owns the names in `table` if it is from kallsyms; otherwise NULL */
	GStringChunk *names;
	GBytes *image;	     /* the memory that `elf` reads; NULL if it reads a file */
	/* a cache, because reports repeat frames: address (guint64 *) -> its places */
	GHashTable *known;
};

static void place_free(gpointer data)
{
	struct place *place = data;

	g_free(place->function);
	g_free(place->file);
	g_free(place);
}

static gboolean open_elf(struct symbols *symbols, const char *path, GError **error)
{
	struct stat info;
	GElf_Ehdr header;

	symbols->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (symbols->fd < 0 || fstat(symbols->fd, &info) < 0)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot open '%s': %s", path,
				g_strerror(errno));
	if (!S_ISREG(info.st_mode) || info.st_size > FILE_MAX)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' must be a regular file of at most 8 GiB", path);
	elf_version(EV_CURRENT);
	symbols->elf = elf_begin(symbols->fd, ELF_C_READ_MMAP, NULL);
	if (!symbols->elf || elf_kind(symbols->elf) != ELF_K_ELF ||
	    !gelf_getehdr(symbols->elf, &header))
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"'%s' is not an ELF file; the vmlinux of the build is needed, not the "
			"image that boots",
			path);
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"'%s' is not linked, so it has no addresses; give the vmlinux of the build",
			path);
	return TRUE;
}

static struct symbols *symbols_new(void)
{
	struct symbols *symbols = g_new0(struct symbols, 1);

	symbols->fd = -1;
	symbols->known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
					       (GDestroyNotify)g_ptr_array_unref);
	return symbols;
}

struct symbols *symbols_open(const char *path, GError **error)
{
	rig_auto(symbols) symbols = symbols_new();

	if (!open_elf(symbols, path, error))
		return NULL;
	symbols->table = table_new(symbols->elf);
	symbols->lines = lines_new(symbols->elf);
	if (!symbols->table && !symbols->lines) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s' has neither symbols nor DWARF (stripped?); give the build's vmlinux",
			 path);
		return NULL;
	}
	return g_steal_pointer(&symbols);
}

struct symbols *symbols_of_image(GBytes *image, GError **error)
{
	rig_auto(symbols) symbols = symbols_new();
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	gsize len;
	const guint8 *data = g_bytes_get_data(image, &len);

	symbols->names = g_string_chunk_new(1 << 16);
	if (!kallsyms_read(data, len, KALLSYMS_CODE, symbols->names, found, error) || !found->len) {
		g_array_unref(found);
		return NULL;
	}
	symbols->table = table_from(found);
	symbols->image = g_bytes_ref(image);
	elf_version(EV_CURRENT);
	/* libelf takes a pointer that is not const, but only elf_update() would write to it */
	symbols->elf = elf_memory((char *)data, len);
	return g_steal_pointer(&symbols);
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	g_hash_table_unref(symbols->known);
	table_free(symbols->table);
	lines_free(symbols->lines);
	g_clear_pointer(&symbols->names, g_string_chunk_free);
	elf_end(symbols->elf);
	if (symbols->fd >= 0)
		close(symbols->fd);
	g_clear_pointer(&symbols->image, g_bytes_unref);
	g_free(symbols);
}

gboolean symbols_code(struct symbols *symbols, guint64 address, gsize len, guint8 *ret)
{
	size_t n = 0, size;
	const char *file = symbols->elf ? elf_rawfile(symbols->elf, &size) : NULL;

	if (!file || elf_getphdrnum(symbols->elf, &n))
		return FALSE;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;
		guint64 into;

		if (!gelf_getphdr(symbols->elf, i, &phdr) || phdr.p_type != PT_LOAD ||
		    address < phdr.p_vaddr)
			continue;
		into = address - phdr.p_vaddr;
		if (into > phdr.p_filesz || len > phdr.p_filesz - into || phdr.p_offset > size ||
		    into + len > size - phdr.p_offset)
			continue;
		memcpy(ret, file + phdr.p_offset + into, len);
		return TRUE;
	}
	return FALSE;
}

gboolean symbols_have_lines(const struct symbols *symbols)
{
	return symbols->lines != NULL;
}

gboolean symbols_find(struct symbols *symbols, const struct frame *frame, guint64 *ret_address)
{
	return symbols->table && table_find(symbols->table, frame, ret_address);
}

GArray *symbols_named(struct symbols *symbols, const char *name)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct symbol_range));

	if (symbols->table)
		table_named(symbols->table, name, out);
	return out;
}

GArray *symbols_between(struct symbols *symbols, guint64 from, guint64 to)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct symbol_named));

	if (symbols->table)
		table_between(symbols->table, from, to, out);
	return out;
}

GArray *symbols_of_unit(struct symbols *symbols, const char *name, const GArray *known)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct symbol_named));

	if (symbols->table)
		table_of_unit(symbols->table, name, known, out);
	return out;
}

char **symbols_nearest(struct symbols *symbols, const char *name, guint max)
{
	return symbols->table ? table_nearest(symbols->table, name, max) : g_new0(char *, 1);
}

GArray *symbols_of_line(struct symbols *symbols, const char *file, unsigned line)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(guint64));

	if (symbols->lines)
		lines_of(symbols->lines, file, line, out);
	return out;
}

void symbols_code_of(struct symbols *symbols, const struct symbol_code_owner *owner)
{
	if (symbols->lines)
		lines_code_of(symbols->lines, owner);
}

static GPtrArray *look_up(struct symbols *symbols, guint64 address)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(place_free);
	const char *name = symbols->table ? table_name(symbols->table, address) : NULL;

	if (symbols->lines)
		lines_add(symbols->lines, address, places);
	if (!places->len && name) {
		struct place *place = g_new0(struct place, 1);

		place->function = g_utf8_make_valid(name, -1);
		g_ptr_array_add(places, place);
	}
	return places;
}

GPtrArray *symbols_at(struct symbols *symbols, guint64 address)
{
	GPtrArray *places = g_hash_table_lookup(symbols->known, &address);

	if (!places) {
		places = look_up(symbols, address);
		g_hash_table_insert(symbols->known, g_memdup2(&address, sizeof(address)), places);
	}
	return g_ptr_array_ref(places);
}

static json_t *place_json(const struct place *place)
{
	return json_pack("{s:s, s:s?, s:i, s:b}", "function", place->function, "file", place->file,
			 "line", (int)place->line, "inlined", place->inlined);
}

/*
 * Returns LINE without its colon if it is the title of a part of a report, such as "-> #1
 * (cpu_hotplug_lock){++++}-{0:0}:" or "sh/77 is trying to acquire lock:"; otherwise NULL. The
 * caller owns the result.
 */
static char *part_of(const char *line)
{
	g_autofree char *text = g_strstrip(g_strdup(line));
	gsize len = strlen(text);

	if (len < 2 || (text[len - 1] != ':' && !strstr(text, "locks held by ")))
		return NULL;
	if (text[len - 1] == ':')
		text[len - 1] = '\0';
	return g_utf8_make_valid(text, -1);
}

/* Makes the JSON of a frame: TEXT is the frame as printed, ADDRESS its address. */
static json_t *frame_json(struct symbols *symbols, const char *text, guint64 address)
{
	g_autoptr(GPtrArray) places = symbols_at(symbols, address);
	json_t *at = json_array();

	for (guint i = 0; i < places->len; i++)
		json_array_append_new(at, place_json(places->pdata[i]));
	return json_pack("{s:s, s:o}", "frame", text, "at", at);
}

/*
 * Returns the JSON of the frame in LINE, or NULL if LINE has none. A frame of a call has the return
 * address, which can belong to the next source line or function, so the byte before it is looked
 * up. The address of a fault is exact. Increments *MISSED if the frame is not in SYMBOLS.
 */
static json_t *line_json(struct symbols *symbols, const char *line, guint *missed)
{
	g_autofree char *text = NULL;
	struct frame frame;
	guint64 address;
	gboolean guess, fault;

	if (frame_parse_address(line, &address, &guess)) {
		if (guess)
			return NULL;
		text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);
		return frame_json(symbols, text, address - 1);
	}
	fault = frame_parse_fault(line, &frame);
	if (!fault && !frame_parse(line, &frame) && !frame_parse_lock(line, &frame))
		return NULL;
	/*
	 * skip frames marked "?", frames of modules, and names without an offset (arm's "f from
	 * g+0x1/0x2")
	 */
	if (frame.guess || frame.inlined || frame.module[0] || !frame.symbol[0])
		return NULL;
	if (!symbols_find(symbols, &frame, &address)) {
		++*missed;
		return NULL;
	}
	text = g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x/0x%" G_GINT64_MODIFIER "x",
			       frame.symbol, frame.offset, frame.size);
	return frame_json(symbols, text, fault || !frame.offset ? address : address - 1);
}

json_t *symbols_report(struct symbols *symbols, const struct splat *splat, guint *missed)
{
	g_auto(GStrv) lines = g_strsplit(splat->text, "\n", -1);
	json_t *array = json_array();
	g_autofree char *part = NULL;

	for (guint i = 0; lines[i] && json_array_size(array) < FRAMES_MAX; i++) {
		json_t *frame = line_json(symbols, lines[i], missed);
		char *next = frame ? NULL : part_of(lines[i]);

		if (next) {
			g_free(part);
			part = next;
		}
		if (!frame)
			continue;
		json_object_set_new(frame, "part", part ? json_string(part) : json_null());
		json_array_append_new(array, frame);
	}
	return array;
}
