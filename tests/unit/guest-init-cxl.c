// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests which operations the agent cxl does. The functions that it calls are replaced by a model of
 * the kernel with one region.
 */
#include <check.h>
#include <errno.h>

#define agent_cxl agent_cxl_with_model
#define cxl_find model_find
#define cxl_make_region model_make_region
#define cxl_commit model_commit
#define cxl_bind model_bind
#define cxl_destroy_region model_destroy_region
#define kmem_prepare model_prepare
#define kmem_locate model_locate
#define kmem_check model_check
#define kmem_begin model_begin
#define kmem_turn model_turn
#define kmem_leave model_leave
#define file_write model_write
#define run_idle model_idle
#include "guest-init/agents/cxl.c" /* NOLINT(bugprone-suspicious-include) */

#include "tests/unit/guest-init.h"

static struct {
	bool made, committed, bound, kmem; /* the region's state, and whether it has memory */
	bool stays;			   /* a memory block stays when kmem is unbound */
	unsigned idle;			   /* turns without an operation */
} model;

int model_find(unsigned n, unsigned count, struct cxl *ret)
{
	*ret = (struct cxl){.ways = count, .root = "decoder0.0", .capacity = (n + 1) * CXL_UNIT};
	return 0;
}

/* Sets *STATE to VALUE. Returns -ENXIO if it already has that value. */
static int change(bool *state, bool value)
{
	if (*state == value)
		return -ENXIO;
	*state = value;
	return 0;
}

int model_make_region(struct cxl *its, uint64_t size, const char **ret_what)
{
	*ret_what = "size";
	text_copy(its->region, sizeof(its->region), "region0");
	return size % CXL_UNIT ? -EINVAL : change(&model.made, true);
}

int model_commit(const struct cxl *its, bool on, const char **ret_what)
{
	(void)its;
	*ret_what = "commit";
	model.bound = model.kmem = false;
	return change(&model.committed, on);
}

int model_bind(const struct cxl *its, const char **ret_what)
{
	(void)its;
	*ret_what = "bind";
	model.kmem = true;
	return change(&model.bound, true);
}

int model_destroy_region(struct cxl *its, const char **ret_what)
{
	*ret_what = "delete_region";
	its->region[0] = '\0';
	model.committed = model.bound = model.kmem = false;
	return change(&model.made, false);
}

int model_prepare(struct run *run, struct kmem *its)
{
	(void)run;
	(void)its;
	return 0;
}

int model_locate(struct kmem *its)
{
	(void)its;
	return 0;
}

int model_check(const struct kmem *its, bool there)
{
	(void)its;
	return there || !model.stays ? 0 : -EBUSY;
}

void model_begin(struct run *run, struct kmem *its)
{
	(void)run;
	(void)its;
}

bool model_turn(struct run *run, struct kmem *its)
{
	(void)run;
	(void)its;
	return true;
}

bool model_leave(struct run *run, struct kmem *its)
{
	(void)run;
	(void)its;
	return true;
}

int model_write(int dir, const char *path, const char *word)
{
	(void)dir;
	(void)word;
	return change(&model.kmem, !strcmp(path, KMEM_DRIVER "/bind"));
}

void model_idle(struct run *run)
{
	(void)run;
	model.idle++;
}

static const struct {
	bool stays;
	uint64_t failed;
} cases[] = {{false, 0}, {true, 1}};

/*
 * Each operation is possible in the state that the earlier ones have left. After memory blocks have
 * stayed, which is one illegal result, there are no more operations.
 */
START_TEST(test_operations_of_cxl)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct agent_shared its = {0};
		struct run run = {.shared = &its, .agent = &agent_cxl, .seed = seed};

		model.made = model.committed = model.bound = model.kmem = false;
		model.stays = cases[_i].stays;
		model.idle = 0;
		mode = MODE_NONE;
		cxl.region[0] = '\0';
		ck_assert_int_eq(agent_cxl.prepare(&run), 0);
		for (int i = 0; i < 300; i++) {
			run_turn(&run);
			agent_cxl.step(&run);
		}
		agent_cxl.cleanup(&run);
		ck_assert_msg(its.failed == cases[_i].failed, "%llu illegal results, first: %s",
			      (unsigned long long)its.failed, its.what);
		ck_assert_int_eq(model.idle > 100, cases[_i].stays);
		ck_assert(model.stays || !model.made);
	}
}
END_TEST

void add_cxl_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, test_operations_of_cxl, 0, sizeof(cases) / sizeof(cases[0]));
}
