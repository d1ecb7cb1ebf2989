// SPDX-License-Identifier: GPL-2.0-only
/*
 * pressure: uses a share of the free memory, half of it as anonymous memory, half as a tmpfs file,
 * so that pages must be migrated or reclaimed when their memory block is set offline. It frees and
 * allocates random pieces.
 *
 * The agent is the OOM killer's preferred victim. If its process is killed, init counts that as
 * ENOMEM of the current operation and restarts the agent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define CHUNK (1024 * 1024)
#define CHUNKS_MAX 65536

static char *anon;
static bool has_anon[CHUNKS_MAX], has_cache[CHUNKS_MAX];
static unsigned n_chunks; /* number of chunks of each kind */
static int fd;
static char page[65536];

static uint64_t mem_available(void)
{
	char info[4096], *cursor = info, *line, *word[8];
	uint64_t kb = 0;

	file_read(AT_FDCWD, "/proc/meminfo", info, sizeof(info));
	while ((line = text_line(&cursor))) {
		if (strncmp(line, "MemAvailable:", 13))
			continue;
		line += 13;
		line += strspn(line, " ");
		if (text_words(line, word, 2) && !text_number(word[0], &kb))
			break;
	}
	return kb * 1024;
}

static int prepare(struct run *run)
{
	uint64_t percent, bytes;
	int err = run_param_number(run, "percent", 1, 200, &percent);

	if (err)
		return err;
	bytes = mem_available() / 100 * percent / 2;
	n_chunks = bytes / CHUNK < CHUNKS_MAX ? bytes / CHUNK : CHUNKS_MAX;
	if (!n_chunks)
		return run_fail(run, ENOMEM, "percent: this share of the free memory is less "
					     "than 2 MiB");
	anon = mmap(NULL, (size_t)n_chunks * CHUNK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (anon == MAP_FAILED)
		return run_fail(run, errno, "cannot map %u MiB", n_chunks);
	/* an unnamed file is removed even if the process is killed */
	fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return fd < 0 ? run_fail(run, errno, "cannot create a file in /tmp") : 0;
}

static void touch_anon(struct run *run, unsigned n)
{
	long page_size = sysconf(_SC_PAGESIZE);

	op_begin(run, OP_ANON);
	for (size_t at = 0; at < CHUNK; at += page_size)
		anon[(size_t)n * CHUNK + at] = n;
	has_anon[n] = true;
	op_end(run, OP_ANON, 0);
}

static void write_cache(struct run *run, unsigned n)
{
	int err = 0;

	op_begin(run, OP_CACHE);
	for (size_t at = 0; at < CHUNK && !err; at += sizeof(page))
		if (pwrite(fd, page, sizeof(page), (off_t)n * CHUNK + at) < 0)
			err = -errno;
	has_cache[n] = true;
	op_end(run, OP_CACHE, err);
}

static void give_back(struct run *run, unsigned n, bool cache)
{
	int err;

	op_begin(run, OP_FREE);
	if (cache)
		err = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)n * CHUNK,
				CHUNK);
	else
		err = madvise(anon + (size_t)n * CHUNK, CHUNK, MADV_DONTNEED);
	op_end(run, OP_FREE, err ? -errno : 0);
	(cache ? has_cache : has_anon)[n] = false;
}

/* Chooses a random piece: allocates it if it is free, otherwise frees it one time in four. */
static void step(struct run *run)
{
	struct guest_rng *rng = &run->shared->rng;
	unsigned n = guest_rng_index(rng, n_chunks);
	bool cache = guest_rng_next(rng) & 1;

	if ((cache ? has_cache : has_anon)[n] && !(guest_rng_next(rng) & 3))
		give_back(run, n, cache);
	else if (cache)
		write_cache(run, n);
	else
		touch_anon(run, n);
}

const struct agent agent_pressure = {
	.name = "pressure",
	.params =
		(const struct agent_param[]){
			{"percent", "50",
			 "percent of the memory that is free at the agent's start; above 100 the "
			 "OOM killer runs"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.oom_score_adj = 1000,
	.killable = true,
};
