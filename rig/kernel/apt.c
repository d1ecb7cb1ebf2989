// SPDX-License-Identifier: GPL-2.0-only
/*
 * Downloads Debian's packages with kernel sources (linux-source-X.Y) and kernel images, as any user
 * and without changing the system's package lists.
 *
 * If the host's own package lists have the package, apt uses them. For another suite, or if the
 * lists are empty or outdated, apt is run with a private configuration in the cache: package lists,
 * caches, and a sources file with the mirror and key of the host's own configuration. All other
 * settings of apt (proxy, certificates, preferences) are those of the host.
 */
#include "kernel/internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"
#include "util/sweep.h"

#define DEFAULT_KEY "/usr/share/keyrings/debian-archive-keyring.gpg"
#define SOURCES_MAX (1 << 20)
#define APT_AND "+" /* separates suites that are used together */

/* ---- the mirror that the host uses ---- */

struct mirrors {
	char *uri[2], *key[2]; /* [0] is for the archive, [1] for its security updates */
};

static void mirrors_clear(struct mirrors *mirrors)
{
	for (int i = 0; i < 2; i++) {
		g_free(mirrors->uri[i]);
		g_free(mirrors->key[i]);
	}
}

/*
 * Handles one entry of the host's sources. Entries of other distributions are ignored. If there are
 * several entries for the archive or for its security updates, the first one is used.
 */
static void mirror_found(struct mirrors *mirrors, const char *uri, const char *suite,
			 const char *key)
{
	g_autofree char *base = g_path_get_basename(uri);
	int which = g_str_has_suffix(suite, "-security");

	/*
	 * A mirror of the archive has a path that ends in debian. That of the security updates ends
	 * in debian-security, or in debian, too.
	 */
	if (mirrors->uri[which] ||
	    (strcmp(base, "debian") && (!which || strcmp(base, "debian-security"))))
		return;
	mirrors->uri[which] = g_strdup(uri);
	/* instead of a key inside the sources file, use Debian's key, which is always installed */
	mirrors->key[which] = g_strdup(key && *key == '/' ? key : DEFAULT_KEY);
}

/* Parses a line "deb [signed-by=FILE arch=amd64] URI SUITE COMPONENT…". */
static void read_one_line(const char *text, struct mirrors *mirrors)
{
	static const char pattern[] = "^\\s*deb\\s+(?:\\[([^\\]]*)\\]\\s+)?(\\S+)\\s+(\\S+)\\s";
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_autofree char *options = g_match_info_fetch(match, 1);
		g_autofree char *uri = g_match_info_fetch(match, 2);
		g_autofree char *suite = g_match_info_fetch(match, 3);
		const char *key = options ? strstr(options, "signed-by=") : NULL;
		g_autofree char *file = key ? g_strndup(key + 10, strcspn(key + 10, " ,")) : NULL;

		mirror_found(mirrors, uri, suite, file);
	}
}

/* Returns the first line of the value of field NAME in a stanza, or NULL if there is none. */
static char *field(const char *stanza, const char *name)
{
	g_autofree char *pattern = g_strdup_printf("^%s:[ \\t]*(.*)$", name);
	g_autoptr(GRegex) regex =
		g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	if (!g_regex_match(regex, stanza, 0, &match))
		return NULL;
	return g_strstrip(g_match_info_fetch(match, 1));
}

/* Parses a sources file in the format deb822: stanzas of "Field: value" (sources.list(5)). */
static void read_deb822(const char *text, struct mirrors *mirrors)
{
	g_auto(GStrv) stanzas = g_regex_split_simple("\\n[ \\t]*\\n", text, 0, 0);

	for (guint i = 0; stanzas[i]; i++) {
		g_autofree char *types = field(stanzas[i], "Types");
		g_autofree char *uris = field(stanzas[i], "URIs");
		g_autofree char *suites = field(stanzas[i], "Suites");
		g_autofree char *key = field(stanzas[i], "Signed-By");
		g_autofree char *enabled = field(stanzas[i], "Enabled");
		g_auto(GStrv) suite = g_strsplit_set(suites ? suites : "", " \t", -1);

		if (!types || !uris || !g_str_has_prefix(types, "deb") || !g_strcmp0(enabled, "no"))
			continue;
		uris[strcspn(uris, " \t")] = '\0';
		for (guint s = 0; suite[s]; s++)
			if (*suite[s])
				mirror_found(mirrors, uris, suite[s], key);
	}
}

static void read_sources(const char *path, struct mirrors *mirrors)
{
	g_autofree char *text = NULL;

	if (!rig_read_file(path, SOURCES_MAX, &text, NULL, NULL) ||
	    !g_utf8_validate(text, -1, NULL))
		return;
	if (g_str_has_suffix(path, ".sources"))
		read_deb822(text, mirrors);
	else if (g_str_has_suffix(path, ".list"))
		read_one_line(text, mirrors);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_mirrors(const char *etc, struct mirrors *mirrors)
{
	g_autofree char *list = g_build_filename(etc, "sources.list", NULL);
	g_autofree char *parts = g_build_filename(etc, "sources.list.d", NULL);
	g_autoptr(GDir) dir = g_dir_open(parts, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	read_sources(list, mirrors);
	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_build_filename(parts, name, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		read_sources(names->pdata[i], mirrors);
}

/*
 * Appends a stanza for SUITE and, if it is a codename (without '-'), for its -updates and
 * -security. Leaves out a suite for which the host has no mirror.
 */
static void add_suite(GString *text, const struct mirrors *mirrors, const char *suite)
{
	/* sid has neither of the last two; apt_version() ignores that they are not found */
	static const char *const also[] = {"", "-updates", "-security"};
	gboolean plain = !strchr(suite, '-');

	for (guint i = 0; i < (plain ? G_N_ELEMENTS(also) : 1); i++) {
		g_autofree char *full = g_strconcat(suite, also[i], NULL);
		int which = g_str_has_suffix(full, "-security");

		if (!mirrors->uri[which])
			continue;
		g_string_append_printf(text,
				       "\nTypes: deb\nURIs: %s\nSuites: %s\nComponents: main\n"
				       "Signed-By: %s\n",
				       mirrors->uri[which], full, mirrors->key[which]);
	}
}

gboolean apt_sources_text(const char *etc, const char *suite, char **ret_text, GError **error)
{
	g_autoptr(GString) text = g_string_new("# Made by the hotplug rig.\n");
	__attribute__((cleanup(mirrors_clear))) struct mirrors mirrors = {0};
	g_auto(GStrv) suites = g_strsplit(suite, APT_AND, -1);

	find_mirrors(etc, &mirrors);
	if (!mirrors.uri[0])
		return rig_fail(error, RIG_EXIT_INFRA, "no Debian mirror is configured in %s", etc);
	for (char **one = suites; *one; one++)
		add_suite(text, &mirrors, *one);
	*ret_text = g_string_free(g_steal_pointer(&text), FALSE);
	return TRUE;
}

/* ---- running apt, with the private or the host's configuration ---- */

static char *host_codename(void)
{
	g_autofree char *text = g_get_os_info("VERSION_CODENAME");

	return text && *text ? g_steal_pointer(&text) : g_strdup("stable");
}

/*
 * Runs the command WORDS of apt, with the private configuration for SUITE, or with the host's
 * configuration if SUITE is NULL.
 */
static gboolean apt(const char *suite, const char *cwd, const char *const *words, char **ret_output,
		    GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	struct spawn spawn = {.cwd = cwd, .keep = 1 << 20};

	g_ptr_array_add(argv, g_strdup(words[0]));
	/* as root, apt would switch to the user _apt, for which the cache is not writable */
	g_ptr_array_add(argv, g_strdup("-oAPT::Sandbox::User="));
	if (suite) {
		g_autofree char *name = g_strconcat("apt/", suite, NULL);
		g_autofree char *top = rig_cache_path(name);

		g_ptr_array_add(argv, g_strdup_printf("-oDir::State::Lists=%s/lists", top));
		g_ptr_array_add(argv, g_strdup_printf("-oDir::Cache=%s/cache", top));
		g_ptr_array_add(argv,
				g_strdup_printf("-oDir::Etc::sourcelist=%s/rig.sources", top));
		g_ptr_array_add(argv, g_strdup_printf("-oDir::Etc::sourceparts=%s/none", top));
	} else {
		/* use no cache files of apt, because not every user can write them */
		g_ptr_array_add(argv, g_strdup("-oDir::Cache::pkgcache="));
		g_ptr_array_add(argv, g_strdup("-oDir::Cache::srcpkgcache="));
	}
	for (guint i = 1; words[i]; i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
	g_ptr_array_add(argv, NULL);
	spawn.argv = (const char *const *)argv->pdata;
	return spawn_run(&spawn, ret_output, error);
}

/*
 * Removes TOP, the private configuration of a suite, if it has no package lists and no apt is using
 * it: apt locks lists/lock with fcntl(2).
 */
static void remove_without_lists(const char *top)
{
	g_autofree char *lists = g_build_filename(top, "lists", NULL);
	g_autofree char *lock = g_build_filename(lists, "lock", NULL);
	g_auto(GStrv) releases = rig_names_in(lists, "Release");
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (!*releases && (fd < 0 || fcntl(fd, F_SETLK, &whole) == 0))
		sweep_remove(top, NULL);
	if (fd >= 0)
		close(fd);
}

/*
 * Creates the private configuration for SUITE and downloads its package lists. Removes the
 * configuration if none could be downloaded.
 */
static gboolean apt_update(const char *suite, GError **error)
{
	static const char *const folders[] = {"lists/partial", "cache/archives/partial", "none"};
	g_autofree char *name = g_strconcat("apt/", suite, NULL), *top = rig_cache_path(name);
	g_autofree char *sources = g_build_filename(top, "rig.sources", NULL), *text = NULL;
	/* without this option apt ends with 0 if no mirror can be reached */
	const char *words[] = {"apt-get", "-q", "-oAPT::Update::Error-Mode=any", "update", NULL};

	if (!apt_sources_text("/etc/apt", suite, &text, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *folder = g_build_filename(top, folders[i], NULL);

		g_mkdir_with_parents(folder, 0755);
	}
	if (rig_write_file(sources, text, -1, error) && apt(suite, NULL, words, NULL, error))
		return TRUE;
	remove_without_lists(top);
	return FALSE;
}

/*
 * Returns the newest version of PACKAGE in the lists, or WANT if that is not NULL. Returns NULL if
 * the lists do not have it.
 */
static char *listed_version(const char *package, const char *suite, const char *want)
{
	const char *words[] = {"apt-cache", "madison", package, NULL};
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;

	if (!apt(suite, NULL, words, &output, NULL))
		return NULL;
	/*
	 * The lines are like " linux-source-6.1 | 6.1.192-2 | http://… bookworm/main amd64
	 * Packages"; the newest version is first.
	 */
	lines = g_strsplit(output, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) part = g_strsplit(lines[i], "|", 3);

		if (g_strv_length(part) == 3 && !strcmp(g_strstrip(part[0]), package) &&
		    (!want || !strcmp(g_strstrip(part[1]), want)))
			return g_strdup(g_strstrip(part[1]));
	}
	return NULL;
}

const char *apt_release(const char *package)
{
	static const struct {
		const char *package, *suite;
	} rows[] = {
		{"linux-source-5.10", "bullseye"},
		{"linux-source-6.1", "bookworm"},
		{"linux-source-6.12", "trixie"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (!strcmp(package, rows[i].package))
			return rows[i].suite;
	return NULL;
}

const char *apt_other_release(const char *package)
{
	g_autofree char *codename = host_codename(), *listed = NULL;
	const char *suite = apt_release(package);

	if (!suite || !strcmp(suite, codename) || (listed = listed_version(package, NULL, NULL)))
		return NULL;
	return suite;
}

gboolean apt_version(const char *package, const char *suite, const char *want, char **ret_version,
		     GError **error)
{
	g_autofree char *codename = host_codename();
	g_autoptr(GError) why = NULL;
	char *version = suite ? NULL : listed_version(package, NULL, want);

	if (!version) {
		/*
		 * If SUITE has no -updates or -security, apt_update() fails after it has downloaded
		 * the other lists. So its error is only used if PACKAGE is not found.
		 */
		apt_update(suite ? suite : codename, &why);
		version = listed_version(package, suite ? suite : codename, want);
	}
	if (!version)
		return rig_fail(error, why ? RIG_EXIT_INFRA : RIG_EXIT_USAGE,
				"no package '%s'%s%s in Debian's %s%s%s", package,
				want ? " of version " : "", want ? want : "",
				suite ? suite : codename, why ? ": " : "", why ? why->message : "");
	*ret_version = version;
	return TRUE;
}

gboolean apt_image_package(const char *package, const char *suite, const char *version,
			   char **ret_package, GError **error)
{
	g_autofree char *what = g_strdup_printf("%s=%s", package, version), *output = NULL,
			*depends = NULL;
	g_autofree char *codename = host_codename();
	const char *words[] = {"apt-cache", "show", what, NULL};
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GRegex) regex = NULL;

	/* apt_version() may have used private lists for the host's own suite; try them, too */
	if (!apt(suite, NULL, words, &output, NULL) || !*output)
		if (!apt(suite ? suite : codename, NULL, words, &output, error))
			return FALSE;
	depends = field(output, "Depends");
	regex = g_regex_new("(?:^|, )(linux-image-[0-9][a-z0-9.+-]*)", 0, 0, NULL);
	*ret_package = depends && g_regex_match(regex, depends, 0, &match)
			       ? g_match_info_fetch(match, 1)
			       : g_strdup(package);
	return TRUE;
}

/* Returns the path of the only .deb file in DIR. */
static char *find_deb(const char *dir)
{
	g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
	const char *name;

	while (entries && (name = g_dir_read_name(entries)))
		if (g_str_has_suffix(name, ".deb"))
			return g_build_filename(dir, name, NULL);
	return NULL;
}

gboolean apt_download(const char *package, const char *suite, const char *version, const char *dir,
		      char **ret_file, GError **error)
{
	g_autofree char *what = g_strdup_printf("%s=%s", package, version);
	const char *words[] = {"apt-get", "-q", "download", what, NULL};
	g_autofree char *codename = host_codename();
	gboolean ok = apt(suite, dir, words, NULL, suite ? error : NULL);

	if (!ok && !suite) {
		/*
		 * the host's package lists are outdated or lack the package; download the mirror's
		 * package lists
		 */
		apt_update(codename, NULL);
		ok = apt(codename, dir, words, NULL, error);
	}
	if (!ok)
		return FALSE;
	*ret_file = find_deb(dir);
	if (!*ret_file)
		return rig_fail(error, RIG_EXIT_INFRA, "`apt-get download %s` has not created a "
						       ".deb file", what);
	return TRUE;
}

gboolean apt_download_closed(const char *const *packages, const char *suite, const char *dir,
			     GError **error)
{
	g_autofree char *base = g_str_has_suffix(suite, "-backports")
					? g_strndup(suite, strlen(suite) - strlen("-backports"))
					: NULL;
	g_autofree char *both = base ? g_strconcat(base, APT_AND, suite, NULL) : g_strdup(suite);
	g_autofree char *archives = g_strdup_printf("-oDir::Cache::Archives=%s/archives", dir);
	g_autofree char *partial = g_build_filename(dir, "archives", "partial", NULL);
	g_autofree char *status = g_build_filename(dir, "status", NULL);
	g_autofree char *empty = g_strconcat("-oDir::State::status=", status, NULL);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	const char *const first[] = {"apt-get", "-q", archives, empty,
				     "-oDebug::NoLocking=1", "--no-install-recommends",
				     "--download-only", "-y", "-t", suite, "install"};

	g_mkdir_with_parents(partial, 0755);
	if (!rig_write_file(status, "", 0, error) || !apt_update(both, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(words, (char *)first[i]);
	for (guint i = 0; packages[i]; i++)
		g_ptr_array_add(words, (char *)packages[i]);
	g_ptr_array_add(words, NULL);
	return apt(both, NULL, (const char *const *)words->pdata, NULL, error);
}
