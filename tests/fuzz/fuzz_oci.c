/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's OCI config.json: its values were chosen by whoever made the container. */
#include <assert.h>
#include <string.h>

#include "engine/oci.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_oci_config struct oci_config c = { .root = NULL };
	struct err err = ERR_INIT;

	if (oci_config_parse((const char *)data, size, "config.json", &c, &err) < 0) {
		assert(err.msg[0] != '\0' && !c.root);
		return 0;
	}
	assert(json_is_object(c.root));
	for (size_t i = 0; i < c.env.n; i++)
		assert(strchr(c.env.v[i], '=') > c.env.v[i]);
	for (size_t i = 0; i < c.ndevices; i++)
		assert(c.devices[i].type == 'b' || c.devices[i].type == 'c');
	assert(!c.seccomp || c.seccomp[0] == '{');
	return 0;
}
