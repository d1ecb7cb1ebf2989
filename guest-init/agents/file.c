// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agents `write` and `read`, for files that the scenario names. Expected errnos are those that
 * the scenario lists, and those that operations on removed files return.
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
#define FILES_OPEN 64

static struct paths paths;
static char word_list[256];
static const char *words[WORDS_MAX];
static unsigned n_words;
static bool in_turn;
static uint64_t from, bytes, uses_max;

/*
 * Files that stay open for several operations, because open() and close() of such files take longer
 * than most reads and writes.
 */
static struct open_file {
	char path[PATH_LEN]; /* "" if no file is open */
	int fd;
	uint64_t uses;
} open_files[FILES_OPEN];

static int prepare_files(struct run *run)
{
	const char *files = run_param(run, "files");
	int err = run_expect_errnos(run, "legal");

	if (!err)
		err = run_param_number(run, "reopen", 1, UINT32_MAX, &uses_max);
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

/*
 * Returns the index of the path for TURN. If no file matches now, calls run_idle(), returns -1.
 */
static int choose(struct run *run, uint64_t turn)
{
	paths_refresh(&paths);
	if (!paths.count) {
		run_idle(run);
		return -1;
	}
	return in_turn ? turn % paths.count : guest_rng_index(&run->shared->rng, paths.count);
}

static void file_close(struct open_file *file)
{
	if (*file->path)
		close(file->fd);
	*file->path = '\0';
}

/* Opens the file with this index in `paths`, unless it is open. Returns 0 or -errno. */
static int file_open(unsigned index, int flags, struct open_file **ret)
{
	struct open_file *file = *ret = &open_files[index % FILES_OPEN];

	if (file->uses >= uses_max || strcmp(file->path, paths.path[index]))
		file_close(file);
	if (!*file->path) {
		file->uses = 0;
		file->fd = open(paths.path[index], flags | O_CLOEXEC | O_NONBLOCK);
		if (file->fd < 0)
			return -errno;
		text_copy(file->path, sizeof(file->path), paths.path[index]);
	}
	file->uses++;
	return 0;
}

/*
 * Returns true if the operation with the result ERR must be repeated, because FILE may have been
 * removed after an earlier operation. procfs and debugfs then return EIO for every operation.
 */
static bool file_must_reopen(struct open_file *file, int err)
{
	if (err != -EIO || file->uses < 2)
		return false;
	file_close(file);
	return true;
}

/* Must be called after an operation with the result ERR. */
static void file_used(struct open_file *file, int err)
{
	if (err != -ENOENT && err != -ENODEV)
		return;
	file_close(file);
	paths.stale = true;
}

static int write_word(int fd, const char *word)
{
	ssize_t done = pwrite(fd, word, strlen(word), 0);

	if (done < 0 && errno == ESPIPE)
		done = write(fd, word, strlen(word));
	return done < 0 ? -errno : 0;
}

/*
 * Writes a word to a file. With order `turn`, all words are written to one file, then to the next.
 */
static void step_write(struct run *run)
{
	uint64_t turn = run->shared->turn - 1;
	int index = choose(run, turn / n_words), err;
	struct open_file *file;
	const char *word;

	if (index < 0)
		return;
	word = words[in_turn ? turn % n_words : guest_rng_index(&run->shared->rng, n_words)];
	op_begin(run, OP_WRITE_FILE);
	do {
		err = file_open(index, O_WRONLY, &file);
		if (!err)
			err = write_word(file->fd, word);
	} while (file_must_reopen(file, err));
	op_end_about(run, OP_WRITE_FILE, err, "'%s' to %s", word, paths.path[index]);
	file_used(file, err);
}

/* Writes the word of the parameter `last` to all files, for example to free pages. */
static void cleanup_write(struct run *run)
{
	const char *last = run_param(run, "last");
	struct open_file *file;

	for (unsigned i = 0; i < FILES_OPEN; i++)
		file_close(&open_files[i]);
	if (!last || !n_words)
		return;
	paths.stale = true;
	paths_refresh(&paths);
	for (unsigned i = 0; i < paths.count; i++)
		if (!file_open(i, O_WRONLY, &file)) {
			write_word(file->fd, last);
			file_close(file);
		}
}

static int read_window(int fd, uint64_t at)
{
	static char sink[65536];
	uint64_t left = bytes ? bytes : READ_LIMIT;
	ssize_t got = 1;

	for (; left && got > 0; left -= got, at += got) {
		got = pread(fd, sink, left < sizeof(sink) ? left : sizeof(sink), at);
		if (got < 0 && errno == ESPIPE)
			got = read(fd, sink, left < sizeof(sink) ? left : sizeof(sink));
		if (got <= 0)
			break;
	}
	return got < 0 ? -errno : 0;
}

static void step_read(struct run *run)
{
	int index = choose(run, 0), err;
	uint64_t at = guest_rng_between(&run->shared->rng, 0, from);
	struct open_file *file;

	if (index < 0)
		return;
	op_begin(run, OP_READ_FILE);
	do {
		err = file_open(index, O_RDONLY, &file);
		if (!err)
			err = read_window(file->fd, at);
	} while (file_must_reopen(file, err));
	op_end_about(run, OP_READ_FILE, err, "%s", paths.path[index]);
	file_used(file, err);
}

/* clang-format off */
#define FILES_PARAMS \
	{"files", NULL, "paths or globs, separated by commas"}, \
	{"legal", "none", "further errnos that are expected, or any"}, \
	{"later", "no", "yes: the files need not exist yet"}, \
	{"reopen", "16", "operations before a file is closed and opened again"}
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
