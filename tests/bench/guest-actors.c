// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest-actors SECONDS NAME [ARGUMENT…]: makes the system calls of the agent NAME in a loop without
 * the frame of guest-init/agent.c. Prints the number of operations, and for how many hundredths of
 * a second it ran.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/mempolicy.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "guest-init/rng.h"
#include "tests/bench/guest-actors.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* include/uapi/asm-generic/mman-common.h, since 6.1 */
#endif
#define SMALL 4096
#define HUGE (UINT64_C(2) << 20)
#define KSM "/sys/kernel/mm/ksm/"
#define POOL "/proc/sys/vm/nr_hugepages"
/* the first memory block of a DIMM of pc-q35 with blocks of 128 MiB */
#define PLUGGED "/sys/devices/system/memory/memory32/state"

struct map {
	char *at; /* NULL if nothing is mapped */
	size_t len;
	char *whole;
	size_t whole_len;
};

static struct guest_rng rng = {1};
unsigned long ops;
static struct map maps[16];

unsigned pick(unsigned count)
{
	return guest_rng_index(&rng, count);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Maps LEN bytes at a multiple of ALIGN and writes to each small page. */
static void map(struct map *m, size_t align, size_t len, int flags, int advice)
{
	size_t more = align > SMALL ? align : 0;
	char *at = mmap(NULL, len + more, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED)
		return;
	*m = (struct map){at, len, at, len + more};
	if (more)
		m->at = (char *)(((uintptr_t)at + align - 1) & ~(uintptr_t)(align - 1));
	if (advice)
		madvise(m->at, len, advice);
	for (size_t offset = 0; offset < len; offset += flags & MAP_HUGETLB ? HUGE : SMALL)
		m->at[offset] = 1;
}

static void unmap(struct map *m)
{
	munmap(m->whole, m->whole_len);
	m->at = NULL;
}

void write_file(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

	if (write(fd, word, strlen(word)) < 0)
		errno = 0; /* some actors make writes that the kernel refuses */
	close(fd);
}

/* ---- hugetlb ---- */

static void step_hugetlb(char **args)
{
	struct map *m = &maps[pick(16)];
	char word[24];

	(void)args;
	if (!pick(8)) {
		snprintf(word, sizeof(word), "%u", pick(33));
		write_file(POOL, word);
	} else if (m->at) {
		unmap(m);
	} else {
		map(m, 0, HUGE * (1 + pick(9)), MAP_HUGETLB, 0);
	}
	ops++;
}

static void end_hugetlb(void)
{
	for (unsigned i = 0; i < 16; i++)
		if (maps[i].at)
			unmap(&maps[i]);
	write_file(POOL, "0");
}

/* ---- thp ---- */

static void step_thp(char **args)
{
	static int split = -1;
	struct map *m = &maps[pick(16)];
	char word[80];
	int len;

	(void)args;
	if (split < 0)
		split = open("/sys/kernel/debug/split_huge_pages", O_WRONLY | O_CLOEXEC);
	ops++;
	if (!m->at) {
		map(m, HUGE, HUGE * (1 + pick(4)), 0, MADV_HUGEPAGE);
		return;
	}
	switch (pick(4)) {
	case 0:
		madvise(m->at + SMALL * pick(m->len / SMALL), SMALL, MADV_DONTNEED);
		break;
	case 1:
		len = snprintf(word, sizeof(word), "%d,0x%lx,0x%lx", getpid(), (unsigned long)m->at,
			       (unsigned long)(m->at + m->len));
		if (pwrite(split, word, len, 0) < 0)
			errno = 0;
		break;
	case 2:
		for (size_t offset = 0; offset < m->len; offset += SMALL)
			m->at[offset] = 1;
		madvise(m->at, m->len, MADV_COLLAPSE);
		break;
	default:
		unmap(m);
	}
}

/* ---- ksm ---- */

static void step_ksm(char **args)
{
	struct map *m = &maps[pick(8)];

	(void)args;
	if (!ops) {
		write_file(KSM "sleep_millisecs", "5");
		write_file(KSM "run", "1");
	}
	ops++;
	if (!m->at) {
		map(m, 0, 256 * SMALL, 0, MADV_MERGEABLE);
	} else if (pick(8) < 6) {
		m->at[SMALL * pick(256)] ^= 2;
	} else {
		madvise(m->at, m->len, MADV_UNMERGEABLE);
		unmap(m);
	}
}

static void end_ksm(void)
{
	write_file(KSM "run", "2");
}

/* ---- pin: with ms=1, and all of its ways ---- */

static struct {
	struct map map;
	int fds[2];
	double until;
} pins[16];

static void pin(unsigned i)
{
	struct io_uring_params params = {0};
	struct iovec part;

	pins[i].fds[0] = pins[i].fds[1] = -1;
	map(&pins[i].map, 0, SMALL * (1 + pick(16)), 0, 0);
	part = (struct iovec){pins[i].map.at, pins[i].map.len};
	switch (pick(3)) {
	case 0:
		if (!pipe2(pins[i].fds, O_CLOEXEC | O_NONBLOCK))
			vmsplice(pins[i].fds[1], &part, 1, SPLICE_F_NONBLOCK);
		break;
	case 1:
		pins[i].fds[0] = syscall(SYS_io_uring_setup, 1, &params);
		syscall(SYS_io_uring_register, pins[i].fds[0], IORING_REGISTER_BUFFERS, &part, 1);
		break;
	default:
		mlock(part.iov_base, part.iov_len);
	}
	pins[i].until = now() + 1e-3;
	ops++;
}

static void unpin(unsigned i)
{
	for (unsigned fd = 0; fd < 2; fd++)
		if (pins[i].fds[fd] >= 0)
			close(pins[i].fds[fd]);
	unmap(&pins[i].map);
	ops++;
}

static void step_pin(char **args)
{
	int idle = -1;

	(void)args;
	for (int i = 0; i < 16; i++) {
		if (pins[i].map.at && pins[i].until <= now())
			unpin(i);
		if (!pins[i].map.at)
			idle = i;
	}
	if (idle >= 0)
		pin(idle);
}

/* ---- migrate: between the nodes 0 and 1 ---- */

/*
 * migrate_pages() moves the process's own program, too, and an agent is a copy of init, of whose
 * program 640 KiB are in memory.
 */
static const volatile unsigned char program[640 << 10] = {1};

static void touch_program(void)
{
	for (size_t offset = 0; offset < sizeof(program); offset += SMALL)
		(void)program[offset];
}

static void step_migrate(char **args)
{
	static void *page[256];
	static int node[256], status[256];
	struct map *m = &maps[0];
	unsigned a = pick(2), b = pick(2);
	unsigned long from = 1UL << a, both = 1UL << a | 1UL << b, to = 1UL << b;
	unsigned what = pick(4);

	(void)args;
	if (!m->at) {
		map(m, 0, sizeof(page) / sizeof(*page) * SMALL, 0, 0);
		touch_program();
	}
	ops++;
	if (what == 0) {
		syscall(SYS_migrate_pages, 0, 65, &from, &to);
	} else if (what == 3) {
		for (unsigned i = 0; i < 256; i++) {
			page[i] = m->at + i * SMALL;
			node[i] = a;
		}
		syscall(SYS_move_pages, 0, 256, page, node, status, MPOL_MF_MOVE);
	} else {
		syscall(SYS_mbind, m->at, m->len, what == 1 ? MPOL_PREFERRED : MPOL_INTERLEAVE,
			what == 1 ? &from : &both, 65, MPOL_MF_MOVE);
		for (size_t offset = 0; offset < m->len; offset += SMALL)
			m->at[offset] = 1;
	}
}

/* ---- perf ---- */

static void step_perf(char **args)
{
	static const uint64_t kinds[] = {PERF_COUNT_SW_CPU_CLOCK, PERF_COUNT_SW_PAGE_FAULTS,
					 PERF_COUNT_SW_CONTEXT_SWITCHES,
					 PERF_COUNT_SW_CPU_MIGRATIONS};
	static int events[32]; /* 0 if it is not open */
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr)};
	int *event = &events[pick(32)];

	(void)args;
	ops++;
	if (*event) {
		close(*event);
		*event = 0;
		return;
	}
	attr.config = kinds[pick(4)];
	*event = syscall(SYS_perf_event_open, &attr, -1, pick(2), -1, PERF_FLAG_FD_CLOEXEC);
	if (*event < 0)
		*event = 0;
}

/* ---- poison: small pages of a DIMM, which must be online ---- */

static void step_poison(char **args)
{
	struct map *m = &maps[0];

	(void)args;
	map(m, 0, SMALL, 0, 0);
	madvise(m->at, SMALL, MADV_HWPOISON);
	unmap(m);
	ops++;
}

/* ---- write FILE WORD…, in turn; read FILE, at most 1 MiB; module FILE NAME ---- */

static void step_write(char **args)
{
	static unsigned turn;

	if (!args[1 + turn])
		turn = 0;
	write_file(args[0], args[1 + turn++]);
	ops++;
}

static void step_read(char **args)
{
	static char sink[65536];
	int fd = open(args[0], O_RDONLY | O_CLOEXEC);
	size_t sum = 0;
	ssize_t got;

	while ((got = read(fd, sink, sizeof(sink))) > 0 && sum < 1 << 20)
		sum += got;
	close(fd);
	ops++;
}

static void step_module(char **args)
{
	static int file = -1;

	if (file < 0)
		file = open(args[0], O_RDONLY | O_CLOEXEC);
	syscall(SYS_finit_module, file, "", 0);
	syscall(SYS_delete_module, args[1], O_NONBLOCK);
	ops += 2;
}

static const struct actor {
	const char *name;
	int args; /* how many there must be at least */
	void (*step)(char **args);
	void (*end)(void);
} actors[] = {
	{"hugetlb", 0, step_hugetlb, end_hugetlb},
	{"thp", 0, step_thp, NULL},
	{"ksm", 0, step_ksm, end_ksm},
	{"pin", 0, step_pin, NULL},
	{"migrate", 0, step_migrate, NULL},
	{"perf", 0, step_perf, NULL},
	{"cgroup", 0, step_cgroup, end_cgroup},
	{"poison", 0, step_poison, NULL},
	{"write", 2, step_write, NULL},
	{"read", 1, step_read, NULL},
	{"module", 2, step_module, NULL},
};

static void wait_for_dimm(void)
{
	char state[16] = "";
	int fd;

	while (memcmp(state, "online", 6)) {
		poll(NULL, 0, 10);
		fd = open(PLUGGED, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, state, sizeof(state)) < 6)
			state[0] = 0;
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const struct actor *actor = NULL;
	double start, end;

	for (unsigned i = 0; argc > 2 && i < sizeof(actors) / sizeof(*actors); i++)
		if (!strcmp(argv[2], actors[i].name) && argc - 3 >= actors[i].args)
			actor = &actors[i];
	if (!actor)
		return 2;
	if (actor->step == step_poison)
		wait_for_dimm();
	start = now();
	end = start + strtod(argv[1], NULL);
	while (now() < end)
		actor->step(argv + 3);
	printf("ops %lu %lu\n", ops, (unsigned long)((now() - start) * 100));
	if (actor->end)
		actor->end();
	return 0;
}
