// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack frames as the architectures print them, and which functions are worth naming.
 *
 *	x86		 f+0x12/0x34 [mod]	 ? f+0x12/0x34		[<ffff…>] f+0x12/0x34
 *	arm		[<c0…>] (f) from [<c0…>] (caller+0x12/0x34)	f from caller+0x12/0x34
 *	arm64, riscv	 f+0x12/0x34		[<ffff…>] f+0x12/0x34
 *	powerpc		[c000…] [c000…] f+0x12/0x34 (unreliable)
 *	s390		 [<000…>] f+0x12/0x34	([<000…>] f+0x12/0x34)
 */
#include <stdlib.h>
#include <string.h>

#include "splat/internal.h"

static gboolean is_name_char(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '$';
}

/* "[<ffffffff81234567>] ", "[c000000000123456] ", "([<…>]": where it ends; TEXT where there is
 * none. */
static const char *skip_address(const char *text)
{
	const char *p = text + (*text == '(');
	gsize digits;

	if (*p != '[')
		return text;
	p++;
	p += *p == '<';
	p += strncmp(p, "0x", 2) == 0 ? 2 : 0;
	digits = strspn(p, "0123456789abcdefABCDEF");
	if (digits < 8 || digits > 16)
		return text;
	p += digits;
	p += *p == '>';
	if (*p != ']')
		return text;
	p++;
	return p + strspn(p, " \t");
}

gboolean frame_parse_symbol(const char *text, struct frame *ret)
{
	gsize len = 0, keep;
	char *end;

	if (!g_ascii_isalpha(*text) && *text != '_' && *text != '.')
		return FALSE;
	while (is_name_char(text[len]))
		len++;
	if (strncmp(text + len, "+0x", 3) != 0)
		return FALSE;
	/* .isra.0, .part.1, .cold, .llvm.123: the compiler's, not the author's */
	keep = *text == '.' ? 1 + strcspn(text + 1, ".+") : strcspn(text, ".+");
	keep = MIN(keep, len);
	memset(ret, 0, sizeof(*ret));
	g_strlcpy(ret->name, text, MIN(keep + 1, sizeof(ret->name)));
	g_strlcpy(ret->symbol, text, MIN(len + 1, sizeof(ret->symbol)));
	ret->offset = g_ascii_strtoull(text + len + 3, &end, 16);
	if (end == text + len + 3)
		return FALSE;
	if (strncmp(end, "/0x", 3) == 0)
		ret->size = g_ascii_strtoull(end + 3, &end, 16);
	end += strspn(end, " ");
	if (*end == '[') {
		gsize module = strcspn(end + 1, " ]");

		g_strlcpy(ret->module, end + 1, MIN(module + 1, sizeof(ret->module)));
		ret->inlined = strcmp(ret->module, "inline") == 0;
	}
	ret->guess = strstr(end, "(unreliable)") != NULL;
	return TRUE;
}

/* "f file.c:12 [inline]", as symbolisers add them. */
static gboolean parse_inlined(const char *text, struct frame *ret)
{
	gsize len = 0;

	if (!strstr(text, " [inline]"))
		return FALSE;
	while (is_name_char(text[len]))
		len++;
	if (!len || text[len] != ' ' || !strchr(text + len, ':'))
		return FALSE;
	memset(ret, 0, sizeof(*ret));
	g_strlcpy(ret->name, text, MIN(len + 1, sizeof(ret->name)));
	ret->inlined = TRUE;
	return TRUE;
}

/* arm: "(f) from …" names the function without an offset. */
static gboolean parse_arm(const char *text, struct frame *ret)
{
	const char *p = text + (*text == '(');
	gsize len = 0;

	while (is_name_char(p[len]))
		len++;
	if (!len ||
	    strncmp(p + len, *text == '(' ? ") from " : " from ", *text == '(' ? 7 : 6) != 0)
		return FALSE;
	if (!strstr(p + len, "+0x"))
		return FALSE;
	memset(ret, 0, sizeof(*ret));
	g_strlcpy(ret->name, p, MIN(strcspn(p, ".) ") + 1, sizeof(ret->name)));
	return TRUE;
}

gboolean frame_parse(const char *text, struct frame *ret)
{
	const char *p = text + strspn(text, " \t");
	const char *after = skip_address(p);
	gboolean addressed = after != p;
	gboolean guess = FALSE;

	p = skip_address(after);
	if (p[0] == '?' && p[1] == ' ') {
		guess = TRUE;
		p += 1 + strspn(p + 1, " ");
	}
	if (*p == '(' && addressed && frame_parse_symbol(p + 1, ret))
		return TRUE;
	if ((addressed || *p != '(') && parse_arm(p, ret))
		return TRUE;
	/* without blank or address before it, "f+0x1/0x2" is a piece of a sentence */
	if (!addressed && p == text && !strchr(p, '/'))
		return FALSE;
	if (!frame_parse_symbol(p, ret) && !parse_inlined(p, ret))
		return FALSE;
	ret->guess |= guess;
	return TRUE;
}

gboolean frame_parse_address(const char *text, guint64 *ret_address, gboolean *ret_guess)
{
	const char *p = text + strspn(text, " \t");
	const char *address = NULL;
	gboolean guess = FALSE;

	/* a number alone is no frame */
	if (p == text && *p != '[' && *p != '(')
		return FALSE;
	for (const char *after; (after = skip_address(p)) != p; p = after)
		address = p + strcspn(p, "0123456789abcdefABCDEF");
	if (p[0] == '?' && p[1] == ' ') {
		guess = TRUE;
		p += 1 + strspn(p + 1, " ");
	}
	if (p[0] == '0' && p[1] == 'x') {
		gsize digits = strspn(p + 2, "0123456789abcdefABCDEF");

		if (digits < 8 || digits > 16)
			return FALSE;
		address = p + 2;
		p += 2 + digits;
	}
	p += strspn(p, " ");
	if (!address || *p)
		return FALSE;
	if (strncmp(address, "0x", 2) == 0)
		address += 2;
	*ret_address = g_ascii_strtoull(address, NULL, 16);
	*ret_guess = guess;
	return TRUE;
}

gboolean frame_parse_fault(const char *text, struct frame *ret)
{
	static const struct {
		const char *word;
		const char *not_before; /* a selector of user space */
	} marks[] = {
		{"RIP: 0010:"}, {"RIP: e030:"},  {"RIP: 0018:"},
		{"RIP: "},      {"RIP  "},       {"RIP "},
		{"EIP: 0060:"}, {"EIP: "},       {"EIP is at "},
		{"NIP "},       {"PC is at "},   {"pc : "},
		{"pc: "},       {"epc : "},      {"epc: "},
		{"IP: "},       {"Krnl PSW : "}, {"--- interrupt: "},
	};
	const char *start = text + strspn(text, " \t");

	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
		const char *p;

		if (!g_str_has_prefix(start, marks[i].word))
			continue;
		p = start + strlen(marks[i].word);
		if (g_str_has_prefix(marks[i].word, "Krnl"))
			p = strchr(p, '(') ? strchr(p, '(') + 1 : p;
		if (g_str_has_prefix(marks[i].word, "---"))
			p = strstr(p, " at ") ? strstr(p, " at ") + 4 : p;
		p += strspn(p, " ");
		if (strspn(p, "0123456789") == 4 && p[4] == ':')
			p += 5;
		if (strncmp(p, "__", 2) != 0 && strncmp(p, "0033", 4) == 0)
			return FALSE;
		for (int n = 0; n < 2; n++)
			p = skip_address(p);
		return frame_parse_symbol(p, ret);
	}
	return FALSE;
}

gboolean frame_starts_trace(const char *text)
{
	return strstr(text, "Call Trace:") || strstr(text, "Call trace:") ||
	       strstr(text, "acktrace:") || strstr(text, "backtrace (crc");
}

/*
 * Functions that many reports go through and that say nothing of whose fault it is. Pieces of
 * names: the title takes the first frame that has none. The choice follows what public reports are
 * called by, so that titles can be compared.
 */
static const char *const common[] = {
	/* what reports */
	"dump_stack",
	"dump_backtrace",
	"show_stack",
	"show_regs",
	"panic",
	"report_bug",
	"fixup_bug",
	"handle_bug",
	"do_error",
	"do_trap",
	"_trap",
	"invalid_op",
	"warn_slowpath",
	"warn_alloc",
	"__warn",
	"bug_handler",
	"die",
	"oops_end",
	"print_address_description",
	"no_context",
	"bad_area",
	"program_check",
	"do_invalid_op",
	"exc_invalid",
	"el1_dbg",
	"debug_monitors",
	"brk_handler",
	"do_debug_exception",
	"call_break_hook",
	"do_undefinstr",
	"interrupt_return",
	/* instrumentation */
	"__sanitizer",
	"__asan",
	"kasan",
	"__msan",
	"kmsan",
	"kcsan",
	"__tsan",
	"check_memory_region",
	"check_region_inline",
	"read_word_at_a_time",
	"instrument_",
	"ubsan",
	"fortify",
	"should_fail",
	"debug_object",
	"is_static_object",
	"perf_trace",
	"trace_event",
	"__traceiter",
	"trace_hardirqs",
	"trace_softirqs",
	"trace_preempt",
	/* locks */
	"lockdep",
	"lock_acquire",
	"lock_release",
	"lock_class",
	"reacquire_held_locks",
	"lock_is_held",
	"lock_downgrade",
	"lock_pin",
	"lock_unpin",
	"spin_lock",
	"spin_trylock",
	"spin_unlock",
	"read_lock",
	"read_trylock",
	"read_unlock",
	"write_lock",
	"write_trylock",
	"write_unlock",
	"down",
	"up_read",
	"up_write",
	"mutex_lock",
	"mutex_trylock",
	"mutex_unlock",
	"mutex_remove_waiter",
	"osq_lock",
	"osq_unlock",
	"rt_mutex",
	"rwbase",
	"rtlock",
	"rwsem",
	"ww_mutex",
	"percpu_rwsem",
	"percpu_down",
	"percpu_up",
	"might_lock",
	"lock_irq",
	"check_prev_add",
	"check_prevs_add",
	"check_noncircular",
	"check_irq_usage",
	"validate_chain",
	"print_circular_bug",
	"print_deadlock_bug",
	"print_usage_bug",
	"print_irq_inversion",
	"print_bad_irq",
	"print_unlock_imbalance",
	"print_lock_invalid",
	"mark_lock",
	"mark_usage",
	"mark_held_locks",
	"register_lock",
	"add_chain",
	"debug_check_no_locks",
	"valid_state",
	/* RCU, counters, waiting */
	"rcu_",
	"_rcu",
	"srcu",
	"refcount_",
	"atomic_",
	"percpu_ref",
	"__wake_up",
	"wake_up",
	"finish_wait",
	"prepare_to_wait",
	"wait_for_common",
	"wait_for_completion",
	"do_wait_for",
	"completion",
	"preempt_count",
	"preempt_schedule",
	"schedule",
	"might_fault",
	"might_sleep",
	"might_resched",
	"cond_resched",
	/* strings, copies, lists, printing */
	"memcpy",
	"memcmp",
	"memset",
	"memchr",
	"memmove",
	"strcmp",
	"strncmp",
	"strcpy",
	"strlcpy",
	"strncpy",
	"strscpy",
	"strlen",
	"strnlen",
	"strstr",
	"strnstr",
	"strchr",
	"strdup",
	"copy_to_user",
	"copy_from_user",
	"put_user",
	"get_user",
	"copy_from_iter",
	"copy_to_iter",
	"list_add",
	"list_del",
	"list_replace",
	"list_move",
	"list_splice",
	"_indirect_thunk_",
	"string",
	"pointer",
	"printf",
	"printk",
	"vprintk",
	"console_",
	"dev_info",
	"dev_notice",
	"dev_warn",
	"dev_err",
	"dev_alert",
	"dev_crit",
	"dev_emerg",
	"_dev_printk",
	"bitmap_",
	"find_next_bit",
	"test_bit",
	"set_bit",
	"clear_bit",
	"uaccess",
	/* allocators */
	"kmalloc",
	"kcalloc",
	"kzalloc",
	"krealloc",
	"kfree",
	"kvfree",
	"kvmalloc",
	"vmalloc",
	"vzalloc",
	"kmem_cache",
	"slab_",
	"___slab",
	"__slab",
	"alloc_pages",
	"free_pages",
	"__alloc_",
	"mempool",
	"get_free_page",
	"prep_new_page",
	"post_alloc_hook",
	"fs_reclaim",
	/* timers, work, devices */
	"del_timer",
	"timer_delete",
	"flush_work",
	"__flush_work",
	"cancel_work",
	"cancel_delayed_work",
	"try_to_grab_pending",
	"flush_workqueue",
	"drain_workqueue",
	"destroy_workqueue",
	"kthread_stop",
	"kobject_del",
	"kobject_put",
	"kobject_uevent",
	"add_uevent_var",
	"get_device_parent",
	"device_add",
	"device_del",
	"device_unregister",
	"device_destroy",
	"device_for_each_child",
	"device_remove_file",
	"sysfs_remove",
	"unregister_netdev",
	"rollback_registered",
	"tty_unregister_device",
	"hwrng_unregister",
	"i2c_del_adapter",
	"__unregister_client",
	"usb_kill_urb",
	"usb_kill_anchored",
	"usb_control_msg",
	"usb_hcd_submit_urb",
	"usb_submit_urb",
	"dummy_urb_enqueue",
};

static gboolean has_word(const char *name, const char *words)
{
	char word[64];

	for (const char *p = words; p && *p;) {
		gsize len = strcspn(p, "|");

		g_strlcpy(word, p, MIN(len + 1, sizeof(word)));
		if (strstr(name, word))
			return TRUE;
		p += len + (p[len] == '|');
	}
	return FALSE;
}

gboolean frame_is_common(const char *name, const char *more)
{
	for (gsize i = 0; i < G_N_ELEMENTS(common); i++)
		if (strstr(name, common[i]))
			return TRUE;
	return has_word(name, more);
}
