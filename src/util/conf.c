/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file, loaded at first use. */
#include "util/conf.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/json.h"
#include "util/log.h"

enum { CONF_MAX = 1 << 20 };

const char *conf_path(void)
{
	const char *path = getenv("DBG_CONFIG");

	return path && *path ? path : "/etc/dbg/config.json";
}

json_t *conf_at(const char *path)
{
	static json_t *conf;
	static bool loaded;

	if (!loaded) {
		struct err err = ERR_INIT;

		loaded = true;
		conf = json_read_at(AT_FDCWD, conf_path(), CONF_MAX, &err);
		if (!conf && err.num != ENOENT)
			log_warn("configuration ignored: %s", err.msg);
	}
	return json_at(conf, path);
}

const char *conf_str(const char *path)
{
	return json_string_value(conf_at(path));
}
