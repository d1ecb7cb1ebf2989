// SPDX-License-Identifier: GPL-2.0-only
/* A module for the tests of the agent `module`: it cannot be unloaded, because it uses itself. */
#include <linux/init.h>
#include <linux/module.h>

static int __init stays_init(void)
{
	__module_get(THIS_MODULE);
	return 0;
}

static void __exit stays_exit(void)
{
}

module_init(stays_init);
module_exit(stays_exit);
MODULE_LICENSE("GPL");
