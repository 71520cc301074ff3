/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg doctor`: runs the checks and shows their lines. */
#include "cli/dbg/runs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/dbg/doctor.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/term.h"

/* Of all engines together; the other checks take a few milliseconds. */
enum { ENGINES_MS = 700 };

void doctor_clear(struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->lines[i].name);
		free(d->lines[i].text);
	}
	free(d->lines);
	*d = (struct doctor){ .n = 0 };
}

void doctor_add(struct doctor *d, const char *group, const char *name, enum doctor_level level,
		const char *remedy, const char *fmt, ...)
{
	struct doctor_line *l = NULL;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a longer line is cut */
	va_end(ap);
	d->lines = xrealloc(d->lines, d->n + 1, sizeof(*d->lines));
	l = &d->lines[d->n++];
	*l = (struct doctor_line){ .group = group, .name = xstrdup(name), .text = str_safe(text),
				   .level = level, .remedy = level == DOCTOR_OK ? NULL : remedy };
}

static const char *const level_names[] = { [DOCTOR_OK] = "ok", [DOCTOR_WARN] = "warn",
					   [DOCTOR_FAIL] = "FAIL" };
static const char *const level_colours[] = { [DOCTOR_OK] = "\033[32m", [DOCTOR_WARN] = "\033[33m",
					     [DOCTOR_FAIL] = "\033[1;31m" };

static int print_lines(const struct doctor *d, struct err *err)
{
	bool colour = term_has_colour(STDOUT_FILENO);
	cleanup_str struct str s = { NULL, 0, 0 };
	const char *group = "";
	size_t count[3] = { 0 };
	int r = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_line *l = &d->lines[i];

		if (strcmp(group, l->group) != 0)
			str_addf(&s, "%s%s\n", i ? "\n" : "", l->group);
		group = l->group;
		count[l->level]++;
		str_addf(&s, "  %s%-4s%s  %-20s %s\n", colour ? level_colours[l->level] : "",
			 level_names[l->level], colour ? "\033[0m" : "", l->name, l->text);
		if (l->remedy)
			str_addf(&s, "        -> %s\n", l->remedy);
	}
	str_addf(&s, "\n%zu ok, %zu warn, %zu fail\n", count[DOCTOR_OK], count[DOCTOR_WARN],
		 count[DOCTOR_FAIL]);
	r = fd_write_all(STDOUT_FILENO, s.buf, s.len);
	return r < 0 ? err_sys(err, -r, "write standard output") : 0;
}

static int print_json(const struct doctor *d, bool good, struct err *err)
{
	cleanup_json json_t *lines = json_array(), *all = NULL;

	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_line *l = &d->lines[i];
		const char *level = l->level == DOCTOR_FAIL ? "fail" : level_names[l->level];

		(void)json_array_append_new(lines, json_pack("{ss ss ss so ss*}", "group", l->group, "name",
							     l->name, "level", level, "text",
							     json_bytes(l->text), "remedy", l->remedy));
	}
	all = json_pack("{sb sO}", "good", good, "checks", lines);
	return json_print(all, err);
}

int run_doctor(void *argp, const struct opt_parsed *parsed, struct err *err)
{
	cleanup_doctor struct doctor d = { .n = 0 };
	struct doctor_args *args = argp;
	bool good = true;
	int r = 0;

	(void)parsed; /* no operands */
	doctor_kernel(&d);
	doctor_guards(&d);
	doctor_privileges(&d);
	doctor_engines(&d, ENGINES_MS);
	doctor_toolbox(&d);
	for (size_t i = 0; i < d.n; i++)
		good = good && d.lines[i].level != DOCTOR_FAIL;
	r = args->json ? print_json(&d, good, err) : print_lines(&d, err);
	return r < 0 ? r : !good;
}
