/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads from jansson values: see json.h. */
#include "util/json.h"

#include <string.h>

#include "util/fds.h"
#include "util/str.h"

json_t *json_parse(const char *text, size_t len, const char *what, struct err *err)
{
	json_error_t je;
	json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);

	if (!value)
		(void)err_set(err, "%s: line %d: %s", what, je.line, je.text);
	return value;
}

json_t *json_read_at(int dirfd, const char *path, size_t max, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fd_slurp_at(dirfd, path, max, &text, &len);

	if (r < 0) {
		(void)err_sys(err, -r, "read %s", path);
		return NULL;
	}
	return json_parse(text, len, path, err);
}

json_t *json_at(const json_t *obj, const char *path)
{
	const json_t *at = obj;

	while (at && *path != '\0') {
		size_t n = strcspn(path, ".");
		char key[128];

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		at = json_object_get(at, key);
		path += n + (path[n] == '.');
	}
	return (json_t *)(uintptr_t)at;
}

const char *json_str(const json_t *obj, const char *path)
{
	return json_string_value(json_at(obj, path));
}

int64_t json_int(const json_t *obj, const char *path, int64_t fallback)
{
	const json_t *v = json_at(obj, path);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool json_bool(const json_t *obj, const char *path, bool fallback)
{
	const json_t *v = json_at(obj, path);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

json_t *json_bytes(const char *text)
{
	json_t *value = json_string(text);
	cleanup_free char *safe = NULL;

	if (value)
		return value;
	safe = str_safe(text);
	return json_string(safe);
}

int json_print(const json_t *value, struct err *err)
{
	if (json_dumpf(value, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF ||
	    fflush(stdout) == EOF)
		return err_sys(err, errno, "write standard output");
	return 0;
}
