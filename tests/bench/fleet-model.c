// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of a night on a Slurm cluster, as an event simulation with a seed and without a clock.
 * Its parts and their limits:
 *
 *	the queue	at most `window` tasks are in the cluster (submit.c: half of MaxJobCount)
 *	slurmctld	checks for free slots each second, and starts at most `launches` tasks then
 *	nodes		each runs `slots` tasks at a time, which take `overhead` longer than the
 *			run; a node fails with a certain probability per day, is up again after an
 *			hour, and its tasks wait 120 s before they are repeated
 *	the rig		collects results each second, and uses `cost` CPU seconds for each
 *
 * Prints the durations, and which part was busy the most, which is the bottleneck.
 */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400.0
#define BACK_S 3600.0
#define REQUEUE_S 120.0
#define STEP_S 0.25 /* time step of the model */
#define START_S 1.0 /* time from the first sbatch to the first start of a task */

static int cells = 1000, nodes = 3, slots = 1, launches = 100, window = 5000, index_bytes = 600;
static double seconds = 1, failures, cost = 0.002, overhead = 0.3;
static gint64 seed = 1;
static char *walls_file;
static gboolean row, head;

static const GOptionEntry options[] = {
	{"cells", 0, 0, G_OPTION_ARG_INT, &cells, NULL, NULL},
	{"nodes", 0, 0, G_OPTION_ARG_INT, &nodes, NULL, NULL},
	{"slots", 0, 0, G_OPTION_ARG_INT, &slots, "tasks of a node at a time", NULL},
	{"launches", 0, 0, G_OPTION_ARG_INT, &launches, "tasks that slurmctld starts a second",
	 NULL},
	{"window", 0, 0, G_OPTION_ARG_INT, &window, "tasks in the cluster at most", NULL},
	{"index-bytes", 0, 0, G_OPTION_ARG_INT, &index_bytes, "of the index for a run", NULL},
	{"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "mean duration, without --walls", NULL},
	{"failures", 0, 0, G_OPTION_ARG_DOUBLE, &failures, "of a node in a day", NULL},
	{"overhead", 0, 0, G_OPTION_ARG_DOUBLE, &overhead, "seconds of a task around its run",
	 NULL},
	{"cost", 0, 0, G_OPTION_ARG_DOUBLE, &cost, "CPU seconds of the rig for a result", NULL},
	{"seed", 0, 0, G_OPTION_ARG_INT64, &seed, NULL, NULL},
	{"walls", 0, 0, G_OPTION_ARG_FILENAME, &walls_file, "durations, in random order", NULL},
	{"row", 0, 0, G_OPTION_ARG_NONE, &row, "a row of a table instead of JSON", NULL},
	{"head", 0, 0, G_OPTION_ARG_NONE, &head, "the head of that table", NULL},
	{NULL}};

struct task {
	double end_s; /* end time of a running task */
	double wall_s;
};

struct node {
	GArray *running; /* struct task */
	double back_s;	 /* time at which a failed node is up again; 0: it is up */
};

struct waiting {
	double from_s, wall_s;
};

struct model {
	GRand *rand;
	GArray *walls; /* double: measured durations; empty: draw them around `seconds` */
	struct node *nodes;
	GQueue *requeued; /* struct waiting, sorted by time */
	double now_s, collect_debt_s;
	guint next_wall;
	int submitted, queued, finished, collected; /* numbers of tasks */
	int most_queued, lost_nodes, repeated;
	double launch_busy_s, window_busy_s, slots_busy_s, rig_busy_s;
};

static double draw(struct model *m)
{
	if (m->walls->len)
		return g_array_index(m->walls, double, m->next_wall++ % m->walls->len);
	/* half of the mean is fixed, for the boot; the other half, for the load, is exponential */
	return seconds * (0.5 - 0.5 * log(1 - g_rand_double(m->rand)));
}

static void read_walls(struct model *m)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!walls_file || !g_file_get_contents(walls_file, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		double s = g_ascii_strtod(*line, NULL);

		if (s > 0)
			g_array_append_val(m->walls, s);
	}
	for (guint i = m->walls->len; i > 1; i--) {
		double *a = &g_array_index(m->walls, double, i - 1);
		double *b =
			&g_array_index(m->walls, double, g_rand_int_range(m->rand, 0, (gint32)i));
		double swap = *a;

		*a = *b;
		*b = swap;
	}
}

static void start(struct model *m, struct node *node, double wall_s)
{
	struct task task = {m->now_s + wall_s + overhead, wall_s};

	g_array_append_val(node->running, task);
}

/* Takes a task that may start now. FALSE: there is none. */
static gboolean take(struct model *m, double *ret_wall_s)
{
	struct waiting *first = g_queue_peek_head(m->requeued);

	if (first && first->from_s <= m->now_s) {
		*ret_wall_s = first->wall_s;
		g_free(g_queue_pop_head(m->requeued));
		return TRUE;
	}
	if (m->queued <= 0)
		return FALSE;
	m->queued--;
	*ret_wall_s = draw(m);
	return TRUE;
}

static void schedule(struct model *m)
{
	int left = launches;

	if (fmod(m->now_s, 1) > 0)
		return;
	for (int i = 0; i < nodes && left; i++) {
		struct node *node = &m->nodes[i];
		double wall_s;

		while (left && !node->back_s && (int)node->running->len < slots &&
		       take(m, &wall_s)) {
			left--;
			start(m, node, wall_s);
		}
	}
	m->launch_busy_s += !left && m->queued > 0;
	m->window_busy_s += left && !m->queued && m->submitted < cells;
}

static void fail_node(struct model *m, struct node *node)
{
	for (guint i = 0; i < node->running->len; i++) {
		struct waiting *again = g_new(struct waiting, 1);

		again->from_s = m->now_s + REQUEUE_S;
		again->wall_s = g_array_index(node->running, struct task, i).wall_s;
		g_queue_push_tail(m->requeued, again);
		m->repeated++;
	}
	g_array_set_size(node->running, 0);
	node->back_s = m->now_s + BACK_S;
	m->lost_nodes++;
}

static void run_nodes(struct model *m)
{
	for (int i = 0; i < nodes; i++) {
		struct node *node = &m->nodes[i];

		if (node->back_s && node->back_s <= m->now_s)
			node->back_s = 0;
		if (!node->back_s && g_rand_double(m->rand) < failures * STEP_S / DAY_S)
			fail_node(m, node);
		for (guint k = 0; k < node->running->len;)
			if (g_array_index(node->running, struct task, k).end_s <= m->now_s) {
				g_array_remove_index_fast(node->running, k);
				m->finished++;
			} else {
				k++;
			}
		m->slots_busy_s += STEP_S * node->running->len / (double)slots / nodes;
	}
}

/*
 * Simulates the rig, which submits and collects once a second, unless the work of the last second
 * is not finished.
 */
static void run_rig(struct model *m)
{
	int results = m->finished - m->collected, in_cluster = m->submitted - m->collected;

	m->rig_busy_s += MIN(m->collect_debt_s, STEP_S);
	m->collect_debt_s = MAX(0, m->collect_debt_s - STEP_S);
	if (m->collect_debt_s > 0 || fmod(m->now_s, 1) > 0)
		return;
	m->collected += results;
	m->collect_debt_s = results * cost;
	in_cluster -= results;
	if (m->submitted < cells && in_cluster < window) {
		int more = MIN(cells - m->submitted, window - in_cluster);

		m->submitted += more;
		m->queued += more;
	}
	m->most_queued = MAX(m->most_queued, m->queued);
}

static const char *limit_of(const struct model *m)
{
	double wall_s = m->now_s;

	if (m->launch_busy_s / wall_s > 0.5)
		return "slurmctld's starts";
	if (m->rig_busy_s / wall_s > 0.5)
		return "the rig";
	if (m->window_busy_s / wall_s > 0.5)
		return "MaxJobCount";
	return m->slots_busy_s / wall_s > 0.8 ? "the nodes" : "the last cells";
}

static void print(const struct model *m)
{
	if (row)
		printf("| %.0f s | %d | %d | %.2f h | %d | %d | %d | %.0f MiB | %.0f %% | %.1f %% "
		       "| %s |\n",
		       seconds, 2 * window, launches, m->now_s / 3600, m->most_queued,
		       m->lost_nodes, m->repeated, (double)cells * index_bytes / (1 << 20),
		       100 * m->slots_busy_s / m->now_s, 100 * m->rig_busy_s / m->now_s,
		       limit_of(m));
	else
		printf("{\"wall_s\": %.1f, \"most_queued\": %d, \"lost_nodes\": %d, "
		       "\"repeated\": %d, "
		       "\"limit\": \"%s\"}\n",
		       m->now_s, m->most_queued, m->lost_nodes, m->repeated, limit_of(m));
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	struct model m = {.now_s = START_S};

	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, NULL) || nodes < 1 || slots < 1)
		return 2;
	if (head) {
		puts("| time of one cell | MaxJobCount | task starts a second | time of all cells "
		     "| queued at most | nodes lost | tasks repeated | size of the index "
		     "| nodes busy | rig busy | limited by |\n"
		     "|---|---|---|---|---|---|---|---|---|---|---|");
		return 0;
	}
	m.rand = g_rand_new_with_seed(seed);
	m.walls = g_array_new(FALSE, FALSE, sizeof(double));
	m.requeued = g_queue_new();
	m.nodes = g_new0(struct node, nodes);
	for (int i = 0; i < nodes; i++)
		m.nodes[i].running = g_array_new(FALSE, FALSE, sizeof(struct task));
	read_walls(&m);
	for (; m.collected < cells; m.now_s += STEP_S) {
		run_nodes(&m);
		run_rig(&m);
		schedule(&m);
	}
	print(&m);
	return 0;
}
