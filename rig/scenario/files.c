// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scenario's own files: scripts and static programs for the agent `run`, which are added to the
 * guest's initramfs, and the contents of NVDIMMs. A scenario may come from an untrusted source, so
 * its files must be in its folder, and links to other places are rejected.
 */
#include "scenario/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/elf-head.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/size.h"

#define FILE_MAX_BYTES (16 << 20)
#define ALL_MAX_BYTES (64 << 20)
#define NAME_MAX_BYTES 100

/*
 * Returns TRUE if NAME can be a path below /files in the guest: without spaces, and no component
 * begins with '.' or '-'.
 */
gboolean file_is_safe(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "/", -1);

	if (strlen(name) > NAME_MAX_BYTES ||
	    strspn(name, G_CSET_A_2_Z G_CSET_a_2_z "0123456789._+-/") != strlen(name))
		return FALSE;
	for (char **part = parts; *part; part++)
		if (!**part || **part == '.' || **part == '-')
			return FALSE;
	return TRUE;
}

/*
 * Looks for the file in the folder of the scenario's file, and then in its subfolder `files`, where
 * run folders have it. The scenario of a run folder is scenario.yaml; then the subfolder is first,
 * because the run folder has files of its own, such as `journal`.
 */
char *file_find(const char *scenario, const char *name, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(scenario), *home = realpath(folder, NULL);
	g_autofree char *base = g_path_get_basename(scenario);
	g_autofree char *beside = g_build_filename(folder, name, NULL);
	g_autofree char *kept = g_build_filename(folder, "files", name, NULL);
	gboolean is_run = !strcmp(base, "scenario.yaml");
	gboolean use_kept = g_file_test(kept, G_FILE_TEST_EXISTS) &&
			    (is_run || !g_file_test(beside, G_FILE_TEST_EXISTS));
	const char *path = use_kept ? kept : beside;
	g_autofree char *real = realpath(path, NULL);
	int why = errno;

	if (!real || !home) {
		rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", path, g_strerror(why));
		return NULL;
	}
	if (!g_str_has_prefix(real, home) || real[strlen(home)] != '/') {
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s' is a link to a file outside of the scenario's folder '%s'", name,
			 folder);
		return NULL;
	}
	return g_strdup(path);
}

/* Checks that the program NAME is static, and sets *ret to the machine in its ELF header. */
static gboolean read_elf(const char *data, gsize len, const char *name, unsigned *ret,
			 GError **error)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;

	if (len < sizeof(head))
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' is a damaged program", name);
	if (!elf_head_read(data, len, &head) ||
	    (head.e_machine == EM_S390) != (head.e_ident[EI_DATA] == ELFDATA2MSB))
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' is not a 64-bit program in the byte order of a machine's "
				"guests (big-endian on s390x, else little-endian)",
				name);
	for (unsigned i = 0; i < head.e_phnum && elf_part_read(data, len, &head, i, &part); i++) {
		if (part.p_type == PT_INTERP)
			return rig_fail(error, RIG_EXIT_USAGE,
					"'%s' is a dynamic program, whose libraries the "
					"guest does not have; link it with -static",
					name);
	}
	*ret = head.e_machine;
	return TRUE;
}

/* Checks that a script's interpreter exists in the guest. */
static gboolean check_script(const char *data, gsize len, const char *name, GError **error)
{
	static const char *const shells[] = {"/bin/sh", "/bin/busybox sh", "/bin/ash", NULL};
	g_autofree char *line = NULL;

	if (len < 2 || memcmp(data, "#!", 2))
		return TRUE; /* files that are neither scripts nor programs are data for scripts */
	line = g_strndup(data + 2, MIN(len - 2, 200));
	line[strcspn(line, "\n")] = '\0';
	g_strstrip(line);
	for (guint i = 0; shells[i]; i++)
		if (g_str_has_prefix(line, shells[i]) &&
		    (!line[strlen(shells[i])] || line[strlen(shells[i])] == ' '))
			return TRUE;
	return rig_fail(error, RIG_EXIT_USAGE,
			"'%s' is a script for '%s', which the guest does not have; write "
			"it for #!/bin/sh (busybox), or give a static program",
			name, line);
}

static gboolean read_file(const char *scenario, struct scenario_file *file, gsize *all,
			  GError **error)
{
	g_autofree char *data = NULL;
	gsize len;

	file->path = file_find(scenario, file->name, error);
	if (!file->path || !rig_read_file(file->path, FILE_MAX_BYTES, &data, &len, error))
		return FALSE;
	*all += len;
	if (*all > ALL_MAX_BYTES)
		return rig_fail(error, RIG_EXIT_USAGE,
				"the scenario's files have more than %d MiB in all",
				ALL_MAX_BYTES >> 20);
	if (len >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG))
		return read_elf(data, len, file->name, &file->elf_machine, error);
	return check_script(data, len, file->name, error);
}

static gboolean check_run(struct yaml_tree *tree, yaml_node_t *node, const struct scenario *s,
			  const struct agent *agent, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	yaml_node_t *params = yaml_tree_get(tree, node, "params");
	const char *file = yaml_tree_text(yaml_tree_get(tree, params, "file"));

	if (strcmp(agent->name, "run"))
		return TRUE;
	for (unsigned i = 0; i < s->n_files; i++)
		g_ptr_array_add(names, s->files[i].name);
	g_ptr_array_add(names, NULL);
	if (!file)
		return yaml_tree_fail(tree, node, error,
				      "agent 'run' needs the param 'file', one of 'files'");
	if (!s->n_files)
		return yaml_tree_fail(tree, yaml_tree_get(tree, params, "file"), error,
				      "'%s' is not among 'files'; add 'files: [%s]'", file, file);
	if (!g_strv_contains((const char *const *)names->pdata, file))
		return yaml_tree_fail_word(tree, yaml_tree_get(tree, params, "file"), error, file,
					   (const char *const *)names->pdata,
					   "'%s' is not among 'files'", file);
	return TRUE;
}

static gboolean check_file_name(struct yaml_tree *tree, yaml_node_t *node, const char *name,
				GError **error)
{
	return file_is_safe(name) ||
	       yaml_tree_fail(tree, node, error,
			      "invalid file '%s'; allowed: a name relative to "
			      "this file, of at most %d letters, digits and ._+-/, no part of "
			      "which begins with '.' or '-'",
			      name, NAME_MAX_BYTES);
}

/*
 * Gets the size of the regular file NAME, which is at PATH. It is opened because only that shows
 * whether this user may read it.
 */
static gboolean size_of(const char *path, const char *name, guint64 *ret, GError **error)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), why = errno;
	struct stat st = {0};

	if (fd < 0 || fstat(fd, &st) < 0) {
		rig_fail(error, RIG_EXIT_USAGE, "cannot read '%s': %s", path,
			 g_strerror(fd < 0 ? why : errno));
	} else if (!S_ISREG(st.st_mode)) {
		rig_fail(error, RIG_EXIT_USAGE, "'%s' is %s, not a regular file", name,
			 S_ISDIR(st.st_mode) ? "a folder" : "a device or a pipe");
	} else {
		close(fd);
		*ret = st.st_size;
		return TRUE;
	}
	if (fd >= 0)
		close(fd);
	return FALSE;
}

/* Finds the file with the contents of the NVDIMM that STEP plugs, and checks its size. */
static gboolean read_image(struct yaml_tree *tree, yaml_node_t *node, const char *scenario,
			   struct step *step, GError **error)
{
	guint64 wanted = step->size.low + step->label;
	g_autofree char *size = rig_size_text(step->size.low), *label = rig_size_text(step->label);
	g_autoptr(GError) why = NULL;

	if (!check_file_name(tree, node, step->file, error))
		return FALSE;
	step->path = file_find(scenario, step->file, &why);
	if (!step->path || !size_of(step->path, step->file, &step->file_size, &why))
		return yaml_tree_fail(tree, node, error, "%s", why->message);
	return step->file_size == wanted ||
	       yaml_tree_fail(tree, node, error,
			      "'%s' has %" G_GUINT64_FORMAT
			      " bytes, but NVDIMM '%s' has %s and a label area of %s, together "
			      "%" G_GUINT64_FORMAT " bytes; change the file, 'size' or 'label'",
			      step->file, step->file_size, step->id, size, label, wanted);
}

static gboolean read_images(struct yaml_tree *tree, struct scenario *s, GError **error)
{
	yaml_node_t *tracks = yaml_tree_get(tree, yaml_tree_root(tree), "tracks");

	for (unsigned t = 0; t < s->n_tracks; t++) {
		yaml_node_t *steps = yaml_tree_get(tree, yaml_tree_item(tree, tracks, t), "steps");

		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			yaml_node_t *file =
				yaml_tree_get(tree, yaml_tree_item(tree, steps, i), "file");

			if (file &&
			    !read_image(tree, file, s->file, &s->tracks[t].steps[i], error))
				return FALSE;
		}
	}
	return TRUE;
}

gboolean read_files(struct yaml_tree *tree, struct scenario *s, GError **error)
{
	yaml_node_t *root = yaml_tree_root(tree), *list = yaml_tree_get(tree, root, "files");
	yaml_node_t *agents = yaml_tree_get(tree, root, "agents");
	gsize all = 0;

	for (unsigned i = 0; i < s->n_files; i++) {
		yaml_node_t *node = yaml_tree_item(tree, list, i);
		g_autoptr(GError) why = NULL;

		if (!check_file_name(tree, node, s->files[i].name, error))
			return FALSE;
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(s->files[i].name, s->files[k].name))
				return yaml_tree_fail(tree, node, error,
						      "'%s' is listed twice",
						      s->files[i].name);
		if (!read_file(s->file, &s->files[i], &all, &why))
			return yaml_tree_fail(tree, node, error, "%s", why->message);
	}
	for (unsigned i = 0; i < s->n_agents; i++)
		if (!check_run(tree, yaml_tree_item(tree, agents, i), s, &s->agents[i], error))
			return FALSE;
	return read_images(tree, s, error);
}

/* ELF machine numbers of the guests' architectures. */
static const struct {
	const char *arch;
	unsigned elf_machine;
} arches[] = {{"x86_64", EM_X86_64},
	      {"ppc64le", EM_PPC64},
	      {"aarch64", EM_AARCH64},
	      {"arm64", EM_AARCH64},
	      {"s390x", EM_S390},
	      {"riscv64", EM_RISCV}};

gboolean scenario_check_files(const struct scenario *s, const struct machine *machine,
			      GError **error)
{
	for (unsigned i = 0; i < s->n_files; i++)
		for (guint k = 0; k < G_N_ELEMENTS(arches); k++)
			if (!strcmp(arches[k].arch, machine->arch) && s->files[i].elf_machine &&
			    s->files[i].elf_machine != arches[k].elf_machine)
				return rig_fail(error, RIG_EXIT_SKIP,
						"'%s' is a program for another "
						"architecture than %s (%s)",
						s->files[i].name, machine->name, machine->arch);
	return TRUE;
}
