/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util/str: numbers are strict, foreign bytes are harmless on a terminal and in a shell. */
#include "tests/lib/tap.h"

#include "util/str.h"

static void decimal_is_strict(void)
{
	static const struct { const char *text; uint64_t max; int r; uint64_t value; } cases[] = {
		{ "0", 10, 0, 0 }, { "10", 10, 0, 10 }, { "007", 10, 0, 7 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "11", 10, -ERANGE, 0 }, { "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "", 10, -EINVAL, 0 }, { "+1", 10, -EINVAL, 0 }, { "-1", 10, -EINVAL, 0 },
		{ " 1", 10, -EINVAL, 0 }, { "1 ", 10, -EINVAL, 0 }, { "0x1", 10, -EINVAL, 0 },
		{ "1\n", 10, -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t out = 4711;

		CHECK(str_to_u64(cases[i].text, cases[i].max, &out) == cases[i].r);
		CHECK(out == (cases[i].r ? 4711 : cases[i].value));
	}
}

static void durations(void)
{
	static const struct { const char *text; int r; uint64_t msec; } cases[] = {
		{ "10", 0, 10000 }, { "10s", 0, 10000 }, { "500ms", 0, 500 }, { "2m", 0, 120000 },
		{ "1h30m", 0, 5400000 }, { "1d", 0, 86400000 }, { "0", 0, 0 },
		{ "", -EINVAL, 0 }, { "s", -EINVAL, 0 }, { "1x", -EINVAL, 0 }, { "1h30", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 }, { "1 s", -EINVAL, 0 }, { "99999999999999999999", -ERANGE, 0 },
		{ "18446744073709551615s", -ERANGE, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t out = 4711;

		CHECK(str_to_msec(cases[i].text, &out) == cases[i].r);
		CHECK(out == (cases[i].r ? 4711 : cases[i].msec));
	}
}

static void sizes(void)
{
	static const struct { const char *text; int r; uint64_t bytes; } cases[] = {
		{ "10", 0, 10 }, { "10b", 0, 10 }, { "64k", 0, 65536 }, { "64K", 0, 65536 },
		{ "64kb", 0, 65536 }, { "512m", 0, 512ull << 20 }, { "2g", 0, 2ull << 30 },
		{ "1t", 0, 1ull << 40 }, { "", -EINVAL, 0 }, { "k", -EINVAL, 0 }, { "1x", -EINVAL, 0 },
		{ "1kk", -EINVAL, 0 }, { "1bb", -EINVAL, 0 }, { "-1", -EINVAL, 0 },
		{ "18446744073709551615k", -ERANGE, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t out = 4711;

		CHECK(str_to_size(cases[i].text, &out) == cases[i].r);
		CHECK(out == (cases[i].r ? 4711 : cases[i].bytes));
	}
}

static void foreign_bytes_are_shown_not_obeyed(void)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "plain ascii", "plain ascii" }, { "größe 漢字 🎉", "größe 漢字 🎉" },
		{ "a\nb\tc", "a\\nb\\tc" }, { "\x1b[31m", "\\x1b[31m" }, { "a\rb\bc\x7f", "a\\x0db\\x08c\\x7f" },
		{ "\x9b" "31m", "\\x9b31m" },          /* C1 CSI as a byte */
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" }, /* and as UTF-8 */
		{ "\xe2\x80\xae" "gpj", "\\xe2\\x80\\xaegpj" }, /* right-to-left override */
		{ "a\xe2\x80\x8b" "b", "a\\xe2\\x80\\x8bb" },   /* zero width space */
		{ "a\xe2\x80\xa8" "b", "a\\xe2\\x80\\xa8b" },   /* line separator */
		{ "\xef\xbb\xbf" "x", "\\xef\\xbb\\xbfx" },
		{ "\xc0\xaf", "\\xc0\\xaf" }, { "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* overlong, surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, { "\xe2\x82", "\\xe2\\x82" },
		{ "back\\slash", "back\\slash" }, { "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_free char *got = str_safe(cases[i].in);

		CHECK_STR(got, cases[i].out);
	}
}

static void nul_hides_nothing(void)
{
	cleanup_str struct str s = { NULL, 0, 0 };

	str_add_safe(&s, "a\0b", 3);
	CHECK_STR(s.buf, "a\\x00b");
}

static void quoting_survives_a_shell(void)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "plain-word_1.x/y", "plain-word_1.x/y" }, { "", "''" }, { "two words", "'two words'" },
		{ "it's", "'it'\\''s'" }, { "$(id)", "'$(id)'" }, { "a\nb", "'a\nb'" }, { "~", "'~'" }, { "*", "'*'" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_str struct str s = { NULL, 0, 0 };

		str_add_quoted(&s, cases[i].in);
		CHECK_STR(s.buf, cases[i].out);
	}
}

static void distance_is_symmetric_and_bounded(void)
{
	CHECK(str_distance("attach", "attach", 2) == 0);
	CHECK(str_distance("attach", "atach", 2) == 1);
	CHECK(str_distance("atach", "attach", 2) == 1);
	CHECK(str_distance("ps", "doctor", 2) == 3);
	CHECK(str_distance("", "ab", 2) == 2);
	CHECK(str_distance("", "abc", 2) == 3);
	CHECK(str_distance("kitten", "sitting", 5) == 3);
}

static void long_words_are_far(void)
{
	char a[100], b[100];

	memset(a, 'a', sizeof(a));
	memset(b, 'a', sizeof(b));
	a[99] = b[99] = '\0';
	CHECK(str_distance(a, b, 2) == 3);
}

static void buffer_grows_and_is_handed_over(void)
{
	struct str s = { NULL, 0, 0 };
	char *taken;

	for (int i = 0; i < 1000; i++)
		str_addf(&s, "%d,", i);
	CHECK(s.len == 10 * 2 + 90 * 3 + 900 * 4);
	CHECK(strlen(s.buf) == s.len);
	taken = str_take(&s);
	CHECK(!s.buf && s.len == 0);
	CHECK(str_has_prefix(taken, "0,1,2,") && str_has_suffix(taken, ",998,999,"));
	free(taken);
	taken = str_take(&s);
	CHECK_STR(taken, "");
	free(taken);
}

static void vector_sorts_without_duplicates(void)
{
	cleanup_strv struct strv v = { NULL, 0 };

	strv_sort(&v);
	CHECK(v.n == 0);
	strv_add(&v, "b");
	strv_add(&v, "a");
	strv_add(&v, "b");
	strv_add(&v, "B");
	strv_sort(&v);
	CHECK(v.n == 3 && !v.v[3]);
	CHECK_STR(v.v[0], "B");
	CHECK_STR(v.v[2], "b");
	CHECK(strv_has(&v, "a") && !strv_has(&v, "c"));
}

int main(void)
{
	TAP_RUN(decimal_is_strict);
	TAP_RUN(durations);
	TAP_RUN(sizes);
	TAP_RUN(foreign_bytes_are_shown_not_obeyed);
	TAP_RUN(nul_hides_nothing);
	TAP_RUN(quoting_survives_a_shell);
	TAP_RUN(distance_is_symmetric_and_bounded);
	TAP_RUN(long_words_are_far);
	TAP_RUN(buffer_grows_and_is_handed_over);
	TAP_RUN(vector_sorts_without_duplicates);
	return tap_done();
}
