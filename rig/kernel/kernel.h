/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a kernel comes from: source, patches, config, build, cache.
 *
 * Cache layout below ${XDG_CACHE_HOME:-~/.cache}/hotplug-rig/kernel/: `src/` (downloads and
 * pristine trees), `tree/<source>_<version>/` (one patched work tree, an object folder for each
 * arch, locked by its builder), `out/<hash>/` (finished builds: image, config, build.json, log;
 * appears by rename). docs/kernels.md.
 */
#ifndef RIG_KERNEL_KERNEL_H
#define RIG_KERNEL_KERNEL_H

#include <glib.h>

#include "util/auto.h"

/* What to build. Strings borrowed. */
struct kernel_spec {
	/* "deb:linux-source-6.1[@suite]", "tar:FILE", "dir:PATH", "git:REPO@REV" */
	const char *source;
	const char *arch;	      /* "x86_64", "ppc64le": a struct machine's arch */
	const char *const *patches;   /* files, in order; NULL-terminated or NULL */
	const char *const *fragments; /* config files after base, lockdep and <arch>; or NULL */
	gboolean no_lockdep;	      /* leave lockdep.config out */
	unsigned jobs;		      /* 0: the number of CPUs */
	gboolean refresh;	      /* ask the mirror again which version a package name means */
	gboolean cached;	      /* build nothing: RIG_EXIT_SKIP if it is not in the cache */
};

/* A built or given kernel. */
struct kernel {
	char *name;	/* short, for run folders: "6.1.192-z03" or the image's file name */
	char *hash;	/* 64 hex digits; of the image's bytes for a given image */
	char *image;	/* the file that QEMU boots */
	char *vmlinux;	/* path of the vmlinux with symbols, or NULL */
	char *config;	/* file, or NULL if the image does not contain one */
	char *version;	/* "6.1.192-2": the source's name of its version; NULL if unknown */
	char *source;	/* as resolved: "deb:linux-source-6.1=6.1.192-2" */
	char **patches; /* as given to this call; NULL-terminated, may be empty */
	gboolean was_cached;
	char *arch;	/* "x86_64" */
	double build_s; /* duration of its build; 0: unknown */
};

void kernel_free(struct kernel *kernel);
RIG_DEFINE_AUTO(kernel, kernel_free)

/*
 * Progress of a build. STEP is "fetch", "unpack", "patch", "configure", "compile", "link"; DONE and
 * TOTAL count files (0: unknown); LAST_NS is the duration of the last whole build on this host (0:
 * none yet).
 */
typedef void (*kernel_progress)(const char *step, guint done, guint total, gint64 last_ns,
				void *data);

/*
 * Builds a kernel, or finds it in the cache. Blocks (seconds if cached, else minutes). Concurrent
 * builders of one hash: one builds, the others wait. Errors: RIG_EXIT_USAGE (source or patch or
 * fragment wrong, with file, hunk, option, dependency), RIG_EXIT_INFRA (compiler missing, disk
 * full, download failed).
 */
struct kernel *kernel_build(const struct kernel_spec *spec, kernel_progress progress, void *data,
			    GError **error);

/*
 * Identifies SPEC on any host: its source's text, arch, lockdep, and the content of its files. Hex;
 * g_free(). Errors: a file cannot be read.
 */
char *kernel_request_key(const struct kernel_spec *spec, GError **error);
/*
 * An environment variable, "KEY=HASH KEY=HASH": builds in the cache by their requests. A host that
 * has no sources runs kernels of another one with it (rig/slurm).
 */
#define KERNEL_CARRIED "RIG_CARRIED_KERNELS"

/*
 * The finished builds in the cache, sorted by name: struct kernel. Free with g_ptr_array_unref().
 */
GPtrArray *kernel_list(void);

/* The vmlinux of the build HASH (any text), or NULL: not in the cache. */
char *kernel_cached_vmlinux(const char *hash);

/* A part of the cache: a finished build, or a work tree with its objects. */
struct kernel_unused {
	char *name; /* name for messages */
	char *dir;
	gboolean is_tree;
	gint64 used;   /* last use, Unix time */
	guint64 bytes; /* on disk */
};

void kernel_unused_free(struct kernel_unused *unused);
/*
 * Builds and work trees that were not used since BEFORE (Unix time), least recently used first:
 * struct kernel_unused. Removes leftovers of killed processes. g_ptr_array_unref().
 */
GPtrArray *kernel_unused_since(gint64 before);
/*
 * Deletes UNUSED. *RET_GONE is FALSE if it is in use or was used meanwhile; that is not an
 * error.
 */
gboolean kernel_forget(const struct kernel_unused *unused, gboolean *ret_gone, GError **error);

/*
 * A ready image: bzImage, vmlinux, vmlinuz. ARCH NULL: any. Errors: missing, of another ARCH,
 * truncated.
 */
struct kernel *kernel_from_image(const char *path, const char *arch, GError **error);

/* TRUE: TEXT is "deb:linux-image-…[=VERSION][@SUITE]", a kernel that needs no build. */
gboolean kernel_is_package(const char *text);
/*
 * The kernel of such a package of the host's architecture, for ARCH. Blocks; it is downloaded at
 * the first use. Errors: RIG_EXIT_USAGE (no such package, or one of another ARCH), RIG_EXIT_INFRA
 * (network).
 */
struct kernel *kernel_from_package(const char *text, const char *arch, GError **error);

/*
 * Downloads Debian's binary PACKAGE of SUITE (NULL: the host's) and unpacks it into FOLDER, which
 * may have files already; nothing of it is executed. *RET_VERSION is its version. Blocks. Errors:
 * as above.
 */
gboolean kernel_unpack_package(const char *package, const char *suite, const char *folder,
			       char **ret_version, GError **error);
/*
 * The same for PACKAGES (NULL-terminated) with all packages that they depend on, down to the C
 * library.
 */
gboolean kernel_unpack_closed(const char *const *packages, const char *suite, const char *folder,
			      GError **error);

/*
 * The uncompressed kernel inside the image at PATH (bzImage), or the image itself if it is not
 * compressed. At most 1 GiB. Errors (RIG_EXIT_USAGE): it cannot be read or unpacked.
 */
GBytes *kernel_unpack(const char *path, GError **error);

/* TRUE: TEXT is a source ("deb:…"); FALSE: an image's path. The only place that decides it. */
gboolean kernel_is_source(const char *text);

/*
 * Checks the syntax of a source, and that its folder, tarball or repository exists. Does not use
 * the network. Errors: RIG_EXIT_USAGE.
 */
gboolean kernel_check_source(const char *text, GError **error);

/*
 * A config, from a .config file or from inside an image (IKCONFIG). Keys "CONFIG_X", values "y",
 * "m", "250", "\"text\"". NULL with an error (RIG_EXIT_USAGE) if the image contains none.
 */
GHashTable *kernel_config_load(const char *path, GError **error);

/*
 * The NEEDS ("CONFIG_X", "CONFIG_X=y", "!CONFIG_X", "CONFIG_X|CONFIG_Y") that CONFIG does not meet;
 * the strings are borrowed from NEEDS. Free the array only.
 */
GPtrArray *kernel_config_lacks(GHashTable *config, const char *const *needs);

/* Options that every guest of the rig needs; NULL-terminated. */
extern const char *const kernel_guest_needs[];

#endif
