/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on a guest: a chain of QMP commands and events with one deadline and one outcome.
 *
 * An operation is started with op_new(), which opens its event cursor, and goes on by op_send() with a
 * function for the reply; events come to its `event` function. Both may call op_finish(), after which
 * the operation must not be touched. The connection's end and the deadline finish it by themselves.
 */
#ifndef RIG_VM_OP_H
#define RIG_VM_OP_H

#include "vm/internal.h"

struct op;

typedef void (*op_reply)(struct op *op, const struct qmp_reply *reply);
typedef void (*op_event)(struct op *op, const char *name, json_t *data);

struct op {
	struct vm *vm;
	char *id;
	const char *what;  /* "unplug of": with the id, for messages */
	const char *waits; /* for what, at the moment: named by a time-out */
	void (*gave_up)(struct op *op); /* the deadline is over; or NULL */
	op_event event;	   /* NULL: none is looked at yet; they wait behind the cursor */
	vm_done done;
	void *data;

	/* what the kinds of operation keep */
	char *backend;	   /* object to delete again, or NULL */
	json_t *device;	   /* device_add's arguments; CPU: the properties of its slot */
	guint64 size;	   /* bytes to reach */
	op_event accepted; /* looks for the guest's word that it has the device; NULL: none comes */
	gboolean earlier;  /* an earlier device_del is still pending */
	char *why;	   /* kept for the outcome while cleaning up */

	/* op.c's own */
	struct qmp_cursor *cursor;
	op_reply reply;
	guint64 command; /* on its way, or 0 */
	guint timer, idle;
	int depth;
	gboolean ended;
	enum vm_outcome late; /* of op_finish_later() */
};

struct op *op_new(struct vm *vm, const char *what, const char *id, gint64 deadline_ns, vm_done done,
		  void *data);
/* ARGUMENTS is stolen. One command at a time. */
void op_send(struct op *op, const char *command, json_t *arguments, op_reply reply);
/* Hands the events from the cursor on to `event`. */
void op_look(struct op *op);
/* WHY and REPLY are borrowed. */
void op_finish(struct op *op, enum vm_outcome outcome, const char *why, json_t *reply);
/* The same from inside a call: the owner hears of it from the main loop. */
void op_finish_later(struct op *op, enum vm_outcome outcome, const char *why);
/* VM_FAILED with QEMU's words. */
void op_fail(struct op *op, const struct qmp_reply *reply);

/* Is this event about the operation's device? */
gboolean op_is_mine(const struct op *op, json_t *data);
/* ACPI_DEVICE_OST about the device from SOURCE (ACPI 6.3, table 6-230): its status, or -1. */
int op_ost_status(const struct op *op, json_t *data, int source);

#endif
