// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic functions: they occur in many reports and do not identify a bug, so a report is named
 * after the first function that is not generic. The list follows the titles of public reports, so
 * that titles can be compared.
 */
#include <string.h>

#include "splat/internal.h"

/* Parts of names, separated by '|'; '^' anchors a part to the start of the name, '$' to its end. */
static const char generic[] =
	/* functions that print reports, and architecture code that calls them */
	"panic|report_bug|fixup_bug|handle_bug|bug_handler$|invalid_op|exc_invalid|do_error|"
	"do_trap|program_check|do_undefinstr|^call_break_hook$|brk_handler$|"
	"^do_debug_exception$|^el1_dbg|^die$|^__die$|^oops_end$|^no_context$|bad_area|"
	"do_kernel_fault|do_translation_fault|do_mem_abort|el1_abort|el1h_64_sync|"
	"^interrupt_return$|__warn|warn_slowpath|warn_alloc|warn_bogus|assertfail|"
	"__fortify_report|print_report|print_address_description|print_tainted|^get_taint$|"
	"hex_dump|dump_stack|dump_backtrace|^unwind_backtrace$|show_stack|show_regs|"
	"walk_stack|arch_stack_walk|stack_trace_save|stack_trace_consume_entry|"
	/* instrumentation */
	"kasan|kmsan|kcsan|ubsan|hwasan|__asan|__msan|__tsan|__sanitizer|_nocheck$|"
	"check_memory_region|check_heap_object|check_object|read_word_at_a_time|debug_object|"
	"is_static_object|perf_trace|trace_hardirq|trace_softirq|should_fail|ref_tracker|"
	"seqprop_assert|"
	/* lockdep */
	"lockdep|lock_acquire|lock_release|lock_class|mark_lock|^mark_usage$|mark_held_locks|"
	"reacquire_held_locks|^valid_state$|^validate_chain$|^check_prev|^check_noncircular|"
	"^check_irq_usage|^check_usage|^check_deadlock|^check_wait_context|"
	"^print_circular_bug|^print_deadlock_bug|^print_usage_bug|^print_irq_inversion|"
	"^print_bad_irq|^print_lock_invalid|^print_collision|^debug_check_no_locks|"
	"^lock_pin_|^lock_unpin_|^lock_downgrade|print_unlock|imbalance_bug|"
	/* locks */
	"spin_lock|spin_trylock|spin_unlock|raw_spin_rq|read_lock|read_trylock|read_unlock|"
	"write_lock|write_trylock|write_unlock|^down$|down_read|down_write|down_trylock|"
	"up_read|up_write|^mutex_|^__mutex_|^rt_mutex_|owner_on_cpu|osq_lock|osq_unlock|"
	"lock_timer_base|^lock_page|^unlock_page|"
	/* waiting, interrupts, counting */
	"might_fault|might_sleep|might_resched|bh_enable|bh_disable|__wake_up|finish_wait|"
	"wait_for_completion|^complete$|cleanup_srcu_struct|^refcount_|^kref_|set_bit|"
	"clear_bit|change_bit|test_bit|"
	/* memory and strings */
	"memcpy|memcmp|memset|memchr|memmove|memdup|strcmp|strncmp|strcpy|strncpy|strlcpy|"
	"strscpy|strlen|strnlen|strstr|strnstr|strchr|strdup|strndup|string|pointer|"
	"copy_to_user|copy_from_user|put_user|get_user|copy_to_iter|copy_from_iter|"
	"copy_page_to_iter|copy_page_from_iter|copy_folio_to_iter|^copyin$|^copyout$|"
	"extract_user_to_sg|extract_iter_to_sg|__phys_addr|crc_itu_t|"
	/* lists, trees, tables */
	"list_add|list_del|list_move|list_replace|list_splice|^klist_|^rb_|^__rb_|xas_start|"
	"xas_load|xas_find|rhashtable_lookup|ida_free|_indirect_thunk_|"
	/* printing */
	"printk|snprintf|scnprintf|kasprintf|kvasprintf|va_format|dev_info|dev_notice|"
	"dev_warn|dev_err|dev_alert|dev_crit|dev_emerg|"
	/* allocators, page cache */
	"malloc|zalloc|calloc|krealloc|^kfree$|^kvfree$|kfree_skb|kmem_cache|slab_|"
	"allocate_slab|alloc_page|__alloc_frozen_pages_noprof|folio_alloc|folio_unlock|"
	"filemap_alloc_folio|__filemap_get_folio|pagecache_get_page|find_or_create_page|"
	"read_cache_page|do_read_cache_folio|grab_cache_page_write_begin|find_lock_entries|"
	"truncate_inode_pages_range|truncate_cleanup_folio|^ifs_free$|^iput$|^iput_final$|"
	"^ihold$|dput|drop_nlink|"
	/* work and timers */
	"queue_work|insert_work|__queue_delayed_work|queue_delayed_work_on|flush_work|"
	"drain_workqueue|destroy_workqueue|__cancel_work_timer|cancel_work_sync|"
	"try_to_grab_pending|kthread_stop|del_timer|__mod_timer|__timer_delete_sync|"
	"sk_stop_timer_sync|"
	/* devices */
	"kobject_|add_uevent_var|get_device_parent|^put_device$|device_add|device_del|"
	"device_unregister|device_destroy|device_release|devres_release_all|"
	"device_for_each_child|device_remove_file|sysfs_remove|unregister_netdev|"
	"rollback_registered|hwrng_unregister|i2c_del_adapter|__unregister_client|"
	"tty_unregister_device|usb_kill_urb|usb_kill_anchored_urbs|usb_control_msg|"
	"usb_hcd_submit_urb|usb_submit_urb|dummy_urb_enqueue|readb$|readw$|readl$|readq$|"
	"writeb$|writew$|writel$|writeq$|logic_in|logic_out";

/* Additional parts of names of generic functions, only in RULES_V2. */
static const char generic_v2[] =
	/* tests of page flags, which contain the trap of VM_BUG_ON_PAGE() */
	"const_folio_flags|^folio_flags$|^page_flags$|^folio_test_|^folio_set_|^folio_clear_|"
	"^__folio_set_|^__folio_clear_|^folio_ref_|^page_ref_|^folio_try_get|^compound_head$|"
	"^_compound_head$|^PageHead$|^PageTail$|^dump_page|bad_page|"
	/* allocators */
	"_noprof$|get_free_pages|^get_zeroed_page|^alloc_pages_|^__alloc_pages|"
	"^__free_pages|^free_pages|^get_page_from_freelist$|^new_slab$|^___slab_alloc$|"
	"^kvrealloc|^devm_kasprintf$|^build_skb$|^__build_skb|"
	/* small functions that any code calls */
	"^crc32|^crc16|^crc64|^crc7|^crc8|^crc_|^__crc|^chksum_update$|^xxh32|^xxh64|^jhash|"
	"^siphash|^hash_name$|^full_name_hash$|^find_next_|^_find_next|^_find_first|"
	"^find_first_|^__bitmap_|^bitmap_|^sort_r$|^clear_page|^copy_page|^copy_mc_|"
	"^csum_partial|^__delay$|^delay_tsc$|^__const_udelay$|^__udelay$|^native_read_msr|"
	"^native_write_msr|^do_trace_read_msr$|^do_trace_write_msr$|^rdmsr|^wrmsr|^__rdmsr|"
	"^__wrmsr|^ktime_get|^read_tsc$|^rcu_is_watching$|^rcu_lockdep_current|^do_bp$|"
	"^handle_bp|^do_bp_|^do_break|^handle_bug|^handle_cfi|^report_cfi_failure|"
	"^__cfi_slowpath|^__cfi_check|^cfi_|^do_be$|^do_ade$|^do_sea$|^nmi_panic|^add_taint$|"
	"^__bad_stack$|^stack_chk_fail$|^__stack_chk_fail|^arm64_serror|^do_serror|"
	"^el1h_64_error|^el1_error|^el1h_error|^do_tr$|^handle_tr|^dump_trace$|^show_trace|"
	"^rust_helper_|^__lock_text_start$|^kfence_";

static gboolean has_piece(const char *name, const char *piece, gsize len)
{
	gsize size = strlen(name);
	gsize start = len && *piece == '^';
	gsize end = len > start && piece[len - 1] == '$';

	piece += start;
	len -= start + end;
	if (size < len || !len)
		return FALSE;
	if (start)
		return memcmp(name, piece, len) == 0 && (!end || size == len);
	if (end)
		return memcmp(name + size - len, piece, len) == 0;
	return memmem(name, size, piece, len) != NULL;
}

static gboolean has_any(const char *name, const char *pieces)
{
	for (const char *p = pieces; p && *p;) {
		gsize len = strcspn(p, "|");

		if (has_piece(name, p, len))
			return TRUE;
		p += len + (p[len] == '|');
	}
	return FALSE;
}

/*
 * Returns TRUE if NAME is an atomic operation such as atomic_inc() or arch_atomic64_try_cmpxchg(),
 * but not drm_atomic_commit().
 */
static gboolean is_atomic(const char *name)
{
	static const char *const operations[] = {"dec",	 "inc",	    "read", "set", "or",
						 "xor",	 "and",	    "add",  "sub", "fetch",
						 "xchg", "cmpxchg", "try"};

	for (const char *p = name; (p = strstr(p, "atomic"));) {
		p += strlen("atomic");
		const char *operation = p + (strncmp(p, "64", 2) == 0 ? 2 : 0);

		for (gsize i = 0; *operation == '_' && i < G_N_ELEMENTS(operations); i++)
			if (g_str_has_prefix(operation + 1, operations[i]))
				return TRUE;
	}
	return FALSE;
}

static gboolean is_generic_v1(const char *name)
{
	/*
	 * version 1 also counts all names that end in "_trap"; this is not specific enough for
	 * version 2
	 */
	return has_any(name, generic) || is_atomic(name) || has_any(name, "_trap$");
}

static gboolean is_generic_v2(const char *name)
{
	if (has_any(name, generic) || is_atomic(name))
		return TRUE;
	return !has_any(name, "_trap$") && has_any(name, generic_v2);
}

/*
 * A cache of results, because checking one name needs some hundred comparisons, and a log repeats
 * the same functions. For each name, bit N of `known` says that list N was checked, and bit N of
 * `yes` is its result. Bits RULES_V1 and RULES_V2 are for is_generic_v1() and is_generic_v2(), the
 * others for the lists of name_has().
 */
#define NAMES_MAX 8192 /* number of names in each thread's cache, at most */
#define LISTS_MAX 64

struct answer {
	guint64 known, yes;
	json_t *json; /* the name as a JSON string, or NULL */
};

struct cache {
	GHashTable *names; /* name -> struct answer */
	/*
	 * element N is the list to which bit N of struct answer belongs: an argument of name_has();
	 * the elements up to RULES_V2 are unused
	 */
	const char *lists[LISTS_MAX];
	guint n_lists;
};

static void answer_free(gpointer data)
{
	struct answer *answer = data;

	json_decref(answer->json);
	g_free(answer);
}

static void cache_free(gpointer data)
{
	struct cache *cache = data;

	g_hash_table_unref(cache->names);
	g_free(cache);
}

static GPrivate caches = G_PRIVATE_INIT(cache_free);

static struct cache *cache_get(void)
{
	struct cache *cache = g_private_get(&caches);

	if (cache)
		return cache;
	cache = g_new0(struct cache, 1);
	cache->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, answer_free);
	cache->n_lists = RULES_V2 + 1;
	g_private_set(&caches, cache);
	return cache;
}

static struct answer *answer_for(struct cache *cache, const char *name)
{
	struct answer *answer = g_hash_table_lookup(cache->names, name);

	if (answer)
		return answer;
	if (g_hash_table_size(cache->names) >= NAMES_MAX)
		g_hash_table_remove_all(cache->names);
	answer = g_new0(struct answer, 1);
	g_hash_table_insert(cache->names, g_strdup(name), answer);
	return answer;
}

/*
 * Returns the index of the list PIECES in `lists`, found by its address, or LISTS_MAX if the table
 * is full.
 */
static guint list_index(struct cache *cache, const char *pieces)
{
	for (guint i = RULES_V2 + 1; i < cache->n_lists; i++)
		if (cache->lists[i] == pieces)
			return i;
	if (cache->n_lists == LISTS_MAX)
		return LISTS_MAX;
	cache->lists[cache->n_lists] = pieces;
	return cache->n_lists++;
}

static gboolean answer_of(struct answer *answer, guint list, const char *name, const char *pieces)
{
	guint64 bit = (guint64)1 << list;
	gboolean yes;

	if (answer->known & bit)
		return (answer->yes & bit) != 0;
	yes = list == RULES_V1	 ? is_generic_v1(name)
	      : list == RULES_V2 ? is_generic_v2(name)
				 : has_any(name, pieces);
	answer->known |= bit;
	answer->yes |= yes ? bit : 0;
	return yes;
}

gboolean name_has(const char *name, const char *pieces)
{
	struct cache *cache = cache_get();
	guint list = pieces ? list_index(cache, pieces) : LISTS_MAX;

	return list == LISTS_MAX ? has_any(name, pieces)
				 : answer_of(answer_for(cache, name), list, name, pieces);
}

gboolean generic_by_rules(const char *name, const char *more, enum rules rules)
{
	struct cache *cache = cache_get();
	guint list = more ? list_index(cache, more) : LISTS_MAX;
	struct answer *answer = answer_for(cache, name);

	if (answer_of(answer, rules, name, NULL))
		return TRUE;
	return list == LISTS_MAX ? has_any(name, more) : answer_of(answer, list, name, more);
}

json_t *name_json(const char *name)
{
	struct answer *answer = answer_for(cache_get(), name);

	if (!answer->json)
		answer->json = splat_json_text(name);
	return json_incref(answer->json);
}

gboolean frame_is_generic(const char *name, const char *more)
{
	return generic_by_rules(name, more, RULES_V2);
}
