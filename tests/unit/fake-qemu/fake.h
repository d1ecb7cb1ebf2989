/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the fake QEMU: script, sockets, devices, guest. */
#ifndef RIG_TESTS_FAKE_H
#define RIG_TESTS_FAKE_H

#include "guest-init/proto.h"

#include <glib.h>
#include <jansson.h>

#define BLOCK (128u << 20)

struct device {
	char *id, *driver;
	json_t *arguments; /* arguments of device_add; for virtio-mem, "size" is the current size */
	guint64 address, size;
	guint slot;
	gboolean is_cpu, is_virtio, online, leaving;
};

struct fake {
	GHashTable *script;
	int qmp, console, channel;
	gboolean has_acpi, hung, ready, may_reboot;
	guint64 memory, balloon; /* bytes of the guest; bytes that the balloon leaves */
	unsigned cpus, max_cpus;
	GHashTable *objects; /* maps the id of a backend to its size */
	GQueue devices;	     /* struct device */
};

extern struct fake fake;

/* script.c */
void script_read(void);
const char *script_word(const char *key);
guint64 script_number(const char *key, guint64 otherwise);
/*
 * Returns TRUE if the script sets KEY to VALUE (for example "refuse"), or, in the first N calls, to
 * "VALUE*N".
 */
gboolean script_says(const char *key, const char *value);
/* Like script_says(), but does not count this call as one of the N. */
gboolean script_will_say(const char *key, const char *value);
/*
 * Must be called at the moment WHEN. Does what the script says for this moment, for example
 * "die-at=WHEN".
 */
void moment(const char *when);

void put(int fd, const void *bytes, gsize len);
void say(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Sends a line of QMP; MESSAGE is stolen. */
void tell(json_t *message);
/* Sends an event; DATA (or NULL) is stolen. */
void tell_event(const char *name, json_t *data);
G_NORETURN void shutdown_guest(const char *reason, gboolean by_guest);

/* qmp.c */
void qmp_command(json_t *message);
const char *text_of(json_t *object, const char *key);

/* guest.c */
void guest_boot(void);
/* Prints the text that the script requests on the console. */
void guest_print(void);

/* requests.c */
void guest_bytes(const guint8 *bytes, gsize len);

#endif
