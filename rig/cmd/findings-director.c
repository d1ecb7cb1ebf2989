// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what the director's plugin did in a run: holds (places where vCPUs waited), failed calls,
 * coverage, locks.
 */
#include "cmd/findings-parts.h"

#include <string.h>

#include "locks/answer.h"
#include "util/text.h"

static json_int_t number(json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

/* Prints for each hold how often its place was reached, and how the waits ended. */
static void print_holds(json_t *holds)
{
	json_t *hold;
	size_t i;

	json_array_foreach (holds, i, hold) {
		double held_s = number(hold, "held_ns") / 1e9;
		json_int_t early = number(hold, "early"), unfit = number(hold, "unfit");

		findings_line(i ? "" : "holds", "%s", findings_text(hold, "hold"));
		findings_line("",
		     "    held %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		     " times reached: met %" JSON_INTEGER_FORMAT ", expired %" JSON_INTEGER_FORMAT
		     ", released %" JSON_INTEGER_FORMAT "; %.1f s in all",
		     number(hold, "held"), number(hold, "reached"),
		     number(hold, "met"), number(hold, "expired"),
		     number(hold, "released"), held_s);
		if (early)
			findings_line("",
				      "    not held %" JSON_INTEGER_FORMAT
				      " times: 'after' was not met",
				      early);
		if (unfit)
			findings_line("",
				      "    not held or not counted %" JSON_INTEGER_FORMAT
				      " times: 'comm' or 'same' did not fit",
				      unfit);
	}
}

static void print_fails(json_t *fails)
{
	json_t *calls = findings_at(fails, "calls"), *call, *later;
	const char *kind;
	size_t i;

	json_array_foreach (calls, i, call)
		findings_line(i ? "" : "fail",
		     "%s: %" JSON_INTEGER_FORMAT " call%s, %" JSON_INTEGER_FORMAT " failed%s",
		     findings_text(call, "fail"), number(call, "calls"),
		     text_s(number(call, "calls")),
		     number(call, "failed"),
		     number(call, "failed") ? "" : ": this call was not reached");
	json_object_foreach (findings_at(fails, "later"), kind, later)
		findings_line("",
			      "    later '%s': %" JSON_INTEGER_FORMAT
			      " worked, %" JSON_INTEGER_FORMAT " did not",
			      kind, number(later, "ok"), number(later, "bad"));
}

/* Prints the functions that can fail, the most often called one first. */
static void print_calls(json_t *calls)
{
	json_t *call;
	size_t i;

	json_array_foreach (calls, i, call)
		findings_line(i ? "" : "calls", "%7" JSON_INTEGER_FORMAT "  %s%s%s",
		     number(call, "calls"), findings_text(call, "function"),
		     json_is_string(findings_at(call, "in")) ? " in " : "",
		     json_is_string(findings_at(call, "in")) ? findings_text(call, "in") : "");
}

/*
 * Prints the sums of the lock recorder, and the cycles in which gates (locks that two of the tasks
 * would have to hold) prevent a deadlock.
 */
static void print_recorded(json_t *recorded)
{
	const char *fault = findings_text(recorded, "fault");
	json_t *cycles = findings_at(recorded, "cycles"), *cycle;
	guint open = 0, unclear = 0, guarded = 0;
	size_t i;

	if (!json_is_object(recorded))
		return;
	if (json_is_string(findings_at(recorded, "fault"))) {
		findings_line("recorded", "the record of locks is incomplete: %s", fault);
		return;
	}
	json_array_foreach (cycles, i, cycle) {
		open += !strcmp(findings_text(cycle, "state"), "open");
		unclear += !strcmp(findings_text(cycle, "state"), "unclear");
		guarded += !strcmp(findings_text(cycle, "state"), "guarded");
	}
	findings_line("recorded",
	     "%" JSON_INTEGER_FORMAT " acquisition%s, %d lock order%s; cycles: %u open, "
	     "%u guarded, %u unclear",
	     number(recorded, "acquired"), text_s(number(recorded, "acquired")),
	     (int)number(recorded, "edges"), text_s(number(recorded, "edges")), open, guarded,
	     unclear);
	json_array_foreach (cycles, i, cycle)
		if (json_is_string(findings_at(cycle, "gate")))
			findings_line("", "%s: guarded by %s", findings_text(cycle, "signature"),
			     findings_text(cycle, "gate"));
		else
			findings_line("", "%s: %s", findings_text(cycle, "signature"),
			     findings_text(cycle, "state"));
}

/* Prints the answer of `rig prove`: whether the cycle is a deadlock. */
static void print_answer(json_t *details)
{
	static const char *const answers[] = LOCK_ANSWERS;
	json_t *trap = findings_at(findings_at(details, "recorded"), "trap");
	g_autofree char *text = NULL;
	enum lock_answer answer;

	if (!json_is_object(trap))
		return;
	answer = lock_answer_of(details, &text);
	findings_line("cycle",
	     "%s: tasks were stopped %" JSON_INTEGER_FORMAT " time%s, %" JSON_INTEGER_FORMAT
	     " circle%s closed",
	     answers[answer], number(trap, "held"), text_s(number(trap, "held")),
	     number(trap, "met"), number(trap, "met") == 1 ? " was" : "s were");
	findings_line("", "%s", text);
}

/* Prints how much of the recorded range of code was reached. */
static void print_coverage(json_t *sums)
{
	if (json_is_object(sums))
		findings_line("coverage",
		     "%d of %d functions of hotplug reached under load; `rig coverage` has more",
		     (int)number(sums, "reached"), (int)number(sums, "functions"));
}

void findings_print_director(json_t *details)
{
	print_holds(findings_at(details, "holds"));
	print_fails(findings_at(details, "fail"));
	print_calls(findings_at(details, "calls"));
	print_coverage(findings_at(details, "coverage"));
	print_recorded(findings_at(details, "recorded"));
	print_answer(details);
}
