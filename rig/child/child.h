/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One `rig run` or `rig kernel build` as a child process, for commands that need many of them
 * (`rig nightly`, `rig bisect`) and must survive a crash of each. Asynchronous on the default
 * main context:
 *
 *	struct child_spec spec = {.scenario = "dimm-storm", .kernel = "deb:linux-source-6.1"};
 *	struct child *child = child_run(&spec, on_done, data, &error);
 *	…main loop…		on_done() is called once, with the result
 *	child_free(child)	may be called at any time, also in on_done()
 *
 * A child has its own process group (^C at the terminal reaches only the caller) and is killed when
 * its caller ends, even by kill -9; so is its QEMU (util/spawn.h).
 *
 * A child that was killed leaves its run folder, which is read as ABORTED; a label in run.json
 * identifies it.
 */
#ifndef RIG_CHILD_CHILD_H
#define RIG_CHILD_CHILD_H

#include <glib.h>
#include <jansson.h>

#include "store/store.h"
#include "util/auto.h"

/*
 * Limits of the answer (JSON on standard output), and of the part of standard error that is kept.
 */
#define CHILD_ANSWER_MAX (64u << 20)
#define CHILD_WORDS_MAX (16u << 10)

/*
 * Default limits. The watchdog of a run ends it much earlier; the limits are for a rig that does
 * not respond any more.
 */
#define CHILD_RUN_LIMIT_S 1800 /* plus the run's duration */
#define CHILD_BUILD_LIMIT_S 7200

/*
 * A run. All borrowed during child_run() only; NULL and 0 mean the default of `rig run`. Lists are
 * NULL-terminated or NULL.
 */
struct child_spec {
	const char *scenario, *machine;
	const char *kernel; /* source or image */
	const char *const *patches, *const *fragments;
	const char *seed;
	guint duration_s, patience_s, jobs;
	const char *results;
	const char *const *labels; /* "KEY=VALUE", into run.json */
	const char *const *extra;  /* further arguments of `rig run` */
	const char *const *env;	   /* "NAME=value", added to the environment */
	const char *rig;	   /* the program; NULL: the one that runs now */
	guint limit_s; /* longest wall time, 0: none; then SIGTERM, 20 s later SIGKILL */
};

/* A build, as of `rig kernel build`. */
struct child_build_spec {
	const char *source, *arch;
	const char *const *patches, *const *fragments;
	gboolean no_lockdep;
	guint jobs;
	const char *const *env;
	const char *rig;
	guint limit_s; /* as in struct child_spec */
};

/* The kind of command, which determines how its output is read. */
enum child_kind {
	CHILD_RUN,   /* `rig run --json` */
	CHILD_BUILD, /* `rig kernel build --json` */
	CHILD_OTHER, /* another command that prints one JSON object or array with --json */
};

/* Any command of the rig. All borrowed during child_start() only. */
struct child_command {
	enum child_kind kind;
	char *const *words;	/* after the program's name; NULL-terminated */
	const char *const *env; /* as in struct child_spec; NULL: none */
	const char *rig;
	guint limit_s;
};

enum child_end {
	CHILD_ENDED,	 /* it ended by itself, or by a signal that child.c did not send */
	CHILD_STOPPED,	 /* by child_stop() */
	CHILD_TIMED_OUT, /* by its limit */
};

/* The result of a child; valid as long as the child. */
struct child_result {
	/*
	 * Of a run: the verdict that it printed, if its exit code confirms it. Otherwise ABORTED if
	 * it was stopped, INFRA if it timed out, SKIP with that exit code, else INFRA. Of a build:
	 * PASS, ABORTED, SKIP or INFRA by the same rule. Of another command also FAIL (code 1).
	 */
	enum verdict verdict;
	enum child_end end;
	int exit_code;	/* or -SIGNAL if it was killed */
	char *run;	/* the run folder's name, NULL if unknown */
	json_t *answer; /* what it printed with --json; an empty object if that is not JSON (an
			 * array only of CHILD_OTHER) */
	char *problem;	/* why there is no answer or no verdict, or NULL */
	double wall_s;
	double cpu_s; /* of the child and all of its descendants that were waited for, including
		       * QEMU */
};

struct child;
typedef void (*child_done)(struct child *child, const struct child_result *result, void *data);

/*
 * Starts a child. Errors (RIG_EXIT_INFRA): it cannot be started. DONE is called later, never from
 * inside this call.
 */
struct child *child_run(const struct child_spec *spec, child_done done, void *data, GError **error);
struct child *child_build(const struct child_build_spec *spec, child_done done, void *data,
			  GError **error);

struct child *child_start(const struct child_command *command, child_done done, void *data,
			  GError **error);

/* The command lines of child_run() and child_build(), without the program's name: g_strfreev(). */
char **child_run_words(const struct child_spec *spec);
char **child_build_words(const struct child_build_spec *spec);

/*
 * Fills verdict, run, answer and problem of RESULT, which has `end` and `exit_code`, from its
 * output. OUT is NULL if it was longer than CHILD_ANSWER_MAX.
 */
void child_read_answer(enum child_kind kind, guint limit_s, const GString *out, const GString *err,
		       struct child_result *result);
/* Frees the contents of RESULT. */
void child_result_clear(struct child_result *result);

/*
 * Sends SIGTERM, at which a run ends with the verdict ABORTED, and SIGKILL after GRACE_S. DONE is
 * called when it has ended.
 */
void child_stop(struct child *child, guint grace_s);

/* The process id, which is also its group's; 0 when it has ended. */
int child_pid(const struct child *child);

/* Frees CHILD. If it still runs, it is killed first, and DONE is not called. */
void child_free(struct child *child);
RIG_DEFINE_AUTO(child, child_free)

#endif
