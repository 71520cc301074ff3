/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines from a person (readline, with a prompt and a history) or from a pipe. */
#include "shell/shell.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_MAX = 2000, LINE_MAX_BYTES = 1 << 20 };

static const char *history_path;

/*
 * While a line is typed Ctrl-C, Ctrl-\ and Ctrl-Z are keys and no signals, so
 * that nothing interrupts readline halfway.
 */
static void prepare_terminal(int meta)
{
	struct termios t;

	rl_prep_terminal(meta);
	if (tcgetattr(STDIN_FILENO, &t) == 0) {
		t.c_lflag &= ~(tcflag_t)ISIG;
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t); /* gone: the next read says so */
	}
}

static int on_interrupt(int count, int key)
{
	(void)count;
	(void)key;
	(void)fputs("^C", rl_outstream);
	rl_replace_line("", 1);
	rl_done = 1;
	shell.status = 128 + SIGINT;
	return 0;
}

static int on_nothing(int count, int key)
{
	(void)count;
	(void)key;
	return 0;
}

void line_init(void)
{
	if (!shell.interactive)
		return;
	(void)signal(SIGINT, SIG_IGN); /* a key while typing; children get it back */
	rl_readline_name = "dbg-shell";
	rl_catch_signals = 0;
	rl_prep_term_function = prepare_terminal;
	/* readline would read ~/.inputrc and /etc/inputrc of the container. */
	(void)setenv("INPUTRC", "/dev/null", 1);
	(void)rl_variable_bind("convert-meta", "off");
	(void)rl_variable_bind("input-meta", "on");
	(void)rl_variable_bind("output-meta", "on");
	(void)rl_variable_bind("bell-style", "none");
	(void)rl_variable_bind("show-all-if-ambiguous", "on");
	(void)rl_initialize();
	(void)unsetenv("INPUTRC");
	(void)rl_bind_key('C' & 0x1f, on_interrupt);
	(void)rl_bind_key('Z' & 0x1f, on_nothing);
	(void)rl_bind_key('\\' & 0x1f, on_nothing);
	(void)rl_bind_keyseq("\\e[A", rl_history_search_backward);
	(void)rl_bind_keyseq("\\e[B", rl_history_search_forward);
	(void)rl_bind_keyseq("\\e[1;5C", rl_named_function("forward-word"));
	(void)rl_bind_keyseq("\\e[1;5D", rl_named_function("backward-word"));
	complete_init();
	using_history();
	stifle_history(HISTORY_MAX);
	history_path = getenv("HISTFILE");
	if (!history_path && access("/dev/.session/history", W_OK) == 0)
		history_path = "/dev/.session/history";
	if (history_path)
		(void)read_history(history_path); /* none yet: an empty history */
}

/* Escapes for colour, invisible to readline's count of columns. */
static const char *colour(const char *escape)
{
	const char *term = getenv("TERM"), *off = getenv("NO_COLOR");

	return term && *term && strcmp(term, "dumb") != 0 && !(off && *off) ? escape : "";
}

/* Foreign text: nothing in it may be taken for an escape or a marker. */
static void add_foreign(struct str *s, const char *text, size_t max)
{
	size_t n = strlen(text);

	str_add_safe(s, text, n < max ? n : max);
	if (n >= max)
		str_addc(s, '~');
}

static char *prompt(void)
{
	const char *name = getenv("DBG_NAME"), *engine = getenv("DBG_ENGINE"), *user = getenv("DBG_USER");
	cleanup_free char *cwd = getcwd(NULL, 0);
	struct str s = { NULL, 0, 0 };

	str_adds(&s, colour("\001\033[1;36m\002"));
	add_foreign(&s, name && *name ? name : "dbg", 32);
	str_adds(&s, colour("\001\033[0m\002"));
	/* "pid:123" says its engine already. */
	if (engine && *engine && !(name && str_has_prefix(name, engine) && name[strlen(engine)] == ':')) {
		str_adds(&s, colour("\001\033[2m\002"));
		str_adds(&s, " (");
		add_foreign(&s, engine, 24);
		str_adds(&s, ")");
		str_adds(&s, colour("\001\033[0m\002"));
	}
	str_addc(&s, ' ');
	if (user && *user)
		add_foreign(&s, user, 32);
	else
		str_addf(&s, "%u", (unsigned int)geteuid());
	str_addf(&s, ":%s", colour("\001\033[34m\002"));
	add_foreign(&s, cwd ? cwd : "?", 200);
	str_adds(&s, colour("\001\033[0m\002"));
	if (shell.status != 0)
		str_addf(&s, " %s[%d]%s", colour("\001\033[1;31m\002"), shell.status,
			 colour("\001\033[0m\002"));
	str_adds(&s, geteuid() == 0 ? " # " : " $ ");
	return str_take(&s);
}

/* Byte by byte: what follows the line belongs to the commands that read it. */
static char *read_plain(void)
{
	struct str s = { NULL, 0, 0 };
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n')
			return str_take(&s);
		if (s.len < LINE_MAX_BYTES && c != '\0')
			str_addc(&s, c);
	}
	if (s.len > 0)
		return str_take(&s);
	str_clear(&s);
	return NULL;
}

char *line_read(void)
{
	cleanup_free char *text = NULL;
	char *line;

	if (!shell.interactive)
		return read_plain();
	text = prompt();
	line = readline(text);
	if (!line)
		(void)fputs("exit\n", stderr);
	return line;
}

void line_remember(const char *line)
{
	const HIST_ENTRY *last;

	if (!shell.interactive || isspace((unsigned char)line[0]))
		return;
	last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
	if (last && strcmp(last->line, line) == 0)
		return;
	add_history(line);
	if (history_path)
		(void)append_history(1, history_path); /* a line less is no reason to stop */
}

int history_show(void)
{
	HIST_ENTRY **all = history_list();

	for (int i = 0; all && all[i]; i++)
		(void)printf("%5d  %s\n", i + history_base, all[i]->line);
	return 0;
}
