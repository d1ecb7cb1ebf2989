// SPDX-License-Identifier: GPL-2.0-only
/* Runs calls to libvirt in threads, and handles their results on the main loop. */
#include "vm/libvirt/libvirt.h"

#include <gio/gio.h>
#include <libvirt/virterror.h>
#include <string.h>

struct lv_host *lv_ref(struct lv_host *host)
{
	g_atomic_ref_count_inc(&host->refs);
	return host;
}

struct lv_job *lv_job_new(struct lv_host *host, lv_work work, lv_job_done done)
{
	struct lv_job *job = g_new0(struct lv_job, 1);

	job->host = lv_ref(host);
	job->work = work;
	job->done = done;
	g_mutex_init(&job->mutex);
	g_cond_init(&job->cond);
	return job;
}

static void job_free(struct lv_job *job)
{
	if (job->domain)
		virDomainFree(job->domain);
	if (job->conn)
		virConnectClose(job->conn);
	g_free(job->id);
	g_free(job->text);
	g_free(job->error);
	g_free(job->difference);
	lv_memory_clear(&job->memory);
	json_decref(job->json);
	json_decref(job->reply);
	g_mutex_clear(&job->mutex);
	g_cond_clear(&job->cond);
	lv_unref(job->host);
	g_free(job);
}

/*
 * Returns TRUE if DOMAIN has ended. Called after a call about it has failed, because the error of
 * the call does not show whether this was the cause.
 */
static gboolean has_ended(virDomainPtr domain)
{
	int active = virDomainIsActive(domain);
	const virError *last = active < 0 ? virGetLastError() : NULL;

	return active == 0 || (last && last->code == VIR_ERR_NO_DOMAIN);
}

static void in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	struct lv_job *job = data;

	(void)source;
	(void)cancellable;
	virResetLastError();
	job->work(job);
	/* an error may mean that the command failed, or that the connection is lost */
	job->lost = job->error && job->conn && virConnectIsAlive(job->conn) != 1;
	job->gone = job->error && !job->lost && job->domain && has_ended(job->domain);
	g_mutex_lock(&job->mutex);
	job->worked = TRUE;
	g_cond_signal(&job->cond);
	g_mutex_unlock(&job->mutex);
	g_task_return_boolean(task, TRUE);
}

gboolean lv_job_wait(struct lv_job *job, guint seconds)
{
	gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	gboolean worked;

	g_mutex_lock(&job->mutex);
	while (!job->worked && g_cond_wait_until(&job->cond, &job->mutex, end))
		;
	worked = job->worked;
	g_mutex_unlock(&job->mutex);
	return worked;
}

static void on_done(GObject *source, GAsyncResult *result, gpointer data)
{
	struct lv_job *job = g_task_get_task_data(G_TASK(result));

	(void)source;
	(void)data;
	if (job->host->connecting == job)
		job->host->connecting = NULL;
	if (job->host->vm && job->done)
		job->done(job->host, job);
	else if (job->link)
		lv_link_close(job->host, job->link);
	job_free(job);
}

void lv_job_run(struct lv_job *job)
{
	GTask *task = g_task_new(NULL, NULL, on_done, NULL);
	const struct lv_link *link = job->host->link;

	if (link && !job->conn) {
		job->conn = link->conn;
		virConnectRef(job->conn);
		job->domain = link->domain;
		virDomainRef(job->domain);
	}
	g_task_set_task_data(task, job, NULL);
	g_task_run_in_thread(task, in_thread);
	g_object_unref(task);
}

void lv_job_connect(struct lv_job *job)
{
	job->host->connecting = job;
	lv_job_run(job);
}

gboolean lv_job_fail(struct lv_job *job)
{
	const virError *last = virGetLastError();

	g_free(job->error);
	job->error = lv_why();
	job->code = last ? last->code : VIR_ERR_INTERNAL_ERROR;
	job->error_class = job->code == VIR_ERR_DEVICE_MISSING ? "DeviceNotFound" : "GenericError";
	return FALSE;
}

gboolean lv_job_say(struct lv_job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_free(job->error);
	job->error = g_strdup_vprintf(format, args);
	va_end(args);
	job->error_class = "GenericError";
	return FALSE;
}
