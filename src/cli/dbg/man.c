/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manual pages from the command table: see man.h. */
#include "cli/dbg/man.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/fds.h"

/* Text for roff: no escape and no request comes about by accident. */
static void add_text(struct str *s, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool line_start = s->len == 0 || s->buf[s->len - 1] == '\n';

		if (line_start && (text[i] == '.' || text[i] == '\''))
			str_adds(s, "\\&");
		if (text[i] == '\\')
			str_adds(s, "\\e");
		else if (text[i] == '-')
			str_adds(s, "\\-");
		else if (text[i] == '\'')
			str_adds(s, "\\(aq");
		else if (text[i] == '^')
			str_adds(s, "\\(ha");
		else if (text[i] == '~')
			str_adds(s, "\\(ti");
		else if (text[i] == '`')
			str_adds(s, "\\(ga");
		else
			str_addc(s, text[i]);
	}
}

static void add_string(struct str *s, const char *text)
{
	add_text(s, text, strlen(text));
}

/* The same with `code` in bold. */
static void add_marked(struct str *s, const char *text, size_t len)
{
	bool bold = false;

	while (len > 0) {
		const char *tick = memchr(text, '`', len);
		size_t n = tick ? (size_t)(tick - text) : len;

		add_text(s, text, n);
		if (!tick)
			return;
		bold = !bold;
		str_adds(s, bold ? "\\fB" : "\\fR");
		text += n + 1;
		len -= n + 1;
	}
}

/* Paragraphs as in struct cmd: blank lines part them, indented lines stay. */
static void add_paragraphs(struct str *s, const char *text)
{
	/* ".SH" above begins the first paragraph by itself. */
	bool literal = false, fresh = false;

	while (*text) {
		size_t len = strcspn(text, "\n");
		bool indented = len > 0 && strncmp(text, "  ", 2) == 0;

		if (indented != literal && len > 0) {
			str_adds(s, indented ? ".PP\n.nf\n" : ".fi\n");
			fresh = !indented;
			literal = indented;
		}
		if (len == 0)
			fresh = true;
		else if (fresh && !literal)
			str_adds(s, ".PP\n");
		if (len > 0) {
			fresh = false;
			add_marked(s, text, len);
			str_addc(s, '\n');
		}
		text += len + (text[len] != '\0');
	}
	if (literal)
		str_adds(s, ".fi\n");
}

static void add_header(struct str *s, const char *page, const char *summary)
{
	str_adds(s, ".\\\" Made from dbg's command table.\n.TH ");
	for (const char *p = page; *p; p++)
		str_addc(s, (char)toupper((unsigned char)*p));
	str_addf(s, " 1 %s \"dbg %s\" \"dbg manual\"\n.SH NAME\n", DBG_DATE, DBG_VERSION);
	add_string(s, page);
	str_adds(s, " \\- ");
	add_string(s, summary);
	str_addc(s, '\n');
}

static void add_opt(struct str *s, const struct opt *o, bool help)
{
	str_adds(s, ".TP\n");
	if (o->letter)
		str_addf(s, "\\fB\\-%c\\fR, ", o->letter);
	str_adds(s, "\\fB\\-\\-");
	add_string(s, o->name);
	str_adds(s, "\\fR");
	if (o->arg) {
		str_adds(s, " \\fI");
		add_string(s, o->arg);
		str_adds(s, "\\fR");
	}
	str_addc(s, '\n');
	if (help) /* help texts are lower-case phrases: begin like a sentence */
		str_addc(s, (char)toupper((unsigned char)o->help[0]));
	add_string(s, o->help + (help ? 1 : 0));
	if (o->choices) {
		str_adds(s, ": one of \\fB");
		for (const char *p = o->choices; *p; p++) {
			if (*p == '|')
				str_adds(s, "\\fR, \\fB");
			else
				add_text(s, p, 1);
		}
		str_adds(s, "\\fR");
	}
	str_adds(s, ".\n");
}

static void add_options(struct str *s, const struct cmd *cmd)
{
	struct opt help = { .name = "help", .letter = 'h', .help = "show a summary of the command" };

	str_adds(s, ".SH OPTIONS\n");
	for (const struct opt *o = cmd->opts; o->name; o++) {
		if (o->letter == 'h')
			help.letter = '\0';
		add_opt(s, o, true);
	}
	add_opt(s, &help, true);
}

struct status {
	const char *code, *text;
};

static const struct status payload_status[] = {
	{ "N", "The exit code of the command or shell that ran, 128+n after signal n." },
	{ "2", "Wrong options or arguments." },
	{ "125", "dbg itself failed." },
	{ "126", "The command was found but could not be run." },
	{ "127", "The command was not found." },
	{ NULL, NULL },
};
static const struct status plain_status[] = {
	{ "0", "Everything was done." },
	{ "1", "The command could not do its work." },
	{ "2", "Wrong options or arguments." },
	{ NULL, NULL },
};

static void add_status(struct str *s, const struct status *st)
{
	str_adds(s, ".SH EXIT STATUS\n");
	for (; st->code; st++)
		str_addf(s, ".TP\n\\fB%s\\fR\n%s\n", st->code, st->text);
}

static void add_examples(struct str *s, const struct cmd *cmd)
{
	if (!cmd->examples || !cmd->examples[0])
		return;
	str_adds(s, ".SH EXAMPLES\n");
	for (size_t i = 0; cmd->examples[i]; i += 2) {
		str_adds(s, ".TP\n\\fB");
		add_string(s, cmd->examples[i]);
		str_adds(s, "\\fR\n");
		add_string(s, cmd->examples[i + 1]);
		str_addc(s, '\n');
	}
}

/* "- `TERM`: text" is a tagged paragraph, "- text" a bullet. */
static void add_item(struct str *s, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t tag = colon ? (size_t)(colon - text) : 0;

	if (!colon) {
		str_adds(s, ".IP \\(bu 2\n");
		add_marked(s, text, len);
		return;
	}
	str_adds(s, ".TP\n");
	add_marked(s, text, tag);
	str_addc(s, '\n');
	for (tag++; tag < len && text[tag] == ' ';)
		tag++;
	add_marked(s, text + tag, len - tag);
}

/* A paragraph break before a section or an item would be empty: take it back. */
static void drop_break(struct str *s)
{
	if (s->len >= 5 && memcmp(s->buf + s->len - 5, "\n.PP\n", 5) == 0) {
		s->len -= 4;
		s->buf[s->len] = '\0';
	}
}

/* One line of a hand-written section; *literal: inside an indented block. */
static void add_extra_line(struct str *s, const char *line, size_t len, bool *literal)
{
	bool code = len > 4 && strncmp(line, "    ", 4) == 0;
	bool title = len > 3 && strncmp(line, "## ", 3) == 0;
	bool item = len > 2 && strncmp(line, "- ", 2) == 0;

	if (code || title || item)
		drop_break(s);
	if (code != *literal && len > 0) {
		str_adds(s, code ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n");
		*literal = code;
	}
	if (code) {
		add_text(s, line + 4, len - 4);
	} else if (title) {
		str_adds(s, ".SH ");
		add_text(s, line + 3, len - 3);
	} else if (item) {
		add_item(s, line + 2, len - 2);
	} else if (len > 0) {
		add_marked(s, line + strspn(line, " "), len - strspn(line, " "));
	} else {
		if (!*literal)
			str_adds(s, ".PP\n");
		return;
	}
	str_addc(s, '\n');
}

static int add_extra(struct str *s, const char *path, struct err *err)
{
	cleanup_free char *text = NULL;
	bool literal = false, below_title = false;
	int r = fd_slurp_at(AT_FDCWD, path, 1 << 20, &text, NULL);

	if (r < 0)
		return err_sys(err, -r, "read %s", path);
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (len > 0 || !below_title)
			add_extra_line(s, line, len, &literal);
		below_title = strncmp(line, "## ", 3) == 0;
		line += len + (line[len] != '\0');
	}
	drop_break(s);
	if (literal)
		str_adds(s, ".fi\n.RE\n");
	return 0;
}

static char *page_name(const struct cmd *cmd)
{
	char *page = xasprintf("dbg-%s", cmd->name);

	for (char *p = page; *p; p++)
		*p = *p == ' ' ? '-' : *p;
	return page;
}

static void add_see_also(struct str *s, const struct cmd *self)
{
	bool first = true;

	str_adds(s, ".SH SEE ALSO\n");
	if (self)
		str_adds(s, ".BR dbg (1)");
	first = !self;
	for (size_t i = 0; cmd_table[i]; i++) {
		cleanup_free char *page = NULL;

		if (cmd_table[i] == self || cmd_table[i]->hidden)
			continue;
		page = page_name(cmd_table[i]);
		str_adds(s, first ? ".BR " : " ,\n.BR ");
		add_string(s, page);
		str_adds(s, " (1)");
		first = false;
	}
	str_addc(s, '\n');
}

static void add_overview(struct str *s)
{
	add_header(s, "dbg", "debug and inspection toolbox for Linux containers");
	str_adds(s, ".SH SYNOPSIS\n\\fBdbg\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n"
		    ".br\n\\fBdbg help\\fR [\\fICOMMAND\\fR]\n.br\n\\fBdbg \\-\\-version\\fR\n"
		    ".SH DESCRIPTION\n"
		    "dbg gives a shell with tools in any running container, whatever its image lacks: the "
		    "container's root stays at /, its processes, network and volumes are the real ones, and "
		    "the tools are simply there as well, below /dev of a private copy of its mounts.\n"
		    "Nothing is written into the container, and nothing is left when the session ends.\n"
		    ".SH COMMANDS\n");
	for (enum cmd_group g = CMD_GROUP_CONTAINERS; g <= CMD_GROUP_HOST; g++) {
		bool first = true;

		for (size_t i = 0; cmd_table[i]; i++) {
			if (cmd_table[i]->group != g || cmd_table[i]->hidden)
				continue;
			if (first)
				str_addf(s, ".SS %s\n", help_group_title(g));
			first = false;
			str_adds(s, ".TP\n\\fB");
			add_string(s, cmd_table[i]->name);
			str_adds(s, "\\fR");
			if (cmd_table[i]->operands[0])
				str_addc(s, ' ');
			add_string(s, cmd_table[i]->operands);
			str_addc(s, '\n');
			str_addc(s, (char)toupper((unsigned char)cmd_table[i]->summary[0]));
			add_string(s, cmd_table[i]->summary + 1);
			str_adds(s, ".\n");
		}
	}
	add_status(s, plain_status);
}

static void add_cmd(struct str *s, const struct cmd *cmd)
{
	cleanup_free char *page = page_name(cmd);

	add_header(s, page, cmd->summary);
	str_adds(s, ".SH SYNOPSIS\n\\fBdbg ");
	add_string(s, cmd->name);
	str_adds(s, "\\fR");
	if (cmd->opts->name)
		str_adds(s, " [\\fIOPTIONS\\fR]");
	str_addc(s, ' ');
	add_string(s, cmd->operands);
	while (s->buf[s->len - 1] == ' ')
		s->buf[--s->len] = '\0';
	str_adds(s, "\n.SH DESCRIPTION\n");
	add_paragraphs(s, cmd->description);
	add_options(s, cmd);
	add_status(s, cmd->fail_status == ERR_STATUS_DBG ? payload_status : plain_status);
}

/* Source lines of at most 78 bytes, as mandoc(1) likes them; roff fills text anyway. */
static void fold(const char *text, struct str *out)
{
	bool literal = false;

	while (*text) {
		size_t len = strcspn(text, "\n"), cut = len;

		literal = (literal || strncmp(text, ".nf", 3) == 0) && strncmp(text, ".fi", 3) != 0;
		if (text[0] != '.' && !literal && len > 78) {
			for (cut = 78; cut > 0 && !(text[cut] == ' ' && text[cut + 1] != ' ' &&
						    text[cut + 1] != '.' && text[cut + 1] != '\'');)
				cut--;
			cut = cut ? cut : len;
		}
		str_add(out, text, cut);
		str_addc(out, '\n');
		text += cut + (text[cut] != '\0');
	}
}

int man_print(const struct cmd *cmd, const char *extra, struct err *err)
{
	cleanup_str struct str s = { NULL, 0, 0 }, folded = { NULL, 0, 0 };
	int r = 0;

	if (cmd)
		add_cmd(&s, cmd);
	else
		add_overview(&s);
	if (extra && (r = add_extra(&s, extra, err)) < 0)
		return r;
	if (cmd)
		add_examples(&s, cmd);
	add_see_also(&s, cmd);
	fold(s.buf, &folded);
	r = fd_write_all(STDOUT_FILENO, folded.buf, folded.len);
	return r < 0 ? err_sys(err, -r, "write standard output") : 0;
}
