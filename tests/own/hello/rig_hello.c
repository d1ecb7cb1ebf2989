// SPDX-License-Identifier: GPL-2.0-only
/* A module for the tests of the agent `module`: an errno and a size as parameters. */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/slab.h>

static int fail;
module_param(fail, int, 0444);
static ulong size = 64;
module_param(size, ulong, 0644);
static void *memory;

static int __init hello_init(void)
{
	if (fail)
		return -fail;
	memory = kmalloc(size, GFP_KERNEL);
	return memory ? 0 : -ENOMEM;
}

static void __exit hello_exit(void)
{
	kfree(memory);
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_LICENSE("GPL");
