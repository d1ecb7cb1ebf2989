// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles the request LOG: returns the kernel's log since a given time, as the console prints it
 * (handlers.h).
 */
#include "handlers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>

#include "proto.h"

#define READ_ALL 3 /* SYSLOG_ACTION_READ_ALL, which returns the newest part of the log that fits */
#define KEPT PROTO_BULK_MAX

/*
 * Returns LINE, of the form "<4>[ 12.345678] text", without its "<4>". Sets *RET_US to its time,
 * and *RET_HAS to whether it has one. (If the kernel prints callers, "[ T1]" follows the time.)
 */
static char *stamp_of(char *line, bool *ret_has, uint64_t *ret_us)
{
	unsigned long long seconds, micros;
	char *level_end = *line == '<' ? strchr(line, '>') : NULL;

	if (level_end)
		line = level_end + 1;
	*ret_has = sscanf(line, "[%llu.%6llu]", &seconds, &micros) == 2;
	if (*ret_has)
		*ret_us = seconds * 1000000 + micros;
	return line;
}

bool klog_since(char *raw, uint64_t since_us, struct text *out)
{
	bool reaches_back = !since_us, has;
	uint64_t us = 0;
	char *line;

	while (!out->cut && (line = text_line(&raw))) {
		line = stamp_of(line, &has, &us);
		reaches_back |= !has || us <= since_us;
		if (!has || us >= since_us)
			text_add(out, "%s\n", line);
	}
	return reaches_back && !out->cut;
}

int handle_log(char *payload, struct text *out)
{
	static char raw[KEPT];
	char *line = text_line(&payload), *word[2];
	uint64_t since_us;
	int len;

	if (!line || text_words(line, word, 2) != 2 || strcmp(word[0], "since-us") ||
	    text_number(word[1], &since_us)) {
		text_add(out, "LOG needs since-us");
		return -EINVAL;
	}
	len = klogctl(READ_ALL, raw, sizeof(raw) - 1);
	if (len < 0) {
		text_add(out, "klogctl");
		return -errno;
	}
	raw[len] = '\0';
	/* reserve room for the last line */
	out->max -= sizeof("cut\n");
	if (klog_since(raw, since_us, out))
		return 0;
	out->max += sizeof("cut\n");
	out->cut = false;
	text_add(out, "cut\n");
	return 0;
}
