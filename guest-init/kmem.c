// SPDX-License-Identifier: GPL-2.0-only
/* Writes states to the memory blocks of a dax device (kmem.h). */
#include "kmem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "blocks.h"
#include "files.h"

/*
 * If this many writes of `offline` have failed, for example to a block with unmovable pages, random
 * states are written again before the next attempt to remove the memory.
 */
#define OFFLINE_TRIES 64

int kmem_prepare(struct run *run, struct kmem *kmem)
{
	char list[256], *cursor = list, *name;
	int err = run_param_number(run, "writes", 0, 10000, &kmem->writes);

	if (err)
		return err;
	if (!text_copy(list, sizeof(list), run_param(run, "states")))
		return run_fail(run, E2BIG, "states is longer than %zu characters",
				sizeof(list) - 1);
	while ((name = strsep(&cursor, ","))) {
		enum op op = op_find(name);

		if (op < OP_ONLINE || op > OP_OFFLINE || kmem->n_states == KMEM_STATES)
			return run_fail(run, EINVAL,
					"invalid states at '%.40s' (at most 8 of online, "
					"online_kernel, online_movable, offline)",
					name);
		kmem->states[kmem->n_states++] = op;
	}
	return 0;
}

static int attribute(const struct kmem *kmem, const char *name, uint64_t *ret)
{
	char path[96], text[32];
	int got;

	snprintf(path, sizeof(path), KMEM_BUS "/devices/%s/%s", kmem->dax, name);
	got = file_line(AT_FDCWD, path, text, sizeof(text));
	return got < 0 ? got : text_number(text, ret);
}

int kmem_locate(struct kmem *kmem)
{
	uint64_t start, size, block = blocks_size();
	int err = attribute(kmem, "resource", &start);

	if (!err)
		err = attribute(kmem, "size", &size);
	if (err)
		return err;
	kmem->first = (start + block - 1) / block;
	kmem->end = (start + size) / block;
	return 0;
}

static bool block_there(uint64_t number)
{
	char path[80];

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu", (unsigned long long)number);
	return file_exists(path);
}

static bool is_offline(uint64_t number)
{
	char path[80], state[32];

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu/state", (unsigned long long)number);
	return file_line(AT_FDCWD, path, state, sizeof(state)) > 0 && !strcmp(state, "offline");
}

int kmem_check(const struct kmem *kmem, bool there)
{
	for (uint64_t number = kmem->first; number < kmem->end; number++)
		if (block_there(number) != there)
			return there ? -ENXIO : -EBUSY;
	return 0;
}

bool kmem_bound(const struct kmem *kmem, const char *driver)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", driver, kmem->dax);
	return file_exists(path);
}

void kmem_begin(struct run *run, struct kmem *kmem)
{
	kmem->left = guest_rng_between(&run->shared->rng, 0, kmem->writes);
	kmem->leaving = false;
}

static int write_state(struct run *run, uint64_t number, enum op op)
{
	char path[80];

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu/state", (unsigned long long)number);
	return op_write_path(run, op, AT_FDCWD, path, op_name(op));
}

static void write_random(struct run *run, struct kmem *kmem)
{
	uint64_t number =
		kmem->first + guest_rng_index(&run->shared->rng, kmem->end - kmem->first);

	write_state(run, number,
		    kmem->states[guest_rng_index(&run->shared->rng, kmem->n_states)]);
	if (kmem->left)
		kmem->left--;
	else
		kmem->leaving = true, kmem->tries = 0;
}

bool kmem_turn(struct run *run, struct kmem *kmem)
{
	uint64_t number = kmem->first;

	if (!kmem->leaving) {
		write_random(run, kmem);
		return false;
	}
	while (number < kmem->end && is_offline(number))
		number++;
	if (number == kmem->end)
		return true;
	if (write_state(run, number, OP_OFFLINE) && ++kmem->tries >= OFFLINE_TRIES) {
		kmem->leaving = false;
		kmem->left = kmem->writes;
	}
	return false;
}

bool kmem_leave(struct run *run, struct kmem *kmem)
{
	kmem->leaving = true;
	kmem->tries = 0;
	while (kmem->leaving && !kmem_turn(run, kmem))
		;
	return kmem->leaving;
}
