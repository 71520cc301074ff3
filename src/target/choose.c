/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and id prefixes to one container: see choose.h. */
#include "target/choose.h"

#include <string.h>

#include "plugin/plugin.h"
#include "util/str.h"

enum { NAME_LEN_MAX = 255, SPELLINGS_MAX = 6, NEAR_MAX = 3 };

/* What the user typed, taken apart. */
struct wanted {
	const struct dbg_plugin *engine; /* NULL: any */
	char *scope;                     /* NULL: any */
	const char *name;
};

static bool name_is_valid(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strlen(name);

	return len > 0 && len <= NAME_LEN_MAX && strchr(first, *name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-") == len;
}

/* Every engine that can be named, for a hint. */
static void hint_engines(struct err *err)
{
	cleanup_str struct str s = { NULL, 0, 0 };

	for (const struct dbg_plugin *p = engine_next(NULL); p; p = engine_next(p))
		str_addf(&s, "%s%s", s.len ? ", " : "", p->name);
	err_hint(err, "engines: %s", s.len ? s.buf : "none, all are disabled");
}

static int parse(const char *text, struct wanted *out, struct err *err)
{
	const char *sep = strstr(text, "://"), *slash;

	*out = (struct wanted){ .name = text };
	if (sep) {
		cleanup_free char *engine = xstrndup(text, (size_t)(sep - text));

		out->engine = engine_by_name(engine);
		if (!out->engine) {
			(void)err_usage(err, "unknown engine '%s' in '%s'", engine, text);
			hint_engines(err);
			return -1;
		}
		out->name = sep + 3;
		slash = strrchr(out->name, '/');
		if (slash) {
			out->scope = xstrndup(out->name, (size_t)(slash - out->name));
			out->name = slash + 1;
		}
	}
	if (!name_is_valid(out->name)) {
		(void)err_usage(err, "malformed target '%s': expected NAME, ID, ENGINE://NAME or pid:N", text);
		err_hint(err, "a name is made of letters, digits, '_', '.', '+' and '-'");
		return -1;
	}
	return 0;
}

static bool scope_fits(const struct wanted *w, const struct container *c)
{
	return !w->scope || (c->scope && strcmp(w->scope, c->scope) == 0);
}

/* A whole id or a name beats the beginning of an id, as with the engines themselves. */
static int fit(const struct wanted *w, const struct container *c)
{
	if (!scope_fits(w, c))
		return 0;
	if (container_is_called(c, w->name) || strcmp(c->id, w->name) == 0)
		return 2;
	return str_has_prefix(c->id, w->name) ? 1 : 0;
}

/*
 * Kubernetes keeps the ended attempts of a container beside the one that runs:
 * within one engine and scope, a name means the one that runs.
 */
static bool is_outlived(const struct wanted *w, const struct containers *all, const struct container *c)
{
	for (size_t i = 0; i < all->n && c->pid == 0; i++) {
		const struct container *o = &all->v[i];

		if (o->pid > 0 && fit(w, o) == fit(w, c) && strcmp(o->engine, c->engine) == 0 && o->scope &&
		    c->scope && strcmp(o->scope, c->scope) == 0)
			return true;
	}
	return false;
}

static size_t best_fits(const struct wanted *w, struct containers *all, struct container **best)
{
	int top = 0;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		int rank = fit(w, &all->v[i]);

		if (rank == 0 || rank < top || is_outlived(w, all, &all->v[i]))
			continue;
		if (rank > top) {
			top = rank;
			n = 0;
		}
		if (n++ == 0)
			*best = &all->v[i];
	}
	return n;
}

/* The shortest text that means this container and no other of `all`. */
static void add_spelling(struct str *s, const struct wanted *w, const struct containers *all,
			 const struct container *c)
{
	bool engine_alone = true, scope_alone = true;

	for (size_t i = 0; i < all->n; i++) {
		const struct container *o = &all->v[i];

		if (o == c || strcmp(o->engine, c->engine) != 0 || fit(w, o) < fit(w, c))
			continue;
		engine_alone = false;
		scope_alone = scope_alone && c->scope && (!o->scope || strcmp(o->scope, c->scope) != 0);
	}
	str_addf(s, "%s%s://", s->len ? ", " : "", c->engine);
	if (engine_alone)
		str_adds(s, w->name);
	else if (scope_alone)
		str_addf(s, "%s/%s", c->scope, w->name);
	else
		str_adds(s, c->id);
}

static void fail_ambiguous(const char *text, const struct wanted *w, const struct containers *all,
			   const struct container *best, size_t n, struct err *err)
{
	cleanup_str struct str s = { NULL, 0, 0 };
	size_t shown = 0;

	for (size_t i = 0; i < all->n && shown < SPELLINGS_MAX; i++) {
		if (fit(w, &all->v[i]) != fit(w, best) || is_outlived(w, all, &all->v[i]))
			continue;
		add_spelling(&s, w, all, &all->v[i]);
		shown++;
	}
	(void)err_set(err, "'%s' is ambiguous: %s%s", text, s.buf, n > shown ? ", ..." : "");
	err_hint(err, "use one of these, or more of the id");
}

/* Names within a third of their length, nearest first. */
static void add_near(const struct wanted *w, struct str *out)
{
	cleanup_containers struct containers all = { .v = NULL };
	unsigned int limit = (unsigned int)strlen(w->name) / 3 + 1;
	size_t shown = 0;

	engine_collect(w->engine, NULL, &all);
	for (unsigned int d = 0; d <= limit; d++) {
		for (size_t i = 0; i < all.n && shown < NEAR_MAX; i++) {
			if (str_distance(all.v[i].name, w->name, limit) != d)
				continue;
			str_addf(out, "%s'%s'", shown ? ", " : "", all.v[i].name);
			shown++;
		}
	}
}

static const char *failure_of(const struct containers *all, const char *engine)
{
	for (size_t i = 0; i < all->nfailures; i++)
		if (strcmp(all->failures[i].engine, engine) == 0)
			return all->failures[i].err.msg;
	return NULL;
}

/* What each engine answered; engines without a trace on this host are only counted. */
static void add_answers(const struct wanted *w, const struct containers *all, struct str *out)
{
	size_t absent = 0;

	for (const struct dbg_plugin *p = engine_next(NULL); p; p = engine_next(p)) {
		struct dbg_probe probe = { .found = 0 };
		const char *failure = failure_of(all, p->name);

		if (w->engine && w->engine != p)
			continue;
		p->engine->probe(&plugin_host, &probe);
		if (failure)
			str_addf(out, "%s%s", out->len ? "; " : "", failure);
		else if (probe.found)
			str_addf(out, "%s%s: none (%s)", out->len ? "; " : "", p->name, probe.text);
		else
			absent++;
	}
	if (out->len == 0 && absent > 0)
		str_adds(out, w->engine ? "no trace of it on this host" : "no engine found on this host");
}

static void fail_unknown(const char *text, const struct wanted *w, const struct containers *all,
			 struct err *err)
{
	cleanup_str struct str near = { NULL, 0, 0 }, answers = { NULL, 0, 0 };

	add_near(w, &near);
	add_answers(w, all, &answers);
	(void)err_set(err, "no container '%s' (%s)", text, answers.len ? answers.buf : "no engine");
	if (near.len)
		err_hint(err, "did you mean %s? 'dbg ps -a' lists all", near.buf);
	else if (all->nfailures > 0 && all->failures[0].err.hint[0] != '\0')
		err_hint(err, "%s", all->failures[0].err.hint);
	else
		err_hint(err, "'dbg ps -a' lists all containers");
}

struct container *choose_container(const char *text, struct containers *all, struct err *err)
{
	struct container *best = NULL;
	struct wanted w;
	size_t n;

	if (parse(text, &w, err) < 0)
		return NULL;
	engine_collect(w.engine, w.name, all);
	n = best_fits(&w, all, &best);
	if (n == 0)
		fail_unknown(text, &w, all, err);
	else if (n > 1)
		fail_ambiguous(text, &w, all, best, n, err);
	free(w.scope);
	return n == 1 ? best : NULL;
}
