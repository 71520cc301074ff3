/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is let through to gpgv, its answer, and armoured keys. */
#include <assert.h>
#include <string.h>

#include "pkg/pkg.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size), *bytes = NULL;
	static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----\n", end[] = "-----END PGP SIGNATURE-----\n";
	size_t len = 0;

	if (!pkg_clearsign_check((const char *)data, size)) {
		assert(str_has_prefix(text, begin) && str_has_suffix(text, end));
		assert(!strstr(text + 1, "\n-----BEGIN PGP SIGNED"));
	}
	if (!pkg_gpgv_status(text))
		assert(strstr(text, "[GNUPG:] GOODSIG ") && strstr(text, "[GNUPG:] VALIDSIG "));
	(void)pkg_dearmor((const char *)data, size, &bytes, &len);
	return 0;
}
