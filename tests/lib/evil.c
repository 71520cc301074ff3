/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A library that says who loaded it: what a hostile container offers to every loader. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void loaded(void)
{
	char name[512] = "";
	ssize_t n = readlink("/proc/self/exe", name, sizeof(name) - 2);
	int fd = open("/evil-was-loaded", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	name[n > 0 ? n : 0] = '\n';
	if (fd < 0 || write(fd, name, strlen(name)) < 0)
		(void)!write(2, "evil-was-loaded\n", 16);
	if (fd >= 0)
		(void)close(fd);
}
