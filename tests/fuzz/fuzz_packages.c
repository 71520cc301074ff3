/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages files, compressed or not, into libsolv's form. */
#include <sys/mman.h>

#include "pkg/pkg.h"
#include "util/fds.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_fd int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);

	if (fd_write_all(in, data, size) == 0 && lseek(in, 0, SEEK_SET) == 0)
		(void)pkg_packages_parser(in, out, NULL); /* that it comes back is what is tested */
	return 0;
}
