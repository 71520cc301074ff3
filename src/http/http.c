/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Downloads: see http.h. One curl_multi loop over a window of transfers. */
#include "http/http.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fds.h"
#include "util/str.h"

enum { WINDOW = 6, CONNECT_SECS = 15, STALL_SECS = 30, REDIRECTS = 5 };

struct transfer {
	struct http_file *file;
	CURL *curl;
	int fd;
	uint64_t got;       /* bytes in the part file */
	bool resumed;       /* began with bytes of an earlier try */
	bool too_big, write_failed;
	int write_errno;
	EVP_MD_CTX *md;
	char curl_error[CURL_ERROR_SIZE];
};

struct fetch {
	int dirfd;
	CURLM *multi;
	const struct http_options *options;
	uint64_t finished; /* bytes of files that are done */
	struct transfer slots[WINDOW];
	struct http_file *files;
	size_t n, next;
};

static void hex(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

static void md_final(EVP_MD_CTX *md, char out[65])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	(void)EVP_DigestFinal_ex(md, bytes, &len); /* SHA-256 in memory cannot fail */
	hex(bytes, 32, out);
}

static EVP_MD_CTX *md_new(void)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (!md || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		abort(); /* out of memory, or a libcrypto without SHA-256 */
	return md;
}

static int md_add_fd(EVP_MD_CTX *md, int fd, uint64_t *len)
{
	cleanup_free char *buf = xmalloc(1 << 17);

	*len = 0;
	for (;;) {
		ssize_t n = pread(fd, buf, 1 << 17, (off_t)*len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		(void)EVP_DigestUpdate(md, buf, (size_t)n);
		*len += (uint64_t)n;
	}
}

int http_sha256_fd(int fd, char out[65])
{
	EVP_MD_CTX *md = md_new();
	uint64_t len;
	int r = md_add_fd(md, fd, &len);

	if (r == 0)
		md_final(md, out);
	EVP_MD_CTX_free(md);
	return r;
}

void http_sha256(const void *bytes, size_t len, char out[65])
{
	EVP_MD_CTX *md = md_new();

	(void)EVP_DigestUpdate(md, bytes, len);
	md_final(md, out);
	EVP_MD_CTX_free(md);
}

static void part_name(const struct http_file *f, char *out, size_t size)
{
	(void)snprintf(out, size, "%s.part", f->name); /* names are ours and short */
}

/* A whole file of an earlier run that has the promised content. */
static bool have_already(int dirfd, const struct http_file *f)
{
	cleanup_fd int fd = -1;
	struct stat st;
	char sum[65];

	if (!f->sha256)
		return false;
	fd = openat(dirfd, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (f->size == 0 || (uint64_t)st.st_size == f->size) && http_sha256_fd(fd, sum) == 0 &&
	       strcmp(sum, f->sha256) == 0;
}

static size_t on_data(char *bytes, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;
	const struct http_file *f = t->file;
	uint64_t max = f->size ? f->size : f->max;
	int r;

	len *= one;
	if (t->got + len > max) {
		t->too_big = true;
		return 0;
	}
	r = fd_write_all(t->fd, bytes, len);
	if (r < 0) {
		t->write_failed = true;
		t->write_errno = -r;
		return 0;
	}
	(void)EVP_DigestUpdate(t->md, bytes, len);
	t->got += len;
	return len;
}

static void set_url(struct transfer *t, const struct http_options *o)
{
	CURL *c = t->curl;
	bool local = str_has_prefix(t->file->url, "file://");

	curl_easy_setopt(c, CURLOPT_URL, t->file->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, local ? "file" : "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECS);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 64L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECS);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "dbg/" DBG_VERSION);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->curl_error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_PRIVATE, t);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 1L << 18);
	if (o && o->proxy)
		curl_easy_setopt(c, CURLOPT_PROXY, o->proxy);
	if (t->got > 0)
		curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->got);
}

static void transfer_clear(struct transfer *t)
{
	if (t->curl)
		curl_easy_cleanup(t->curl);
	if (t->md)
		EVP_MD_CTX_free(t->md);
	cleanup_fd_fn(&t->fd);
	*t = (struct transfer){ .fd = -1 };
}

static void file_failed(struct http_file *f, const char *why)
{
	(void)snprintf(f->error, sizeof(f->error), "%s", why); /* a long reason is cut */
}

/* Opens the part file and hands the transfer to the loop; false when that failed. */
static bool start(struct fetch *f, struct transfer *t, struct http_file *file, bool resume)
{
	char part[256];
	uint64_t have = 0;

	part_name(file, part, sizeof(part));
	*t = (struct transfer){ .file = file, .fd = -1 };
	/* Only a file whose content is known beforehand can be continued safely. */
	resume = resume && file->sha256 && file->size;
	t->fd = openat(f->dirfd, part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			       (resume ? O_APPEND : O_TRUNC | O_APPEND), 0644);
	if (t->fd < 0) {
		file_failed(file, strerror(errno));
		return false;
	}
	t->md = md_new();
	if (resume && (md_add_fd(t->md, t->fd, &have) < 0 || have >= file->size)) {
		transfer_clear(t);
		return start(f, t, file, false);
	}
	t->got = have;
	t->resumed = have > 0;
	t->curl = curl_easy_init();
	if (!t->curl)
		abort(); /* out of memory */
	set_url(t, f->options);
	(void)curl_multi_add_handle(f->multi, t->curl); /* a fresh handle is never refused */
	return true;
}

static void why_failed(struct transfer *t, CURLcode code)
{
	struct http_file *f = t->file;
	long status = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->too_big)
		(void)snprintf(f->error, sizeof(f->error), "larger than the %llu bytes that are allowed",
			       (unsigned long long)(f->size ? f->size : f->max));
	else if (t->write_failed)
		file_failed(f, strerror(t->write_errno));
	else if (status >= 400)
		(void)snprintf(f->error, sizeof(f->error), "the server answers %ld", status);
	else
		file_failed(f, t->curl_error[0] ? t->curl_error : curl_easy_strerror(code));
	f->missing = status == 404 || status == 410 || code == CURLE_FILE_COULDNT_READ_FILE;
	f->unreachable = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
			 code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_OPERATION_TIMEDOUT;
}

/* The whole file came: check it and give it its name. */
static void complete(struct fetch *f, struct transfer *t)
{
	struct http_file *file = t->file;
	char part[256], sum[65];

	part_name(file, part, sizeof(part));
	md_final(t->md, sum);
	if (file->size && t->got != file->size)
		(void)snprintf(file->error, sizeof(file->error), "size is %llu, expected %llu",
			       (unsigned long long)t->got, (unsigned long long)file->size);
	else if (file->sha256 && strcmp(sum, file->sha256) != 0)
		file_failed(file, "SHA-256 does not match");
	else if (renameat(f->dirfd, part, f->dirfd, file->name) < 0)
		file_failed(file, strerror(errno));
	else
		file->ok = true;
	if (!file->ok)
		(void)unlinkat(f->dirfd, part, 0); /* wrong content is of no further use */
}

/* True when the slot is free again; false when the file is tried anew from its start. */
static bool finish(struct fetch *f, struct transfer *t, CURLcode code)
{
	struct http_file *file = t->file;
	bool again;
	char part[256];

	(void)curl_multi_remove_handle(f->multi, t->curl);
	if (code == CURLE_OK)
		complete(f, t);
	else
		why_failed(t, code);
	/* What an earlier try left may be of another file: once more from the start. */
	again = !file->ok && t->resumed && !file->unreachable && !t->write_failed;
	f->finished += file->ok ? t->got : 0;
	if (!file->ok && !file->unreachable && !again) {
		part_name(file, part, sizeof(part));
		(void)unlinkat(f->dirfd, part, 0); /* may be gone already */
	}
	transfer_clear(t);
	if (again) {
		file->error[0] = '\0';
		file->missing = false;
		return !start(f, t, file, false);
	}
	return true;
}

static void fill(struct fetch *f)
{
	for (size_t i = 0; i < WINDOW; i++)
		while (!f->slots[i].curl && f->next < f->n) {
			struct http_file *file = &f->files[f->next++];

			file->ok = have_already(f->dirfd, file);
			if (file->ok)
				f->finished += file->size;
			else if (!start(f, &f->slots[i], file, true))
				transfer_clear(&f->slots[i]);
		}
}

static void report(const struct fetch *f)
{
	uint64_t done = f->finished;

	if (!f->options || !f->options->progress)
		return;
	for (size_t i = 0; i < WINDOW; i++)
		done += f->slots[i].curl ? f->slots[i].got : 0;
	f->options->progress(f->options->arg, done);
}

static void loop(struct fetch *f)
{
	int running = 0;

	for (;;) {
		CURLMsg *msg;
		int left;

		fill(f);
		(void)curl_multi_perform(f->multi, &running); /* errors come as messages */
		while ((msg = curl_multi_info_read(f->multi, &left))) {
			struct transfer *t = NULL;

			if (msg->msg != CURLMSG_DONE)
				continue;
			(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
			if (!finish(f, t, msg->data.result))
				running++;
			else if (f->next < f->n)
				running++;
		}
		report(f);
		if (running == 0 && f->next >= f->n)
			return;
		(void)curl_multi_poll(f->multi, NULL, 0, 200, NULL);
	}
}

int http_fetch(int dirfd, struct http_file *files, size_t n, const struct http_options *options,
	       struct err *err)
{
	struct fetch f = { .dirfd = dirfd, .options = options, .files = files, .n = n };

	for (size_t i = 0; i < WINDOW; i++)
		f.slots[i].fd = -1;
	(void)curl_global_init(CURL_GLOBAL_DEFAULT); /* a failure shows in the first handle */
	f.multi = curl_multi_init();
	if (!f.multi)
		return err_set(err, "start libcurl");
	(void)curl_multi_setopt(f.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)WINDOW);
	loop(&f);
	(void)curl_multi_cleanup(f.multi);
	for (size_t i = 0; i < n; i++)
		if (!files[i].ok && !files[i].optional)
			return err_set(err, "fetch %s: %s", files[i].url, files[i].error);
	return 0;
}
