// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks kernel images: architecture, version, and whether the file is complete.
 *
 * Formats: bzImage, see Documentation/x86/boot.rst (setup header); Image, see
 * Documentation/arm64/booting.rst and Documentation/riscv/boot-image-header.rst; s390's bzImage,
 * see arch/s390/boot/head.S; vmlinux, an ELF file. All offsets are checked against the file's size
 * before they are used.
 */
#include "kernel/internal.h"

#include <string.h>

#include "util/elf-head.h"
#include "util/error.h"

static guint64 get(const guint8 *p, guint bytes)
{
	guint64 value = 0;

	while (bytes--)
		value = value << 8 | p[bytes];
	return value;
}

/* ---- bzImage ---- */

gboolean image_is_bzimage(const guint8 *data, gsize len)
{
	return len > 0x260 && !memcmp(data + 0x202, "HdrS", 4) && get(data + 0x1fe, 2) == 0xaa55;
}

/* Returns the offset of the protected-mode code in a bzImage. */
static gsize setup_size(const guint8 *data)
{
	return ((data[0x1f1] ? data[0x1f1] : 4) + 1) * 512;
}

static gboolean check_bzimage(const char *path, const guint8 *data, gsize len, struct image *ret,
			      GError **error)
{
	gsize need = setup_size(data) + get(data + 0x1f4, 4) * 16;
	gsize version = get(data + 0x20e, 2) + 0x200;

	if (need > len)
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' is truncated: its header says %zu bytes, it has %zu", path,
				need, len);
	/* bit 0 of xloadflags: the kernel has a 64-bit entry point */
	if (get(data + 0x206, 2) < 0x20c || !(data[0x236] & 1))
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' is a 32-bit x86 kernel; the guests "
						       "need a 64-bit kernel", path);
	ret->arch = "x86_64";
	if (version > 0x200 && version < len)
		ret->version =
			g_strndup((const char *)data + version,
				  strnlen((const char *)data + version, MIN(len - version, 128)));
	if (ret->version)
		ret->version[strcspn(ret->version, " ")] = '\0';
	return TRUE;
}

gboolean image_payload(const guint8 *data, gsize len, const guint8 **ret, gsize *ret_len)
{
	guint64 start, size;

	if (get(data + 0x206, 2) < 0x208)
		return FALSE;
	start = setup_size(data) + get(data + 0x248, 4);
	size = get(data + 0x24c, 4);
	if (start > len || size > len - start)
		return FALSE;
	*ret = data + start;
	*ret_len = size;
	return TRUE;
}

/* ---- ELF ---- */

static const struct {
	guint16 machine;
	guint8 data;
	const char *arch;
} elf_archs[] = {
	{EM_X86_64, ELFDATA2LSB, "x86_64"},
	{EM_PPC64, ELFDATA2LSB, "ppc64le"},
	{EM_AARCH64, ELFDATA2LSB, "aarch64"},
	{EM_S390, ELFDATA2MSB, "s390x"},
	{EM_RISCV, ELFDATA2LSB, "riscv64"},
};

/*
 * Returns TRUE if a PT_NOTE has the entry point that QEMU uses for an uncompressed x86 kernel (Xen,
 * type 18).
 */
static gboolean has_pvh_note(const guint8 *data, const Elf64_Phdr *ph)
{
	static const guint8 name[] = {4, 0, 0, 0};

	for (guint64 at = ph->p_offset; at + 16 <= ph->p_offset + ph->p_filesz; at += 4)
		if (!memcmp(data + at, name, 4) && get(data + at + 8, 4) == 18 &&
		    !memcmp(data + at + 12, "Xen", 4))
			return TRUE;
	return FALSE;
}

static gboolean check_elf(const char *path, const guint8 *data, gsize len, struct image *ret,
			  GError **error)
{
	const char *arch = NULL;
	gboolean pvh = FALSE;
	Elf64_Ehdr eh;
	guint64 need;

	if (!elf_head_read(data, len, &eh))
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' is not a 64-bit kernel", path);
	for (guint i = 0; i < G_N_ELEMENTS(elf_archs); i++)
		if (elf_archs[i].machine == eh.e_machine && elf_archs[i].data == data[EI_DATA])
			arch = elf_archs[i].arch;
	if (!arch || (eh.e_type != ET_EXEC && eh.e_type != ET_DYN))
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"'%s' is not a kernel for x86_64, ppc64le, aarch64, s390x or riscv64 (ELF "
			"machine %u, type %u)",
			path, eh.e_machine, eh.e_type);
	need = MAX(eh.e_phoff + (guint64)eh.e_phnum * sizeof(Elf64_Phdr),
		   eh.e_shoff + (guint64)eh.e_shnum * sizeof(Elf64_Shdr));
	for (guint i = 0; i < eh.e_phnum && eh.e_phoff <= len && need <= len; i++) {
		Elf64_Phdr ph;

		if (!elf_part_read(data, len, &eh, i, &ph) || ph.p_offset > len ||
		    ph.p_filesz > len - ph.p_offset)
			need = G_MAXUINT64;
		else if (ph.p_type == PT_NOTE)
			pvh |= has_pvh_note(data, &ph);
	}
	if (eh.e_phoff > len || eh.e_shoff > len || need > len || !eh.e_phnum)
		return rig_fail(error, RIG_EXIT_USAGE, "'%s' is truncated after %zu bytes", path,
				len);
	if (eh.e_machine == EM_X86_64 && !pvh)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"'%s' is an x86 vmlinux without CONFIG_PVH, which QEMU cannot start: give "
			"its bzImage",
			path);
	ret->arch = arch;
	return TRUE;
}

/* ---- arm64 and riscv Image ---- */

/*
 * The headers of arm64 and riscv have no size of the file, only one that includes .bss, which has
 * most of the size of a kernel with lockdep.
 */
static gboolean check_arm64(const guint8 *data, struct image *ret)
{
	/* the page size, by bits 1 and 2 of the flags */
	static const char *const page_sizes[] = {NULL, "4k", "16k", "64k"};

	ret->arch = "aarch64";
	ret->page_size = page_sizes[data[24] >> 1 & 3];
	return TRUE;
}

static gboolean check_riscv(struct image *ret)
{
	ret->arch = "riscv64";
	return TRUE;
}

/* ---- s390 bzImage ---- */

static guint64 get_big(const guint8 *p, guint bytes)
{
	guint64 value = 0;

	for (guint i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

/* Offsets in the image, which are also addresses, because it is loaded at address 0. */
#define S390_EP 0x10008	     /* "S390EP" (arch/s390/boot/head.S) */
#define S390_VERSION 0x10428 /* kernel_version in struct parmarea (asm/setup.h) */

static gboolean check_s390(const guint8 *data, gsize len, struct image *ret)
{
	guint64 at = get_big(data + S390_VERSION, 8);

	ret->arch = "s390x";
	if (at && at < len)
		ret->version = g_strndup((const char *)data + at,
					 strnlen((const char *)data + at, MIN(len - at, 128)));
	if (ret->version)
		ret->version[strcspn(ret->version, " ")] = '\0';
	return TRUE;
}

/* ---- all formats ---- */

/* Finds the banner "Linux version 6.1.0-50-powerpc64le (…" in an uncompressed image. */
static char *find_banner(const guint8 *data, gsize len)
{
	static const char banner[] = "Linux version ";
	const guint8 *at = data;

	while ((at = memmem(at, len - (at - data), banner, strlen(banner)))) {
		gsize left = len - (at - data), n = 0;

		at += strlen(banner);
		left -= strlen(banner);
		while (n < MIN(left, 64) && g_ascii_isgraph(at[n]) && at[n] != '%')
			n++;
		if (n && n < left && at[n] == ' ')
			return g_strndup((const char *)at, n);
	}
	return NULL;
}

gboolean image_check(const char *path, const guint8 *data, gsize len, struct image *ret,
		     GError **error)
{
	gboolean ok;

	if (image_is_bzimage(data, len))
		ok = check_bzimage(path, data, len, ret, error);
	else if (len > 16 && !memcmp(data, ELFMAG, SELFMAG))
		ok = check_elf(path, data, len, ret, error);
	else if (len > 64 && !memcmp(data + 56, "ARM\x64", 4))
		ok = check_arm64(data, ret);
	else if (len > 64 && !memcmp(data + 56, "RSC\x05", 4))
		ok = check_riscv(ret);
	else if (len > S390_VERSION + 8 && !memcmp(data + S390_EP, "S390EP", 6))
		ok = check_s390(data, len, ret);
	else
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"'%s' is not a kernel image: neither bzImage, nor ELF vmlinux, "
			"nor arm64 or riscv Image, nor s390 bzImage",
			path);
	if (ok && !ret->version)
		ret->version = find_banner(data, len);
	return ok;
}
