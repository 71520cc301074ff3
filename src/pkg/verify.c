/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures. gpgv decides; what it decided is read from its status lines, and
 * the text is what it wrote as signed. Before that, the message must be one
 * signed block and nothing else, so that no reader can be led to other bytes.
 */
#include "pkg/pkg.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "util/fds.h"
#include "util/proc.h"

enum { KEYRING_MAX = 8 << 20, KEYS_MAX = 64, STATUS_MAX = 1 << 20, RELEASE_TEXT_MAX = 32 << 20,
       FUTURE_SECS = 600 };

static const char begin_signed[] = "-----BEGIN PGP SIGNED MESSAGE-----\n";
static const char begin_signature[] = "-----BEGIN PGP SIGNATURE-----\n";
static const char end_signature[] = "-----END PGP SIGNATURE-----\n";

static bool at_line(const char *p, const char *end, const char *line)
{
	size_t len = strlen(line);

	return (size_t)(end - p) >= len && memcmp(p, line, len) == 0;
}

static const char *next_line(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

const char *pkg_clearsign_check(const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	bool signature = false;

	if (memchr(text, '\0', len))
		return "it holds a NUL byte";
	if (!at_line(p, end, begin_signed))
		return "it does not begin with a signed message";
	for (p = next_line(p, end); p < end && *p != '\n'; p = next_line(p, end))
		if (!at_line(p, end, "Hash: "))
			return "its signed message has a header other than Hash";
	for (; p < end; p = next_line(p, end)) {
		if (at_line(p, end, end_signature) && signature)
			return p + strlen(end_signature) == end ? NULL : "text follows its signature";
		if (at_line(p, end, begin_signature) && !signature)
			signature = true;
		else if (at_line(p, end, "-----"))
			return "it has more than one signed block";
	}
	return "its signature is cut off";
}

/* "VALIDSIG FPR DATE TIME EXPIRES VERSION RESERVED PKALGO HASHALGO CLASS PRIMARY" */
static bool is_strong(const char *line)
{
	static const char *const hashes[] = { "8", "9", "10" }; /* SHA-256, -384, -512: RFC 4880 9.4 */
	const char *p = line;
	size_t len;

	for (int field = 0; field < 8; field++) {
		p += strcspn(p, " \n");
		p += strspn(p, " ");
	}
	len = strcspn(p, " \n");
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (strlen(hashes[i]) == len && strncmp(p, hashes[i], len) == 0)
			return true;
	return false;
}

const char *pkg_gpgv_status(const char *status)
{
	static const char prefix[] = "[GNUPG:] ";
	const char *why = "it is not signed";
	unsigned int good = 0, valid = 0;
	bool pending = false; /* a GOODSIG whose VALIDSIG has not come yet */

	for (const char *l = status; *l; l = next_line(l, l + strlen(l))) {
		const char *w = l + sizeof(prefix) - 1;

		if (!str_has_prefix(l, prefix))
			continue;
		if (str_has_prefix(w, "NEWSIG")) {
			pending = false;
		} else if (str_has_prefix(w, "BADSIG ")) {
			return "its signature does not match its text";
		} else if (str_has_prefix(w, "GOODSIG ")) {
			good++;
			pending = true;
		} else if (str_has_prefix(w, "VALIDSIG ") && pending) {
			valid += is_strong(w);
			pending = false;
			why = "its signature uses a weak hash";
		} else if (str_has_prefix(w, "EXPKEYSIG ")) {
			why = "the key that signed it has expired";
		} else if (str_has_prefix(w, "EXPSIG ")) {
			why = "its signature has expired";
		} else if (str_has_prefix(w, "REVKEYSIG ")) {
			return "the key that signed it was revoked";
		} else if (str_has_prefix(w, "NO_PUBKEY ")) {
			why = "it is signed by a key that is not among the source's keys";
		}
	}
	return good > 0 && valid > 0 ? NULL : why;
}

int pkg_dearmor(const char *bytes_in, size_t len, char **out, size_t *out_len)
{
	static const char begin[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
	static const char stop[] = "-----END PGP PUBLIC KEY BLOCK-----";
	cleanup_str struct str b64 = { NULL, 0, 0 };
	cleanup_str struct str all = { NULL, 0, 0 };
	cleanup_free char *text = xmalloc(len + 1); /* with an end that no scan runs over */
	const char *p, *end = text + len;

	memcpy(text, bytes_in, len);
	text[len] = '\0';
	p = memmem(text, len, begin, strlen(begin));
	if (!p) {
		*out = take_ptr(text);
		*out_len = len;
		return 0;
	}
	for (; p; p = memmem(p, (size_t)(end - p), begin, strlen(begin))) {
		cleanup_free unsigned char *bytes = NULL;
		int n, pad = 0;

		b64.len = 0;
		p = next_line(p, end);
		while (p < end && p[strspn(p, " \t\r")] != '\n' && memchr(p, ':', (size_t)(next_line(p, end) - p)))
			p = next_line(p, end); /* armour headers */
		for (; p < end && !at_line(p + strspn(p, " "), end, stop); p = next_line(p, end)) {
			const char *l = p + strspn(p, " \t");
			size_t n_chars = strspn(l, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
						   "0123456789+/=");

			if (*l == '=') /* the checksum line: gpgv has no need of it */
				continue;
			str_add(&b64, l, n_chars);
		}
		if (p >= end || b64.len == 0 || b64.len % 4 != 0 || b64.len > INT32_MAX)
			return -EINVAL;
		while (pad < 2 && b64.buf[b64.len - 1 - (size_t)pad] == '=')
			pad++;
		bytes = xmalloc(b64.len);
		n = EVP_DecodeBlock(bytes, (const unsigned char *)b64.buf, (int)b64.len);
		if (n < pad)
			return -EINVAL;
		str_add(&all, bytes, (size_t)(n - pad));
	}
	*out_len = all.len;
	*out = str_take(&all);
	return 0;
}

static int memfd_with(const char *name, const char *bytes, size_t len)
{
	cleanup_fd int fd = memfd_create(name, MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, bytes, len);
	if (r < 0)
		return r;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : take_fd(&fd);
}

struct keyrings {
	int fds[KEYS_MAX];
	size_t n;
};

static void keyrings_clear(struct keyrings *k)
{
	for (size_t i = 0; i < k->n; i++)
		(void)close(k->fds[i]); /* memory */
	k->n = 0;
}

static int keyring_add(struct keyrings *k, const char *name, const char *text, size_t len,
		       struct err *err)
{
	cleanup_free char *bytes = NULL;
	size_t n = 0;
	int fd;

	if (pkg_dearmor(text, len, &bytes, &n) < 0)
		return err_set(err, "key %s: malformed armour", name);
	fd = memfd_with("dbg-key", bytes, n);
	if (fd < 0)
		return err_sys(err, -fd, "key %s", name);
	k->fds[k->n++] = fd;
	return 0;
}

static int keyrings_open(const struct pkg_source *p, struct keyrings *k, struct err *err)
{
	if (p->s.key_text)
		return keyring_add(k, "in the list of sources", p->s.key_text, strlen(p->s.key_text), err);
	for (size_t i = 0; i < p->keys.n && k->n < KEYS_MAX; i++) {
		cleanup_free char *text = NULL;
		size_t len = 0;
		int r;

		if (p->keys.v[i][0] != '/') /* a fingerprint: apt's own way to narrow its keys */
			return err_set(err, "Signed-By names a fingerprint, not a file");
		r = fd_slurp_at(AT_FDCWD, p->keys.v[i], KEYRING_MAX, &text, &len);
		if (r < 0)
			return err_sys(err, -r, "read key %s", p->keys.v[i]);
		if (keyring_add(k, p->keys.v[i], text, len, err) < 0)
			return -1;
	}
	return k->n > 0 ? 0 : err_set(err, "no key is named for it");
}

/* gpgv with every keyring; its program gets no descriptor of ours but these three. */
static int run_gpgv(const struct keyrings *k, int message, int text, int status, struct err *err)
{
	char paths[KEYS_MAX + 1][48], *argv[KEYS_MAX * 2 + 16];
	static char gpgv[] = "gpgv", homedir[] = "--homedir", nowhere[] = "/nonexistent",
		    quiet[] = "--quiet", status_fd[] = "--status-fd", two[] = "2",
		    logger[] = "--logger-fd", zero[] = "0", weak[] = "--weak-digest", sha1[] = "SHA1",
		    output[] = "--output", to_stdout[] = "-", keyring[] = "--keyring";
	char *fixed[] = { gpgv, homedir, nowhere, quiet, status_fd, two, logger, zero, weak, sha1,
			  output, to_stdout };
	size_t n = sizeof(fixed) / sizeof(fixed[0]);
	int r;

	memcpy(argv, fixed, sizeof(fixed));
	for (size_t i = 0; i < k->n; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "/proc/%d/fd/%d", (int)getpid(), k->fds[i]);
		argv[n++] = keyring;
		argv[n++] = paths[i];
	}
	(void)snprintf(paths[k->n], sizeof(paths[0]), "/proc/%d/fd/%d", (int)getpid(), message);
	argv[n++] = paths[k->n];
	argv[n] = NULL;
	r = proc_run(argv, -1, text, status);
	if (r == ERR_STATUS_NOENT) {
		(void)err_set(err, "gpgv, which verifies signatures, is not installed");
		err_hint(err, "install the package gpgv");
		return -1;
	}
	return r < 0 ? err_sys(err, -r, "run gpgv") : 0; /* its status lines decide, not its code */
}

static int slurp_start(int fd, size_t max, char **out, size_t *len)
{
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_slurp(fd, max, out, len);
}

static void cleanup_keyrings_fn(struct keyrings *k)
{
	keyrings_clear(k);
}

int pkg_verify_release(const struct pkg_source *p, const char *signed_text, size_t len, char **text,
		       size_t *text_len, struct err *err)
{
	cleanup_(cleanup_keyrings_fn) struct keyrings k = { .n = 0 };
	cleanup_fd int message = -1, out = -1, status = -1;
	cleanup_free char *lines = NULL, *got = NULL;
	const char *why = pkg_clearsign_check(signed_text, len);
	int r;

	if (why)
		return err_set(err, "not signed properly: %s", why);
	if (keyrings_open(p, &k, err) < 0)
		return -1;
	message = memfd_with("dbg-message", signed_text, len);
	out = memfd_with("dbg-text", "", 0);
	status = memfd_with("dbg-status", "", 0);
	if (message < 0 || out < 0 || status < 0)
		return err_sys(err, ENOMEM, "memory for the signature check");
	if (run_gpgv(&k, message, out, status, err) < 0)
		return -1;
	r = slurp_start(status, STATUS_MAX, &lines, NULL);
	if (r < 0)
		return err_sys(err, -r, "read the answer of gpgv");
	why = pkg_gpgv_status(lines);
	if (why)
		return err_set(err, "not signed properly: %s", why);
	r = slurp_start(out, RELEASE_TEXT_MAX, &got, text_len);
	if (r < 0)
		return err_sys(err, -r, "read the signed text");
	*text = take_ptr(got);
	return 0;
}

const char *pkg_release_dates(const struct pkg_source *p, const struct dbg_release *rel, int64_t now,
			      int64_t seen)
{
	if (rel->date > now + FUTURE_SECS && !p->s.ignore_date)
		return "its date is in the future";
	if (rel->valid_until != 0 && rel->valid_until < now && !p->s.ignore_valid_until)
		return "it is no longer valid (Valid-Until is past)";
	if (rel->date < seen)
		return "it is older than the one seen before";
	return NULL;
}
