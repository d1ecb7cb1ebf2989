/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake's hotplugged devices. */
#ifndef RIG_TESTS_FAKE_DEVICES_H
#define RIG_TESTS_FAKE_DEVICES_H

#include "fake.h"

/* The device ID, or NULL; also if ID is NULL. */
struct device *device_find(const char *id);
/* A free guest physical address for a device of this size. */
guint64 device_free_address(guint64 size);
unsigned device_free_slot(void);
/* Virtio-mem has SIZE bytes now: sends the event, unless the script forbids it. */
void device_size_changed(struct device *device, guint64 size);
/*
 * Callbacks of the main loop: the device with the id DATA was plugged, or its unplug ends as the
 * script says.
 */
gboolean device_plugged(void *data);
gboolean device_unplugged(void *data);

#endif
