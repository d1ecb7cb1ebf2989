/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel switches: properties of the kernel that a run may vary (switches.c has the table). */
#ifndef RIG_SCENARIO_SWITCHES_H
#define RIG_SCENARIO_SWITCHES_H

#include <glib.h>

struct scenario;

/*
 * A kernel_switch is a property of the kernel that a run may vary: a kernel parameter, or the
 * config. It has at most this many values.
 */
#define SWITCH_VALUES_MAX 5
struct kernel_switch {
	const char *name, *about;
	/*
	 * kernel option without which the parameter does not exist; NULL if each kernel has the
	 * parameter
	 */
	const char *needs;
	struct switch_value {
		/* `words`: kernel parameters; "" is the default */
		const char *name, *words;
		/* config fragment of the rig with which the kernel is built, or NULL */
		const char *fragment;
	} values[SWITCH_VALUES_MAX]; /* unused elements have no name */
};

/* All switches; the last entry has no name. */
extern const struct kernel_switch scenario_switches[];

/*
 * TEXT is "SWITCH", which allows all values of the switch, or "SWITCH=VALUE|VALUE…". switch_find()
 * returns the switch and ignores the values. switch_draw() draws one of the allowed values; the
 * result depends only on SEED and the switch. Both results are static. Errors: RIG_EXIT_USAGE, an
 * unknown switch or value.
 */
const struct kernel_switch *switch_find(const char *text, GError **error);
const struct switch_value *switch_draw(const char *text, guint64 seed, GError **error);
/*
 * Draws the value that adds a config fragment to the kernel. TEXTS and MORE are lists of switches,
 * NULL-terminated or NULL, that switch_check() has accepted; if both have the switch, MORE counts.
 * Returns the fragment's path below the rig's folder ("scenarios/kconfig/kasan.config"), or NULL if
 * there is none.
 */
const char *switch_draw_fragment(char *const *texts, char *const *more, guint64 seed);
/*
 * Returns the switches that WORDS, options of `rig run` (or NULL), vary by --vary. The array is
 * NULL-terminated, and the caller frees it; its elements point into WORDS.
 */
char **switch_texts(const char *const *words);
/*
 * Checks that the last of the first N elements of TEXTS is a known switch with known values, and
 * that no earlier element has this switch. Errors: RIG_EXIT_USAGE.
 */
gboolean switch_check(char *const *texts, guint n, GError **error);

#endif
