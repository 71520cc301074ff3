/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decisions of pkg that need no network: signatures' status, dates, armour, indexes, names. */
#include "pkg/pkg.h"
#include "pkg/parse.h"
#include "tests/lib/tap.h"
#include "util/str.h"

#define MESSAGE "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\ntext\n"
#define SIGNATURE "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"

static const char *check(const char *text)
{
	return pkg_clearsign_check(text, strlen(text));
}

static void clearsign(void)
{
	CHECK(check(MESSAGE SIGNATURE) == NULL);
	CHECK(check(MESSAGE "- -----BEGIN PGP SIGNED MESSAGE-----\n" SIGNATURE) == NULL);
	CHECK_STR(check("x\n" MESSAGE SIGNATURE), "it does not begin with a signed message");
	CHECK_STR(check("\n" MESSAGE SIGNATURE), "it does not begin with a signed message");
	CHECK_STR(check(MESSAGE SIGNATURE "\n"), "text follows its signature");
	CHECK_STR(check(MESSAGE SIGNATURE MESSAGE SIGNATURE), "text follows its signature");
	CHECK_STR(check(MESSAGE MESSAGE SIGNATURE), "it has more than one signed block");
	CHECK_STR(check(MESSAGE "-----BEGIN X-----\n" SIGNATURE), "it has more than one signed block");
	CHECK_STR(check(MESSAGE), "its signature is cut off");
	CHECK_STR(check("-----BEGIN PGP SIGNED MESSAGE-----\nSHA256: x\n\n" SIGNATURE),
		  "its signed message has a header other than Hash");
	CHECK_STR(check(""), "it does not begin with a signed message");
	CHECK_STR(pkg_clearsign_check("a\0b", 3), "it holds a NUL byte");
}

#define GOOD "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 12 name\n"
#define VALID(hash) "[GNUPG:] VALIDSIG FPR 2020-01-01 1 0 4 0 22 " hash " 01 FPR\n"

static void gpgv_status(void)
{
	CHECK(pkg_gpgv_status(GOOD VALID("10")) == NULL);
	CHECK(pkg_gpgv_status(GOOD VALID("8")) == NULL);
	/* Of several signatures one is enough, unless another is bad. */
	CHECK(pkg_gpgv_status("[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG 1 1 8 01 1 9 -\n[GNUPG:] NO_PUBKEY 1\n" GOOD
			      VALID("8")) == NULL);
	CHECK_STR(pkg_gpgv_status(GOOD VALID("8") "[GNUPG:] NEWSIG\n[GNUPG:] BADSIG 1 x\n"),
		  "its signature does not match its text");
	CHECK_STR(pkg_gpgv_status(""), "it is not signed");
	CHECK_STR(pkg_gpgv_status(GOOD), "it is not signed");
	CHECK_STR(pkg_gpgv_status(VALID("8")), "it is not signed");
	CHECK_STR(pkg_gpgv_status(GOOD VALID("2")), "its signature uses a weak hash");
	CHECK_STR(pkg_gpgv_status(GOOD VALID("1")), "its signature uses a weak hash");
	CHECK_STR(pkg_gpgv_status("[GNUPG:] NEWSIG\n[GNUPG:] EXPKEYSIG 1 x\n" VALID("8")),
		  "the key that signed it has expired");
	CHECK_STR(pkg_gpgv_status("[GNUPG:] NEWSIG\n[GNUPG:] REVKEYSIG 1 x\n" VALID("8")),
		  "the key that signed it was revoked");
	CHECK_STR(pkg_gpgv_status("[GNUPG:] NEWSIG\n[GNUPG:] NO_PUBKEY 1\n"),
		  "it is signed by a key that is not among the source's keys");
	/* Only lines that begin with gpgv's mark count. */
	CHECK_STR(pkg_gpgv_status("gpgv: x [GNUPG:] GOODSIG 1 x\n [GNUPG:] VALIDSIG F d 1 0 4 0 22 8 01 F\n"),
		  "it is not signed");
}

static void dates(void)
{
	struct pkg_source p = { .kind = "debian" };
	struct dbg_release r = { .date = 1000, .valid_until = 2000 };

	CHECK(pkg_release_dates(&p, &r, 1500, 1000) == NULL);
	CHECK_STR(pkg_release_dates(&p, &r, 300, 0), "its date is in the future");
	CHECK_STR(pkg_release_dates(&p, &r, 2001, 0), "it is no longer valid (Valid-Until is past)");
	CHECK_STR(pkg_release_dates(&p, &r, 1500, 1001), "it is older than the one seen before");
	p.s.ignore_valid_until = p.s.ignore_date = 1;
	CHECK(pkg_release_dates(&p, &r, 2001, 0) == NULL);
	CHECK(pkg_release_dates(&p, &r, 1, 0) == NULL);
	CHECK_STR(pkg_release_dates(&p, &r, 1500, 1001), "it is older than the one seen before");
}

static void dearmor(void)
{
	static const char armour[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: x\n\naGVs\nbG8=\n=abcd\n"
				     "-----END PGP PUBLIC KEY BLOCK-----\n";
	static const char cut[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\naGVs\n";
	static const char odd[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\naGV\n-----END PGP PUBLIC KEY BLOCK-----\n";
	char *out = NULL;
	size_t len = 0;

	CHECK(pkg_dearmor(armour, strlen(armour), &out, &len) == 0 && len == 5);
	CHECK_STR(out, "hello");
	free(out);
	out = NULL;
	CHECK(pkg_dearmor("\x99raw", 4, &out, &len) == 0 && len == 4 && memcmp(out, "\x99raw", 4) == 0);
	free(out);
	CHECK(pkg_dearmor(cut, strlen(cut), &out, &len) == -EINVAL);
	CHECK(pkg_dearmor(odd, strlen(odd), &out, &len) == -EINVAL);
}

#define CONTENTS(line, want)                                     \
	do {                                                     \
		cleanup_str struct str out__ = { NULL, 0, 0 };   \
		pkg_contents_line(line, strlen(line), &out__);   \
		CHECK_STR(out__.buf ? out__.buf : "", want);     \
	} while (0)

static void contents(void)
{
	CONTENTS("usr/bin/nslookup      net/bind9-dnsutils", "nslookup bind9-dnsutils\n");
	CONTENTS("./sbin/ip\tnet/iproute2,universe/net/ip2", "ip iproute2\nip ip2\n");
	CONTENTS("bin/two words x/y", "");
	CONTENTS("usr/bin/dir/file x/y", "");
	CONTENTS("usr/share/x x/y", "");
	CONTENTS("usr/bin/x ", "");
	CONTENTS("usr/bin/", "");
	CONTENTS("", "");
}

static void programs(void)
{
	static const char lines[] = "dig bind9-dnsutils\ndig knot-dnsutils\ngit git\ngit aaa\nnc.openbsd netcat-openbsd\n"
				    "flock util-linux\nflog x\n";
	cleanup_strv struct strv p = { NULL, 0 }, near = { NULL, 0 };

	pkg_programs_search(lines, "git", &p, &near);
	CHECK(p.n == 2);
	CHECK_STR(p.v[0], "git");
	strv_clear(&p);
	pkg_programs_search(lines, "nc", &p, &near);
	CHECK(p.n == 1);
	CHECK_STR(p.v[0], "netcat-openbsd");
	strv_clear(&p);
	strv_clear(&near);
	pkg_programs_search(lines, "flok", &p, &near);
	CHECK(p.n == 0 && near.n == 2);
	CHECK_STR(near.v[0], "flock");
}

static void source_names(void)
{
	CHECK(pkg_source_check("a", "http://x/", "stable") == NULL);
	CHECK(pkg_source_check("a", "file:/srv", "./") == NULL);
	CHECK_STR(pkg_source_check("a b", "http://x/", "s"), "its name is malformed");
	CHECK_STR(pkg_source_check("a", "ftp://x/", "s"), "its URI is not http, https or file");
	CHECK_STR(pkg_source_check("a", "http://x/\n", "s"), "its URI is malformed");
	CHECK_STR(pkg_source_check("a", "http://x/?q", "s"), "its URI is malformed");
	CHECK_STR(pkg_source_check("a", "http://x/", "../s"), "its suite is malformed");
	CHECK_STR(pkg_source_check("a", "http://x/", "/etc"), "its suite is malformed");
}

static void urls(void)
{
	struct dbg_source s = { .uri = "http://x/debian//" };
	cleanup_free char *one = pkg_url(&s, "./pool/a"), *two = NULL;

	CHECK_STR(one, "http://x/debian/pool/a");
	s.uri = "file:/srv/r";
	two = pkg_url(&s, "dists/s/InRelease");
	CHECK_STR(two, "file:///srv/r/dists/s/InRelease");
}

int main(void)
{
	TAP_RUN(clearsign);
	TAP_RUN(gpgv_status);
	TAP_RUN(dates);
	TAP_RUN(dearmor);
	TAP_RUN(contents);
	TAP_RUN(programs);
	TAP_RUN(source_names);
	TAP_RUN(urls);
	return tap_done();
}
