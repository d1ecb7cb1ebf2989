// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the data for an explanation from a run folder. The folder may be from another host, so
 * links are not followed and sizes are limited.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hang/hang.h"
#include "util/error.h"

/*
 * Maximum number of bytes that are read of the console (its end, where the hang is), and of another
 * file.
 */
#define CONSOLE_MAX (64u << 20)
#define TEXT_MAX (1u << 20)
#define OWNERS_MAX (16u << 20)

/*
 * Returns the file NAME in DIR without its first SKIP bytes, but at most its last MAX bytes.
 * Returns NULL if it is not a regular file.
 */
static char *read_end(const char *dir, const char *name, guint64 skip, gsize max, gsize *ret_len)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *data = NULL;
	struct stat st;
	gsize len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		gsize size = MIN(st.st_size - MIN((guint64)st.st_size, skip), max);

		data = g_malloc(size + 1);
		while (len < size &&
		       ((n = pread(fd, data + len, size - len, st.st_size - size + len)) > 0 ||
			(n < 0 && errno == EINTR)))
			len += MAX(n, 0);
		data[len] = '\0';
		*ret_len = len;
	}
	close(fd);
	return data;
}

char *hang_firmware_of_folder(const char *dir)
{
	gsize len = 0;
	g_autofree char *registers = read_end(dir, "postmortem/registers", 0, TEXT_MAX, &len);

	return registers ? hang_firmware_fault(registers) : NULL;
}

char *hang_emulator_of_folder(const char *dir, guint64 from)
{
	gsize len = 0;
	g_autofree char *console = read_end(dir, "console.raw", from, CONSOLE_MAX, &len);

	return console ? hang_emulator_fault(console, len) : NULL;
}

struct hang *hang_of_folder(const char *dir, GError **error)
{
	struct hang_source source = {0};
	g_autofree char *console = NULL, *tasks = NULL, *owners = NULL, *registers = NULL;
	json_auto_t *image = NULL;
	gsize len = 0, console_len = 0;
	struct hang *hang;

	if (!g_file_test(dir, G_FILE_TEST_IS_DIR)) {
		rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a run folder", dir);
		return NULL;
	}
	console = read_end(dir, "console.raw", 0, CONSOLE_MAX, &console_len);
	tasks = read_end(dir, "postmortem/who", 0, TEXT_MAX, &len);
	registers = read_end(dir, "postmortem/registers", 0, TEXT_MAX, &len);
	owners = read_end(dir, "postmortem/owners.json", 0, OWNERS_MAX, &len);
	image = owners ? json_loadb(owners, len, 0, NULL) : NULL;
	source.console = console;
	source.console_len = console_len;
	source.tasks = tasks;
	source.registers = registers;
	source.owners = image;
	hang = hang_explain(&source);
	return hang;
}
