// SPDX-License-Identifier: GPL-2.0-only
/* A module for the test of scenarios/own/kmemleak.sh: each load leaks an object. */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>

static int __init leaks_init(void)
{
	return kmalloc(64, GFP_KERNEL) ? 0 : -ENOMEM;
}

static void __exit leaks_exit(void)
{
}

module_init(leaks_init);
module_exit(leaks_exit);
MODULE_LICENSE("GPL");
