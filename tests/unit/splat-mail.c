// SPDX-License-Identifier: GPL-2.0-only
/* Tests that the same reports are found in a log that is compressed, or in a mail. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "splat/decode.h"
#include "tests/unit/suite.h"
#include "tests/unit/splat.h"

static const struct {
	const char *name;
	int (*add)(struct archive *);
} filters[] = {
	{"gzip", archive_write_add_filter_gzip},
	{"xz", archive_write_add_filter_xz},
	{"zstd", archive_write_add_filter_zstd},
	{"none", archive_write_add_filter_none},
};

/* Returns the log of the fixture, compressed by filter I. */
static GString *compressed(int i)
{
	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	GString *out = g_string_sized_new(1 << 20);
	size_t used = 0;

	ck_assert_int_eq(filters[i].add(archive), ARCHIVE_OK);
	archive_write_set_format_raw(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	ck_assert_int_eq(archive_write_open_memory(archive, out->str, 1 << 20, &used), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
	ck_assert_int_eq((int)archive_write_data(archive, fixture->log, fixture->len),
			 (int)fixture->len);
	archive_entry_free(entry);
	ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
	out->len = used;
	return out;
}

START_TEST(attachments)
{
	GString *data = compressed(_i), *mail = g_string_new(NULL);
	g_autofree char *base64 = g_base64_encode((const guchar *)data->str, data->len);

	g_string_append(
		mail,
		"From reporter@example.org Sat Nov 21 06:00:01 2026\nSubject: a log\n"
		"Content-Type: multipart/mixed; boundary=\"0000001234\"\n\n--0000001234\n"
		"Content-Type: text/plain\n\nSee the log.\n\n--0000001234\n"
		"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n");
	for (const char *p = base64; *p; p += MIN(strlen(p), 76))
		g_string_append_printf(mail, "%.76s\n", p);
	g_string_append(mail, "\n--0000001234--\n\n");
	/* add another mail, as in an mbox */
	g_string_append(
		mail,
		"From reporter@example.org Sat Nov 21 06:00:02 2026\nSubject: no log\n\nNo log.\n");
	g_string_free(data, TRUE);
	check_decoded(mail, filters[_i].name);
}
END_TEST

/* The first field of a mail's header, and lines that continue it. */
static const char *const first_fields[] = {
	"From reporter@example.org Sat Nov 21 06:00:01 2026\n",
	"ARC-Seal: i=1; a=rsa-sha256; t=1795240801; cv=none;\n        d=example.org; s=a;\n",
	"ARC-Authentication-Results: i=1; mx.example.org;\n\tdkim=pass\n",
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; h=from:to\n",
	"Authentication-Results: mx.example.org; spf=pass\n",
	"Received-SPF: pass (example.org)\n",
	"List-Id: <list.example.org>\n",
	"Autocrypt: addr=reporter@example.org\nUnknown-Field: 12\n",
};

static void add_quoted(GString *out, const char *text, gsize len)
{
	guint column = 0;

	for (gsize i = 0; i < len; i++) {
		if (column > 70 && text[i] != '\n') {
			g_string_append(out, "=\n");
			column = 0;
		}
		if (text[i] == '=')
			g_string_append(out, "=3D");
		else
			g_string_append_c(out, text[i]);
		column = text[i] == '\n' ? 0 : column + 1 + 2 * (text[i] == '=');
	}
}

START_TEST(first_fields_of_mails)
{
	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	GString *mail = g_string_new(first_fields[_i]);

	g_string_append(mail, "Subject: a log\nContent-Transfer-Encoding: quoted-printable\n\n");
	add_quoted(mail, fixture->log, fixture->len);
	check_decoded(mail, first_fields[_i]);
}
END_TEST

/* The body of such a mail, without its header. */
START_TEST(quoted_body)
{
	const struct fixture *fixture = fixture_named("generation-4.9-x86.txt");
	GString *body = g_string_new(NULL);

	add_quoted(body, fixture->log, fixture->len);
	check_decoded(body, "quoted-printable without a header");
}
END_TEST

START_TEST(a_damaged_attachment_is_an_error)
{
	static const char mail[] =
		"From: a@example.org\nContent-Transfer-Encoding: base64\n\nH4sIAAAAAAAAA3h4eHh4\n";
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	struct text_decoder *decoder = text_decoder_new(feed_scanner, scanner);
	g_autoptr(GError) error = NULL;

	text_decoder_feed(decoder, (const guint8 *)mail, strlen(mail));
	ck_assert(!text_decoder_end(decoder, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "attachment"));
}
END_TEST

/* decode_fd() reads a compressed file. */
START_TEST(files)
{
	g_autofree char *path = in_scratch("log");
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_splat);
	rig_auto(scanner) scanner = scanner_new(collect_splat, found);
	GString *data = compressed(_i);
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	ck_assert_int_eq((int)write(fd, data->str, data->len), (int)data->len);
	ck_assert_int_eq((int)lseek(fd, 0, SEEK_SET), 0);
	ck_assert(decode_fd(fd, path, feed_scanner, scanner, NULL));
	close(fd);
	scanner_flush(scanner);
	ck_assert_uint_eq(found->len, fixture_named("generation-4.9-x86.txt")->expected->len);
	g_string_free(data, TRUE);
}
END_TEST

void add_mail_tests(TCase *tests)
{
	tcase_add_loop_test(tests, attachments, 0, G_N_ELEMENTS(filters));
	tcase_add_loop_test(tests, first_fields_of_mails, 0, G_N_ELEMENTS(first_fields));
	tcase_add_test(tests, quoted_body);
	tcase_add_test(tests, a_damaged_attachment_is_an_error);
	tcase_add_loop_test(tests, files, 0, G_N_ELEMENTS(filters));
}
