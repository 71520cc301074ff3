/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one list of built-in plugins. References are weak: `dbg` is linked with
 * the engines, `dbg-pkg` with the package sources, and the list serves both.
 */
#include "plugin/plugin.h"

#define BUILTIN(name) extern const struct dbg_plugin dbg_plugin_##name __attribute__((weak))

BUILTIN(docker);
BUILTIN(podman);
BUILTIN(crio);
BUILTIN(containerd);
BUILTIN(lxc);
BUILTIN(nspawn);
BUILTIN(runc);
BUILTIN(crun);
BUILTIN(debian);
BUILTIN(nix);

/* Docker before containerd, and both before runc: who stands first owns the container. */
const struct dbg_plugin *const plugin_builtin[] = {
	&dbg_plugin_docker,
	&dbg_plugin_podman,
	&dbg_plugin_crio,
	&dbg_plugin_containerd,
	&dbg_plugin_lxc,
	&dbg_plugin_nspawn,
	&dbg_plugin_runc,
	&dbg_plugin_crun,
	&dbg_plugin_debian,
	&dbg_plugin_nix,
};
const size_t plugin_builtin_count = sizeof(plugin_builtin) / sizeof(plugin_builtin[0]);
