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

int oci_config_parse(const char *text, size_t len, const char *what, struct oci_config *out,
		     struct err *err)
{
	struct oci_config c = { .root = json_parse(text, len, what, err) };

	if (!c.root)
		return -1;
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
	c.seccomp = json_at(c.root, "linux.seccomp");
	if (!json_is_object(c.seccomp))
		c.seccomp = NULL;
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
	*c = (struct oci_config){ .root = NULL };
}
