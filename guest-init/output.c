// SPDX-License-Identifier: GPL-2.0-only
/* A ring buffer for output (output.h). */
#include "output.h"

#include <string.h>

static const char cut[] = "\n== cut: the output is longer than 256 KiB\n";

size_t output_room(const struct output *output)
{
	size_t used = atomic_load(&output->put) - atomic_load(&output->taken);

	return used + sizeof(cut) < OUTPUT_RING ? OUTPUT_RING - sizeof(cut) - used : 0;
}

static void put(struct output *output, const char *bytes, size_t len)
{
	uint32_t at = atomic_load_explicit(&output->put, memory_order_relaxed);

	for (size_t i = 0; i < len; i++)
		output->ring[(at + i) % OUTPUT_RING] = bytes[i] ? bytes[i] : '?';
	atomic_store(&output->put, at + len);
}

void output_put(struct output *output, const char *bytes, size_t len)
{
	uint64_t left = OUTPUT_MAX - output->total;

	put(output, bytes, len < left ? len : left);
	output->total += len < left ? len : left;
	if (len > left && !output->is_cut) {
		output->is_cut = true;
		put(output, cut, strlen(cut));
	}
}

size_t output_take(struct output *output, char *buffer, size_t max)
{
	uint32_t at = atomic_load_explicit(&output->taken, memory_order_relaxed);
	size_t len = atomic_load(&output->put) - at;

	len = len < max ? len : max;
	for (size_t i = 0; i < len; i++)
		buffer[i] = output->ring[(at + i) % OUTPUT_RING];
	atomic_store(&output->taken, at + len);
	return len;
}
