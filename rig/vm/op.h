/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An operation on a guest is a chain of QMP commands and events with one deadline and one outcome.
 *
 * op_new() starts an operation and opens its event cursor; op_send() sends a command and names a
 * function for the reply; events are passed to `event`. Both functions may call op_finish(), after
 * which the operation must not be used. The end of the connection and the deadline finish it
 * automatically.
 */
#ifndef RIG_VM_OP_H
#define RIG_VM_OP_H

#include "vm/internal.h"

struct op;

typedef void (*op_reply)(struct op *op, const struct qmp_reply *reply);
typedef void (*op_event)(struct op *op, const char *name, json_t *data);

struct op {
	struct vm *vm;
	char *id; /* id of the device; NULL if the operation is a command */
	/*
	 * the beginning of the timeout's message, to which the id is appended: "unplug of", or the
	 * name of a command
	 */
	const char *what;
	const char *waits; /* what the operation waits for, for the message of a timeout */
	/* called before the operation ends as VM_TIMED_OUT; or NULL */
	void (*timed_out)(struct op *op);
	/* handles events; while it is NULL, events are not read, and remain in the log */
	op_event event;
	vm_done done;
	void *data;

	/* Data of the individual kinds of operations. */
	char *backend;	/* backend to delete after a failure, or NULL */
	json_t *device; /* arguments of device_add; for a CPU, the properties of its slot */
	guint64 size;	/* target size in bytes */
	/*
	 * handles the event with which the guest accepts the device; NULL if the machine sends none
	 */
	op_event accepted;
	gboolean is_cpu;  /* the operation plugs a CPU */
	gboolean unlisted; /* the device has memory, but query-memory-devices does not list it */
	gboolean earlier; /* an earlier device_del is still pending */
	guint again;	  /* the source of the timer after which device_del is sent again, or 0 */
	char *why;	  /* the reason of a failure, while the backend is being deleted */

	/* Private to op.c. */
	struct qmp_cursor *cursor;
	op_reply reply;
	guint64 command; /* id of the command whose reply has not arrived yet, or 0 */
	guint timer, idle;
	int depth;
	gboolean ended;
	enum vm_outcome late; /* argument of op_finish_later() */
};

struct op *op_new(struct vm *vm, const char *what, const char *id, gint64 deadline_ns, vm_done done,
		  void *data);
/* Sends a command; ARGUMENTS is stolen. The reply to the previous command must have arrived. */
void op_send(struct op *op, const char *command, json_t *arguments, op_reply reply);
/* Calls `event` for each event that the cursor has not read yet. */
void op_check_events(struct op *op);
/* Ends the operation. WHY and REPLY are borrowed. */
void op_finish(struct op *op, enum vm_outcome outcome, const char *why, json_t *reply);
/*
 * Ends the operation, but calls the owner's callback later, from the main loop. Must be used
 * instead of op_finish() in a function that the owner has called.
 */
void op_finish_later(struct op *op, enum vm_outcome outcome, const char *why);
/* Ends the operation as VM_FAILED with QEMU's error message. */
void op_fail(struct op *op, const struct qmp_reply *reply);

/* Returns TRUE if the event with DATA is about the operation's device. */
gboolean op_is_mine(const struct op *op, json_t *data);
/*
 * DATA is of an event ACPI_DEVICE_OST. Returns its status if it is about the operation's device and
 * its source is SOURCE (ACPI 6.3, table 6-230); otherwise -1.
 */
int op_ost_status(const struct op *op, json_t *data, int source);

#endif
