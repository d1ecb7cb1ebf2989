/* SPDX-License-Identifier: GPL-2.0-only */
/* Frees variables at the end of their scope, for structs without a typedef (see g_autoptr()). */
#ifndef RIG_UTIL_AUTO_H
#define RIG_UTIL_AUTO_H

#include <glib.h>

/* Used in a header, after the prototype of `void FUNC(struct TAG *)`. */
#define RIG_DEFINE_AUTO(tag, func)                                      \
	static inline G_GNUC_UNUSED void rig_auto_##tag(struct tag **p) \
	{                                                               \
		if (*p)                                                 \
			func(*p);                                       \
	}

/*
 * `rig_auto(kernel) kernel = …;` declares a variable that is freed at the end of its scope, unless
 * it is stolen.
 */
#define rig_auto(tag) __attribute__((cleanup(rig_auto_##tag))) struct tag *

#endif
