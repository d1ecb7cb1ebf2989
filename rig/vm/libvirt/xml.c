// SPDX-License-Identifier: GPL-2.0-only
/* Writes the XML of a guest's domain. All text is added by libxml2, which quotes it. */
#include "vm/libvirt/xml.h"

#include "guest-init/proto.h"
#include "util/error.h"
#include "vm/cmdline.h"

#include <string.h>

#define QEMU_URI "http://libvirt.org/schemas/domain/qemu/1.0"
#define KIB 1024

/*
 * Adds the child element NAME with TEXT (or NULL), and attributes: pairs of words, ended by NULL.
 */
static xmlNode *add(xmlNode *parent, const char *name, const char *text,
		    ...) G_GNUC_NULL_TERMINATED;

static xmlNode *add(xmlNode *parent, const char *name, const char *text, ...)
{
	xmlNode *node = xmlNewTextChild(parent, NULL, BAD_CAST name, BAD_CAST text);
	const char *key;
	va_list args;

	va_start(args, text);
	while ((key = va_arg(args, const char *)))
		xmlNewProp(node, BAD_CAST key, BAD_CAST va_arg(args, const char *));
	va_end(args);
	return node;
}

static void add_kib(xmlNode *parent, const char *name, guint64 bytes)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, bytes / KIB);

	add(parent, name, text, "unit", "KiB", NULL);
}

static char *number(guint64 n)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT, n);
}

static void add_mark(xmlNode *domain)
{
	struct lv_mark mark = lv_mark_here();
	g_autofree char *pid = number(mark.pid), *start = number(mark.start);
	xmlNode *run = add(add(domain, "metadata", NULL, NULL), "run", NULL, "host", mark.host,
			   "pid", pid, "start", start, NULL);

	xmlSetNs(run, xmlNewNs(run, BAD_CAST LV_MARK_URI, BAD_CAST "rig"));
	lv_mark_clear(&mark);
}

static void add_size(xmlNode *domain, const struct vm_config *config)
{
	g_autofree char *cpus = number(config->cpus), *slots = number(config->slots);
	g_autofree char *max_cpus = number(MAX(config->cpus, config->max_cpus));
	g_autofree char *max = number(config->max_memory / KIB);

	if (config->max_memory > config->memory)
		add(domain, "maxMemory", max, "slots", slots, "unit", "KiB", NULL);
	add_kib(domain, "memory", config->memory);
	add(domain, "vcpu", max_cpus, "current", cpus, NULL);
}

static void add_boot(xmlNode *domain, const struct vm_config *config, const struct vm_modes *modes)
{
	g_autofree char *words = vm_kernel_cmdline(config, modes);
	xmlNode *os = add(domain, "os", NULL, NULL);

	add(os, "type", "hvm", "arch", config->machine->arch, "machine", config->machine->type,
	    NULL);
	add(os, "kernel", config->kernel, NULL);
	if (config->initrd)
		add(os, "initrd", config->initrd, NULL);
	add(os, "cmdline", words, NULL);
}

/*
 * Adds the CPUs and nodes. In libvirt's XML every node (cell) must have memory, so nodes without
 * memory are added as QEMU options (add_qemu_options).
 */
static void add_cpu(xmlNode *domain, const struct vm_config *config)
{
	const char *model = config->machine->libvirt_cpu;
	g_autofree char *all = number(MAX(config->cpus, config->max_cpus));
	gboolean spread = config->cpu_nodes > 1;
	xmlNode *cpu = model ? add(domain, "cpu", NULL, "mode", "custom", "match", "exact", "check",
				   "none", NULL)
			     : add(domain, "cpu", NULL, "mode", "maximum", NULL);
	xmlNode *numa;

	if (model)
		add(cpu, "model", model, "fallback", "forbid", NULL);
	/*
	 * use the topology of the direct launcher: one socket; or, with several nodes, one socket
	 * per CPU
	 */
	add(cpu, "topology", NULL, "sockets", spread ? all : "1", "cores", spread ? "1" : all,
	    "threads", "1", NULL);
	if (!(config->machine->can & MACHINE_NUMA))
		return;
	numa = add(cpu, "numa", NULL, NULL);
	for (unsigned node = 0; node < config->base_nodes; node++) {
		g_autofree char *id = number(node),
				*size = number(vm_node_size(config, node) / KIB);
		g_autofree char *cpus = vm_node_cpus(config, node, ",");

		add(numa, "cell", NULL, "id", id, "cpus", *cpus ? cpus + 1 : "", "memory", size,
		    "unit", "KiB", NULL);
	}
}

static void add_serial(xmlNode *devices, const struct vm_config *config, const char *port)
{
	xmlNode *serial = add(devices, "serial", NULL, "type", "pty", NULL);
	xmlNode *target = add(serial, "target", NULL, "port", port, NULL);

	if (config->machine->libvirt_serial) {
		xmlNewProp(target, BAD_CAST "type", BAD_CAST "spapr-vio-serial");
		add(target, "model", NULL, "name", config->machine->libvirt_serial, NULL);
	}
}

guint lv_root_ports(const char *const *hot_buses)
{
	return hot_buses ? 2 * g_strv_length((char **)hot_buses) + 2 : 0;
}

/*
 * Adds the devices. libvirt hot-plugs a device only into a free port. So there are two root ports
 * for each hotplug bus of the machine (libvirt uses the first ports, lv_device_add() the last
 * ones), one port for the channel, and one for a device that libvirt may add itself.
 */
static void add_devices(xmlNode *domain, const struct vm_config *config)
{
	const struct machine *machine = config->machine;
	xmlNode *devices = add(domain, "devices", NULL, NULL), *channel;
	guint ports = lv_root_ports(machine->hot_buses);

	if (config->emulator)
		add(devices, "emulator", config->emulator, NULL);
	/* the PCI Express root must precede the root ports */
	if (ports)
		add(devices, "controller", NULL, "type", "pci", "model", "pcie-root", NULL);
	for (guint i = 0; i < ports; i++)
		add(devices, "controller", NULL, "type", "pci", "model", "pcie-root-port", NULL);
	add(devices, "controller", NULL, "type", "usb", "model", "none", NULL);
	add_serial(devices, config, "0");
	if (machine->fallback_tty)
		add_serial(devices, config, "1");
	if (machine->can & MACHINE_VIRTIO_CONSOLE) {
		channel = add(devices, "channel", NULL, "type", "unix", NULL);
		add(channel, "source", NULL, "mode", "bind", NULL);
		add(channel, "target", NULL, "type", "virtio", "name", PROTO_PORT, NULL);
	}
	add(devices, "memballoon", NULL, "model", "none", NULL);
}

static void add_word(xmlNode *commandline, const char *word)
{
	xmlNode *arg = add(commandline, "arg", NULL, "value", word, NULL);

	xmlSetNs(arg, commandline->ns);
}

/*
 * Adds QEMU options that libvirt has no elements for: properties of firmware and MMU mode, NVDIMMs
 * that are plugged later, and nodes without memory.
 */
static void add_qemu_options(xmlNode *domain, const struct vm_config *config,
			     const struct vm_modes *modes)
{
	const char *const types[] = {modes->firmware->type, modes->mmu->type,
				     config->nvdimm ? VM_NVDIMM : NULL};
	xmlNode *words = xmlNewNode(NULL, BAD_CAST "commandline");

	xmlSetNs(words, xmlNewNs(domain, BAD_CAST QEMU_URI, BAD_CAST "qemu"));
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		if (!types[i])
			continue;
		add_word(words, "-machine");
		add_word(words, types[i] + strspn(types[i], ","));
	}
	for (unsigned node = config->base_nodes; node < config->nodes; node++) {
		g_autofree char *cpus = vm_node_cpus(config, node, ",cpus=");
		g_autofree char *text = g_strdup_printf("node,nodeid=%u%s", node, cpus);

		add_word(words, "-numa");
		add_word(words, text);
	}
	if (words->children)
		xmlAddChild(domain, words);
	else
		xmlFreeNode(words);
}

xmlDoc *lv_domain(const struct vm_config *config, const char *name, GError **error)
{
	const struct machine *machine = config->machine;
	struct vm_modes modes;
	g_autoptr(xmlDoc) doc = NULL;
	xmlNode *domain, *features;

	if (machine->no_libvirt) {
		rig_fail(error, RIG_EXIT_SKIP,
			 "machine '%s' cannot be started by libvirt: %s; use --launcher direct",
			 machine->name, machine->no_libvirt);
		return NULL;
	}
	if (!vm_check_config(config, &modes, error))
		return NULL;
	doc = xmlNewDoc(BAD_CAST "1.0");
	domain = xmlNewDocNode(doc, NULL, BAD_CAST "domain", NULL);
	xmlDocSetRootElement(doc, domain);
	xmlNewProp(domain, BAD_CAST "type", BAD_CAST(config->accel == ACCEL_KVM ? "kvm" : "qemu"));
	add(domain, "name", name, NULL);
	add_mark(domain);
	add_size(domain, config);
	add_boot(domain, config, &modes);
	if (machine->can & MACHINE_ACPI_OST) {
		features = add(domain, "features", NULL, NULL);
		add(features, "acpi", NULL, NULL);
		add(features, "apic", NULL, NULL);
	}
	add_cpu(domain, config);
	add(domain, "on_poweroff", "destroy", NULL);
	/*
	 * "destroy" would end the guest even after a reset by the rig; set-action (launcher.c)
	 * makes all other reboots end it
	 */
	add(domain, "on_reboot", "restart", NULL);
	add(domain, "on_crash", "destroy", NULL);
	add_devices(domain, config);
	add_qemu_options(domain, config, &modes);
	return g_steal_pointer(&doc);
}

static void set_text(xmlNode *parent, const char *name, const char *text)
{
	for (xmlNode *node = parent->children; node; node = node->next) {
		g_autofree xmlChar *quoted = NULL;

		if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, name))
			continue;
		quoted = xmlEncodeSpecialChars(node->doc, BAD_CAST text);
		xmlNodeSetContent(node, quoted);
	}
}

void lv_domain_boot(xmlDoc *domain, const char *kernel, const char *initrd)
{
	for (xmlNode *node = xmlDocGetRootElement(domain)->children; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "os"))
			continue;
		set_text(node, "kernel", kernel);
		if (initrd)
			set_text(node, "initrd", initrd);
	}
}

char *lv_text(xmlDoc *doc)
{
	xmlChar *text = NULL;
	char *copy;

	xmlDocDumpFormatMemory(doc, &text, NULL, 1);
	copy = g_strdup((const char *)text);
	xmlFree(text);
	return copy;
}

char *lv_memory_xml(const struct lv_memory *memory)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "memory", NULL), *target;
	g_autofree char *alias = lv_alias_of(memory->id), *node = number(memory->node);

	xmlDocSetRootElement(doc, root);
	xmlNewProp(root, BAD_CAST "model", BAD_CAST(memory->is_virtio ? "virtio-mem" : "dimm"));
	target = add(root, "target", NULL, NULL);
	add_kib(target, "size", memory->size);
	add(target, "node", node, NULL);
	if (memory->is_virtio) {
		add_kib(target, "block", memory->block);
		add_kib(target, "requested", memory->requested);
	}
	add(root, "alias", NULL, "name", alias, NULL);
	return lv_text(doc);
}

char *lv_pool_xml(const char *name, const char *path)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "pool", NULL);

	xmlDocSetRootElement(doc, root);
	xmlNewProp(root, BAD_CAST "type", BAD_CAST "dir");
	add(root, "name", name, NULL);
	add(add(root, "target", NULL, NULL), "path", path, NULL);
	return lv_text(doc);
}

char *lv_volume_xml(const char *name, guint64 bytes)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "volume", NULL);
	g_autofree char *size = number(bytes);

	xmlDocSetRootElement(doc, root);
	add(root, "name", name, NULL);
	add(root, "capacity", size, "unit", "bytes", NULL);
	add(add(root, "target", NULL, NULL), "format", NULL, "type", "raw", NULL);
	return lv_text(doc);
}
