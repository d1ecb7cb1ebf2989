// SPDX-License-Identifier: GPL-2.0-only
/* Reads the script of the fake QEMU ($FAKE_QEMU), and opens its sockets. */
#include "fake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The script */

const char *script_word(const char *key)
{
	return g_hash_table_lookup(fake.script, key);
}

guint64 script_number(const char *key, guint64 otherwise)
{
	return script_word(key) ? g_ascii_strtoull(script_word(key), NULL, 0) : otherwise;
}

gboolean script_will_say(const char *key, const char *value)
{
	const char *text = script_word(key);
	gsize len = strlen(value);

	if (!text || strncmp(text, value, len))
		return FALSE;
	return text[len] == 0 ||
	       (text[len] == '*' && g_ascii_strtoull(text + len + 1, NULL, 10) > 0);
}

gboolean script_says(const char *key, const char *value)
{
	const char *times = script_will_say(key, value) ? strchr(script_word(key), '*') : NULL;
	gboolean yes = script_will_say(key, value);

	if (times)
		g_hash_table_insert(fake.script, g_strdup(key),
				    g_strdup_printf("%s*%" G_GUINT64_FORMAT, value,
						    g_ascii_strtoull(times + 1, NULL, 10) - 1));
	return yes;
}

void script_read(void)
{
	g_auto(GStrv) words =
		g_strsplit(g_getenv("FAKE_QEMU") ? g_getenv("FAKE_QEMU") : "", ";", -1);

	fake.script = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (int i = 0; words[i]; i++) {
		g_auto(GStrv) pair = g_strsplit(g_strstrip(words[i]), "=", 2);

		if (pair[0] && *pair[0])
			g_hash_table_insert(fake.script, g_strdup(pair[0]),
					    g_strdup(pair[1] ? pair[1] : "1"));
	}
}

/* Writes to a socket. The write may block, which does no harm, because the rig always reads. */

void put(int fd, const void *bytes, gsize len)
{
	const char *p = bytes;

	while (fd >= 0 && len) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			return;
		p += n;
		len -= n;
	}
}

void say(const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	put(fake.console, text, strlen(text));
}

void tell(json_t *message)
{
	char *line = json_dumps(message, JSON_COMPACT);

	put(fake.qmp, line, strlen(line));
	put(fake.qmp, "\r\n", 2);
	free(line);
	json_decref(message);
}

void tell_event(const char *name, json_t *data)
{
	json_t *message =
		json_pack("{s:s, s:{s:I, s:i}}", "event", name, "timestamp", "seconds",
			  (json_int_t)g_get_real_time() / G_USEC_PER_SEC, "microseconds", 0);

	json_object_set_new(message, "data", data ? data : json_object());
	tell(message);
}

static void close_qmp(void)
{
	close(fake.qmp);
	fake.qmp = -1;
}

static void long_line(void)
{
	gsize len = 17 << 20;
	g_autofree char *line = g_malloc(len);

	memset(line, ' ', len);
	put(fake.qmp, line, len);
}

void shutdown_guest(const char *reason, gboolean by_guest)
{
	if (by_guest && script_word("silent-poweroff"))
		exit(0);
	tell_event("SHUTDOWN", json_pack("{s:b, s:s}", "guest", by_guest, "reason", reason));
	exit(0);
}

/* Stops the process for MS, as if it ran on a busy host. */
static void hold(guint64 ms)
{
	pid_t pid = getpid();

	if (fork() == 0) {
		g_poll(NULL, 0, ms);
		kill(pid, SIGCONT);
		_exit(0);
	}
	raise(SIGSTOP);
}

void moment(const char *when)
{
	if (script_word("held") && (script_word("held-at") ? script_says("held-at", when)
							    : g_str_equal(when, "hello")))
		hold(script_number("held", 0));
	if (script_says("die-at", when))
		raise(SIGKILL);
	if (script_says("bus-at", when))
		raise(SIGBUS);
	if (script_says("exit-at", when)) {
		fprintf(stderr, "fake-qemu: told to end at %s\n", when);
		exit(1);
	}
	if (script_says("reset-at", when))
		shutdown_guest("guest-reset", TRUE);
	if (script_says("console-at", when))
		guest_print();
	if (script_says("hang-at", when))
		fake.hung = TRUE;
	if (script_says("garbage-qmp", when))
		put(fake.qmp, "{\"return\": {]\r\n", 15);
	if (script_says("long-qmp", when))
		long_line();
	if (script_says("truncate-qmp", when)) {
		put(fake.qmp, "{\"timestamp\": {\"seconds\":", 25);
		close_qmp();
	}
	if (script_says("close-qmp", when))
		close_qmp();
}
