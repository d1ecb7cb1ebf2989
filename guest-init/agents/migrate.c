// SPDX-License-Identifier: GPL-2.0-only
/*
 * migrate: moves pages between NUMA nodes by move_pages(), migrate_pages() and mbind(). Nodes may
 * be added and removed while it runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"
#include "guest-init/region.h"

#define WITH_MEMORY "/sys/devices/system/node/has_memory"
#define NODES_MAX 64
#define PAGES_MAX 1024

static struct region region;
static uint64_t pages;
static size_t small;

static int prepare(struct run *run)
{
	int err = run_param_number(run, "pages", 1, PAGES_MAX, &pages);

	if (err)
		return err;
	small = sysconf(_SC_PAGESIZE);
	err = region_map(&region, small, pages * small, 0, MADV_NORMAL);
	return err ? run_fail(run, -err, "cannot map %llu pages", (unsigned long long)pages) : 0;
}

struct nodes {
	int node[NODES_MAX];
	unsigned n;
	uint64_t listed_ns;
};

static void add_node(unsigned node, void *data)
{
	struct nodes *nodes = data;

	if (nodes->n < NODES_MAX && node < NODES_MAX)
		nodes->node[nodes->n++] = node;
}

/* Lists the nodes that have memory, if the list is older than 250 ms. */
static void list_nodes(struct nodes *nodes)
{
	char list[256];

	if (nodes->n && now_ns() - nodes->listed_ns < 250 * NS_PER_MS)
		return;
	nodes->listed_ns = now_ns();
	nodes->n = 0;
	if (file_line(AT_FDCWD, WITH_MEMORY, list, sizeof(list)) > 0)
		text_list(list, NODES_MAX, add_node, nodes);
	if (!nodes->n)
		add_node(0, nodes);
}

static void move(struct run *run, int to)
{
	static void *page[PAGES_MAX];
	static int node[PAGES_MAX], status[PAGES_MAX];

	for (unsigned i = 0; i < pages; i++) {
		page[i] = region.at + i * small;
		node[i] = to;
	}
	op_begin(run, OP_MOVE_PAGES);
	/* a positive result is the number of pages that were not moved */
	op_end(run, OP_MOVE_PAGES,
	       syscall(SYS_move_pages, 0, pages, page, node, status, MPOL_MF_MOVE) < 0 ? -errno
										       : 0);
}

static void migrate(struct run *run, uint64_t from, uint64_t to)
{
	op_begin(run, OP_MIGRATE_PAGES);
	op_end(run, OP_MIGRATE_PAGES,
	       syscall(SYS_migrate_pages, 0, NODES_MAX + 1, &from, &to) < 0 ? -errno : 0);
}

static void bind(struct run *run, int mode, uint64_t to)
{
	op_begin(run, OP_MBIND);
	op_end(run, OP_MBIND,
	       syscall(SYS_mbind, region.at, region.len, mode, &to, NODES_MAX + 1, MPOL_MF_MOVE)
		       ? -errno
		       : 0);
	for (size_t offset = 0; offset < region.len; offset += small)
		region.at[offset] = 1;
}

static void step(struct run *run)
{
	static struct nodes nodes;
	struct guest_rng *rng = &run->shared->rng;
	int a, b;

	list_nodes(&nodes);
	a = nodes.node[guest_rng_index(rng, nodes.n)];
	b = nodes.node[guest_rng_index(rng, nodes.n)];
	switch (guest_rng_index(rng, 4)) {
	case 0:
		migrate(run, UINT64_C(1) << a, UINT64_C(1) << b);
		break;
	case 1:
		bind(run, MPOL_PREFERRED, UINT64_C(1) << a);
		break;
	case 2:
		bind(run, MPOL_INTERLEAVE, UINT64_C(1) << a | UINT64_C(1) << b);
		break;
	default:
		move(run, a);
	}
}

const struct agent agent_migrate = {
	.name = "migrate",
	.needs = WITH_MEMORY,
	.params =
		(const struct agent_param[]){
			{"pages", "256", "pages that are moved at a time"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
};
