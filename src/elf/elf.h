/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Relocation: a Debian package's files are made to live below /dev.
 *
 * Three steps, without a word to any other module:
 *   1. while unpacking, elf_layout_path() says where a file of the package
 *      belongs in the toolbox root (or that it is not taken), and
 *      elf_layout_link() what a symbolic link of the package points to there;
 *   2. when the package is unpacked, elf_relocate_tree() rewrites the paths
 *      inside its files, in place.
 *   3. when a root is put together, elf_root_finish() adds what no package has.
 * The toolbox root is described in docs/ARCHITECTURE.md.
 */
#ifndef DBG_ELF_ELF_H
#define DBG_ELF_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/str.h"

/* --- layout: names -------------------------------------------------------- */

/*
 * Where the package's file `path` ("./usr/bin/vi", "/etc/ssl/x", "bin/ls")
 * belongs in the toolbox root: true, and its name relative to the root in
 * *out; false: the file is not taken (documentation, translations, /var,
 * service scripts, files that are the target's own business). A path with ".."
 * or an empty component is never taken. Directories of taken files are asked
 * for like files; the root itself ("." or "usr") is not taken.
 */
bool elf_layout_path(const char *path, struct str *out);
/*
 * The target of a symbolic link whose name in the package is `path` and whose
 * target there is `target`: relative wherever both are in the toolbox root.
 */
void elf_layout_link(const char *path, const char *target, struct str *out);

/* --- relocation: contents ------------------------------------------------- */

struct elf_report {
	uint64_t files;   /* looked at */
	uint64_t patched; /* changed */
	uint64_t bytes;   /* sum of the sizes of the files looked at */
};

/*
 * Relocates every regular file below rootfd in place and every absolute
 * symbolic link. Contents are read by a throw-away process (proc_parse()) that
 * answers with a list of patches; this process only checks their bounds and
 * applies them. Hard links are followed as any name; special files are left
 * alone. `report` may be NULL. Running it twice changes nothing more.
 */
int elf_relocate_tree(int rootfd, struct elf_report *report, struct err *err);

/*
 * Completes a root made of relocated packages: the links sh, bash, terminfo and
 * the multiarch triplet, the loader shim beside every dynamic linker, a
 * nsswitch.conf that knows files, dns and libnss_dbg (toolbox/nss), and the certificate bundle of
 * ca-certificates. Each only when its package is there, so that it holds for a
 * store's generation as for the base. Doing it twice is harmless.
 */
int elf_root_finish(int rootfd, struct err *err);

/* One replacement in a file: old_len bytes at off become new_len bytes. */
struct elf_patch {
	uint64_t off;
	uint32_t old_len, new_len;
	size_t text; /* where the new bytes are in elf_patches.text */
};

/* Ascending, not overlapping; equal lengths only for ELF files. */
struct elf_patches {
	struct elf_patch *v;
	size_t n, cap;
	struct str text;
};
void elf_patches_clear(struct elf_patches *p);
#define cleanup_elf_patches cleanup_(elf_patches_clear)

/*
 * What relocation changes in one file: pure, no system calls, any bytes.
 * `name` is its base name (some rules are for shells or ld.so only). `bytes`
 * must be writable memory of its own (libelf may convert in place), and is not
 * the patched result. Files that are neither ELF nor text nor a
 * NAME.cache of paths give no patches.
 * Returns the number of patches.
 */
size_t elf_scan(const char *name, void *bytes, size_t len, struct elf_patches *out);
/* Cheap: could elf_scan() find something, as the first bytes look? */
bool elf_is_candidate(const char *name, const void *head, size_t len, uint64_t size);

#endif
