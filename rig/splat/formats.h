/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the patterns in the tables of formats. */
#ifndef RIG_SPLAT_FORMATS_H
#define RIG_SPLAT_FORMATS_H

#include "splat/internal.h"

#define NAME "\\.?[A-Za-z_][A-Za-z0-9_]*"
#define F "(?<f>" NAME ")"
/*
 * The path of a source file. It can have any characters, also "<snip>/" if it was shortened. The
 * pattern has a blank and a tab instead of \s, which takes PCRE several times as long.
 */
#define FILE_NAME "(?<src>[^ \t:()\"]+\\.[chSr]s?)"
#define SRC FILE_NAME ":\\d+"
/* a function; or an address such as "0x0", which the trap has if the function is not known */
#define F_IF_KNOWN "(?:" F "|0x[0-9a-f]+)"
/* the CPU and the task of a WARN; a task structure that was overwritten can have a negative PID */
#define WARN_WHO "CPU: \\d+ (?:UID: \\d+ )?PID: -?\\d+ at "
/*
 * The first line of a WARN. From 6.19 on: "WARNING: [cond] file:line at func+0x…, CPU#1: comm/12";
 * before: "WARNING: CPU: 1 PID: 12 at file:line func+0x…"; in 3.x: "WARNING: at file:line func()".
 */
#define WARN_AT(file, func)                                                             \
	"WARNING: (?:(?:" WARN_WHO "|at )(?:0x)?" file "(?::\\d+)? " func "|.*?" file \
	":\\d+ at " func ")"

/* "Kernel panic - not syncing: ", also as people retype it from a screen */
#define PANIC_RETYPED "[Kk]ernel [Pp]anic[-:,. ]*[Nn]ot sync[a-z]* ?[:;-] ?"
#define PANIC_CAPITALS "KERNEL PANIC[-:,. ]*NOT SYNC[A-Z]* ?[:;-] ?"

#define USB "usb_submit_urb|usb_start_wait_urb|usb_bulk_msg|usb_interrupt_msg|usb_control_msg"

/* The rows of one part of the table of formats, in order. */
struct formats {
	const struct format *rows;
	gsize n;
};

extern const struct formats formats_validators; /* lockdep, sanitizers */
extern const struct formats formats_rare;	/* rare traps, kernels before 3.0 */

#endif
