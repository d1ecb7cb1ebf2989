// SPDX-License-Identifier: GPL-2.0-only
/*
 * The positive control: a genuine lock inversion on request.
 *
 * A write of anything to /sys/kernel/debug/rig/busted acquires two mutexes in the order A, B,
 * releases them, and acquires them in the order B, A. All of this is done by one task, so it cannot
 * block; but the order is inverted, and a kernel with a working lock validator reports a circular
 * locking dependency "rig_busted_a --> rig_busted_b". The scenario `busted` does this and must
 * fail; if it passes, no other PASS is reliable.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(rig_busted_a);
static DEFINE_MUTEX(rig_busted_b);

static ssize_t rig_busted_write(struct file *file, const char __user *user, size_t len, loff_t *pos)
{
	/*
	 * Serialises writers. Without it, two concurrent writers could deadlock, which would hang a
	 * kernel without lockdep. This lock is always taken first, so it adds no cycle.
	 */
	static DEFINE_MUTEX(one_at_a_time);

	mutex_lock(&one_at_a_time);
	mutex_lock(&rig_busted_a);
	mutex_lock(&rig_busted_b);
	mutex_unlock(&rig_busted_b);
	mutex_unlock(&rig_busted_a);

	mutex_lock(&rig_busted_b);
	mutex_lock(&rig_busted_a);
	mutex_unlock(&rig_busted_a);
	mutex_unlock(&rig_busted_b);
	mutex_unlock(&one_at_a_time);
	return len;
}

static const struct file_operations rig_busted_fops = {
	.write = rig_busted_write,
};

static int __init rig_busted_init(void)
{
	struct dentry *dir = debugfs_lookup("rig", NULL);

	if (!dir)
		dir = debugfs_create_dir("rig", NULL);
	debugfs_create_file("busted", 0200, dir, NULL, &rig_busted_fops);
	return 0;
}
late_initcall_sync(rig_busted_init);
