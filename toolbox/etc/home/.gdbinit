# SPDX-License-Identifier: GPL-2.0-or-later
# The container's root is the session's own: gdb needs not join the mount namespace of what it traces, which
# only --power admin could, to find its programs and libraries.
set sysroot /
