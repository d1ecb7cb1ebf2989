/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cells: one `rig run` or `rig kernel build` as a child process, so that whoever wants many of them
 * (`rig nightly`, `rig bisect`) cannot be harmed by one. Asynchronous on the default main context:
 *
 *	struct child_spec spec = {.scenario = "dimm-storm", .kernel = "deb:linux-source-6.1"};
 *	struct child *child = child_run(&spec, on_done, data, &error);
 *	…main loop…	on_done() is called once, with what came of it
 *	child_free(child)	may be called at any time, also in on_done()
 *
 * A child is the leader of a process group of its own (^C at the terminal reaches the caller alone) and dies with
 * its caller, even by kill -9; its QEMU dies with it in turn (PR_SET_PDEATHSIG). PDEATHSIG is bound to the thread that
 * starts the child: that must be one which lives as long as the process.
 *
 * What is left of a child that did not end by itself is its run folder, which reads as ABORTED. A label that is
 * written into run.json finds it again.
 */
#ifndef RIG_CHILD_CHILD_H
#define RIG_CHILD_CHILD_H

#include <glib.h>
#include <jansson.h>

#include "store/store.h"
#include "util/auto.h"

/* The longest answer (JSON on standard output) that is taken, and how much of standard error is kept. */
#define CHILD_ANSWER_MAX (64u << 20)
#define CHILD_WORDS_MAX (16u << 10)

/*
 * A run. All borrowed for the length of child_run() only; NULL and 0 mean what they mean to `rig run`.
 * Lists are NULL-terminated or NULL.
 */
struct child_spec {
	const char *scenario, *machine;
	const char *kernel; /* source or image */
	const char *const *patches, *const *fragments;
	const char *seed;
	guint duration_s, patience_s, jobs;
	const char *results;
	const char *const *labels; /* "KEY=VALUE", into run.json */
	const char *const *extra;  /* further words of `rig run` */
	const char *const *env;	   /* "NAME=value" added to ours */
	const char *rig;	   /* the program; NULL: the one that is running */
	guint limit_s; /* longest wall time: then it is stopped as by child_stop(); 0: none. The run watches
			  itself; this is for one that cannot any more */
};

/* A build, as of `rig kernel build`. */
struct child_build_spec {
	const char *source, *arch;
	const char *const *patches, *const *fragments;
	gboolean no_lockdep;
	guint jobs;
	const char *const *env;
	const char *rig;
	guint limit_s;
};

/* What came of one; lives as long as the child. */
struct child_result {
	enum verdict verdict; /* of a run. Without a folder: SKIP where the rig said so, else INFRA, or ABORTED
				 where it was stopped. A build: PASS or INFRA */
	int exit_code;	      /* of the child; -SIGNAL where it was killed */
	char *run;	      /* the run folder's name, NULL where there is none that we know of */
	json_t *answer;	      /* what it printed, as `rig run --json` and `rig kernel build --json` do; an
				 empty object where it printed nothing that can be read */
	char *problem;	      /* why there is no answer or no verdict (its last words), or NULL */
	gboolean stopped;     /* by child_stop() or its limit */
	double wall_s;
	double cpu_s;	      /* of the child and all that it has waited for, its QEMU among them */
};

struct child;
typedef void (*child_done)(struct child *child, const struct child_result *result, void *data);

/* Starts one. Errors (RIG_EXIT_INFRA): it cannot be started. DONE comes later, never from in here. */
struct child *child_run(const struct child_spec *spec, child_done done, void *data, GError **error);
struct child *child_build(const struct child_build_spec *spec, child_done done, void *data, GError **error);

/* SIGTERM, which a run answers with a folder that says ABORTED; SIGKILL after GRACE_S. DONE is called then. */
void child_stop(struct child *child, guint grace_s);

/* The child's process id, and its group's; 0 when it has ended. */
int child_pid(const struct child *child);

/* Frees it. One that still runs is killed first, and DONE is not called. */
void child_free(struct child *child);
RIG_DEFINE_AUTO(child, child_free)

#endif
