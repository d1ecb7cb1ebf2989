// SPDX-License-Identifier: GPL-2.0-only
/* rig scan: prints a report as text. */
#include <stdio.h>
#include <string.h>

#include "cmd/scan.h"
#include "util/term.h"

#define FRAMES_SHOWN 40

static const char *weight_colour(const struct splat *splat)
{
	return term_colour(splat->weight == SPLAT_FAIL ? TERM_RED : TERM_YELLOW);
}

/* Prints a lock cycle, one line per edge, with the function that acquires each lock. */
static void print_cycle(const struct splat *splat)
{
	char **cycle = splat->cycle;
	guint n = cycle ? g_strv_length(cycle) : 0;
	const char *attribute;

	if (n < 2)
		return;
	printf("  cycle      ");
	for (guint i = 0; i < n; i++)
		printf("%s --> ", cycle[i]);
	printf("%s\n", cycle[0]);
	for (guint i = 0; i < n; i++) {
		const char *in = splat->taken_in[(i + 1) % n];

		printf("             %s is taken while %s is held%s%s\n", cycle[(i + 1) % n],
		       cycle[i], *in ? ", in " : "", in);
	}
	attribute = json_string_value(json_object_get(splat->detail, "attribute"));
	if (attribute)
		printf("  attribute  kn->active is held in %s\n", attribute);
}

static void print_lock(const char *label, const struct splat_lock *lock)
{
	if (lock->lock_class)
		printf("  %-10s %s%s%s\n", label, lock->lock_class, lock->function ? " in " : "",
		       lock->function ? lock->function : "");
}

/*
 * Prints a line for each stack frame and for each function that is inlined there. The frames of one
 * stack follow its title.
 */
static void print_places(const json_t *frames)
{
	const char *part = NULL;

	for (gsize i = 0; i < json_array_size(frames) && i < FRAMES_SHOWN; i++) {
		const json_t *frame = json_array_get(frames, i), *at = json_object_get(frame, "at");
		const char *now = json_string_value(json_object_get(frame, "part"));

		if (now && g_strcmp0(now, part) != 0)
			printf("  %-10s %s\n", "stack of", now);
		part = now;

		for (gsize p = 0; p < json_array_size(at); p++) {
			const json_t *place = json_array_get(at, p);
			const char *file = json_string_value(json_object_get(place, "file"));

			printf("  %-10s %s", i + p || now ? "" : "stack",
			       json_string_value(json_object_get(place, "function")));
			if (file)
				printf(" %s:%" JSON_INTEGER_FORMAT, file,
				       json_integer_value(json_object_get(place, "line")));
			printf("%s\n",
			       json_is_true(json_object_get(place, "inlined")) ? " (inlined)" : "");
		}
	}
	if (json_array_size(frames) > FRAMES_SHOWN)
		printf("             … (--json has all)\n");
}

void scan_print(const char *file, const struct splat *splat, const struct known_issue *issue,
		const json_t *places)
{
	const char *plain = term_colour(TERM_PLAIN);

	printf("%s%s%s: %s%s%s\n", weight_colour(splat), splat->kind, plain, term_colour(TERM_BOLD),
	       splat->title, plain);
	if (file)
		printf("  file       %s\n", file);
	printf("  lines      %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "\n", splat->first_line,
	       splat->last_line);
	if (splat->when >= 0)
		printf("  when       %.6f s after boot\n", splat->when);
	if (splat->comm && splat->cpu >= 0)
		printf("  task       %s, pid %d, CPU %d\n", splat->comm, splat->pid, splat->cpu);
	else if (splat->comm)
		printf("  task       %s, pid %d\n", splat->comm, splat->pid);
	print_lock("wants", &splat->acquiring);
	print_lock("holds", &splat->holding);
	print_cycle(splat);
	print_places(places);
	printf("  signature  %s\n", splat->bug);
	if (splat->former)
		printf("  formerly   %s\n", splat->former);
	if (issue)
		printf("  known      %s (%s), until %s\n", issue->reason, issue->link,
		       issue->expires);
	if (splat->corrupted)
		printf("  damaged    %s\n", splat->corrupted_why);
	if (splat->missed)
		printf("  damaged    printk dropped %u messages inside it\n", splat->missed);
	if (splat->truncated)
		printf("  damaged    it was cut short\n");
	if (splat->induced)
		printf("  note       a consequence of the report before it\n");
	if (splat->validator_off)
		printf("  note       lockdep is off from here on\n");
	putchar('\n');
}
