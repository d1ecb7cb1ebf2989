// SPDX-License-Identifier: GPL-2.0-only
/* Reads the lock orders of a run folder or of a stored log, including those in its reports. */
#include <string.h>
#include <zlib.h>

#include "locks/db.h"

/* The name of a log is its time, this separator, and the name of the file. */
#define LOG_MARK "-log-"

static char *read_gz(const char *path)
{
	gzFile file = gzopen(path, "rb");
	g_autofree char *text = NULL;
	gsize size = 1 << 18, len = 0;
	int n = 0;

	if (!file)
		return NULL;
	text = g_malloc(size + 1);
	while ((n = gzread(file, text + len, size - len)) > 0) {
		len += n;
		if (len == size && size >= LOCKS_TEXT_MAX)
			break;
		if (len == size)
			text = g_realloc(text, (size *= 2) + 1);
	}
	gzclose(file);
	if (n < 0)
		return NULL;
	text[len] = '\0';
	return g_steal_pointer(&text);
}

struct lock_orders *lock_orders_of_file(const char *path, json_t **ret_json)
{
	g_autofree char *text = read_gz(path);
	json_auto_t *json = text ? json_loads(text, 0, NULL) : NULL;
	struct lock_orders *orders = json ? lock_orders_from_json(json, NULL) : NULL;

	if (orders && ret_json)
		*ret_json = json_incref(json);
	return orders;
}

struct lock_orders *lock_orders_of_run(const char *results, const char *run)
{
	g_autofree char *path = g_build_filename(results, run, "locks", "orders.json.gz", NULL);

	return lock_orders_of_file(path, NULL);
}

struct lock_orders *lock_orders_of_info(struct lock_db *db, const char *name,
				      const struct run_info *run)
{
	struct lock_orders *orders = lock_orders_of_run(db->results, name);
	json_t *reports = json_object_get(run->details, "reports");

	if (json_array_size(reports) && !orders)
		orders = lock_orders_new();
	if (orders)
		lock_orders_add_reports(orders, reports);
	if (orders && !orders->edges->len)
		g_clear_pointer(&orders, lock_orders_free);
	return orders;
}

struct lock_orders *lock_db_orders(struct lock_db *db, const char *sighting)
{
	const char *log = strstr(sighting, LOG_MARK);
	g_autofree char *path = log && db->logs ? g_build_filename(db->logs, log + 1, NULL) : NULL;
	g_autofree char *dir = g_build_filename(db->results, sighting, NULL);
	struct lock_orders *orders = path ? lock_orders_of_file(path, NULL) : NULL;
	rig_auto(run_info) run = orders ? NULL : run_open(db->results, dir, NULL);

	return run ? lock_orders_of_info(db, sighting, run) : orders;
}
