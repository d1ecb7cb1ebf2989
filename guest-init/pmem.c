// SPDX-License-Identifier: GPL-2.0-only
/* Uses NVDIMM regions and namespaces through sysfs (pmem.h). */
#include "pmem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "text.h"

#define REGIONS_MAX 64
#define DRIVERS "/sys/bus/nd/drivers"
/* offset of the info block in the namespace: drivers/nvdimm/pfn_devs.c, nd_pfn_validate() */
#define INFO_BLOCK 4096
#define NAMESPACES_MAX 64
#define HUGE_PAGE (2L << 20)
/*
 * namespaces begin and end at multiples of this: drivers/nvdimm/region_devs.c, default_align();
 * the largest value of all architectures
 */
#define SPACE_UNIT (16ULL << 20)

static int compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

/* Stores the numbers of all regions in RET, in ascending order. Returns how many there are. */
static unsigned list_regions(unsigned *ret)
{
	DIR *dir = opendir(PMEM_DEVICES);
	struct dirent *entry;
	unsigned count = 0;

	while (dir && count < REGIONS_MAX && (entry = readdir(dir)))
		count += listing_number(entry->d_name, "region", &ret[count]);
	if (dir)
		closedir(dir);
	qsort(ret, count, sizeof(*ret), compare);
	return count;
}

static uint64_t number_in(const char *device, const char *attribute)
{
	char path[96], text[32];
	uint64_t value;

	snprintf(path, sizeof(path), PMEM_DEVICES "/%s/%s", device, attribute);
	return file_line(AT_FDCWD, path, text, sizeof(text)) > 0 && !text_number(text, &value)
		       ? value
		       : 0;
}

int pmem_region_at(uint64_t start, unsigned *ret)
{
	unsigned numbers[REGIONS_MAX], count = list_regions(numbers);

	for (unsigned i = 0; i < count; i++) {
		char name[PMEM_NAME];

		snprintf(name, sizeof(name), "region%u", numbers[i]);
		if (number_in(name, "resource") == start) {
			*ret = numbers[i];
			return 0;
		}
	}
	return -ENOENT;
}

/*
 * Finds the K-th namespace of the region, counted from 0 in the order of their numbers; namespaces
 * of size 0 do not count. A region without labels has one, which covers the whole region.
 */
static int find_space(struct pmem *pmem, unsigned k)
{
	DIR *dir = opendir(PMEM_DEVICES);
	struct dirent *entry;
	char prefix[PMEM_NAME];
	unsigned numbers[NAMESPACES_MAX], count = 0;

	snprintf(prefix, sizeof(prefix), "namespace%u.", pmem->region);
	while (dir && count < NAMESPACES_MAX && (entry = readdir(dir)))
		count += listing_number(entry->d_name, prefix, &numbers[count]) &&
			 number_in(entry->d_name, "size") > 0;
	if (dir)
		closedir(dir);
	if (k >= count)
		return -ENOENT;
	qsort(numbers, count, sizeof(*numbers), compare);
	snprintf(pmem->space, sizeof(pmem->space), "namespace%u.%u", pmem->region, numbers[k]);
	snprintf(pmem->dax, sizeof(pmem->dax), "dax%u.%u", pmem->region, numbers[k]);
	return 0;
}

/* Waits until the kernel has probed all devices: a read of wait_probe blocks until then. */
static void wait_for_probes(void)
{
	DIR *dir = opendir(PMEM_DEVICES);
	struct dirent *entry;
	unsigned number;

	while (dir && (entry = readdir(dir)))
		if (listing_number(entry->d_name, "ndbus", &number)) {
			char path[96], text[32];

			snprintf(path, sizeof(path), PMEM_DEVICES "/ndbus%u/wait_probe", number);
			file_line(AT_FDCWD, path, text, sizeof(text));
		}
	if (dir)
		closedir(dir);
}

static bool has_driver(const char *device)
{
	char path[96];

	snprintf(path, sizeof(path), PMEM_DEVICES "/%s/driver", device);
	return file_exists(path);
}

bool pmem_refused(unsigned region, char ret[PMEM_NAME])
{
	char path[96], text[64];
	bool refused = false;

	for (unsigned k = 0; !refused; k++) {
		snprintf(path, sizeof(path), PMEM_DEVICES "/region%u/mapping%u", region, k);
		/* "nmem0,0,268435456,0"; a region of virtio-pmem has no mapping */
		if (file_line(AT_FDCWD, path, text, sizeof(text)) <= 0)
			return false;
		text[strcspn(text, ",")] = '\0';
		if (!text_copy(ret, PMEM_NAME, text) || has_driver(ret))
			continue;
		wait_for_probes();
		refused = !has_driver(ret);
	}
	return true;
}

static bool find_region(unsigned n, unsigned *ret)
{
	unsigned numbers[REGIONS_MAX], count = list_regions(numbers);

	if (n < count)
		*ret = numbers[n];
	return n < count;
}

int pmem_find(unsigned n, unsigned k, struct pmem *ret)
{
	struct pmem pmem = {0};
	int err = find_region(n, &pmem.region) ? find_space(&pmem, k) : -ENOENT;

	if (!err)
		*ret = pmem;
	return err;
}

static int set(const char *device, const char *attribute, const char *word, const char **ret_what)
{
	char path[96];
	int err;

	snprintf(path, sizeof(path), PMEM_DEVICES "/%s/%s", device, attribute);
	err = file_write(AT_FDCWD, path, word);
	if (err)
		*ret_what = attribute;
	return err;
}

static int unbind(const char *device, const char **ret_what)
{
	char path[96];
	int err;

	if (!has_driver(device))
		return 0;
	snprintf(path, sizeof(path), PMEM_DEVICES "/%s/driver/unbind", device);
	err = file_write(AT_FDCWD, path, device);
	if (err)
		*ret_what = "unbind";
	return err;
}

static int bind(const char *driver, const char *device, const char **ret_what)
{
	char path[96];
	int err;

	snprintf(path, sizeof(path), DRIVERS "/%s/bind", driver);
	err = file_write(AT_FDCWD, path, device);
	if (err)
		*ret_what = driver;
	return err;
}

/* The bits in which the UUID of a dax device differs from that of the namespace it is made of. */
enum uuid_of { UUID_DAX = 0x6d65, UUID_SPACE = 0x6e73 };

/*
 * Makes a UUID for device DEVICE, such as "namespace0.1" or "dax0.1". The kernel accepts any UUID
 * of version 4; the two numbers in the name make it unique in the guest.
 */
static void make_uuid(enum uuid_of of, const char *device, char *uuid, size_t max)
{
	unsigned region = 0, number = 0;

	sscanf(device, "%*[a-z]%u.%u", &region, &number);
	snprintf(uuid, max, "5249472d-%04x-4d6f-8000-%06x%06x", of, region + 1, number);
}

/*
 * Gives the region's unused namespace a size, and binds it, which makes the kernel add another
 * unused one (drivers/nvdimm/region_devs.c, nd_region_advance_seeds()).
 */
static int add_space(unsigned region, uint64_t size, const char **ret_what)
{
	char path[96], seed[PMEM_NAME], uuid[40], text[24];
	int err;

	wait_for_probes();
	snprintf(path, sizeof(path), PMEM_DEVICES "/region%u/namespace_seed", region);
	*ret_what = "namespace_seed";
	if (file_line(AT_FDCWD, path, seed, sizeof(seed)) <= 0)
		return -ENODEV;
	make_uuid(UUID_SPACE, seed, uuid, sizeof(uuid));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	err = set(seed, "uuid", uuid, ret_what);
	if (!err)
		err = set(seed, "size", text, ret_what);
	return err ? err : bind("nd_pmem", seed, ret_what);
}

bool pmem_has_region(unsigned n)
{
	unsigned region;

	return find_region(n, &region);
}

int pmem_divide(unsigned n, unsigned spaces, const char **ret_what)
{
	struct pmem pmem = {0};
	char name[PMEM_NAME];
	uint64_t size;
	int err = 0;

	*ret_what = "region";
	if (!find_region(n, &pmem.region))
		return -ENOENT;
	*ret_what = "an NVDIMM of the region has no driver: the kernel refused its label area";
	if (pmem_refused(pmem.region, name))
		return -ENXIO;
	/* the kernel may still be making the namespaces of the labels */
	wait_for_probes();
	if (!find_space(&pmem, 0))
		return 0;
	snprintf(name, sizeof(name), "region%u", pmem.region);
	size = number_in(name, "available_size") / spaces / SPACE_UNIT * SPACE_UNIT;
	if (spaces > 1 && size > SPACE_UNIT && size / SPACE_UNIT % 2 == 0)
		size -= SPACE_UNIT;
	*ret_what = "available_size: no space, and no namespace (labels of another NVDIMM?)";
	if (!size)
		return -ENOSPC;
	for (unsigned i = 0; i < spaces && !err; i++)
		err = add_space(pmem.region, size, ret_what);
	return err;
}

static int take_seed(struct pmem *pmem, const char **ret_what)
{
	char path[96], seed[PMEM_NAME];

	wait_for_probes();
	snprintf(path, sizeof(path), PMEM_DEVICES "/region%u/dax_seed", pmem->region);
	*ret_what = "dax_seed";
	if (file_line(AT_FDCWD, path, seed, sizeof(seed)) <= 0)
		return -ENODEV;
	return text_copy(pmem->claim, sizeof(pmem->claim), seed) ? 0 : -ENODEV;
}

int pmem_make_dax(struct pmem *pmem, bool on_device, bool huge, const char **ret_what)
{
	char uuid[40], align[24];
	int err = unbind(pmem->space, ret_what);

	if (!err)
		err = take_seed(pmem, ret_what);
	if (err)
		return err;
	make_uuid(UUID_DAX, pmem->claim, uuid, sizeof(uuid));
	snprintf(align, sizeof(align), "%ld", huge ? HUGE_PAGE : sysconf(_SC_PAGESIZE));
	err = set(pmem->claim, "mode", on_device ? "pmem" : "ram", ret_what);
	if (!err)
		err = set(pmem->claim, "align", align, ret_what);
	if (!err)
		err = set(pmem->claim, "uuid", uuid, ret_what);
	if (!err)
		err = set(pmem->claim, "namespace", pmem->space, ret_what);
	if (err)
		return err;
	err = bind("dax_pmem", pmem->claim, ret_what);
	if (err)
		set(pmem->claim, "namespace", "\n", &(const char *){NULL});
	return err;
}

/* Finds the name of the namespace's block device, such as "pmem0". */
static int find_disk(const struct pmem *pmem, char *ret, size_t max)
{
	char path[96];
	struct dirent *entry;
	int err = -ENODEV;
	DIR *dir;

	snprintf(path, sizeof(path), PMEM_DEVICES "/%s/block", pmem->space);
	dir = opendir(path);
	while (dir && err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    snprintf(ret, max, "/dev/%s", entry->d_name) < (int)max)
			err = 0;
	if (dir)
		closedir(dir);
	return err;
}

static int clear_info_block(const struct pmem *pmem)
{
	static const char zeros[INFO_BLOCK];
	char disk[PMEM_NAME];
	int err = find_disk(pmem, disk, sizeof(disk)), fd;

	if (err)
		return err;
	fd = open(disk, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pwrite(fd, zeros, sizeof(zeros), INFO_BLOCK) != sizeof(zeros) || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

int pmem_destroy_dax(struct pmem *pmem, const char **ret_what)
{
	int err = unbind(pmem->claim, ret_what), cleared;

	if (!err)
		err = set(pmem->claim, "namespace", "\n", ret_what);
	/* without force_raw, nd_pmem would find the info block and create the dax device again */
	if (!err)
		err = set(pmem->space, "force_raw", "1", ret_what);
	if (err)
		return err;
	err = bind("nd_pmem", pmem->space, ret_what);
	if (!err) {
		cleared = clear_info_block(pmem);
		err = unbind(pmem->space, ret_what);
		if (cleared)
			*ret_what = "info block";
		err = cleared ? cleared : err;
	}
	set(pmem->space, "force_raw", "0", &(const char *){NULL});
	return err;
}

int pmem_release(struct pmem *pmem)
{
	const char *what;

	return has_driver(pmem->space) ? 0 : bind("nd_pmem", pmem->space, &what);
}
