/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OCI config.json: see oci.h. */
#include "engine/oci.h"

#include <fcntl.h>
#include <string.h>

#include "util/fds.h"
#include "util/json.h"

enum { CONFIG_MAX = 16 << 20 };

static void add_strings(struct strv *out, const json_t *array, bool need_equals)
{
	size_t i;
	json_t *item;

	json_array_foreach(array, i, item) {
		const char *text = json_string_value(item);

		if (text && (!need_equals || (strchr(text, '=') && *text != '=')))
			strv_add(out, text);
	}
}

static uint32_t id_at(const json_t *root, const char *path)
{
	int64_t id = json_int(root, path, 0);

	return id > 0 && id < UINT32_MAX ? (uint32_t)id : 0;
}

static void add_devices(struct oci_config *c)
{
	const json_t *array = json_at(c->root, "linux.devices");
	size_t i;
	json_t *item;

	json_array_foreach(array, i, item) {
		const char *type = json_str(item, "type");
		int64_t major = json_int(item, "major", -1), minor = json_int(item, "minor", -1);

		/* "u" is another word for "c"; a FIFO is no device. */
		if (!type || *type == '\0' || !strchr("cbu", *type) || major < 0 || major > UINT32_MAX || minor < 0 ||
		    minor > UINT32_MAX)
			continue;
		c->devices = xrealloc(c->devices, c->ndevices + 1, sizeof(*c->devices));
		c->devices[c->ndevices++] = (struct oci_device){
			.type = *type == 'b' ? 'b' : 'c',
			.major = (uint32_t)major,
			.minor = (uint32_t)minor,
		};
	}
}

/*
 * Half of the file is its seccomp profile, which is only handed on: it is cut
 * out by counting brackets, and the parser sees the rest. Each of these takes
 * the position of a value and returns what is behind it, NULL when the text
 * ends first; whether the rest is JSON is the parser's to say.
 */
static const char *skip_string(const char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '\0')
			return NULL;
	}
	return p + 1;
}

static const char *skip_value(const char *p)
{
	size_t depth = 0;

	do {
		p += strcspn(p, depth ? "\"{}[]" : "\"{}[],");
		if (*p == '\0')
			return NULL;
		if (*p == '"') {
			p = skip_string(p);
			if (!p)
				return NULL;
			continue;
		}
		if (*p == ',')
			return p;
		if (*p == '{' || *p == '[')
			depth++;
		else if (depth == 0)
			return p;
		else
			depth--;
		p++;
	} while (depth > 0);
	return p;
}

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* The value of a member of the object at p, NULL when it has none. */
static const char *find_member(const char *p, const char *name)
{
	size_t len = strlen(name);

	if (!p || *(p = skip_space(p)) != '{')
		return NULL;
	for (p = skip_space(p + 1); *p == '"'; p = skip_space(p + 1)) {
		const char *key = p + 1;
		bool found;

		p = skip_string(p);
		if (!p)
			return NULL;
		found = (size_t)(p - 1 - key) == len && memcmp(key, name, len) == 0;
		p = skip_space(p);
		if (*p != ':')
			return NULL;
		p = skip_space(p + 1);
		if (found)
			return p;
		p = skip_value(p);
		if (!p || *(p = skip_space(p)) != ',')
			return NULL;
	}
	return NULL;
}

/* Takes linux.seccomp out of text and puts blanks and a number in its place. */
static char *cut_seccomp(char *text)
{
	const char *from = find_member(find_member(text, "linux"), "seccomp");
	const char *to = from && *from == '{' ? skip_value(from) : NULL;
	char *hole = text + (from ? from - text : 0), *cut;

	if (!to)
		return NULL;
	cut = xstrndup(from, (size_t)(to - from));
	memset(hole, ' ', (size_t)(to - from));
	*hole = '0'; /* any value will do */
	return cut;
}

int oci_config_parse(const char *text, size_t len, const char *what, struct oci_config *out,
		     struct err *err)
{
	cleanup_free char *rest = xstrndup(text, len);
	struct oci_config c = { .seccomp = cut_seccomp(rest) };

	/* A NUL inside would have hidden what is behind it. */
	c.root = json_parse(rest, strlen(rest) == len ? len : 0, what, err);
	if (!c.root) {
		oci_config_clear(&c);
		return -1;
	}
	if (!json_is_object(c.root)) {
		oci_config_clear(&c);
		return err_set(err, "%s: not an OCI configuration", what);
	}
	add_strings(&c.env, json_at(c.root, "process.env"), true);
	add_strings(&c.args, json_at(c.root, "process.args"), false);
	c.cwd = json_str(c.root, "process.cwd");
	c.uid = id_at(c.root, "process.user.uid");
	c.gid = id_at(c.root, "process.user.gid");
	c.no_new_privs = json_bool(c.root, "process.noNewPrivileges", false);
	add_devices(&c);
	*out = c;
	return 0;
}

int oci_config_read(const char *dir, struct oci_config *out, struct err *err)
{
	cleanup_free char *path = xasprintf("%s/config.json", dir), *text = NULL;
	size_t len = 0;
	int r = fd_slurp_at(AT_FDCWD, path, CONFIG_MAX, &text, &len);

	if (r < 0)
		return err_sys(err, -r, "read %s", path);
	return oci_config_parse(text, len, path, out, err);
}

void oci_config_clear(struct oci_config *c)
{
	json_decref(c->root);
	strv_clear(&c->env);
	strv_clear(&c->args);
	free(c->devices);
	free(c->seccomp);
	*c = (struct oci_config){ .root = NULL };
}
