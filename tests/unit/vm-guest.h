/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a guest with the fake QEMU and a script, and stores what the callbacks received. */
#ifndef RIG_TESTS_VM_GUEST_H
#define RIG_TESTS_VM_GUEST_H

#include "vm/vm.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

struct guest {
	struct vm *vm;
	guint hello, frames, channel_errors, faults, full, gone, pending;
	guint64 console;
	enum vm_outcome outcome;
	char *why, *fault, *last_text, *end;
	gboolean by_us, guest_shutdown;
};

/*
 * Returns the configuration of a guest with 2 CPUs and 1 GiB on pc-q35, whose run folder is the
 * scratch folder.
 */
struct vm_config config_for(void);
/* Starts the fake QEMU with SCRIPT. MACHINE is the name of a machine, or NULL for pc-q35. */
void start(struct guest *g, const char *script, const char *machine, guint64 console_limit);
/* Starts it with IMAGES, which are in files/ of the scratch folder. */
void start_with_images(struct guest *g, const struct vm_image *images, unsigned n);
/*
 * Runs the main loop until *COUNT is at least WANTED. If that does not happen, the test's time
 * limit ends the test.
 */
void until(const guint *count, guint wanted);
/* Ends the guest and frees its data. */
void finish(struct guest *g);

/*
 * The callback of an operation. DATA is the struct guest, whose `pending` was incremented when the
 * operation was started.
 */
void on_done(enum vm_outcome outcome, const char *why, json_t *reply, void *data);
/* Waits until no operation is pending. Returns the outcome of the last one. */
enum vm_outcome await(struct guest *g);
/* Returns the time MS from now, as a deadline. */
gint64 in_ms(int ms);
enum vm_outcome plug(struct guest *g, const char *id, int ms);
enum vm_outcome unplug(struct guest *g, const char *id, int ms);
enum vm_outcome command(struct guest *g, const char *name);

#endif
