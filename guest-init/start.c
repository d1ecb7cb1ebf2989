// SPDX-License-Identifier: GPL-2.0-only
/* The table of agents, and the parser of START (start.h). */
#include "start.h"

#include <errno.h>
#include <string.h>

const struct agent *const agents[] = {
	&agent_block_state, &agent_block_online, &agent_probe,	     &agent_slab_read,
	&agent_slab_shrink, &agent_slab_churn,	 &agent_cpu_online,  &agent_mem_read,
	&agent_pressure,    &agent_compact,	 &agent_memtrace,    &agent_dlpar,
	&agent_notifier_error, &agent_busted, &agent_shell_loop,
	&agent_gallery,	     &agent_lock_rules, &agent_hang,
	&agent_poison,	     &agent_write,	&agent_read,	     &agent_run,
	&agent_dax,	     &agent_hugetlb,	&agent_module,
	&agent_cgroup,	     &agent_thp,	&agent_pin,
	&agent_ksm,	     &agent_migrate,	&agent_perf,
	&agent_cxl,
	NULL,
};

const struct agent *agent_find(const char *name)
{
	for (const struct agent *const *agent = agents; *agent; agent++)
		if (!strcmp((*agent)->name, name))
			return *agent;
	return NULL;
}

static int take_param(struct run *run, const char *key, const char *value, struct text *what)
{
	struct param *param = &run->params[run->n_params];

	if (run->n_params == PARAMS_MAX || !text_copy(param->key, sizeof(param->key), key) ||
	    !text_copy(param->value, sizeof(param->value), value)) {
		text_add(what, "param %.32s: more than %d parameters, or too long", key,
			 PARAMS_MAX);
		return -E2BIG;
	}
	run->n_params++;
	return 0;
}

/*
 * Stores the turns that the agent leaves out, LIST ("3,10-20,40-"), in RUN. They must be in
 * ascending order. Returns 0 or -errno.
 */
static int take_skips(struct run *run, char *list, struct text *what)
{
	const char *all = list;
	uint64_t after = 0;

	while (*list && run->n_skips < SKIPS_MAX) {
		struct skip *skip = &run->skips[run->n_skips++];
		char *end = list + strcspn(list, ","), *next = end + (*end == ',');
		char *to = memchr(list, '-', end - list);

		*end = '\0';
		if (to)
			*to++ = '\0';
		if (text_number(list, &skip->first) ||
		    (to && *to && text_number(to, &skip->last)))
			break;
		if (!to)
			skip->last = skip->first;
		else if (!*to)
			skip->last = UINT64_MAX;
		if (skip->first <= after || skip->last < skip->first)
			break;
		after = skip->last;
		list = next;
		if (!*list)
			return 0;
	}
	text_add(what, "skip %.40s: not a list of turns in order, such as 3,10-20,40-", all);
	return -EINVAL;
}

static int take_line(char *line, struct run *run, struct text *what)
{
	char *word[3];
	unsigned n = text_words(line, word, 3);
	int err = 0;

	if (n == 2 && !strcmp(word[0], "id"))
		err = text_number(word[1], &run->id);
	else if (n == 2 && !strcmp(word[0], "seed"))
		err = text_hex(word[1], &run->seed);
	else if (n == 2 && !strcmp(word[0], "rate"))
		err = text_number(word[1], &run->rate);
	else if (n == 2 && !strcmp(word[0], "agent"))
		run->agent = agent_find(word[1]);
	else if (n == 2 && !strcmp(word[0], "skip"))
		return take_skips(run, word[1], what);
	else if (n == 3 && !strcmp(word[0], "param"))
		return take_param(run, word[1], word[2], what);
	else
		return 0; /* ignore unknown keys, because a newer host may send them */
	if (!strcmp(word[0], "agent") && !run->agent) {
		text_add(what, "no agent is named %.40s", word[1]);
		return -ENOENT;
	}
	if (err || run->rate > 1000000) {
		text_add(what, "%s %.40s: not a number, or too large", word[0], word[1]);
		return -EINVAL;
	}
	return 0;
}

static int check_params(const struct run *run, struct text *what)
{
	for (unsigned i = 0; i < run->n_params; i++) {
		const struct agent_param *known = run->agent->params;

		while (known && known->key && strcmp(known->key, run->params[i].key))
			known++;
		if (known && known->key)
			continue;
		text_add(what, "%s has no parameter %s", run->agent->name, run->params[i].key);
		return -EINVAL;
	}
	return 0;
}

int agent_parse(char *payload, struct run *ret, struct text *what)
{
	struct run run = {.id = UINT64_MAX};
	char *line;
	int err;

	while ((line = text_line(&payload))) {
		err = take_line(line, &run, what);
		if (err)
			return err;
	}
	if (run.id > UINT32_MAX || !run.agent) {
		text_add(what, "START needs an agent and an id of 32 bits");
		return -EINVAL;
	}
	err = check_params(&run, what);
	if (!err)
		*ret = run;
	return err;
}
