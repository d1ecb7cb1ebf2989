// SPDX-License-Identifier: GPL-2.0-only
/* Makes the QEMU command line of a guest, and a script that runs it. */
#include "vm/cmdline.h"

#include "guest-init/proto.h"
#include "util/error.h"
#include "util/paths.h"

#include <glib/gstdio.h>

#define KIB 1024

/* The command line under construction, and its inputs. */
struct line {
	GPtrArray *words;
	const struct vm_config *config;
	const struct machine *machine;
	struct vm_modes modes;
};

static void add(struct line *line, const char *word, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Adds the option WORD with the value FORMAT, or without a value if FORMAT is NULL. */
static void add(struct line *line, const char *word, const char *format, ...)
{
	va_list args;

	g_ptr_array_add(line->words, g_strdup(word));
	if (!format)
		return;
	va_start(args, format);
	g_ptr_array_add(line->words, g_strdup_vprintf(format, args));
	va_end(args);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void add_machine(struct line *line)
{
	const struct machine *machine = line->machine;
	g_autofree char *bios = machine_bios(machine, line->config->emulator);

	for (int i = 0; machine->extra && machine->extra[i]; i++)
		add(line, machine->extra[i], NULL);
	add(line, "-machine", "%s%s%s%s%s%s%s", machine->type, or_empty(machine->properties),
	    or_empty(line->modes.firmware->type), or_empty(line->modes.mmu->type),
	    line->config->nvdimm ? VM_NVDIMM : "",
	    line->config->cxl ? or_empty(machine->cxl_properties) : "",
	    line->config->hmat ? ",hmat=on" : "");
	if (bios)
		add(line, "-bios", "%s", bios);
	if (line->config->plugin.file)
		/*
		 * each vCPU needs its own thread, because a vCPU that is held must not stop the
		 * others
		 */
		add(line, "-accel", "tcg,thread=multi");
	else
		add(line, "-accel", "%s", line->config->accel == ACCEL_KVM ? "kvm" : "tcg");
	if (machine->cpu)
		add(line, "-cpu", "%s", machine->cpu);
	/* guests reboot after a panic (panic=-1), and -no-reboot makes QEMU exit then */
	add(line, "-no-reboot", NULL);
	add(line, "-display", "none");
	/* add no network, because a hostile guest could attack other hosts */
	add(line, "-nic", "none");
	if (line->config->seccomp)
		add(line, "-sandbox", MACHINE_SANDBOX);
}

static void add_cpus(struct line *line)
{
	const struct vm_config *config = line->config;
	unsigned all = MAX(config->cpus, config->max_cpus);
	/*
	 * Linux warns if the CPUs of one socket are on several nodes, so each CPU gets its own
	 * socket
	 */
	g_autofree char *sockets = config->cpu_nodes > 1
					   ? g_strdup_printf(",sockets=%u,cores=1,threads=1", all)
					   : g_strdup("");

	if (all > config->cpus)
		add(line, "-smp", "cpus=%u,maxcpus=%u%s", config->cpus, all, sockets);
	else
		add(line, "-smp", "cpus=%u%s", config->cpus, sockets);
}

char *vm_node_cpus(const struct vm_config *config, unsigned node, const char *before)
{
	GString *out = g_string_new(NULL);
	unsigned all = MAX(config->cpus, config->max_cpus), nodes = config->cpu_nodes;

	for (unsigned cpu = 0; cpu < all; cpu++)
		if ((config->machine->nodes_in_order ? cpu * nodes / all : cpu % nodes) == node)
			g_string_append_printf(out, "%s%u", before, cpu);
	return g_string_free(out, FALSE);
}

guint64 vm_node_size(const struct vm_config *config, unsigned node)
{
	guint64 unit = MAX(config->machine->dimm_unit, KIB);
	guint64 share = config->memory / config->base_nodes / unit * unit;

	/* the first node also gets what remains of the division */
	return node ? share : config->memory - share * (config->base_nodes - 1);
}

/*
 * Adds the latency and the bandwidth between each pair of nodes, which QEMU needs in this order:
 * typical values of DRAM from a node to itself, and of slower memory behind a link to other nodes.
 */
static void add_hmat(struct line *line)
{
	const struct vm_config *config = line->config;

	for (unsigned from = 0; from < config->cpu_nodes; from++)
		for (unsigned to = 0; to < config->nodes; to++) {
			add(line, "-numa",
			    "hmat-lb,initiator=%u,target=%u,hierarchy=memory,"
			    "data-type=access-latency,latency=%u",
			    from, to, from == to ? 100 : 250);
			add(line, "-numa",
			    "hmat-lb,initiator=%u,target=%u,hierarchy=memory,"
			    "data-type=access-bandwidth,bandwidth=%s",
			    from, to, from == to ? "100G" : "20G");
		}
}

static void add_nodes(struct line *line)
{
	const struct vm_config *config = line->config;

	for (unsigned node = 0; node < config->nodes; node++) {
		g_autofree char *cpus = vm_node_cpus(config, node, ",cpus=");
		/* for HMAT, a node without CPUs needs an `initiator`: the nearest node with CPUs */
		const char *near =
			config->hmat && node >= config->cpu_nodes ? ",initiator=0" : "";

		if (node >= config->base_nodes) {
			add(line, "-numa", "node,nodeid=%u%s%s", node, cpus, near);
			continue;
		}
		add(line, "-object", "memory-backend-ram,id=base%u,size=%" G_GUINT64_FORMAT "K",
		    node, vm_node_size(config, node) / KIB);
		add(line, "-numa", "node,nodeid=%u,memdev=base%u%s%s", node, node, cpus, near);
	}
	if (config->hmat)
		add_hmat(line);
}

static void add_memory(struct line *line)
{
	const struct vm_config *config = line->config;

	if (config->max_memory > config->memory)
		add(line, "-m",
		    "size=%" G_GUINT64_FORMAT "K,slots=%u,maxmem=%" G_GUINT64_FORMAT "K",
		    config->memory / KIB, config->slots, config->max_memory / KIB);
	else
		add(line, "-m", "size=%" G_GUINT64_FORMAT "K", config->memory / KIB);
	if (line->machine->can & MACHINE_NUMA)
		add_nodes(line);
}

static void add_chardevs(struct line *line, const struct vm_chardevs *chardevs)
{
	const char *bus = line->machine->virtio_bus;

	add(line, "-chardev", "%s,id=console", chardevs->console);
	add(line, "-serial", "chardev:console");
	if (chardevs->tty) {
		add(line, "-chardev", "%s,id=tty", chardevs->tty);
		add(line, "-serial", "chardev:tty");
	}
	if (chardevs->channel) {
		add(line, "-chardev", "%s,id=channel", chardevs->channel);
		add(line, "-device", "virtio-serial-%s,id=ports,max_ports=2%s%s",
		    machine_transport(line->machine), bus ? ",bus=" : "", or_empty(bus));
		add(line, "-device", "virtserialport,bus=ports.0,chardev=channel,name=%s",
		    PROTO_PORT);
	}
	add(line, "-chardev", "%s,id=qmp", chardevs->qmp);
	add(line, "-mon", "chardev=qmp,mode=control");
}

char *vm_kernel_cmdline(const struct vm_config *config, const struct vm_modes *modes)
{
	const struct machine *machine = config->machine;
	const char *const parts[] = {machine->cmdline, modes->firmware->cmdline,
				     modes->mmu->cmdline, config->cmdline};
	GString *words = g_string_new(NULL);

	g_string_append_printf(words, "console=%s panic=-1", machine->console);
	if (machine->fallback_tty)
		g_string_append_printf(words, " rig.tty=%s", machine->fallback_tty);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (parts[i] && *parts[i])
			g_string_append_printf(words, " %s", parts[i]);
	return g_string_free(words, FALSE);
}

/*
 * Returns PATH with each comma doubled, because in a QEMU option a single comma starts the next
 * property. The caller owns it.
 */
static char *escape(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, ",", -1);

	return g_strjoinv(",,", parts);
}

/*
 * Adds the CXL bridge, ports and devices. Must be called after all devices without `bus=`, which
 * QEMU would otherwise put on this bridge.
 */
static void add_cxl(struct line *line)
{
	const char *const *extra = line->config->cxl ? line->machine->cxl_extra : NULL;

	for (; extra && *extra; extra++)
		add(line, *extra, NULL);
	for (unsigned i = 0; i < line->config->n_boot; i++) {
		const struct vm_memory *device = &line->config->boot[i];

		add(line, "-object", "memory-backend-ram,id=mem-%s,size=%" G_GUINT64_FORMAT "K",
		    device->id, device->size / KIB);
		add(line, "-device",
		    "cxl-type3,id=%s,bus=%s,volatile-memdev=mem-%s,sn=%" G_GUINT64_FORMAT,
		    device->id, line->machine->cxl_buses[i], device->id, device->serial);
	}
}

static void add_plugin(struct line *line, const struct vm_chardevs *chardevs)
{
	const struct vm_plugin *plugin = &line->config->plugin;
	g_autofree char *file = NULL, *orders = NULL;
	g_autoptr(GString) value = g_string_new(NULL);

	if (!plugin->file)
		return;
	file = escape(plugin->file);
	orders = escape(plugin->orders);
	g_string_append_printf(value, "%s,orders=%s", file, orders);
	if (chardevs->plugin_fd)
		g_string_append_printf(value, ",fd=%d", chardevs->plugin_fd);
	if (chardevs->plugin_locks)
		g_string_append_printf(value, ",locks=%d", chardevs->plugin_locks);
	if (chardevs->plugin_cover)
		g_string_append_printf(value, ",cover=%d", chardevs->plugin_cover);
	add(line, "-plugin", "%s", value->str);
}

static void add_kernel(struct line *line)
{
	const struct vm_config *config = line->config;
	g_autofree char *words = vm_kernel_cmdline(config, &line->modes);

	add(line, "-kernel", "%s", config->kernel);
	if (config->initrd)
		add(line, "-initrd", "%s", config->initrd);
	add(line, "-append", "%s", words);
}

static gboolean check(const struct vm_config *config, GError **error)
{
	const struct machine *machine = config->machine;

	if (config->accel == ACCEL_AUTO)
		return rig_fail(error, RIG_EXIT_INFRA, "the accelerator must be kvm or tcg, not "
						       "auto");
	if (!config->cpus || !config->nodes || !config->base_nodes || !config->cpu_nodes ||
	    config->base_nodes > config->nodes || config->cpu_nodes > config->nodes)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"invalid guest: 'cpus' must be at least 1, 'base_nodes' and 'cpu_nodes' "
			"from 1 to 'nodes'");
	if (config->memory < machine->min_memory)
		return rig_fail(error, RIG_EXIT_USAGE,
				"%s needs at least %" G_GUINT64_FORMAT
				" MiB of base memory, not %" G_GUINT64_FORMAT " MiB",
				machine->name, machine->min_memory >> 20, config->memory >> 20);
	if (config->nodes > 1 && !(machine->can & MACHINE_NUMA))
		return rig_fail(error, RIG_EXIT_USAGE, "%s supports only one NUMA node",
				machine->name);
	if (config->max_memory > config->memory &&
	    !(machine->can & (MACHINE_PLUG_DIMM | MACHINE_VIRTIO_MEM)))
		return rig_fail(error, RIG_EXIT_USAGE,
				"%s cannot plug memory; leave out 'max_memory', or choose "
				"another machine",
				machine->name);
	/* -kernel, -initrd and -append are not escaped: in their values a comma has no meaning */
	return TRUE;
}

gboolean vm_check_config(const struct vm_config *config, struct vm_modes *ret, GError **error)
{
	const struct machine *machine = config->machine;
	const char *firmware, *mmu;

	if (!check(config, error) ||
	    !machine_pick(machine->firmwares, "firmware", config->firmware, &firmware, error) ||
	    !machine_pick(machine->mmus, "MMU mode", config->mmu, &mmu, error))
		return FALSE;
	ret->firmware = machine_mode(machine, firmware);
	ret->mmu = machine_mode(machine, mmu);
	return TRUE;
}

char **vm_command_line(const struct vm_config *config, const struct vm_chardevs *chardevs,
		       GError **error)
{
	const struct machine *machine = config->machine;
	struct line line = {.config = config, .machine = machine};

	if (!vm_check_config(config, &line.modes, error))
		return NULL;
	line.words = g_ptr_array_new();
	add(&line, config->emulator ? config->emulator : machine->emulator, NULL);
	add_machine(&line);
	add_cpus(&line);
	add_memory(&line);
	add_chardevs(&line, chardevs);
	add_cxl(&line);
	add_plugin(&line, chardevs);
	add_kernel(&line);
	g_ptr_array_add(line.words, NULL);
	return (char **)g_ptr_array_free(line.words, FALSE);
}

/* Appends WORDS to the script, each option with its value on a line. */
static void append_quoted(GString *out, char **words)
{
	for (int i = 0; words[i]; i++) {
		gboolean plain =
			words[i][strspn(words[i],
					"abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=,.:/@%")] == 0;
		g_autofree char *quoted = plain && *words[i] ? g_strdup(words[i])
							     : g_shell_quote(words[i]);

		if (i)
			g_string_append(out, *words[i] == '-' ? " \\\n\t" : " ");
		g_string_append(out, quoted);
	}
}

gboolean vm_write_command(const struct vm_config *config, GError **error)
{
	const struct vm_chardevs by_hand = {
		.console = "stdio,signal=off",
		.qmp = "socket,path=qmp.sock,server=on,wait=off",
		.channel = config->machine->can & MACHINE_VIRTIO_CONSOLE ? "null" : NULL,
		.tty = config->machine->fallback_tty ? "null" : NULL,
	};
	g_autoptr(GString) out = g_string_new(
		"#!/bin/sh\n"
		"# Starts this run's guest by hand: the console is this terminal, "
		"QMP is ./qmp.sock, and\n"
		"# nothing reads the guest channel. The rig passed sockets instead.\n"
		"exec ");
	g_autofree char *path = g_build_filename(config->dir, "qemu-cmd", NULL);
	g_auto(GStrv) words = vm_command_line(config, &by_hand, error);

	if (!words)
		return FALSE;
	append_quoted(out, words);
	g_string_append_c(out, '\n');
	if (!rig_write_file(path, out->str, out->len, error))
		return FALSE;
	g_chmod(path, 0755);
	return TRUE;
}
