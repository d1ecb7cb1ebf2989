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

/* Finds the largest namespace of the region. Without labels it covers the whole region. */
static int find_space(struct pmem *pmem)
{
	DIR *dir = opendir(PMEM_DEVICES);
	struct dirent *entry;
	uint64_t most = 0;
	char prefix[PMEM_NAME];
	unsigned number;

	snprintf(prefix, sizeof(prefix), "namespace%u.", pmem->region);
	while (dir && (entry = readdir(dir)))
		if (listing_number(entry->d_name, prefix, &number) &&
		    number_in(entry->d_name, "size") > most) {
			most = number_in(entry->d_name, "size");
			text_copy(pmem->space, sizeof(pmem->space), entry->d_name);
			snprintf(pmem->dax, sizeof(pmem->dax), "dax%u.%u", pmem->region, number);
		}
	if (dir)
		closedir(dir);
	return most ? 0 : -ENOENT;
}

/* Waits until the kernel has probed all devices, by reading the same files as ndctl. */
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

int pmem_find(unsigned n, struct pmem *ret)
{
	unsigned numbers[REGIONS_MAX], count = list_regions(numbers);
	struct pmem pmem = {.region = n < count ? numbers[n] : 0};
	int err = n < count ? find_space(&pmem) : -ENOENT;

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

static bool has_driver(const char *device)
{
	char path[96];

	snprintf(path, sizeof(path), PMEM_DEVICES "/%s/driver", device);
	return file_exists(path);
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

/*
 * Makes a UUID for the namespace. The kernel accepts any UUID of version 4; the region's number
 * makes it unique in the guest.
 */
static void name_uuid(const struct pmem *pmem, char *uuid, size_t max)
{
	snprintf(uuid, max, "5249472d-6d65-4d6f-8000-%012x", pmem->region + 1);
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

int pmem_make_dax(struct pmem *pmem, bool on_device, const char **ret_what)
{
	char uuid[40];
	int err = unbind(pmem->space, ret_what);

	if (!err)
		err = take_seed(pmem, ret_what);
	if (err)
		return err;
	name_uuid(pmem, uuid, sizeof(uuid));
	err = set(pmem->claim, "mode", on_device ? "pmem" : "ram", ret_what);
	if (!err)
		err = set(pmem->claim, "align", "2097152", ret_what);
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
