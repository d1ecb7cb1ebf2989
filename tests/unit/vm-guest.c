// SPDX-License-Identifier: GPL-2.0-only
/* Runs a guest with the fake QEMU, and stores what the callbacks received. */
#include "tests/unit/vm-guest.h"

#include <check.h>
#include <string.h>

#include "guest-init/proto.h"
#include "tests/unit/suite.h"
#include "util/clock.h"

static void on_console(const guint8 *bytes, gsize len, void *data)
{
	((struct guest *)data)->console += len;
	(void)bytes;
}

static void on_frame(unsigned type, guint32 seq, const char *text, gsize len, void *data)
{
	struct guest *g = data;

	(void)seq;
	ck_assert_uint_eq(strlen(text), len);
	g->frames++;
	g->hello += type == PROTO_HELLO;
	g_free(g->last_text);
	g->last_text = g_strdup(text);
}

static void on_channel_error(const char *what, void *data)
{
	(void)what;
	((struct guest *)data)->channel_errors++;
}

static void on_full(void *data)
{
	((struct guest *)data)->full++;
}

static void on_fault(const char *what, void *data)
{
	struct guest *g = data;

	g->faults++;
	g->fault = g_strdup(what);
}

static void on_gone(const struct vm_exit *end, void *data)
{
	struct guest *g = data;

	ck_assert_uint_eq(g->pending, 0);
	g->gone++;
	g->end = g_strdup(end->why);
	g->by_us = end->by_us;
	g->guest_shutdown = end->guest_shutdown;
}

struct vm_config config_for(void)
{
	static char emulator[4096];

	g_snprintf(emulator, sizeof(emulator), "%s/fake-qemu",
		   g_getenv("RIG_TEST_BIN") ? g_getenv("RIG_TEST_BIN") : "build/tests");
	return (struct vm_config){
		.machine = machine_find("pc-q35", NULL),
		.emulator = emulator,
		.kernel = "/k",
		.accel = ACCEL_KVM,
		.memory = 1024 * MIB,
		.max_memory = 16384 * MIB,
		.slots = 16,
		.nodes = 1,
		.base_nodes = 1,
		.cpu_nodes = 1,
		.cpus = 2,
		.max_cpus = 4,
		.dir = scratch,
	};
}

static void start_config(struct guest *g, const char *script, const struct vm_config *config)
{
	const struct vm_owner owner = {.console = on_console, .frame = on_frame,
				       .channel_error = on_channel_error, .console_full = on_full,
				       .fault = on_fault, .gone = on_gone, .data = g};
	g_autoptr(GError) error = NULL;

	*g = (struct guest){0};
	g_setenv("FAKE_QEMU", script, TRUE);
	g->vm = vm_start(config, &owner, &error);
	ck_assert_msg(g->vm != NULL, "%s", error ? error->message : "");
}

void start_with_images(struct guest *g, const struct vm_image *images, unsigned n)
{
	struct vm_config config = config_for();

	config.images = images;
	config.n_images = n;
	start_config(g, "", &config);
}

void start(struct guest *g, const char *script, const char *machine, guint64 console_limit)
{
	struct vm_config config = config_for();

	config.console_limit = console_limit;
	if (machine)
		config.machine = machine_find(machine, NULL);
	if (!(config.machine->can & (MACHINE_PLUG_DIMM | MACHINE_VIRTIO_MEM)))
		config.max_memory = config.memory;
	start_config(g, script, &config);
}

void until(const guint *count, guint wanted)
{
	while (*count < wanted)
		g_main_context_iteration(NULL, TRUE);
}

void finish(struct guest *g)
{
	if (!g->gone)
		vm_kill(g->vm);
	until(&g->gone, 1);
	vm_free(g->vm);
	g_free(g->why);
	g_free(g->fault);
	g_free(g->last_text);
	g_free(g->end);
}

void on_done(enum vm_outcome outcome, const char *why, json_t *reply, void *data)
{
	struct guest *g = data;

	(void)reply;
	ck_assert_uint_gt(g->pending, 0);
	g->pending--;
	g->outcome = outcome;
	g_free(g->why);
	g->why = g_strdup(why);
}

enum vm_outcome await(struct guest *g)
{
	while (g->pending)
		g_main_context_iteration(NULL, TRUE);
	return g->outcome;
}

gint64 in_ms(int ms)
{
	return rig_now_ns() + ms * RIG_NS_PER_MS;
}

enum vm_outcome plug(struct guest *g, const char *id, int ms)
{
	const struct vm_memory dimm = {.id = id, .size = 256 * MIB};

	g->pending++;
	vm_plug_dimm(g->vm, &dimm, in_ms(ms), on_done, g);
	return await(g);
}

enum vm_outcome unplug(struct guest *g, const char *id, int ms)
{
	g->pending++;
	vm_unplug(g->vm, id, in_ms(ms), on_done, g);
	return await(g);
}

enum vm_outcome command(struct guest *g, const char *name)
{
	g->pending++;
	vm_command(g->vm, name, NULL, in_ms(5000), on_done, g);
	return await(g);
}
