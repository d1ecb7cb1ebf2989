// SPDX-License-Identifier: GPL-2.0-only
/* Running other programs to their end, with their output in reach. */
#include "util/spawn.h"

#include "util/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Which Debian package brings a program whose absence stops us. */
static const struct {
	const char *program, *package;
} packages[] = {
	{"qemu-system-x86_64", "qemu-system-x86"},
	{"qemu-system-ppc64", "qemu-system-ppc"},
	{"powerpc64le-linux-gnu-gcc", "gcc-powerpc64le-linux-gnu"},
	{"flex", "flex"},
	{"bison", "bison"},
	{"bc", "bc"},
	{"patch", "patch"},
	{"xz", "xz-utils"},
	{"git", "git"},
	{"dot", "graphviz"},
	{"ccache", "ccache"},
	{"make", "make"},
	{"gcc", "gcc"},
	{"dpkg-deb", "dpkg"},
	{"tar", "tar"},
	{"apt-get", "apt"},
};

const char *spawn_package(const char *program)
{
	for (guint i = 0; i < G_N_ELEMENTS(packages); i++)
		if (!g_strcmp0(packages[i].program, program))
			return packages[i].package;
	return NULL;
}

void spawn_die_with_parent(gpointer data)
{
	(void)data;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* PDEATHSIG is lost where the parent died between fork and here; init is nobody's rig */
	if (getppid() == 1)
		_exit(127);
}

gboolean spawn_have(const char *name)
{
	g_autofree char *path = g_find_program_in_path(name);

	return path != NULL;
}

struct child {
	int pid, out;
};

static gboolean start(const struct spawn *spawn, struct child *ret, GError **error)
{
	g_auto(GStrv) env = g_get_environ();
	g_autoptr(GError) why = NULL;
	int fds[2], in, pid;
	gboolean ok;

	for (int i = 0; spawn->env && spawn->env[i]; i++) {
		g_autofree char *name = g_strndup(spawn->env[i], strcspn(spawn->env[i], "="));

		env = g_environ_setenv(env, name, spawn->env[i] + strlen(name) + 1, TRUE);
	}
	in = open(spawn->input ? spawn->input : "/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", spawn->input,
				g_strerror(errno));
	if (pipe2(fds, O_CLOEXEC) < 0) {
		close(in);
		return rig_fail(error, RIG_EXIT_INFRA, "no pipe: %s", g_strerror(errno));
	}
	ok = g_spawn_async_with_pipes_and_fds(spawn->cwd, spawn->argv, (const char *const *)env,
					      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
					      spawn_die_with_parent, NULL, in, fds[1], fds[1],
					      &spawn->pass_fd, &spawn->pass_fd,
					      spawn->pass_fd > 0, &pid, NULL, NULL, NULL, &why);
	close(in);
	close(fds[1]);
	if (!ok) {
		const char *package = spawn_package(spawn->argv[0]);

		close(fds[0]);
		return rig_fail(error, RIG_EXIT_INFRA, "cannot start '%s': %s%s%s", spawn->argv[0],
				why->message, package ? "; install it: apt-get install " : "",
				package ? package : "");
	}
	*ret = (struct child){pid, fds[0]};
	return TRUE;
}

/* Hands out the whole lines of BUF, keeping the rest of the last one (bounded) for later. */
static void take_lines(const struct spawn *spawn, GString *buf)
{
	char *start = buf->str, *end;

	while ((end = memchr(start, '\n', buf->len - (start - buf->str)))) {
		g_autofree char *line = g_utf8_make_valid(start, end - start);

		spawn->line(line, spawn->data);
		start = end + 1;
	}
	g_string_erase(buf, 0, start - buf->str);
	if (buf->len > 65536)
		g_string_truncate(buf, 0);
}

static void read_all(const struct spawn *spawn, int fd, GString *kept)
{
	gsize keep = spawn->keep ? spawn->keep : 65536;
	g_autoptr(GString) pending = g_string_new(NULL);
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		g_string_append_len(kept, buf, n);
		if (kept->len > 2 * keep)
			g_string_erase(kept, 0, kept->len - keep);
		if (spawn->line) {
			g_string_append_len(pending, buf, n);
			take_lines(spawn, pending);
		}
	}
	if (kept->len > keep)
		g_string_erase(kept, 0, kept->len - keep);
	if (spawn->line && pending->len) {
		g_string_append_c(pending, '\n');
		take_lines(spawn, pending);
	}
}

static char *last_line(const char *text)
{
	g_autofree char *copy = g_strchomp(g_strdup(text));
	const char *line = strrchr(copy, '\n');

	return g_strdup(line ? line + 1 : copy);
}

gboolean spawn_run(const struct spawn *spawn, char **ret_output, GError **error)
{
	g_autoptr(GString) kept = g_string_new(NULL);
	g_autofree char *words = NULL, *text = NULL, *last = NULL;
	struct child child = {0};
	int status;

	if (!start(spawn, &child, error))
		return FALSE;
	read_all(spawn, child.out, kept);
	close(child.out);
	while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
		;
	text = g_utf8_make_valid(kept->str, kept->len);
	last = last_line(text);
	if (ret_output)
		*ret_output = g_steal_pointer(&text);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TRUE;
	words = g_strjoinv(" ", (char **)spawn->argv);
	if (WIFSIGNALED(status))
		return rig_fail(error, RIG_EXIT_INFRA, "'%s' was killed by signal %d", words,
				WTERMSIG(status));
	return rig_fail(error, RIG_EXIT_INFRA, "'%s' ended with code %d%s%s", words,
			WEXITSTATUS(status), *last ? ": " : "", last);
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
	return spawn_run(&(struct spawn){.argv = (const char *const *)argv->pdata}, ret_output, error);
}
