// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests what a QEMU under control of an attacking guest can do; tests/unit/fake-intruder.c tries
 * it.
 */
#include "tests/unit/vm.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "util/confine.h"
#include "util/paths.h"
#include "vm/vm.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

/*
 * The minimum version of the Landlock ABI with which an attempt is denied; WITHOUT_LANDLOCK if
 * other means deny it; NEVER if the sandbox is meant to allow it.
 */
enum { NEVER = 1000, WITHOUT_LANDLOCK = 0 };

static const struct {
	const char *attempt;
	int abi;
} attempts[] = {
	{"read-secret", 1},
	{"access-kernel", NEVER},
	{"write-run-folder", 1},
	{"write-output", NEVER},
	{"connect", 4},
	{"bind", 4},
	{"signal-rig", 6},
	{"become-root", 1},
	{"take-memory", WITHOUT_LANDLOCK},
};

static void on_gone(const struct vm_exit *end, void *data)
{
	(void)end;
	*(gboolean *)data = TRUE;
}

static void ignore_text(const char *what, void *data)
{
	(void)what;
	(void)data;
}

static int listen_on(guint16 *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert(!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 1));
	ck_assert(!getsockname(fd, (struct sockaddr *)&address, &len));
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/*
 * Runs the intruder and returns its output. Stores the result of vm_sandbox() in *RET_LIMITS; the
 * caller owns both.
 */
static char *let_it_try(json_t **ret_limits)
{
	const char *bin = g_getenv("RIG_TEST_BIN") ? g_getenv("RIG_TEST_BIN") : "build/tests";
	g_autofree char *emulator = g_build_filename(bin, "fake-intruder", NULL);
	g_autofree char *folder = in_scratch("run"), *secret = in_scratch("secret");
	g_autofree char *said = g_build_filename(folder, "qemu.stderr", NULL), *port = NULL;
	g_autofree char *intruder = g_build_filename(folder, "qemu", "intruder", NULL);
	g_autofree char *closed = in_scratch("closed"), *kernel = in_scratch("closed/kernel");
	gboolean gone = FALSE;
	const struct vm_owner owner = {.gone = on_gone, .fault = ignore_text, .data = &gone};
	const struct vm_config config = {
		.machine = machine_find("pc-q35", NULL), .emulator = emulator, .kernel = kernel,
		.accel = ACCEL_TCG, .memory = 512 * MIB, .max_memory = 512 * MIB, .nodes = 1,
		.base_nodes = 1, .cpu_nodes = 1, .cpus = 1, .max_cpus = 1, .dir = folder,
	};
	guint16 number;
	int fd = listen_on(&number);
	char *text = NULL;
	struct vm *vm;

	ck_assert(!g_mkdir_with_parents(folder, 0755) && rig_write_file(secret, "x", 1, NULL));
	ck_assert(!g_mkdir_with_parents(closed, 0700) && rig_write_file(kernel, "x", 1, NULL));
	port = g_strdup_printf("%u", number);
	g_setenv("INTRUDER_SECRET", secret, TRUE);
	g_setenv("INTRUDER_KERNEL", kernel, TRUE);
	g_setenv("INTRUDER_FOLDER", folder, TRUE);
	g_setenv("INTRUDER_PORT", port, TRUE);
	vm = vm_start(&config, &owner, NULL);
	ck_assert_ptr_nonnull(vm);
	while (!gone)
		g_main_context_iteration(NULL, TRUE);
	*ret_limits = vm_sandbox(vm);
	unlink(intruder);
	vm_free(vm);
	ck_assert(g_file_get_contents(said, &text, NULL, NULL));
	close(fd);
	return text;
}

static gboolean is_allowed(const char *said, const char *attempt)
{
	g_autofree char *yes = g_strdup_printf("%s allowed\n", attempt);
	g_autofree char *no = g_strdup_printf("%s denied\n", attempt);

	ck_assert_msg(strstr(said, yes) || strstr(said, no), "%s: %s", attempt, said);
	return strstr(said, yes) != NULL;
}

START_TEST(intruder_is_denied)
{
	json_auto_t *limits = NULL;
	g_autofree char *said = NULL;
	const int abi = confine_landlock();

	g_unsetenv("RIG_SANDBOX");
	said = let_it_try(&limits);
	ck_assert_int_eq(json_integer_value(json_object_get(limits, "landlock")), abi);
	for (gsize i = 0; i < G_N_ELEMENTS(attempts); i++)
		if (attempts[i].abi <= abi || attempts[i].abi == NEVER)
			ck_assert_msg(is_allowed(said, attempts[i].attempt) ==
					      (attempts[i].abi == NEVER),
				      "%s", said);
}
END_TEST

/*
 * Without the sandbox each attempt succeeds, which shows that the denials above are due to the
 * sandbox.
 */
START_TEST(intruder_without_sandbox)
{
	json_auto_t *limits = NULL;
	g_autofree char *said = NULL;

	g_setenv("RIG_SANDBOX", "off", TRUE);
	said = let_it_try(&limits);
	ck_assert_uint_eq(json_object_size(limits), 0);
	for (gsize i = 0; i < G_N_ELEMENTS(attempts); i++)
		if (strcmp(attempts[i].attempt, "become-root") || !geteuid())
			ck_assert_msg(is_allowed(said, attempts[i].attempt), "%s", said);
}
END_TEST

/* A QEMU that root starts as another user cannot open a device that only root may open. */
START_TEST(device_of_root)
{
	g_autofree char *device = in_scratch("device");
	rig_auto(confine) confine = NULL;
	json_auto_t *limits = NULL;
	const char *user, *barred;

	g_unsetenv("RIG_SANDBOX");
	confine = confine_new(&(struct confine_want){0}, NULL);
	limits = confine_json(confine);
	user = json_string_value(json_object_get(limits, "user"));
	barred = geteuid() || !strcmp(user, "root") ? NULL : user;
	ck_assert(rig_write_file(device, "", 0, NULL));
	g_chmod(device, 0600);
	ck_assert_pstr_eq(confine_barred_user(device), barred);
	g_chmod(device, 0660);
	ck_assert_pstr_eq(confine_barred_user(device), barred);
	ck_assert(geteuid() || !chown(device, 0, 1000));
	ck_assert_ptr_null(confine_barred_user(device));
	g_chmod(device, 0666);
	ck_assert_ptr_null(confine_barred_user(device));
	g_setenv("RIG_SANDBOX", "off", TRUE);
	g_chmod(device, 0600);
	ck_assert_ptr_null(confine_barred_user(device));
}
END_TEST

void add_sandbox_tests(TCase *tcase)
{
	tcase_add_test(tcase, device_of_root);
	/* the address sanitizer needs more address space than the sandbox gives */
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(tcase, intruder_is_denied);
#endif
	tcase_add_test(tcase, intruder_without_sandbox);
}
