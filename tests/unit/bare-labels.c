// SPDX-License-Identifier: GPL-2.0-only
/*
 * bare-labels FILE SIZE KIND: creates the backing file of an NVDIMM of SIZE bytes, with a label
 * area of 128 KiB in the format of version 1.1 (UEFI 2.7, 13.19; Linux, drivers/nvdimm/label.h).
 * KIND is what the label area has:
 *
 *  *	two	a namespace in each half of the NVDIMM
 *  *	overlap	two namespaces, the second of which begins inside the first
 *  *	damaged	as `two`, but the checksum of both index blocks is wrong
 */
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABELS (128 << 10)
#define LABEL_SIZE 128
#define INDEX_SIZE 256 /* a multiple of 256, with a bit for each label */
#define INDEX_FIXED 72 /* size of an index block without its bits */
/*
 * the kernel computes the number of labels from the size of the area (nvdimm_num_label_slots());
 * the area has two index blocks
 */
#define SLOTS ((LABELS - 2 * INDEX_SIZE) / LABEL_SIZE)

struct index_block {
	char signature[16];
	uint8_t flags[3], label_size; /* label_size is in units of 256 bytes, 0 for 128 bytes */
	uint32_t sequence;
	uint64_t own_offset, own_size, other_offset, label_offset;
	uint32_t slots;
	uint16_t major, minor;
	uint64_t checksum;
	uint8_t free[INDEX_SIZE - INDEX_FIXED];
};

struct label {
	uint8_t uuid[16];
	char name[64];
	uint32_t flags;
	uint16_t labels, position;
	uint64_t cookie, block_size, address, size;
	uint32_t slot, unused;
};

_Static_assert(sizeof(struct index_block) == INDEX_SIZE, "the format has no padding");
_Static_assert(sizeof(struct label) == LABEL_SIZE, "the format has no padding");

static uint64_t fletcher64(const void *data, size_t len)
{
	const uint32_t *words = data;
	uint32_t low = 0;
	uint64_t high = 0;

	for (size_t i = 0; i < len / 4; i++) {
		low += le32toh(words[i]);
		high += low;
	}
	return high << 32 | low;
}

/*
 * Returns the cookie of the set of NVDIMMs to which the namespace belongs: a checksum of the
 * NVDIMM's offset in it, and of its serial number, which QEMU derives from the number of its slot
 * (here: 0).
 */
static uint64_t cookie(void)
{
	const uint32_t set[] = {0, 0, htole32(0x123456), 0};

	return fletcher64(set, sizeof(set));
}

static void make_index(struct index_block *index, unsigned n, unsigned used, int damaged)
{
	*index = (struct index_block){
		.signature = "NAMESPACE_INDEX",
		.sequence = htole32(n + 1),
		.own_offset = htole64(n * INDEX_SIZE),
		.own_size = htole64(INDEX_SIZE),
		.other_offset = htole64(!n * INDEX_SIZE),
		.label_offset = htole64(2 * INDEX_SIZE),
		.slots = htole32(SLOTS),
		.major = htole16(1),
		.minor = htole16(1),
	};
	for (unsigned slot = used; slot < SLOTS; slot++)
		index->free[slot / 8] |= 1 << slot % 8;
	index->checksum = htole64(fletcher64(index, sizeof(*index)) + damaged);
}

static void make_label(struct label *label, unsigned slot, uint64_t address, uint64_t size)
{
	*label = (struct label){
		.uuid = {0x52, 0x49, 0x47, 0x2d, 0, slot, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1},
		.labels = htole16(1),
		.cookie = htole64(cookie()),
		.block_size = htole64(512),
		.address = htole64(address),
		.size = htole64(size),
		.slot = htole32(slot),
	};
}

int main(int argc, char **argv)
{
	struct area {
		struct index_block index[2];
		struct label label[2];
	} area;
	uint64_t size = argc == 4 ? strtoull(argv[2], NULL, 10) : 0, start = size / 2;
	FILE *file = size ? fopen(argv[1], "wx") : NULL;
	int damaged = file && !strcmp(argv[3], "damaged");

	if (!file) {
		fprintf(stderr, "usage: bare-labels FILE SIZE two|overlap|damaged: %s\n",
			strerror(size ? errno : EINVAL));
		return 2;
	}
	if (!strcmp(argv[3], "overlap"))
		start -= size / 4;
	for (unsigned i = 0; i < 2; i++) {
		make_index(&area.index[i], i, 2, damaged);
		make_label(&area.label[i], i, i * start, size / 2);
	}
	if (fseek(file, size, SEEK_SET) || fwrite(&area, sizeof(area), 1, file) != 1 ||
	    fclose(file) || truncate(argv[1], size + LABELS)) {
		perror(argv[1]);
		return 2;
	}
	return 0;
}
