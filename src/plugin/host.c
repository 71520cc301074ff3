/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's side of the plugin interface: thin covers of util. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "plugin/plugin.h"
#include "util/conf.h"
#include "util/err.h"
#include "util/fds.h"
#include "util/log.h"

__attribute__((format(printf, 3, 4)))
static int host_fail(struct err *err, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, errnum, fmt, ap);
	va_end(ap);
	return -1;
}

__attribute__((format(printf, 2, 3)))
static void host_hint(struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->hint)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a long hint loses its tail */
	va_end(ap);
	err_hint(err, "%s", text);
}

__attribute__((format(printf, 1, 2)))
static void host_warn(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a long warning loses its tail */
	va_end(ap);
	log_warn("%s", text);
}

static const char *host_option(const char *plugin, const char *key)
{
	static const char *const groups[] = { "engines", "sources" };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		char path[128];
		const char *value;

		if (snprintf(path, sizeof(path), "%s.%s.%s", groups[i], plugin, key) >= (int)sizeof(path))
			return NULL;
		value = conf_str(path);
		if (value)
			return value;
	}
	return NULL;
}

static char *host_read_file(int dirfd, const char *path, size_t max, size_t *len)
{
	char *text = NULL;
	int r = fd_slurp_at(dirfd, path, max, &text, len);

	if (r < 0)
		errno = -r;
	return text;
}

const struct dbg_host plugin_host = {
	.api = DBG_PLUGIN_API,
	.size = sizeof(struct dbg_host),
	.fail = host_fail,
	.hint = host_hint,
	.warn = host_warn,
	.option = host_option,
	.read_file = host_read_file,
	.http_get = plugin_http_get,
};
