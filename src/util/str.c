/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation, buffers, vectors, numbers and escapers. */
#include "util/str.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

/* Everything that outlives the process is undone by the kernel or by the
 * undo list's owner, so ending here leaks nothing. */
static _Noreturn void out_of_memory(void)
{
	static const char msg[] = "dbg: out of memory\n";

	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0)
		_exit(125);
	_exit(125);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	p = realloc(p, total ? total : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *out = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&out, fmt, ap);
	va_end(ap);
	if (n < 0 || !out)
		out_of_memory();
	return out;
}

static void str_reserve(struct str *s, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(s->len, more + 1, &need))
		out_of_memory();
	if (need <= s->cap)
		return;
	while (s->cap < need)
		s->cap = s->cap ? s->cap * 2 : 64;
	s->buf = xrealloc(s->buf, s->cap, 1);
}

void str_add(struct str *s, const void *bytes, size_t len)
{
	str_reserve(s, len);
	if (len)
		memcpy(s->buf + s->len, bytes, len);
	s->len += len;
	s->buf[s->len] = '\0';
}

void str_adds(struct str *s, const char *text)
{
	str_add(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_add(s, &c, 1);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	str_reserve(s, (size_t)n);
	(void)vsnprintf(s->buf + s->len, (size_t)n + 1, fmt, again);
	va_end(again);
	s->len += (size_t)n;
}

char *str_take(struct str *s)
{
	char *out;

	str_reserve(s, 0);
	s->buf[s->len] = '\0';
	out = s->buf;
	*s = (struct str){ NULL, 0, 0 };
	return out;
}

void str_clear(struct str *s)
{
	cleanup_free_fn(&s->buf);
	*s = (struct str){ NULL, 0, 0 };
}

void strv_take(struct strv *s, char *owned)
{
	s->v = xrealloc(s->v, s->n + 2, sizeof(*s->v));
	s->v[s->n++] = owned;
	s->v[s->n] = NULL;
}

void strv_add(struct strv *s, const char *text)
{
	strv_take(s, xstrdup(text));
}

bool strv_has(const struct strv *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], text) == 0)
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *s)
{
	size_t kept = 0;

	if (s->n == 0)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_bytes);
	for (size_t i = 1; i < s->n; i++) {
		if (strcmp(s->v[kept], s->v[i]) == 0)
			free(s->v[i]);
		else
			s->v[++kept] = s->v[i];
	}
	s->n = kept + 1;
	s->v[s->n] = NULL;
}

void strv_clear(struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strv){ NULL, 0 };
}

const char *str_line(const char **at, size_t *len)
{
	const char *line = *at;

	if (!line || *line == '\0')
		return NULL;
	*len = strcspn(line, "\n");
	*at = line + *len + (line[*len] == '\n');
	return line;
}

bool str_has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

/* Reads digits from *s on; leaves *s behind them. */
static int read_digits(const char **s, uint64_t *out)
{
	uint64_t value = 0;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	for (; **s >= '0' && **s <= '9'; (*s)++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(**s - '0'), &value))
			return -ERANGE;
	*out = value;
	return 0;
}

int str_to_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t value;
	int r = read_digits(&s, &value);

	if (r < 0)
		return r;
	if (*s != '\0')
		return -EINVAL;
	if (value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

int str_to_msec(const char *s, uint64_t *out)
{
	static const struct {
		const char *name;
		uint64_t msec;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
	uint64_t total = 0;

	if (*s == '\0')
		return -EINVAL;
	while (*s != '\0') {
		uint64_t value, factor = 0;
		int r = read_digits(&s, &value);

		if (r < 0)
			return r;
		if (*s == '\0' && total == 0)
			factor = 1000;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && !factor; i++) {
			if (str_has_prefix(s, units[i].name)) {
				factor = units[i].msec;
				s += strlen(units[i].name);
			}
		}
		if (!factor)
			return -EINVAL;
		if (__builtin_mul_overflow(value, factor, &value) ||
		    __builtin_add_overflow(total, value, &total))
			return -ERANGE;
	}
	*out = total;
	return 0;
}

int str_to_size(const char *s, uint64_t *out)
{
	static const char units[] = "bkmgt";
	uint64_t value;
	int r = read_digits(&s, &value);

	if (r < 0)
		return r;
	if (*s != '\0') {
		const char *u = strchr(units, *s | 0x20);

		if (!u || *u == '\0')
			return -EINVAL;
		if (__builtin_mul_overflow(value, (uint64_t)1 << (10 * (u - units)), &value))
			return -ERANGE;
		s++;
		if ((*s | 0x20) == 'b' && u != units)
			s++;
	}
	if (*s != '\0')
		return -EINVAL;
	*out = value;
	return 0;
}

/* Length of the UTF-8 sequence at s with its code point, 0 when it is not one. */
static size_t utf8_at(const unsigned char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > len)
		return 0;
	*cp = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

/* Code points that move or hide text rather than show something. */
static bool is_deceptive(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff0 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

void str_add_safe(struct str *s, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	while (len > 0) {
		uint32_t cp = 0;
		size_t n = utf8_at(p, len, &cp);

		if (n > 0 && !is_deceptive(cp)) {
			str_add(s, p, n);
		} else if (*p == '\n') {
			str_adds(s, "\\n");
		} else if (*p == '\t') {
			str_adds(s, "\\t");
		} else {
			for (size_t i = 0; i < (n ? n : 1); i++)
				str_addf(s, "\\x%02x", p[i]);
		}
		p += n ? n : 1;
		len -= n ? n : 1;
	}
}

char *str_safe(const char *text)
{
	struct str s = { NULL, 0, 0 };

	str_add_safe(&s, text, strlen(text));
	return str_take(&s);
}

void str_add_quoted(struct str *s, const char *arg)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "%+,-./:=@_";

	if (*arg != '\0' && strspn(arg, plain) == strlen(arg)) {
		str_adds(s, arg);
		return;
	}
	str_addc(s, '\'');
	for (; *arg != '\0'; arg++) {
		if (*arg == '\'')
			str_adds(s, "'\\''");
		else
			str_addc(s, *arg);
	}
	str_addc(s, '\'');
}

unsigned int str_distance(const char *a, const char *b, unsigned int limit)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned int row[65];

	if (n > 64 || m > 64 || (n > m ? n - m : m - n) > limit)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int diagonal = row[0], least = row[0] = (unsigned int)i;

		for (size_t j = 1; j <= m; j++) {
			unsigned int swap = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
			if (swap < row[j])
				row[j] = swap;
			if (row[j] < least)
				least = row[j];
		}
		if (least > limit)
			return limit + 1;
	}
	return row[m];
}
