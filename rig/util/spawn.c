// SPDX-License-Identifier: GPL-2.0-only
/* Runs a program until it exits and collects its output. */
#include "util/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/error.h"

#define KEEP_DEFAULT 65536
#define LINE_MAX_BYTES 65536

/*
 * Calls spawn->line for each complete line in BUF, and removes these lines. The incomplete line at
 * the end remains, or is dropped if it is too long.
 */
static void take_lines(const struct spawn *spawn, GString *buf)
{
	char *start = buf->str, *end;

	while ((end = memchr(start, '\n', buf->len - (start - buf->str)))) {
		g_autofree char *line = g_utf8_make_valid(start, end - start);

		spawn->line(line, spawn->data);
		start = end + 1;
	}
	g_string_erase(buf, 0, start - buf->str);
	if (buf->len > LINE_MAX_BYTES)
		g_string_truncate(buf, 0);
}

struct output {
	const struct spawn *spawn;
	gsize keep;
	/* `kept` has the end of the output, `pending` an incomplete line */
	GString *kept, *pending;
};

static void take(struct output *output, const char *bytes, gsize n)
{
	g_string_append_len(output->kept, bytes, n);
	if (output->kept->len > 2 * output->keep)
		g_string_erase(output->kept, 0, output->kept->len - output->keep);
	if (output->spawn->line) {
		g_string_append_len(output->pending, bytes, n);
		take_lines(output->spawn, output->pending);
	}
}

/*
 * Returns the milliseconds until DEADLINE_NS, for poll(), or -1 if DEADLINE_NS is 0 (no deadline).
 */
static int left_ms(gint64 deadline_ns)
{
	gint64 left_ns = deadline_ns - rig_now_ns();

	return deadline_ns ? (int)MAX(0, (left_ns + RIG_NS_PER_MS - 1) / RIG_NS_PER_MS) : -1;
}

/* Reads FD to its end. Returns FALSE if the deadline has passed. */
static gboolean read_until(struct output *output, int fd, gint64 deadline_ns)
{
	struct pollfd readable = {fd, POLLIN, 0};
	char bytes[16384];
	ssize_t n;

	for (;;) {
		int ready = poll(&readable, 1, left_ms(deadline_ns));

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return FALSE;
		n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return TRUE;
		take(output, bytes, n);
	}
}

static void finish_output(struct output *output)
{
	if (output->kept->len > output->keep)
		g_string_erase(output->kept, 0, output->kept->len - output->keep);
	if (output->spawn->line && output->pending->len) {
		g_string_append_c(output->pending, '\n');
		take_lines(output->spawn, output->pending);
	}
}

static char *last_line(const char *text)
{
	g_autofree char *copy = g_strchomp(g_strdup(text));
	const char *line = strrchr(copy, '\n');

	return g_strdup(line ? line + 1 : copy);
}

/* Starts the program with both output streams on one pipe; *RET_FD is its read end. */
static gboolean start(const struct spawn *spawn, struct process *ret, int *ret_fd, GError **error)
{
	struct spawn piped = *spawn;
	gboolean ok;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create a pipe: %s",
				g_strerror(errno));
	piped.out = piped.err = fds[1];
	/*
	 * with a time limit, put the child into its own group, so that the processes that it starts
	 * can be killed with it
	 */
	piped.new_group |= spawn->limit_ms > 0;
	ok = process_start(&piped, ret, error);
	close(fds[1]);
	if (ok)
		*ret_fd = fds[0];
	else
		close(fds[0]);
	return ok;
}

static gboolean fail(const struct spawn *spawn, gboolean timed_out, int code, const char *output,
		     GError **error)
{
	g_autofree char *words = g_strjoinv(" ", (char **)spawn->argv);
	g_autofree char *last = last_line(output);

	if (timed_out)
		return rig_fail(error, RIG_EXIT_INFRA, "'%s' did not end within its limit of %g s",
				words, spawn->limit_ms / 1000.0);
	if (code < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "'%s' was killed by signal %d", words,
				-code);
	return rig_fail(error, RIG_EXIT_INFRA, "'%s' ended with code %d%s%s", words, code,
			*last ? ": " : "", last);
}

gboolean spawn_run(const struct spawn *spawn, char **ret_output, GError **error)
{
	g_autoptr(GString) kept = g_string_new(NULL), pending = g_string_new(NULL);
	struct output output = {spawn, spawn->keep ? spawn->keep : KEEP_DEFAULT, kept, pending};
	g_autofree char *text = NULL;
	struct process process = {0};
	struct process_end end;
	gint64 deadline_ns;
	gboolean timed_out;
	int fd = -1;

	if (!start(spawn, &process, &fd, error))
		return FALSE;
	deadline_ns = spawn->limit_ms ? process.began_ns + spawn->limit_ms * RIG_NS_PER_MS : 0;
	timed_out = !read_until(&output, fd, deadline_ns) ||
		    !process_wait(&process, left_ms(deadline_ns));
	if (timed_out)
		process_signal(&process, SIGKILL);
	close(fd);
	process_reap(&process, &end);
	finish_output(&output);
	text = g_utf8_make_valid(kept->str, kept->len);
	if (!timed_out && end.code == 0) {
		if (ret_output)
			*ret_output = g_steal_pointer(&text);
		return TRUE;
	}
	fail(spawn, timed_out, end.code, text, error);
	if (ret_output)
		*ret_output = g_steal_pointer(&text);
	return FALSE;
}

gboolean spawn_words(char **ret_output, GError **error, const char *first, ...)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	va_list args;

	va_start(args, first);
	for (const char *word = first; word; word = va_arg(args, const char *))
		g_ptr_array_add(argv, (gpointer)word);
	va_end(args);
	g_ptr_array_add(argv, NULL);
	return spawn_run(&(struct spawn){.argv = (const char *const *)argv->pdata}, ret_output,
			 error);
}
