// SPDX-License-Identifier: GPL-2.0-only
/*
 * QMP commands whose operation ends with the reply, and system_reset, whose operation ends with the
 * event RESET.
 */
#include "vm/op.h"

static void replied(struct op *op, const struct qmp_reply *reply)
{
	if (reply->error_class)
		op_fail(op, reply);
	else
		op_finish(op, VM_OK, NULL, reply->result);
}

/*
 * Handles events of system_reset. Guests run with -no-reboot, so that a panic ends QEMU. A reset by
 * the rig must not end it, so set-action (QEMU 6.0) allows reboots before the reset. Reboots are
 * forbidden again when the guest sends hello (vm.c). The event RESET would be too early for this:
 * if the machine has run before, SeaBIOS resets it a second time.
 */

static void on_reset(struct op *op, const char *name, json_t *data)
{
	(void)data;
	if (g_str_equal(name, "RESET"))
		op_finish(op, VM_OK, NULL, NULL);
}

static void reset_sent(struct op *op, const struct qmp_reply *reply)
{
	if (reply->error_class)
		op_fail(op, reply);
	else
		op->waits = "RESET event";
}

static void reset_allowed(struct op *op, const struct qmp_reply *reply)
{
	if (reply->error_class) {
		op_fail(op, reply);
		return;
	}
	op->vm->may_reboot = TRUE;
	op->event = on_reset;
	op_send(op, "system_reset", NULL, reset_sent);
}

void vm_command(struct vm *vm, const char *command, json_t *arguments, gint64 deadline_ns,
		vm_done done, void *data)
{
	struct op *op = op_new(vm, command, NULL, deadline_ns, done, data);

	if (g_str_equal(command, "system_reset"))
		op_send(op, "set-action", json_pack("{s:s}", "reboot", "reset"), reset_allowed);
	else
		op_send(op, command, arguments, replied);
}
