/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint: lengths: a source of packages is one file, whatever it takes to read it */
/*
 * Debian and its relatives: apt's list of sources, and Release files.
 * sources.list(5), apt.conf(5), https://wiki.debian.org/DebianRepository/Format
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "plugin/dbg-source.h"

enum { LIST_MAX = 1 << 20, APT_CONF_MAX = 1 << 20, WORDS_MAX = 64, FILES_MAX = 128 };

/* --- words ---------------------------------------------------------------- */

/* Cuts text into words in place; returns how many, a list ends with NULL. */
static size_t split(char *text, const char *sep, const char **out, size_t max)
{
	char *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(text, sep, &save); w && n + 1 < max; w = strtok_r(NULL, sep, &save))
		out[n++] = w;
	out[n] = NULL;
	return n;
}

static bool is_no(const char *v)
{
	return strcasecmp(v, "no") == 0 || strcasecmp(v, "false") == 0 || strcmp(v, "0") == 0;
}

static bool has_word(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* --- apt's settings ------------------------------------------------------- */

struct apt {
	const struct dbg_source_host *host;
	const char *arch;
	dbg_source_emit_fn *emit;
	void *arg;
	char *conf; /* `apt-config dump`, or NULL */
};

/* The value of `Key "value";` in apt-config's dump, copied to out. */
static bool apt_option(const struct apt *a, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	for (const char *p = a->conf; p && *p; p = strchr(p, '\n'), p += p != NULL) {
		const char *end;

		if (strncasecmp(p, key, len) != 0 || strncmp(p + len, " \"", 2) != 0)
			continue;
		p += len + 2;
		end = strpbrk(p, "\"\n");
		if (!end || *end != '"' || (size_t)(end - p) >= size)
			return false;
		memcpy(out, p, (size_t)(end - p));
		out[end - p] = '\0';
		return out[0] != '\0';
	}
	return false;
}

/* --- one entry of a list, both notations ---------------------------------- */

struct entry {
	char *types, *uris, *suites, *components;
	char *arch, *signed_by, *valid_until, *check_date, *enabled, *trusted;
};

static void emit_suite(const struct apt *a, struct dbg_source *s, int *result)
{
	char proxy[512], key[64];
	bool https = strncmp(s->uri, "https://", 8) == 0;

	s->proxy = NULL;
	(void)snprintf(key, sizeof(key), "Acquire::%s::Proxy", https ? "https" : "http");
	if (apt_option(a, key, proxy, sizeof(proxy)) ||
	    (https && apt_option(a, "Acquire::http::Proxy", proxy, sizeof(proxy))))
		s->proxy = strcmp(proxy, "DIRECT") == 0 ? "" : proxy;
	if (*result == 0)
		*result = a->emit(a->arg, s);
}

/* What apt trusts when an entry has no Signed-By. */
static size_t default_keys(const char **keys, char **owned, size_t max)
{
	static const char *const dirs[] = { "/etc/apt/trusted.gpg.d", "/usr/share/keyrings" };
	size_t n = 0;

	for (size_t i = 0; i < 2 && n == 0; i++) {
		DIR *d = opendir(dirs[i]);

		for (struct dirent *e = d ? readdir(d) : NULL; e && n + 1 < max; e = readdir(d)) {
			size_t len = strlen(e->d_name);
			char *path;

			if (e->d_name[0] == '.' || len < 5 || (strcmp(e->d_name + len - 4, ".gpg") != 0 &&
							       strcmp(e->d_name + len - 4, ".asc") != 0))
				continue;
			/* The archive's own, not whatever else lies there. */
			if (i == 1 && !strstr(e->d_name, "-archive-keyring"))
				continue;
			if (strstr(e->d_name, "removed") || asprintf(&path, "%s/%s", dirs[i], e->d_name) < 0)
				continue;
			keys[n] = owned[n] = path;
			n++;
		}
		if (d)
			(void)closedir(d); /* only read */
	}
	keys[n] = NULL;
	return n;
}

static int emit_entry(const struct apt *a, struct entry *e)
{
	const char *types[8], *uris[WORDS_MAX], *suites[WORDS_MAX], *components[WORDS_MAX];
	const char *archs[WORDS_MAX], *keys[WORDS_MAX];
	char *owned[WORDS_MAX] = { NULL }, value[16];
	struct dbg_source s = { .arch = a->arch, .components = components, .keys = keys };
	size_t nkeys = 0;
	int r = 0;

	(void)split(e->types, " \t\n", types, 8);
	if (!has_word(types, "deb") || (e->enabled && is_no(e->enabled)))
		return 0;
	if (e->arch && (split(e->arch, " ,\t\n", archs, WORDS_MAX), !has_word(archs, a->arch)))
		return 0;
	(void)split(e->uris, " \t\n", uris, WORDS_MAX);
	(void)split(e->suites, " \t\n", suites, WORDS_MAX);
	(void)split(e->components, " \t\n", components, WORDS_MAX);
	s.ignore_valid_until = e->valid_until ? is_no(e->valid_until) :
		apt_option(a, "Acquire::Check-Valid-Until", value, sizeof(value)) && is_no(value);
	s.ignore_date = e->check_date ? is_no(e->check_date) :
		apt_option(a, "Acquire::Check-Date", value, sizeof(value)) && is_no(value);
	if (e->signed_by && strstr(e->signed_by, "BEGIN PGP"))
		s.key_text = e->signed_by;
	else if (e->signed_by)
		(void)split(e->signed_by, " ,\t\n", keys, WORDS_MAX);
	else
		nkeys = default_keys(keys, owned, WORDS_MAX);
	if (s.key_text)
		s.keys = NULL;
	for (size_t u = 0; uris[u] && r == 0; u++)
		for (size_t i = 0; suites[i] && r == 0; i++) {
			s.name = suites[i];
			s.uri = uris[u];
			s.suite = suites[i];
			/* Other transports (cdrom, mirror lists, ssh) are not ours. */
			if (strncmp(s.uri, "http://", 7) == 0 || strncmp(s.uri, "https://", 8) == 0 ||
			    strncmp(s.uri, "file:", 5) == 0)
				emit_suite(a, &s, &r);
		}
	for (size_t i = 0; i < nkeys; i++)
		free(owned[i]);
	return r;
}

/* --- one-line notation: deb [options] uri suite component... --------------- */

static int one_line(const struct apt *a, char *line)
{
	char deb[] = "deb", *p = line + strspn(line, " \t"), *options = NULL;
	struct entry e = { .types = deb };

	p[strcspn(p, "#")] = '\0';
	if (strncmp(p, "deb", 3) != 0 || !strchr(" \t[", p[3]) || p[3] == '\0')
		return 0;
	p += 3;
	p += strspn(p, " \t");
	if (*p == '[') {
		options = p + 1;
		p += strcspn(p, "]");
		if (*p == '\0')
			return 0;
		*p++ = '\0';
	}
	for (char *save = NULL, *o = options ? strtok_r(options, " \t", &save) : NULL; o;
	     o = strtok_r(NULL, " \t", &save)) {
		char *eq = strchr(o, '=');
		const struct { const char *name; char **field; } known[] = {
			{ "arch", &e.arch }, { "signed-by", &e.signed_by },
			{ "check-valid-until", &e.valid_until }, { "check-date", &e.check_date },
		};

		if (!eq)
			continue;
		*eq = '\0';
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcasecmp(o, known[i].name) == 0)
				*known[i].field = eq + 1;
	}
	e.uris = p + strspn(p, " \t");
	p = e.uris + strcspn(e.uris, " \t");
	if (*p == '\0')
		return 0;
	*p++ = '\0';
	e.suites = p + strspn(p, " \t");
	p = e.suites + strcspn(e.suites, " \t");
	e.components = *p ? p + 1 : p;
	*p = '\0';
	return emit_entry(a, &e);
}

static int read_list(const struct apt *a, char *text)
{
	int r = 0;

	for (char *save = NULL, *l = strtok_r(text, "\n", &save); l && r == 0;
	     l = strtok_r(NULL, "\n", &save))
		r = one_line(a, l);
	return r;
}

/* --- deb822 notation ------------------------------------------------------ */

/*
 * The fields of the paragraph at *p, cut in place; continuation lines are part
 * of the value, " ." in them is an empty line, comment lines are dropped.
 * Returns false at the end of the text.
 */
static bool paragraph(char **p, struct entry *e)
{
	const struct { const char *name; char **field; } known[] = {
		{ "Types", &e->types }, { "URIs", &e->uris }, { "Suites", &e->suites },
		{ "Components", &e->components }, { "Architectures", &e->arch },
		{ "Signed-By", &e->signed_by }, { "Check-Valid-Until", &e->valid_until },
		{ "Check-Date", &e->check_date }, { "Enabled", &e->enabled },
		{ "Trusted", &e->trusted },
	};
	char *value_end = NULL, *line = *p;

	*e = (struct entry){ .types = NULL };
	if (*line == '\0')
		return false;
	for (; *line; ) {
		char *eol = line + strcspn(line, "\n"), *next = eol + (*eol == '\n'), *colon;

		*eol = '\0';
		if (line[strspn(line, " \t\r")] == '\0') {
			line = next;
			break;
		}
		if (*line == '#') {
			/* a comment, also between continuation lines */
		} else if (*line == ' ' || *line == '\t') {
			char *text = line + 1;

			if (value_end) { /* appended where the value ends: it only moves down */
				*value_end++ = '\n';
				if (strcmp(text, ".") != 0) {
					size_t len = strlen(text);

					memmove(value_end, text, len);
					value_end += len;
				}
				*value_end = '\0';
			}
		} else if ((colon = strchr(line, ':'))) {
			*colon = '\0';
			value_end = eol;
			for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
				if (strcasecmp(line, known[i].name) == 0)
					*known[i].field = colon + 1 + strspn(colon + 1, " \t");
		}
		line = next;
	}
	*p = line;
	return true;
}

static int read_sources(const struct apt *a, char *text)
{
	struct entry e;
	int r = 0;

	while (r == 0 && paragraph(&text, &e)) {
		char none[1] = "";

		e.components = e.components ? e.components : none;
		if (e.types && e.uris && e.suites)
			r = emit_entry(a, &e);
	}
	return r;
}

/* --- the host's lists ----------------------------------------------------- */

static int read_one(const struct apt *a, const char *path, struct err *err)
{
	char *text = a->host->host->read_file(AT_FDCWD, path, LIST_MAX, NULL);
	size_t len = strlen(path);
	int r;

	if (!text)
		return errno == ENOENT ? 0 : a->host->host->fail(err, errno, "read %s", path);
	r = len > 8 && strcmp(path + len - 8, ".sources") == 0 ? read_sources(a, text) :
								     read_list(a, text);
	free(text);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_directory(const struct apt *a, const char *dir, struct err *err)
{
	char *paths[FILES_MAX];
	DIR *d = opendir(dir);
	size_t n = 0;
	int r = 0;

	for (struct dirent *e = d ? readdir(d) : NULL; e && n < FILES_MAX; e = readdir(d)) {
		const char *dot = strrchr(e->d_name, '.');

		if (e->d_name[0] != '.' && dot &&
		    (strcmp(dot, ".list") == 0 || strcmp(dot, ".sources") == 0) &&
		    asprintf(&paths[n], "%s/%s", dir, e->d_name) > 0)
			n++;
	}
	if (d)
		(void)closedir(d); /* only read */
	qsort(paths, n, sizeof(paths[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		if (r == 0)
			r = read_one(a, paths[i], err);
		free(paths[i]);
	}
	return r;
}

static int host_sources(const struct dbg_source_host *host, const char *arch,
			dbg_source_emit_fn *emit, void *arg, struct err *err)
{
	static const char *const dump[] = { "apt-config", "dump", NULL };
	const char *etc = getenv("DBG_APT_DIR");
	struct apt a = { .host = host, .arch = arch, .emit = emit, .arg = arg };
	char path[512];
	int r;

	if (!etc || *etc != '/' || strlen(etc) > 400)
		etc = "/etc/apt";
	a.conf = host->run(dump, APT_CONF_MAX);
	(void)snprintf(path, sizeof(path), "%s/sources.list", etc);
	r = read_one(&a, path, err);
	(void)snprintf(path, sizeof(path), "%s/sources.list.d", etc);
	if (r == 0)
		r = read_directory(&a, path, err);
	free(a.conf);
	return r;
}

/* --- Release files -------------------------------------------------------- */

static const char *debian_arch(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "armhf" },
		{ "ppc64le", "ppc64el" }, { "s390x", "s390x" }, { "riscv64", "riscv64" },
		{ "i686", "i386" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(machine, names[i][0]) == 0)
			return names[i][1];
	return NULL;
}

/* A part of a path that goes into a URL: no tricks with "..", queries or escapes. */
static bool is_plain(const char *s)
{
	if (*s == '\0' || *s == '/' || strstr(s, ".."))
		return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~_/-")] == '\0';
}

/* Where the suite's files are: "dists/SUITE", or the suite itself when it ends with "/". */
static bool suite_dir(const struct dbg_source *s, char *out, size_t size)
{
	size_t len = strlen(s->suite);
	bool flat = len > 0 && s->suite[len - 1] == '/';

	if (!is_plain(s->suite) && strcmp(s->suite, "/") != 0)
		return false;
	if (strcmp(s->suite, "/") == 0)
		return snprintf(out, size, ".") > 0;
	return snprintf(out, size, "%s%.*s", flat ? "" : "dists/", (int)(len - flat), s->suite) < (int)size;
}

static char *release_path(const struct dbg_source *s)
{
	char dir[256], *path = NULL;

	if (!suite_dir(s, dir, sizeof(dir)) || asprintf(&path, "%s/InRelease", dir) < 0)
		return NULL;
	return path;
}

/* "Sat, 17 May 2025 08:28:45 UTC": RFC 5322 with UTC, GMT, Z or +0000. */
static int64_t parse_date(const char *text)
{
	struct tm tm = { 0 };
	const char *zone = strptime(text, "%a, %d %b %Y %H:%M:%S", &tm);

	if (!zone)
		return -1;
	zone += strspn(zone, " ");
	if (strncmp(zone, "UTC", 3) != 0 && strncmp(zone, "GMT", 3) != 0 &&
	    strncmp(zone, "+0000", 5) != 0 && *zone != 'Z')
		return -1;
	return timegm(&tm);
}

struct release {
	const struct dbg_source *s;
	struct dbg_release *out;
	dbg_index_emit_fn *emit;
	void *arg;
	char *why; /* 128 bytes */
	char dir[256];
	bool flat, by_hash, seen_sums;
	unsigned int dates; /* Date fields seen: more than one is a forgery's sign */
};

static bool is_hex64(const char *s)
{
	return strspn(s, "0123456789abcdef") == 64 && (s[64] == ' ' || s[64] == '\t');
}

/* Smallest first: what stands earlier is taken when both are listed. */
static const char *const suffixes[] = { ".xz", ".gz", "" };

/* Is `path` an index of this source? Its rank among the compressed forms, or -1. */
static int index_rank(const struct release *r, const char *path, const char *component,
		      enum dbg_index_format format)
{
	char want[512];

	for (int i = 0; i < 3; i++) {
		if (r->flat)
			(void)snprintf(want, sizeof(want), "%s%s%s",
				       format == DBG_INDEX_DEBIAN_PACKAGES ? "Packages" : "Contents-",
				       format == DBG_INDEX_DEBIAN_PACKAGES ? "" : r->s->arch, suffixes[i]);
		else if (format == DBG_INDEX_DEBIAN_PACKAGES)
			(void)snprintf(want, sizeof(want), "%s/binary-%s/Packages%s", component,
				       r->s->arch, suffixes[i]);
		else /* one for all components where the component is "" */
			(void)snprintf(want, sizeof(want), "%s%sContents-%s%s", component,
				       *component ? "/" : "", r->s->arch, suffixes[i]);
		if (strcmp(path, want) == 0 || (r->flat && path[0] == '.' && path[1] == '/' &&
						strcmp(path + 2, want) == 0))
			return i;
	}
	return -1;
}

struct sum {
	int rank;
	char sha256[65];
	uint64_t size;
	char path[512];
};

/* One line " SHA256 SIZE PATH"; false when malformed. */
static bool parse_sum(const char *line, size_t len, struct sum *out)
{
	char buf[700], *p, *end;

	if (len >= sizeof(buf))
		return false;
	memcpy(buf, line, len);
	buf[len] = '\0';
	p = buf + strspn(buf, " \t");
	if (!is_hex64(p))
		return false;
	memcpy(out->sha256, p, 64);
	out->sha256[64] = '\0';
	p += 64;
	p += strspn(p, " \t");
	if (*p < '0' || *p > '9')
		return false;
	errno = 0;
	out->size = strtoull(p, &end, 10);
	if (errno != 0 || (*end != ' ' && *end != '\t'))
		return false;
	p = end + strspn(end, " \t");
	p[strcspn(p, " \t\r")] = '\0';
	if (!is_plain(p) || strlen(p) >= sizeof(out->path))
		return false;
	(void)snprintf(out->path, sizeof(out->path), "%s", p);
	return true;
}

static int emit_index(struct release *r, const struct sum *s, enum dbg_index_format format)
{
	char path[1024], by_hash[1200], dir[512];
	struct dbg_index index = { .format = format, .path = path, .sha256 = s->sha256, .size = s->size };
	const char *slash = strrchr(s->path, '/');

	(void)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash + 1 - s->path) : 0, s->path);
	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, s->path);
	(void)snprintf(by_hash, sizeof(by_hash), "%s/%sby-hash/SHA256/%s", r->dir, dir, s->sha256);
	index.by_hash = r->by_hash ? by_hash : NULL;
	return r->emit(r->arg, &index);
}

/* The best form of one index among the lines of the SHA256 field. */
static int find_index(struct release *r, const char *sums, const char *end, const char *component,
		      enum dbg_index_format format)
{
	struct sum best = { .rank = -1 }, s;

	for (const char *l = sums; l < end; ) {
		const char *eol = memchr(l, '\n', (size_t)(end - l));
		size_t len = (size_t)((eol ? eol : end) - l);

		if (parse_sum(l, len, &s)) {
			s.rank = index_rank(r, s.path, component, format);
			if (s.rank >= 0 && (best.rank < 0 || s.rank < best.rank))
				best = s;
		}
		l += len + 1;
	}
	if (best.rank < 0 || best.size == 0)
		return 0;
	return emit_index(r, &best, format);
}

static int find_indexes(struct release *r, const char *sums, const char *end)
{
	static const char *const none[] = { "", NULL };
	const char *const *components = r->flat || !r->s->components ? none : r->s->components;
	int x = 0;

	for (; *components && x == 0; components++) {
		x = find_index(r, sums, end, *components, DBG_INDEX_DEBIAN_PACKAGES);
		if (x == 0 && **components)
			x = find_index(r, sums, end, *components, DBG_INDEX_DEBIAN_CONTENTS);
	}
	return x != 0 ? x : find_index(r, sums, end, "", DBG_INDEX_DEBIAN_CONTENTS);
}

static int fail(struct release *r, const char *why)
{
	(void)snprintf(r->why, 128, "%s", why);
	return -1;
}

/* One field; `value` runs to the end of its continuation lines. */
static int one_field(struct release *r, const char *name, size_t len, const char *value,
		     const char *end, const char **sums, const char **sums_end)
{
#define FIELD(text) (len == strlen(text) && strncasecmp(name, (text), len) == 0)
	char text[64];

	(void)snprintf(text, sizeof(text), "%.*s", (int)(end - value < 63 ? end - value : 63), value);
	text[strcspn(text, "\n")] = '\0';
	if (FIELD("Date")) {
		r->out->date = parse_date(text);
		if (++r->dates > 1 || r->out->date <= 0)
			return fail(r, "its Date is malformed");
	} else if (FIELD("Valid-Until")) {
		if (r->out->valid_until != 0)
			return fail(r, "it has two Valid-Until");
		r->out->valid_until = parse_date(text);
		if (r->out->valid_until <= 0)
			return fail(r, "its Valid-Until is malformed");
	} else if (FIELD("Acquire-By-Hash")) {
		r->by_hash = strncasecmp(text, "yes", 3) == 0;
	} else if (FIELD("SHA256")) {
		if (r->seen_sums)
			return fail(r, "it has two SHA256 lists");
		r->seen_sums = true;
		*sums = value;
		*sums_end = end;
	}
	return 0;
#undef FIELD
}

static int read_release(const struct dbg_source *s, const char *text, size_t len,
			struct dbg_release *out, dbg_index_emit_fn *emit, void *arg, char why[128])
{
	struct release r = { .s = s, .out = out, .emit = emit, .arg = arg, .why = why };
	const char *end = text + len, *sums = NULL, *sums_end = NULL;
	size_t suite = strlen(s->suite);

	*out = (struct dbg_release){ 0 };
	if (!suite_dir(s, r.dir, sizeof(r.dir)))
		return fail(&r, "the suite's name is malformed");
	r.flat = suite > 0 && s->suite[suite - 1] == '/';
	for (const char *l = text; l < end; ) {
		const char *eol = memchr(l, '\n', (size_t)(end - l)), *colon, *value_end;

		eol = eol ? eol : end;
		colon = memchr(l, ':', (size_t)(eol - l));
		value_end = eol;
		while (value_end + 1 < end && (value_end[1] == ' ' || value_end[1] == '\t')) {
			const char *next = memchr(value_end + 1, '\n', (size_t)(end - value_end - 1));

			value_end = next ? next : end;
		}
		if (colon && colon > l && *l != ' ') {
			const char *value = colon + 1;

			while (value < value_end && *value == ' ')
				value++;
			if (one_field(&r, l, (size_t)(colon - l), value, value_end, &sums, &sums_end) < 0)
				return -1;
		}
		l = value_end + 1;
	}
	if (r.dates == 0)
		return fail(&r, "it has no Date");
	if (!sums)
		return fail(&r, "it has no SHA256 sums");
	return find_indexes(&r, sums, sums_end);
}

static const struct dbg_source_ops ops = {
	.title = "Debian archive",
	.signature = DBG_SOURCE_OPENPGP_CLEARSIGNED,
	.arch = debian_arch,
	.host_sources = host_sources,
	.release_path = release_path,
	.read_release = read_release,
};

extern const struct dbg_plugin dbg_plugin_debian;
const struct dbg_plugin dbg_plugin_debian __attribute__((visibility("default"))) = {
	DBG_PLUGIN_INIT,
	.name = "debian",
	.summary = "packages of Debian, Ubuntu and their relatives",
	.source = &ops,
};
