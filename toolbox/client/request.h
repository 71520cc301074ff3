/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's side of session/inside_proto.h: hands a command to the front
 * and writes what comes back. Used by dbg-client and by dbg's own shell; knows
 * nothing but libc.
 */
#ifndef DBG_CLIENT_REQUEST_H
#define DBG_CLIENT_REQUEST_H

/*
 * Runs argv (argv[0] is the command's name) on the host's side: its output to
 * descriptors 1 and 2, SIGINT and SIGTERM on to it while it runs. Returns its
 * exit status, or 125 with one line on stderr when the front cannot be asked.
 */
int request_run(int argc, char *const argv[]);

#endif
