// SPDX-License-Identifier: GPL-2.0-only
/* Lists and opens the memory blocks in sysfs (blocks.h). */
#include "blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define LOOK_EVERY_NS (20 * UINT64_C(1000000))

static unsigned boot[BLOCKS_MAX];
static unsigned n_boot;
static uint64_t block_size;

static int compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

int blocks_remember(void)
{
	static struct listing dir;
	char size[32];
	int err;

	if (file_line(AT_FDCWD, BLOCKS_DIR "/block_size_bytes", size, sizeof(size)) > 0 &&
	    text_hex(size, &block_size))
		block_size = 0;
	err = listing_open(&dir, BLOCKS_DIR);
	if (err)
		return err;
	err = listing_refresh(&dir, "memory");
	close(dir.dir);
	if (err < 0)
		return err;
	for (n_boot = 0; n_boot < dir.count; n_boot++)
		listing_number(dir.name[n_boot], "memory", &boot[n_boot]);
	qsort(boot, n_boot, sizeof(boot[0]), compare);
	return 0;
}

bool blocks_at_boot(unsigned number)
{
	return bsearch(&number, boot, n_boot, sizeof(boot[0]), compare);
}

bool blocks_boot(unsigned n, unsigned *ret)
{
	if (n >= n_boot)
		return false;
	*ret = boot[n];
	return true;
}

uint64_t blocks_size(void)
{
	return block_size;
}

bool blocks_void(uint64_t number)
{
	return number >= atomic_load(&shared->void_first) &&
	       number < atomic_load(&shared->void_end);
}

static void ignore_number(unsigned number, void *data)
{
	(void)number;
	(void)data;
}

int blocks_init(struct blocks *blocks, const char *choice, const char *attribute)
{
	static const char *const words[] = {"hotplugged", "all", "movable"};
	bool word = false;

	for (unsigned i = 0; i < countof(words); i++)
		word |= !strcmp(choice, words[i]);
	if (!word && text_list(choice, BLOCKS_MAX, ignore_number, NULL))
		return -EINVAL;
	blocks->choice = choice;
	blocks->attribute = attribute;
	blocks->count = 0;
	blocks->checked_ns = 0;
	return listing_open(&blocks->dir, BLOCKS_DIR);
}

static bool is_movable(const struct blocks *blocks, unsigned number)
{
	char path[64], zones[128];

	snprintf(path, sizeof(path), "memory%u/valid_zones", number);
	return file_line(blocks->dir.dir, path, zones, sizeof(zones)) > 0 &&
	       strstr(zones, "Movable");
}

struct lookup {
	unsigned number;
	bool found;
};

static void look_for(unsigned number, void *data)
{
	struct lookup *lookup = data;

	lookup->found |= lookup->number == number;
}

static bool is_chosen(const struct blocks *blocks, unsigned number)
{
	struct lookup lookup = {number, false};

	if (blocks_void(number))
		return false;
	if (!strcmp(blocks->choice, "all"))
		return true;
	if (!strcmp(blocks->choice, "hotplugged"))
		return !blocks_at_boot(number);
	if (!strcmp(blocks->choice, "movable"))
		return is_movable(blocks, number);
	text_list(blocks->choice, BLOCKS_MAX, look_for, &lookup);
	return lookup.found;
}

/*
 * Changes the list to the COUNT ascending numbers in NUMBER. The files of blocks that still exist
 * remain open, the others are closed.
 */
static void merge(struct blocks *blocks, const unsigned *number, unsigned count)
{
	static struct block old[BLOCKS_MAX];
	unsigned n_old = blocks->count, at = 0;

	memcpy(old, blocks->at, n_old * sizeof(old[0]));
	for (unsigned i = 0; i < count; i++) {
		for (; at < n_old && old[at].number < number[i]; at++)
			if (old[at].fd >= 0)
				close(old[at].fd);
		blocks->at[i] = (struct block){number[i], -1};
		if (at < n_old && old[at].number == number[i])
			blocks->at[i].fd = old[at++].fd;
	}
	for (; at < n_old; at++)
		if (old[at].fd >= 0)
			close(old[at].fd);
	blocks->count = count;
}

void blocks_refresh(struct blocks *blocks, uint64_t now)
{
	static unsigned number[BLOCKS_MAX];
	unsigned count = 0;

	if (!blocks->dir.stale && now - blocks->checked_ns < LOOK_EVERY_NS)
		return;
	blocks->checked_ns = now;
	if (listing_refresh(&blocks->dir, "memory") <= 0)
		return;
	for (unsigned i = 0; i < blocks->dir.count; i++) {
		listing_number(blocks->dir.name[i], "memory", &number[count]);
		if (is_chosen(blocks, number[count]))
			count++;
	}
	qsort(number, count, sizeof(number[0]), compare);
	merge(blocks, number, count);
}

int blocks_file(struct blocks *blocks, struct block *block)
{
	char path[64];

	if (block->fd < 0) {
		snprintf(path, sizeof(path), "memory%u/%s", block->number, blocks->attribute);
		block->fd = openat(blocks->dir.dir, path, O_WRONLY | O_CLOEXEC);
		if (block->fd < 0) {
			block->fd = -1;
			return -errno;
		}
	}
	return block->fd;
}

void blocks_gone(struct blocks *blocks, struct block *block)
{
	if (block->fd >= 0)
		close(block->fd);
	block->fd = -1;
	blocks->dir.stale = true;
}
