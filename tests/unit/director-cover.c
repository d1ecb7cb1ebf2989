// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the rig's half of coverage: the instructions for the plugin, the file of executed code that
 * the plugin writes, and its messages.
 */
#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "director/director.h"
#include "plugin/protocol.h"
#include "tests/unit/director.h"
#include "util/error.h"

static guint n_broken;

static void on_broken(const char *line, void *data)
{
	(void)line;
	(void)data;
	n_broken++;
}

static const struct director_watch watch = {.cover = TRUE};
static const struct director_owner owner = {.broken = on_broken};

static struct director *open_director(struct director_files *files, struct director_orders **orders)
{
	g_autoptr(GError) error = NULL;
	struct director *director;

	*orders = director_resolve(NULL, 0, &watch, kernel, &error);
	ck_assert_msg(*orders != NULL, "%s", error ? error->message : "");
	director = director_open(*orders, scratch, &owner, files, &error);
	ck_assert_msg(director != NULL, "%s", error ? error->message : "");
	return director;
}

/* The rig reads what the plugin wrote into the file, even if the plugin sent no message. */
START_TEST(recorded_code)
{
	rig_auto(director_orders) orders = NULL;
	struct director_files files;
	rig_auto(director) director = open_director(&files, &orders);
	rig_auto(director_cover) cover = NULL;
	const guint8 bit = 0x10;
	gsize len;

	ck_assert_str_eq(director_orders_text(orders),
			 "rig-director 1\ncover ffffffff81000000 ffffffff81001000\n");
	ck_assert_int_ge(files.cover, 0);
	ck_assert_int_eq(pwrite(files.cover, &bit, 1, 0x1000 / 8 + 2), 1);
	cover = director_cover(director);
	ck_assert_ptr_nonnull(cover);
	ck_assert_uint_eq(cover->from, 0xffffffff81000000);
	ck_assert_uint_eq(cover->to, 0xffffffff81001000);
	ck_assert_uint_eq(cover->switched, 0);
	for (guint i = 0; i < COVER_PHASES; i++) {
		const guint8 *map = g_bytes_get_data(cover->phase[i], &len);

		ck_assert_uint_eq(len, 0x1000 / 8);
		ck_assert_uint_eq(map[2], i == COVER_LOAD ? bit : 0);
	}
	director_files_close(&files);
}
END_TEST

/* QEMU cannot resize the file, so the rig can always read all of it. */
START_TEST(size_is_fixed)
{
	rig_auto(director_orders) orders = NULL;
	struct director_files files;
	rig_auto(director) director = open_director(&files, &orders);

	ck_assert_int_ne(ftruncate(files.cover, 1), 0);
	ck_assert_int_ne(ftruncate(files.cover, 1 << 20), 0);
	director_files_close(&files);
}
END_TEST

START_TEST(phases)
{
	static const char *const bad[] = {"phase 2", "phase", "phase 1 1", "phase x"};
	rig_auto(director_orders) orders = NULL;
	struct director_files files;
	rig_auto(director) director = open_director(&files, &orders);
	rig_auto(director_cover) cover = NULL;
	char line[16] = "";

	director_phase(director, COVER_LOAD);
	ck_assert_int_eq(recv(files.socket, line, sizeof(line) - 1, MSG_DONTWAIT), 7);
	ck_assert_str_eq(line, "phase 1");
	director_say(files.socket, "phase 1");
	director_drain(director);
	cover = director_cover(director);
	ck_assert_uint_eq(cover->switched, 1);
	n_broken = 0;
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		director_say(files.socket, bad[i]);
	director_drain(director);
	ck_assert_uint_eq(n_broken, 1); /* the callback was called once */
	director_files_close(&files);
}
END_TEST

/* Without `cover` there is no file, and the rig sends no phases to the plugin. */
START_TEST(not_recorded)
{
	static const struct director_watch none;
	rig_auto(director_orders) orders = director_resolve(NULL, 0, &none, kernel, NULL);
	struct director_files files;
	rig_auto(director) director = director_open(orders, scratch, &owner, &files, NULL);
	char line[16];

	ck_assert_int_eq(files.cover, -1);
	director_phase(director, COVER_LOAD);
	ck_assert_int_lt(recv(files.socket, line, sizeof(line), MSG_DONTWAIT), 0);
	ck_assert_ptr_null(director_cover(director));
	director_files_close(&files);
}
END_TEST

void add_cover_tests(TCase *tcase)
{
	tcase_add_test(tcase, recorded_code);
	tcase_add_test(tcase, size_is_fixed);
	tcase_add_test(tcase, phases);
	tcase_add_test(tcase, not_recorded);
}
