// SPDX-License-Identifier: GPL-2.0-only
/* The handlers of requests (handlers.h). */
#include "handlers.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "blocks.h"
#include "supervisor.h"
#include "files.h"
#include "features.h"
#include "pmem.h"
#include "cxl.h"
#include "proto.h"


static char file[256 * 1024];

/*
 * Returns VALUE of the line `KEY VALUE` in PAYLOAD, or NULL if there is no such line. The result is
 * valid until the next call.
 */
static const char *value_of(char *payload, const char *key)
{
	static char copy[4096];
	char *cursor = copy, *line, *word[2];

	snprintf(copy, sizeof(copy), "%s", payload);
	while ((line = text_line(&cursor)))
		if (text_words(line, word, 2) == 2 && !strcmp(word[0], key))
			return word[1];
	return NULL;
}

static int number_of(char *payload, const char *key, uint64_t *ret)
{
	const char *value = value_of(payload, key);

	return value ? text_number(value, ret) : -EINVAL;
}

/* ---- the request LOCKS ---- */

int handle_locks(char *payload, struct text *out)
{
	static const char cut[] = "\ncut\n";
	const char *name = value_of(payload, "file");
	size_t room = out->max - sizeof(cut);
	ssize_t n = -1;
	int fd = -1;

	if (name && !strcmp(name, "lockdep"))
		fd = open("/proc/lockdep", O_RDONLY | O_CLOEXEC);
	else if (name && !strcmp(name, "chains"))
		fd = open("/proc/lockdep_chains", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		text_add(out, "LOCKS needs a line 'file lockdep' or 'file chains'");
		return -(name ? errno : EINVAL);
	}
	while (out->len < room && (n = read(fd, out->data + out->len, room - out->len)) > 0)
		out->len += n;
	close(fd);
	out->data[out->len] = '\0';
	if (n < 0) {
		out->len = 0;
		text_add(out, "read");
		return -errno;
	}
	if (out->len == room)
		text_add(out, "%s", cut);
	return 0;
}

/* ---- the answer ACCOUNT ---- */

/*
 * Parses lines like "Node 0, zone Normal", with " present 1234" and " managed 1200" below.
 */
void account_zones(char *info, struct text *out)
{
	unsigned long long present = 0, managed;
	char zone[32] = "", *line;
	unsigned node = 0;

	while ((line = text_line(&info))) {
		if (sscanf(line, "Node %u, zone %31s", &node, zone) == 2)
			present = 0;
		else if (sscanf(line, " present %llu", &present) == 1)
			continue;
		else if (zone[0] && sscanf(line, " managed %llu", &managed) == 1)
			text_add(out, "zone %u %s present %llu managed %llu\n", node, zone, present,
				 managed);
	}
}

/*
 * Parses lines like " lock-classes: 1034 [max: 8192]" and " direct dependencies: 4711 [max:
 * 131072]".
 */
void account_lockdep(char *stats, struct text *out)
{
	char *line;

	while ((line = text_line(&stats))) {
		char *key = line + strspn(line, " "), *colon = strchr(key, ':');
		unsigned long long value, max;
		int n;

		if (!colon || colon == key)
			continue;
		*colon = '\0';
		for (char *p = key; *p; p++)
			*p = *p == ' ' || *p == '\t' ? '-' : *p;
		n = sscanf(colon + 1, " %llu [max: %llu]", &value, &max);
		if (n >= 1)
			text_add(out, "lockdep-stat %s %llu\n", key, value);
		if (n == 2)
			text_add(out, "lockdep-stat max-%s %llu\n", key, max);
	}
}

static int compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void account_blocks(struct text *out)
{
	static struct listing dir;
	static unsigned number[LISTING_MAX];
	char path[64], state[32];

	if (listing_open(&dir, BLOCKS_DIR) || listing_refresh(&dir, "memory") < 0)
		return;
	for (unsigned i = 0; i < dir.count; i++)
		listing_number(dir.name[i], "memory", &number[i]);
	qsort(number, dir.count, sizeof(number[0]), compare);
	for (unsigned i = 0; i < dir.count; i++) {
		snprintf(path, sizeof(path), "memory%u/state", number[i]);
		if (file_line(dir.dir, path, state, sizeof(state)) > 0)
			text_add(out, "block %u %s\n", number[i], state);
	}
}

int handle_account(char *payload, struct text *out)
{
	unsigned long long kb = 0;
	char online[256] = "";

	(void)payload;
	text_add(out, "uptime-ms %llu\n", (unsigned long long)(now_ns() / NS_PER_MS));
	if (file_line(AT_FDCWD, "/proc/meminfo", file, sizeof(file)) > 0)
		sscanf(file, "MemTotal: %llu", &kb);
	text_add(out, "mem-total-kb %llu\n", kb);
	if (file_read(AT_FDCWD, "/proc/zoneinfo", file, sizeof(file)) > 0)
		account_zones(file, out);
	account_blocks(out);
	if (file_line(AT_FDCWD, "/sys/devices/system/cpu/online", online, sizeof(online)) > 0)
		text_add(out, "cpu-online %s\n", online);
	text_add(out, "lockdep %s\n", features_lockdep());
	if (file_read(AT_FDCWD, "/proc/lockdep_stats", file, sizeof(file)) > 0)
		account_lockdep(file, out);
	return 0;
}

/* ---- the request BLOCKS ---- */

/*
 * Waits until block NUMBER exists, or, if THERE is false, until it does not. Returns false after
 * DEADLINE. The block of a DIMM appears only shortly after QEMU's reply to the plug. A kernel
 * without networking sends no event for this, so the folder is polled every 2 ms.
 */
static bool wait_for_block(unsigned long long number, bool there, uint64_t deadline)
{
	const struct timespec tick = {0, 2 * NS_PER_MS};
	char path[80];

	snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu/state", number);
	while (file_exists(path) != there) {
		if (now_ns() >= deadline)
			return false;
		nanosleep(&tick, NULL);
	}
	return true;
}

static int pmem_at(uint64_t start)
{
	char dimm[PMEM_NAME];
	unsigned region;
	int err = pmem_region_at(start, &region);

	return err ? err : pmem_refused(region, dimm) ? -ENXIO : 0;
}

/*
 * Devices that appear after a plug without an event, so that their folders must be polled.
 * is_there() gets the number of the request's line `start`, and returns 0 if the device exists, or
 * -ENXIO if the kernel has refused it.
 */
static const struct device_wait {
	const char *word;
	int (*is_there)(uint64_t start);
	const char *missing;
} device_waits[] = {
	{"pmem", pmem_at, "no pmem region begins at"},
	{"cxl", cxl_probed, "no CXL memory device has an endpoint decoder and the serial number"},
};

static const struct device_wait *find_device_wait(const char *word)
{
	for (size_t i = 0; i < countof(device_waits); i++)
		if (!strcmp(device_waits[i].word, word))
			return &device_waits[i];
	return NULL;
}

static int wait_for_device(const struct device_wait *wait, uint64_t start, uint64_t deadline,
			   struct text *out)
{
	const struct timespec tick = {0, 2 * NS_PER_MS};

	int err;

	while ((err = wait->is_there(start)) && err != -ENXIO) {
		if (now_ns() >= deadline) {
			text_add(out, "%s 0x%llx", wait->missing, (unsigned long long)start);
			return -ENOENT;
		}
		nanosleep(&tick, NULL);
	}
	text_add(out, "result %s 1\n", errno_name(-err));
	return 0;
}

int handle_blocks(char *payload, struct text *out)
{
	static uint64_t results[ERRNO_MAX];
	uint64_t start, size, wait_ms = 5000, deadline, block = blocks_size(), there = 0;
	const char *write;
	char word[32], path[80];
	bool only_wait, gone;

	memset(results, 0, sizeof(results));
	if (number_of(payload, "start", &start) || number_of(payload, "size", &size) ||
	    !(write = value_of(payload, "write")) ||
	    (strcmp(write, "none") && strcmp(write, "gone") && !find_device_wait(write) &&
	     (op_find(write) < OP_ONLINE || op_find(write) > OP_OFFLINE)) ||
	    !block || !size || start + size < start) {
		text_add(out,
			 "BLOCKS needs start, size and write, and a kernel with memory blocks");
		return -EINVAL;
	}
	snprintf(word, sizeof(word), "%s", write);
	gone = !strcmp(word, "gone");
	only_wait = gone || !strcmp(word, "none");
	if (op_find(word) == OP_OFFLINE)
		wait_ms = 0;
	if (value_of(payload, "wait-ms") && number_of(payload, "wait-ms", &wait_ms))
		return -EINVAL;
	deadline = now_ns() + (wait_ms < 60000 ? wait_ms : 60000) * NS_PER_MS;
	if (find_device_wait(word))
		return wait_for_device(find_device_wait(word), start, deadline, out);
	for (uint64_t n = start / block; n <= (start + size - 1) / block; n++) {
		int err = -ENOENT;

		if (gone) {
			err = wait_for_block(n, false, deadline) ? 0 : -EBUSY;
		} else if (blocks_void(n)) {
			err = -EPERM;
		} else if (wait_for_block(n, true, deadline)) {
			snprintf(path, sizeof(path), BLOCKS_DIR "/memory%llu/state",
				 (unsigned long long)n);
			err = only_wait ? 0 : file_write(AT_FDCWD, path, word);
		}
		there += err != -ENOENT;
		results[-err < ERRNO_MAX ? -err : EIO]++;
	}
	if (!there) {
		text_add(out, "the range has no memory block");
		return -ENOENT;
	}
	for (int error = 0; error < ERRNO_MAX; error++)
		if (results[error])
			text_add(out, "result %s %llu\n", errno_name(error),
				 (unsigned long long)results[error]);
	return 0;
}

/* ---- the request CPU ---- */

int handle_cpu(char *payload, struct text *out)
{
	uint64_t cpu, online;
	char path[80];
	int err;

	if (number_of(payload, "cpu", &cpu) || number_of(payload, "write", &online) || online > 1) {
		text_add(out, "CPU needs the lines cpu, a number, and write, 0 or 1");
		return -EINVAL;
	}
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%llu", (unsigned long long)cpu);
	if (!file_exists(path)) {
		text_add(out, "no such CPU");
		return -ENOENT;
	}
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%llu/online",
		 (unsigned long long)cpu);
	/* a CPU without this file cannot be set offline, so it is online */
	if (online && !file_exists(path))
		return 0;
	err = file_write(AT_FDCWD, path, online ? "1" : "0");
	if (err)
		text_add(out, "%s", path);
	return err;
}

/* ---- the request SYSRQ ---- */

int handle_sysrq(char *payload, struct text *out)
{
	const char *keys = value_of(payload, "keys");
	char key[2] = "";
	int err = 0;

	if (!keys || !*keys || strlen(keys) > 16) {
		text_add(out, "SYSRQ needs keys, at most 16");
		return -EINVAL;
	}
	for (; *keys && !err; keys++) {
		key[0] = *keys;
		err = isalnum((unsigned char)*keys)
			      ? file_write(AT_FDCWD, "/proc/sysrq-trigger", key)
			      : -EINVAL;
	}
	if (err)
		text_add(out, "key '%s'", key);
	return err;
}

/* ---- the request FINISH ---- */

int handle_verdict(char *payload, struct text *out)
{
	static char buffer[65536];
	struct text reasons;

	(void)payload;
	text_init(&reasons, buffer, sizeof(buffer));
	supervisor_reasons(&reasons);
	if (features_had_lockdep() && strcmp(features_lockdep(), "on"))
		text_add(&reasons, "reason lockdep is not armed any more\n"
				   "kind " PROTO_REASON_LOCKDEP "\n");
	text_add(out, "verdict %s\n%s", reasons.len ? "bad" : "ok", buffer);
	return 0;
}
