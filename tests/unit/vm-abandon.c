// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that a guest that is abandoned while libvirt starts it leaves no domain behind. libvirt's
 * own test driver manages the domains. Calls that the driver lacks, or that must block here, are
 * defined in this file and override libvirt's.
 */
#include "tests/unit/vm.h"

#include <dlfcn.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"
#include "vm/vm.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

static GMutex mutex;
static GCond cond;
static gboolean creating, may_create, opened;

/* Opens a session connection, for which kernel and initramfs need not be uploaded. */
virConnectPtr virConnectOpenAuth(const char *name, virConnectAuthPtr auth, unsigned int flags)
{
	virConnectPtr (*real)(const char *, virConnectAuthPtr, unsigned int) =
		dlsym(RTLD_NEXT, "virConnectOpenAuth");

	return real(g_strcmp0(name, "qemu:///session") ? name : "test:///default", auth, flags);
}

/* Runs the main loop until *WHAT is TRUE. Returns FALSE if it is still FALSE after 20 s. */
static gboolean await(const gboolean *what)
{
	gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
	gboolean ok;

	g_mutex_lock(&mutex);
	while (!*what && g_cond_wait_until(&cond, &mutex, end))
		;
	ok = *what;
	g_mutex_unlock(&mutex);
	return ok;
}

static void let(gboolean *what)
{
	g_mutex_lock(&mutex);
	*what = TRUE;
	g_cond_broadcast(&cond);
	g_mutex_unlock(&mutex);
}

virDomainPtr virDomainCreateXML(virConnectPtr conn, const char *xml, unsigned int flags)
{
	virDomainPtr (*real)(virConnectPtr, const char *, unsigned int) =
		dlsym(RTLD_NEXT, "virDomainCreateXML");
	g_autofree char *name = NULL, *text = NULL;
	const char *begin = strstr(xml, "<name>");

	(void)flags;
	let(&creating);
	await(&may_create);
	name = g_strndup(begin + 6, strcspn(begin + 6, "<"));
	text = g_strdup_printf(
		"<domain type='test'><name>%s</name><memory>1024</memory><os><type>hvm</type></os>"
		"</domain>",
		name);
	return real(conn, text, 0);
}

int virDomainQemuMonitorCommand(virDomainPtr domain, const char *cmd, char **result,
				unsigned int flags)
{
	(void)domain;
	(void)cmd;
	(void)flags;
	*result = strdup("{\"return\": {}}");
	return 0;
}

int virConnectDomainQemuMonitorEventRegister(virConnectPtr conn, virDomainPtr domain,
					     const char *event,
					     virConnectDomainQemuMonitorEventCallback cb,
					     void *opaque, virFreeCallback freecb,
					     unsigned int flags)
{
	(void)conn;
	(void)domain;
	(void)event;
	(void)cb;
	(void)flags;
	freecb(opaque);
	return 0;
}

int virConnectDomainQemuMonitorEventDeregister(virConnectPtr conn, int id)
{
	(void)conn;
	(void)id;
	return 0;
}

int virDomainOpenConsole(virDomainPtr domain, const char *name, virStreamPtr stream,
			 unsigned int flags)
{
	(void)domain;
	(void)name;
	(void)stream;
	(void)flags;
	return 0;
}

int virDomainOpenChannel(virDomainPtr domain, const char *name, virStreamPtr stream,
			 unsigned int flags)
{
	let(&opened);
	return virDomainOpenConsole(domain, name, stream, flags);
}

static void on_gone(const struct vm_exit *end, void *data)
{
	(void)end;
	*(gboolean *)data = TRUE;
}

static gpointer let_create(gpointer data)
{
	(void)data;
	let(&may_create);
	return NULL;
}

/* Returns the number of the driver's domains that are the rig's. */
static guint our_domains(virConnectPtr conn)
{
	virDomainPtr *domains = NULL;
	int n = virConnectListAllDomains(conn, &domains, 0);
	guint ours = 0;

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		ours += g_str_has_prefix(virDomainGetName(domains[i]), "rig-");
		virDomainFree(domains[i]);
	}
	free(domains);
	return ours;
}

/*
 * The guest is abandoned while libvirt creates the domain (_i is 0), or after that, before the main
 * loop has handled the new domain (1); or like 1, and then the guest is freed before its end was
 * reported (2).
 */
START_TEST(given_up_while_it_starts)
{
	g_autofree char *dir = in_scratch("run");
	gboolean gone = FALSE;
	const struct vm_owner owner = {.gone = on_gone, .data = &gone};
	const struct vm_config config = {
		.machine = machine_find("pc-q35", NULL),
		.launcher = "libvirt",
		.uri = "qemu:///session",
		.kernel = "/none",
		.accel = ACCEL_TCG,
		.memory = 1024 * MIB,
		.max_memory = 1024 * MIB,
		.nodes = 1,
		.base_nodes = 1,
		.cpu_nodes = 1,
		.cpus = 1,
		.max_cpus = 1,
		.dir = dir,
	};
	virConnectPtr conn = virConnectOpen("test:///default");
	g_autoptr(GError) error = NULL;
	GThread *thread = NULL;
	struct vm *vm;

	ck_assert_ptr_nonnull(conn);
	ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
	vm = vm_start(&config, &owner, &error);
	ck_assert_msg(vm != NULL, "%s", error ? error->message : "?");
	ck_assert(await(&creating));
	if (_i) {
		let(&may_create);
		ck_assert(await(&opened));
	}
	if (_i < 2) {
		vm_kill(vm);
		while (!gone)
			g_main_context_iteration(NULL, TRUE);
	}
	if (!_i)
		thread = g_thread_new("create", let_create, NULL);
	vm_free(vm);
	if (thread)
		g_thread_join(thread);
	ck_assert_int_eq(our_domains(conn), 0);
	virConnectClose(conn);
}
END_TEST

void add_abandon_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, given_up_while_it_starts, 0, 3);
}
