/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of downloaded text; each runs in the throw-away process. */
#include "pkg/parse.h"

#include <fcntl.h>
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_deb.h>
#include <solv/repo_write.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "archive/archive.h"
#include "util/fds.h"
#include "util/json.h"
#include "util/proc.h"

enum { INDEXES_MAX = 256 };
#define TEXT_MAX ((uint64_t)1 << 30)

/* --- the signed text ------------------------------------------------------ */

struct release_job {
	const struct pkg_source *source;
	const char *text;
	size_t len;
};

static int put_index(void *arg, const struct dbg_index *x)
{
	json_t *state = arg;
	bool packages = x->format == DBG_INDEX_DEBIAN_PACKAGES;
	json_t *list = json_object_get(state, packages ? "packages" : "contents");
	json_t *item = json_pack("{s:s, s:s, s:I}", "path", x->path, "sha256", x->sha256, "size",
				 (json_int_t)x->size);

	if (!item || json_array_size(list) >= INDEXES_MAX)
		return -1;
	if (x->by_hash)
		json_object_set_new(item, "by_hash", json_string(x->by_hash));
	json_array_append_new(list, item);
	return 0;
}

static int release_parser(int in, int out, void *arg)
{
	const struct release_job *job = arg;
	json_t *state = json_pack("{s:[], s:[]}", "packages", "contents");
	struct dbg_release release = { 0 };
	char why[128] = "malformed";
	cleanup_free char *text = NULL;

	(void)in; /* the text is in memory, as it was at the fork */
	if (job->source->ops->read_release(&job->source->s, job->text, job->len, &release, put_index,
					   state, why) != 0) {
		(void)fd_write_all(out, why, strnlen(why, sizeof(why))); /* our exit code says the rest */
		return -1;
	}
	json_object_set_new(state, "date", json_integer(release.date));
	json_object_set_new(state, "valid_until", json_integer(release.valid_until));
	text = json_dumps(state, JSON_COMPACT);
	return text ? fd_write_all(out, text, strlen(text)) : -1;
}

/* What came back from the parser is checked before it becomes names and URLs. */
static bool index_list_is_sane(const json_t *list)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(list))
		return false;
	json_array_foreach(list, i, item) {
		const char *sum = json_str(item, "sha256"), *path = json_str(item, "path");

		if (!sum || strlen(sum) != 64 || strspn(sum, "0123456789abcdef") != 64 || !path ||
		    strstr(path, "..") || json_int(item, "size", -1) <= 0)
			return false;
	}
	return true;
}

json_t *pkg_parse_release(const struct pkg_source *source, const char *text, size_t len,
			  struct err *err)
{
	struct release_job job = { .source = source, .text = text, .len = len };
	const struct proc_parser parser = { .what = "release file", .parse = release_parser, .arg = &job };
	cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cleanup_json json_t *state = NULL;
	cleanup_free char *out = NULL;
	size_t out_len = 0;

	if (null < 0) {
		(void)err_sys(err, errno, "open /dev/null");
		return NULL;
	}
	if (proc_parse(&parser, null, &out, &out_len, err) < 0)
		return NULL;
	state = json_parse(out, out_len, "release file", err);
	if (!state)
		return NULL;
	if (!index_list_is_sane(json_at(state, "packages")) ||
	    !index_list_is_sane(json_at(state, "contents"))) {
		(void)err_set(err, "release file: malformed");
		return NULL;
	}
	if (json_array_size(json_at(state, "packages")) == 0) {
		(void)err_set(err, "it lists no packages for %s with SHA-256 in its components",
			      source->s.arch);
		return NULL;
	}
	return take_ptr(state);
}

/* --- Packages ------------------------------------------------------------- */

static int gather(void *arg, const char *bytes, size_t len)
{
	str_add(arg, bytes, len);
	return 0;
}

/* libsolv leaves out the size of the file: SHA-256 -> Size of every stanza. */
struct file_size {
	const char *sha256; /* 64 digits in the text */
	uint64_t size;
};
struct file_sizes {
	struct file_size *v;
	size_t n, cap;
};

static void file_sizes_clear(struct file_sizes *all)
{
	free(all->v);
}
#define cleanup_file_sizes cleanup_(file_sizes_clear)

static void pool_clear(Pool **pool)
{
	if (*pool)
		pool_free(*pool);
}
#define cleanup_pool cleanup_(pool_clear)

static int by_sum(const void *a, const void *b)
{
	return memcmp(((const struct file_size *)a)->sha256, ((const struct file_size *)b)->sha256, 64);
}

static void end_stanza(struct file_sizes *all, struct file_size *one)
{
	if (one->sha256 && one->size > 0) {
		if (all->n == all->cap) {
			all->cap = all->cap ? all->cap * 2 : 1024;
			all->v = xrealloc(all->v, all->cap, sizeof(*all->v));
		}
		all->v[all->n++] = *one;
	}
	*one = (struct file_size){ .sha256 = NULL };
}

static void gather_sizes(const char *text, size_t len, struct file_sizes *all)
{
	struct file_size one = { .sha256 = NULL };
	const char *end = text + len;

	for (const char *l = text; l < end; ) {
		const char *nl = memchr(l, '\n', (size_t)(end - l));
		size_t n = (size_t)((nl ? nl : end) - l);
		char digits[24];

		if (n == 0) {
			end_stanza(all, &one);
		} else if (n >= 8 + 64 && memcmp(l, "SHA256: ", 8) == 0) {
			one.sha256 = l + 8;
		} else if (n > 6 && n < 6 + sizeof(digits) && memcmp(l, "Size: ", 6) == 0) {
			memcpy(digits, l + 6, n - 6);
			digits[n - 6] = '\0';
			one.size = 0;
			(void)str_to_u64(digits, INT64_MAX, &one.size); /* malformed: no size, refused later */
		}
		l += n + 1;
	}
	end_stanza(all, &one);
	if (all->n > 0)
		qsort(all->v, all->n, sizeof(all->v[0]), by_sum);
}

static void add_sizes(Repo *repo, const struct file_sizes *all)
{
	Repodata *data = repo_add_repodata(repo, 0);
	Solvable *s;
	Id p;

	FOR_REPO_SOLVABLES(repo, p, s) {
		Id type = 0;
		struct file_size key = { .sha256 = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &type) };
		const struct file_size *found;

		if (!key.sha256 || type != REPOKEY_TYPE_SHA256 || all->n == 0)
			continue;
		found = bsearch(&key, all->v, all->n, sizeof(all->v[0]), by_sum);
		if (found)
			repodata_set_num(data, p, SOLVABLE_DOWNLOADSIZE, found->size);
	}
	repodata_internalize(data);
}

int pkg_packages_parser(int in, int out, void *arg)
{
	cleanup_file_sizes struct file_sizes sizes = { .v = NULL };
	cleanup_pool Pool *pool = NULL;
	cleanup_str struct str text = { NULL, 0, 0 };
	cleanup_free char *solv = NULL; /* freed after the stream that fills it is closed */
	size_t len = 0;
	cleanup_file FILE *fp = NULL, *to = NULL;
	char why[128];
	Repo *repo;

	(void)arg; /* nothing is needed */
	if (archive_inflate(in, TEXT_MAX, gather, &text, why) < 0) {
		(void)fd_write_all(out, why, strlen(why)); /* our exit code says the rest */
		return -1;
	}
	if (text.len == 0)
		str_adds(&text, "\n");
	pool = pool_create();
	(void)pool_setdisttype(pool, DISTTYPE_DEB);
	repo = repo_create(pool, "index");
	fp = fmemopen(text.buf, text.len, "r");
	to = open_memstream(&solv, &len); /* fdopen(3) needs fcntl(2), which is not allowed here */
	if (!fp || !to || repo_add_debpackages(repo, fp, 0) != 0)
		return -1;
	gather_sizes(text.buf, text.len, &sizes);
	add_sizes(repo, &sizes);
	if (repo_write(repo, to) != 0 || fflush(to) != 0)
		return -1;
	return fd_write_all(out, solv, len);
}

/* --- Contents ------------------------------------------------------------- */

/* "usr/bin/nslookup    net/bind9-dnsutils,universe/net/other" */
void pkg_contents_line(const char *line, size_t len, struct str *out)
{
	static const char *const dirs[] = { "usr/bin/", "usr/sbin/", "bin/", "sbin/" };
	const char *end = line + len, *name = NULL, *name_end, *p;

	while (len > 2 && line[0] == '.' && line[1] == '/') {
		line += 2;
		len -= 2;
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && !name; i++)
		if (len > strlen(dirs[i]) && memcmp(line, dirs[i], strlen(dirs[i])) == 0)
			name = line + strlen(dirs[i]);
	if (!name)
		return;
	/* The last column is the list of packages; file names may hold blanks. */
	for (p = end; p > name && p[-1] != ' ' && p[-1] != '\t'; p--)
		;
	for (name_end = p; name_end > name && (name_end[-1] == ' ' || name_end[-1] == '\t'); name_end--)
		;
	if (name_end == name || p == end || memchr(name, '/', (size_t)(name_end - name)) ||
	    memchr(name, ' ', (size_t)(name_end - name)) || memchr(name, '\t', (size_t)(name_end - name)))
		return;
	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;
		const char *pkg = stop;

		while (pkg > p && pkg[-1] != '/')
			pkg--;
		if (pkg < stop) {
			str_add(out, name, (size_t)(name_end - name));
			str_addc(out, ' ');
			str_add(out, pkg, (size_t)(stop - pkg));
			str_addc(out, '\n');
		}
		p = stop + 1;
	}
}

struct contents_job {
	struct str rest, out; /* an unfinished line, what was found */
	int fd;
};

static void contents_job_clear(struct contents_job *job)
{
	str_clear(&job->rest);
	str_clear(&job->out);
}
#define cleanup_contents_job cleanup_(contents_job_clear)

static int contents_bytes(void *arg, const char *bytes, size_t len)
{
	enum { LINE_MAX_BYTES = 1 << 20, FLUSH = 1 << 16 };
	struct contents_job *job = arg;

	while (len > 0) {
		const char *nl = memchr(bytes, '\n', len);
		size_t n = nl ? (size_t)(nl - bytes) : len;

		if (job->rest.len + n > LINE_MAX_BYTES)
			return -1;
		if (!nl || job->rest.len > 0)
			str_add(&job->rest, bytes, n);
		if (nl && job->rest.len > 0) {
			pkg_contents_line(job->rest.buf, job->rest.len, &job->out);
			job->rest.len = 0;
		} else if (nl) {
			pkg_contents_line(bytes, n, &job->out);
		}
		n += nl != NULL;
		bytes += n;
		len -= n;
	}
	if (job->out.len < FLUSH)
		return 0;
	if (fd_write_all(job->fd, job->out.buf, job->out.len) < 0)
		return -1;
	job->out.len = 0;
	return 0;
}

int pkg_contents_parser(int in, int out, void *arg)
{
	cleanup_contents_job struct contents_job job = { .fd = out };
	char why[128];

	(void)arg; /* nothing is needed */
	if (archive_inflate(in, (uint64_t)8 << 30, contents_bytes, &job, why) < 0) {
		(void)fd_write_all(out, why, strlen(why)); /* our exit code says the rest */
		return -1;
	}
	if (job.rest.len > 0)
		pkg_contents_line(job.rest.buf, job.rest.len, &job.out);
	return fd_write_all(out, job.out.buf ? job.out.buf : "", job.out.len);
}

/* --- searching programs --------------------------------------------------- */

/* Lower is better: the package of that name, one that begins with it, then the shortest name. */
static unsigned int package_rank(const char *package, const char *program)
{
	unsigned int len = (unsigned int)strlen(package);

	if (strcmp(package, program) == 0)
		return 0;
	return (str_has_prefix(package, program) ? 1000 : 2000) + len;
}

static void add_ranked(struct strv *packages, const char *package, const char *program)
{
	size_t i;

	if (strv_has(packages, package))
		return;
	strv_add(packages, package);
	for (i = packages->n - 1; i > 0 && package_rank(packages->v[i], program) <
						   package_rank(packages->v[i - 1], program); i--) {
		char *t = packages->v[i];

		packages->v[i] = packages->v[i - 1];
		packages->v[i - 1] = t;
	}
}

/*
 * Programs that are registered under another name ("nc" is "nc.openbsd") count
 * when no package has the very name.
 */
void pkg_programs_search(const char *lines, const char *program, struct strv *packages,
			 struct strv *near)
{
	enum { NEAR_MAX = 5, FAR = 3 };
	cleanup_strv struct strv other = { NULL, 0 };
	struct strv by_distance[FAR] = { { NULL, 0 } };
	size_t len = strlen(program);
	unsigned int limit = len <= 3 ? 1 : FAR - 1;
	bool exact = false;

	for (const char *l = lines; *l; ) {
		const char *sp = strchr(l, ' '), *nl = strchr(l, '\n');
		char name[256], package[256];

		if (!nl)
			break;
		if (sp && sp < nl && sp - l < 256 && nl - sp - 1 < 256) {
			(void)snprintf(name, sizeof(name), "%.*s", (int)(sp - l), l);
			(void)snprintf(package, sizeof(package), "%.*s", (int)(nl - sp - 1), sp + 1);
			if (strcmp(name, program) == 0) {
				exact = true;
				add_ranked(packages, package, program);
			} else if (strncmp(name, program, len) == 0 && name[len] == '.') {
				add_ranked(&other, package, program);
			} else {
				unsigned int d = str_distance(name, program, limit);

				if (d <= limit && by_distance[d].n < NEAR_MAX)
					strv_add(&by_distance[d], name);
			}
		}
		l = nl + 1;
	}
	for (size_t i = 0; i < other.n && !exact; i++)
		add_ranked(packages, other.v[i], program);
	for (unsigned int d = 0; d < FAR; d++) {
		for (size_t i = 0; i < by_distance[d].n; i++)
			if (near->n < NEAR_MAX && !strv_has(near, by_distance[d].v[i]))
				strv_add(near, by_distance[d].v[i]);
		strv_clear(&by_distance[d]);
	}
}
