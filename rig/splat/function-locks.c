// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the function after which a report of lockdep is named, from its lines about locks. */
#include <string.h>

#include "splat/function.h"

char *taking_function(const struct splat *splat, const struct report *report, enum rules rules)
{
	const char *skip = report->format->skip;

	if (splat->acquiring.function && !generic_by_rules(splat->acquiring.function, skip, rules))
		return name_or_null(splat->acquiring.function);
	if (splat->holding.function && !generic_by_rules(splat->holding.function, skip, rules))
		return name_or_null(splat->holding.function);
	return NULL;
}

char *cut_function(const struct report *report)
{
	/* functions of lockdep and of printk, in which the fault can occur */
	static const char skip[] =
		"^print_|^__print_|^check_|^validate_|printk|kallsyms|symbol|address_lookup";
	g_autoptr(GPtrArray) names = report->fault ? stack_counting(report->fault) : NULL;

	return names ? first_named(names, skip, RULES_V2) : NULL;
}

char *lock_function(const struct splat *splat, const struct report *report, enum rules rules)
{
	const char *skip = report->format->skip;
	int link = report_find(report, report->header, "-> #");
	g_autoptr(GPtrArray) names = NULL;
	char *name = taking_function(splat, report, rules);

	if (!name && link >= 0) {
		names = stack_from(report, link + 1, TAKE_FAR);
		name = first_named(names, skip, rules);
	}
	if (!name && rules == RULES_V2)
		name = cut_function(report);
	/* a report that was cut off may have no other function than a generic one */
	if (!name && rules == RULES_V2)
		name = name_or_null(splat->acquiring.function);
	return name;
}

char *first_lock_function(const struct splat *splat, const struct report *report)
{
	if (splat->acquiring.function)
		return g_strdup(splat->acquiring.function + (*splat->acquiring.function == '.'));
	for (guint i = report->header; i < report->n; i++) {
		struct frame frame;

		if (frame_parse_lock(report->seen[i].text, &frame))
			return g_strdup(frame.name);
	}
	return NULL;
}

char *release_function(const struct report *report, enum rules rules)
{
	int line = report_find(report, report->header, ") at:");
	const struct seen *frame;
	gboolean is_blank;

	do {
		line++;
		if (line <= 0 || (guint)line >= report->n)
			return NULL;
		frame = &report->seen[line];
		is_blank = !frame->text[strspn(frame->text, " ")];
		if (!is_blank && !(frame->marks & MARK_FRAME))
			return NULL;
	} while (is_blank || frame->inlined);
	return generic_by_rules(frame->name, report->format->skip, rules)
		       ? NULL
		       : name_or_null(frame->name);
}

gboolean lacks_last_stack(const struct report *report)
{
	return (report->format->flags & FORMAT_LOCKDEP) && !(report->marks & MARK_TRACE) &&
	       report_find(report, report->header, "stack backtrace") < 0;
}
