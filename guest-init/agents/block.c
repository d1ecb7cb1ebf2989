// SPDX-License-Identifier: GPL-2.0-only
/*
 * block-state and block-online: set memory blocks online and offline through sysfs.
 *
 * Both write a word to an attribute file that stays open. A word for `state` can name a zone; if
 * the block already has the state, the write fails with EINVAL. `online` is an attribute of the
 * device core; if the block already has the state, the write does nothing. In the kernel, the
 * writes hold device_hotplug_lock and kn->active of the block.
 */
#include <errno.h>
#include <string.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"

struct word {
	enum op op;
	const char *text;
	size_t len;
};

#define WORD(op, text) {op, text, sizeof(text) - 1}

static const struct word state_words[] = {
	WORD(OP_ONLINE, "online"),
	WORD(OP_ONLINE_KERNEL, "online_kernel"),
	WORD(OP_ONLINE_MOVABLE, "online_movable"),
	WORD(OP_OFFLINE, "offline"),
};

static const struct word online_words[] = {
	WORD(OP_ONLINE_1, "1"),
	WORD(OP_ONLINE_0, "0"),
};

static struct blocks blocks;
static struct word words[16];
static unsigned n_words;
static bool in_turn;
static unsigned turn;

static int take_words(struct run *run, const char *key, const struct word *known, unsigned n_known)
{
	char list[256], *cursor = list, *name;

	if (!text_copy(list, sizeof(list), run_param(run, key)))
		return run_fail(run, E2BIG, "%s is longer than %zu characters", key,
				sizeof(list) - 1);
	while ((name = strsep(&cursor, ","))) {
		unsigned i = 0;

		while (i < n_known && strcmp(known[i].text, name))
			i++;
		if (i == n_known)
			return run_fail(run, EINVAL,
					"%s: invalid word '%.40s' (rig-agents(5) lists them)", key,
					name);
		if (n_words == countof(words))
			return run_fail(run, EINVAL, "%s: more than %zu words", key,
					countof(words));
		words[n_words++] = known[i];
	}
	return 0;
}

static int prepare(struct run *run, const char *attribute)
{
	const char *order = run_param(run, "order");
	const char *choice = run_param(run, "blocks");
	int err = blocks_init(&blocks, choice, attribute);

	if (err)
		return run_fail(run, -err,
				"invalid blocks '%.60s' ('hotplugged', 'all', 'movable', or "
				"numbers such as 4,8-9)",
				choice);
	in_turn = !strcmp(order, "turn");
	if (!in_turn && strcmp(order, "random"))
		return run_fail(run, EINVAL, "invalid order '%.40s' ('random' or 'turn')", order);
	return 0;
}

static int prepare_state(struct run *run)
{
	int err = take_words(run, "states", state_words, countof(state_words));

	return err ? err : prepare(run, "state");
}

static int prepare_online(struct run *run)
{
	int err = take_words(run, "values", online_words, countof(online_words));

	return err ? err : prepare(run, "online");
}

/*
 * Chooses a block and a word. With order `turn`, every word is written to the first block, then
 * every word to the next one. With order `random`, both are drawn from the seed.
 */
static const struct word *choose(struct run *run, struct block **ret_block)
{
	unsigned n = turn++;

	if (in_turn) {
		*ret_block = &blocks.at[n / n_words % blocks.count];
		return &words[n % n_words];
	}
	*ret_block = &blocks.at[guest_rng_index(&run->shared->rng, blocks.count)];
	return &words[guest_rng_index(&run->shared->rng, n_words)];
}

static void step(struct run *run)
{
	const struct word *word;
	struct block *block;
	int fd, err;

	blocks_refresh(&blocks, run->now_ns);
	if (!blocks.count) {
		run_idle(run);
		run->now_ns = now_ns();
		return;
	}
	word = choose(run, &block);
	fd = blocks_file(&blocks, block);
	if (fd < 0) {
		op_begin(run, word->op);
		op_end(run, word->op, err = fd);
	} else {
		err = op_write(run, word->op, fd, word->text, word->len);
	}
	if (err == -ENODEV || err == -ENOENT)
		blocks_gone(&blocks, block);
}

#define BLOCK_PARAMS \
	{"blocks", "hotplugged", \
	 "hotplugged (not there at boot), all, movable, or numbers: 4,8-9"}, \
	{"order", "random", "random, or turn: each word to one block, then to the next"}

const struct agent agent_block_state = {
	.name = "block-state",
	.needs = BLOCKS_DIR,
	.params = (const struct agent_param[]){
		BLOCK_PARAMS,
		{"states", "online,online_kernel,online_movable,offline", "what to write"},
		{NULL},
	},
	.prepare = prepare_state,
	.step = step,
	.patience_ms = 15000,
};

const struct agent agent_block_online = {
	.name = "block-online",
	.needs = BLOCKS_DIR,
	.params = (const struct agent_param[]){
		BLOCK_PARAMS,
		{"values", "1,0", "what to write"},
		{NULL},
	},
	.prepare = prepare_online,
	.step = step,
	.patience_ms = 15000,
};
