/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg complete words -- WORDS...`: the one logic behind bash's, zsh's and fish's completion. */
#include "cli/dbg/runs.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/paths.h"

/* A line of the answer, if it begins with what is typed already. */
static void candidate(const char *typed, const char *prefix, const char *text, size_t len,
		      const char *help)
{
	cleanup_free char *whole = xasprintf("%s%.*s", prefix, (int)len, text);

	if (str_has_prefix(whole, typed))
		(void)printf("%s%s%s\n", whole, help ? "\t" : "", help ? help : "");
}

static void complete_first_words(const char *typed)
{
	size_t last = 0;

	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *c = cmd_table[i];
		size_t len = strcspn(c->name, " ");

		if (c->hidden)
			continue;
		if (c->name[len] && last == len && i > 0 &&
		    strncmp(cmd_table[i - 1]->name, c->name, len) == 0)
			continue; /* "toolbox build", "toolbox reset": one first word */
		last = len;
		candidate(typed, "", c->name, len, c->name[len] ? NULL : c->summary);
	}
	candidate(typed, "", "help", 4, "explain a command");
	if (typed[0] == '-') {
		candidate(typed, "", "--help", 6, "list the commands");
		candidate(typed, "", "--version", 9, "print the version of dbg");
	}
}

static void complete_second_words(const char *first, const char *typed)
{
	size_t len = strlen(first);

	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *c = cmd_table[i];

		if (!c->hidden && strncmp(c->name, first, len) == 0 && c->name[len] == ' ')
			candidate(typed, "", c->name + len + 1, strlen(c->name + len + 1), c->summary);
	}
}

static void complete_options(const struct cmd *cmd, const char *typed)
{
	for (const struct opt *o = cmd->opts; o->name; o++) {
		const char letter[] = { '-', o->letter, '\0' };
		cleanup_free char *name = xasprintf("--%s", o->name);

		candidate(typed, "", name, strlen(name), o->help);
		if (o->letter && strlen(typed) < 2)
			candidate(typed, "", letter, 2, o->help);
	}
	candidate(typed, "", "--help", 6, "explain the command");
}

/*
 * Names of containers and packages come from commands of their own, which take
 * the place of this process; nothing when this dbg has none.
 */
static void complete_by(const char *name, const char *typed)
{
	cleanup_free char *words = xasprintf("complete %s", name);
	const struct cmd *cmd = cmd_find(words);
	cleanup_free char *path = NULL;
	const char *argv[] = { "dbg", "complete", name, typed, NULL };

	if (!cmd)
		return;
	path = cmd->program ? paths_libexec(cmd->program) : xstrdup("/proc/self/exe");
	(void)fflush(stdout); /* nothing to report to: the shell shows no candidates */
	(void)execv(path, (char *const *)argv);
}

/* Programs of the base toolbox: what a command in a session may be. */
static void complete_programs(const char *typed)
{
	cleanup_free char *path = xasprintf("%s/bin", paths_toolbox_base());
	cleanup_dir DIR *dir = opendir(path);

	for (struct dirent *e; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			candidate(typed, "", e->d_name, strlen(e->d_name), NULL);
}

static void complete_value(const struct opt *o, const char *typed, const char *prefix)
{
	for (const char *at = o->choices; at;) {
		size_t n = strcspn(at, "|");

		candidate(typed, prefix, at, n, NULL);
		at = at[n] ? at + n + 1 : NULL;
	}
	switch (o->complete) {
	case OPT_COMPLETE_FILE:
		(void)printf(":files\n");
		break;
	case OPT_COMPLETE_DIR:
		(void)printf(":dirs\n");
		break;
	case OPT_COMPLETE_TARGET:
		complete_by("targets", typed + strlen(prefix));
		break;
	case OPT_COMPLETE_PACKAGE:
		complete_by("packages", typed + strlen(prefix));
		break;
	case OPT_COMPLETE_NONE:
		break;
	}
}

static void complete_operand(const struct cmd *cmd, int index, const char *typed)
{
	if (cmd->stop_at_operand > 0 && index >= cmd->stop_at_operand) {
		complete_programs(typed);
		return;
	}
	if (cmd->max_operands >= 0 && index >= cmd->max_operands) {
		if (cmd->takes_rest)
			candidate(typed, "", "--", 2, "a command with its arguments follows");
		return;
	}
	switch (cmd->complete) {
	case CMD_OPERAND_TARGET:
		if (index == 0)
			complete_by("targets", typed);
		break;
	case CMD_OPERAND_PACKAGE:
		complete_by("packages", typed);
		break;
	case CMD_OPERAND_FILE:
		(void)printf(":files\n");
		break;
	case CMD_OPERAND_COMMAND:
		complete_first_words(typed);
		break;
	case CMD_OPERAND_NONE:
		break;
	}
}

/* The option that takes its value from the next word, or NULL: "-c", "--shell", "-tc". */
static const struct opt *wants_value(const struct cmd *cmd, const char *word)
{
	for (const struct opt *o = cmd->opts; o->name && word[0] == '-'; o++) {
		if (o->type == OPT_FLAG)
			continue;
		if (word[1] == '-' && strcmp(word + 2, o->name) == 0)
			return o;
		if (word[1] && word[1] != '-' && o->letter && word[strlen(word) - 1] == o->letter)
			return o;
	}
	return NULL;
}

/* "--shell=ba": the value's option, *prefix becomes "--shell=". */
static const struct opt *inline_value(const struct cmd *cmd, const char *word, char **prefix)
{
	const char *equals = strchr(word, '=');

	for (const struct opt *o = cmd->opts; equals && o->name; o++) {
		size_t len = strlen(o->name);

		if (o->type != OPT_FLAG && str_has_prefix(word, "--") && word + 2 + len == equals &&
		    strncmp(word + 2, o->name, len) == 0) {
			*prefix = xasprintf("--%s=", o->name);
			return o;
		}
	}
	return NULL;
}

static void complete_cmd(const struct cmd *cmd, char **words, int n)
{
	cleanup_free char *prefix = NULL;
	const char *typed = words[n - 1];
	const struct opt *value = NULL;
	int operands = 0;

	for (int i = 0; i < n - 1; i++) {
		if (value) {
			value = NULL;
		} else if (strcmp(words[i], "--") == 0) {
			if (i == n - 2)
				complete_programs(typed);
			else
				(void)printf(":files\n");
			return;
		} else if (words[i][0] == '-' && words[i][1]) {
			value = wants_value(cmd, words[i]);
		} else if (cmd->stop_at_operand == 0 || operands < cmd->stop_at_operand) {
			operands++;
		}
	}
	if (value)
		complete_value(value, typed, "");
	else if ((value = inline_value(cmd, typed, &prefix)))
		complete_value(value, typed, prefix);
	else if (typed[0] == '-')
		complete_options(cmd, typed);
	else
		complete_operand(cmd, operands, typed);
}

static const struct cmd *find_cmd(char **words, int n, int *used)
{
	cleanup_free char *two = n > 2 ? xasprintf("%s %s", words[0], words[1]) : NULL;
	const struct cmd *cmd = two ? cmd_find(two) : NULL;

	*used = cmd ? 2 : 1;
	return cmd ? cmd : cmd_find(words[0]);
}

int run_complete_words(void *args, const struct opt_parsed *parsed, struct err *err)
{
	char **words = parsed->rest;
	int n = parsed->nrest, used = 0;
	const struct cmd *cmd = NULL;

	(void)args; /* no options */
	if (n < 1)
		return 0;
	if (strcmp(words[0], "help") == 0 && n > 1) {
		words++;
		n--;
	} else {
		cmd = n > 1 ? find_cmd(words, n, &used) : NULL;
	}
	if (n == 1)
		complete_first_words(words[0]);
	else if (!cmd && n == 2)
		complete_second_words(words[0], words[1]);
	else if (cmd)
		complete_cmd(cmd, words + used, n - used);
	return fflush(stdout) == EOF || ferror(stdout) ? err_sys(err, errno, "write standard output") : 0;
}
