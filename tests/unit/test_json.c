/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util/json and util/table: foreign text in and out. */
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "util/json.h"
#include "util/str.h"
#include "util/table.h"

static const char text[] = "{\"State\": {\"Pid\": 7, \"On\": true}, \"Name\": \"web\", \"n\": null}";

static void members_by_path(void)
{
	struct err err = ERR_INIT;
	cleanup_json json_t *j = json_parse(text, strlen(text), "state", &err);

	CHECK(j && err.msg[0] == '\0');
	CHECK(json_int(j, "State.Pid", -1) == 7);
	CHECK(json_int(j, "State.None", -1) == -1);
	CHECK(json_int(j, "Name", -1) == -1);
	CHECK(json_bool(j, "State.On", false));
	CHECK_STR(json_str(j, "Name"), "web");
	CHECK(!json_str(j, "State.Pid") && !json_str(j, "n") && !json_str(j, "Name.x"));
	CHECK(json_at(j, "") == j);
	CHECK(!json_at(NULL, "x") && json_int(NULL, "x", 3) == 3);
}

static void long_keys_are_absent(void)
{
	char key[200];
	cleanup_json json_t *j = json_object();

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	CHECK(!json_at(j, key));
}

static void malformed_text_is_an_error_with_its_line(void)
{
	struct err err = ERR_INIT;

	CHECK(!json_parse("{\n\"a\": }", 8, "file", &err));
	CHECK(str_has_prefix(err.msg, "file: line 2: "));
	err_clear(&err);
	CHECK(!json_parse("{\"a\": 1, \"a\": 2}", 16, "file", &err));
	CHECK(str_has_prefix(err.msg, "file: line 1: duplicate object key"));
	err_clear(&err);
	CHECK(!json_parse("", 0, "file", &err));
	CHECK(err.msg[0] != '\0');
}

static void deep_nesting_is_refused(void)
{
	enum { DEPTH = 100000 };
	char *deep = xmalloc(DEPTH);
	struct err err = ERR_INIT;

	memset(deep, '[', DEPTH);
	CHECK(!json_parse(deep, DEPTH, "file", &err));
	CHECK(err.msg[0] != '\0');
	free(deep);
}

static void missing_file_names_its_cause(void)
{
	struct err err = ERR_INIT;

	CHECK(!json_read_at(AT_FDCWD, "/nonesuch.json", 100, &err));
	CHECK_STR(err.msg, "read /nonesuch.json: No such file or directory");
	CHECK(err.num == ENOENT);
}

static void bytes_become_valid_strings(void)
{
	cleanup_json json_t *good = json_bytes("größe"), *bad = json_bytes("a\xff");

	CHECK_STR(json_string_value(good), "größe");
	CHECK_STR(json_string_value(bad), "a\\xff");
}

/* What fn prints on standard output, owned. */
static char *capture(int (*fn)(const struct table *, struct err *), const struct table *t)
{
	char path[] = "/tmp/dbg-unit-XXXXXX", buf[2000] = "";
	int fd = mkostemp(path, O_CLOEXEC), saved = dup(STDOUT_FILENO);
	struct err err = ERR_INIT;
	ssize_t n;

	(void)fflush(stdout);
	CHECK(fd >= 0 && unlink(path) == 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	CHECK(fn(t, &err) == 0);
	(void)fflush(stdout);
	(void)dup2(saved, STDOUT_FILENO);
	n = pread(fd, buf, sizeof(buf) - 1, 0);
	CHECK(n > 0);
	(void)close(fd);
	(void)close(saved);
	return xstrdup(buf);
}

static void tables_are_aligned_and_harmless(void)
{
	static const struct table_column columns[] = { { "NAME", "name", 8 }, { "AGE", "age", 0 } };
	cleanup_table struct table t;
	cleanup_free char *out = NULL, *js = NULL;
	cleanup_json json_t *back = NULL;
	struct err err = ERR_INIT;

	table_init(&t, columns, 2);
	table_row(&t, (const char *const[]){ "wörld", "1s" }, NULL);
	table_row(&t, (const char *const[]){ "x\x1b[2J", NULL }, NULL);
	table_row(&t, (const char *const[]){ "a-very-long-name", "3s" }, (json_t *[]){ NULL, json_integer(3) });
	out = capture(table_print, &t);
	CHECK_STR(out, "NAME      AGE\nwörld     1s\nx\\x1b[2J  -\na-very-…  3s\n");
	js = capture(table_print_json, &t);
	back = json_parse(js, strlen(js), "own", &err);
	CHECK(json_array_size(back) == 3);
	CHECK_STR(json_str(json_array_get(back, 1), "name"), "x\x1b[2J");
	CHECK(json_is_null(json_at(json_array_get(back, 1), "age")));
	CHECK(json_int(json_array_get(back, 2), "age", 0) == 3);
}

static void full_disk_is_an_error(void)
{
	static const struct table_column columns[] = { { "NAME", "name", 0 } };
	cleanup_table struct table t;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), saved = dup(STDOUT_FILENO);
	struct err err = ERR_INIT;
	int r;

	table_init(&t, columns, 1);
	(void)fflush(stdout);
	(void)dup2(full, STDOUT_FILENO);
	r = table_print(&t, &err);
	(void)dup2(saved, STDOUT_FILENO);
	clearerr(stdout);
	(void)close(full);
	(void)close(saved);
	CHECK(r < 0);
	CHECK_STR(err.msg, "write standard output: No space left on device");
}

int main(void)
{
	TAP_RUN(members_by_path);
	TAP_RUN(long_keys_are_absent);
	TAP_RUN(malformed_text_is_an_error_with_its_line);
	TAP_RUN(deep_nesting_is_refused);
	TAP_RUN(missing_file_names_its_cause);
	TAP_RUN(bytes_become_valid_strings);
	TAP_RUN(tables_are_aligned_and_harmless);
	TAP_RUN(full_disk_is_an_error);
	return tap_done();
}
