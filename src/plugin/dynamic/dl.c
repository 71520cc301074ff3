/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading by the C library, in the dynamic program. */
#include "plugin/dl.h"

#include <dlfcn.h>

void dl_need(void)
{
}

void *dl_open(const char *path)
{
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

void *dl_symbol(void *object, const char *name)
{
	return dlsym(object, name);
}

void dl_close(void *object)
{
	(void)dlclose(object); /* nothing of it is in use */
}

const char *dl_error(void)
{
	return dlerror();
}
