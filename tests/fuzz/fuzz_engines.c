/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engines on state that is not as they know it: every file that they read
 * through the host, and every answer of a daemon, is the input. What they hand
 * out keeps the promises of the interface.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

extern const struct dbg_plugin dbg_plugin_docker, dbg_plugin_podman, dbg_plugin_crio, dbg_plugin_lxc,
	dbg_plugin_nspawn, dbg_plugin_runc, dbg_plugin_crun;

static const unsigned char *input;
static size_t input_size;

static char *copy(size_t max, size_t *len)
{
	char *out;

	if (input_size > max) {
		errno = EFBIG;
		return NULL;
	}
	out = malloc(input_size + 1);
	assert(out);
	memcpy(out, input, input_size);
	out[input_size] = '\0';
	if (len)
		*len = input_size;
	return out;
}

static char *read_file(int dirfd, const char *path, size_t max, size_t *len)
{
	(void)dirfd; /* every file is the input */
	assert(path && max > 0);
	return copy(max, len);
}

static char *http_get(const char *socket, const char *url, int timeout_ms, size_t max, int *status, size_t *len)
{
	assert(socket && url[0] == '/' && timeout_ms > 0 && timeout_ms < 1000);
	assert(strspn(url, "abcdefghijklmnopqrstuvwxyz0123456789/?=_") == strlen(url));
	*status = 200;
	return copy(max, len);
}

/* Docker's state is "not there", its socket is; a directory with entries serves as the others'. */
static const char *option(const char *plugin, const char *key)
{
	if (strcmp(plugin, "docker") == 0)
		return strcmp(key, "socket") == 0 ? "/dev/null" : "/nonexistent";
	return "/proc/self/fdinfo";
}

static int fail(struct err *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, errnum, fmt, ap);
	va_end(ap);
	return -1;
}

static void hint(struct err *err, const char *fmt, ...)
{
	(void)fmt; /* texts are not the matter here */
	assert(err->msg[0] != '\0');
}

static void warn(const char *fmt, ...)
{
	(void)fmt; /* texts are not the matter here */
}

static const struct dbg_host host = {
	.api = DBG_PLUGIN_API, .size = sizeof(host), .fail = fail, .hint = hint, .warn = warn, .option = option,
	.read_file = read_file, .http_get = http_get,
};

static int emit(void *arg, const struct dbg_container *c)
{
	assert(c->id && c->name && c->id[0] != '.' && !strchr(c->id, '/'));
	assert(c->pid >= 0);
	(*(int *)arg)++;
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const struct dbg_plugin *const all[] = { &dbg_plugin_docker, &dbg_plugin_podman, &dbg_plugin_crio,
						 &dbg_plugin_lxc, &dbg_plugin_nspawn, &dbg_plugin_runc,
						 &dbg_plugin_crun };
	cleanup_free char *text = NULL;

	input = data;
	input_size = size;
	text = copy(SIZE_MAX, NULL);
	(void)engine_cgroup_has(text, "web");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct err err = ERR_INIT;
		int n = 0;

		if (all[i]->engine->list(&host, emit, &n, &err) < 0)
			assert(err.msg[0] != '\0');
		err_clear(&err);
		if (all[i]->engine->find(&host, "web", emit, &n, &err) < 0)
			assert(err.msg[0] != '\0');
	}
	return 0;
}
