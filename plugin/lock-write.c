// SPDX-License-Identifier: GPL-2.0-only
/* Writes the recorded locks as text. */
#include "plugin/locks.h"

#include <inttypes.h>

static const char *const kinds[N_LOCKS_KINDS] = LOCKS_KINDS;

static void write_class(FILE *out, const struct locks_class *class)
{
	fprintf(out, "class %s %u %c%c%c%s %" PRIx64, kinds[class->kind], class->sub,
		class->many ? 'm' : '-', class->was_read ? 'r' : '-',
		class->was_written ? 'w' : '-', class->spin ? "s" : "", class->address);
	if (class->place)
		fprintf(out, " %" PRIx64 "\n", class->place);
	else
		fprintf(out, " %s\n", class->name[0] ? class->name : "-");
}

static void write_edge(FILE *out, const struct locks_edge *edge)
{
	fprintf(out, "edge %u %u", edge->from, edge->to);
	for (unsigned i = 0; i < LOCKS_STACK && edge->stack[i]; i++)
		fprintf(out, " %" PRIx64, edge->stack[i]);
	fputc('\n', out);
	for (unsigned i = 0; i < edge->n_pairs; i++) {
		const struct locks_pair *pair = &edge->pair[i];

		fprintf(out, "pair %" PRIx64 " %" PRIx64 " %" PRIu64 " %x", pair->from, pair->to,
			pair->count, pair->modes);
		for (unsigned g = 0; g < pair->n_gates; g++)
			fprintf(out, " %u:%" PRIx64, pair->gate[g].class, pair->gate[g].lock);
		fputc('\n', out);
	}
}

bool locks_write(struct locks *locks, FILE *out)
{
	const struct locks_counts *c = &locks->counts;

	pthread_mutex_lock(&locks->lock);
	fprintf(out,
		LOCKS_MAGIC "\ncounts %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			    " %" PRIu64 " %" PRIu64 "\n",
		c->acquired, c->released, c->elsewhere, c->unmatched, c->left, c->unresolved,
		c->full);
	for (unsigned i = 0; i < LOCKS_FAULTS && i < c->unmatched; i++)
		fprintf(out, "unmatched %" PRIx64 "\n", locks->fault[i]);
	for (unsigned i = 0; i < locks->n_classes; i++)
		write_class(out, &locks->class[i]);
	for (unsigned i = 0; i < LOCKS_FAULTS && i < c->left; i++)
		fprintf(out, "left %u\n", locks->left[i] - 1);
	for (unsigned i = 0; i < locks->n_edges; i++)
		write_edge(out, &locks->edge[i]);
	trap_write(locks, out);
	fputs("end\n", out);
	pthread_mutex_unlock(&locks->lock);
	return !fflush(out) && !ferror(out);
}
