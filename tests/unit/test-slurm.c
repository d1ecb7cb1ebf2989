// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests reading Slurm's output without a cluster: squeue of two versions, in pieces of any size;
 * the completion log; sacct; and the files shared by the place and its tasks. tests/slurm tests
 * whole nights on a real cluster.
 */
#include "slurm/slurm.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "slurm/cluster.h"
#include "slurm/command.h"
#include "slurm/queue.h"
#include "slurm/task.h"
#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/paths.h"

static GString *seen;

static void setup(void)
{
	seen = g_string_new(NULL);
}

static void teardown(void)
{
	g_string_free(seen, TRUE);
}

static void on_record(const struct queue_record *r, void *data)
{
	(void)data;
	g_string_append_printf(seen, "%s %u %s state %d restarts %u code %d node '%s' %s\n",
			       r->name, r->job, r->tasks, r->state, r->restarts, r->exit_code,
			       r->node, r->reason);
}

static void read_queue(const char *text, gsize piece, const char *name)
{
	rig_auto(queue_reader) reader = queue_reader_new(name, on_record, NULL);
	gsize n = strlen(text);

	for (gsize at = 0; at < n; at += piece) {
		ck_assert(!queue_reader_is_whole(reader));
		queue_reader_feed(reader, text + at, MIN(piece, n - at));
	}
	ck_assert(queue_reader_is_whole(reader) || strlen(text) < 10);
}

/* Output of squeue in Debian 12: a running task, and the rest of its array, which waits. */
START_TEST(squeue_22_05)
{
	static const gsize pieces[] = {1, 7, 100000};
	g_autofree char *file = data_path("slurm/squeue-22.05.json"), *text = NULL;

	ck_assert(rig_read_file(file, 1 << 20, &text, NULL, NULL));
	g_strchomp(text);
	read_queue(text, pieces[_i], "rig-x");
	ck_assert_str_eq(seen->str,
			 "rig-x-b1 1 0 state 1 restarts 0 code 0 node 'n1' None\n"
			 "rig-x-b1 1 12-19 state 0 restarts 0 code 0 node '' Resources\n");
	g_string_truncate(seen, 0);
	read_queue(text, pieces[_i], "rig-y");
	ck_assert_str_eq(seen->str, "");
}
END_TEST

/* Format from 23.11 on: numbers can be unset, and states are lists. */
START_TEST(squeue_23_11)
{
	read_queue("{\"jobs\":[{\"name\":\"rig-a-b2\",\"array_job_id\":{\"set\":true,"
		   "\"infinite\":false,\"number\":9},\"array_task_id\":{\"set\":true,\"number\":3},"
		   "\"array_task_string\":\"\",\"job_state\":[\"COMPLETED\"],\"restart_cnt\":2,"
		   "\"exit_code\":{\"status\":[\"ERROR\"],\"return_code\":{\"set\":true,"
		   "\"number\":3}},\"nodes\":\"n7\",\"state_reason\":\"None\"},"
		   "{\"name\":\"rig-a-b2\",\"comment\":\"a \\\" brace } in a string\","
		   "\"array_job_id\":{\"set\":true,\"number\":9},\"array_task_id\":{\"set\":false,"
		   "\"number\":0},\"array_task_string\":\"4,6-7\",\"job_state\":[\"PENDING\"],"
		   "\"state_reason\":\"Priority\"}],\"meta\":{\"plugin\":{}}}",
		   5, "rig-a");
	ck_assert_str_eq(seen->str,
			 "rig-a-b2 9 3 state 2 restarts 2 code 3 node 'n7' None\n"
			 "rig-a-b2 9 4,6-7 state 0 restarts 0 code 0 node '' Priority\n");
}
END_TEST

/*
 * Reads the output of Debian 13's squeue: killed, cancelled and running tasks, and an array whose
 * other tasks still wait.
 */
START_TEST(squeue_24_11)
{
	g_autofree char *file = data_path("slurm/squeue-24.11.json"), *text = NULL;

	ck_assert(rig_read_file(file, 1 << 20, &text, NULL, NULL));
	g_strchomp(text);
	read_queue(text, 100, "rig-x");
	ck_assert_str_eq(seen->str,
			 "rig-x-b1 91 0 state 3 restarts 0 code -9 node 'n1' RaisedSignal\n"
			 "rig-x-b2 92 1 state 5 restarts 0 code -15 node 'n3' None\n"
			 "rig-x-b2 99 0 state 1 restarts 0 code 0 node 'n1' None\n"
			 "rig-x-b2 99 3-19 state 0 restarts 0 code 0 node '' Resources\n");
}
END_TEST

/* Debian 12's squeue exits with 0 while slurmctld does not answer. */
START_TEST(squeue_failed)
{
	static const char text[] =
		"{\"meta\":{\"errors\":\"\"},\"errors\":[{\"description\":"
		"\"Failed while looking for jobs\",\"error_number\":-1,"
		"\"source\":\"slurm_load_jobs\"},{\"description\":\"x\"}],\"jobs\":[]}";
	rig_auto(queue_reader) reader = queue_reader_new("rig", on_record, NULL);
	rig_auto(queue_reader) good = queue_reader_new("rig", on_record, NULL);

	queue_reader_feed(reader, text, strlen(text));
	ck_assert(queue_reader_is_whole(reader));
	ck_assert_str_eq(queue_reader_error(reader), "Failed while looking for jobs");
	queue_reader_feed(good, "{\"errors\":[],\"jobs\":[{\"errors\":[{}]}]}", 39);
	ck_assert(queue_reader_is_whole(good));
	ck_assert_ptr_null(queue_reader_error(good));
}
END_TEST

START_TEST(squeue_cut_off)
{
	rig_auto(queue_reader) reader = queue_reader_new("rig", on_record, NULL);

	queue_reader_feed(reader, "{\"jobs\":[{\"name\":\"rig\"", 22);
	ck_assert(!queue_reader_is_whole(reader));
	ck_assert_str_eq(seen->str, "");
}
END_TEST

static void add_number(guint task, void *data)
{
	(void)data;
	g_string_append_printf(seen, "%u ", task);
}

static const struct {
	const char *tasks, *numbers;
} lists[] = {
	{"3", "3 "}, {"0-2,7", "0 1 2 7 "}, {"1-3%2", "1 2 3 "}, {"5,9-10,12%1", "5 9 10 12 "},
	{"", ""},    {"N/A", ""},
};

START_TEST(task_lists)
{
	queue_tasks(lists[_i].tasks, add_number, NULL);
	ck_assert_str_eq(seen->str, lists[_i].numbers);
}
END_TEST

START_TEST(completion_log)
{
	char line[] = "JobId=8 UserId=root(0) GroupId=root(0) Name=rig-x-b1 JobState=NODE_FAIL "
		      "Partition=night TimeLimit=5 StartTime=2026-11-29T07:03:09 NodeList=n2 "
		      "NodeCnt=1 WorkDir=/x Tres=cpu=1,mem=500M ArrayJobId=1 ArrayTaskId=6 "
		      "DerivedExitCode=0:0 ExitCode=0:9 ";
	char other[] = "JobId=8 Name=x JobState=COMPLETED NodeList=n2 ExitCode=0:0";
	struct queue_record record;

	ck_assert(queue_read_log(line, &record));
	on_record(&record, NULL);
	ck_assert_str_eq(seen->str, "rig-x-b1 1 6 state 6 restarts 0 code -9 node 'n2' \n");
	ck_assert(!queue_read_log(other, &record));
}
END_TEST

START_TEST(sacct_lines)
{
	char line[] = "12_3|rig-x-b1|CANCELLED by 1000|0:15|None assigned",
	     step[] = "12_[4-9]|rig-x-b1|PENDING|0:0|None assigned", odd[] = "12|x|FAILED";
	struct queue_record record;

	ck_assert(queue_read_sacct(line, &record));
	on_record(&record, NULL);
	ck_assert_str_eq(seen->str, "rig-x-b1 12 3 state 5 restarts 0 code -15 node '' \n");
	ck_assert(!queue_read_sacct(step, &record));
	ck_assert(!queue_read_sacct(odd, &record));
}
END_TEST

static const struct {
	const char *text;
	guint minutes;
} limits[] = {
	{"infinite", 0},  {"UNLIMITED", 0},	{"1:00", 1}, {"30:00", 30},
	{"2:00:00", 120}, {"1-00:00:00", 1440}, {"0:30", 1}, {"7-12:30:00", 10830},
};

START_TEST(time_limits)
{
	ck_assert_uint_eq(cluster_minutes(limits[_i].text), limits[_i].minutes);
}
END_TEST

START_TEST(why)
{
	static const char *const texts[][2] = {
		{"sbatch: error: a\nsbatch: error: Batch job submission failed: no\n",
		 "Batch job submission failed: no"},
		{"rig: the task was stopped\n", "rig: the task was stopped"},
		{"", ""},
	};
	g_autofree char *got = command_why(texts[_i][0]);

	ck_assert_str_eq(got, texts[_i][1]);
}
END_TEST

/* ---- a task on its node ---- */

static char *record_with(const char *script)
{
	char *words[] = {(char *)"run", (char *)"--json", NULL};
	g_autofree char *rig = in_scratch("rig"), *batch = in_scratch("place/b1.batch"),
			*returned = in_scratch("place/returned"), *text = NULL;
	json_auto_t *line = task_line("a#1", CHILD_RUN, 10, words);
	char *dumped = json_dumps(line, JSON_COMPACT);

	shell("mkdir", "-p", returned, NULL);
	text = g_strdup_printf("{\"version\":1}\n%s\n", dumped);
	free(dumped);
	ck_assert(g_file_set_contents(batch, text, -1, NULL));
	ck_assert(g_file_set_contents_full(rig, script, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
	g_setenv("RIG_PROGRAM", rig, TRUE);
	return in_scratch("place");
}

START_TEST(task_returns)
{
	g_autofree char *dir = record_with("#!/bin/sh\nmkdir -p $3/r1 && echo x >$3/r1/verdict\n"
					   "echo '{\"verdict\":\"PASS\",\"run\":\"r1\"}'\n");
	g_autofree char *run = in_scratch("place/returned/b1.0.2/run/r1/verdict"),
			*file = in_scratch("place/returned/b1.0.2/result.json"), *text = NULL;
	json_auto_t *json = NULL;
	struct child_result result;
	gboolean passed;

	ck_assert(task_run(dir, "b1", 0, 2, FALSE, &passed, NULL) && passed);
	ck_assert(g_file_test(run, G_FILE_TEST_EXISTS));
	ck_assert(rig_read_file(file, TASK_FILE_MAX, &text, NULL, NULL));
	json = json_loads(text, 0, NULL);
	ck_assert(task_result_parse(json, &result));
	ck_assert_int_eq(result.verdict, VERDICT_PASS);
	ck_assert_str_eq(result.run, "r1");
	ck_assert(result.wall_s > 0);
	child_result_clear(&result);
	/* the same task was run on another node, too: the first result is kept */
	ck_assert(!task_run(dir, "b1", 0, 2, FALSE, &passed, NULL));
	ck_assert(g_file_test(run, G_FILE_TEST_EXISTS));
}
END_TEST

/* A signal stops only the child: nothing is returned, so that Slurm's state of the job decides. */
START_TEST(task_stopped)
{
	static const char *const scripts[] = {
		"#!/bin/sh\nkill -TERM $$\n",
		"#!/bin/sh\necho '{\"verdict\":\"ABORTED\",\"run\":\"r1\"}'\nexit 3\n",
	};
	g_autofree char *dir = record_with(scripts[_i]),
			*result = in_scratch("place/returned/b1.0.0");
	g_autoptr(GError) error = NULL;
	gboolean passed;

	ck_assert(!task_run(dir, "b1", 0, 0, FALSE, &passed, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "the task was stopped"));
	ck_assert(!g_file_test(result, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(task_missing)
{
	g_autofree char *dir = record_with("#!/bin/sh\n");
	g_autoptr(GError) error = NULL, other = NULL;
	gboolean passed;

	ck_assert(!task_run(dir, "b1", 1, 0, FALSE, &passed, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "has no task 1"));
	ck_assert(!task_run(dir, "b2", 0, 0, FALSE, &passed, &other));
	ck_assert_ptr_nonnull(strstr(other->message, "file system that all nodes share"));
}
END_TEST

START_TEST(damaged_results)
{
	static const char *const texts[] = {"{}", "[]", "{\"verdict\":\"PASS\"}",
					    "{\"verdict\":\"GREAT\",\"answer\":{}}"};
	json_auto_t *json = json_loads(texts[_i], 0, NULL);
	struct child_result result;

	ck_assert(!task_result_parse(json, &result));
}
END_TEST

static Suite *slurm_suite(void)
{
	Suite *suite = suite_create("slurm");
	TCase *records = tcase_create("records"), *tasks = tcase_create("tasks");

	tcase_add_checked_fixture(records, setup, teardown);
	tcase_add_loop_test(records, squeue_22_05, 0, 3);
	tcase_add_test(records, squeue_23_11);
	tcase_add_test(records, squeue_24_11);
	tcase_add_test(records, squeue_failed);
	tcase_add_test(records, squeue_cut_off);
	tcase_add_loop_test(records, task_lists, 0, G_N_ELEMENTS(lists));
	tcase_add_test(records, completion_log);
	tcase_add_test(records, sacct_lines);
	tcase_add_loop_test(records, time_limits, 0, G_N_ELEMENTS(limits));
	tcase_add_loop_test(records, why, 0, 3);
	suite_add_tcase(suite, records);
	use_scratch(tasks);
	tcase_add_test(tasks, task_returns);
	tcase_add_loop_test(tasks, task_stopped, 0, 2);
	tcase_add_test(tasks, task_missing);
	tcase_add_loop_test(tasks, damaged_results, 0, 4);
	suite_add_tcase(suite, tasks);
	return suite;
}

int main(void)
{
	return suite_run(slurm_suite());
}
