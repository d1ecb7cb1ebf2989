// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the keys by which equal reports are recognised, at three levels: `bug` is the same for
 * every build, boot and architecture; `path` also has the functions on the stacks; `exact` also has
 * whole frames with offsets. A key begins with the version of the rules. If both versions of the
 * rules make the same `bug`, it begins with "v1:". Otherwise it begins with "v2:", and the key of
 * the first version is stored as `former`.
 */
#include <string.h>

#include "splat/internal.h"
#include "util/text.h"

/*
 * Returns LOCK_CLASS without the numbers of devices ("loop0", "nvme0n1", "dm-3") and of workqueues.
 * The caller frees it.
 */
static char *class_key(const char *lock_class)
{
	static GRegex *device, *queue;
	g_autofree char *plain = NULL;

	if (!device) {
		/* remove the number, but keep a subclass ("/1") */
		queue = g_regex_new("^(\\(wq_completion\\).*?[^/\\d])\\d+", G_REGEX_RAW, 0, NULL);
		device = g_regex_new("\\b(loop|nvme|dm-|md|sd[a-z]|vd[a-z]|zram|ram|nbd|eth|bond|"
				     "team|veth|tun|tap|vlan|wlan|bcsf)\\d+(?:n\\d+)?(?:p\\d+)?\\b",
				     G_REGEX_RAW, 0, NULL);
	}
	if (!strpbrk(lock_class, "0123456789"))
		return g_strdup(lock_class);
	plain = g_regex_replace(device, lock_class, -1, 0, "\\1N", 0, NULL);
	return g_regex_replace(queue, plain, -1, 0, "\\1N", 0, NULL);
}

static void add_class(GString *out, const char *lock_class)
{
	g_autofree char *key = lock_class ? class_key(lock_class) : g_strdup("?");

	g_string_append(out, key);
}

static void add_sorted_pair(GString *out, const char *a, const char *b, const char *between)
{
	g_autofree char *one = a ? class_key(a) : g_strdup("?");
	g_autofree char *two = b ? class_key(b) : g_strdup("?");
	gboolean swap = strcmp(one, two) > 0;

	g_string_append_printf(out, "%s%s%s", swap ? two : one, between, swap ? one : two);
}

static const char *detail_text(const struct splat *splat, const char *key)
{
	const char *text =
		splat->detail ? json_string_value(json_object_get(splat->detail, key)) : NULL;

	return text ? text : "";
}

/*
 * Adds the lock classes of a cycle. kn->active is the class of every open sysfs file, so it does
 * not identify a cycle; the function of the file is added to it.
 */
static void add_cycle(GString *out, const struct splat *splat, enum rules rules)
{
	const char *attribute = rules == RULES_V1 ? "" : detail_text(splat, "attribute");

	for (guint i = 0; splat->cycle && splat->cycle[i]; i++) {
		if (i)
			g_string_append(out, " --> ");
		add_class(out, splat->cycle[i]);
		if (*attribute && strcmp(splat->cycle[i], "kn->active") == 0)
			g_string_append_printf(out, "(%s)", attribute);
	}
	if (!splat->cycle)
		add_class(out, splat->acquiring.lock_class);
}

/*
 * Adds the classes of a report about locks in interrupts: the lock that interrupts acquire
 * ("safe"), the lock that is held with interrupts on ("unsafe"), and the new lock order.
 */
static void add_irq(GString *out, const struct splat *splat)
{
	const char *safe = detail_text(splat, "safe");
	const char *unsafe = detail_text(splat, "unsafe");

	add_class(out, *safe ? safe : "-");
	g_string_append(out, " | ");
	add_class(out, *unsafe ? unsafe : "-");
	g_string_append(out, " | ");
	if (splat->holding.lock_class) {
		add_class(out, splat->holding.lock_class);
		g_string_append(out, " -> ");
	}
	add_class(out, splat->acquiring.lock_class);
}

/*
 * Adds the lock class and the contexts of an inconsistent usage. {IN-HARDIRQ-W} and {HARDIRQ-ON-W},
 * in any order, for reading or writing, become "HARDIRQ".
 */
static void add_usage(GString *out, const struct splat *splat)
{
	static const char *const contexts[] = {"HARDIRQ", "SOFTIRQ", "RECLAIM_FS", "NMI"};
	const char *usage = detail_text(splat, "usage");

	add_class(out, splat->acquiring.lock_class);
	for (gsize i = 0; i < G_N_ELEMENTS(contexts); i++)
		if (strstr(usage, contexts[i]))
			g_string_append_printf(out, " %s", contexts[i]);
}

/*
 * Adds the wanted lock, and the held lock that forbids it: the newest of those with the lowest
 * inner wait type. The numbers of wait types are not added, because they changed in 6.12, but not
 * their order.
 */
static void add_wait(GString *out, const struct splat *splat)
{
	const struct splat_lock *strictest = NULL;

	for (guint i = 0; splat->held && i < splat->held->len; i++) {
		const struct splat_lock *lock = splat->held->pdata[i];

		/* lockdep does not check the wait types of locks whose `inner` is 0 */
		if (lock->inner > 0 && (!strictest || lock->inner <= strictest->inner))
			strictest = lock;
	}
	add_class(out, splat->acquiring.lock_class);
	if (strictest) {
		g_string_append(out, " in ");
		add_class(out, strictest->lock_class);
	}
}

/* Adds the source file of the check, without the line number, the message, and FUNCTION. */
static void add_rcu(GString *out, const struct splat *splat, const char *function)
{
	g_string_append_printf(out, "%s %s %s", detail_text(splat, "file"),
			       detail_text(splat, "complaint"), function ? function : "?");
}

static void add_held_classes(GString *out, const struct splat *splat)
{
	if (splat->acquiring.lock_class) {
		add_class(out, splat->acquiring.lock_class);
		return;
	}
	for (guint i = 0; splat->held && i < splat->held->len; i++) {
		const struct splat_lock *lock = splat->held->pdata[i];

		g_string_append(out, i ? " " : "");
		add_class(out, lock->lock_class);
	}
}

static void add_file(GString *out, const struct report *report)
{
	const char *src = report->groups.at[GROUP_SRC];

	if (!src)
		return;
	/* a build outside of the source tree prints paths like "../../mm/slub.c" */
	while (g_str_has_prefix(src, "./") || g_str_has_prefix(src, "../"))
		src = strchr(src, '/') + 1;
	g_string_append(out, src);
}

/* Adds why a page is bad, from "page dumped because: nonzero mapcount". */
static void add_reason(GString *out, const struct report *report)
{
	static const char words[] = "page dumped because: ";

	for (guint i = report->header; i < report->n; i++) {
		const char *at = strstr(report->seen[i].text, words);

		if (!at)
			continue;
		at += strlen(words);
		g_string_append(out, at);
		while (out->len && out->str[out->len - 1] == ' ')
			g_string_truncate(out, out->len - 1);
		return;
	}
	g_string_append_c(out, '?');
}

/*
 * Adds the function that called the page allocator, from the stack; the title may have another
 * function.
 */
static void add_trace(GString *out, const struct splat *splat)
{
	g_autofree char *name = page_function(splat->frames);

	g_string_append(out, name ? name : "?");
}

struct source {
	const struct splat *splat;
	const struct report *report;
	const char *function;
	enum rules rules;
};

static void expand(GString *out, const char *word, void *data)
{
	const struct source *source = data;
	const struct splat *splat = source->splat;
	const struct report *report = source->report;

	if (strcmp(word, "f") == 0)
		/* an x86 __x64_sys_mount and a powerpc sys_mount get the same key */
		g_string_append(out, source->function ? plain_name(source->function) : "?");
	else if (strcmp(word, "src") == 0)
		add_file(out, report);
	else if (strcmp(word, "cycle") == 0)
		add_cycle(out, splat, source->rules);
	else if (strcmp(word, "pair") == 0)
		add_sorted_pair(out, splat->holding.lock_class, splat->acquiring.lock_class, " | ");
	else if (strcmp(word, "irq") == 0)
		add_irq(out, splat);
	else if (strcmp(word, "usage") == 0)
		add_usage(out, splat);
	else if (strcmp(word, "wait") == 0)
		add_wait(out, splat);
	else if (strcmp(word, "rcu") == 0)
		add_rcu(out, splat, source->function);
	else if (strcmp(word, "class") == 0)
		add_held_classes(out, splat);
	else if (strcmp(word, "reason") == 0)
		add_reason(out, report);
	else if (strcmp(word, "trace") == 0)
		add_trace(out, splat);
	else if (g_ascii_isdigit(*word))
		g_string_append(out, report->groups.at[*word - '0'] ? report->groups.at[*word - '0']
								    : "");
}

/* Returns the key `bug` without "v1:KIND:" before it. */
static char *key_by_rules(const struct splat *splat, const struct report *report,
			  const char *function, enum rules rules)
{
	const char *sign = report->format->sign;

	/* in the first version all bad pages had the same key */
	if (rules == RULES_V1 && sign && strstr(sign, "{reason}"))
		sign = "BUG: Bad page {1}";
	if (!sign && g_strcmp0(function, splat->function) == 0)
		return g_strdup(splat->title);
	if (!sign)
		return title_of(report, function);
	return template_fill(sign, expand, &(struct source){splat, report, function, rules});
}

static char *valid(char *text)
{
	char *good;

	if (text_is_utf8(text, strlen(text)))
		return text;
	good = g_utf8_make_valid(text, -1);
	g_free(text);
	return good;
}

/*
 * Returns TRUE if the two versions of the rules can make different keys although the function is
 * the same.
 */
static gboolean versions_differ(const struct report *report)
{
	const char *sign = report->format->sign;

	return sign && (strstr(sign, "{reason}") || strstr(sign, "{cycle}"));
}

static void bug_keys(struct splat *splat, const struct report *report)
{
	g_autofree char *function = naming_function(splat, report, RULES_V1);
	g_autofree char *new = valid(key_by_rules(splat, report, splat->function, RULES_V2));
	g_autofree char *old = NULL;
	gboolean same = g_strcmp0(function, splat->function) == 0 && !versions_differ(report);

	if (!same) {
		old = valid(key_by_rules(splat, report, function, RULES_V1));
		same = strcmp(old, new) == 0;
	}
	splat->bug = g_strconcat(same ? "v1:" : "v2:", splat->kind, ":", new, NULL);
	splat->former = same ? NULL : g_strconcat("v1:", splat->kind, ":", old, NULL);
}

static void add_function(GString *out, const char *name)
{
	g_string_append(out, " @");
	g_string_append(out, name);
}

/*
 * Adds, for each link of the lock chain, the function that acquires the lock: the first one that is
 * not part of the implementation of locks.
 */
static void add_links(GString *out, const struct splat *splat)
{
	json_t *chain = splat->detail ? json_object_get(splat->detail, "chain") : NULL;

	for (gsize i = 0; i < json_array_size(chain); i++) {
		json_t *stack = json_object_get(json_array_get(chain, i), "stack");

		for (gsize f = 0; f < json_array_size(stack); f++) {
			const char *name = json_string_value(json_array_get(stack, f));

			if (frame_is_generic(name, NULL))
				continue;
			add_function(out, plain_name(name));
			break;
		}
	}
}

static char *path_key(const struct splat *splat)
{
	GString *out = g_string_new(splat->bug);
	guint named = 0;

	if (splat->cycle) {
		add_links(out, splat);
		return g_string_free(out, FALSE);
	}
	if (splat->acquiring.function)
		add_function(out, splat->acquiring.function);
	if (splat->holding.function)
		add_function(out, splat->holding.function);
	for (guint i = 0; splat->frames && i < splat->frames->len && named < 3; i++) {
		if (frame_is_generic(splat->frames->pdata[i], NULL))
			continue;
		add_function(out, plain_name(splat->frames->pdata[i]));
		named++;
	}
	return g_string_free(out, FALSE);
}

#define NO_STACK "e3b0c44298fc1c14" /* the first digits of the SHA-256 of an empty text */

static void add_hex(GString *out, guint64 value)
{
	/* number of bits below the first digit that is not 0 */
	int shift = value ? (63 - __builtin_clzll(value)) & ~3 : 0;

	for (; shift >= 0; shift -= 4)
		g_string_append_c(out, "0123456789abcdef"[value >> shift & 15]);
}

/*
 * The sums of the last stacks, because a log in which a place warns again and again has the same
 * stack many times. Each thread has its own.
 */
#define SUMS 64
#define SUM_STACK_MAX 4096 /* longer stacks are not kept */

struct sum {
	guint hash;
	char *stack;
	char digits[sizeof(NO_STACK)];
};

static void sums_free(gpointer data)
{
	struct sum *sums = data;

	for (guint i = 0; i < SUMS; i++)
		g_free(sums[i].stack);
	g_free(sums);
}

/* Sets DIGITS to the first digits of the SHA-256 of STACK. */
static void sum_stack(const GString *stack, char *digits)
{
	static GPrivate all = G_PRIVATE_INIT(sums_free);
	struct sum *sums = g_private_get(&all), *sum;
	g_autofree char *whole = NULL;
	guint hash = g_string_hash(stack);

	if (!sums)
		g_private_set(&all, sums = g_new0(struct sum, SUMS));
	sum = &sums[hash % SUMS];
	if (sum->stack && sum->hash == hash && strcmp(sum->stack, stack->str) == 0) {
		memcpy(digits, sum->digits, sizeof(sum->digits));
		return;
	}
	whole = g_compute_checksum_for_string(G_CHECKSUM_SHA256, stack->str, (gssize)stack->len);
	g_strlcpy(digits, whole, sizeof(NO_STACK));
	if (stack->len > SUM_STACK_MAX)
		return;
	g_free(sum->stack);
	sum->stack = g_strdup(stack->str);
	sum->hash = hash;
	memcpy(sum->digits, digits, sizeof(sum->digits));
}

/* Returns the key of level `exact`, with every frame of every stack and its offset. */
static char *exact_key(const struct splat *splat, const struct report *report)
{
	g_autoptr(GString) stack = g_string_sized_new(1000);
	char digits[sizeof(NO_STACK)] = NO_STACK;

	for (guint i = report->header; i < report->n; i++) {
		const struct seen *frame = &report->seen[i];
		if (!(frame->marks & MARK_FRAME) || frame->guess)
			continue;
		g_string_append(stack, frame->name);
		g_string_append_c(stack, '+');
		add_hex(stack, frame->offset);
		g_string_append_c(stack, '\n');
	}
	if (stack->len)
		sum_stack(stack, digits);
	return g_strconcat(splat->path, " #", digits, NULL);
}

void signature_make(struct splat *splat, const struct report *report)
{
	bug_keys(splat, report);
	splat->path = valid(path_key(splat));
	splat->exact = valid(exact_key(splat, report));
}
