/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of commands that may be typed inside a session, and the reader of
 * requests. Should: let through exactly what a row names. Mustn't: allocate,
 * follow a path, or trust a length.
 */
#include "session/inside.h"

#include <ctype.h>
#include <string.h>

#include "util/opt.h"

/*
 * Only names ever reach the host's side: no path, no URL, no option that names
 * a source, a key, a store or a file. What may be installed is the host's choice.
 */
const struct inside_command inside_commands[] = {
	{ "install", NULL, "--help|-h", INSIDE_ARGS_MAX, "install NAME...",
	  "add a package, or the package that has the program NAME" },
	{ "uninstall", NULL, "--help|-h", INSIDE_ARGS_MAX, "uninstall NAME...",
	  "take packages out again" },
	{ "toolbox", "ls", "--json|--help|-h", 0, "dbg toolbox ls", "list what is installed" },
	{ "source", "ls", "--json|--help|-h", 0, "dbg source ls", "list where packages come from" },
	{ "builtins", NULL, "--json|--help|-h", 0, "builtins", "list the commands of dbg's shell" },
	{ "help", NULL, "--help|-h", 2, "dbg help [COMMAND]", "explain a command of dbg" },
	{ "version", NULL, "--help|-h", 0, "dbg version", "print the version of dbg" },
	{ "complete", "packages", NULL, 1, NULL, NULL },
	{ NULL, NULL, NULL, 0, NULL, NULL },
};

enum { NAME_LEN_MAX = 200 };

static const struct inside_command *find(const char *name)
{
	for (const struct inside_command *c = inside_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* A package, a program or a command: never a path, never taken for an option. */
static bool is_name(const char *s)
{
	static const char inner[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    ".+_:@=~-";

	return isascii(*s) && isalnum((unsigned char)*s) && strlen(s) <= NAME_LEN_MAX &&
	       s[strspn(s, inner)] == '\0';
}

static int check_words(const struct inside_request *r, struct err *err)
{
	const struct inside_command *c = r->command;
	int operands = 0, first = c->sub ? 2 : 1;

	if (c->sub && (r->argc < 2 || opt_choice(c->sub, r->argv[1]) < 0))
		return err_usage(err, "%s: inside a session only: %s %s", c->name, c->name, c->sub);
	for (int i = first; i < r->argc; i++) {
		const char *word = r->argv[i];

		if (word[0] == '-' && c->options && opt_choice(c->options, word) >= 0)
			continue;
		if (word[0] == '-') {
			(void)err_usage(err, "%s: no option '%s' inside a session", c->name, word);
			err_hint(err, "a program of that name is run by 'command %s'", c->name);
			return -1;
		}
		if (!is_name(word))
			return err_usage(err, "%s: '%s' is not a name", c->name, word);
		if (++operands > c->max_operands)
			return err_usage(err, "%s: unexpected argument '%s'", c->name, word);
	}
	return 0;
}

/* Cuts data into argv; every argument must end inside it. */
static int split(struct inside_request *r, size_t len, uint32_t count)
{
	size_t at = 0;

	if (count < 1 || count > INSIDE_ARGS_MAX)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		size_t n = strnlen(r->data + at, len - at);

		if (at + n >= len)
			return -1;
		r->argv[i] = r->data + at;
		at += n + 1;
	}
	r->argc = (int)count;
	r->argv[count] = NULL;
	return at == len ? 0 : -1;
}

int inside_parse(const void *bytes, size_t len, struct inside_request *out, struct err *err)
{
	struct inside_msg head;

	if (len < INSIDE_HEAD_LEN || len > sizeof(head))
		return err_usage(err, "malformed request: %zu bytes", len);
	memcpy(&head, bytes, INSIDE_HEAD_LEN);
	if (head.magic != INSIDE_MAGIC || head.kind != INSIDE_REQUEST ||
	    len != INSIDE_HEAD_LEN + head.len)
		return err_usage(err, "malformed request");
	memcpy(out->data, (const char *)bytes + INSIDE_HEAD_LEN, head.len);
	out->data[head.len] = '\0';
	out->flags = head.flags & (INSIDE_TTY_OUT | INSIDE_TTY_ERR);
	out->cols = head.cols <= 1000 ? head.cols : 0;
	if (split(out, head.len, head.value) < 0)
		return err_usage(err, "malformed request: arguments");
	out->command = find(out->argv[0]);
	if (!out->command) {
		(void)err_usage(err, "'%s' cannot be used inside a session", out->argv[0]);
		err_hint(err, "'builtins' lists what can");
		return -1;
	}
	return check_words(out, err);
}
