/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All engines as one: see engine.h. */
#include "engine/engine.h"

#include <stdio.h>
#include <string.h>

#include "plugin/plugin.h"
#include "util/conf.h"

const char *engine_state_name(enum dbg_state state)
{
	static const char *const names[] = {
		[DBG_STATE_UNKNOWN] = "unknown",
		[DBG_STATE_CREATED] = "created",
		[DBG_STATE_RUNNING] = "running",
		[DBG_STATE_PAUSED] = "paused",
		[DBG_STATE_RESTARTING] = "restarting",
		[DBG_STATE_EXITED] = "exited",
		[DBG_STATE_DEAD] = "dead",
	};

	return (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

static bool is_usable(const struct dbg_plugin *p)
{
	char path[128];

	if (!p->engine)
		return false;
	if (snprintf(path, sizeof(path), "engines.%s.disabled", p->name) >= (int)sizeof(path))
		return false;
	return !json_is_true(conf_at(path));
}

const struct dbg_plugin *engine_next(const struct dbg_plugin *after)
{
	const struct dbg_plugin *const *p = plugin_all();

	if (after) {
		while (*p && *p != after)
			p++;
		p += *p != NULL;
	}
	while (*p && !is_usable(*p))
		p++;
	return *p;
}

const struct dbg_plugin *engine_by_name(const char *name)
{
	for (const struct dbg_plugin *p = engine_next(NULL); p; p = engine_next(p))
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

bool container_is_called(const struct container *c, const char *name)
{
	return strcmp(c->name, name) == 0 || strv_has(&c->aliases, name);
}

static char *dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void container_clear(struct container *c)
{
	char *owned[] = { c->id, c->name, c->scope, c->image, c->command, c->bundle, c->rootfs,
			  c->upper, c->cgroup_hint };

	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		free(owned[i]);
	strv_clear(&c->aliases);
}

void containers_clear(struct containers *c)
{
	for (size_t i = 0; i < c->n; i++)
		container_clear(&c->v[i]);
	free(c->v);
	free(c->failures);
	*c = (struct containers){ .v = NULL };
}

struct collecting {
	struct containers *out;
	const char *engine, *name;
};

/* Ids of 64 hexadecimal digits are random: two engines that have one mean one container. */
static bool is_random_id(const char *id)
{
	return strlen(id) == 64 && strspn(id, "0123456789abcdef") == 64;
}

static bool is_same(const struct container *have, const char *engine, const struct dbg_container *c,
		    bool random_id)
{
	if (strcmp(have->engine, engine) == 0) /* found by its id and by its name */
		return strcmp(have->id, c->id) == 0 &&
		       strcmp(have->scope ? have->scope : "", c->scope ? c->scope : "") == 0;
	if (random_id && strcmp(have->id, c->id) == 0)
		return true;
	return c->pid > 0 && have->pid == c->pid;
}

static bool is_wanted(const char *name, const struct dbg_container *c)
{
	if (!name || str_has_prefix(c->id, name) || strcmp(c->name, name) == 0)
		return true;
	for (const char *const *a = c->aliases; a && *a; a++)
		if (strcmp(*a, name) == 0)
			return true;
	return false;
}

static int collect_one(void *arg, const struct dbg_container *c)
{
	struct collecting *to = arg;
	struct containers *out = to->out;
	struct container *n;
	bool random_id;

	if (!c->id || !c->name || !is_wanted(to->name, c))
		return 0;
	random_id = is_random_id(c->id);
	for (size_t i = 0; i < out->n; i++)
		if (is_same(&out->v[i], to->engine, c, random_id))
			return 0;
	out->v = xrealloc(out->v, out->n + 1, sizeof(*out->v));
	n = &out->v[out->n++];
	*n = (struct container){
		.engine = to->engine,
		.id = xstrdup(c->id),
		.name = xstrdup(c->name),
		.scope = dup_or_null(c->scope),
		.image = dup_or_null(c->image),
		.command = dup_or_null(c->command),
		.bundle = dup_or_null(c->bundle),
		.rootfs = dup_or_null(c->rootfs),
		.upper = dup_or_null(c->upper),
		.cgroup_hint = dup_or_null(c->cgroup_hint),
		.state = c->state,
		.exit_code = c->exit_code,
		.created = c->created,
		.started = c->started,
		.pid = c->pid,
		.starttime = c->starttime,
	};
	for (const char *const *a = c->aliases; a && *a; a++)
		strv_add(&n->aliases, *a);
	return 0;
}

static void collect_from(const struct dbg_plugin *p, const char *name, struct containers *out)
{
	struct collecting to = { .out = out, .engine = p->name, .name = name };
	struct err err = ERR_INIT;
	int r = name && p->engine->find ?
			p->engine->find(&plugin_host, name, collect_one, &to, &err) :
			p->engine->list(&plugin_host, collect_one, &to, &err);

	if (r >= 0)
		return;
	if (!err_is_set(&err))
		(void)err_set(&err, "%s: failed without a reason", p->name);
	if (err.hint[0] == '\0' && (err.num == EACCES || err.num == EPERM) && geteuid() != 0)
		err_hint(&err, "this engine's state is root's: run dbg as root");
	out->failures = xrealloc(out->failures, out->nfailures + 1, sizeof(*out->failures));
	out->failures[out->nfailures++] = (struct engine_failure){ p->name, err };
}

void engine_collect(const struct dbg_plugin *only, const char *name, struct containers *out)
{
	if (only) {
		collect_from(only, name, out);
		return;
	}
	for (const struct dbg_plugin *p = engine_next(NULL); p; p = engine_next(p))
		collect_from(p, name, out);
}
