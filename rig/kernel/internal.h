/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of kernel/. A build uses them in this order:
 *
 *	source.c (apt.c)	resolves the source; later copies it into the work tree
 *	fragment.c, patch.c	parse the changes to the source and its config
 *	cache.c			finds and stores finished builds
 *	worktree.c		locks the work tree, applies and undoes patches
 *	configure.c (kconfig.c)	makes .config; finds the reason why an option is not set
 *	module.c		builds modules after the image
 *	estimate.c		estimates before a build how many files it compiles
 *	carried.c		finds builds of another host in the cache, and adds them to it
 *	export.c		packs a source for another host, and finds one from another host
 *	build.c			executes these steps, runs make and publishes the result
 *	prune.c			deletes builds and work trees that were not used for a long time
 */
#ifndef RIG_KERNEL_INTERNAL_H
#define RIG_KERNEL_INTERNAL_H

#include <glib.h>
#include <stdio.h>

#include "kernel/kernel.h"
#include "util/auto.h"

/* ---- progress.c: the steps of a build, for the caller of kernel_build() ---- */

struct progress {
	kernel_progress call; /* the callback of kernel_build(), or NULL */
	void *data;
	gint64 last_ns;
	/* numbers of files, or of patches in the step "patch"; `total` is 0 if it is unknown */
	guint done, total;
	const char *step;  /* one of the steps that kernel_progress lists; static */
};

/* Begins the step STEP, one of those that kernel_progress lists. STEP is not copied. */
void progress_step(struct progress *progress, const char *step, guint total);
/*
 * Counts one more finished file. As the callback `line` of struct spawn, it counts each line of a
 * program's output as a file.
 */
void progress_line(const char *line, void *progress);

/* ---- files.c ---- */

/* Returns TRUE if both files exist, with the same content and the same execute bits. */
gboolean files_same(const char *a, const char *b);
/* Replaces TO atomically by a copy of FROM with a new mtime. Creates missing folders. */
gboolean files_copy(const char *from, const char *to, GError **error);
/* Creates the folder of PATH, and its parents. */
gboolean files_make_parent(const char *path, GError **error);
/* Returns the SHA-256 of a file's content in hexadecimal, or NULL with an error. */
char *files_sha256(const char *path, GError **error);
/*
 * Returns the files of a source tree, with relative paths, sorted. If TREE is a git checkout, these
 * are the files that git tracks or would track; otherwise all files that do not look like results
 * of a build.
 */
char **files_of_tree(const char *tree, GError **error);
/* Returns all files below a folder, with relative paths, sorted. */
char **files_below(const char *dir, GError **error);
/* Returns the version ("6.1.192-rc1") in the text of a kernel's top Makefile, or NULL. */
char *files_kernel_version(const char *makefile_text);

/* ---- arch.c: one row per architecture that kernels are built for ---- */

struct kernel_arch {
	/* name of the architecture in the output of `uname -m`, for example "ppc64le" */
	const char *name;
	const char *make;    /* value of ARCH= for make */
	const char *srcarch; /* name of its folder below arch/ */
	const char *cross;   /* value of CROSS_COMPILE= on a host of another architecture */
	const char *target;  /* make target */
	const char *image;   /* path of the resulting image in the object folder */
	guint objects;	     /* assumed number of lines that the first full build prints */
	/* the first version of Linux with memory hotplug, if it is newer than 5.10 */
	guint major, minor;
};

/* Returns the row of the architecture NAME. Error: RIG_EXIT_USAGE. */
const struct kernel_arch *arch_find(const char *name, GError **error);
/*
 * Checks that the kernel VERSION ("6.1.192-2", or NULL if it is unknown) of the source SOURCE can
 * have memory hotplug on ARCH. Error: RIG_EXIT_SKIP, it is too old; the message names the version
 * that has it.
 */
gboolean arch_check_version(const struct kernel_arch *arch, const char *source, const char *version,
			    GError **error);
/* Returns the prefix of the cross compiler, or "" if the host has the same architecture. */
const char *arch_cross(const struct kernel_arch *arch);
/* Sets *ret_compiler to the versions of compiler and linker, which are part of a build's hash. */
gboolean arch_compiler(const struct kernel_arch *arch, char **ret_compiler, GError **error);

/* ---- source.c ---- */

enum source_kind { SOURCE_DEB, SOURCE_TAR, SOURCE_DIR, SOURCE_GIT };

struct source {
	enum source_kind kind;
	char *name;	/* name of the package, or absolute path */
	char *suite;	/* the suite of a "deb:" source, or NULL */
	char *want;	/* the requested version (deb) or revision (git), or NULL */
	char *version;	/* "6.1.192-2", "v6.1-3-gabcdef"; NULL until the tree exists */
	char *resolved; /* "deb:linux-source-6.1=6.1.192-2" */
	char *identity; /* a text that identifies the content, for the hash */
	char *tree;	/* name of its folder below tree/ */
	char *git_dir;	/* path of the repository of a "git:" source, or NULL */
	char **files;	/* files of a "dir:" source: relative paths, sorted; or NULL */
};

void source_free(struct source *source);
RIG_DEFINE_AUTO(source, source_free)

/*
 * Returns a readable and unique name for a folder: the last component of PATH, and a hash of the
 * text WHAT. Free it with g_free().
 */
char *source_tree_name(const char *path, const char *what);
/* Parses TEXT; the source may be one that another host has sent (source_carried()). */
struct source *source_parse(const char *text, GError **error);
/* Sets the members version (if it is known already), resolved, identity and tree. */
gboolean source_resolve(struct source *source, gboolean refresh, struct progress *progress,
			GError **error);

/* ---- export.c ---- */

/*
 * Looks for the source TEXT in KERNEL_SOURCES, the list of sources that another host has sent. *RET
 * is that source, already resolved, or NULL if the list does not have it. Fails with RIG_EXIT_INFRA
 * if it is in the list but not in the cache.
 */
gboolean source_carried(const char *text, struct source **ret, GError **error);

/* ---- checkout.c ---- */

/*
 * Downloads Debian's package with a kernel's source (linux-source-X.Y) and unpacks it into the
 * folder DOWNLOAD, which is replaced. *ret_tarball is the path of the tarball with the source.
 */
gboolean source_fetch_deb(const struct source *source, const char *download,
			  struct progress *progress, char **ret_tarball, GError **error);

/* Returns TRUE if SRC (tree/<tree>/src) already contains the unpatched source. */
gboolean source_is_there(const struct source *source, const char *src);
/*
 * Makes SRC contain the unpatched source. The caller must hold the tree's lock, and must have
 * undone all patches in SRC.
 */
gboolean source_checkout(const struct source *source, const char *src, struct progress *progress,
			 GError **error);

/* ---- apt.c ---- */

/* Returns the Debian release ("bookworm") that has the kernel source PACKAGE, or NULL. */
const char *apt_release(const char *package);
/*
 * Returns the Debian release that has the kernel source PACKAGE, or NULL if the host itself has
 * PACKAGE: the host is of that release, or its package lists have PACKAGE. With this, a source of
 * another release can be given without its suite.
 */
const char *apt_other_release(const char *package);

/*
 * Sets *ret_version to the newest version of PACKAGE in SUITE, or if WANT is not NULL to WANT,
 * which SUITE must offer. If SUITE is NULL, it is the suite that the host is configured for.
 */
gboolean apt_version(const char *package, const char *suite, const char *want, char **ret_version,
		     GError **error);
/*
 * Sets *ret_package to the package with the kernel image: PACKAGE itself, or if that is a
 * metapackage, the one that its VERSION depends on. Uses the lists of SUITE, which apt_version()
 * must have downloaded.
 */
gboolean apt_image_package(const char *package, const char *suite, const char *version,
			   char **ret_package, GError **error);
/* Downloads PACKAGE into DIR. *ret_file is the path of the file. */
gboolean apt_download(const char *package, const char *suite, const char *version, const char *dir,
		      char **ret_file, GError **error);
/*
 * Downloads PACKAGES (NULL-terminated) of SUITE and all of their dependencies, even those that are
 * installed, into DIR/archives. A suite of backports also needs packages of its base suite.
 */
gboolean apt_download_closed(const char *const *packages, const char *suite, const char *dir,
			     GError **error);
/*
 * Sets *ret_text to a sources file for apt (deb822) with SUITE, which may be several names
 * separated by +. Mirror and key are those of the host's own files below ETC.
 */
gboolean apt_sources_text(const char *etc, const char *suite, char **ret_text, GError **error);

/* ---- patch.c ---- */

struct patch_file {	 /* the changes to one file */
	char *old, *new; /* paths without the first component; NULL for /dev/null */
	char *text;	 /* the headers and hunks */
};

struct patch {
	char *path;	  /* as given by the user */
	char *text;	  /* the diffs of all mails in the file; part of the build's hash */
	GPtrArray *files; /* of struct patch_file */
};

void patch_free(struct patch *patch);
RIG_DEFINE_AUTO(patch, patch_free)

/* Reads the patch or mailbox PATH. */
struct patch *patch_load(const char *path, GError **error);
/* Parses the patch TEXT, which was read from PATH. Tests call it without a file. */
struct patch *patch_parse(const char *path, const char *text, GError **error);
/* Applies PATCH in DIR, which must have the files that the patch changes. */
gboolean patch_apply(const struct patch *patch, const char *dir, GError **error);

/* ---- fragment.c ---- */

enum option_must {
	OPTION_REQUIRED,
	OPTION_IF_KNOWN,    /* "# if known": the kernel need not have the option */
	OPTION_IF_POSSIBLE, /* "# if possible": the option may have another value */
};

struct option {
	char *name;  /* for example "CONFIG_X" */
	char *value; /* "y", "250", "\"\"", or NULL if it must not be set */
};

struct setting {		 /* one line of a fragment */
	struct option option[4]; /* the alternatives, of which one must be met */
	guint n;
	enum option_must must;
	char *where; /* file and line for messages, "base.config:12" */
};

/* Appends the settings in TEXT to SETTINGS (struct setting; free with setting_free()). */
gboolean fragment_parse(const char *name, const char *text, GPtrArray *settings, GError **error);
GPtrArray *fragment_list_new(void);
/* Returns BASE, the text of a .config, with all settings applied in order. */
char *fragment_merge(const char *base, GPtrArray *settings);
/* Converts the text of a .config to a table like that of kernel_config_load(). */
GHashTable *config_parse(const char *text);
/*
 * Returns a text with one line for each setting that CONFIG does not meet, or NULL if it meets all.
 * If SRC, the source tree, is not NULL, a line has the reason why kconfig has not set the option.
 */
char *fragment_unmet(GPtrArray *settings, GHashTable *config, const char *src, const char *srcarch);

/* Returns TRUE if CONFIG has the value of OPTION. */
gboolean option_met(const struct option *option, GHashTable *config);

/* ---- kconfig.c ---- */

struct kconfig; /* the Kconfig files of a tree */

/* Reads the Kconfig files of the source tree SRC. The arguments are not copied. */
struct kconfig *kconfig_load(const char *src, const char *srcarch);
void kconfig_free(struct kconfig *kconfig);
RIG_DEFINE_AUTO(kconfig, kconfig_free)
/* Returns TRUE if a Kconfig file defines SYMBOL (without CONFIG_). */
gboolean kconfig_has(struct kconfig *kconfig, const char *symbol);
/* Returns why SYMBOL (without CONFIG_) is not set in CONFIG, as a text for messages, never NULL. */
char *kconfig_why(struct kconfig *kconfig, const char *symbol, GHashTable *config);

/* ---- worktree.c ---- */

struct worktree {
	char *dir;	 /* path of tree/<name> */
	char *src, *obj; /* paths of the source and of the object folder */
	int lock;	 /* descriptor of the lock file */
};

void worktree_close(struct worktree *tree);
RIG_DEFINE_AUTO(worktree, worktree_close)

/*
 * Opens a work tree and waits for its lock. FLAVOUR is the suffix of the object folder, for example
 * "" or "-full": kernels of different flavours do not replace each other's objects.
 */
struct worktree *worktree_open(const char *name, const struct kernel_arch *arch,
			       const char *flavour, struct progress *progress, GError **error);
/* Undoes all patches in src. */
gboolean worktree_restore(struct worktree *tree, GError **error);
/*
 * Makes src the unpatched source plus PATCHES (struct patch) and the rig's own files. Only writes
 * files that differ. After an error src is unchanged.
 */
gboolean worktree_patch(struct worktree *tree, GPtrArray *patches, GError **error);
/* Appends the rig's own files, which are added to every tree, to TEXT for the hash. */
gboolean worktree_carried(GString *text, GError **error);

/* ---- make.c ---- */

/* Options and state that all make calls of one build share. */
struct maker {
	const struct worktree *tree;
	const struct kernel_arch *arch;
	unsigned jobs;
	struct progress *progress;
	const char *folder; /* M=, the folder of a module, or NULL to build the kernel */
	FILE *log;
	guint lines;	   /* number of commands that make has printed */
	char *first_error; /* the first error message of a compiler or kconfig */
};

/*
 * Runs make for TARGET. Error: RIG_EXIT_INFRA if a tool, memory or disk space is missing, otherwise
 * RIG_EXIT_USAGE. The message has the first error in make's output, and the name of the log.
 */
gboolean maker_run(struct maker *maker, const char *target, GError **error);
/* Returns the path of the log of the last build in this object folder. */
char *maker_log_path(const struct worktree *tree);
/*
 * Must be called before a build. If the last build was killed, removes the files that it may have
 * left incomplete.
 */
gboolean maker_begin(const struct worktree *tree, GError **error);
/* Must be called after a build that was not killed. */
gboolean maker_end(const struct worktree *tree, GError **error);

/* ---- configure.c ---- */

/*
 * Makes obj/.config, unless the existing one was made with the same KEY. Fails if a setting is not
 * met; the message has the setting and the reason. Then *RET_REFUSED, if RET_REFUSED is not NULL,
 * is this message for the first such setting; the caller owns it.
 */
gboolean configure(struct maker *maker, GPtrArray *settings, const char *key, char **ret_refused,
		   GError **error);

/* ---- estimate.c ---- */

/* Estimates a build in the object folder OBJ, which may be missing. */
void estimate_build(const char *obj, GPtrArray *settings, GPtrArray *patches,
		    const struct kernel_arch *arch, struct kernel_estimate *ret);

/* ---- module.c ---- */

/* Adds the names and sources of SPEC's modules to SUM. */
gboolean modules_hash(GChecksum *sum, const struct kernel_spec *spec, GError **error);
/*
 * Builds the modules of SPEC after the image, into modules_path(). Fails with RIG_EXIT_USAGE if the
 * tree has no such module, or a module cannot be compiled.
 */
gboolean modules_build(struct maker *maker, const struct kernel_spec *spec, GError **error);
/*
 * Returns the path of the folder with the modules of the last build of TREE. It only exists if
 * there are any.
 */
char *modules_path(const struct worktree *tree);

/* ---- cache.c ---- */

/* Returns the finished build with this hash, or NULL. */
struct kernel *cache_find(const char *hash);
/* Returns the same as cache_find(), and records the time of use (see prune.c). */
struct kernel *cache_use(const char *hash);
/*
 * Sets the results to the duration of the last build of this kind, and the number of commands that
 * make printed, or to 0 if there was none.
 */
void cache_last(const char *kind, gint64 *ret_ns, guint *ret_lines);
/* Stores the values that cache_last() returns. */
void cache_remember(const char *kind, gint64 ns, guint lines);

struct build { /* fields of build.json that struct kernel does not have */
	const struct kernel_arch *arch;
	const struct worktree *tree;
	const char *compiler; /* versions of compiler and linker, from arch_compiler() */
	gint64 ns;
};

/* Stores image, vmlinux, config, modules, log and build.json as out/<KERNEL's hash>, by rename. */
gboolean cache_publish(const struct kernel *kernel, const struct build *build, GError **error);

/* ---- image.c, ikconfig.c ---- */

struct image {
	const char *arch;
	char *version; /* owned by the caller; or NULL */
	/* page size by the image's header, "4k", "16k" or "64k"; or NULL if it does not have it */
	const char *page_size;
};

/* Checks that DATA, the content of PATH, is a complete kernel image of a supported architecture. */
gboolean image_check(const char *path, const guint8 *data, gsize len, struct image *ret,
		     GError **error);
gboolean image_is_bzimage(const guint8 *data, gsize len);
/* Sets *RET to the compressed kernel inside the bzImage DATA. Returns FALSE if there is none. */
gboolean image_payload(const guint8 *data, gsize len, const guint8 **ret, gsize *ret_len);
/* Returns the text of the config inside an image, or NULL if there is none. */
char *image_config(const guint8 *data, gsize len);

/* ---- carried.c ---- */

/*
 * Looks for SPEC in KERNEL_CARRIED, the list of builds that another host has sent. *RET is the
 * build, or NULL if the list does not have it. Fails if a file of SPEC cannot be read, or with
 * RIG_EXIT_INFRA if the build is in the list but not in the cache.
 */
gboolean carried_find(const struct kernel_spec *spec, struct kernel **ret, GError **error);

/*
 * build.c: adds the length LEN and then DATA to SUM. Without the length, the inputs "ab", "c" and
 * "a", "bc" would have the same sum.
 */
void kernel_hash_add(GChecksum *sum, const char *data, gsize len);

#endif
