// SPDX-License-Identifier: GPL-2.0-only
/* Sets limits of a child process: Landlock, user and capabilities, address space. */
#include "util/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/error.h"

#define USER "nobody"

/*
 * Landlock's structs and constants (include/uapi/linux/landlock.h, ABI 6). They are defined here
 * because the headers of an older distribution lack the newer ones.
 */
struct ruleset {
	guint64 fs, net, scoped;
};
struct path_rule {
	guint64 allowed;
	gint32 fd;
} G_GNUC_PACKED;
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_ALL_OF_ABI_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	NET_TCP = 3,   /* bind and connect */
	SCOPE_ALL = 3, /* abstract Unix sockets and signals */
	RULESET_VERSION = 1,
	RULE_PATH_BENEATH = 1,
	READ = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR,
	DEVICE = FS_READ_FILE | FS_WRITE_FILE | FS_IOCTL_DEV,
	OF_A_FILE = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
};

/*
 * Files that every program needs to start, and those that QEMU needs for the guest's clock,
 * memory and random numbers.
 */
static const struct {
	const char *path;
	guint allowed;
} system_paths[] = {
	{"/usr", READ},
	{"/bin", READ},
	{"/sbin", READ},
	{"/lib", READ},
	{"/lib32", READ},
	{"/lib64", READ},
	{"/nix/store", READ},
	{"/gnu/store", READ},
	{"/etc/ld.so.cache", READ},
	{"/etc/ld.so.preload", READ},
	{"/etc/localtime", READ},
	{"/sys/devices/system", READ},
	{"/proc/filesystems", READ},
	{"/proc/cpuinfo", READ},
	{"/proc/meminfo", READ},
	{"/dev/null", DEVICE},
	{"/dev/zero", DEVICE},
	{"/dev/random", DEVICE},
	{"/dev/urandom", DEVICE},
	{"/dev/kvm", DEVICE},
};

struct confine {
	int landlock;	      /* version of Landlock's ABI; 0 if not available */
	int ruleset;	      /* descriptor, or -1 */
	gboolean drops;	      /* the child must change to `uid` and `gid` */
	const char *why_root; /* why the child stays root (static); NULL if it does not */
	uid_t uid;
	gid_t gid, kvm; /* `kvm` is the group of /dev/kvm, or 0 */
	guint64 memory;
};

gboolean confine_is_wanted(void)
{
	return g_strcmp0(g_getenv("RIG_SANDBOX"), "off") != 0;
}

int confine_landlock(void)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static guint64 handled_fs(int abi)
{
	return FS_ALL_OF_ABI_1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
	       (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static int new_ruleset(int abi)
{
	const struct ruleset rules = {
		.fs = handled_fs(abi),
		.net = abi >= 4 ? NET_TCP : 0,
		.scoped = abi >= 6 ? SCOPE_ALL : 0,
	};
	const gsize size = abi >= 6 ? sizeof(rules) : abi >= 4 ? 16 : 8;

	return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

/*
 * Adds a rule that allows the accesses ALLOWED below PATH. Returns FALSE with errno set after an
 * error (ENOENT if PATH does not exist). Async-signal-safe, because the child calls it, too.
 */
static gboolean allow(const struct confine *confine, const char *path, guint64 allowed)
{
	struct path_rule rule = {.fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;
	gboolean ok;
	int why;

	if (rule.fd < 0)
		return FALSE;
	rule.allowed = allowed & handled_fs(confine->landlock);
	if (!fstat(rule.fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed &= OF_A_FILE;
	ok = !syscall(SYS_landlock_add_rule, confine->ruleset, RULE_PATH_BENEATH, &rule, 0);
	why = errno;
	close(rule.fd);
	errno = why;
	return ok;
}

static gboolean cannot(GError **error, const char *path)
{
	return rig_fail(error, RIG_EXIT_INFRA,
			"cannot allow '%s' in the sandbox: %s (RIG_SANDBOX=off disables the "
			"sandbox)",
			path, g_strerror(errno));
}

static gboolean make_ruleset(struct confine *confine, const struct confine_want *want,
			     GError **error)
{
	confine->ruleset = new_ruleset(confine->landlock);
	if (confine->ruleset < 0)
		return cannot(error, "Landlock");
	for (gsize i = 0; i < G_N_ELEMENTS(system_paths); i++)
		if (!allow(confine, system_paths[i].path, system_paths[i].allowed) &&
		    errno != ENOENT)
			return cannot(error, system_paths[i].path);
	for (gsize i = 0; want->readable && want->readable[i]; i++)
		if (!allow(confine, want->readable[i], READ) && errno != ENOENT)
			return cannot(error, want->readable[i]);
	return !want->writable ||
	       allow(confine, want->writable, handled_fs(confine->landlock) & ~FS_EXECUTE) ||
	       cannot(error, want->writable);
}

static gboolean has_capability(guint64 effective, int capability)
{
	return effective >> capability & 1;
}

/*
 * Returns TRUE if this root process has the capabilities to change its user and to kill processes
 * of another user. In a container it may lack them.
 */
static gboolean may_drop(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};
	guint64 now;

	if (syscall(SYS_capget, &header, data))
		return FALSE;
	now = data[0].effective | (guint64)data[1].effective << 32;
	return has_capability(now, CAP_SETUID) && has_capability(now, CAP_SETGID) &&
	       has_capability(now, CAP_KILL) && has_capability(now, CAP_CHOWN) &&
	       has_capability(now, CAP_DAC_READ_SEARCH);
}

/*
 * Decides whether the child changes its user. The listed files may be below folders that only root
 * can enter (/root), so the child keeps CAP_DAC_READ_SEARCH. Landlock restricts this capability to
 * the listed files. Without Landlock it would apply to every file, so the child stays root.
 */
static void choose_user(struct confine *confine)
{
	const struct passwd *user;
	struct stat kvm;

	if (geteuid())
		return;
	user = getpwnam(USER);
	if (!user)
		confine->why_root = "this host has no user '" USER "'";
	else if (!confine->landlock)
		confine->why_root = "this host's kernel has no Landlock";
	else if (!may_drop())
		confine->why_root = "root lacks the capabilities to change its user";
	if (confine->why_root)
		return;
	confine->drops = TRUE;
	confine->uid = user->pw_uid;
	confine->gid = user->pw_gid;
	confine->kvm = stat("/dev/kvm", &kvm) ? 0 : kvm.st_gid;
}

const char *confine_barred_user(const char *device)
{
	struct confine confine = {.landlock = confine_landlock()};
	mode_t needed = S_IROTH | S_IWOTH;
	struct stat st;

	if (!confine_is_wanted() || stat(device, &st) < 0)
		return NULL;
	choose_user(&confine);
	if (st.st_uid == confine.uid)
		needed = S_IRUSR | S_IWUSR;
	else if (st.st_gid)
		needed = S_IRGRP | S_IWGRP;
	return confine.drops && (st.st_mode & needed) != needed ? USER : NULL;
}

struct confine *confine_new(const struct confine_want *want, GError **error)
{
	rig_auto(confine) confine = NULL;

	if (!confine_is_wanted())
		return NULL;
	confine = g_new0(struct confine, 1);
	confine->ruleset = -1;
	confine->landlock = confine_landlock();
	confine->memory = want->memory;
	choose_user(confine);
	if (confine->landlock && !make_ruleset(confine, want, error))
		return NULL;
	if (confine->drops && want->writable &&
	    chown(want->writable, confine->uid, confine->gid) < 0) {
		cannot(error, want->writable);
		return NULL;
	}
	return g_steal_pointer(&confine);
}

void confine_free(struct confine *confine)
{
	if (!confine)
		return;
	if (confine->ruleset >= 0)
		close(confine->ruleset);
	g_free(confine);
}

/*
 * Changes the user. CAP_DAC_READ_SEARCH becomes an ambient capability, so that exec() keeps it.
 * SECBIT_NO_SETUID_FIXUP makes access() use it, too: QEMU calls access() to find firmware files
 * (-bios, -L), which can be below /root. Without CAP_SETPCAP the bit cannot be set; then only such
 * files are not found.
 */
static gboolean become_user(const struct confine *confine)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	const guint32 one = 1U << CAP_DAC_READ_SEARCH;
	struct __user_cap_data_struct data[2] = {{one, one, one}};

	prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP);
	return !setgroups(confine->kvm ? 1 : 0, &confine->kvm) && !prctl(PR_SET_KEEPCAPS, 1) &&
	       !setresgid(confine->gid, confine->gid, confine->gid) &&
	       !setresuid(confine->uid, confine->uid, confine->uid) &&
	       !syscall(SYS_capset, &header, data) &&
	       !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0);
}

static gboolean limit(int resource, guint64 value)
{
	const struct rlimit both = {value, value};

	return !setrlimit(resource, &both);
}

gboolean confine_enter(const struct confine *confine)
{
	if (!confine)
		return TRUE;
	if (!limit(RLIMIT_CORE, 0) || (confine->memory && !limit(RLIMIT_AS, confine->memory)))
		return FALSE;
	if (confine->drops && !become_user(confine))
		return FALSE;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return FALSE;
	if (confine->ruleset < 0)
		return TRUE;
	/*
	 * /proc/self is a link to the process that opens it, so only the child itself can allow its
	 * own folder
	 */
	allow(confine, "/proc/self", READ);
	return !syscall(SYS_landlock_restrict_self, confine->ruleset, 0);
}

json_t *confine_json(const struct confine *confine)
{
	const char *own = geteuid() ? g_get_user_name() : "root";

	if (!confine)
		return json_object();
	return json_pack("{s:i, s:s, s:s*}", "landlock", confine->landlock, "user",
			 confine->drops ? USER : own, "why_root", confine->why_root);
}
