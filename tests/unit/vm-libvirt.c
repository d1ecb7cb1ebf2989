// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the aliases, XML and marks of the libvirt launcher, and how it compares its XML with the
 * devices in QEMU.
 */
#include "tests/unit/vm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <signal.h>
#include <sys/wait.h>

#include "util/error.h"
#include "vm/libvirt/libvirt.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

/* A process with the arguments of libvirt's QEMU is found by the UUID, as a whole argument. */
START_TEST(process_is_found)
{
	static const char uuid[] = "a8c7ee2c-3bcd-4d86-9d50-1c5ad0a3b9f1";
	/* a shell that waits for its input */
	char *const shell[] = {"sh", "-c", "read x", "sh", "-uuid", (char *)uuid, NULL};
	int input[2];
	pid_t pid, found = 0;

	ck_assert_int_eq(lv_find_process(uuid), 0);
	ck_assert_int_eq(pipe(input), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		dup2(input[0], 0);
		close(input[1]);
		execv("/bin/sh", shell);
		_exit(127);
	}
	/* until the child has executed the shell, its arguments are those of the test */
	while (!found && !waitpid(pid, NULL, WNOHANG))
		found = lv_find_process(uuid);
	ck_assert_int_eq(found, pid);
	ck_assert_int_eq(lv_find_process("a8c7ee2c-3bcd-4d86-9d50-1c5ad0a3b9f"), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(aliases_come_back)
{
	static const struct {
		const char *id, *alias;
	} names[] = {
		{"d0", "ua-d0"},	   {"d.1", "ua-d_2e1"}, {"a_b-c", "ua-a_5fb-c"},
		{"\xc3\xa9", "ua-_c3_a9"}, {"", "ua-"},
	};
	static const char *const bad[] = {"d0", "dimm0", "ua", "ua-_", "ua-_2", "ua-_zz", ""};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *alias = lv_alias_of(names[i].id), *id = lv_id_of(names[i].alias);

		ck_assert_str_eq(alias, names[i].alias);
		ck_assert_str_eq(id, names[i].id);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		ck_assert_ptr_null(lv_id_of(bad[i]));
}
END_TEST

static struct vm_config config_of(const char *machine)
{
	return (struct vm_config){
		.machine = machine_find(machine, NULL),
		.kernel = "/boot/a&b",
		.initrd = "/boot/<i>",
		.cmdline = "x=\"1\" & y",
		.accel = ACCEL_TCG,
		.memory = 1024 * MIB,
		.max_memory = 4096 * MIB,
		.slots = 8,
		.nodes = 3,
		.base_nodes = 2,
		.cpu_nodes = 2,
		.cpus = 2,
		.max_cpus = 4,
		.dir = "/none",
	};
}

START_TEST(domain_has_all)
{
	static const char *const words[] = {
		"<domain xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\" type=\"qemu\">",
		"<name>rig-n</name>",
		"<maxMemory slots=\"8\" unit=\"KiB\">4194304</maxMemory>",
		"<vcpu current=\"2\">4</vcpu>",
		"<kernel>/boot/a&amp;b</kernel>",
		"<initrd>/boot/&lt;i&gt;</initrd>",
		"x=\"1\" &amp; y</cmdline>",
		"<cell id=\"1\" cpus=\"1,3\" memory=\"524288\" unit=\"KiB\"/>",
		"value=\"node,nodeid=2\"",
		"<target type=\"virtio\" name=\"org.hotplug-rig.0\"/>",
		"<serial type=\"pty\">",
		LV_MARK_URI,
	};
	struct vm_config config = config_of("pc-q35");
	g_autoptr(xmlDoc) doc = lv_domain(&config, "rig-n", NULL);
	g_autofree char *text = NULL;
	struct lv_mark mark;

	ck_assert_ptr_nonnull(doc);
	text = lv_text(doc);
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		ck_assert_msg(strstr(text, words[i]) != NULL, "no '%s' in %s", words[i], text);
	ck_assert(lv_mark_read(text, &mark));
	ck_assert_int_eq(mark.pid, getpid());
	ck_assert(lv_mark_lives(&mark));
	mark.start--; /* the pid was reused by another process */
	ck_assert(!lv_mark_lives(&mark));
	lv_mark_clear(&mark);
	lv_domain_boot(doc, "/pool/k&", "/pool/i");
	g_free(text);
	text = lv_text(doc);
	ck_assert_ptr_nonnull(strstr(text, "<kernel>/pool/k&amp;</kernel>"));
	ck_assert_ptr_nonnull(strstr(text, "<initrd>/pool/i</initrd>"));
}
END_TEST

START_TEST(some_cannot)
{
	struct vm_config config = config_of("powernv9");
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(lv_domain(&config, "rig-n", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_SKIP);
	ck_assert_ptr_nonnull(strstr(error->message, "--launcher direct"));
}
END_TEST

static const char live[] =
	"<domain><metadata><rig:run xmlns:rig='" LV_MARK_URI
	"' host='h' pid='x' start='7'/></metadata><devices>"
	"<memory model='dimm'><target><size unit='KiB'>262144</size><node>0</node></target>"
	"<alias name='ua-d_2e1'/>"
	"<address type='dimm' slot='0' base='0x100000000'/></memory>"
	"<memory model='virtio-mem'><target><size unit='KiB'>1048576</size><node>1</node>"
	"<block unit='KiB'>2048</block>"
	"<requested unit='KiB'>524288</requested><current unit='KiB'>262144</current></target>"
	"<alias name='ua-v'/></memory>"
	"</devices><vcpus><vcpu id='0' enabled='yes'/><vcpu id='1' enabled='no'/></vcpus></domain>";

START_TEST(live_xml_is_read)
{
	struct lv_memory memory;
	struct lv_mark mark;
	g_autofree char *resized = NULL, *path = NULL;

	ck_assert(lv_memory_find(live, "d.1", &memory));
	ck_assert(!memory.is_virtio && memory.size == 256 * MIB && memory.address == 4096 * MIB);
	lv_memory_clear(&memory);
	ck_assert(lv_memory_find(live, "v", &memory));
	ck_assert(memory.is_virtio && memory.node == 1 && memory.requested == 512 * MIB &&
		  memory.current == 256 * MIB);
	lv_memory_clear(&memory);
	ck_assert(!lv_memory_find(live, "d1", &memory));
	ck_assert(!lv_memory_find("<domain", "d1", &memory));
	resized = lv_memory_resized(live, "v", 1024 * MIB);
	ck_assert_ptr_nonnull(strstr(resized, "<requested unit=\"KiB\">1048576</requested>"));
	ck_assert_ptr_nonnull(strstr(resized, "<current unit=\"KiB\">262144</current>"));
	ck_assert_ptr_null(lv_memory_resized(live, "d.1", MIB));
	ck_assert(lv_vcpu_is_on(live, 0));
	ck_assert(!lv_vcpu_is_on(live, 1));
	ck_assert(!lv_vcpu_is_on(live, 9));
	/* a mark of a process that does not exist */
	ck_assert(lv_mark_read(live, &mark));
	ck_assert(!lv_mark_lives(&mark));
	lv_mark_clear(&mark);
	ck_assert(!lv_mark_read("<domain/>", &mark));
	ck_assert_int_eq(
		lv_volume_written(
			"<volume><target><timestamps><mtime>1700000000.5</mtime></timestamps>"
			"</target>"
			"</volume>"),
		1700000000);
	ck_assert_int_eq(lv_volume_written("<volume/>"), 0);
	path = lv_pool_path("<pool type='dir'><target><path>/var/tmp/x</path></target></pool>");
	ck_assert_str_eq(path, "/var/tmp/x");
	ck_assert_ptr_null(lv_pool_path("<pool type='rbd'/>"));
}
END_TEST

/*
 * QEMU's list of devices for the domain `live`, arguments of lv_compare(), and the difference that
 * must be found.
 */
static const struct {
	const char *id, *qemu;
	gboolean wanted;
	gint64 told; /* size in libvirt's event; 0 if there was no event */
	const char *words;
} comparisons[] = {
	{"d.1", "[{'data': {'id': 'ua-d_2e1', 'size': 268435456, 'addr': 4294967296, 'node': 0}}]",
	 TRUE, 0, NULL},
	{"gone", "[]", FALSE, 0, NULL},
	{"d.1", "[{'data': {'id': 'd.1', 'size': 268435456, 'addr': 4294967296, 'node': 0}}]", TRUE,
	 0, "QEMU has not"},
	{"d.1", "[]", FALSE, 0, "QEMU has not"},
	{"new", "[{'data': {'id': 'ua-new'}}]", TRUE, 0, "libvirt's live XML has not"},
	{"gone", "[]", TRUE, 0, "still lack it"},
	{"d.1", "[{'data': {'id': 'ua-d_2e1', 'size': 268435456, 'addr': 4294967296, 'node': 0}}]",
	 FALSE, 0, "still have it"},
	{"d.1", "[{'data': {'id': 'ua-d_2e1', 'size': 134217728, 'addr': 4294967296, 'node': 0}}]",
	 TRUE, 0, "134217728"},
	{"d.1", "[{'data': {'id': 'ua-d_2e1', 'size': 268435456, 'addr': 4563402752, 'node': 0}}]",
	 TRUE, 0, "address"},
	{"d.1", "[{'data': {'id': 'ua-d_2e1', 'size': 268435456, 'addr': 4294967296, 'node': 1}}]",
	 TRUE, 0, "node"},
	{"v",
	 "[{'data': {'id': 'ua-v', 'max-size': 1073741824, 'node': 1, 'requested-size': 536870912, "
	 "'size': 0}}]",
	 TRUE, 0, NULL},
	{"v",
	 "[{'data': {'id': 'ua-v', 'max-size': 1073741824, 'node': 1, 'requested-size': 0, 'size': "
	 "0}}]",
	 TRUE, 0, "asked for"},
	/* the device is still growing, and libvirt has not received the new size yet */
	{"v",
	 "[{'data': {'id': 'ua-v', 'max-size': 1073741824, 'node': 1, 'requested-size': 536870912, "
	 "'size': 4096}}]",
	 TRUE, 8192, NULL},
	{"v",
	 "[{'data': {'id': 'ua-v', 'max-size': 1073741824, 'node': 1, 'requested-size': 536870912, "
	 "'size': 4096}}]",
	 TRUE, 4096, "grown to"},
};

START_TEST(xml_agrees_with_qemu)
{
	g_autofree char *json = g_strdelimit(g_strdup(comparisons[_i].qemu), "'", '"'),
			*text = NULL;
	json_t *devices = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(devices);
	text = lv_compare(comparisons[_i].id, live, devices, comparisons[_i].wanted,
			  comparisons[_i].told ? &comparisons[_i].told : NULL);
	if (comparisons[_i].words)
		ck_assert_msg(text && strstr(text, comparisons[_i].words), "'%s' lacks '%s'", text,
			      comparisons[_i].words);
	else
		ck_assert_msg(!text, "%s", text);
	json_decref(devices);
}
END_TEST

void add_libvirt_tests(TCase *tcase)
{
	tcase_add_test(tcase, process_is_found);
	tcase_add_test(tcase, aliases_come_back);
	tcase_add_test(tcase, domain_has_all);
	tcase_add_test(tcase, some_cannot);
	tcase_add_test(tcase, live_xml_is_read);
	tcase_add_loop_test(tcase, xml_agrees_with_qemu, 0, G_N_ELEMENTS(comparisons));
}
