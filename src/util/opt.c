/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option parser: see opt.h. */
#include "util/opt.h"

#include <string.h>

void opt_parsed_clear(struct opt_parsed *p)
{
	strv_clear(&p->operands);
	*p = (struct opt_parsed){ .rest = NULL };
}

int opt_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);
	int index = 0;

	for (const char *at = choices; at; index++) {
		size_t n = strcspn(at, "|");

		if (n == len && memcmp(at, value, n) == 0)
			return index;
		at = at[n] ? at + n + 1 : NULL;
	}
	return -1;
}

static const struct opt *find_long(const struct opt *opts, const char *name, size_t len)
{
	for (; opts->name; opts++)
		if (strlen(opts->name) == len && memcmp(opts->name, name, len) == 0)
			return opts;
	return NULL;
}

static const struct opt *find_letter(const struct opt *opts, char letter)
{
	for (; opts->name; opts++)
		if (opts->letter == letter)
			return opts;
	return NULL;
}

static int unknown_long(const struct opt *opts, const char *name, struct err *err)
{
	const struct opt *near = NULL;
	unsigned int best = 3;

	for (const struct opt *o = opts; o->name; o++) {
		unsigned int d = str_distance(o->name, name, 2);

		if (d < best) {
			best = d;
			near = o;
		}
	}
	(void)err_usage(err, "unknown option --%s", name);
	if (near)
		err_hint(err, "did you mean --%s?", near->name);
	return -1;
}

/* Stores one value. `shown` is how the user wrote the option. */
static int store(const struct opt *o, void *args, const char *shown, const char *value,
		 struct err *err)
{
	void *field = (char *)args + o->offset;
	uint64_t number = 0;
	int r = 0;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_STRING:
		*(const char **)field = value;
		return 0;
	case OPT_LIST:
		strv_add(field, value);
		return 0;
	case OPT_UINT:
		r = str_to_u64(value, UINT64_MAX, &number);
		break;
	case OPT_MSEC:
		r = str_to_msec(value, &number);
		break;
	case OPT_SIZE:
		r = str_to_size(value, &number);
		break;
	case OPT_CHOICE: {
		int index = opt_choice(o->choices, value);

		if (index < 0)
			return err_usage(err, "%s: '%s' is none of %s", shown, value, o->choices);
		*(int *)field = index;
		return 0;
	}
	}
	if (r < 0)
		return err_usage(err, "%s: '%s' is not a valid %s", shown, value,
				 o->type == OPT_MSEC ? "duration (10s, 500ms, 2m)" :
				 o->type == OPT_SIZE ? "size (512m, 2g)" : "number");
	*(uint64_t *)field = number;
	return 0;
}

struct cursor {
	const struct opt *opts;
	void *args;
	int argc, at;
	char **argv;
	bool *help;
};

static int parse_long(struct cursor *c, struct err *err)
{
	const char *name = c->argv[c->at] + 2;
	size_t len = strcspn(name, "=");
	const struct opt *o = find_long(c->opts, name, len);
	cleanup_free char *shown = xasprintf("--%.*s", (int)len, name);
	const char *value = name[len] == '=' ? name + len + 1 : NULL;

	if (!o && strcmp(shown, "--help") == 0) {
		*c->help = true;
		return 0;
	}
	if (!o)
		return unknown_long(c->opts, shown + 2, err);
	if (o->type == OPT_FLAG && value)
		return err_usage(err, "%s takes no value", shown);
	if (o->type != OPT_FLAG && !value) {
		if (c->at + 1 >= c->argc)
			return err_usage(err, "%s needs a value: %s", shown, o->arg);
		value = c->argv[++c->at];
	}
	return store(o, c->args, shown, value, err);
}

static int parse_letters(struct cursor *c, struct err *err)
{
	for (const char *p = c->argv[c->at] + 1; *p != '\0'; p++) {
		const struct opt *o = find_letter(c->opts, *p);
		const char shown[] = { '-', *p, '\0' };
		const char *value = NULL;

		if (!o && *p == 'h') {
			*c->help = true;
			return 0;
		}
		if (!o)
			return err_usage(err, "unknown option %s", shown);
		if (o->type == OPT_FLAG) {
			if (store(o, c->args, shown, NULL, err) < 0)
				return -1;
			continue;
		}
		value = p[1] ? p + 1 : c->at + 1 < c->argc ? c->argv[++c->at] : NULL;
		if (!value)
			return err_usage(err, "%s needs a value: %s", shown, o->arg);
		return store(o, c->args, shown, value, err);
	}
	return 0;
}

int opt_parse(const struct opt *opts, void *args, int argc, char **argv, int stop_at_operand,
	      struct opt_parsed *out, struct err *err)
{
	struct cursor c = { .opts = opts, .args = args, .argc = argc, .at = 1, .argv = argv,
			    .help = &out->help };
	bool stopped = false;

	for (; c.at < argc; c.at++) {
		char *word = argv[c.at];
		int r = 0;

		if (!stopped && strcmp(word, "--") == 0) {
			out->rest = argv + c.at + 1;
			out->nrest = argc - c.at - 1;
			break;
		}
		if (stopped || word[0] != '-' || word[1] == '\0') {
			strv_add(&out->operands, word);
			stopped = stopped ||
				  (stop_at_operand > 0 && out->operands.n >= (size_t)stop_at_operand);
			continue;
		}
		r = word[1] == '-' ? parse_long(&c, err) : parse_letters(&c, err);
		if (r < 0)
			return r;
	}
	return 0;
}
