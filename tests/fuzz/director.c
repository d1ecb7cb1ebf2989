// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes packets from the plugin, one per line. QEMU runs the guest's code, so the rig must
 * validate all packets.
 */
#include "director/internal.h"

#include <sys/socket.h>

#include "tests/fuzz/fuzz.h"

static void on_held(const struct director_held *held, void *data)
{
	(void)data;
	if (held->hold >= 2 || !held->outcome)
		abort();
}

static void on_failed(const struct director_failed *failed, void *data)
{
	(void)data;
	if (failed->fail >= 2 || !failed->comm)
		abort();
}

static void on_skewed(guint hold, guint64 address, void *data)
{
	(void)address, (void)data;
	if (hold >= 2)
		abort();
}

static void on_broken(const char *line, void *data)
{
	guint *times = data;

	if (!line || (*times)++)
		abort();
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	guint broken = 0;
	const struct director_owner owner = {
		.held = on_held,
					     .skewed = on_skewed,
					     .broken = on_broken,
					     .failed = on_failed,
					     .data = &broken};
	struct hold_orders holds[2] = {{.text = (char *)"a until b"}, {.text = (char *)"a meet b"}};
	struct director_orders orders = {.holds = g_array_new(FALSE, TRUE, sizeof(*holds)),
					 .visits = g_ptr_array_new(),
					 .fails = g_ptr_array_new(),
					 .text = (char *)"rig-director 1\n"};
	struct director_totals totals;
	struct director *director;
	json_t *visits;
	struct director_files files;
	int fd;

	g_array_append_vals(orders.holds, holds, 2);
	g_ptr_array_add(orders.visits, (char *)"first");
	g_ptr_array_add(orders.visits, (char *)"second");
	g_ptr_array_add(orders.fails, NULL);
	g_ptr_array_add(orders.fails, NULL);
	director = director_open(&orders, fuzz_folder(), &owner, &files, NULL);
	if (!director)
		abort();
	fd = files.socket;
	while (size) {
		const guint8 *end = memchr(data, '\n', size);
		gsize len = end ? (gsize)(end - data) : size;

		if (send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			director_drain(director);
		data += len + (end != NULL);
		size -= len + (end != NULL);
	}
	director_drain(director);
	director_totals(director, 1, &totals);
	visits = director_visits(director);
	json_decref(visits);
	director_close(director);
	close(fd);
	g_array_unref(orders.holds);
	g_ptr_array_unref(orders.visits);
	g_ptr_array_unref(orders.fails);
	return 0;
}
