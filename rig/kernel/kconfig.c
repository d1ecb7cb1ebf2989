// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses a subset of the Kconfig language (Documentation/kbuild/kconfig-language.rst) to find out
 * why an option is not set. For each symbol it stores the definitions with their dependencies,
 * including those of surrounding menus, choices and ifs. Macros "$(…)", for example about the
 * compiler, count as true. So some false dependencies are not reported, but each reported one is
 * false.
 */
#include "kernel/internal.h"

#include <string.h>

#include "util/paths.h"

#define KCONFIG_MAX (4u << 20)

struct definition {
	GPtrArray *depends; /* expressions that must all be true */
	gboolean prompt;    /* the option has a prompt, so a fragment can set it */
	gboolean in_choice;
};

struct kconfig {
	const char *src, *srcarch;
	GHashTable *symbols; /* name -> GPtrArray of struct definition */
	/* of struct definition: the if, menu and choice blocks of the current file that are open */
	GPtrArray *frames;
	struct definition *current; /* the definition to which "depends on" lines belong */
	guint depth;
};

static void definition_free(void *data)
{
	struct definition *definition = data;

	g_ptr_array_unref(definition->depends);
	g_free(definition);
}

static struct definition *definition_new(void)
{
	struct definition *definition = g_new0(struct definition, 1);

	definition->depends = g_ptr_array_new_with_free_func(g_free);
	return definition;
}

void kconfig_free(struct kconfig *kconfig)
{
	g_hash_table_unref(kconfig->symbols);
	g_ptr_array_unref(kconfig->frames);
	g_free(kconfig);
}

/* ---- reading Kconfig files ---- */

static void read_file(struct kconfig *kconfig, const char *relative);

static void push(struct kconfig *kconfig, gboolean choice)
{
	struct definition *frame = definition_new();

	frame->in_choice = choice;
	g_ptr_array_add(kconfig->frames, frame);
	kconfig->current = frame;
}

static void pop(struct kconfig *kconfig)
{
	if (kconfig->frames->len)
		g_ptr_array_set_size(kconfig->frames, kconfig->frames->len - 1);
	kconfig->current = NULL;
}

static void add_symbol(struct kconfig *kconfig, const char *name)
{
	struct definition *definition = definition_new();
	GPtrArray *all = g_hash_table_lookup(kconfig->symbols, name);

	if (!all) {
		all = g_ptr_array_new_with_free_func(definition_free);
		g_hash_table_insert(kconfig->symbols, g_strdup(name), all);
	}
	for (guint i = 0; i < kconfig->frames->len; i++) {
		const struct definition *frame = kconfig->frames->pdata[i];

		definition->in_choice |= frame->in_choice;
		for (guint d = 0; d < frame->depends->len; d++)
			g_ptr_array_add(definition->depends, g_strdup(frame->depends->pdata[d]));
	}
	g_ptr_array_add(all, definition);
	kconfig->current = definition;
}

/* Parses what follows `bool` or `prompt`: the text of a prompt, for example `"Text" if EXPR`. */
static void add_prompt(struct kconfig *kconfig, const char *rest)
{
	const char *end = *rest == '"' || *rest == '\'' ? strchr(rest + 1, *rest) : NULL;

	if (!end || !kconfig->current)
		return;
	kconfig->current->prompt = TRUE;
	end = g_strchug((char *)end + 1);
	if (g_str_has_prefix(end, "if "))
		g_ptr_array_add(kconfig->current->depends, g_strdup(end + 3));
}

static void add_source(struct kconfig *kconfig, const char *rest)
{
	g_autoptr(GString) path = g_string_new(rest);

	g_string_replace(path, "\"", "", 0);
	g_string_replace(path, "$(SRCARCH)", kconfig->srcarch, 0);
	g_string_replace(path, "$SRCARCH", kconfig->srcarch, 0);
	read_file(kconfig, path->str);
}

static void read_statement(struct kconfig *kconfig, char *line)
{
	static const char *const prompts[] = {"bool",	"tristate", "int", "hex",
					      "string", "prompt",   NULL};
	gsize len = strcspn(line, " \t");
	g_autofree char *word = g_strndup(line, len);
	char *rest = g_strstrip(line + len);

	if (!strcmp(word, "config") || !strcmp(word, "menuconfig"))
		add_symbol(kconfig, rest);
	else if (!strcmp(word, "source"))
		add_source(kconfig, rest);
	else if (!strcmp(word, "choice") || !strcmp(word, "menu"))
		push(kconfig, *word == 'c');
	else if (!strcmp(word, "if")) {
		push(kconfig, FALSE);
		g_ptr_array_add(kconfig->current->depends, g_strdup(rest));
	} else if (!strcmp(word, "endif") || !strcmp(word, "endmenu") || !strcmp(word, "endchoice"))
		pop(kconfig);
	else if (!strcmp(word, "comment"))
		kconfig->current = NULL;
	else if (!strcmp(word, "depends") && kconfig->current && g_str_has_prefix(rest, "on "))
		g_ptr_array_add(kconfig->current->depends, g_strdup(g_strchug(rest + 3)));
	else if (g_strv_contains(prompts, word))
		add_prompt(kconfig, rest);
}

static guint indent(const char *line)
{
	guint column = 0;

	for (; *line == ' ' || *line == '\t'; line++)
		column = *line == '\t' ? (column | 7) + 1 : column + 1;
	return column;
}

/* Skips a help text: all lines that are indented at least as much as the first one. */
static guint skip_help(char **lines, guint at)
{
	guint first;

	while (lines[at] && !*g_strchomp(lines[at]))
		at++;
	first = lines[at] ? indent(lines[at]) : 0;
	if (!first)
		return at;
	while (lines[at] && (!*g_strchomp(lines[at]) || indent(lines[at]) >= first))
		at++;
	return at;
}

static void read_file(struct kconfig *kconfig, const char *relative)
{
	g_autofree char *path = g_build_filename(kconfig->src, relative, NULL), *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (kconfig->depth > 16 || !rig_read_file(path, KCONFIG_MAX, &text, NULL, NULL))
		return;
	kconfig->depth++;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_autoptr(GString) whole = g_string_new(g_strchug(g_strchomp(lines[i])));

		while (g_str_has_suffix(whole->str, "\\") && lines[i + 1]) {
			g_string_truncate(whole, whole->len - 1);
			g_string_append(whole, g_strstrip(lines[++i]));
		}
		if (!strcmp(whole->str, "help") || !strcmp(whole->str, "---help---"))
			i = skip_help(lines, i + 1) - 1;
		else if (*whole->str && *whole->str != '#')
			read_statement(kconfig, whole->str);
	}
	kconfig->depth--;
}

struct kconfig *kconfig_load(const char *src, const char *srcarch)
{
	struct kconfig *kconfig = g_new0(struct kconfig, 1);

	kconfig->src = src;
	kconfig->srcarch = srcarch;
	kconfig->symbols = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						 (GDestroyNotify)g_ptr_array_unref);
	kconfig->frames = g_ptr_array_new_with_free_func(definition_free);
	read_file(kconfig, "Kconfig");
	return kconfig;
}

gboolean kconfig_has(struct kconfig *kconfig, const char *symbol)
{
	return g_hash_table_contains(kconfig->symbols, symbol);
}

/* ---- evaluating expressions ---- */

enum { NO, MOD, YES };

struct expr {
	const char *at;
	GHashTable *config;
	guint depth;
};

static int expr_or(struct expr *expr);

static void skip_space(struct expr *expr)
{
	while (*expr->at == ' ' || *expr->at == '\t')
		expr->at++;
}

static gboolean accept(struct expr *expr, const char *token)
{
	skip_space(expr);
	if (!g_str_has_prefix(expr->at, token))
		return FALSE;
	expr->at += strlen(token);
	return TRUE;
}

/* Parses a symbol, constant or macro, and returns its value. The value of a macro is "y". */
static char *operand(struct expr *expr)
{
	const char *start, *value;
	g_autofree char *name = NULL, *key = NULL;

	skip_space(expr);
	start = expr->at;
	if (*start == '"' || *start == '\'') {
		expr->at += strcspn(start + 1, (char[]){*start, '\0'}) + 1;
		name = g_strndup(start + 1, expr->at - start - 1);
		expr->at += *expr->at != '\0';
		return g_steal_pointer(&name);
	}
	if (g_str_has_prefix(start, "$(")) {
		guint open = 0;

		do {
			open += *expr->at == '(';
			open -= *expr->at == ')';
		} while (*++expr->at && (open || expr->at == start + 1));
		return g_strdup("y");
	}
	while (g_ascii_isalnum(*expr->at) || *expr->at == '_')
		expr->at++;
	if (expr->at == start && *expr->at)
		expr->at++;
	name = g_strndup(start, expr->at - start);
	/* the value of a constant is the constant itself */
	if (!name[0] || !name[1] || g_ascii_isdigit(name[0]))
		return g_steal_pointer(&name);
	key = g_strconcat("CONFIG_", name, NULL);
	value = g_hash_table_lookup(expr->config, key);
	return g_strdup(value ? value : "n");
}

static int tristate(const char *value)
{
	return !strcmp(value, "y") ? YES : !strcmp(value, "m") ? MOD : NO;
}

static int expr_atom(struct expr *expr)
{
	static const char *const comparisons[] = {"!=", "<=", ">=", "=", "<", ">"};
	g_autofree char *left = NULL;

	if (++expr->depth > 200)
		return YES;
	if (accept(expr, "(")) {
		int value = expr_or(expr);

		accept(expr, ")");
		return value;
	}
	skip_space(expr);
	if (expr->at[0] == '!' && expr->at[1] != '=') {
		expr->at++;
		return YES - expr_atom(expr);
	}
	left = operand(expr);
	for (guint i = 0; i < G_N_ELEMENTS(comparisons); i++)
		if (accept(expr, comparisons[i])) {
			g_autofree char *right = operand(expr);
			gint64 order = g_ascii_isdigit(*left) && g_ascii_isdigit(*right)
					       ? g_ascii_strtoll(left, NULL, 0) -
							 g_ascii_strtoll(right, NULL, 0)
					       : strcmp(left, right);
			gboolean holds[] = {order != 0, order <= 0, order >= 0, order == 0,
					    order<0, order> 0};

			return holds[i] ? YES : NO;
		}
	return tristate(left);
}

static int expr_and(struct expr *expr)
{
	int value = expr_atom(expr);

	while (accept(expr, "&&")) {
		int right = expr_atom(expr);

		value = MIN(value, right);
	}
	return value;
}

static int expr_or(struct expr *expr)
{
	int value = expr_and(expr);

	while (accept(expr, "||")) {
		int right = expr_and(expr);

		value = MAX(value, right);
	}
	return value;
}

/*
 * Appends those terms of an expression like "A && (B || C) && D" that are false. If its outermost
 * operator is ||, the whole expression is one term.
 */
static void add_unmet(const char *text, GHashTable *config, GPtrArray *unmet)
{
	struct expr whole = {.at = text, .config = config};
	guint from = unmet->len;

	if (expr_or(&whole) != NO)
		return;
	for (struct expr term = {.at = text, .config = config}; *term.at;) {
		const char *start = term.at + strspn(term.at, " \t");
		int value = expr_atom(&term);

		if (value == NO)
			g_ptr_array_add(unmet, g_strchomp(g_strndup(start, term.at - start)));
		if (accept(&term, "||")) {
			g_ptr_array_set_size(unmet, from);
			g_ptr_array_add(unmet, g_strdup_printf("(%s)", text));
			return;
		}
		if (!accept(&term, "&&"))
			return;
	}
}

/* ---- why an option is not set ---- */

static GPtrArray *definition_unmet(const struct definition *definition, GHashTable *config)
{
	GPtrArray *unmet = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < definition->depends->len; i++)
		add_unmet(definition->depends->pdata[i], config, unmet);
	return unmet;
}

char *kconfig_why(struct kconfig *kconfig, const char *symbol, GHashTable *config)
{
	GPtrArray *all = g_hash_table_lookup(kconfig->symbols, symbol);
	g_autoptr(GPtrArray) best = NULL;
	gboolean choice = FALSE, prompt = FALSE;
	g_autoptr(GString) text = g_string_new("needs ");

	if (!all || !all->len)
		return g_strdup("this kernel has no such option");
	/* if there are several definitions, report the one with the fewest false terms */
	for (guint i = 0; i < all->len; i++) {
		const struct definition *definition = all->pdata[i];
		g_autoptr(GPtrArray) unmet = definition_unmet(definition, config);

		choice |= definition->in_choice;
		prompt |= definition->prompt;
		if (best && best->len <= unmet->len)
			continue;
		g_clear_pointer(&best, g_ptr_array_unref);
		best = g_steal_pointer(&unmet);
	}
	if (!best->len && choice)
		return g_strdup("another option of the same choice is set");
	if (!best->len)
		return g_strdup(
			prompt ? "kconfig dropped it, though all it depends on is set"
			       : "it cannot be set by hand, only by options that select it");
	for (guint i = 0; i < best->len; i++) {
		const char *term = best->pdata[i];

		g_string_append_printf(text, "%s%s%s", i ? " and " : "",
				       g_ascii_isupper(*term) ? "CONFIG_" : "", term);
		if (g_ascii_isupper(*term) && !strpbrk(term, " =<>(") &&
		    !kconfig_has(kconfig, term))
			g_string_append(text, " (which this kernel does not have)");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
