/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a `rig run` or `rig kernel build` as a child process, for commands that need many of them
 * (`rig nightly`, `rig bisect`) and must continue if one crashes. Asynchronous, on the default main
 * context:
 *
 *	struct child_spec spec = {.scenario = "dimm-storm", .kernel = "deb:linux-source-6.1"};
 *	struct child *child = child_run(&spec, on_done, data, &error);
 *	…main loop…		on_done() is called once, with the result
 *	child_free(child)	may be called at any time, also in on_done()
 *
 * A child has its own process group (^C at the terminal only reaches the caller). The child and its
 * QEMU are killed when the caller ends, even by kill -9 (util/spawn.h).
 *
 * The run folder of a killed child remains, and is read as ABORTED. The caller finds it by a label
 * in run.json (`labels` below).
 */
#ifndef RIG_CHILD_CHILD_H
#define RIG_CHILD_CHILD_H

#include <glib.h>
#include <jansson.h>

#include "store/store.h"
#include "util/auto.h"

/*
 * Maximum size of the answer (JSON on standard output), and of the part of standard error that is
 * kept.
 */
#define CHILD_ANSWER_MAX (64u << 20)
#define CHILD_WORDS_MAX (16u << 10)

/*
 * Default time limits. A run normally ends much earlier by its own watchdog; these limits are for a
 * child that does not respond any more.
 */
#define CHILD_RUN_LIMIT_S 1800 /* the run's duration is added */
#define CHILD_BUILD_LIMIT_S 7200

/*
 * Options of a run; all pointers are borrowed during child_run() only. NULL and 0 stand for the
 * default of `rig run`. Lists are NULL-terminated or NULL.
 */
struct child_spec {
	const char *scenario, *machine;
	const char *kernel; /* a kernel source or image */
	const char *const *patches, *const *fragments;
	const char *seed;
	guint duration_s, patience_s, jobs;
	const char *results;
	const char *const *labels; /* "KEY=VALUE", stored in run.json */
	const char *const *extra;  /* further arguments of `rig run` */
	const char *const *env;	   /* "NAME=value", added to the environment */
	const char *rig;	   /* path of the rig, or NULL for the running program */
	/* wall time after which SIGTERM is sent, and SIGKILL 20 s later; 0 if there is no limit */
	guint limit_s;
};

/* Options of a build with `rig kernel build`. */
struct child_build_spec {
	const char *source, *arch;
	/* a scenario, whose required config options are added to the build, or NULL */
	const char *scenario;
	const char *optional; /* a config fragment to add if possible, or NULL */
	const char *const *patches, *const *fragments;
	gboolean no_lockdep;
	guint jobs;
	const char *const *env;
	const char *rig;
	guint limit_s; /* maximum wall time of the build, or 0 for no limit */
};

/* The kind of command, which determines how its output is read. */
enum child_kind {
	CHILD_RUN,   /* `rig run --json` */
	CHILD_BUILD, /* `rig kernel build --json` */
	CHILD_OTHER, /* another command that prints one JSON object or array with --json */
};

/* Any command of the rig; all pointers are borrowed during child_start() only. */
struct child_command {
	enum child_kind kind;
	char *const *words;	/* arguments after the program's name; NULL-terminated */
	const char *const *env; /* "NAME=value", added to the environment; or NULL */
	const char *rig;
	guint limit_s;
};

enum child_end {
	CHILD_ENDED,	 /* it exited, or was killed by a signal that child.c did not send */
	CHILD_STOPPED,	 /* stopped by child_stop() */
	CHILD_TIMED_OUT, /* stopped by its time limit */
};

/* The result of a child; valid until the child is freed. */
struct child_result {
	/*
	 * CHILD_RUN: the verdict that the run printed, if the exit code agrees with it.
	 * CHILD_BUILD and CHILD_OTHER: PASS if the exit code is 0.
	 * CHILD_OTHER: FAIL if the exit code is 1.
	 * Otherwise ABORTED if child_stop() stopped the child, SKIP if the exit code is
	 * RIG_EXIT_SKIP, else INFRA.
	 */
	enum verdict verdict;
	enum child_end end;
	int exit_code; /* -SIGNAL if it was killed */
	char *run;     /* name of the run folder, or NULL if it is not known */
	/*
	 * The JSON object that the child printed (CHILD_OTHER: or array); an empty object if the
	 * output is anything else.
	 */
	json_t *answer;
	char *problem; /* why there is no answer or no verdict, or NULL if both exist */
	double wall_s;
	/* CPU time of the child and of the descendants that were waited for, including QEMU */
	double cpu_s;
};

struct child;
typedef void (*child_done)(struct child *child, const struct child_result *result, void *data);

/*
 * Start a run, a build, or any command of the rig. DONE is called later, never from inside these
 * functions. They return NULL if the child cannot be started (RIG_EXIT_INFRA).
 */
struct child *child_run(const struct child_spec *spec, child_done done, void *data, GError **error);
struct child *child_build(const struct child_build_spec *spec, child_done done, void *data,
			  GError **error);
struct child *child_start(const struct child_command *command, child_done done, void *data,
			  GError **error);

/*
 * Return the command lines of child_run() and child_build(), without the program's name. Free them
 * with g_strfreev().
 */
char **child_run_words(const struct child_spec *spec);
char **child_build_words(const struct child_build_spec *spec);

/*
 * Sets verdict, run, answer and problem of RESULT, whose `end` and `exit_code` must be set. OUT is
 * the standard output, or NULL if it was longer than CHILD_ANSWER_MAX; ERR is the standard error.
 */
void child_read_answer(enum child_kind kind, guint limit_s, const GString *out, const GString *err,
		       struct child_result *result);
/* Frees the contents of RESULT. */
void child_result_clear(struct child_result *result);

/*
 * Stops a child: sends SIGTERM, at which a run ends with the verdict ABORTED, and SIGKILL after
 * GRACE_S. DONE is called when the child has exited.
 */
void child_stop(struct child *child, guint grace_s);

/* Returns the ID of the child's process and process group, or 0 after its exit. */
int child_pid(const struct child *child);

/* Frees CHILD. If it still runs, it is killed, and DONE is not called. */
void child_free(struct child *child);
RIG_DEFINE_AUTO(child, child_free)

#endif
