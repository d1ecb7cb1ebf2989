// SPDX-License-Identifier: GPL-2.0-only
/* Decides which calls of guest functions fail. */
#include "plugin/fail.h"

#include <string.h>

bool comm_fits(const char *pattern, const char *comm)
{
	size_t len = strlen(pattern);

	if (!len)
		return true;
	if (!comm)
		return false;
	return pattern[len - 1] == '*' ? !strncmp(pattern, comm, len - 1) : !strcmp(pattern, comm);
}

static bool is_caller(const struct fail *fail, uint64_t caller)
{
	for (unsigned i = 0; i < fail->n_callers; i++)
		if (fail->caller[i].from <= caller && caller < fail->caller[i].to)
			return true;
	return !fail->n_callers;
}

bool fails_call(struct fails *fails, unsigned id, uint64_t caller, const char *comm,
		uint64_t *ret_number)
{
	struct fail *fail = &fails->fail[id];

	if (!atomic_load(&fails->armed) || !atomic_load(&fail->begun) ||
	    !is_caller(fail, caller) || !comm_fits(fail->comm, comm))
		return false;
	*ret_number = atomic_fetch_add(&fail->calls, 1) + 1;
	if (*ret_number < fail->call || *ret_number - fail->call >= fail->times)
		return false;
	atomic_fetch_add(&fail->failed, 1);
	return true;
}
