// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the dependency trees in lockdep's reports about interrupts
 * (print_shortest_lock_dependencies()):
 *
 *	 -> (CLASS){-.-.}-{2:2} ops: 12 {
 *	    IN-HARDIRQ-W at:
 *	                      f+0x12/0x34
 *	  }
 *	  ... key      at: [<ffffffff…>] __key.1+0x0/0x40
 *	 ... acquired at:
 *	   g+0x12/0x34
 */
#include <string.h>

#include "splat/internal.h"
#include "splat/word-set.h"

gboolean lockdep_tree_begins(const char *text)
{
	text = skip_blanks(text);
	return text_begins(text, "the dependencies between ") ||
	       text_begins(text, "the shortest dependencies between ");
}

static json_t *new_node(const char *text)
{
	json_t *node = json_object();
	struct splat_lock lock = {0};

	if (lock_parse(text, &lock))
		json_object_set_new(node, "lock", splat_lock_json(&lock));
	splat_lock_clear(&lock);
	return node;
}

static json_t *new_stack(json_t *object, const char *key)
{
	json_t *stack = json_array();

	json_object_set_new(object, key, stack);
	return stack;
}

/*
 * Adds an empty stack to NODE, a lock of the tree, for the frames after TEXT, a line such as
 * "IN-HARDIRQ-W at:". Returns it, borrowed.
 */
static json_t *usage_stack(json_t *node, const char *text)
{
	g_autofree char *state = g_strndup(text, strstr(text, " at:") - text);
	g_autofree char *valid = g_utf8_make_valid(state, -1);
	json_t *usages = json_object_get(node, "usages");

	if (!usages) {
		usages = json_object();
		json_object_set_new(node, "usages", usages);
	}
	return new_stack(usages, valid);
}

json_t *lockdep_tree(const struct report *report, guint *line)
{
	json_t *nodes = json_array();
	json_t *node = NULL, *stack = NULL;

	for (; *line + 1 < report->n; (*line)++) {
		const char *next = report->seen[*line + 1].text;
		const char *text = skip_blanks(next);
		const char *key = strstr(text, "key ");
		const struct seen *seen = &report->seen[*line + 1];
		struct frame frame;

		if (lockdep_tree_begins(next) || strstr(text, "stack backtrace:"))
			break;
		if (g_str_has_prefix(text, "-> (")) {
			node = new_node(text + 3);
			json_array_append_new(nodes, node);
			stack = NULL;
		} else if (!node) {
			continue;
		} else if (key && strstr(key, "at: ") && text[0] == '.') {
			stack = NULL;
			if (frame_parse(skip_blanks(strstr(key, "at: ") + 4), &frame))
				json_object_set_new(node, "key", splat_json_text(frame.name));
		} else if (g_str_has_prefix(text, "... acquired at:")) {
			stack = new_stack(node, "acquired_at");
		} else if (seen->marks & MARK_FRAME) {
			if (stack && !seen->guess)
				json_array_append_new(stack, name_json(seen->name));
		} else if (strstr(text, " at:")) {
			stack = usage_stack(node, text);
		}
	}
	return nodes;
}
