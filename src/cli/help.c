/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts made from the command table: the overview and each command's --help. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/fds.h"
#include "util/term.h"

enum { INDENT = 2, HELP_COLUMN = 26, WIDTH_MIN = 40, WIDTH_MAX = 100 };

static const char *const group_titles[] = {
	[CMD_GROUP_CONTAINERS] = "Containers",
	[CMD_GROUP_TOOLS] = "Tools for the sessions",
	[CMD_GROUP_HOST] = "This host and dbg itself",
};

const char *help_group_title(enum cmd_group group)
{
	return group_titles[group];
}

bool cmd_is_prefix(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; cmd_table[i]; i++)
		if (strncmp(cmd_table[i]->name, word, len) == 0 && cmd_table[i]->name[len] == ' ' &&
		    !cmd_table[i]->hidden)
			return true;
	return false;
}

/* Where lines end: the terminal's width, 80 for a pipe. */
static size_t width(void)
{
	size_t cols = isatty(STDOUT_FILENO) ? term_size(STDOUT_FILENO).ws_col : 80;

	return cols < WIDTH_MIN ? WIDTH_MIN : cols > WIDTH_MAX ? WIDTH_MAX : cols;
}

static void add_spaces(struct str *s, size_t n)
{
	while (n-- > 0)
		str_addc(s, ' ');
}

/*
 * Words of text, wrapped; `column` is where the cursor stands, `indent` where
 * further lines begin. Ends with a newline.
 */
static void add_wrapped(struct str *s, const char *text, size_t len, size_t column, size_t indent)
{
	const char *end = text + len;
	bool fresh = true;

	while (text < end) {
		const char *word = text + strspn(text, " \n");
		size_t n = word < end ? strcspn(word, " \n") : 0;

		if (n == 0 || word >= end)
			break;
		if (n > (size_t)(end - word))
			n = (size_t)(end - word);
		if (!fresh && column + 1 + n > width()) {
			str_addc(s, '\n');
			add_spaces(s, indent);
			column = indent;
		} else if (!fresh) {
			str_addc(s, ' ');
			column++;
		}
		str_add(s, word, n);
		column += n;
		text = word + n;
		fresh = false;
	}
	str_addc(s, '\n');
}

static void add_description(struct str *s, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len == 0 || (text[0] == ' ' && text[1] == ' ')) {
			str_add(s, text, len);
			str_addc(s, '\n');
			text += len + (text[len] != '\0');
			continue;
		}
		/* A paragraph goes on until an empty or an indented line. */
		while (text[len] == '\n' && text[len + 1] && text[len + 1] != '\n' &&
		       strncmp(text + len + 1, "  ", 2) != 0)
			len += 1 + strcspn(text + len + 1, "\n");
		add_wrapped(s, text, len, 0, 0);
		text += len + (text[len] != '\0');
	}
}

/* A row of two columns: `left` from INDENT on, help from HELP_COLUMN on. */
static void add_row(struct str *s, const char *left, const char *help)
{
	size_t used = INDENT + strlen(left);

	add_spaces(s, INDENT);
	str_adds(s, left);
	if (used + 2 > HELP_COLUMN) {
		str_addc(s, '\n');
		used = 0;
	}
	add_spaces(s, HELP_COLUMN - used);
	add_wrapped(s, help, strlen(help), HELP_COLUMN, HELP_COLUMN);
}

static void add_opt(struct str *s, const struct opt *o)
{
	cleanup_free char *left = xasprintf("%c%c%s --%s%s%s", o->letter ? '-' : ' ',
					    o->letter ? o->letter : ' ', o->letter ? "," : " ",
					    o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	cleanup_free char *help = xasprintf("%s%s%s%s", o->help, o->choices ? " (" : "",
					    o->choices ? o->choices : "", o->choices ? ")" : "");

	add_row(s, left, help);
}

static int put(const struct str *s, struct err *err)
{
	int r = fflush(stdout) == EOF ? -errno : fd_write_all(STDOUT_FILENO, s->buf, s->len);

	return r < 0 ? err_sys(err, -r, "write standard output") : 0;
}

int help_print_overview(struct err *err)
{
	cleanup_str struct str s = { NULL, 0, 0 };

	str_adds(&s, "Usage: dbg COMMAND [OPTIONS] [ARGUMENTS]\n\n");
	add_description(&s, "A debug and inspection toolbox for Linux containers: a shell with tools in any "
			    "running container, whatever its image lacks, and nothing left behind.\n");
	for (enum cmd_group g = 0; g < sizeof(group_titles) / sizeof(*group_titles); g++) {
		bool first = true;

		for (size_t i = 0; cmd_table[i]; i++) {
			if (cmd_table[i]->group != g || cmd_table[i]->hidden)
				continue;
			if (first)
				str_addf(&s, "\n%s:\n", group_titles[g]);
			first = false;
			add_row(&s, cmd_table[i]->name, cmd_table[i]->summary);
		}
	}
	str_addc(&s, '\n');
	add_description(&s, "'dbg COMMAND --help' or 'man dbg-COMMAND' explains a command.");
	return put(&s, err);
}

int help_print_prefix(const char *prefix, struct err *err)
{
	cleanup_str struct str s = { NULL, 0, 0 };
	size_t len = strlen(prefix);

	str_addf(&s, "Usage: dbg %s SUBCOMMAND [OPTIONS] [ARGUMENTS]\n\nSubcommands:\n", prefix);
	for (size_t i = 0; cmd_table[i]; i++)
		if (strncmp(cmd_table[i]->name, prefix, len) == 0 && cmd_table[i]->name[len] == ' ' &&
		    !cmd_table[i]->hidden)
			add_row(&s, cmd_table[i]->name + len + 1, cmd_table[i]->summary);
	str_addf(&s, "\n'dbg %s SUBCOMMAND --help' explains a subcommand.\n", prefix);
	return put(&s, err);
}

int help_print_cmd(const struct cmd *cmd, struct err *err)
{
	cleanup_str struct str s = { NULL, 0, 0 };
	static const struct opt help_opt = { "help", 'h', OPT_FLAG, 0, NULL, NULL, "show this text",
					     OPT_COMPLETE_NONE };
	bool letter_taken = false;
	struct opt help = help_opt;

	str_addf(&s, "Usage: dbg %s%s%s%s\n\n", cmd->name, cmd->opts->name ? " [OPTIONS]" : "",
		 cmd->operands[0] ? " " : "", cmd->operands);
	add_description(&s, cmd->description);
	str_adds(&s, "\nOptions:\n");
	for (const struct opt *o = cmd->opts; o->name; o++) {
		letter_taken = letter_taken || o->letter == 'h';
		add_opt(&s, o);
	}
	help.letter = letter_taken ? '\0' : 'h';
	add_opt(&s, &help);
	if (cmd->examples && cmd->examples[0])
		str_adds(&s, "\nExamples:\n");
	for (size_t i = 0; cmd->examples && cmd->examples[i]; i += 2) {
		str_addf(&s, "  %s\n", cmd->examples[i]);
		add_spaces(&s, 8);
		add_wrapped(&s, cmd->examples[i + 1], strlen(cmd->examples[i + 1]), 8, 8);
	}
	return put(&s, err);
}
