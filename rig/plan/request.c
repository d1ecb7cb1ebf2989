// SPDX-License-Identifier: GPL-2.0-only
/* Checks each option of a request by itself. */
#include "plan/internal.h"

#include <string.h>

#include "scenario/switches.h"
#include "util/error.h"
#include "util/rng.h"

#define DURATION_MAX_S (7 * 24 * 3600)
#define PATIENCE_MAX_S 3600

const char *request_launcher(const struct run_request *want)
{
	return want->launcher ? want->launcher : want->uri ? "libvirt" : "direct";
}

static gboolean check_launcher(const struct run_request *want, GError **error)
{
	const char *name = request_launcher(want);

	if (strcmp(name, "direct") && strcmp(name, "libvirt"))
		return rig_fail(error, RIG_EXIT_USAGE,
				"unknown launcher '%s' (available: direct, libvirt)", name);
	if (!strcmp(name, "direct") && want->uri)
		return rig_fail(error, RIG_EXIT_USAGE, "--connect %s needs --launcher libvirt",
				want->uri);
	return TRUE;
}

static gboolean check_labels(char **labels, GError **error)
{
	for (char **l = labels; l && *l; l++) {
		gsize key = strspn(*l, "abcdefghijklmnopqrstuvwxyz0123456789-_");

		if (!key || key > 32 || (*l)[key] != '=' || strlen(*l + key + 1) > 200 ||
		    !g_utf8_validate(*l, -1, NULL))
			return rig_fail(
				error, RIG_EXIT_USAGE,
				"invalid label '%s': write KEY=VALUE, with a key of up to 32 small "
				"letters, digits, - and _, and up to 200 bytes of UTF-8",
				*l);
	}
	return TRUE;
}

static gboolean check_range(const char *what, int value, int high, GError **error)
{
	if (value >= 0 && value <= high)
		return TRUE;
	return rig_fail(error, RIG_EXIT_USAGE, "invalid %s of %d s (1 to %d)", what, value, high);
}

static gboolean check_cpus(int cpus, GError **error)
{
	return (cpus >= 0 && cpus <= SCENARIO_CPUS_MAX) ||
	       rig_fail(error, RIG_EXIT_USAGE, "invalid number of vCPUs %d (1 to %d)", cpus,
			SCENARIO_CPUS_MAX);
}

static gboolean check_vary(char **vary, GError **error)
{
	for (guint i = 0; vary && vary[i]; i++)
		if (!switch_draw(vary[i], 0, error))
			return FALSE;
	return TRUE;
}

gboolean request_check(const struct run_request *want, GError **error)
{
	return check_range("duration", want->duration_s, DURATION_MAX_S, error) &&
	       check_range("patience", want->patience_s, PATIENCE_MAX_S, error) &&
	       check_cpus(want->cpus, error) && check_launcher(want, error) &&
	       check_labels(want->labels, error) && check_vary(want->vary, error);
}

gboolean plan_seed(const char *text, guint64 *ret, GError **error)
{
	guint64 seed;
	char *end;

	if (!text) {
		*ret = rng_fresh_seed();
		return TRUE;
	}
	seed = g_ascii_strtoull(text, &end, 0);
	/* limit seeds to signed integers, because JSON integers of jansson are signed */
	if (!g_ascii_isdigit(*text) || *end || seed > G_MAXINT64)
		return rig_fail(error, RIG_EXIT_USAGE, "invalid seed '%s' (for example 7 or 0x1f)",
				text);
	*ret = seed;
	return TRUE;
}

gboolean request_choice(const char *what, const char *word, const char *const *choices,
			const struct machine *machine, GError **error)
{
	g_autofree char *list = NULL;

	if (!word || (choices && g_strv_contains(choices, word)))
		return TRUE;
	list = choices ? g_strjoinv(", ", (char **)choices) : g_strdup("none");
	return rig_fail(error, RIG_EXIT_USAGE, "unknown %s '%s' for machine '%s' (available: %s)",
			what, word, machine->name, list);
}
