// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module for the agent `module`: while it is loaded, it follows memory and CPU hotplug by
 * notifiers, as drivers with memory of their own do.
 */
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/module.h>

static int priority;
module_param(priority, int, 0444);
MODULE_PARM_DESC(priority, "of the memory notifier");
static atomic_long_t pages_online, online_cpus;
static int cpu_state;

static int memory_changed(struct notifier_block *block, unsigned long action, void *data)
{
	const struct memory_notify *memory = data;

	if (action == MEM_ONLINE)
		atomic_long_add(memory->nr_pages, &pages_online);
	else if (action == MEM_OFFLINE)
		atomic_long_sub(memory->nr_pages, &pages_online);
	return NOTIFY_OK;
}

static struct notifier_block notifier = {.notifier_call = memory_changed};

static int cpu_came(unsigned int cpu)
{
	atomic_long_inc(&online_cpus);
	return 0;
}

static int cpu_went(unsigned int cpu)
{
	atomic_long_dec(&online_cpus);
	return 0;
}

static int __init notifier_init(void)
{
	int err;

	notifier.priority = priority;
	err = register_memory_notifier(&notifier);
	if (err)
		return err;
	cpu_state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "rig:online", cpu_came,
				      cpu_went);
	if (cpu_state < 0)
		unregister_memory_notifier(&notifier);
	return cpu_state < 0 ? cpu_state : 0;
}

static void __exit notifier_exit(void)
{
	cpuhp_remove_state(cpu_state);
	unregister_memory_notifier(&notifier);
}

module_init(notifier_init);
module_exit(notifier_exit);
MODULE_DESCRIPTION("follows memory and CPU hotplug");
MODULE_LICENSE("GPL");
