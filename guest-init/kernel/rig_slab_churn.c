// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slab caches on demand, for the rig's slab-churn agent.
 *
 * Creating and destroying a cache takes slab_mutex, and adds or removes /sys/kernel/slab/NAME;
 * destroying takes cpu_hotplug_lock, too, and shrinking only that. Before v5.12, all three took
 * cpu_hotplug_lock and mem_hotplug_lock as well. User space cannot call these functions directly,
 * so this file provides commands: each write to /sys/kernel/debug/rig/slab is one command,
 *
 *	create SLOT SIZE	a cache "rig-churn-SLOT" of SIZE byte objects
 *	destroy SLOT
 *	shrink SLOT
 *
 * A cache's objects are allocated and freed when it is created, and again before it is shrunk, so
 * that there are slabs to discard, also of a node that has got its first memory meanwhile.
 *
 * This file holds no lock around these calls: a slot is claimed by exchanging its pointer, so no
 * edge is added to the lock graph. A slot that another write holds, or that is not in the state
 * that the command needs, gives -EBUSY.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define RIG_SLOTS 64
#define RIG_OBJECTS 32

static struct kmem_cache *rig_slot[RIG_SLOTS];

/* Allocates objects of CACHE and frees them. */
static void rig_use(struct kmem_cache *cache)
{
	void *object[RIG_OBJECTS];
	int i;

	for (i = 0; i < RIG_OBJECTS; i++)
		object[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	for (i = 0; i < RIG_OBJECTS; i++)
		if (object[i])
			kmem_cache_free(cache, object[i]);
}

static int rig_create(unsigned int slot, unsigned int size)
{
	struct kmem_cache *cache;
	char name[32];

	if (size < 8 || size > 8192)
		return -EINVAL;
	if (READ_ONCE(rig_slot[slot]))
		return -EBUSY;
	snprintf(name, sizeof(name), "rig-churn-%u", slot);
	cache = kmem_cache_create(name, size, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	rig_use(cache);
	if (cmpxchg(&rig_slot[slot], NULL, cache)) {
		kmem_cache_destroy(cache);
		return -EBUSY;
	}
	return 0;
}

static int rig_with_cache(unsigned int slot, bool destroy)
{
	struct kmem_cache *cache = xchg(&rig_slot[slot], NULL);

	if (!cache)
		return -EBUSY;
	if (!destroy) {
		rig_use(cache);
		kmem_cache_shrink(cache);
		if (!cmpxchg(&rig_slot[slot], NULL, cache))
			return 0;
		/* another write has created a cache in this slot meanwhile: destroy the new one */
	}
	kmem_cache_destroy(cache);
	return 0;
}

static ssize_t rig_slab_write(struct file *file, const char __user *user, size_t len, loff_t *pos)
{
	unsigned int slot, size;
	char line[64];
	int err = -EINVAL;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, user, len))
		return -EFAULT;
	line[len] = '\0';
	if (sscanf(line, "create %u %u", &slot, &size) == 2 && slot < RIG_SLOTS)
		err = rig_create(slot, size);
	else if (sscanf(line, "destroy %u", &slot) == 1 && slot < RIG_SLOTS)
		err = rig_with_cache(slot, true);
	else if (sscanf(line, "shrink %u", &slot) == 1 && slot < RIG_SLOTS)
		err = rig_with_cache(slot, false);
	return err ? err : len;
}

static const struct file_operations rig_slab_fops = {
	.write = rig_slab_write,
};

static int __init rig_slab_init(void)
{
	debugfs_create_file("slab", 0200, debugfs_create_dir("rig", NULL), NULL, &rig_slab_fops);
	return 0;
}
late_initcall(rig_slab_init);
