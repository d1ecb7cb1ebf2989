// SPDX-License-Identifier: GPL-2.0-only
/* Has the table of lock classes, and determines the class of a lock. */
#include "plugin/locks.h"

#include <string.h>

/* Maximum offset of `name` in struct kernfs_node. With lockdep there is a lockdep_map before it. */
#define NODE_OFFSET_MAX 136
/* Offset of `func` in struct work_struct on 64-bit machines (include/linux/workqueue.h). */
#define WORK_FUNC 24

uint64_t locks_caller(const struct locks *locks, const struct locks_call *call)
{
	uint64_t caller = call->caller;

	if (!caller && !locks->memory(call->sp, &caller, sizeof(caller), locks->data))
		return 0;
	return caller;
}

/* ---- table of classes ---- */

static bool is_same(const struct locks_class *a, const struct locks_class *b)
{
	return a->kind == b->kind && a->sub == b->sub && a->address == b->address &&
	       a->spin == b->spin && !strcmp(a->name, b->name);
}

static uint64_t hash_class(const struct locks_class *class)
{
	uint64_t hash = class->address + class->kind * 31 + class->sub + class->spin * 62;

	for (const char *c = class->name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	return locks_hash(hash);
}

/*
 * Returns the index of the class with the same identity as LIKE, and adds it if it is new. The last
 * entry of the table stands for all classes that do not fit.
 */
static uint32_t find_class(struct locks *locks, const struct locks_class *like)
{
	const uint64_t slots = LOCKS_CLASSES * 2;
	uint64_t at = hash_class(like) % slots;

	for (; locks->class_slot[at]; at = (at + 1) % slots)
		if (is_same(&locks->class[locks->class_slot[at] - 1], like))
			return locks->class_slot[at] - 1;
	if (locks->n_classes == LOCKS_CLASSES) {
		locks->counts.full++;
		return LOCKS_CLASSES - 1;
	}
	locks->class[locks->n_classes] = *like;
	locks->class[locks->n_classes].member = trap_member_of(&locks->trap, like);
	locks->class_slot[at] = ++locks->n_classes;
	return locks->n_classes - 1;
}

/* ---- the class of a lock ---- */

/*
 * Returns the index of LOCK in `instance`. If it is not there, adds it if ADD is true and there is
 * room, otherwise returns -1.
 */
static long find_instance(struct locks *locks, uint64_t lock, bool add)
{
	uint64_t at = locks_hash(lock) % LOCKS_INSTANCES;

	for (; locks->instance[at].lock; at = (at + 1) % LOCKS_INSTANCES)
		if (locks->instance[at].lock == lock)
			return at;
	if (!add)
		return -1;
	if (locks->n_instances >= LOCKS_INSTANCES - LOCKS_INSTANCES / 8) {
		locks->counts.full++;
		return -1;
	}
	locks->n_instances++;
	locks->instance[at].lock = lock;
	return at;
}

static void set_class(struct locks *locks, uint64_t lock, uint32_t class)
{
	long at = find_instance(locks, lock, true);

	if (at >= 0)
		locks->instance[at].class = class + 1;
}

void locks_class_forget(struct locks *locks, uint64_t lock)
{
	long at = find_instance(locks, lock, false);

	if (at >= 0)
		locks->instance[at].class = 0;
}

/* ---- reading names from the guest's memory ---- */

/*
 * Reads a text of at most SIZE bytes, including its NUL. Returns false if it cannot be read, or has
 * non-printable characters.
 */
static bool read_text(const struct locks *locks, uint64_t address, char *text, size_t size)
{
	size_t page = 4096 - address % 4096, len;

	if (!locks->memory(address, text, size < page ? size : page, locks->data))
		return false;
	if (size > page && !memchr(text, 0, page) &&
	    !locks->memory(address + page, text + page, size - page, locks->data))
		return false;
	text[size - 1] = '\0';
	len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return len > 0;
}

static bool read_pointer(const struct locks *locks, uint64_t address, uint64_t *ret)
{
	return locks->memory(address, ret, sizeof(*ret), locks->data) && *ret >> 63;
}

/* Copies TEXT with each number replaced by N, so that all memory blocks have one class. */
static size_t generalise(const char *text, char *to, size_t size)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		if (*text >= '0' && *text <= '9') {
			if (!n || to[n - 1] != 'N')
				to[n++] = 'N';
		} else {
			/* replace blanks, because they separate the fields of the output */
			to[n++] = *text == ' ' ? '_' : *text;
		}
	}
	to[n] = '\0';
	return n;
}

/*
 * Reads the names of NODE and its parent, assuming that OFFSET is the offset of `name` in struct
 * kernfs_node. Returns false if one of them is not a name.
 */
static bool read_names(const struct locks *locks, uint64_t node, unsigned offset, char *name,
		       char *parent)
{
	uint64_t at, up;

	return read_pointer(locks, node + offset, &at) && read_text(locks, at, name, LOCKS_NAME) &&
	       strcmp(name, "kn->active") && read_pointer(locks, node + offset - 8, &up) &&
	       read_pointer(locks, up + offset, &at) && read_text(locks, at, parent, LOCKS_NAME);
}

/*
 * Returns the class of NODE, a struct kernfs_node. While the offset of `name` is unknown, each
 * possible offset is tried: it is the right one if both the node and its parent have a name there.
 * `name` follows `parent`, two counters and, with lockdep, a lockdep_map. If no offset fits, all
 * nodes have the class "?".
 */
static uint32_t node_class(struct locks *locks, uint64_t node)
{
	struct locks_class like = {.kind = LOCKS_BY_NODE};
	char name[LOCKS_NAME], parent[LOCKS_NAME];
	unsigned from = locks->node_offset ? locks->node_offset : 16;
	unsigned to = locks->node_offset ? locks->node_offset : NODE_OFFSET_MAX;
	size_t n;

	for (unsigned offset = from; offset <= to; offset += 8) {
		if (!read_names(locks, node, offset, name, parent))
			continue;
		locks->node_offset = offset;
		n = generalise(parent, like.name, LOCKS_NAME - 2);
		like.name[n++] = '/';
		generalise(name, like.name + n, LOCKS_NAME - n);
		return find_class(locks, &like);
	}
	like.name[0] = '?';
	return find_class(locks, &like);
}

/* ---- functions of locks.h ---- */

/*
 * Returns true if LOCK already has a name that must not change: a function with `outer`, for
 * example __init_waitqueue_head(), has named LOCK on the vCPU of CALL, and now calls the function
 * of HOOK, which has the same name for all such locks.
 */
static bool is_named(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
		     const struct locks_call *call)
{
	struct locks_cpu *cpu = locks_cpu(locks, call->cpu);
	bool is = cpu && cpu->named == lock && hook->spin && !hook->outer;

	if (cpu && hook->outer)
		cpu->named = lock;
	else if (is)
		cpu->named = 0;
	return is;
}

void locks_class_init(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
		      const struct locks_call *call)
{
	struct locks_class like = {.kind = LOCKS_BY_NAME, .spin = hook->spin};
	unsigned cache = locks_hash(call->arg[1] + hook->spin) % 256;
	bool named = hook->op == LOCKS_NAMED;

	if (is_named(locks, lock, hook, call))
		return;
	if (named && locks->name_cache[cache].pointer == call->arg[1] && call->arg[1] &&
	    locks->class[locks->name_cache[cache].class].spin == hook->spin) {
		set_class(locks, lock, locks->name_cache[cache].class);
		return;
	}
	if (!named || !read_text(locks, call->arg[1], like.name, sizeof(like.name))) {
		like = (struct locks_class){.kind = LOCKS_BY_INIT,
					    .address = locks_caller(locks, call),
					    .spin = hook->spin};
		set_class(locks, lock, find_class(locks, &like));
		return;
	}
	for (char *c = like.name; *c; c++)
		if (*c == ' ')
			*c = '_';
	locks->name_cache[cache].pointer = call->arg[1];
	locks->name_cache[cache].class = find_class(locks, &like);
	set_class(locks, lock, locks->name_cache[cache].class);
}

static bool is_static(const struct locks *locks, uint64_t lock)
{
	return lock >= locks->image_from && lock < locks->image_to;
}

/*
 * Returns the class of a work item or a completion. A work item is identified by its function, a
 * completion by its variable or by the place of the wait. The class is not stored for the address,
 * because the memory of such an object, often on a stack, is soon reused.
 */
static uint32_t brief_class(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
			    const struct locks_call *call)
{
	struct locks_class like = {.kind = hook->work		   ? LOCKS_BY_WORK
					   : is_static(locks, lock) ? LOCKS_STATIC
								    : LOCKS_BY_WAIT};

	if (hook->work)
		read_pointer(locks, lock + WORK_FUNC, &like.address);
	else
		like.address = like.kind == LOCKS_STATIC ? lock : locks_caller(locks, call);
	return find_class(locks, &like);
}

static uint32_t new_class(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
			  const struct locks_call *call)
{
	struct locks_class like = {.kind = LOCKS_STATIC, .address = lock, .spin = hook->spin};

	if (hook->kernfs)
		return node_class(locks, lock);
	if (!is_static(locks, lock))
		like = (struct locks_class){.kind = LOCKS_BY_PLACE,
					    .address = locks_caller(locks, call),
					    .spin = hook->spin};
	else if (hook->spin)
		like.place = locks_caller(locks, call);
	return find_class(locks, &like);
}

uint32_t locks_class_of(struct locks *locks, uint64_t lock, const struct locks_hook *hook,
			const struct locks_call *call)
{
	bool brief = hook->work || hook->completion;
	long at = brief ? -1 : find_instance(locks, lock, true);
	uint32_t class = at >= 0 ? locks->instance[at].class : 0;

	/*
	 * if only one of LOCK and its stored class is a spinlock, the memory was another lock
	 * before, and inline code has initialised LOCK: determine its class again
	 */
	if (class && locks->class[class - 1].spin == hook->spin) {
		class--;
	} else {
		class = brief ? brief_class(locks, lock, hook, call)
			      : new_class(locks, lock, hook, call);
		/* do not store a class for a kernfs node before the offset of names is known */
		if (at >= 0 && !(hook->kernfs && !locks->node_offset))
			locks->instance[at].class = class + 1;
	}
	if (hook->nested && call->arg[1] && call->arg[1] < 8) {
		struct locks_class like = locks->class[class];

		like.sub = call->arg[1];
		like.only = 0;
		like.many = like.was_read = like.was_written = false;
		class = find_class(locks, &like);
	}
	if (!locks->class[class].only)
		locks->class[class].only = lock;
	else if (locks->class[class].only != lock)
		locks->class[class].many = true;
	return class;
}
