// SPDX-License-Identifier: GPL-2.0-only
/*
 * module: loads a kernel module in one turn, and unloads it in the next. The module is
 * /modules/NAME.ko, which was built with the kernel, or one of the scenario's files. Modules on
 * which it depends are loaded before the first turn and are never unloaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define DEPTH_MAX 8
#define SETS_MAX 16
#define LAST_TRIES 20
#define LAST_TRY_MS 50

static char path[192], name[64], set_list[256];
static const char *sets[SETS_MAX] = {""};
static unsigned n_sets = 1;
static uint64_t limit_s, refused_since_ns;
static bool loaded, was_unloaded;
static int fd = -1;

/* Returns true if MODULE is loaded; a built-in module has no file refcnt. */
static bool is_loaded(const char *module)
{
	char folder[128];

	snprintf(folder, sizeof(folder), "/sys/module/%s/refcnt", module);
	return file_exists(folder);
}

static int load(int file, const char *parameters)
{
	return syscall(SYS_finit_module, file, parameters, 0) ? -errno : 0;
}

/*
 * Copies the value of KEY ("depends=") to RET from the section .modinfo of the module FILE, where
 * the value ends with a NUL. Returns false if the section does not have KEY.
 */
static bool read_info(int file, const char *key, char *ret, size_t max)
{
	struct stat st;
	char *data, *at;
	bool found = false;

	if (fstat(file, &st) || st.st_size <= 0)
		return false;
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (data == MAP_FAILED)
		return false;
	at = memmem(data, st.st_size, key, strlen(key));
	if (at && memchr(at, '\0', data + st.st_size - at))
		found = text_copy(ret, max, at + strlen(key));
	munmap(data, st.st_size);
	return found;
}

/* Loads the modules on which the module FILE depends, from /modules. Returns 0 or -errno. */
static int load_depends(struct run *run, int file, unsigned depth)
{
	char list[256], *rest = list, *word, other[192];
	int err = 0, it;

	if (!read_info(file, "depends=", list, sizeof(list)) || !*list)
		return 0;
	while (!err && (word = strsep(&rest, ","))) {
		snprintf(other, sizeof(other), "/modules/%.100s.ko", word);
		if (is_loaded(word))
			continue;
		it = open(other, O_RDONLY | O_CLOEXEC);
		if (it < 0 || depth == DEPTH_MAX)
			return run_fail(run, ENOENT,
					"%.50s depends on %.50s; add '%.50s' to 'modules'", name,
					word, word);
		err = load_depends(run, it, depth + 1);
		if (!err)
			err = load(it, "");
		close(it);
		if (err == -EEXIST)
			err = 0;
		if (err)
			return run_fail(run, -err, "cannot load %.50s, on which %.50s depends: %s",
					word, name, strerror(-err));
	}
	return err;
}

/*
 * Opens the module that the parameter `file` names: "hello" is /modules/hello.ko, "sub/hello.ko" is
 * /files/sub/hello.ko. Returns 0 or -errno.
 */
static int find(struct run *run)
{
	const char *file = run_param(run, "file"), *base;
	size_t len = file ? strlen(file) : 0;
	bool is_file = len > 3 && !strcmp(file + len - 3, ".ko");

	if (!file || snprintf(path, sizeof(path), "%s/%s%s", is_file ? "/files" : "/modules", file,
			      is_file ? "" : ".ko") >= (int)sizeof(path))
		return run_fail(run, EINVAL, "file: name a module (hello, or hello.ko of 'files')");
	base = strrchr(path, '/') + 1;
	if (!text_copy(name, sizeof(name), base))
		return run_fail(run, EINVAL,
				"invalid file '%.60s' (a name of at most 63 characters)", base);
	name[strlen(name) - 3] = '\0';
	/* in the kernel's names of modules (KBUILD_MODNAME), '_' replaces '-' */
	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
	if (!is_file && access(path, R_OK))
		snprintf(path, sizeof(path), "/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? run_fail(run, errno, "no module %s: the kernel was built without it", path)
		      : 0;
}

static int prepare(struct run *run)
{
	const char *params = run_param(run, "params");
	char *rest = set_list, *word;
	int err = run_param_number(run, "limit", 1, 3600, &limit_s);

	if (!err)
		err = run_expect_errnos(run, "legal");
	if (!err)
		err = find(run);
	if (err)
		return err;
	if (params) {
		if (!text_copy(set_list, sizeof(set_list), params))
			return run_fail(run, EINVAL,
					"invalid params '%.40s' (at most 255 characters)", params);
		for (n_sets = 0; n_sets < SETS_MAX && (word = strsep(&rest, ","));)
			sets[n_sets++] = word;
	}
	return load_depends(run, fd, 0);
}

static void step_load(struct run *run)
{
	const char *parameters = sets[guest_rng_index(&run->shared->rng, n_sets)];
	int err;

	op_begin(run, OP_MODULE_LOAD);
	err = load(fd, parameters);
	op_end_about(run, OP_MODULE_LOAD, err, "%s with parameters '%s'", path, parameters);
	loaded = !err || err == -EEXIST;
}

static int unload(void)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

static void explain(char *what, size_t max, int err)
{
	char file[128], users[16] = "?";

	snprintf(file, sizeof(file), "/sys/module/%s/refcnt", name);
	file_line(AT_FDCWD, file, users, sizeof(users));
	if (!strcmp(users, "-1") || err == -EBUSY)
		snprintf(what, max,
			 "the module's init function has not ended, or it has no exit function");
	else
		snprintf(what, max, "the module is in use, reference count %s", users);
}

/*
 * Unloads the module. This fails with EAGAIN while the module is in use, which is expected. But if
 * all attempts within LIMIT_S seconds fail with EAGAIN, the result is ETIME.
 */
static void step_unload(struct run *run)
{
	char what[80] = "";
	int err;

	op_begin(run, OP_MODULE_UNLOAD);
	err = unload();
	if (err == -EAGAIN || err == -EBUSY) {
		if (!refused_since_ns)
			refused_since_ns = run->now_ns;
		if (run->now_ns - refused_since_ns >= limit_s * NS_PER_S) {
			explain(what, sizeof(what), err);
			err = -ETIME;
			refused_since_ns = run->now_ns;
		}
	} else {
		refused_since_ns = 0;
		loaded = false;
		was_unloaded |= !err;
	}
	op_end_about(run, OP_MODULE_UNLOAD, err, "%s was not unloaded for %llu s: %s", name,
		     (unsigned long long)limit_s, what);
}

static void step(struct run *run)
{
	if (loaded)
		step_unload(run);
	else
		step_load(run);
}

/*
 * Unloads the module, if it is loaded. The result is ETIME if neither this attempt nor an earlier
 * one succeeded.
 */
static void cleanup(struct run *run)
{
	char what[80] = "";
	int err = 0;

	if (fd < 0 || !loaded)
		return;
	op_begin(run, OP_MODULE_UNLOAD);
	for (unsigned i = 0; i < LAST_TRIES; i++) {
		err = unload();
		if (err != -EAGAIN && err != -EBUSY)
			break;
		poll(NULL, 0, LAST_TRY_MS);
	}
	if ((err == -EAGAIN || err == -EBUSY) && !was_unloaded) {
		explain(what, sizeof(what), err);
		err = -ETIME;
	}
	op_end_about(run, OP_MODULE_UNLOAD, err, "%s was never unloaded: %s", name, what);
}

const struct agent agent_module = {
	.name = "module",
	.needs = "/proc/modules",
	.params =
		(const struct agent_param[]){
			{"file", NULL, "one of the scenario's modules, or a .ko of its files"},
			{"params", NULL, "sets of module parameters; each load uses a random one"},
			{"limit", "10", "seconds for which an unload may be refused"},
			{"legal", "none", "errnos that its init function may return, or any"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
};
