/* SPDX-License-Identifier: GPL-2.0-only */
/* The hotplugged devices of the fake QEMU. */
#ifndef RIG_TESTS_FAKE_DEVICES_H
#define RIG_TESTS_FAKE_DEVICES_H

#include "fake.h"

/* Returns the device with this ID, or NULL if there is none, or ID is NULL. */
struct device *device_find(const char *id);
/* Returns a free guest physical address for a device of this size. */
guint64 device_free_address(guint64 size);
unsigned device_free_slot(void);
/*
 * Must be called when virtio-mem has reached SIZE bytes. Sends the event, unless the script
 * suppresses it.
 */
void device_size_changed(struct device *device, guint64 size);
/*
 * Callbacks of the main loop for the device with the id DATA. device_plugged() plugs it;
 * device_unplugged() ends its unplug, with the outcome that the script sets.
 */
gboolean device_plugged(void *data);
gboolean device_unplugged(void *data);

#endif
