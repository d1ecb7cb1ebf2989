// SPDX-License-Identifier: GPL-2.0-only
/* Records which code of the guest was translated. */
#include "plugin/cover.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

const char *cover_open(struct cover *cover, int fd)
{
	size_t size = COVER_PHASES * COVER_BYTES(cover->from, cover->to);
	struct stat info;
	void *bits;

	if (fstat(fd, &info) < 0 || (uint64_t)info.st_size != size)
		return "the file for the coverage does not have the size of the bitmaps";
	bits = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bits == MAP_FAILED)
		return "the file for the coverage cannot be mapped";
	cover->bits = bits;
	return NULL;
}

/* Sets the bits FIRST to LAST of the byte at INDEX. */
static void set_bits(_Atomic uint8_t *bits, uint64_t index, unsigned first, unsigned last)
{
	uint8_t mask = (uint8_t)(0xff << first) & (uint8_t)(0xff >> (7 - last));

	if ((atomic_load_explicit(&bits[index], memory_order_relaxed) & mask) != mask)
		atomic_fetch_or_explicit(&bits[index], mask, memory_order_relaxed);
}

void cover_add(struct cover *cover, uint64_t from, uint64_t to)
{
	_Atomic uint8_t *bits;
	uint64_t first, last;

	if (!cover->bits || from >= cover->to || to <= cover->from || from >= to)
		return;
	bits = cover->bits + atomic_load(&cover->phase) * COVER_BYTES(cover->from, cover->to);
	first = (from > cover->from ? from : cover->from) - cover->from;
	last = (to < cover->to ? to : cover->to) - cover->from - 1;
	for (uint64_t i = first / 8; i <= last / 8; i++)
		set_bits(bits, i, i == first / 8 ? first % 8 : 0, i == last / 8 ? last % 8 : 7);
}

void cover_want(struct cover *cover, unsigned phase)
{
	if (phase < COVER_PHASES)
		atomic_store(&cover->wanted, phase);
}

bool cover_must_flush(struct cover *cover)
{
	return cover->bits && atomic_load(&cover->wanted) != atomic_load(&cover->phase) &&
	       !atomic_exchange(&cover->flushing, true);
}

unsigned cover_flushed(struct cover *cover)
{
	unsigned phase = atomic_load(&cover->wanted);

	atomic_store(&cover->phase, phase);
	atomic_store(&cover->flushing, false);
	return phase;
}
