/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kernel/ share. A build uses them in this order:
 *
 *	source.c (apt.c)	resolves the source; later copies it into the work tree
 *	fragment.c, patch.c	the changes to it
 *	cache.c			finished builds
 *	worktree.c			the work tree: lock, patches applied or undone
 *	configure.c (kconfig.c)	.config, and why an option did not survive
 *	carried.c		builds of another host
 *	build.c			the order of all this; make; publish
 *	prune.c			deletes what was not used for a long time
 */
#ifndef RIG_KERNEL_INTERNAL_H
#define RIG_KERNEL_INTERNAL_H

#include <glib.h>
#include <stdio.h>

#include "kernel/kernel.h"
#include "util/auto.h"

/* ---- progress.c: the steps of a build, for the caller of kernel_build() ---- */

struct progress {
	kernel_progress call; /* or NULL */
	void *data;
	gint64 last_ns;
	guint done, total;
	const char *step;
};

void progress_step(struct progress *progress, const char *step, guint total);
/* One more file is done. For use as a spawn_line callback: counts any line. */
void progress_line(const char *line, void *progress);

/* ---- files.c ---- */

/* TRUE if both exist with the same content and the same execute bits. */
gboolean files_same(const char *a, const char *b);
/* Replaces TO by a copy of FROM, by rename, with a new mtime; creates folders. */
gboolean files_copy(const char *from, const char *to, GError **error);
gboolean files_make_parent(const char *path, GError **error);
/* SHA-256 of a file's bytes, hex; NULL with an error. */
char *files_sha256(const char *path, GError **error);
/*
 * The files of a source tree, relative and sorted: those that git tracks or would track if TREE is
 * a git checkout, else all that do not look built.
 */
char **files_of_tree(const char *tree, GError **error);
/* All files below a folder, relative, sorted. */
char **files_below(const char *dir, GError **error);
/* VERSION.PATCHLEVEL.SUBLEVEL-EXTRAVERSION of a kernel's top Makefile, or NULL. */
char *files_kernel_version(const char *makefile_text);

/* ---- arch.c: one row per architecture that kernels are built for ---- */

struct kernel_arch {
	const char *name;    /* struct machine's arch, and uname -m */
	const char *make;    /* ARCH= */
	const char *srcarch; /* folder below arch/ */
	const char *cross;   /* CROSS_COMPILE= on a host of another architecture */
	const char *target;  /* make target */
	const char *image;   /* its result, below the object folder */
	guint objects;	     /* number of lines of a first full build, until one was counted */
};

const struct kernel_arch *arch_find(const char *name, GError **error);
/* The prefix of the cross compiler; "" if the host has the same architecture. */
const char *arch_cross(const struct kernel_arch *arch);
/* The versions of compiler and linker, for the hash. */
gboolean arch_compiler(const struct kernel_arch *arch, char **ret_compiler, GError **error);

/* ---- source.c ---- */

enum source_kind { SOURCE_DEB, SOURCE_TAR, SOURCE_DIR, SOURCE_GIT };

struct source {
	enum source_kind kind;
	char *name;	/* package, or absolute path */
	char *suite;	/* deb: or NULL */
	char *want;	/* deb: the requested version; git: the requested revision; or NULL */
	char *version;	/* "6.1.192-2", "v6.1-3-gabcdef"; NULL until the tree exists */
	char *resolved; /* "deb:linux-source-6.1=6.1.192-2" */
	char *identity; /* identifies its content, for the hash */
	char *tree;	/* name of its folder below tree/ */
	char *git_dir;	/* git */
	char **files;	/* dir: relative paths, sorted, NULL-terminated */
};

void source_free(struct source *source);
RIG_DEFINE_AUTO(source, source_free)

/* Parses TEXT only; accesses no file. */
struct source *source_parse(const char *text, GError **error);
/* Fills version (if known), resolved, identity and tree. */
gboolean source_resolve(struct source *source, gboolean refresh, struct progress *progress,
			GError **error);

/* ---- checkout.c ---- */

/* TRUE: SRC (tree/<tree>/src) has the pristine source already. */
gboolean source_is_there(const struct source *source, const char *src);
/* Makes SRC the pristine source. The caller holds the tree's lock; SRC has no patch applied. */
gboolean source_checkout(const struct source *source, const char *src, struct progress *progress,
			 GError **error);

/* ---- apt.c ---- */

/*
 * The candidate version of PACKAGE (or WANT, if not NULL) in SUITE; NULL: as the host is
 * configured.
 */
gboolean apt_version(const char *package, const char *suite, const char *want, char **ret_version,
		     GError **error);
/*
 * The package with the image that the metapackage PACKAGE of VERSION depends on, or PACKAGE itself
 * if it has the image. Uses SUITE's lists, which apt_version() has just fetched.
 */
gboolean apt_image_package(const char *package, const char *suite, const char *version,
			   char **ret_package, GError **error);
/* Downloads the package into DIR; *RET_FILE is its path. */
gboolean apt_download(const char *package, const char *suite, const char *version, const char *dir,
		      char **ret_file, GError **error);
/*
 * Downloads PACKAGES (NULL-terminated) of SUITE and all that they depend on, as if nothing was
 * installed, into DIR/archives. A suite of backports needs packages of its base, too.
 */
gboolean apt_download_closed(const char *const *packages, const char *suite, const char *dir,
			     GError **error);
/*
 * The private sources.list (deb822) for SUITE, or for several with + between them, derived from the
 * system's own files.
 */
gboolean apt_sources_text(const char *etc, const char *suite, char **ret_text, GError **error);

/* ---- patch.c ---- */

struct patch_file {	 /* one file of a patch */
	char *old, *new; /* without the first component; NULL: the file is created, or deleted */
	char *text;	 /* headers and hunks only */
};

struct patch {
	char *path;	  /* as the user named it */
	char *text;	  /* the diffs of all its mails; enters the hash */
	GPtrArray *files; /* struct patch_file */
};

void patch_free(struct patch *patch);
RIG_DEFINE_AUTO(patch, patch_free)

struct patch *patch_load(const char *path, GError **error);
/* TEXT is from PATH. Split out for the tests. */
struct patch *patch_parse(const char *path, const char *text, GError **error);
/* Applies it in DIR, which has at least the files that it changes. */
gboolean patch_apply(const struct patch *patch, const char *dir, GError **error);

/* ---- fragment.c ---- */

enum option_must {
	OPTION_REQUIRED,
	OPTION_IF_KNOWN,    /* "# if known": may be missing where the kernel has no such option */
	OPTION_IF_POSSIBLE, /* "# if possible": may be missing */
};

struct option {
	char *name;  /* "CONFIG_X" */
	char *value; /* "y", "250", "\"\""; NULL: "is not set" */
};

struct setting {		 /* a line of a fragment */
	struct option option[4]; /* alternatives */
	guint n;
	enum option_must must;
	char *where; /* "base.config:12" */
};

/* Appends settings of TEXT to SETTINGS (struct setting, freed with setting_free). */
gboolean fragment_parse(const char *name, const char *text, GPtrArray *settings, GError **error);
GPtrArray *fragment_list_new(void);
/* BASE (a .config) with all settings applied in order. */
char *fragment_merge(const char *base, GPtrArray *settings);
/* Converts a .config's text to a table like that of kernel_config_load(). */
GHashTable *config_parse(const char *text);
/* One line for each setting that CONFIG does not meet; NULL: all are met. SRC may be NULL. */
char *fragment_unmet(GPtrArray *settings, GHashTable *config, const char *src, const char *srcarch);

/* ---- kconfig.c ---- */

struct kconfig; /* the Kconfig files of a tree */

struct kconfig *kconfig_load(const char *src, const char *srcarch);
void kconfig_free(struct kconfig *kconfig);
RIG_DEFINE_AUTO(kconfig, kconfig_free)
gboolean kconfig_knows(struct kconfig *kconfig, const char *symbol);
/* Why SYMBOL (without CONFIG_) is not set in CONFIG, for messages; never NULL. */
char *kconfig_why(struct kconfig *kconfig, const char *symbol, GHashTable *config);

/* ---- worktree.c ---- */

struct worktree {
	char *dir; /* tree/<name> */
	char *src, *obj;
	int lock;
};

void worktree_close(struct worktree *tree);
RIG_DEFINE_AUTO(worktree, worktree_close)

/* Waits for the lock. */
struct worktree *worktree_open(const char *name, const struct kernel_arch *arch,
			       struct progress *progress, GError **error);
/* Undoes all patches. */
gboolean worktree_restore(struct worktree *tree, GError **error);
/*
 * Makes src the pristine source plus PATCHES (struct patch) plus the rig's own files. Unchanged
 * files are not written. On an error src is unchanged.
 */
gboolean worktree_patch(struct worktree *tree, GPtrArray *patches, GError **error);
/* The rig's own files that are added to every tree, for the hash. */
gboolean worktree_carried(GString *text, GError **error);

/* ---- make.c ---- */

/* What all make calls of one build share. */
struct maker {
	const struct worktree *tree;
	const struct kernel_arch *arch;
	unsigned jobs;
	struct progress *progress;
	FILE *log;
	guint lines;	   /* commands that make has printed */
	char *first_error; /* the first error line of a compiler or kconfig */
};

/*
 * Makes TARGET. The error is the first error line, with the log's name: RIG_EXIT_INFRA if a tool or
 * disk space is missing, else RIG_EXIT_USAGE.
 */
gboolean maker_run(struct maker *maker, const char *target, GError **error);
/* The log of the last build in this object folder. */
char *maker_log_path(const struct worktree *tree);
/* To be called before a build: if the last one was killed, removes files that may be incomplete. */
gboolean maker_begin(const struct worktree *tree, GError **error);
gboolean maker_end(const struct worktree *tree, GError **error);

/* ---- configure.c ---- */

/*
 * Makes obj/.config, unless the existing one was made with KEY. Errors name the setting that is not
 * met, and the reason.
 */
gboolean configure(struct maker *maker, GPtrArray *settings, const char *key, GError **error);

/* ---- cache.c ---- */

/* The finished build, or NULL. */
struct kernel *cache_find(const char *hash);
/* cache_find() that also records the time of use (prune.c). */
struct kernel *cache_use(const char *hash);
/* The duration of the last build of this kind, and its number of lines; 0: none yet. */
void cache_last(const char *kind, gint64 *ret_ns, guint *ret_lines);
void cache_remember(const char *kind, gint64 ns, guint lines);

struct build { /* the fields of build.json that are not in struct kernel */
	const struct kernel_arch *arch;
	const struct worktree *tree;
	const char *compiler;
	gint64 ns;
};

/* Publishes image, vmlinux, config, log and build.json as out/<KERNEL's hash>, by rename. */
gboolean cache_publish(const struct kernel *kernel, const struct build *build, GError **error);

/* ---- image.c, ikconfig.c ---- */

struct image {
	const char *arch;
	char *version; /* or NULL; the caller's */
};

/* Checks that DATA, read from PATH, is a complete kernel image of a supported architecture. */
gboolean image_check(const char *path, const guint8 *data, gsize len, struct image *ret,
		     GError **error);
gboolean image_is_bzimage(const guint8 *data, gsize len);
/* The compressed kernel inside a bzImage. */
gboolean image_payload(const guint8 *data, gsize len, const guint8 **ret, gsize *ret_len);
/* The config inside an image, or NULL without one. */
char *image_config(const guint8 *data, gsize len);

/* ---- carried.c ---- */

/*
 * The build of another host that KERNEL_CARRIED names for SPEC; *RET is NULL if it names none.
 * Errors: a file of SPEC cannot be read; (RIG_EXIT_INFRA) the build is not in the cache.
 */
gboolean carried_find(const struct kernel_spec *spec, struct kernel **ret, GError **error);

/*
 * Adds the length before the data, so that different lists of inputs never give the same bytes:
 * build.c.
 */
void kernel_hash_add(GChecksum *sum, const char *data, gsize len);

#endif
