// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dispatchers: functions that call others by pointer. So a dispatcher on a stack does not identify
 * a bug: the functions that it calls are of any subsystem.
 */
#include "splat/internal.h"

/*
 * Dispatchers in file operations, sysfs, procfs and debugfs, the device core, the scheduler, the
 * idle loop, and inter-processor calls.
 */
static const char dispatchers[] =
	"^kernfs_fop_|^kernfs_seq_|^kernfs_file_|^sysfs_kf_|^dev_attr_|^kobj_attr_|^drv_attr_|"
	"^bus_attr_|^class_attr_|^slab_attr_|^module_attr_|^param_attr_|^elv_attr_|^queue_attr_|"
	"^blk_mq_hw_sysfs_|^netdev_attr_|^full_proxy_|^open_proxy_|^short_proxy_|^debugfs_attr_|"
	"^debugfs_file_|^simple_attr_|^default_write_file|^default_read_file|^proc_reg_|^pde_|"
	"^proc_sys_|^proc_simple_|^proc_single_|^configfs_write|^configfs_read|^cgroup_file_write$|"
	"^seq_read|^seq_write|^single_open|^traverse|^vfs_|^__vfs_|^ksys_|^new_sync_|^do_iter_|"
	"^call_read_iter|^call_write_iter|^do_loop_readv_writev|^__kernel_write|^__kernel_read|"
	"^kernel_write$|^kernel_read$|^splice_|^do_splice|^iter_file_splice|^do_sendfile|"
	/* the device core */
	"^state_store$|^online_store$|^device_online$|^device_offline$|^memory_subsys_|"
	"^cpu_subsys_|^online_show$|^bus_for_each_|^driver_for_each_|^walk_memory_blocks$|"
	"^for_each_memory_block|^class_for_each_|^memory_block_change_state$|^memory_block_action$|"
	/* scheduler, idle loop */
	"^schedule|^__schedule|^preempt_schedule|^__cond_resched|^_cond_resched|^io_schedule|"
	"^context_switch|^finish_task_switch|^__switch_to|^do_idle$|^cpu_idle|^default_idle|"
	"^arch_cpu_idle|^cpuidle_|^call_cpuidle|^acpi_idle|^acpi_safe_halt|^native_safe_halt|"
	"^native_halt|^mwait_idle|^intel_idle|^poll_idle|^psci_|^cpu_do_idle|^pv_native_safe_halt|"
	"^pick_next_task|^newidle_balance|^load_balance|^sched_balance_|^__pick_next_task|"
	/* inter-processor calls, stop machine */
	"smp_call_function|^smp_cfm_core|^on_each_cpu|^generic_smp_call|^flush_smp_call|"
	"^__flush_smp_call|"
	"^csd_lock|^__csd_lock|^csd_do_func|^sysvec_call_function|^__sysvec_call_function|"
	"^smp_cond_load|^multi_cpu_stop$|^cpu_stopper_thread$|^stop_one_cpu|^stop_machine|"
	"^stop_cpus|^__stop_cpus|^queue_stop_cpus|^ipi_|^do_handle_IPI|^handle_IPI|"
	"^scheduler_ipi|^flush_tlb_func$|^native_flush_tlb_|^flush_tlb_mm_range$|^flush_tlb_all$|"
	"^flush_tlb_kernel_range$|^__text_poke|^text_poke_|^smp_text_poke_";

static const char attribute_callers[] =
	"^dev_attr_|^kobj_attr_|^drv_attr_|^bus_attr_|^class_attr_|^slab_attr_|^module_attr_|"
	"^param_attr_|^elv_attr_|^queue_attr_|^netdev_attr_|^sysfs_kf_|^kernfs_seq_|^kernfs_fop_|"
	"^kernfs_file_|^cgroup_file_write$|^cgroup_seqfile_show$";

gboolean name_is_dispatcher(const char *name)
{
	return name_has(name, dispatchers);
}

gboolean name_is_attribute_caller(const char *name)
{
	return name_has(name, attribute_callers);
}
