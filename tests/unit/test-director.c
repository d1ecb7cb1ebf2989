// SPDX-License-Identifier: GPL-2.0-only
/* Tests places in a kernel of two functions, the instruction file, the plugin's messages. */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "director/director.h"
#include "tests/unit/director.h"
#include "util/error.h"
#include "util/spawn.h"

/* Compiled like the programs of the symbol suite: at a kernel's address, with DWARF. */
static const char source[] = "int counter, cpu_hotplug_lock, mem_hotplug_lock;\n"
			     "__attribute__((noinline)) int first(int x)\n"
			     "{\n"
			     "\tcounter += x;\n" /* line 4 */
			     "\treturn counter * x;\n"
			     "}\n"
			     "__attribute__((noinline)) int second(int x)\n"
			     "{\n"
			     "\treturn first(x) + 1;\n"
			     "}\n"
			     "int mutex_trylock(int x) { return x; }\n"
			     "int cpus_read_lock(void) { return 1; }\n"
			     "int kernfs_drain_open_files(int x) { return x; }\n"
			     "const char *name = \"&dev->mutex\";\n"
			     "asm(\"_text = 0xffffffff81000000; _stext = _text; \"\n"
			     "    \"_etext = _text + 0x1000; \"\n"
			     "    \"_end = _text + 0x9000\");\n"
			     "int _start(void)\n"
			     "{\n"
			     "\treturn second(counter);\n"
			     "}\n";

struct kernel *kernel;

void make_kernel_with(const char *more)
{
	g_autofree char *c = in_scratch("toy.c"), *out = in_scratch("vmlinux");
	g_autofree char *text = g_strconcat(source, more, NULL);
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&kernel, kernel_free);
	ck_assert(g_file_set_contents(c, text, -1, NULL));
	if (!spawn_words(NULL, &error, "gcc", "-g", "-O1", "-fno-pic", "-static", "-nostdlib",
			 "-ffreestanding", "-no-pie", "-mcmodel=kernel", "-Wl,--build-id=none",
			 "-Wl,-Ttext=0xffffffff81000000", "-o", out, c, NULL))
		g_error("%s", error->message);
	kernel = g_new0(struct kernel, 1);
	kernel->vmlinux = g_strdup(out);
	kernel->image = g_strdup(out);
	kernel->name = g_strdup("toy");
	kernel->arch = g_strdup("x86_64");
}

static void make_kernel(void)
{
	make_kernel_with("");
}

static void free_kernel(void)
{
	g_clear_pointer(&kernel, kernel_free);
}

static const struct director_watch nothing, first = {.visits = "first"};

struct director_orders *resolve(const char *text, GError **error)
{
	struct director_orders *orders;
	struct hold_spec hold;

	if (!hold_parse(text, &hold, error))
		return NULL;
	orders = director_resolve(&hold, 1, &nothing, kernel, error);
	hold_clear(&hold);
	return orders;
}

gboolean hold_fits_api(const char *text, int api, GError **error)
{
	struct hold_spec hold;
	gboolean fits;

	ck_assert(hold_parse(text, &hold, NULL));
	fits = director_fits(&hold, 1, &nothing, api, error);
	hold_clear(&hold);
	return fits;
}

/* The lines of the instruction file for each hold; addresses are not compared. */
START_TEST(places)
{
	static const struct {
		const char *hold, *pattern;
	} cases[] = {
		{"first until second",
		 "^hold 0 until 200 100 1 0\nat 0 a ffffffff81[0-9a-f]{6}\n"
		 "at 0 b ffffffff81[0-9a-f]{6}\n$"},
		{"first+0x0 meet second", "^hold 0 meet 200 100 1 0\nat 0 a .*\nat 0 b .*\n$"},
		{"return of first until second, visits 3",
		 "^hold 0 until 200 100 3 0\nreturn 0 a ffffffff81[0-9a-f]{6} ffffffff81[0-9a-f]{6}"
		 "\nat 0 b .*\n$"},
		{"update in first until second",
		 "^hold 0 until 200 100 1 0\nupdate 0 a .*\nat 0 b .*\n$"},
		{"update 2 in first until second",
		 "^hold 0 until 200 100 1 0\nupdate 0 a [0-9a-f]+ [0-9a-f]+ 2\nat 0 b .*\n$"},
		{"return of first in second until second",
		 "^hold 0 until 200 100 1 0\nat 0 a .*\nat 0 b .*\n$"},
		{"toy.c:4 until second", "^hold 0 until 200 100 1 0\n(at 0 a .*\n)+at 0 b .*\n$"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		rig_auto(director_orders) orders = resolve(cases[i].hold, &error);
		const char *text;

		ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
		text = director_orders_text(orders);
		ck_assert(g_str_has_prefix(text, "rig-director 1\n"));
		text += strlen("rig-director 1\n");
		ck_assert_msg(g_regex_match_simple(cases[i].pattern, text, 0, 0), "%s: %s",
			      cases[i].hold, text);
	}
}
END_TEST

START_TEST(unknown_places)
{
	static const struct {
		const char *hold, *error;
	} cases[] = {
		{"frist until second",
		 "hold 'frist until second, max 200, times 100': this kernel has no function "
		 "'frist'; similar: first"},
		{"first until toy.c:999",
		 "hold 'first until toy.c:999, max 200, times 100': this kernel has no code"},
		{"return of second in first until second",
		 "hold 'return of second in first until second, max 200, "
		 "times 100': 'first' does not call 'second'"},
		{"first+0xffff until second",
		 "hold 'first+0xffff until second, max 200, times 100': 'first+0xffff' is "
		 "beyond the end"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		rig_auto(director_orders) orders = resolve(cases[i].hold, &error);

		ck_assert_ptr_null(orders);
		ck_assert_msg(g_str_has_prefix(error->message, cases[i].error), "%s",
			      error->message);
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

START_TEST(older_qemu)
{
	g_autoptr(GError) error = NULL;

	ck_assert(hold_fits_api("first until second", 1, &error));
	ck_assert(hold_fits_api("first until update in second", 4, &error));
	ck_assert(!hold_fits_api("first until update in second", 1, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
	ck_assert(strstr(error->message, "QEMU 9.1"));
}
END_TEST

/* ---- functions whose executions are counted ---- */

START_TEST(visits)
{
	static const char *const bad[] = {"mm/nowhere.c", "frist", "first,frist"};
	const struct director_owner owner = {0};
	g_autoptr(GError) error = NULL;
	rig_auto(director_orders) orders =
		director_resolve(NULL, 0, &first, kernel, &error);
	rig_auto(director) director = NULL;
	json_t *counted, *second, *called;
	struct director_files files;

	ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
	/*
	 * the function and its neighbours: first, second, _start, in the order of their addresses
	 */
	ck_assert(g_regex_match_simple("^rig-director 1\nvisit 0 .*\nvisit 1 .*\nvisit 2 .*\n",
				       director_orders_text(orders), 0, 0));
	director = director_open(orders, scratch, &owner, &files, &error);
	ck_assert_ptr_nonnull(director);
	ck_assert_int_gt(send(files.socket, "visited 0 7 1:3 2:1", 19, 0), 0);
	ck_assert_int_gt(send(files.socket, "visited 99 7", 12, 0), 0);
	ck_assert_int_gt(send(files.socket, "visited 1 7 9:1", 15, 0), 0);
	ck_assert_int_gt(send(files.socket, "visited 1 0", 11, 0), 0);
	director_drain(director);
	counted = director_visits(director);
	ck_assert_uint_eq(json_array_size(counted), 1);
	second = json_object_get(json_object_get(json_array_get(counted, 0), "beside"), "second");
	ck_assert_int_eq(json_integer_value(second), 3);
	/* ID 1 is the function `second`, which calls `first` */
	ck_assert_int_eq(json_array_size(json_object_get(json_array_get(counted, 0), "calls")), 0);
	ck_assert_int_gt(send(files.socket, "visited 1 7", 11, 0), 0);
	director_drain(director);
	called = json_array_get(json_object_get(json_array_get(counted, 1), "calls"), 0);
	ck_assert_str_eq(json_string_value(called), "first");
	json_decref(counted);
	close(files.socket);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		const struct director_watch watch = {.visits = bad[i]};
		g_autoptr(GError) why = NULL;

		ck_assert_ptr_null(director_resolve(NULL, 0, &watch, kernel, &why));
		ck_assert_int_eq(rig_exit_code(why), RIG_EXIT_USAGE);
	}
}
END_TEST

/*
 * A file with the arms (holds) of a sweep: those whose place this kernel lacks are listed, but
 * never reached.
 */
START_TEST(arms)
{
	static const char *const bad[] = {"slots 0\n", "window 99999999\n", "first meet\n",
					  "pct 1\n", "pct 0 1\n", "pct 1 17\n",
					  "first, after 1\n"};
	g_autofree char *file = in_scratch("sweep");
	g_autoptr(GError) error = NULL;
	rig_auto(director_sweep) sweep = NULL;
	struct director_watch watch = {0};
	rig_auto(director_orders) orders = NULL;
	struct hold_spec hold;

	ck_assert(g_file_set_contents(file,
				      "# places\nwindow 100\nslots 3\npct 4 2\nfirst, max 5\n"
				      "frist\nturns\nsecond until first\n",
				      -1, NULL));
	sweep = director_sweep_read(file, &error);
	ck_assert_msg(sweep != NULL, "%s", error ? error->message : "");
	ck_assert(hold_parse("first meet second", &hold, NULL));
	watch.sweep = sweep;
	orders = director_resolve(&hold, 1, &watch, kernel, &error);
	hold_clear(&hold);
	ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
	ck_assert_uint_eq(director_orders_arms(orders), 3);
	ck_assert_str_eq(director_orders_hold(orders, 2), "frist, max 200, times 100");
	ck_assert_msg(g_regex_match_simple("^rig-director 1\nhold 0 meet 200 100 1 0\n"
					   "hold 1 delay 5 100 1 0\nhold 2 delay 200 100 1 0\n"
					   "hold 3 until 200 100 1 0\nsweep 1 3 3 100\npct 4 2\n"
					   "at 0 a .*\nat 0 b .*\nat 1 a .*\nat 3 a .*\nat 3 b ",
					   director_orders_text(orders), 0, 0),
		      "%s", director_orders_text(orders));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) why = NULL;

		ck_assert(g_file_set_contents(file, bad[i], -1, NULL));
		ck_assert_ptr_null(director_sweep_read(file, &why));
		ck_assert_int_eq(rig_exit_code(why), RIG_EXIT_USAGE);
	}
}
END_TEST

/* Classes of a cycle: a variable, a name in the image, sysfs files; and one that does not exist. */
START_TEST(trap_classes)
{
	char *good[] = {"mem_hotplug_lock", "&dev->mutex", "kn->active(memoryN/state)", NULL};
	char *bad[] = {"mem_hotplug_lock", "&dav->mutex", NULL};
	const struct trap_spec spec = {good, 400}, wrong = {bad, 400};
	const struct director_watch watch = {.locks = TRUE, .trap = &spec};
	const struct director_watch no_watch = {.locks = TRUE, .trap = &wrong};
	g_autoptr(GError) error = NULL;
	rig_auto(director_orders) orders = director_resolve(NULL, 0, &watch, kernel, &error);

	ck_assert_msg(orders != NULL, "%s", error ? error->message : "");
	ck_assert(
		g_regex_match_simple("\ntrap 400\nmember static ffffffff81[0-9a-f]{6} [0-9a-f]+ -\n"
				     "member name 0 0 &dev->mutex\n"
				     "member node 0 0 memoryN/state\n$",
				     director_orders_text(orders), 0, 0));
	ck_assert_ptr_null(director_resolve(NULL, 0, &no_watch, kernel, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(error->message, "'&dav->mutex'"));
}
END_TEST

/* ---- messages on the plugin's socket ---- */

static guint n_held, n_broken, n_skewed, n_turned;
static struct director_held last;

static void on_held(const struct director_held *held, void *data)
{
	(void)data;
	last = *held;
	n_held++;
}

static void on_turned(guint hold, void *data)
{
	(void)data;
	ck_assert_uint_eq(hold, 0);
	n_turned++;
}

static void on_skewed(guint hold, guint64 address, void *data)
{
	(void)data;
	ck_assert_uint_eq(hold, 0);
	ck_assert_uint_eq(address, 0x1004);
	n_skewed++;
}

static void on_broken(const char *line, void *data)
{
	(void)line;
	(void)data;
	n_broken++;
}

void director_say(int fd, const char *line)
{
	ck_assert_int_eq(send(fd, line, strlen(line), 0), strlen(line));
}

static const char *const bad_lines[] = {
	"",
	"hold",
	"held 1 a 0 0 0 met 0",
	"held 0 c 0 0 0 met 0",
	"held 0 a 0 0 -1 met 0",
	"held 0 a 0 0 0 lost 0",
	"held 0 a 0 0 0 met 0 more",
	"totals 9 0 0 0 0 0 0 0 0 0 0 0",
	"totals 0 1",
	"skewed 0 zz",
	"turn 1",
	"turn 0 0",
	"counted not",
	"\xff\xfe",
};

START_TEST(plugin_lines)
{
	const struct director_owner owner = {
		.held = on_held, .turned = on_turned, .skewed = on_skewed, .broken = on_broken};
	g_autoptr(GError) error = NULL;
	rig_auto(director_orders) orders = resolve("first until second", &error);
	rig_auto(director) director = NULL;
	struct director_totals totals;
	char line[32];
	struct director_files files;

	n_held = n_broken = n_skewed = n_turned = 0;
	director = director_open(orders, scratch, &owner, &files, &error);
	ck_assert_msg(director != NULL, "%s", error ? error->message : "");
	ck_assert(!director_is_there(director));
	director_say(files.socket, "hello 1 0 1 2 x86_64");
	director_say(files.socket, "held 0 a 1 1000000000 250000000 met 17");
	director_say(files.socket, "skewed 0 1004");
	director_say(files.socket, "turn 0");
	director_drain(director);
	ck_assert(director_is_there(director));
	ck_assert_uint_eq(n_held, 1);
	ck_assert_uint_eq(n_skewed, 1);
	ck_assert_uint_eq(n_turned, 1);
	ck_assert_uint_eq(last.cpu, 1);
	ck_assert_uint_eq(last.visits, 17);
	ck_assert_str_eq(last.outcome, "met");
	/* the vCPU waited 250 ms from 1 s on: in the second that ends at 1.1 s it waited 100 ms */
	ck_assert_int_eq(director_held_ns(director, 1100000000, 1000000000), 100000000);
	ck_assert_int_eq(director_held_ns(director, 9000000000, 1000000000), 0);
	director_say(files.socket, "totals 0 5 40 3 2 1 0 0 6 8 300000000 7");
	director_drain(director);
	director_totals(director, 0, &totals);
	ck_assert_uint_eq(totals.partner_reached, 40);
	ck_assert_uint_eq(totals.expired, 1);
	ck_assert_uint_eq(totals.dropped, 7);
	/* a wait that ends after the totals were sent is counted once */
	director_say(files.socket, "totals 0 1 0 1 0 0 0 0 0 0 0 0");
	director_say(files.socket, "held 0 a 1 1000000000 5 released 0");
	director_drain(director);
	director_totals(director, 0, &totals);
	ck_assert_uint_eq(totals.held, 2);
	ck_assert_uint_eq(totals.released, 1);
	ck_assert_uint_eq(totals.met, 1);
	for (guint i = 1; i < G_N_ELEMENTS(bad_lines); i++)
		director_say(files.socket, bad_lines[i]);
	director_drain(director);
	ck_assert_uint_eq(n_broken, 1);
	ck_assert_uint_eq(n_held, 2);
	director_arm(director, TRUE);
	director_ask_totals(director);
	ck_assert_int_eq(recv(files.socket, line, sizeof(line), 0), 3);
	ck_assert_int_eq(recv(files.socket, line, sizeof(line), 0), 6);
	close(files.socket);
	/* the plugin has closed the socket */
	director_arm(director, FALSE);
	director_drain(director);
}
END_TEST

START_TEST(no_such_qemu)
{
	g_autoptr(GError) error = NULL;
	int api;
	g_autofree char *file = NULL, *comma = director_escape("/a,b");

	ck_assert_str_eq(comma, "/a,,b");
	ck_assert(!director_probe("/nonexistent/qemu", &file, &api, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
	g_clear_error(&error);
	/* a program that succeeds and prints nothing about a plugin */
	ck_assert(!director_probe("true", &file, &api, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_SKIP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("director");
	TCase *tests = tcase_create("director");

	use_scratch(tests);
	tcase_add_checked_fixture(tests, make_kernel, free_kernel);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, places);
	tcase_add_test(tests, unknown_places);
	tcase_add_test(tests, older_qemu);
	tcase_add_test(tests, visits);
	tcase_add_test(tests, arms);
	tcase_add_test(tests, trap_classes);
	add_recorder_tests(tests);
	add_fail_tests(tests);
	add_cover_tests(tests);
	add_get_tests(tests);
	tcase_add_test(tests, plugin_lines);
	tcase_add_test(tests, no_such_qemu);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
