/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `dbg ps`: every engine's containers. */
#include "cli/dbg/runs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "util/json.h"
#include "util/log.h"
#include "util/str.h"
#include "util/table.h"

static const struct table_column columns[] = {
	{ "NAME", "name", 40 },      { "ENGINE", "engine", 0 },    { "STATE", "state", 0 },
	{ "IMAGE", "image", 40 },    { "COMMAND", "command", 30 }, { "AGE", "age", 0 },
	/* From here on in JSON only. */
	{ "ID", "id", 0 },           { "SCOPE", "scope", 0 },      { "PID", "pid", 0 },
	{ "EXIT", "exit_code", 0 },  { "CREATED", "created", 0 },  { "STARTED", "started", 0 },
	{ "BUNDLE", "bundle", 0 },   { "ROOTFS", "rootfs", 0 },    { "UPPER", "upper", 0 },
};
enum { COL_STATE = 2, COL_AGE = 5, SHOWN = 6, COL_PID = 8, COL_EXIT = 9, COL_CREATED = 10, COL_STARTED = 11 };
enum { NCOLUMNS = sizeof(columns) / sizeof(columns[0]) };

static bool is_up(const struct container *c)
{
	return c->state == DBG_STATE_RUNNING || c->state == DBG_STATE_PAUSED ||
	       c->state == DBG_STATE_RESTARTING;
}

/* The two largest parts would be noise: "59s", "3m", "7h", "12d", "3y". */
static const char *age_text(int64_t seconds, char *buf, size_t size)
{
	static const struct {
		int64_t unit;
		char letter;
	} units[] = { { 365 * 86400, 'y' }, { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < units[i].unit)
			continue;
		(void)snprintf(buf, size, "%lld%c", (long long)(seconds / units[i].unit), units[i].letter);
		return buf;
	}
	return "0s";
}

static json_t *time_value(int64_t when)
{
	char buf[32];
	time_t t = (time_t)when;
	struct tm tm;

	if (when <= 0 || !gmtime_r(&t, &tm) || strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(buf);
}

static void add_row(struct table *t, const struct container *c, bool json, int64_t now)
{
	int64_t since = c->created ? c->created : c->started, age = now > since ? now - since : 0;
	char buf[32];
	const char *texts[NCOLUMNS] = { c->name, c->engine, engine_state_name(c->state), c->image,
					c->command, since ? age_text(age, buf, sizeof(buf)) : NULL,
					c->id, c->scope, NULL, NULL, NULL, NULL, c->bundle, c->rootfs,
					c->upper };
	json_t *values[NCOLUMNS] = { NULL };

	if (json) {
		values[COL_AGE] = since ? json_integer(age) : json_null();
		values[COL_PID] = c->pid ? json_integer(c->pid) : json_null();
		values[COL_EXIT] = is_up(c) || c->state == DBG_STATE_CREATED || c->exit_code < 0 ? json_null() :
										 json_integer(c->exit_code);
		values[COL_CREATED] = time_value(c->created);
		values[COL_STARTED] = time_value(c->started);
	}
	table_row(t, texts, json ? values : NULL);
}

static int by_name(const void *a, const void *b)
{
	const struct container *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->engine, y->engine);
}

static int print_names(const struct containers *all, bool with_ended, struct err *err)
{
	for (size_t i = 0; i < all->n; i++) {
		cleanup_free char *name = str_safe(all->v[i].name);

		if ((with_ended || is_up(&all->v[i])) && puts(name) == EOF)
			return err_sys(err, errno, "write standard output");
	}
	return fflush(stdout) == EOF ? err_sys(err, errno, "write standard output") : 0;
}

int run_ps(void *args, const struct opt_parsed *parsed, struct err *err)
{
	const struct ps_args *a = args;
	cleanup_containers struct containers all = { .v = NULL };
	cleanup_table struct table table = { .columns = NULL };
	int64_t now = (int64_t)time(NULL);

	(void)parsed; /* no operands */
	engine_collect(NULL, NULL, &all);
	if (all.nfailures > 0 && all.n == 0) {
		*err = all.failures[0].err;
		return -1;
	}
	for (size_t i = 0; i < all.nfailures; i++)
		log_warn("%s", all.failures[i].err.msg);
	for (size_t i = 0; i < all.n; i++)
		container_settle(&all.v[i]);
	if (all.n > 0)
		qsort(all.v, all.n, sizeof(*all.v), by_name);
	if (a->quiet && !a->json)
		return print_names(&all, a->all, err);
	table_init(&table, columns, a->json ? NCOLUMNS : SHOWN);
	for (size_t i = 0; i < all.n; i++)
		if (a->all || is_up(&all.v[i]))
			add_row(&table, &all.v[i], a->json, now);
	return a->json ? table_print_json(&table, err) : table_print(&table, err);
}
