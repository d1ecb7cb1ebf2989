// SPDX-License-Identifier: GPL-2.0-only
/* The first part of the table of formats (formats.c): reports of lockdep and the sanitizers. */
#include "splat/formats.h"

#define LEAKS                                                                                     \
	"kmemleak|mmap|kmem|slab|alloc|create_object|idr_get|list_lru_init|kasprintf|kvasprintf|" \
	"pcpu_create|strdup|strndup|memdup"
#define CIPHERS "alloc_skb|netlink_ack|netlink_rcv_skb|_encrypt$|^crypto_|^cipher_|^drbg_|^rng_"
#define TAG_CHECKS "kernel_fault|tag_check|mem_abort|^el1_|^el1h_"

static const struct format rows[] = {
	/* lockdep (kernel/locking/lockdep.c); until 4.11 as "[ INFO: … ]" and "[ BUG: … ]" */
	{"circular locking", "(?:WARNING|INFO): possible circular locking dependency detected",
	 "lockdep-circular", "possible deadlock in {f}", "{cycle}",
	 "process_one_work|flush_workqueue|drain_workqueue|destroy_workqueue", FRAME_LOCK,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"recursive locking", "(?:WARNING|INFO): possible recursive locking detected",
	 "lockdep-recursive", "possible deadlock in {f}", "{pair}", NULL, FRAME_FIRST_LOCK,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"lock order detected",
	 "(?:WARNING|INFO): (\\S+-(?:READ-)?safe) -> (\\S+-unsafe) lock order detected",
	 "lockdep-irq-order", "possible deadlock in {f}", "{irq}", NULL, FRAME_BECAME,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"lock inversion", "(?:WARNING|INFO): possible irq lock inversion dependency detected",
	 "lockdep-irq-inversion", "possible deadlock in {f}", "{irq}", NULL, FRAME_FIRST_LOCK,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"inconsistent lock state", "(?:WARNING|INFO): inconsistent lock state",
	 "lockdep-inconsistent", "inconsistent lock state in {f}", "{usage}",
	 "lock_sock|release_sock|fs_reclaim_|alloc_skb", FRAME_LAST_TRACE, FAMILY_LOCKDEP, 0,
	 FORMAT_LOCKDEP | FORMAT_OFF},
	{"nvalid wait context", "BUG: Invalid wait context", "lockdep-wait-context",
	 "WARNING: locking bug in {f}", "{wait}", "lock_sock|release_sock", FRAME_TRACE,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"suspicious", "(WARNING|INFO): suspicious (?:RCU|rcu_dereference_check\\(\\)) usage",
	 "lockdep-rcu", "{1}: suspicious RCU usage in {f}", "{rcu}", "rcu|kmem|slab",
	 FRAME_LAST_TRACE, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP},
	{"bad unlock balance", "(WARNING|BUG): bad unlock balance detected",
	 "lockdep-unlock-balance", "{1}: bad unlock balance in {f}", "{class} {f}", NULL,
	 FRAME_RELEASE, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"bad contention", "(WARNING|BUG): bad contention detected", "lockdep-contention",
	 "{1}: bad contention in {f}", "{class} {f}", NULL, FRAME_RELEASE, FAMILY_LOCKDEP, 0,
	 FORMAT_LOCKDEP | FORMAT_OFF},
	{"held lock freed", "(WARNING|BUG): held lock freed", "lockdep-freed",
	 "{1}: held lock freed in {f}", "{class} {f}", NULL, FRAME_FIRST_LOCK, FAMILY_LOCKDEP, 0,
	 FORMAT_LOCKDEP | FORMAT_OFF},
	{"still has locks held", "(WARNING|BUG): .*still has locks held", "lockdep-held",
	 "{1}: still has locks held in {f}", "{class} {f}", NULL, FRAME_FIRST_LOCK, FAMILY_LOCKDEP,
	 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"lock held when returning", "(WARNING|BUG): lock held when returning to user space",
	 "lockdep-user-return", "{1}: lock held when returning to user space in {f}", "{class} {f}",
	 NULL, FRAME_FIRST_LOCK, FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP | FORMAT_OFF | FORMAT_NO_STACK},
	{"Nested lock", "(WARNING|BUG): Nested lock was not taken", "lockdep-nested",
	 "{1}: nested lock was not taken in {f}", "{class} {f}", NULL, FRAME_FAULT, FAMILY_LOCKDEP,
	 0, FORMAT_LOCKDEP | FORMAT_OFF},
	{"chain_key collision", "WARNING: chain_key collision", "lockdep-collision",
	 "WARNING: chain_key collision in {f}", "{f}", "^lookup_chain_cache", FRAME_TRACE,
	 FAMILY_LOCKDEP, 0, FORMAT_LOCKDEP},
	{"register non-static key", "INFO: trying to register non-static key", "lockdep-key",
	 "INFO: trying to register non-static key in {f}", "{f}", "stack|lock|IRQ", FRAME_TRACE,
	 FAMILY_LOCKDEP, 0, FORMAT_OFF},
	{"invalid subclass", "BUG: looking up invalid subclass: \\d+", "lockdep-key",
	 "BUG: looking up invalid subclass in {f}", "{f}", "stack|lock", FRAME_TRACE,
	 FAMILY_LOCKDEP, 0, FORMAT_OFF},
	{"BUG: key ", "BUG: key \\S+ (?:has not been registered|not in \\.data)!", "lockdep-key",
	 "BUG: key has not been registered in {f}", "{f}", "stack|lock", FRAME_TRACE,
	 FAMILY_LIMIT | FAMILY_TOLD, 0, FORMAT_OFF | FORMAT_BARE | FORMAT_NO_STACK},
	{"too low!", "BUG: (MAX_(?:STACK_TRACE_ENTRIES|LOCKDEP_\\w+|LOCK_DEPTH)) too low!",
	 "lockdep-limit", "BUG: {1} too low!", "{1}", NULL, FRAME_NONE, FAMILY_LIMIT, 0,
	 FORMAT_OFF | FORMAT_NO_STACK, SPLAT_LOST},
	{"kernel/locking/lockdep.c",
	 WARN_AT("\\S*kernel/locking/lockdep\\.c", "(?<f>[A-Za-z0-9_]*lock_[A-Za-z0-9_]*)"),
	 "lockdep-warn", "WARNING: locking bug in {f}", "{f}", "lock_sock|release_sock",
	 FRAME_FAULT, FAMILY_WARN, FAMILY_CUT, FORMAT_ADOPTS},
	{"lockdep.c", WARN_AT("\\S*kernel/(?:locking/)?lockdep\\.c", F_IF_KNOWN), "lockdep-warn",
	 "WARNING in {f}", "{f}", "lock_sock|release_sock", FRAME_FAULT, FAMILY_WARN, FAMILY_CUT,
	 FORMAT_ADOPTS},

	/* sanitizers */
	{"BUG: KASan:", "BUG: KASan: use after free in " F, "kasan", /* format of 4.0 to 4.2 */
	 "KASAN: use-after-free {access} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KASan:", "BUG: KASan: out of bounds (?:access|on stack) in " F, "kasan",
	 "KASAN: out-of-bounds {access} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: (?:double-free or )?(double-free|invalid-free) in " F, "kasan",
	 "KASAN: invalid-free in {f}", NULL, "slab_|kfree|vunmap|vfree", FRAME_GROUP,
	 FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: ([a-z-]+) in " F, "kasan", "KASAN: {1} {access} in {f}", NULL,
	 TAG_CHECKS, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: ([a-z-]+) on address", "kasan", "KASAN: {1} {access}", "{1}",
	 NULL, FRAME_NONE, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: (invalid-access)\\s*$", "kasan", /* asynchronous fault */
	 "KASAN: {1} in {f}", "{1} {f}", "^mte_|" TAG_CHECKS, FRAME_TRACE, FAMILY_SANITIZER},
	{"BUG: KASAN:", "BUG: KASAN: (.*)", "kasan", "KASAN: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_SANITIZER, 0, FORMAT_CORRUPTED},
	/* the second line of a fault with KASAN; a quote may begin with it */
	{"KASAN: ",
	 "^KASAN: (?:null-ptr-deref|(?:probably |maybe )?(?:user|wild)-memory-access) in range \\[",
	 "gpf", "general protection fault in {f}", "{f}", NULL, FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS, FORMAT_PROOF | FORMAT_CORRUPTED},
	{"BUG: KMSAN:", "BUG: KMSAN: (kernel-usb-infoleak) in " F, "kmsan", "KMSAN: {1} in {f}",
	 NULL, "alloc_skb|" USB, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KMSAN:", "BUG: KMSAN: ([a-z-]+) in " F, "kmsan", "KMSAN: {1} in {f}", NULL, CIPHERS,
	 FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KMSAN:", "BUG: KMSAN: (.*)", "kmsan", "KMSAN: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_SANITIZER, 0, FORMAT_CORRUPTED},
	{"BUG: KCSAN:", "BUG: KCSAN: ([a-z: -]*in " F ".*)", "kcsan", "KCSAN: {1}", NULL, NULL,
	 FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KCSAN:", "BUG: KCSAN: (.*)", "kcsan", "KCSAN: {1}", NULL, NULL, FRAME_NONE,
	 FAMILY_SANITIZER},
	/* KTSAN, of which KCSAN is the successor */
	{"Sanitizer: data-race", "^ThreadSanitizer: data-race in " F, "kcsan",
	 "KTSAN: data-race in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER, 0, FORMAT_PROOF},
	{"BUG: KFENCE:", "BUG: KFENCE: (use-after-free|out-of-bounds) (read|write) in " F, "kfence",
	 "KFENCE: {1} {2} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KFENCE:",
	 "BUG: KFENCE: (invalid free|invalid read|invalid write|memory corruption) in " F, "kfence",
	 "KFENCE: {1} in {f}", NULL, NULL, FRAME_GROUP, FAMILY_SANITIZER},
	{"BUG: KFENCE:", "BUG: KFENCE: (.*)", "kfence", "KFENCE: {1}", NULL, NULL, FRAME_TRACE,
	 FAMILY_SANITIZER, 0, FORMAT_CORRUPTED},
	{"UBSAN:", "UBSAN: Undefined behaviour in " SRC, "ubsan",
	 "UBSAN: undefined-behaviour in {f}", "{f}", "ubsan|overflow", FRAME_TRACE,
	 FAMILY_SANITIZER, FAMILY_CUT, FORMAT_ADOPTS},
	{"UBSAN:", "UBSAN: ([a-zA-Z -]+) in " SRC, "ubsan", "UBSAN: {1} in {f}", "{1} {f}",
	 "ubsan|overflow", FRAME_TRACE, FAMILY_SANITIZER, FAMILY_CUT, FORMAT_ADOPTS},
	/*
	 * with CONFIG_UBSAN_TRAP, the report of a trap follows this row's line on x86, and the next
	 * row's line on arm64
	 */
	{"UBSAN:", "UBSAN: ([a-z -]+) at " F "\\+0x", "ubsan", "UBSAN: {1} in {f}", "{1} {f}",
	 "ubsan|overflow", FRAME_GROUP, FAMILY_SANITIZER | FAMILY_TOLD, FAMILY_CUT, FORMAT_ADOPTS},
	{"Internal error:", "Internal error: UBSAN: ([^:]+)", "ubsan", "UBSAN: {1} in {f}",
	 "{1} {f}", "ubsan|overflow", FRAME_FAULT, FAMILY_OOPS,
	 FAMILY_OOPS | FAMILY_BUG | FAMILY_TOLD, FORMAT_PROOF},
	{"BUG: memory leak", "BUG: memory leak", "memleak", "memory leak in {f}", NULL, LEAKS,
	 FRAME_TRACE, FAMILY_SANITIZER},
	/*
	 * With kmemleak.verbose=1 the kernel prints this after one scan. It is only a suspicion:
	 * the pointer may have moved meanwhile, to memory that was already scanned.
	 */
	{"unreferenced object", "^kmemleak: unreferenced object (?:0x)?[0-9a-f]+ \\(", "memleak",
	 "memory leak in {f}", NULL, LEAKS, FRAME_TRACE, FAMILY_SANITIZER, FAMILY_SANITIZER, 0,
	 SPLAT_NOTE},
	{"unreferenced object", "^\\s*unreferenced object (?:0x)?[0-9a-f]+ \\(", "memleak",
	 "memory leak in {f}", NULL, LEAKS, FRAME_TRACE, FAMILY_SANITIZER, FAMILY_SANITIZER},
};

const struct formats formats_validators = {rows, G_N_ELEMENTS(rows)};
