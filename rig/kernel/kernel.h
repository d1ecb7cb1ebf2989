/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds kernels from a source, patches and a config, and stores them in a cache.
 *
 * The cache is in ${XDG_CACHE_HOME:-~/.cache}/hotplug-rig/kernel/: `src/` (files with the version
 * or hash that a source had when it was last used), `tree/<source>_<version>/` (one patched work
 * tree with an object folder for each architecture, locked by its builder), `out/<hash>/` (finished
 * builds: image, config, build.json, log; appear by rename), `carried/<name>/` (sources packed for
 * other hosts). See docs/kernels.md.
 */
#ifndef RIG_KERNEL_KERNEL_H
#define RIG_KERNEL_KERNEL_H

#include <glib.h>

#include "util/auto.h"

/* The fragment of the second standard kernel, `full`, relative to the rig's home. */
#define KERNEL_FULL "scenarios/kconfig/full.config"

/*
 * Returns TRUE if the file FRAGMENT is the rig's fragment OWN ("scenarios/kconfig/full.config"), or
 * has the same content.
 */
gboolean kernel_is_fragment(const char *fragment, const char *own);

/* A module that is built with a kernel. Strings are borrowed. */
struct kernel_module {
	const char *name; /* as the user wrote it, for messages and the hash */
	/* folder with a Kbuild file, or NULL if NAME is a module of the source tree */
	const char *folder;
};

/* What to build. Strings are borrowed. */
struct kernel_spec {
	/* "deb:linux-source-6.1[@suite]", "tar:FILE", "dir:PATH", "git:REPO@REV" */
	const char *source;
	/* name of the architecture in the output of `uname -m`, for example "ppc64le" */
	const char *arch;
	const char *const *patches; /* paths of patches, in order; NULL-terminated or NULL */
	/* paths of config fragments that are added after base, lockdep and <arch>; or NULL */
	const char *const *fragments;
	/*
	 * path of a config fragment that is added after these, but left out if kconfig does not
	 * accept all of the config with it (`refused` of struct kernel); or NULL
	 */
	const char *optional;
	/* lines of a fragment that is applied last, or NULL; error messages say `kconfig:LINE` */
	const char *kconfig;
	const struct kernel_module *modules;
	unsigned n_modules;
	gboolean no_lockdep; /* leave lockdep.config out */
	unsigned jobs;	     /* number of compile jobs, or 0 for the number of CPUs */
	gboolean refresh; /* ask the mirror again which version is the current one of a package */
	/* do not build: fail with RIG_EXIT_SKIP if the kernel is not in the cache */
	gboolean cached;
};

/* A built or given kernel. */
struct kernel {
	char *name;	/* a short name for run folders: "6.1.192-z03", or the image's file name */
	char *hash;	/* 64 hex digits; for a given image, the hash of its bytes */
	char *image;	/* the file that QEMU boots */
	char *vmlinux;	/* path of the vmlinux with symbols, or NULL */
	char *config;	/* path of the config, or NULL if it is unknown */
	char *modules;	/* path of the folder with its modules, NAME.ko, or NULL if it has none */
	char *version;	/* the version by its source, "6.1.192-2", or NULL if it is unknown */
	char *source;	/* the resolved source: "deb:linux-source-6.1=6.1.192-2" */
	char **patches; /* as given by the caller; NULL-terminated, may be empty */
	/*
	 * what was added to the config: the names of fragments and modules, and "kconfig" for lines
	 * of a scenario; "" if nothing, NULL if it is unknown
	 */
	char *with;
	/* why the optional fragment was left out; NULL if it was not, or if there was none */
	char *refused;
	gboolean was_cached;
	char *arch;	/* "x86_64" */
	/* page size of a given arm64 image: "4k", "16k", "64k"; NULL if its header has none */
	const char *page_size;
	double build_s; /* duration of the build in seconds, or 0 if it is unknown */
};

/* How much a build will compile, at least. */
struct kernel_estimate {
	gboolean cached;  /* the kernel is in the cache, so nothing is compiled */
	guint files;	  /* number of files that will be compiled */
	guint all;	  /* number of files that the last build had */
	gint64 ns;	  /* time, estimated from the last full build on this host; 0 if unknown */
	char *most;	  /* the changed option on which most of the files depend, or NULL */
	guint most_files; /* number of files that depend on it */
};
/*
 * Estimates the build of SPEC, without a lock and without changing anything. Takes a second. The
 * caller frees ret->most. Errors: those of kernel_build() for SPEC.
 */
gboolean kernel_estimate(const struct kernel_spec *spec, struct kernel_estimate *ret,
			 GError **error);

/*
 * Returns ESTIMATE as a text for messages, "compiles at least 12 of 1940 files, …". The caller owns
 * it.
 */
char *kernel_estimate_text(const struct kernel_estimate *estimate);

void kernel_free(struct kernel *kernel);
RIG_DEFINE_AUTO(kernel, kernel_free)

/*
 * Progress of a build. STEP is "wait for another build" (until that leaves the work tree), "hash",
 * "fetch", "unpack", "patch", "configure", "compile" or "link". DONE and TOTAL are numbers of
 * files, or for "patch" of patches; TOTAL is 0 if it is unknown. From "configure" on, LAST_NS is
 * the duration of the last build of the same kind (full or incremental) on this host, or 0 if there
 * was none.
 */
typedef void (*kernel_progress)(const char *step, guint done, guint total, gint64 last_ns,
				void *data);

/*
 * Builds a kernel, or finds it in the cache. Blocks (seconds if cached, otherwise minutes). If
 * several processes want the same kernel, one builds it and the others wait. Errors: RIG_EXIT_USAGE
 * if a source, patch or fragment is invalid (the message has the file, and the hunk or the option
 * with its dependencies); RIG_EXIT_INFRA if the compiler is missing, the disk is full, or a
 * download fails; RIG_EXIT_SKIP with `cached`, or if the
 * source is older than memory hotplug on its architecture.
 */
struct kernel *kernel_build(const struct kernel_spec *spec, kernel_progress progress, void *data,
			    GError **error);

/*
 * Returns the names of the sources in the FOLDER of a module, sorted. Free them with g_strfreev().
 * Errors: RIG_EXIT_USAGE if there is no such folder, or it has no Kbuild file or too many files.
 */
char **kernel_module_sources(const char *folder, GError **error);

/*
 * Returns a key that is the same on any host for the same SPEC: a hexadecimal hash of the source's
 * text, arch, no_lockdep, kconfig, and the content of patches, fragments and modules. Free it with
 * g_free(). Fails if a file cannot be read.
 */
char *kernel_request_key(const struct kernel_spec *spec, GError **error);
/*
 * Name of an environment variable with the kernels that another host has built and sent
 * (rig/slurm), so that a host without kernel sources can run them. Its value is "KEY=HASH KEY=HASH
 * …": KEY is a kernel_request_key(), HASH is the build in the cache.
 */
#define KERNEL_CARRIED "RIG_CARRIED_KERNELS"

/*
 * Copies the finished build in FOLDER, which another host has made, into the cache as HASH. If the
 * cache has HASH already, that build stays. Blocks. Errors: RIG_EXIT_INFRA if FOLDER is not a
 * finished build, or cannot be copied.
 */
gboolean kernel_install(const char *folder, const char *hash, GError **error);

/*
 * Packs the unpatched source TEXT for hosts that do not have it. Returns the path of the result, a
 * folder carried/NAME/ in the cache. Free it with g_free(). Blocks (a minute for a folder or a
 * revision). Errors: those of kernel_build() for the source.
 */
char *kernel_export_source(const char *text, GError **error);
/* Returns a hexadecimal key for the text of a source. Free it with g_free(). */
char *kernel_source_key(const char *text);
/*
 * Name of an environment variable with the sources that another host has sent. Its value is
 * "KEY=NAME KEY=NAME …": KEY is a kernel_source_key(), NAME is a folder below carried/ in the
 * cache.
 */
#define KERNEL_SOURCES "RIG_CARRIED_SOURCES"

/*
 * Returns the finished builds in the cache, sorted by name: an array of struct kernel, released
 * with g_ptr_array_unref().
 */
GPtrArray *kernel_list(void);

/*
 * Returns the path of the vmlinux of the build HASH, or NULL if the cache does not have it or HASH
 * is not a valid hash.
 */
char *kernel_cached_vmlinux(const char *hash);

/* A part of the cache that can be deleted. */
struct kernel_unused {
	char *name; /* a name for messages */
	char *dir;
	gboolean is_tree; /* a work tree or a packed source, not a finished build */
	gint64 used;	  /* Unix time of the last use */
	guint64 bytes;	  /* size on disk */
};

void kernel_unused_free(struct kernel_unused *unused);
/*
 * Returns what was not used after BEFORE (Unix time), the least recently used first: an array of
 * struct kernel_unused, released with g_ptr_array_unref(). Also removes leftovers of killed
 * processes.
 */
GPtrArray *kernel_unused_since(gint64 before);
/*
 * Deletes UNUSED, unless it is in use or was used meanwhile, which is not an error. *ret_gone is
 * TRUE if it was deleted.
 */
gboolean kernel_forget(const struct kernel_unused *unused, gboolean *ret_gone, GError **error);

/*
 * Returns the kernel in an image file: bzImage, vmlinux, vmlinuz. It must be for ARCH, unless ARCH
 * is NULL. Errors: the file is missing, of another architecture, or truncated.
 */
struct kernel *kernel_from_image(const char *path, const char *arch, GError **error);

/* Returns TRUE if TEXT is "deb:linux-image-…[=VERSION][@SUITE]", a kernel that needs no build. */
gboolean kernel_is_package(const char *text);
/*
 * Returns the kernel of the package TEXT (see kernel_is_package()) for ARCH, which must be the
 * host's architecture. Blocks; the package is downloaded at its first use. Errors: RIG_EXIT_USAGE
 * if there is no such package, or it is for another architecture; RIG_EXIT_INFRA if the download
 * fails.
 */
struct kernel *kernel_from_package(const char *text, const char *arch, GError **error);

/*
 * Downloads Debian's binary PACKAGE of SUITE, or of the host's suite if SUITE is NULL, and unpacks
 * it into FOLDER, which may contain files. Nothing of the package is executed. *ret_version is its
 * version. Blocks. Errors: those of kernel_from_package().
 */
gboolean kernel_unpack_package(const char *package, const char *suite, const char *folder,
			       char **ret_version, GError **error);
/*
 * Downloads PACKAGES (NULL-terminated) of SUITE and all packages that they depend on, including the
 * C library, and unpacks them into FOLDER as kernel_unpack_package() does.
 */
gboolean kernel_unpack_closed(const char *const *packages, const char *suite, const char *folder,
			      GError **error);

/*
 * Returns the uncompressed kernel inside the image at PATH (bzImage), or the image itself if it is
 * not compressed. Fails with RIG_EXIT_USAGE if the image cannot be read or unpacked, or the kernel
 * has more than 1 GiB.
 */
GBytes *kernel_unpack(const char *path, GError **error);

/*
 * Returns TRUE if TEXT is a source ("deb:…"), or FALSE if it is the path of an image. All commands
 * use this function to decide it.
 */
gboolean kernel_is_source(const char *text);

/*
 * Checks the syntax of a source, and that its folder, tarball or repository exists, without network
 * access. Errors: RIG_EXIT_USAGE.
 */
gboolean kernel_check_source(const char *text, GError **error);

/*
 * Reads a config from a .config file, or from inside an image (IKCONFIG). Keys are "CONFIG_X",
 * values "y", "m", "250", "\"text\"". Returns NULL with RIG_EXIT_USAGE if there is no config.
 */
GHashTable *kernel_config_load(const char *path, GError **error);

/*
 * Returns those of NEEDS ("CONFIG_X", "CONFIG_X=y", "!CONFIG_X", "CONFIG_X|CONFIG_Y") that CONFIG
 * does not meet. The strings are borrowed, so only the array must be freed.
 */
GPtrArray *kernel_config_lacks(GHashTable *config, const char *const *needs);

/*
 * Returns the path of one of the rig's fragments that no kernel has by default and that sets all
 * NEEDS ("scenarios/kconfig/devices.config"), or NULL if there is none. The caller owns it.
 */
char *kernel_fragment_with(const char *const *needs);

/* Options that every guest of the rig needs; NULL-terminated. */
extern const char *const kernel_guest_needs[];

#endif
