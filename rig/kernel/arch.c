// SPDX-License-Identifier: GPL-2.0-only
/* Has the table of architectures for which kernels are built, and finds their compilers. */
#include "kernel/internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "util/error.h"
#include "util/spawn.h"

static const struct kernel_arch archs[] = {
	{
		.name = "x86_64",
		.make = "x86_64",
		.srcarch = "x86",
		.cross = "x86_64-linux-gnu-",
		.target = "bzImage",
		.image = "arch/x86/boot/bzImage",
		.objects = 1900,
	},
	{
		.name = "ppc64le",
		.make = "powerpc",
		.srcarch = "powerpc",
		.cross = "powerpc64le-linux-gnu-",
		.target = "vmlinux",
		.image = "vmlinux",
		.objects = 1900,
	},
	{
		.name = "aarch64",
		.make = "arm64",
		.srcarch = "arm64",
		.cross = "aarch64-linux-gnu-",
		.target = "Image",
		.image = "arch/arm64/boot/Image",
		.objects = 2100,
	},
	{
		.name = "s390x",
		.make = "s390",
		.srcarch = "s390",
		.cross = "s390x-linux-gnu-",
		.target = "bzImage",
		.image = "arch/s390/boot/bzImage",
		.objects = 1280,
	},
	{
		.name = "riscv64",
		.make = "riscv",
		.srcarch = "riscv",
		.cross = "riscv64-linux-gnu-",
		.target = "Image",
		.image = "arch/riscv/boot/Image",
		.objects = 1900,
		/* arch/riscv/Kconfig, ARCH_ENABLE_MEMORY_HOTPLUG */
		.major = 6,
		.minor = 11,
	},
};

const struct kernel_arch *arch_find(const char *name, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(archs); i++) {
		if (!g_strcmp0(name, archs[i].name))
			return &archs[i];
		g_string_append_printf(names, "%s%s", i ? ", " : "", archs[i].name);
	}
	rig_fail(error, RIG_EXIT_USAGE, "kernels cannot be built for '%s' (available: %s)",
		 name ? name : "", names->str);
	return NULL;
}

gboolean arch_check_version(const struct kernel_arch *arch, const char *source, const char *version,
			    GError **error)
{
	guint major, minor;

	if (!version || sscanf(version + (*version == 'v'), "%u.%u", &major, &minor) != 2 ||
	    major > arch->major || (major == arch->major && minor >= arch->minor))
		return TRUE;
	return rig_fail(error, RIG_EXIT_SKIP,
			"memory hotplug on %s needs Linux %u.%u or newer; '%s' is %u.%u; for "
			"example deb:linux-source-6.12@trixie is new enough",
			arch->name, arch->major, arch->minor, source, major, minor);
}

const char *arch_cross(const struct kernel_arch *arch)
{
	struct utsname host;

	return uname(&host) == 0 && !strcmp(host.machine, arch->name) ? "" : arch->cross;
}

gboolean arch_compiler(const struct kernel_arch *arch, char **ret_compiler, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; i < 2; i++) {
		g_autofree char *tool = g_strconcat(arch_cross(arch), i ? "ld" : "gcc", NULL);
		g_autofree char *output = NULL;

		if (!spawn_words(&output, error, tool, "--version", NULL))
			return FALSE;
		output[strcspn(output, "\n")] = '\0';
		g_string_append_printf(text, "%s%s", i ? "; " : "", output);
	}
	*ret_compiler = g_string_free(g_steal_pointer(&text), FALSE);
	return TRUE;
}
