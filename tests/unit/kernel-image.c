// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests how kernel images are read: valid ones, truncated ones, and other files. The tests make the
 * images.
 */
#include "tests/unit/suite.h"
#include "tests/unit/kernel.h"

#include <zlib.h>

/* Makes a bzImage with PAYLOAD as its compressed kernel. */
static GByteArray *make_bzimage(const guint8 *payload, gsize len)
{
	GByteArray *image = g_byte_array_new();
	guint8 head[1024] = {0};
	guint32 paragraphs = (len + 15) / 16, size = len;

	head[0x1f1] = 1; /* one setup sector after the boot sector */
	memcpy(head + 0x1f4, &paragraphs, 4);
	memcpy(head + 0x1fe, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS", 4);
	memcpy(head + 0x206, "\x0f\x02", 2);
	head[0x236] = 1;
	memcpy(head + 0x20e, "\x80\x00", 2); /* version string at 0x280 */
	g_strlcpy((char *)head + 0x280, "6.1.7-test (rig@rig) #1", sizeof(head) - 0x280);
	memcpy(head + 0x24c, &size, 4);
	g_byte_array_append(image, head, sizeof(head));
	g_byte_array_append(image, payload, len);
	g_byte_array_set_size(image, sizeof(head) + paragraphs * 16);
	return image;
}

static GBytes *gzip(const guint8 *data, gsize len)
{
	uLongf size = compressBound(len) + 64;
	guint8 *out = g_malloc(size);
	z_stream z = {
		.next_in = (guint8 *)data, .avail_in = len, .next_out = out, .avail_out = size};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	size = z.total_out;
	deflateEnd(&z);
	return g_bytes_new_take(out, size);
}

/* Returns a kernel image with its config inside, compressed twice as the real ones are. */
static GByteArray *bzimage_with_config(void)
{
	g_autoptr(GBytes) config = gzip((const guint8 *)config_text, strlen(config_text));
	g_autoptr(GByteArray) kernel = g_byte_array_new();
	g_autoptr(GBytes) packed = NULL;
	gsize len;
	const guint8 *data = g_bytes_get_data(config, &len);

	g_byte_array_set_size(kernel, 3 << 20);
	memset(kernel->data, 'k', kernel->len);
	g_byte_array_append(kernel, (const guint8 *)"IKCFG_ST", 8);
	g_byte_array_append(kernel, data, len);
	g_byte_array_append(kernel, (const guint8 *)"IKCFG_ED", 8);
	packed = gzip(kernel->data, kernel->len);
	data = g_bytes_get_data(packed, &len);
	return make_bzimage(data, len);
}

START_TEST(bzimage_tells_all)
{
	g_autoptr(GByteArray) image = bzimage_with_config();
	g_autofree char *path = in_scratch("bzImage");
	rig_auto(kernel) kernel = NULL;
	g_autoptr(GHashTable) config = NULL;
	g_autoptr(GError) error = NULL;

	put(path, image->data, image->len);
	kernel = kernel_from_image(path, "x86_64", &error);
	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	ck_assert_str_eq(kernel->version, "6.1.7-test");
	ck_assert_str_eq(kernel->name, "bzImage");
	ck_assert_uint_eq(strlen(kernel->hash), 64);
	ck_assert_ptr_nonnull(kernel->config);
	config = kernel_config_load(path, NULL);
	ck_assert_str_eq(g_hash_table_lookup(config, "CONFIG_NUM"), "250");
	ck_assert_ptr_null(kernel_from_image(path, "ppc64le", &error));
	ck_assert_msg(strstr(error->message, "for x86_64, but one for ppc64le") != NULL, "%s",
		      error->message);
}
END_TEST

/*
 * A truncated image is either read or rejected, and no byte beyond its end is read (sanitizers
 * check that).
 */
START_TEST(cut_images)
{
	g_autoptr(GByteArray) image = bzimage_with_config();
	g_autofree char *path = in_scratch("bzImage");

	for (gsize len = 0; len < image->len; len += 1 + len / 7) {
		g_autofree guint8 *cut = g_memdup2(image->data, len);
		g_autoptr(GError) error = NULL;

		put(path, cut ? cut : (guint8 *)"", len);
		ck_assert_ptr_null(kernel_from_image(path, "x86_64", &error));
		ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	}
}
END_TEST

/* s390's image has the address of its version in its parameter area; the address may be wrong. */
START_TEST(image_of_s390)
{
	g_autofree char *path = in_scratch("bzImage");
	g_autofree guint8 *image = g_malloc0(0x20000);
	rig_auto(kernel) kernel = NULL;
	rig_auto(kernel) cut = NULL;
	g_autoptr(GError) error = NULL;

	memcpy(image + 0x10008, "S390EP", 6);
	memcpy(image + 0x1042c, "\0\1\x20\0", 4);
	g_strlcpy((char *)image + 0x12000, "6.13.1-test (rig@rig) #1 SMP", 0x100);
	put(path, image, 0x20000);
	kernel = kernel_from_image(path, "s390x", &error);
	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	ck_assert_str_eq(kernel->version, "6.13.1-test");
	put(path, image, 0x11000);
	cut = kernel_from_image(path, "s390x", NULL);
	ck_assert(cut && !cut->version);
	put(path, image, 0x10430);
	ck_assert_ptr_null(kernel_from_image(path, "s390x", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
}
END_TEST

/*
 * arm64's image has its page size in the flags of its header, and at offset 16 the size of the
 * kernel with .bss, here four times that of the file.
 */
START_TEST(image_of_arm64)
{
	static const char *const sizes[] = {NULL, "4k", "16k", "64k"};
	g_autofree char *path = in_scratch("Image");
	guint8 image[4096] = {0};

	memcpy(image + 56, "ARM\x64", 4);
	image[17] = 4 * sizeof(image) >> 8;
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		rig_auto(kernel) kernel = NULL;

		/* bits 1 and 2: page size; bit 3: the kernel may be anywhere in memory */
		image[24] = i << 1 | 0x8;
		put(path, image, sizeof(image));
		kernel = kernel_from_image(path, "aarch64", NULL);
		ck_assert_ptr_nonnull(kernel);
		ck_assert(!g_strcmp0(kernel->page_size, sizes[i]));
	}
}
END_TEST

/* riscv's Image has the size of the kernel with .bss at offset 16, and its magic number at 56. */
START_TEST(image_of_riscv)
{
	g_autofree char *path = in_scratch("Image");
	guint8 image[4096] = {0};
	rig_auto(kernel) kernel = NULL;
	g_autoptr(GError) error = NULL;

	memcpy(image, "MZ", 2);
	memcpy(image + 16, "\0\0\x10", 3);
	memcpy(image + 48, "RISCV\0\0\0RSC\5", 12);
	g_strlcpy((char *)image + 0x100, "Linux version 7.3.4 (rig@rig) #1 SMP", 0x100);
	put(path, image, sizeof(image));
	kernel = kernel_from_image(path, "riscv64", &error);
	ck_assert_msg(kernel != NULL, "%s", error ? error->message : "");
	ck_assert_str_eq(kernel->version, "7.3.4");
	ck_assert_ptr_null(kernel_from_image(path, "aarch64", NULL));
	put(path, image, 64);
	ck_assert_ptr_null(kernel_from_image(path, "riscv64", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
}
END_TEST

/* Cases of arch_check_version(): the version that it names if the kernel is too old. */
static const struct {
	const char *arch, *version, *says;
} versions[] = {
	{"riscv64", "6.1.192-2", "riscv64 needs Linux 6.11 or newer; 'deb:x' is 6.1;"},
	{"riscv64", "v6.10-rc7-3-gabcdef", "'deb:x' is 6.10;"},
	{"riscv64", "6.11.0", NULL},
	{"riscv64", "7.3.4-1~bpo13+1", NULL},
	{"riscv64", NULL, NULL},
	{"x86_64", "5.10.1", NULL},
};

START_TEST(version_for_memory_hotplug)
{
	const struct kernel_arch *arch = arch_find(versions[_i].arch, NULL);
	g_autoptr(GError) error = NULL;

	ck_assert(arch_check_version(arch, "deb:x", versions[_i].version, &error) ==
		  !versions[_i].says);
	if (!versions[_i].says)
		return;
	ck_assert_int_eq(error->code, RIG_EXIT_SKIP);
	ck_assert_msg(strstr(error->message, versions[_i].says) != NULL, "%s", error->message);
}
END_TEST

START_TEST(config_beside_an_image)
{
	g_autoptr(GByteArray) image = make_bzimage((const guint8 *)"nothing", 7);
	g_autofree char *path = in_scratch("boot/vmlinuz-6.1.7-test"),
			*config = in_scratch("boot/config-6.1.7-test");
	rig_auto(kernel) without = NULL;
	rig_auto(kernel) with = NULL;
	g_autoptr(GError) error = NULL;

	put(path, image->data, image->len);
	without = kernel_from_image(path, NULL, NULL);
	ck_assert_ptr_nonnull(without);
	ck_assert_ptr_null(without->config);
	ck_assert_ptr_null(kernel_config_load(path, &error));
	ck_assert_msg(strstr(error->message, "IKCONFIG") != NULL, "%s", error->message);
	put(config, config_text, -1);
	with = kernel_from_image(path, NULL, NULL);
	ck_assert_str_eq(with->config, config);
}
END_TEST

#define ELF(machine, data) "\177ELF\2" data "\1\0\0\0\0\0\0\0\0\0\2\0" machine "\0\1\0\0\0"

static const struct {
	const char *what, *bytes;
	gsize len;
	const char *why;
} bad_images[] = {
	{"nothing", "", 0, "not a kernel image"},
	{"text", "hello, this is a text of more than sixty-four bytes, and surely no kernel image",
	 79, "not a kernel image"},
	{"a program's head", ELF("\x3e", "\1"), 24, "not a 64-bit kernel"},
	{"a kernel of s390 without parts",
	 "\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\x16\0\0\0\1"
	 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	 66, "is truncated after 66 bytes"},
	{"another machine",
	 ELF("\x28", "\1") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\0\0\0\0\0\0\0\0",
	 66, "ELF machine 40"},
};

START_TEST(bad_images_are_refused)
{
	g_autofree char *path = in_scratch("image");
	g_autoptr(GError) error = NULL;

	put(path, bad_images[_i].bytes, bad_images[_i].len);
	ck_assert_ptr_null(kernel_from_image(path, "x86_64", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, bad_images[_i].why) != NULL, "%s: %s",
		      bad_images[_i].what, error->message);
}
END_TEST

static const struct {
	const char *path, *says;
} no_images[] = {
	{"/nowhere/bzImage", "'/nowhere/bzImage': No such file"},
	{"/dev/null/bzImage", "'/dev/null/bzImage': Not a directory"},
	{"/dev/zero", "'/dev/zero': not a regular file"},
	{"/", "'/': not a regular file"},
};

START_TEST(missing_image)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(kernel_from_image(no_images[_i].path, "x86_64", &error));
	ck_assert_int_eq(error->code, RIG_EXIT_USAGE);
	ck_assert_msg(strstr(error->message, no_images[_i].says) != NULL, "%s", error->message);
}
END_TEST

void add_image_tests(TCase *tc)
{
	tcase_add_test(tc, bzimage_tells_all);
	tcase_add_test(tc, cut_images);
	tcase_add_test(tc, image_of_s390);
	tcase_add_test(tc, image_of_arm64);
	tcase_add_test(tc, image_of_riscv);
	tcase_add_loop_test(tc, version_for_memory_hotplug, 0, G_N_ELEMENTS(versions));
	tcase_add_test(tc, config_beside_an_image);
	tcase_add_loop_test(tc, bad_images_are_refused, 0, G_N_ELEMENTS(bad_images));
	tcase_add_loop_test(tc, missing_image, 0, G_N_ELEMENTS(no_images));
}
