// SPDX-License-Identifier: GPL-2.0-only
/* Creates a tracefs instance, and parses its output (trace.h). */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "text.h"

#define INSTANCE TRACEFS "/instances/rig"
#define PROBES TRACEFS "/kprobe_events"
/* buffer size of each CPU; an event with its stack takes some hundred bytes */
#define BUFFER_KB "256"

static int pipe_fd = -1;
static char buffer[32768];
static size_t begin, end;

/* ---- parsing lines of trace_pipe ---- */

/*
 * Returns the text after the head of LINE, " kworker/0:1-12 [000] 12.345678: ", whose pid and CPU
 * it stores in RET; or NULL if LINE has none. The task's name may contain any of these characters.
 */
static char *skip_head(char *line, struct trace_line *ret)
{
	for (char *at = line; (at = strstr(at, " [")); at++) {
		char *rest, *pid = at;

		ret->cpu = strtoul(at + 2, &rest, 10);
		if (rest == at + 2 || *rest != ']')
			continue;
		while (pid > line && pid[-1] == ' ')
			pid--;
		while (pid > line && pid[-1] >= '0' && pid[-1] <= '9')
			pid--;
		if (pid == line || pid[-1] != '-')
			continue;
		ret->pid = strtoul(pid, NULL, 10);
		rest = strstr(rest, ": ");
		return rest ? rest + 2 : NULL;
	}
	return NULL;
}

void trace_parse(char *line, struct trace_line *ret)
{
	char *body, *colon;

	*ret = (struct trace_line){.kind = TRACE_OTHER};
	if (!strncmp(line, " => ", 4)) {
		ret->kind = TRACE_FRAME;
		ret->name = line + 4;
		return;
	}
	if (!strncmp(line, "CPU:", 4) && strstr(line, " [LOST ")) {
		ret->kind = TRACE_LOST;
		return;
	}
	body = skip_head(line, ret);
	if (!body)
		return;
	colon = strstr(body, ": (");
	if (!strncmp(body, "<stack trace>", 13)) {
		ret->kind = TRACE_STACK;
	} else if (colon) {
		*colon = '\0';
		ret->kind = TRACE_EVENT;
		ret->name = body;
		ret->args = colon + 2;
	}
}

/* Returns the text after " KEY=" in ARGS, or NULL if there is none. */
static const char *find_key(const char *args, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = args; (at = strstr(at, key)); at += len)
		if (at > args && at[-1] == ' ' && at[len] == '=')
			return at + len + 1;
	return NULL;
}

bool trace_number(const char *args, const char *key, int64_t *ret)
{
	const char *at = find_key(args, key);
	char *rest;

	if (!at)
		return false;
	/*
	 * parse as an unsigned number: strtoll() would fail for an address, which has its top bit
	 * set
	 */
	*ret = (int64_t)strtoull(at, &rest, 0);
	return rest != at;
}

unsigned trace_list(const char *args, const char *key, uint32_t *ret, unsigned max)
{
	const char *at = find_key(args, key);
	unsigned n = 0;

	if (!at || *at != '{')
		return 0;
	while (n < max) {
		char *rest;

		ret[n] = strtoul(++at, &rest, 0);
		if (rest == at)
			break;
		n++;
		at = rest;
		if (*at != ',')
			break;
	}
	return n;
}

void trace_text(const char *args, const char *key, char *ret, size_t max)
{
	const char *at = find_key(args, key);
	size_t n = 0;

	if (at && *at == '"')
		while (*++at && *at != '"' && n < max - 1)
			ret[n++] = *at;
	ret[n] = '\0';
}

/* ---- the tracefs instance ---- */

int trace_fd(void)
{
	return pipe_fd;
}

int trace_option(const char *name, bool on)
{
	char path[128];

	snprintf(path, sizeof(path), INSTANCE "/options/%s", name);
	return file_write(AT_FDCWD, path, on ? "1" : "0");
}

int trace_open(void)
{
	int err;

	/*
	 * Switch this option off, because new instances inherit it. To record task names, the
	 * kernel would add a probe at sched_switch, and patch __schedule() while all CPUs run it.
	 * The events contain the names anyway.
	 */
	file_write(AT_FDCWD, TRACEFS "/options/record-cmd", "0");
	/* ignore EEXIST: an agent that was killed has left the instance */
	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		return -errno;
	err = file_write(AT_FDCWD, INSTANCE "/buffer_size_kb", BUFFER_KB);
	if (!err) /* choose a fixed format for heads of lines, and stack frames with offsets */
		err = trace_option("irq-info", false);
	if (!err)
		err = trace_option("sym-offset", true);
	if (err)
		return err;
	begin = end = 0;
	pipe_fd = open(INSTANCE "/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return pipe_fd < 0 ? -errno : 0;
}

int trace_probe(const char *name, const char *where, const char *args)
{
	char line[512];

	if (snprintf(line, sizeof(line), "p:rig/%s %s %s", name, where, args) >= (int)sizeof(line))
		return -E2BIG;
	return file_write(AT_FDCWD, PROBES, line);
}

int trace_enable(const char *name, bool on)
{
	char path[128];

	snprintf(path, sizeof(path), INSTANCE "/events/rig/%s/enable", name);
	return file_write(AT_FDCWD, path, on ? "1" : "0");
}

void trace_forget(const char *name)
{
	char line[128];

	trace_enable(name, false);
	snprintf(line, sizeof(line), "-:rig/%s", name);
	file_write(AT_FDCWD, PROBES, line);
}

void trace_close(void)
{
	if (pipe_fd >= 0)
		close(pipe_fd);
	pipe_fd = -1;
	rmdir(INSTANCE);
}

char *trace_next(void)
{
	for (;;) {
		char *line = buffer + begin, *stop = memchr(line, '\n', end - begin);
		ssize_t got;

		if (stop) {
			*stop = '\0';
			begin = stop + 1 - buffer;
			return line;
		}
		memmove(buffer, line, end - begin);
		end -= begin;
		begin = 0;
		if (end == sizeof(buffer))
			end = 0; /* drop a line that is longer than any valid one */
		got = read(pipe_fd, buffer + end, sizeof(buffer) - end);
		if (got <= 0)
			return NULL;
		end += got;
	}
}
