// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random reports of circular locking. A cycle has one signature, whichever of its locks is reported
 * first, in every format and build; two cycles have different signatures; and a chain that
 * contradicts itself is marked.
 */
#include <string.h>

#include "tests/unit/splat.h"

#define LOCKS_MAX 6
#define ROUNDS 3000

/* Names like real ones, which can contain quotes, commas, blanks and brackets. */
static const char *const names[] = {
	"mem_hotplug_lock",
	"kn->active",
	"cpu_hotplug_lock",
	"&mm->mmap_lock",
	"(work_completion)(&(&x->w)->work)",
	"(wq_completion)\"%s\"(\"ipv6_addrconf\")",
	"sk_lock-AF_INET",
	"&p->pi_lock",
	"console_lock",
	"&type->s_umount_key",
	"fs_reclaim",
	"&sb->s_type->i_mutex_key",
	"(console_sem).lock",
	"&(&thing->lock)->rlock",
};

struct cycle {
	guint n;
	guint lock[LOCKS_MAX]; /* indices of `names`, all different, for the locks #0 to #N */
	guint subclass[LOCKS_MAX];
};

enum style { STYLE_OLD, STYLE_5, STYLE_6, N_STYLES };

static struct cycle draw(struct rng *rng)
{
	struct cycle cycle = {.n = rng_between(rng, 2, LOCKS_MAX)};

	for (guint i = 0; i < cycle.n;) {
		gboolean twice = FALSE;

		cycle.lock[i] = rng_between(rng, 0, G_N_ELEMENTS(names) - 1);
		for (guint j = 0; j < i; j++)
			twice |= cycle.lock[j] == cycle.lock[i];
		if (twice)
			continue;
		cycle.subclass[i] = rng_between(rng, 0, 4) ? 0 : rng_between(rng, 1, 3);
		i++;
	}
	return cycle;
}

static struct cycle turned(const struct cycle *cycle, guint by)
{
	struct cycle other = *cycle;

	for (guint i = 0; i < cycle->n; i++) {
		other.lock[i] = cycle->lock[(i + by) % cycle->n];
		other.subclass[i] = cycle->subclass[(i + by) % cycle->n];
	}
	return other;
}

static gboolean same(const struct cycle *a, const struct cycle *b)
{
	for (guint by = 0; a->n == b->n && by < a->n; by++) {
		struct cycle other = turned(b, by);

		if (!memcmp(a->lock, other.lock, a->n * sizeof(*a->lock)) &&
		    !memcmp(a->subclass, other.subclass, a->n * sizeof(*a->subclass)))
			return TRUE;
	}
	return FALSE;
}

/* "name#12/1": the number 12 differs between boots, the subclass 1 does not. */
static char *class_text(const struct cycle *cycle, guint i, const guint *versions)
{
	GString *text = g_string_new(names[cycle->lock[i]]);

	if (versions[i])
		g_string_append_printf(text, "#%u", versions[i]);
	if (cycle->subclass[i])
		g_string_append_printf(text, "/%u", cycle->subclass[i]);
	return g_string_free(text, FALSE);
}

static void add_lock(GString *log, enum style style, const char *error_class, const char *function,
		     struct rng *rng)
{
	guint64 address = 0xffff888000000000 + rng_between(rng, 0, 1 << 30);

	if (style == STYLE_OLD)
		g_string_append_printf(log,
				       "[    1.000000]  (%s){+.+.+.}, at: [<ffffffff81234567>] "
				       "%s+0x%x/0x90\n",
				       error_class, function, (guint)rng_between(rng, 1, 0x80));
	else
		g_string_append_printf(log,
				       "[    1.000000] %" G_GINT64_MODIFIER "x (%s){%s}%s, at: "
				       "%s+0x%x/0x90\n",
				       address, error_class,
				       rng_between(rng, 0, 1) ? "++++" : "+.+.",
				       style == STYLE_5 ? "" : "-{3:3}", function,
				       (guint)rng_between(rng, 1, 0x80));
}

static void add_frames(GString *log, enum style style, guint i, struct rng *rng)
{
	const char *const frames[] = {"lock_acquire", "mutex_lock_nested"};

	for (guint f = 0; f < 3; f++) {
		g_autofree char *own = g_strdup_printf("take_%u", i);

		g_string_append_printf(log, "[    1.000000]        %s%s+0x%x/0x%x\n",
				       style == STYLE_OLD ? "[<ffffffff81234567>] " : "",
				       f < 2 ? frames[f] : own, (guint)rng_between(rng, 1, 0x100),
				       (guint)rng_between(rng, 0x101, 0x1000));
	}
}

/*
 * Prints the report in lockdep's format, without link number SKIP, or with all links if SKIP is -1.
 */
static char *print(const struct cycle *cycle, enum style style, struct rng *rng, int skip)
{
	GString *log = g_string_new(NULL);
	guint versions[LOCKS_MAX];
	g_auto(GStrv) classes = g_new0(char *, LOCKS_MAX + 1);

	for (guint i = 0; i < cycle->n; i++) {
		versions[i] = rng_between(rng, 0, 1) ? 0 : rng_between(rng, 2, 300);
		classes[i] = class_text(cycle, i, versions);
	}
	g_string_append_printf(log,
			       "[    1.000000] %s\n[    1.000000] 6.%u.0 #%u Not tainted\n"
			       "[    1.000000] -------------\n"
			       "[    1.000000] sh/77 is trying to acquire lock:\n",
			       style == STYLE_OLD
				       ? "[ INFO: possible circular locking dependency detected ]"
				       : "WARNING: possible circular locking dependency detected",
			       (guint)rng_between(rng, 0, 20), (guint)rng_between(rng, 1, 99));
	add_lock(log, style, classes[0], "take_first", rng);
	g_string_append(log, "[    1.000000] \n[    1.000000] but task is already holding lock:\n");
	add_lock(log, style, classes[cycle->n - 1], "take_last", rng);
	g_string_append(log,
			"[    1.000000] \n[    1.000000] which lock already depends on the new "
			"lock.\n[    1.000000] \n[    1.000000] the existing dependency chain "
			"(in reverse order) is:\n");
	for (guint i = cycle->n; i-- > 0;) {
		if ((int)i == skip)
			continue;
		g_string_append_printf(log, "[    1.000000] \n[    1.000000] -> #%u (%s){%s}:\n", i,
				       classes[i],
				       style == STYLE_OLD ? "+.+.+."
				       : style == STYLE_5 ? "+.+."
							  : "+.+.}-{3:3");
		add_frames(log, style, i, rng);
	}
	g_string_append(log, "[    1.000000] \n[    1.000000] other info that might help us debug "
			     "this:\n[    1.000000]  *** DEADLOCK ***\n[    1.000000] \n"
			     "[    1.000000] stack backtrace:\n"
			     "[    1.000000] CPU: 0 PID: 77 Comm: sh Not tainted 6.1.0 #1\n"
			     "[    1.000000] Call Trace:\n");
	add_frames(log, style, 0, rng);
	return g_string_free(log, FALSE);
}

static char *bug_of(const char *log, gboolean *ret_corrupted)
{
	g_autoptr(GPtrArray) found = scan(log, strlen(log), 0, NULL);

	ck_assert_msg(found->len == 1, "%u reports:\n%s", found->len, log);
	const struct splat *splat = found->pdata[0];

	ck_assert_str_eq(splat->kind, "lockdep-circular");
	*ret_corrupted = splat->corrupted;
	return g_strdup(splat->bug);
}

START_TEST(one_cycle_has_one_signature)
{
	struct rng rng = rng_stream(3, "one cycle");

	for (int round = 0; round < ROUNDS; round++) {
		struct cycle cycle = draw(&rng);
		struct cycle other = turned(&cycle, rng_between(&rng, 0, cycle.n - 1));
		g_autofree char *one = print(&cycle, rng_between(&rng, 0, N_STYLES - 1), &rng, -1);
		g_autofree char *two = print(&other, rng_between(&rng, 0, N_STYLES - 1), &rng, -1);
		gboolean broken_one, broken_two;
		g_autofree char *bug_one = bug_of(one, &broken_one);
		g_autofree char *bug_two = bug_of(two, &broken_two);

		ck_assert_msg(!broken_one && !broken_two, "marked as damaged:\n%s%s", one, two);
		ck_assert_msg(!strcmp(bug_one, bug_two), "%s\n%s\n%s%s", bug_one, bug_two, one,
			      two);
	}
}
END_TEST

START_TEST(two_cycles_never_share_one)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct rng rng = rng_stream(4, "two cycles");

	for (int round = 0; round < ROUNDS; round++) {
		struct cycle cycle = draw(&rng), *before;
		g_autofree char *log = print(&cycle, rng_between(&rng, 0, N_STYLES - 1), &rng, -1);
		gboolean broken;
		char *bug = bug_of(log, &broken);

		before = g_hash_table_lookup(seen, bug);
		ck_assert_msg(!before || same(before, &cycle), "%s\n%s", bug, log);
		g_hash_table_insert(seen, bug, g_memdup2(&cycle, sizeof(cycle)));
	}
	ck_assert_uint_ge(g_hash_table_size(seen), ROUNDS / 2);
}
END_TEST

START_TEST(a_chain_with_a_gap_is_marked)
{
	struct rng rng = rng_stream(5, "gap");

	for (int round = 0; round < ROUNDS / 3; round++) {
		struct cycle cycle = draw(&rng);
		g_autofree char *log = print(&cycle, rng_between(&rng, 0, N_STYLES - 1), &rng,
					     rng_between(&rng, 0, cycle.n - 1));
		gboolean broken;
		g_autofree char *bug = bug_of(log, &broken);

		ck_assert_msg(broken, "%s is not marked:\n%s", bug, log);
	}
}
END_TEST

/*
 * Pairs of reports about the same bug from real guests: two builds and boots of one kernel, and two
 * architectures.
 */
static const char *const captured[][2] = {
	{"lockdep-circular-x86-6.1.txt", "lockdep-circular-z03-x86-6.1.txt"},
	{"lockdep-circular-z03-x86-6.1.txt", "lockdep-circular-z03-ppc64le-6.1.txt"},
};

START_TEST(captured_pairs_have_one_signature)
{
	const struct splat *splats[2];
	GPtrArray *found[2];

	for (int i = 0; i < 2; i++) {
		const struct fixture *fixture = fixture_named(captured[_i][i]);

		found[i] = scan(fixture->log, fixture->len, 0, NULL);
		ck_assert_uint_eq(found[i]->len, 1);
		splats[i] = found[i]->pdata[0];
		ck_assert_msg(!splats[i]->corrupted, "%s", fixture->name);
	}
	ck_assert_str_eq(splats[0]->bug, splats[1]->bug);
	/* the two logs are different */
	ck_assert_str_ne(splats[0]->exact, splats[1]->exact);
	g_ptr_array_unref(found[0]);
	g_ptr_array_unref(found[1]);
}
END_TEST

void add_cycle_tests(TCase *tests)
{
	tcase_add_loop_test(tests, captured_pairs_have_one_signature, 0, G_N_ELEMENTS(captured));
	tcase_add_test(tests, one_cycle_has_one_signature);
	tcase_add_test(tests, two_cycles_never_share_one);
	tcase_add_test(tests, a_chain_with_a_gap_is_marked);
}
