// SPDX-License-Identifier: GPL-2.0-only
/* Reads the features of the kernel from its files (features.h). */
#include "features.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent.h"
#include "blocks.h"
#include "files.h"
#include "start.h"

/* Words that scenarios may use in `needs`. A feature is present if one of its paths exists. */
static const struct {
	const char *word;
	const char *paths[3];
} features[] = {
	{"lockdep", {"/proc/lockdep_stats"}},
	{"memory-hotplug", {"/sys/devices/system/memory/auto_online_blocks"}},
	{"cpu-hotplug", {"/sys/devices/system/cpu/hotplug/states"}},
	{"probe", {"/sys/devices/system/memory/probe"}},
	{"slab", {"/sys/kernel/slab"}},
	{"slab-churn", {"/sys/kernel/debug/rig/slab"}},
	{"busted", {"/sys/kernel/debug/rig/busted"}},
	{"page_owner", {"/sys/kernel/debug/page_owner"}},
	{"ptdump",
	 {"/sys/kernel/debug/page_tables/kernel", "/sys/kernel/debug/kernel_page_tables"}},
	{"compact", {"/proc/sys/vm/compact_memory"}},
	{"memtrace", {"/sys/kernel/debug/powerpc/memtrace/enable"}},
	{"dlpar", {"/sys/kernel/dlpar"}},
	{"notifier-error", {"/sys/kernel/debug/notifier-error-inject/memory"}},
	{"nvdimm", {"/sys/bus/nd/devices"}},
	{"cxl", {"/sys/bus/cxl/devices"}},
	{"virtio-mem", {"/sys/bus/virtio/drivers/virtio_mem"}},
};

static char facts[8192];
static struct text fact = {.data = facts, .max = sizeof(facts)};
static bool had_lockdep;

void features_words(struct words *ret)
{
	char line[4096], *cursor = line, *word;

	memset(ret, 0, sizeof(*ret));
	if (file_line(AT_FDCWD, "/proc/cmdline", line, sizeof(line)) < 0)
		return;
	while ((word = strsep(&cursor, " "))) {
		if (!strncmp(word, "rig.tty=", 8))
			text_copy(ret->tty, sizeof(ret->tty), word + 8);
		else if (!strcmp(word, "rig.shell"))
			ret->shell = true;
	}
}

const char *features_lockdep(void)
{
	char stats[8192], *at;

	if (file_read(AT_FDCWD, "/proc/lockdep_stats", stats, sizeof(stats)) <= 0)
		return "absent";
	at = strstr(stats, "debug_locks:");
	return at && at[12 + strspn(at + 12, " \t")] == '1' ? "on" : "off";
}

bool features_had_lockdep(void)
{
	return had_lockdep;
}

static void count_one(unsigned cpu, void *data)
{
	(void)cpu;
	++*(unsigned *)data;
}

static void features_machine(void)
{
	unsigned cpus = 0;
	struct utsname uts;
	char possible[256];

	uname(&uts);
	if (file_line(AT_FDCWD, "/sys/devices/system/cpu/possible", possible, sizeof(possible)) > 0)
		text_list(possible, 65536, count_one, &cpus);
	text_add(&fact, "release %s\narch %s\n", uts.release, uts.machine);
	text_add(&fact, "machine-cpus %u\npage-size %ld\n", cpus, sysconf(_SC_PAGESIZE));
	text_add(&fact, "block-size %llu\n", (unsigned long long)blocks_size());
}

static void features_agents(void)
{
	for (const struct agent *const *agent = agents; *agent; agent++) {
		char buffer[WHAT_MAX];
		struct text what;

		text_init(&what, buffer, sizeof(buffer));
		if (agent_lacks(*agent, &what))
			text_add(&fact, "agent %s lacks %s\n", (*agent)->name, buffer);
		else
			text_add(&fact, "agent %s ok\n", (*agent)->name);
	}
}

void features_around(void)
{
	had_lockdep = !strcmp(features_lockdep(), "on");
	blocks_remember();
	features_machine();
	for (unsigned i = 0; i < countof(features); i++)
		for (unsigned p = 0; p < countof(features[i].paths) && features[i].paths[p]; p++)
			if (file_exists(features[i].paths[p])) {
				text_add(&fact, "has %s\n", features[i].word);
				break;
			}
	features_agents();
}

void features_hello(struct text *text, const char *channel)
{
	text_add(text, "%schannel %s\nuptime-ms %llu\n", facts, channel,
		 (unsigned long long)(now_ns() / 1000000));
}
