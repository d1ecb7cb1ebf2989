// SPDX-License-Identifier: GPL-2.0-only
/* Prints colours and the status line on a terminal. */
#include "util/term.h"

#include "util/clock.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const sequences[] = {
	[TERM_PLAIN] = "\033[0m",  [TERM_BOLD] = "\033[1m",   [TERM_DIM] = "\033[2m",
	[TERM_RED] = "\033[1;31m", [TERM_GREEN] = "\033[32m", [TERM_YELLOW] = "\033[33m",
	[TERM_BLUE] = "\033[34m",
};

gboolean term_is_live(void)
{
	static int live = -1;

	if (live < 0)
		live = isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR") &&
		       g_strcmp0(g_getenv("TERM"), "dumb");
	return live;
}

const char *term_colour(enum term_colour colour)
{
	return term_is_live() ? sequences[colour] : "";
}

static int width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

void term_status(const char *text)
{
	static gint64 last;
	static gboolean shown;

	if (term_is_live()) {
		if (shown || text)
			fputs("\r\033[K", stdout);
		shown = text != NULL;
		if (text) {
			g_autofree char *cut = g_utf8_substring(
				text, 0, MIN(g_utf8_strlen(text, -1), width() - 1));

			fputs(cut, stdout);
		}
	} else if (text && (!last || rig_now_ns() - last >= 5 * RIG_NS_PER_S)) {
		last = rig_now_ns();
		puts(text);
	}
	fflush(stdout);
}
