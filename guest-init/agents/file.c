// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agents `write` and `read`, for files that the scenario names. They may return the errnos that
 * the scenario lists, and those of operations on files that were removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"
#include "guest-init/paths.h"

#define READ_LIMIT (1024 * 1024)
#define WORDS_MAX 64

static struct paths paths;
static char word_list[256];
static const char *words[WORDS_MAX];
static unsigned n_words;
static bool in_turn;
static uint64_t from, bytes;

static int prepare_files(struct run *run)
{
	const char *files = run_param(run, "files");
	int err = run_expect_errnos(run, "legal");

	if (err)
		return err;
	if (!files || paths_init(&paths, files))
		return run_fail(run, EINVAL, "invalid files '%.90s' (absolute paths or globs)",
				files ? files : "");
	paths_refresh(&paths);
	if (!paths.count && strcmp(run_param(run, "later"), "yes"))
		return run_fail(run, ENOENT, "no file matches %.100s", files);
	return 0;
}

static int prepare_write(struct run *run)
{
	const char *order = run_param(run, "order");
	char *rest = word_list, *word;

	if (!run_param(run, "words") ||
	    !text_copy(word_list, sizeof(word_list), run_param(run, "words")))
		return run_fail(run, EINVAL, "words: name at least one word to write");
	for (n_words = 0; (word = strsep(&rest, ",")) && n_words < WORDS_MAX; n_words++)
		words[n_words] = word;
	in_turn = !strcmp(order, "turn");
	if (!in_turn && strcmp(order, "random"))
		return run_fail(run, EINVAL, "invalid order '%.40s' ('random' or 'turn')", order);
	return prepare_files(run);
}

static int prepare_read(struct run *run)
{
	int err = run_param_number(run, "from", 0, INT64_MAX, &from);

	if (!err)
		err = run_param_number(run, "bytes", 0, READ_LIMIT, &bytes);
	return err ? err : prepare_files(run);
}

/* Returns the path of the file for TURN. If no file matches now, calls run_idle(), returns NULL. */
static const char *choose(struct run *run, uint64_t turn)
{
	paths_refresh(&paths);
	if (!paths.count) {
		run_idle(run);
		return NULL;
	}
	return paths.path[in_turn ? turn % paths.count
				  : guest_rng_index(&run->shared->rng, paths.count)];
}

static int write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK), err;

	if (fd < 0)
		return -errno;
	err = write(fd, word, strlen(word)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/*
 * Writes a word to a file. With order `turn`, all words are written to one file, then to the next.
 */
static void step_write(struct run *run)
{
	uint64_t turn = run->shared->turn - 1;
	const char *path = choose(run, turn / n_words), *word;
	int err;

	if (!path)
		return;
	word = words[in_turn ? turn % n_words : guest_rng_index(&run->shared->rng, n_words)];
	op_begin(run, OP_WRITE_FILE);
	err = write_word(path, word);
	op_end_about(run, OP_WRITE_FILE, err, "'%s' to %s", word, path);
	paths.stale |= err == -ENOENT || err == -ENODEV;
}

/* Writes the word of the parameter `last` to all files, for example to free pages. */
static void cleanup_write(struct run *run)
{
	const char *last = run_param(run, "last");

	if (!last || !n_words)
		return;
	paths.stale = true;
	paths_refresh(&paths);
	for (unsigned i = 0; i < paths.count; i++)
		write_word(paths.path[i], last);
}

static int read_window(const char *path, uint64_t at)
{
	static char sink[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	uint64_t left = bytes ? bytes : READ_LIMIT;
	ssize_t got = 1;

	if (fd < 0)
		return -errno;
	for (; left && got > 0; left -= got, at += got) {
		got = pread(fd, sink, left < sizeof(sink) ? left : sizeof(sink), at);
		if (got < 0 && errno == ESPIPE)
			got = read(fd, sink, left < sizeof(sink) ? left : sizeof(sink));
		if (got <= 0)
			break;
	}
	err = got < 0 ? -errno : 0;
	close(fd);
	return err;
}

static void step_read(struct run *run)
{
	const char *path = choose(run, 0);
	uint64_t at = guest_rng_between(&run->shared->rng, 0, from);
	int err;

	if (!path)
		return;
	op_begin(run, OP_READ_FILE);
	err = read_window(path, at);
	op_end_about(run, OP_READ_FILE, err, "%s", path);
	paths.stale |= err == -ENOENT || err == -ENODEV;
}

/* clang-format off */
#define FILES_PARAMS \
	{"files", NULL, "paths or globs, separated by commas"}, \
	{"legal", "none", "further errnos that are expected, or any"}, \
	{"later", "no", "yes: the files need not exist yet"}
/* clang-format on */

const struct agent agent_write = {
	.name = "write",
	.params =
		(const struct agent_param[]){
			FILES_PARAMS,
			{"words", NULL, "what to write, separated by commas"},
			{"order", "random", "order of files and words: random or turn"},
			{"last", NULL, "word to write to each file at the end"},
			{NULL},
		},
	.prepare = prepare_write,
	.step = step_write,
	.cleanup = cleanup_write,
	.patience_ms = 15000,
};

const struct agent agent_read = {
	.name = "read",
	.params =
		(const struct agent_param[]){
			FILES_PARAMS,
			{"bytes", "0", "bytes of one read; 0 means the whole file, at most 1 MiB"},
			{"from", "0", "maximum offset at which a read begins"},
			{NULL},
		},
	.prepare = prepare_read,
	.step = step_read,
	.patience_ms = 15000,
};
