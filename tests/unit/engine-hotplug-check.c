// SPDX-License-Identifier: GPL-2.0-only
/* Tests the comparison of hotplugged memory as the guest and the host report it. */
#include "tests/unit/engine.h"

#include <stdlib.h>
#include <string.h>

#include "engine/session.h"
#include "vm/internal.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

struct fixture {
	struct vm vm;
	struct session s;
};

static struct device *plug(struct fixture *b, const char *id, enum step_device kind, guint64 start,
			   guint64 size)
{
	struct device *d = g_new0(struct device, 1);
	struct vm_place *place = g_new0(struct vm_place, 1);

	*d = (struct device){.id = g_strdup(id), .kind = kind, .size = size, .there = TRUE};
	*place = (struct vm_place){start, size};
	g_hash_table_insert(b->s.host.devices, d->id, d);
	g_hash_table_insert(b->vm.places, g_strdup(id), place);
	return d;
}

static void fixture_open(struct fixture *b)
{
	*b = (struct fixture){.s = {.host.devices = devices_new(), .hello.block_size = 128 * MIB}};
	b->vm.places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	b->s.vm = &b->vm;
}

static void fixture_close(struct fixture *b)
{
	g_hash_table_unref(b->s.host.devices);
	g_hash_table_unref(b->vm.places);
}

/* The guest's account, and the address whose block is missing, or NULL if none is. */
static const struct {
	const char *account, *missing;
	gboolean busy, unsure;
	gint64 changed_ns; /* the account was requested at 1000 */
} accounts[] = {
	{"mem-total-kb 1\nblock 32 online\nblock 33 offline\n", NULL},
	{"mem-total-kb 1\nblock 32 online\n", "0x108000000"},
	{"mem-total-kb 1\nblock 33 online\n", "0x100000000"},
	{"mem-total-kb 1\n", NULL, .busy = TRUE},
	{"mem-total-kb 1\n", NULL, .unsure = TRUE},
	/* the DIMM was plugged after the request, so the reply may lack its memory blocks */
	{"mem-total-kb 1\n", NULL, .changed_ns = 1001},
	{"mem-total-kb 1\n", "0x100000000", .changed_ns = 999},
	{"block 32 online\n", NULL}, /* without mem-total-kb the reply is incomplete */
};

START_TEST(blocks_of_plugged_dimms)
{
	struct fixture b;
	struct guest_account *now = guest_account_parse(accounts[_i].account);
	struct device *d;
	g_autofree char *missing = NULL;

	fixture_open(&b);
	d = plug(&b, "d", DEVICE_DIMM, 4096 * MIB, 256 * MIB);
	/* the guest adds and removes the blocks of virtio-mem */
	plug(&b, "v", DEVICE_VIRTIO_MEM, 8192 * MIB, 256 * MIB);
	d->busy = accounts[_i].busy;
	d->unsure = accounts[_i].unsure;
	d->changed_ns = accounts[_i].changed_ns;
	missing = hotplug_check_missing(&b.s, now, 1000);
	if (accounts[_i].missing)
		ck_assert_msg(missing && strstr(missing, accounts[_i].missing) &&
				      strstr(missing, "'d'"),
			      "%s", missing);
	else
		ck_assert_msg(!missing, "%s", missing);
	guest_account_free(now);
	fixture_close(&b);
}
END_TEST

START_TEST(others_may_be_there)
{
	const struct extent where = {4096 * MIB, 256 * MIB};
	struct fixture b;
	struct device *d, *other;

	fixture_open(&b);
	d = plug(&b, "d", DEVICE_DIMM, where.start, where.size);
	plug(&b, "cpu", DEVICE_CPU, where.start, where.size);
	ck_assert(!hotplug_check_may_overlap(&b.s, d, &where));
	other = plug(&b, "above", DEVICE_DIMM, where.start + where.size, MIB);
	ck_assert(!hotplug_check_may_overlap(&b.s, d, &where));
	other->busy = TRUE; /* this device may be being plugged at the same address */
	ck_assert(hotplug_check_may_overlap(&b.s, d, &where));
	other->busy = FALSE;
	other->unsure = TRUE;
	ck_assert(hotplug_check_may_overlap(&b.s, d, &where));
	other->unsure = FALSE;
	plug(&b, "inside", DEVICE_VIRTIO_MEM, where.start + MIB, MIB);
	ck_assert(hotplug_check_may_overlap(&b.s, d, &where));
	fixture_close(&b);
}
END_TEST

START_TEST(libvirt_has_books)
{
	struct run_plan plan = {0};
	struct session s = {.plan = &plan};

	ck_assert(!hotplug_check_each_step(&s));
	plan.launcher = "direct";
	ck_assert(!hotplug_check_each_step(&s));
	plan.launcher = "libvirt";
	ck_assert(hotplug_check_each_step(&s));
}
END_TEST

void add_hotplug_check_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, blocks_of_plugged_dimms, 0, G_N_ELEMENTS(accounts));
	tcase_add_test(tcase, others_may_be_there);
	tcase_add_test(tcase, libvirt_has_books);
}
