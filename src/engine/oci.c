/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OCI config.json: see oci.h. */
#include "engine/oci.h"

#include <fcntl.h>
#include <string.h>

#include "plugin/dbg-text.h"
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

/* A value as it stands, as an owned string; NULL when absent or cut off. */
static char *copy_value(const char *from)
{
	const char *to = from ? dbg_text_skip(from) : NULL;

	return to && to > from ? xstrndup(from, (size_t)(to - from)) : NULL;
}

/* Adds "name":value of the object at p. */
static void add_member(struct str *out, const char *p, const char *name)
{
	cleanup_free char *value = copy_value(dbg_text_member(p, name));

	if (value)
		str_addf(out, "%s\"%s\":%s", out->len && out->buf[out->len - 1] == '{' ? "" : ",", name,
			 value);
}

/*
 * The members that fill() reads, as a document of their own. Parsing
 * the rest, ten times as much, would take longer than joining the container.
 */
static char *select_members(const char *text)
{
	static const char *const of_process[] = { "env", "args", "cwd", "user", "noNewPrivileges" };
	const char *process = dbg_text_member(text, "process"), *linux_ = dbg_text_member(text, "linux");
	struct str out = { NULL, 0, 0 };

	if (!process || *process != '{')
		return NULL;
	str_adds(&out, "{\"process\":{");
	for (size_t i = 0; i < sizeof(of_process) / sizeof(of_process[0]); i++)
		add_member(&out, process, of_process[i]);
	str_adds(&out, "},\"linux\":{");
	if (linux_ && *linux_ == '{')
		add_member(&out, linux_, "devices");
	str_adds(&out, "}}");
	return str_take(&out);
}

static void fill(struct oci_config *c)
{
	add_strings(&c->env, json_at(c->root, "process.env"), true);
	add_strings(&c->args, json_at(c->root, "process.args"), false);
	c->cwd = json_str(c->root, "process.cwd");
	c->uid = id_at(c->root, "process.user.uid");
	c->gid = id_at(c->root, "process.user.gid");
	c->no_new_privs = json_bool(c->root, "process.noNewPrivileges", false);
	add_devices(c);
}

int oci_config_parse(const char *text, size_t len, const char *what, struct oci_config *out,
		     struct err *err)
{
	cleanup_free char *whole = xstrndup(text, len), *part = select_members(whole);
	const char *profile = dbg_text_member(dbg_text_member(whole, "linux"), "seccomp");
	struct oci_config c = { .root = NULL };

	/* Without a process it is the parser's to say what this is. */
	c.root = part ? json_parse(part, strlen(part), what, err) : json_parse(text, len, what, err);
	if (!c.root)
		return -1;
	if (!json_is_object(c.root)) {
		oci_config_clear(&c);
		return err_set(err, "%s: not an OCI configuration", what);
	}
	if (profile && *profile == '{')
		c.seccomp = copy_value(profile);
	fill(&c);
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
