// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests memory images. The tasks and locks in the memory of the toy kernel (toy-kernel.c) must be
 * found. An image that is truncated, overwritten or of another kernel must quickly lead to an error
 * of one line, or to a partial result.
 */
#include <gelf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hang/hang.h"
#include "hang/memory.h"
#include "tests/unit/hang.h"
#include "tests/unit/suite.h"
#include "tests/unit/toy-kernel.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define SOON_S 10 /* seconds: less than MEMORY_READ_S, but enough on a busy machine */
#define NO_DRGN "python3-drgn is not installed"

/*
 * paths of the image, of owners.json (both in the scratch folder, which is the run folder), and of
 * the toy kernel's vmlinux
 */
static char *image, *owners, *toy;

static void setup(void)
{
	g_autofree char *folder = NULL;

	ck_assert_uint_ne(elf_version(EV_CURRENT), EV_NONE);
	folder = in_scratch("postmortem");
	image = g_build_filename(folder, "memory.elf", NULL);
	owners = g_build_filename(folder, "owners.json", NULL);
	toy = g_build_filename(g_getenv("RIG_TEST_BIN"), "toy-kernel", NULL);
	ck_assert_int_eq(g_mkdir_with_parents(folder, 0700), 0);
}

static void teardown(void)
{
	g_free(image);
	g_free(owners);
	g_free(toy);
}

/* Returns the offset of SYMBOL in the toy kernel's file, and sets *RET_ADDRESS to its address. */
static gsize find(const char *bytes, gsize size, const char *symbol, guint64 *ret_address)
{
	Elf *elf = elf_memory((char *)bytes, size);
	GElf_Shdr section, home;
	Elf_Scn *scn = NULL;
	gsize found = 0;
	GElf_Sym sym;

	ck_assert_ptr_nonnull(elf);
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &section) && section.sh_type == SHT_SYMTAB)
			break;
	ck_assert_ptr_nonnull(scn);
	for (int i = 0; !found && gelf_getsym(elf_getdata(scn, NULL), i, &sym); i++) {
		if (strcmp(elf_strptr(elf, section.sh_link, sym.st_name), symbol))
			continue;
		gelf_getshdr(elf_getscn(elf, sym.st_shndx), &home);
		*ret_address = sym.st_value;
		found = home.sh_offset + sym.st_value - home.sh_addr;
	}
	elf_end(elf);
	ck_assert_msg(found, "the toy kernel has no symbol '%s'", symbol);
	return found;
}

/*
 * Writes the toy kernel's memory with LEN bytes of DATA at SYMBOL + OFFSET; if DATA is NULL, with
 * the address of SYMBOL + OFFSET itself.
 */
static void write_image(const char *symbol, gsize offset, const void *data, gsize len)
{
	g_autofree char *bytes = NULL;
	guint64 self;
	gsize size;

	ck_assert(g_file_get_contents(toy, &bytes, &size, NULL));
	if (symbol) {
		gsize at = find(bytes, size, symbol, &self) + offset;

		self += offset;
		memcpy(bytes + at, data ? data : &self, data ? len : sizeof(self));
	}
	unlink(owners);
	ck_assert(g_file_set_contents(image, bytes, size, NULL));
}

/*
 * Reads the image. If it cannot be read, returns FALSE and sets *ret_why to the reason, which must
 * be one line, not the end of a Python traceback.
 */
static gboolean read_soon(char **ret_why)
{
	g_autoptr(GError) error = NULL;
	gint64 from = rig_now_ns();
	gboolean good = memory_read(scratch, toy, &error);

	ck_assert_int_lt((rig_now_ns() - from) / RIG_NS_PER_S, SOON_S);
	ck_assert(good == g_file_test(owners, G_FILE_TEST_EXISTS));
	if (good)
		return TRUE;
	ck_assert_msg(!strstr(error->message, "Error:") && !strchr(error->message, '\n'), "%s",
		      error->message);
	*ret_why = g_strdup(error->message);
	return FALSE;
}

/* Returns FALSE, and prints a message, if drgn is missing; the test is then skipped. */
static gboolean can_read(void)
{
	g_autofree char *why = NULL;

	write_image(NULL, 0, NULL, 0);
	if (read_soon(&why))
		return TRUE;
	ck_assert_msg(strstr(why, NO_DRGN), "%s", why);
	return FALSE;
}

START_TEST(a_memory_tells_who_owns_what)
{
	if (!can_read())
		return;
	json_auto_t *json = json_load_file(owners, 0, NULL);
	json_t *lock, *found = NULL;
	size_t i;
	rig_auto(hang) hang = hang_of_folder(scratch, NULL);

	ck_assert_int_eq(hang_kind(hang), HANG_CYCLE);
	ck_assert_str_eq(hang_signature(hang, 0), "v1:hang-cycle:alpha_lock --> beta_lock");
	ck_assert_ptr_nonnull(
		strstr(hang_sentences(hang)[0], "one/10 holds alpha_lock and waits for beta_lock"));
	json_array_foreach (json_object_get(json, "locks"), i, lock)
		if (!strcmp(json_string_value(json_object_get(lock, "class")), "mem_hotplug_lock"))
			found = json_object_get(lock, "owners");
	ck_assert_uint_eq(json_array_size(found), 1);
	ck_assert_int_eq(json_integer_value(json_array_get(found, 0)), 14);
}
END_TEST

#define TASK(member) offsetof(struct task_struct, member)
#define RECORD(member) (offsetof(union stack, frames.record) + (member))

/* Invalid data at a symbol, and the kind of hang that must be explained nevertheless. */
static const guint64 garbage[4] = {0x4141414141414141, ~G_GUINT64_CONSTANT(0), 8,
				   0xffffffff81000003};
static const struct {
	const char *what, *symbol;
	/* if `len` is 0, the symbol's own address is written, which makes lists endless */
	gsize offset, len;
	enum hang_kind kind; /* HANG_NONE if any result is allowed */
} hostile[] = {
	{"no owner that there is", "alpha_lock", offsetof(struct mutex, owner), 8, HANG_LEAK},
	{"no list of waiters", "alpha_lock", offsetof(struct mutex, wait_list), 16, HANG_NONE},
	{"no waiter", "one_stack", RECORD(0), 24, HANG_NONE},
	{"a waiter on its own stack", "one_stack", RECORD(0), 0, HANG_NONE},
	{"no stack", "one", TASK(stack), 8, HANG_NONE},
	{"no stack pointer", "one", TASK(thread), 8, HANG_NONE},
	{"no name", "three", TASK(comm), 16, HANG_CYCLE},
	{"a name without an end", "three", TASK(comm), 17, HANG_CYCLE},
	{"no list of tasks", "init_task", TASK(tasks), 16, HANG_NONE},
	{"an endless list of tasks", "one", TASK(tasks), 0, HANG_CYCLE},
	{"no list of threads", "signals", 0, 16, HANG_NONE},
	{"an endless list of threads", "two", TASK(thread_node), 0, HANG_CYCLE},
	{"a task that is none", "three", 0, TASK(tasks), HANG_CYCLE},
	{"nothing of a lock", "mem_hotplug_lock", 0, 32, HANG_CYCLE},
	{"no code", "__mutex_lock", 0, 6, HANG_NONE},
	{"another kernel", "linux_banner", 0, 8, HANG_NONE},
};

START_TEST(an_overwritten_memory_is_bounded)
{
	g_autofree char *why = NULL;

	if (!can_read())
		return;
	write_image(hostile[_i].symbol, hostile[_i].offset, hostile[_i].len ? garbage : NULL,
		    hostile[_i].len);
	gboolean good = read_soon(&why);
	rig_auto(hang) hang = hang_of_folder(scratch, NULL);

	if (hostile[_i].kind)
		ck_assert_msg(good && hang_kind(hang) == hostile[_i].kind, "%s: %s, %s",
			      hostile[_i].what, good ? "read" : why,
			      hang_kind_name(hang_kind(hang)));
}
END_TEST

/*
 * Overwrites eight bytes at a random place in each of 16 memory images. The seed is fixed, so each
 * execution of the test uses the same places.
 */
START_TEST(any_word_may_be_wrong)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	if (!can_read())
		return;
	for (int i = 0; i < 16; i++) {
		guint64 word = ((guint64)g_rand_int(rand) << 32) | g_rand_int(rand);
		g_autofree char *why = NULL;

		write_image("init_task", 8 * g_rand_int_range(rand, 0, 100), &word, sizeof(word));
		read_soon(&why);
		rig_auto(hang) hang = hang_of_folder(scratch, NULL);
		ck_assert_ptr_nonnull(hang_title(hang));
	}
}
END_TEST

START_TEST(a_truncated_image_says_so)
{
	static const guint64 sizes[] = {0, 1, 63, 64, 100, 0x1000, 0x2000, 0x3000};

	if (!can_read())
		return;
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *why = NULL;

		write_image(NULL, 0, NULL, 0);
		ck_assert_int_eq(truncate(image, sizes[i]), 0);
		ck_assert(!read_soon(&why));
		ck_assert_msg(strstr(why, "truncated"), "%" G_GUINT64_FORMAT " bytes: %s", sizes[i],
			      why);
	}
}
END_TEST

START_TEST(links_are_not_followed)
{
	g_autofree char *precious = g_build_filename(scratch, "precious", NULL), *text = NULL;
	g_autofree char *part = g_strconcat(owners, ".part", NULL),
			*real = g_strconcat(image, ".real", NULL);
	g_autofree char *folder = g_path_get_dirname(image),
			*moved = g_strconcat(folder, ".real", NULL);
	g_autoptr(GError) error = NULL;

	ck_assert(g_file_set_contents(precious, "precious", -1, NULL));
	ck_assert_int_eq(symlink(precious, part), 0);
	can_read();
	ck_assert(g_file_get_contents(precious, &text, NULL, NULL));
	ck_assert_str_eq(text, "precious");
	ck_assert_int_eq(rename(image, real), 0);
	ck_assert_int_eq(symlink(real, image), 0);
	ck_assert(!memory_read(scratch, toy, &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
	g_clear_error(&error);
	ck_assert_int_eq(rename(real, image), 0);
	ck_assert_int_eq(rename(folder, moved), 0);
	ck_assert_int_eq(symlink(moved, folder), 0);
	ck_assert(!memory_read(scratch, toy, &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
}
END_TEST

/* Without space for the result, no partial file is left, and the error has the reason. */
START_TEST(a_full_disk_is_reported)
{
	const struct rlimit limit = {1024, 1024};
	g_autofree char *part = g_strconcat(owners, ".part", NULL), *why = NULL;

	if (!can_read())
		return;
	unlink(owners);
	unlink(owners);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert(!read_soon(&why));
	ck_assert_msg(strstr(why, "too large"), "%s", why);
	ck_assert(!g_file_test(part, G_FILE_TEST_EXISTS));
}
END_TEST

/* drgn is hidden by Python's option -S, which ignores the modules of packages */
START_TEST(without_drgn_is_an_error)
{
	g_autofree char *script = rig_home_path("rig/hang/owners.py");
	g_autoptr(GError) error = NULL;

	ck_assert(!spawn_words(NULL, &error, "/usr/bin/python3", "-I", "-B", "-S", script, toy, toy,
			       owners, NULL));
	ck_assert_msg(strstr(error->message, NO_DRGN) && strstr(error->message, "apt-get"), "%s",
		      error->message);
}
END_TEST

void add_memory_tests(Suite *suite)
{
	TCase *tcase = tcase_create("memory");

	use_scratch(tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_memory_tells_who_owns_what);
	tcase_add_loop_test(tcase, an_overwritten_memory_is_bounded, 0, G_N_ELEMENTS(hostile));
	tcase_add_test(tcase, any_word_may_be_wrong);
	tcase_add_test(tcase, a_truncated_image_says_so);
	tcase_add_test(tcase, links_are_not_followed);
	tcase_add_test(tcase, a_full_disk_is_reported);
	tcase_add_test(tcase, without_drgn_is_an_error);
	suite_add_tcase(suite, tcase);
}
