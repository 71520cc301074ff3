/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text: cat, head, tail, grep, wc, hexdump. */
#include "shell/shell.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fds.h"

typedef int text_fn(FILE *in, const char *name, void *arg);

/* Runs fn on each operand, or on standard input when there is none ("-" too). */
static int each(const char *cmd, int argc, char **argv, int first, text_fn *fn, void *arg)
{
	int status = 0;

	if (first >= argc)
		return fn(stdin, "-", arg);
	for (int i = first; i < argc; i++) {
		bool std = strcmp(argv[i], "-") == 0;
		FILE *in = std ? stdin : fopen(argv[i], "re");

		if (!in) {
			status = complain(cmd, argv[i]);
			continue;
		}
		status |= fn(in, argv[i], arg);
		if (ferror(in))
			status = complain(cmd, argv[i]);
		if (!std)
			(void)fclose(in); /* only read */
	}
	return status;
}

static int cat_one(FILE *in, const char *name, void *arg)
{
	char buf[65536];
	ssize_t n;

	(void)arg;
	(void)fflush(stdout);
	while ((n = read(fileno(in), buf, sizeof(buf))) > 0)
		if (fd_write_all(STDOUT_FILENO, buf, (size_t)n) < 0)
			return complain("cat", "standard output");
	return n < 0 ? complain("cat", name) : 0;
}

static int do_cat(int argc, char **argv)
{
	int first;

	if (letters(argc, argv, "", &first) < 0)
		return STATUS_SYNTAX;
	return each("cat", argc, argv, first, cat_one, NULL);
}

struct count {
	uint64_t n;
	bool bytes;
};

/* "-n N", "-c N", "-N". 0, or -1 told. */
static int parse_count(int argc, char **argv, struct count *c, int *first)
{
	int i = 1;

	*c = (struct count){ .n = 10 };
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *number = argv[i] + 1;

		if (*number == 'n' || *number == 'c') {
			c->bytes = *number++ == 'c';
			number = *number ? number : i + 1 < argc ? argv[++i] : "";
		}
		if (str_to_u64(number, INT32_MAX, &c->n) < 0) {
			(void)refuse(0, argv[0], "expected: [-n LINES | -c BYTES] [FILE...]");
			return -1;
		}
	}
	*first = i;
	return 0;
}

static int head_one(FILE *in, const char *name, void *arg)
{
	const struct count *c = arg;
	uint64_t left = c->n;
	int ch;

	(void)name;
	while (left > 0 && (ch = getc(in)) != EOF) {
		if (putchar(ch) == EOF)
			return 1;
		left -= c->bytes || ch == '\n';
	}
	return 0;
}

static int do_head(int argc, char **argv)
{
	struct count c;
	int first;

	if (parse_count(argc, argv, &c, &first) < 0)
		return STATUS_SYNTAX;
	return each("head", argc, argv, first, head_one, &c);
}

/* The last 1 MiB at most is kept: what scrolled by before cannot be its end. */
static int tail_one(FILE *in, const char *name, void *arg)
{
	enum { KEEP = 1 << 20 };
	const struct count *c = arg;
	cleanup_free char *buf = xmalloc(2 * KEEP);
	size_t have = 0, from, n;
	uint64_t left = c->n;

	(void)name;
	while ((n = fread(buf + have, 1, 2 * KEEP - have, in)) > 0) {
		have += n;
		if (have == 2 * KEEP) {
			memmove(buf, buf + KEEP, KEEP);
			have = KEEP;
		}
	}
	from = have;
	if (c->bytes) {
		from = left < have ? have - left : 0;
	} else {
		while (from > 0 && left > 0) {
			from--;
			if (from > 0 && buf[from - 1] == '\n')
				left--;
		}
		from = c->n == 0 ? have : from;
	}
	return fwrite(buf + from, 1, have - from, stdout) == have - from ? 0 : 1;
}

static int do_tail(int argc, char **argv)
{
	struct count c;
	int first;

	if (parse_count(argc, argv, &c, &first) < 0)
		return STATUS_SYNTAX;
	return each("tail", argc, argv, first, tail_one, &c);
}

static int wc_one(FILE *in, const char *name, void *arg)
{
	unsigned long long lines = 0, words = 0, bytes = 0;
	bool in_word = false;
	int ch;

	(void)arg;
	while ((ch = getc(in)) != EOF) {
		bytes++;
		lines += ch == '\n';
		words += !isspace(ch) && !in_word;
		in_word = !isspace(ch);
	}
	(void)printf("%llu %llu %llu ", lines, words, bytes);
	put_name(name);
	(void)putchar('\n');
	return 0;
}

static int do_wc(int argc, char **argv)
{
	return each("wc", argc, argv, 1, wc_one, NULL);
}

static int hexdump_one(FILE *in, const char *name, void *arg)
{
	unsigned char b[16];
	unsigned long long at = 0;
	size_t n;

	(void)name;
	(void)arg;
	while ((n = fread(b, 1, sizeof(b), in)) > 0) {
		(void)printf("%08llx ", at);
		for (size_t i = 0; i < sizeof(b); i++) {
			(void)fputs(i == 8 ? "  " : " ", stdout);
			(void)(i < n ? printf("%02x", b[i]) : printf("  "));
		}
		(void)fputs("  |", stdout);
		for (size_t i = 0; i < n; i++)
			(void)putchar(b[i] >= 0x20 && b[i] < 0x7f ? b[i] : '.');
		if (puts("|") == EOF)
			return 1;
		at += n;
	}
	(void)printf("%08llx\n", at);
	return 0;
}

static int do_hexdump(int argc, char **argv)
{
	int first;

	if (letters(argc, argv, "C", &first) < 0)
		return STATUS_SYNTAX;
	return each("hexdump", argc, argv, first, hexdump_one, NULL);
}

struct grep {
	regex_t re;
	const char *fixed;
	long long set;
	bool names; /* more than one file: say which */
	bool found;
};

static bool grep_matches(const struct grep *g, const char *line)
{
	bool hit;

	if (!g->fixed)
		hit = regexec(&g->re, line, 0, NULL, 0) == 0;
	else
		hit = HAS(g->set, 'i') ? strcasestr(line, g->fixed) : strstr(line, g->fixed);
	return hit != HAS(g->set, 'v');
}

static int grep_one(FILE *in, const char *name, void *arg)
{
	cleanup_free char *line = NULL;
	struct grep *g = arg;
	unsigned long long number = 0, hits = 0;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, in)) >= 0) {
		number++;
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!grep_matches(g, line))
			continue;
		hits++;
		g->found = true;
		if (HAS(g->set, 'q') || HAS(g->set, 'l'))
			break;
		if (HAS(g->set, 'c'))
			continue;
		if (g->names) {
			put_name(name);
			(void)putchar(':');
		}
		if (HAS(g->set, 'n'))
			(void)printf("%llu:", number);
		put_name(line);
		(void)putchar('\n');
	}
	if (hits > 0 && HAS(g->set, 'l'))
		put_name(name);
	if (HAS(g->set, 'c') && g->names)
		(void)printf("%s:", name);
	if (HAS(g->set, 'c'))
		(void)printf("%llu", hits);
	if ((hits > 0 && HAS(g->set, 'l')) || HAS(g->set, 'c'))
		(void)putchar('\n');
	return 0;
}

static int grep_below(struct grep *g, const char *path, int depth)
{
	struct stat st;
	int status = 0;

	if (lstat(path, &st) < 0)
		return complain("grep", path);
	if (S_ISREG(st.st_mode)) {
		cleanup_file FILE *in = fopen(path, "re");

		return in ? grep_one(in, path, g) : complain("grep", path);
	}
	if (S_ISDIR(st.st_mode) && depth < 200) {
		cleanup_dir DIR *d = opendir(path);

		if (!d)
			return complain("grep", path);
		for (struct dirent *e; (e = readdir(d));) {
			cleanup_free char *file = xasprintf("%s/%s", path, e->d_name);

			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
				status |= grep_below(g, file, depth + 1);
		}
	}
	return status;
}

static int do_grep(int argc, char **argv)
{
	struct grep g = { .found = false };
	int first, status = 0;

	g.set = letters(argc, argv, "inrvclqEFh", &first);
	if (g.set < 0)
		return STATUS_SYNTAX;
	if (first >= argc)
		return refuse(STATUS_SYNTAX, "grep", "expected: grep [-inrvclqEF] PATTERN [FILE...]");
	if (HAS(g.set, 'F'))
		g.fixed = argv[first];
	else if (regcomp(&g.re, argv[first], REG_NOSUB | (HAS(g.set, 'E') ? REG_EXTENDED : 0) |
						   (HAS(g.set, 'i') ? REG_ICASE : 0)) != 0)
		return refuse(STATUS_SYNTAX, "grep", "malformed pattern");
	g.names = (argc - first > 2 || HAS(g.set, 'r')) && !HAS(g.set, 'h');
	if (!HAS(g.set, 'r'))
		status = each("grep", argc, argv, first + 1, grep_one, &g);
	for (int i = first + 1; HAS(g.set, 'r') && i < argc; i++)
		status |= grep_below(&g, argv[i], 0);
	if (HAS(g.set, 'r') && first + 1 >= argc)
		status = grep_below(&g, ".", 0);
	if (!g.fixed)
		regfree(&g.re);
	return status ? 2 : !g.found;
}

const struct builtin builtins_text[] = {
	{ "cat", do_cat, "[FILE...]", "print files", BUILTIN_FALLBACK },
	{ "grep", do_grep, "[-inrvclqEF] PATTERN [FILE...]", "lines that match", BUILTIN_FALLBACK },
	{ "head", do_head, "[-n N | -c N] [FILE...]", "the first lines or bytes", BUILTIN_FALLBACK },
	{ "hexdump", do_hexdump, "[FILE...]", "bytes as hexadecimal and text", BUILTIN_FALLBACK },
	{ "tail", do_tail, "[-n N | -c N] [FILE...]", "the last lines or bytes", BUILTIN_FALLBACK },
	{ "wc", do_wc, "[FILE...]", "count lines, words and bytes", BUILTIN_FALLBACK },
	{ NULL, NULL, NULL, NULL, BUILTIN_FALLBACK },
};
