// SPDX-License-Identifier: GPL-2.0-only
/*
 * Distinguishes interrupts from the tasks that they interrupt. On some architectures and for some
 * interrupts both use the same stack, and a hard interrupt always uses that of the softirq it
 * interrupts, so the stack pointer is not sufficient. But an interrupt ends on the vCPU on which it
 * began, and nested ones end in reverse order, so it is sufficient to count them.
 *
 * An interrupt ends when a certain function returns. This return is not seen if the function ends
 * with a jump. So an interrupt has also ended if the stack pointer shows that the vCPU has left
 * this function. When a further interrupt begins, its stack pointer shows this only if both
 * interrupts use the same stack, because a nested interrupt may use another one.
 */
#include "plugin/locks.h"

uint64_t locks_context(const struct locks *locks, unsigned cpu, uint64_t sp)
{
	unsigned level = cpu < LOCKS_CPUS ? locks->cpu[cpu].level : 0;

	return level ? cpu * (LOCKS_LEVELS + 1) + level : sp & ~(locks->stack_size - 1);
}

static void lose(struct locks *locks, unsigned n)
{
	pthread_mutex_lock(&locks->lock);
	locks->counts.unresolved += n;
	pthread_mutex_unlock(&locks->lock);
}

static void end(struct locks *locks, unsigned cpu)
{
	locks_abandon(locks, locks_context(locks, cpu, 0));
	locks->cpu[cpu].level--;
}

/*
 * Returns true if the vCPU, which enters a function at stack pointer SP, has left the function that
 * it entered at UNTIL. BEGINS: the function at SP begins an interrupt. Compares the distance
 * between SP and UNTIL with the stack size, because the stacks of interrupts need not be aligned.
 */
static bool is_outside(const struct locks *locks, uint64_t sp, uint64_t until, bool begins)
{
	uint64_t deeper = until - sp, higher = sp - until;

	return begins ? higher < locks->stack_size : !deeper || deeper >= locks->stack_size;
}

static void end_left(struct locks *locks, unsigned cpu, uint64_t sp, bool begins)
{
	const struct locks_cpu *c = locks_cpu(locks, cpu);

	while (c && c->level && c->until[c->level - 1] &&
	       is_outside(locks, sp, c->until[c->level - 1], begins))
		end(locks, cpu);
}

void locks_interrupt_end_left(struct locks *locks, unsigned cpu, uint64_t sp)
{
	end_left(locks, cpu, sp, false);
}

void locks_interrupt(struct locks *locks, enum locks_op op, const struct locks_call *call)
{
	struct locks_cpu *cpu = locks_cpu(locks, call->cpu);
	bool begins = op == LOCKS_BEGIN || op == LOCKS_WHILE;

	if (op != LOCKS_ENDED)
		end_left(locks, call->cpu, call->sp, begins);
	if (!cpu || cpu->level == (begins ? LOCKS_LEVELS : 0))
		lose(locks, 1);
	else if (begins)
		cpu->until[cpu->level++] = op == LOCKS_WHILE ? call->sp : 0;
	else if (op == LOCKS_END)
		cpu->until[cpu->level - 1] = call->sp;
	else if (cpu->until[cpu->level - 1])
		end(locks, call->cpu);
}

bool locks_interrupt_ends(struct locks *locks, unsigned cpu, uint64_t sp)
{
	struct locks_cpu *c = locks_cpu(locks, cpu);

	if (!c || !c->level || c->until[c->level - 1] != sp)
		return false;
	end(locks, cpu);
	return true;
}

void locks_interrupt_none(struct locks *locks, unsigned cpu)
{
	struct locks_cpu *c = locks_cpu(locks, cpu);

	if (!c || !c->level)
		return;
	lose(locks, c->level);
	while (c->level)
		end(locks, cpu);
}
