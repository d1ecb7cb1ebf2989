// SPDX-License-Identifier: GPL-2.0-only
/* Makes regions of CXL memory through sysfs (cxl.h). */
#include "cxl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "text.h"

#define DEVICES_MAX 64
#define GRANULARITY "4096"

/*
 * Stores the numbers of the devices whose name is PREFIX and a number, ascending, in RET, which has
 * room for DEVICES_MAX. Returns how many there are.
 */
static unsigned list(const char *prefix, unsigned *ret)
{
	DIR *dir = opendir(CXL_DEVICES);
	struct dirent *entry;
	unsigned count = 0;

	while (dir && count < DEVICES_MAX && (entry = readdir(dir)))
		count += listing_number(entry->d_name, prefix, &ret[count]);
	if (dir)
		closedir(dir);
	for (unsigned i = 1; i < count; i++)
		for (unsigned j = i; j && ret[j - 1] > ret[j]; j--) {
			unsigned other = ret[j];

			ret[j] = ret[j - 1];
			ret[j - 1] = other;
		}
	return count;
}

static int read_number(const char *device, const char *attribute, uint64_t *ret)
{
	char path[128], text[32];
	int got;

	snprintf(path, sizeof(path), CXL_DEVICES "/%s/%s", device, attribute);
	got = file_line(AT_FDCWD, path, text, sizeof(text));
	return got < 0 ? got : text_number(text, ret);
}

/* Finds the first decoder of the endpoint port whose uport is memory device MEM. */
static int find_endpoint(unsigned mem, char *ret)
{
	unsigned numbers[DEVICES_MAX], count = list("endpoint", numbers);
	char path[128], target[256], name[CXL_NAME];

	snprintf(name, sizeof(name), "/mem%u", mem);
	for (unsigned i = 0; i < count; i++) {
		ssize_t len;
		const char *base;

		snprintf(path, sizeof(path), CXL_DEVICES "/endpoint%u/uport", numbers[i]);
		len = readlink(path, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		base = strrchr(target, '/');
		snprintf(path, sizeof(path), CXL_DEVICES "/decoder%u.0", numbers[i]);
		if (base && !strcmp(base, name) && file_exists(path)) {
			snprintf(ret, CXL_NAME, "decoder%u.0", numbers[i]);
			return 0;
		}
	}
	return -ENOENT;
}

/* Finds the first root decoder that can have a region of volatile memory. */
static int find_root(char *ret)
{
	unsigned numbers[DEVICES_MAX], count = list("decoder0.", numbers);
	char path[128];

	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), CXL_DEVICES "/decoder0.%u/create_ram_region",
			 numbers[i]);
		if (file_exists(path)) {
			snprintf(ret, CXL_NAME, "decoder0.%u", numbers[i]);
			return 0;
		}
	}
	return -ENOENT;
}

int cxl_find(unsigned n, unsigned ways, struct cxl *ret)
{
	unsigned mems[DEVICES_MAX], count = list("mem", mems);
	struct cxl cxl = {.ways = ways, .capacity = UINT64_MAX};
	int err = ways <= CXL_WAYS && n + ways <= count ? find_root(cxl.root) : -ENOENT;

	for (unsigned i = 0; i < ways && !err; i++) {
		char name[CXL_NAME];
		uint64_t size = 0;

		snprintf(name, sizeof(name), "mem%u", mems[n + i]);
		err = find_endpoint(mems[n + i], cxl.endpoint[i]);
		if (!err)
			err = read_number(name, "ram/size", &size);
		if (size < cxl.capacity)
			cxl.capacity = size;
	}
	if (!err)
		*ret = cxl;
	return err;
}

int cxl_probed(uint64_t serial)
{
	unsigned mems[DEVICES_MAX], count = list("mem", mems);

	for (unsigned i = 0; i < count; i++) {
		char name[CXL_NAME];
		uint64_t its;

		snprintf(name, sizeof(name), "mem%u", mems[i]);
		if (!read_number(name, "serial", &its) && its == serial)
			return find_endpoint(mems[i], name);
	}
	return -ENOENT;
}

static int set(const char *device, const char *attribute, const char *word, const char **ret_what)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), CXL_DEVICES "/%s/%s", device, attribute);
	err = file_write(AT_FDCWD, path, word);
	if (err)
		*ret_what = attribute;
	return err;
}

static int set_number(const char *device, const char *attribute, uint64_t value,
		      const char **ret_what)
{
	char word[32];

	snprintf(word, sizeof(word), "%llu", (unsigned long long)value);
	return set(device, attribute, word, ret_what);
}

/* Creates the region: reads the next free name from the root decoder, and writes it back. */
static int create(struct cxl *cxl, const char **ret_what)
{
	static const char file[] = "create_ram_region";
	char path[128], name[CXL_NAME];
	unsigned number;
	int err;

	snprintf(path, sizeof(path), CXL_DEVICES "/%s/%s", cxl->root, file);
	*ret_what = file;
	err = file_line(AT_FDCWD, path, name, sizeof(name));
	if (err < 0)
		return err;
	if (!listing_number(name, "region", &number))
		return -EINVAL;
	err = set(cxl->root, file, name, ret_what);
	if (err)
		return err;
	text_copy(cxl->region, sizeof(cxl->region), name);
	snprintf(cxl->dax, sizeof(cxl->dax), "dax%u.0", number);
	return 0;
}

/*
 * Sets the region's size, allocates capacity of the devices, and attaches their endpoint decoders.
 */
static int fill(struct cxl *cxl, uint64_t size, const char **ret_what)
{
	int err = set_number(cxl->region, "interleave_ways", cxl->ways, ret_what);

	if (!err)
		err = set(cxl->region, "interleave_granularity", GRANULARITY, ret_what);
	if (!err)
		err = set_number(cxl->region, "size", size * cxl->ways, ret_what);
	for (unsigned i = 0; i < cxl->ways && !err; i++) {
		char target[24];

		snprintf(target, sizeof(target), "target%u", i);
		err = set(cxl->region, target, cxl->endpoint[i], ret_what);
		if (err)
			*ret_what = "target";
	}
	return err;
}

int cxl_make_region(struct cxl *cxl, uint64_t size, const char **ret_what)
{
	int err = 0;

	cxl->region[0] = '\0';
	for (unsigned i = 0; i < cxl->ways && !err; i++) {
		err = set(cxl->endpoint[i], "mode", "ram", ret_what);
		if (!err)
			err = set_number(cxl->endpoint[i], "dpa_size", size, ret_what);
	}
	if (!err)
		err = create(cxl, ret_what);
	if (!err)
		err = fill(cxl, size, ret_what);
	if (err)
		cxl_destroy_region(cxl, &(const char *){NULL});
	return err;
}

int cxl_commit(const struct cxl *cxl, bool on, const char **ret_what)
{
	return set(cxl->region, "commit", on ? "1" : "0", ret_what);
}

int cxl_bind(const struct cxl *cxl, const char **ret_what)
{
	*ret_what = "bind";
	return file_write(AT_FDCWD, CXL_REGION_DRIVER "/bind", cxl->region);
}

int cxl_destroy_region(struct cxl *cxl, const char **ret_what)
{
	int err = *cxl->region ? set(cxl->root, "delete_region", cxl->region, ret_what) : 0;

	for (unsigned i = 0; i < cxl->ways && !err; i++)
		err = set(cxl->endpoint[i], "dpa_size", "0", ret_what);
	cxl->region[0] = '\0';
	return err;
}
