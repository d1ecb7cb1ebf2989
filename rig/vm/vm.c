// SPDX-License-Identifier: GPL-2.0-only
/* Code shared by all launchers: reads a guest's sockets, sends data to it, and handles its end. */
#include "vm/internal.h"

#include "guest-init/proto.h"
#include "util/clock.h"

#include <string.h>

/* if QEMU still runs this long after its QMP connection has ended, this is a fault of the host */
#define ORPHAN_MS 5000

void vm_fault(struct vm *vm, const char *what)
{
	if (!vm->faulted && vm->owner.fault)
		vm->owner.fault(what, vm->owner.data);
	vm->faulted = TRUE;
}

/* ---- events of QMP ---- */

/* The value of QAPI's ShutdownCause for a shutdown by the guest. */
#define CAUSE_SHUTDOWN "guest-shutdown"

static const char *cause_of(json_t *data)
{
	const char *reason = json_string_value(json_object_get(data, "reason"));

	return reason ? reason : "";
}

const char *vm_shutdown_words(json_t *data)
{
	static const struct {
		const char *reason, *words;
	} causes[] = {
		{CAUSE_SHUTDOWN, "guest powered off"},
		{"guest-reset", "guest reset itself, as after a panic"},
		{"guest-panic", "guest panicked"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(causes); i++)
		if (!strcmp(causes[i].reason, cause_of(data)))
			return causes[i].words;
	return NULL;
}

static void note_shutdown(struct vm *vm, json_t *event)
{
	json_t *data = json_object_get(event, "data");
	const char *words = vm_shutdown_words(data);

	vm->end_reason = words ? words : vm->end_reason;
	vm->guest_shutdown |= !strcmp(cause_of(data), CAUSE_SHUTDOWN);
}

static void on_event(const char *name, json_t *event, void *data)
{
	struct vm *vm = data;

	if (g_str_equal(name, "SHUTDOWN"))
		note_shutdown(vm, event);
	else if (g_str_equal(name, "RESET"))
		/* drop queued bytes, which are for the guest before the reset */
		for (int i = 0; i < N_CHANNELS; i++)
			if (vm->channels[i].stream)
				stream_clear(vm->channels[i].stream);
	vm_ops_check_events(vm);
	vm_unplug_late(vm, name, json_object_get(event, "data"));
	if (vm->owner.event)
		vm->owner.event(name, event, vm->owner.data);
}

static gboolean on_orphan(void *data)
{
	struct vm *vm = data;

	vm->orphan_timer = 0;
	vm_fault(vm, "QMP was disconnected although QEMU is still running");
	return G_SOURCE_REMOVE;
}

static void on_qmp_ended(const char *why, void *data)
{
	struct vm *vm = data;

	if (!vm->running)
		return;
	/* do not report a fault yet: the connection usually ends just before QEMU's exit */
	if (qmp_state(vm->qmp) == QMP_ENDED)
		vm->orphan_timer = g_timeout_add(ORPHAN_MS, on_orphan, vm);
	else
		vm_fault(vm, why);
}

static void on_trace_failed(const char *why, void *data)
{
	vm_fault(data, why);
}

/* ---- console and channel ---- */

static void on_console(struct stream *stream, const guint8 *bytes, gsize len, void *data)
{
	struct vm *vm = data;

	(void)stream;
	if (vm->owner.console)
		vm->owner.console(bytes, len, vm->owner.data);
}

static void on_console_full(struct stream *stream, void *data)
{
	struct vm *vm = data;

	(void)stream;
	if (vm->owner.console_full)
		vm->owner.console_full(vm->owner.data);
}

static void on_console_file_error(struct stream *stream, const char *why, void *data)
{
	(void)stream;
	vm_fault(data, why);
}

static void on_channel_bytes(struct stream *stream, const guint8 *bytes, gsize len, void *data)
{
	struct vm_channel *channel = data;

	(void)stream;
	channel_feed(channel->decoder, bytes, len);
}

static void on_channel_file_error(struct stream *stream, const char *why, void *data)
{
	struct vm_channel *channel = data;

	(void)stream;
	vm_fault(channel->vm, why);
}

static void on_frame(unsigned type, guint32 seq, const char *text, gsize len, void *data)
{
	struct vm_channel *channel = data;
	struct vm *vm = channel->vm;

	vm->channel = channel;
	channel->is_cut = FALSE;
	if (type == PROTO_HELLO)
		vm_plugs_reset(vm);
	if (type == PROTO_HELLO && vm->may_reboot) {
		vm->may_reboot = FALSE;
		qmp_send(vm->qmp, "set-action", json_pack("{s:s}", "reboot", "shutdown"), NULL,
			 NULL);
	}
	if (vm->owner.frame)
		vm->owner.frame(type, seq, text, len, vm->owner.data);
}

static void on_channel_error(const char *what, void *data)
{
	struct vm_channel *channel = data;

	if (!channel->is_cut && channel->vm->owner.channel_error)
		channel->vm->owner.channel_error(what, channel->vm->owner.data);
}

/*
 * Must be called when bytes from the guest channel were lost. Decoding continues at the next frame.
 */
static void cut_channel(struct vm *vm)
{
	for (int i = 0; i < N_CHANNELS; i++) {
		struct vm_channel *channel = &vm->channels[i];
		const struct channel_owner frames = {on_frame, on_channel_error, channel};

		if (!channel->decoder)
			continue;
		channel_free(channel->decoder);
		channel->decoder = channel_new(&frames);
		channel->is_cut = TRUE;
	}
}

gboolean vm_send(struct vm *vm, unsigned type, guint32 seq, const char *text)
{
	gsize len = strlen(text);
	g_autofree guint8 *frame = NULL;

	/* the guest does not read before its hello */
	if (!vm->channel || len > PROTO_MAX)
		return FALSE;
	frame = g_malloc(PROTO_HEADER + len);
	proto_pack(frame, type, seq, text, len);
	memcpy(frame + PROTO_HEADER, text, len);
	return stream_send(vm->channel->stream, frame, PROTO_HEADER + len);
}

void vm_console_add(struct vm *vm, const char *text)
{
	stream_add(vm->console, (const guint8 *)text, strlen(text));
}

static void break_sent(const struct qmp_reply *reply, void *data)
{
	struct vm *vm = data;

	if (!reply->error_class)
		stream_send(vm->console, &vm->sysrq_key, 1);
}

/*
 * Sends SysRq. With an 8250, this is a break and then the key (uart_handle_break() and
 * uart_handle_sysrq_char(), serial_core). The key is sent only after QEMU's reply to the break: if
 * it were in the FIFO before the break, the kernel would read it as the break's own character.
 * hvc_console has no break, and uses ^O instead (hvc_console.c).
 */
gboolean vm_console_sysrq(struct vm *vm, char key)
{
	const guint8 with_ctrl_o[] = {0x0f, key};

	if (vm->machine->can & MACHINE_CTRL_O)
		return stream_send(vm->console, with_ctrl_o, 2);
	if (!(vm->machine->can & MACHINE_BREAK))
		return FALSE;
	vm->sysrq_key = key;
	qmp_send(vm->qmp, "chardev-send-break", json_pack("{s:s}", "id", "console"), break_sent,
		 vm);
	return TRUE;
}

static gboolean listen_channel(struct vm *vm, int which, int *fd, const char *name, GError **error)
{
	const struct stream_owner bytes = {on_channel_bytes, NULL, on_channel_file_error,
					   &vm->channels[which]};
	const struct channel_owner frames = {on_frame, on_channel_error, &vm->channels[which]};
	g_autofree char *path = g_getenv("RIG_KEEP_CHANNEL") ? g_build_filename(vm->dir, name, NULL)
							     : NULL;
	int taken = *fd;

	*fd = -1;
	if (taken < 0)
		return TRUE;
	vm->channels[which].decoder = channel_new(&frames);
	vm->channels[which].stream = stream_new(taken, path, 0, &bytes, error);
	return vm->channels[which].stream != NULL;
}

gboolean vm_listen(struct vm *vm, int fds[N_SOCKETS], guint64 console_limit, GError **error)
{
	const struct stream_owner console = {on_console, on_console_full, on_console_file_error,
					     vm};
	const struct qmp_owner qmp = {on_event, on_qmp_ended, on_trace_failed, vm};
	g_autofree char *raw = g_build_filename(vm->dir, "console.raw", NULL);
	g_autofree char *trace = g_build_filename(vm->dir, "qmp.jsonl", NULL);

	vm->qmp = qmp_new(fds[SOCKET_QMP], trace, &qmp, error);
	fds[SOCKET_QMP] = -1;
	if (!vm->qmp)
		return FALSE;
	vm->console = stream_new(fds[SOCKET_CONSOLE], raw, console_limit, &console, error);
	fds[SOCKET_CONSOLE] = -1;
	if (!vm->console)
		return FALSE;
	return listen_channel(vm, CHANNEL_VIRTIO, &fds[SOCKET_CHANNEL], "channel.raw", error) &&
	       listen_channel(vm, CHANNEL_TTY, &fds[SOCKET_TTY], "channel-tty.raw", error);
}

/* ---- the end of a guest ---- */

void vm_ended(struct vm *vm, int status, const char *why)
{
	struct vm_exit end = {.status = status, .why = why};

	vm->running = FALSE;
	g_clear_handle_id(&vm->kill_timer, g_source_remove);
	g_clear_handle_id(&vm->orphan_timer, g_source_remove);
	vm_ops_vanish(vm, why);
	end.by_us = vm->by_us;
	end.guest_shutdown = vm->guest_shutdown;
	if (vm->owner.gone)
		vm->owner.gone(&end, vm->owner.data);
}

void vm_drain(struct vm *vm)
{
	stream_drain(vm->console);
	for (int i = 0; i < N_CHANNELS; i++)
		if (vm->channels[i].stream)
			stream_drain(vm->channels[i].stream);
	qmp_drain(vm->qmp);
}

void vm_kill(struct vm *vm)
{
	if (!vm->running)
		return;
	vm->by_us = TRUE;
	vm->launcher->kill(vm);
}

static gboolean on_kill_timer(void *data)
{
	struct vm *vm = data;

	vm->kill_timer = 0;
	vm_kill(vm);
	return G_SOURCE_REMOVE;
}

void vm_quit(struct vm *vm, gint64 deadline_ns)
{
	gint64 left_ms = (deadline_ns - rig_now_ns()) / RIG_NS_PER_MS;

	if (!vm->running)
		return;
	/* QMP has ended, so only a signal can end QEMU */
	if (qmp_state(vm->qmp) >= QMP_ENDED) {
		vm_kill(vm);
		return;
	}
	vm->by_us = TRUE;
	qmp_send(vm->qmp, "quit", NULL, NULL, NULL);
	g_clear_handle_id(&vm->kill_timer, g_source_remove);
	vm->kill_timer = g_timeout_add(CLAMP(left_ms, 0, G_MAXINT), on_kill_timer, vm);
}

char *vm_output(const struct vm *vm, const char *name)
{
	return g_build_filename(vm->output, name, NULL);
}

json_t *vm_sandbox(const struct vm *vm)
{
	return vm->sandbox ? json_incref(vm->sandbox) : json_pack("{s:s}", "by", "libvirt");
}

static void remove_output(const struct vm *vm)
{
	GHashTableIter iter;
	const char *copy;

	g_hash_table_iter_init(&iter, vm->images);
	while (g_hash_table_iter_next(&iter, NULL, (void **)&copy))
		unlink(copy);
	rmdir(vm->output);
}

void vm_free(struct vm *vm)
{
	if (!vm)
		return;
	g_clear_handle_id(&vm->kill_timer, g_source_remove);
	g_clear_handle_id(&vm->orphan_timer, g_source_remove);
	vm->launcher->release(vm);
	vm_ops_free(vm);
	stream_free(vm->console);
	for (int i = 0; i < N_CHANNELS; i++) {
		stream_free(vm->channels[i].stream);
		channel_free(vm->channels[i].decoder);
	}
	qmp_free(vm->qmp);
	g_hash_table_destroy(vm->places);
	g_hash_table_destroy(vm->backends);
	g_hash_table_destroy(vm->left_backends);
	g_hash_table_destroy(vm->cpus);
	g_hash_table_destroy(vm->unplug_pending);
	g_hash_table_destroy(vm->unplugged_late);
	g_hash_table_destroy(vm->buses);
	remove_output(vm);
	g_hash_table_destroy(vm->images);
	g_free(vm->output);
	json_decref(vm->sandbox);
	g_free(vm->dir);
	g_free(vm);
}

void vm_set_disconnected(struct vm *vm, gboolean disconnected)
{
	vm->disconnected = disconnected;
	if (!disconnected)
		cut_channel(vm);
	if (vm->owner.disconnected)
		vm->owner.disconnected(disconnected, vm->owner.data);
}

gboolean vm_is_disconnected(const struct vm *vm)
{
	return vm && vm->disconnected;
}

gboolean vm_where(struct vm *vm, const char *id, guint64 *ret_address, guint64 *ret_size)
{
	const struct vm_place *place = g_hash_table_lookup(vm->places, id);

	if (!place)
		return FALSE;
	*ret_address = place->address;
	*ret_size = place->size;
	return TRUE;
}
