/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses one line of a stack in the format of any architecture. Other modules use it to read the
 * text of a report.
 */
#ifndef RIG_SPLAT_FRAME_H
#define RIG_SPLAT_FRAME_H

#include <glib.h>

struct frame {
	char name[128];	  /* without compiler suffixes such as .isra.0 */
	char symbol[128]; /* the name with compiler suffixes */
	guint64 offset;
	guint64 size; /* size of the function, or 0 if the line does not have it */
	char module[64];
	gboolean guess; /* the frame is marked as unreliable by '?' or "(unreliable)" */
	gboolean inlined;
};

/* Parses a frame of a call trace: "f+0x12/0x34 [mod]", with or without an address before it. */
gboolean frame_parse(const char *text, struct frame *ret);
/*
 * Parses "caller" in a frame of arm, "f from [<c0…>] (caller+0x12/0x34)". Only the outermost frame
 * needs this: every other caller has a line of its own.
 */
gboolean frame_parse_caller(const char *text, struct frame *ret);
/*
 * Parses the instruction pointer of a fault in the kernel: "RIP: 0010:f+0x1/0x2", "NIP [c0…]
 * f+0x…", "pc : f+…", "PC is at f+…".
 */
gboolean frame_parse_fault(const char *text, struct frame *ret);
/*
 * Parses the place at which a lock was acquired: "… at: f+0x1/0x2", "… at: [<ffff…>] f+0x1/0x2
 * [mod]".
 */
gboolean frame_parse_lock(const char *text, struct frame *ret);
/*
 * Parses a frame without an offset: "f", "? f", "f [mod]". Every line of one word has this form, so
 * call this only for a line inside a stack.
 */
gboolean frame_parse_bare(const char *text, struct frame *ret);
/* Parses a frame that has no symbol, only an address: "[<ffffffff81234567>] 0xffffffff81234567". */
gboolean frame_parse_address(const char *text, guint64 *ret_address, gboolean *ret_guess);

#endif
