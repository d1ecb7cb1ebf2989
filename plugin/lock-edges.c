// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records the edges between lock classes (a task held one lock when it waited for the other), and
 * the locks that were held at all occurrences.
 */
#include "plugin/locks.h"

#include <string.h>

#define STACK_WORDS 96 /* number of words of the stack that are searched for return addresses */

static struct locks_edge *find_edge(struct locks *locks, uint32_t from, uint32_t to)
{
	const uint64_t slots = LOCKS_EDGES * 2;
	uint64_t at = locks_hash((uint64_t)from << 32 | to) % slots;

	for (; locks->edge_slot[at]; at = (at + 1) % slots) {
		struct locks_edge *edge = &locks->edge[locks->edge_slot[at] - 1];

		if (edge->from == from && edge->to == to)
			return edge;
	}
	if (locks->n_edges == LOCKS_EDGES) {
		locks->counts.full++;
		return NULL;
	}
	locks->edge[locks->n_edges].from = from;
	locks->edge[locks->n_edges].to = to;
	locks->edge_slot[at] = ++locks->n_edges;
	return &locks->edge[locks->n_edges - 1];
}

static void first_gates(struct locks_pair *pair, const struct locks_task *task, uint64_t from)
{
	for (unsigned i = 0; i < task->n_held && pair->n_gates < LOCKS_GATES; i++) {
		const struct locks_held *held = &task->held[i];

		if (!held->write || held->lock == from)
			continue;
		pair->gate[pair->n_gates].lock = held->lock;
		pair->gate[pair->n_gates++].class = held->class;
	}
}

static bool holds_exclusive(const struct locks_task *task, uint64_t lock, uint64_t from)
{
	for (unsigned i = 0; i < task->n_held; i++)
		if (task->held[i].lock == lock && task->held[i].write && lock != from)
			return true;
	return false;
}

static void keep_gates(struct locks_pair *pair, const struct locks_task *task, uint64_t from)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < pair->n_gates; i++)
		if (holds_exclusive(task, pair->gate[i].lock, from))
			pair->gate[kept++] = pair->gate[i];
	pair->n_gates = kept;
}

/*
 * Returns the entry for the locks FROM and TO. The edge may use MAX entries; the last one of them
 * stands for all further pairs.
 */
static struct locks_pair *find_pair(struct locks_edge *edge, unsigned max, uint64_t from,
				    uint64_t to)
{
	if (edge->pair[edge->last].from == from && edge->pair[edge->last].to == to)
		return &edge->pair[edge->last];
	for (unsigned i = 0; i < edge->n_pairs; i++)
		if (edge->pair[i].from == from && edge->pair[i].to == to) {
			edge->last = i;
			return &edge->pair[i];
		}
	if (edge->n_pairs == max)
		return &edge->pair[max - 1];
	if (edge->n_pairs < max - 1) {
		edge->pair[edge->n_pairs].from = from;
		edge->pair[edge->n_pairs].to = to;
	}
	return &edge->pair[edge->n_pairs++];
}

/*
 * Stores the return address of CALL, and the words on the stack that are addresses of the kernel's
 * code. Some of these words may be left over from earlier calls.
 */
static void keep_stack(const struct locks *locks, struct locks_edge *edge,
		       const struct locks_call *call)
{
	uint64_t words[STACK_WORDS], end = call->sp | (locks->stack_size - 1);
	size_t n = (end + 1 - call->sp) / 8;
	unsigned kept = 0;

	edge->stack[kept++] = locks_caller(locks, call);
	n = n < STACK_WORDS ? n : STACK_WORDS;
	if (!locks->memory(call->sp, words, n * 8, locks->data))
		return;
	for (size_t i = call->caller ? 0 : 1; i < n && kept < LOCKS_STACK; i++)
		if (words[i] >= locks->text_from && words[i] < locks->text_to)
			edge->stack[kept++] = words[i];
}

static bool holds(const struct locks_task *task, uint64_t lock)
{
	for (unsigned i = 0; i < task->n_held; i++)
		if (task->held[i].lock == lock)
			return true;
	return false;
}

void locks_edges_add(struct locks *locks, const struct locks_task *task, unsigned n,
		     const struct locks_held *wanted, const struct locks_call *call)
{
	const struct locks_cpu *cpu = locks_cpu(locks, call->cpu);
	bool recursive = locks->class[wanted->class].spin && !wanted->write && cpu && cpu->level;

	/* a task that holds the lock already (a recursive read) does not wait for it */
	if (holds(task, wanted->lock))
		return;
	for (unsigned i = 0; i < n; i++) {
		const struct locks_held *held = &task->held[i];
		bool spin = locks->class[held->class].spin || locks->class[wanted->class].spin;
		struct locks_edge *edge;
		struct locks_pair *pair;

		if (held->class == wanted->class)
			continue;
		edge = find_edge(locks, held->class, wanted->class);
		if (!edge)
			return;
		if (!edge->n_pairs)
			keep_stack(locks, edge, call);
		pair = find_pair(edge, spin ? LOCKS_SPIN_PAIRS : LOCKS_PAIRS, held->lock,
				 wanted->lock);
		if (!pair->count++)
			first_gates(pair, task, held->lock);
		else
			keep_gates(pair, task, held->lock);
		pair->modes |= recursive ? LOCKS_MODE_RECURSIVE(held->write)
					 : LOCKS_MODE(held->write, wanted->write);
	}
}
