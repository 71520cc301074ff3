/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees, manifests and what is pruned from them. */
#include <fcntl.h>
#include <sys/stat.h>

#include "store/store.h"
#include "store/tree.h"
#include "tests/lib/tap.h"
#include "util/fds.h"
#include "util/json.h"

static char dir[] = "/tmp/test-store-XXXXXX";

static void put(int fd, const char *name, const char *text)
{
	CHECK(fd_replace_at(fd, name, text, strlen(text), 0644) == 0);
}

static void prune(void)
{
	struct err err = ERR_INIT;
	static const char text[] =
		"{\"packages\":[{\"name\":\"a\",\"requested\":true,\"needs\":[\"b\",\"gone\"]},"
		"{\"name\":\"b\",\"needs\":[\"c\",\"a\"]},{\"name\":\"c\",\"needs\":[]},"
		"{\"name\":\"d\",\"needs\":[\"c\"]}]}";
	cleanup_json json_t *m = json_parse(text, strlen(text), "test", &err);

	store_prune(m);
	CHECK(json_array_size(json_at(m, "packages")) == 3);
	CHECK(store_find(m, "c") != NULL);
	CHECK(store_find(m, "d") == NULL);
	(void)json_object_del(store_find(m, "a"), "requested");
	store_prune(m);
	CHECK(json_array_size(json_at(m, "packages")) == 0);
}

static void sums_and_compare(void)
{
	cleanup_fd int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = tree_make_dir(top, "sums");
	cleanup_fd int sub = tree_make_dir(fd, "sub");
	cleanup_str struct str sums = { NULL, 0, 0 };
	cleanup_strv struct strv bad = { NULL, 0 };
	struct err err = ERR_INIT;

	put(sub, "file", "text");
	CHECK(symlinkat("file", sub, "link") == 0);
	CHECK(tree_sums(fd, &sums, &err) == 0);
	CHECK(tree_compare(fd, sums.buf, "x", &bad, &err) == 0 && bad.n == 0);
	put(sub, "file", "texT");
	CHECK(unlinkat(sub, "link", 0) == 0);
	CHECK(tree_compare(fd, sums.buf, "x", &bad, &err) == 0 && bad.n == 2);
	CHECK_STR(bad.v[0], "x/sub/file: changed");
	CHECK_STR(bad.v[1], "x/sub/link: No such file or directory");
	CHECK(tree_compare(fd, "nonsense", "x", &bad, &err) < 0);
	CHECK_STR(err.msg, "x: its list of files is damaged");
}

/* Removing follows no link out of the tree. */
static void remove_tree(void)
{
	cleanup_fd int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = tree_make_dir(top, "rm");
	cleanup_fd int keep = tree_make_dir(top, "keep"), sub = tree_make_dir(fd, "sub");

	put(keep, "precious", "x");
	put(sub, "file", "x");
	CHECK(symlinkat("../../keep", sub, "link") == 0);
	CHECK(tree_remove(top, "rm") == 0);
	CHECK(faccessat(top, "rm", F_OK, AT_SYMLINK_NOFOLLOW) < 0);
	CHECK(faccessat(keep, "precious", F_OK, 0) == 0);
	CHECK(tree_remove(top, "rm") == 0);
	CHECK(symlinkat("keep", top, "alias") == 0);
	CHECK(tree_remove(top, "alias") == 0);
	CHECK(faccessat(keep, "precious", F_OK, 0) == 0);
	CHECK(tree_open_dir(top, "alias/x") < 0);
}

static void alternatives(void)
{
	cleanup_fd int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = tree_make_dir(top, "alt");
	cleanup_fd int bin = tree_make_dir(fd, "bin");
	cleanup_json json_t *all = json_pack("{s:[s,i],s:[s,i],s:[s,i],s:[s,i]}", "bin/vi", "bin/vim.basic", 30,
					     "sbin/vi", "bin/vim.basic", 1, "bin/none", "bin/missing", 1, "bin/own",
					     "bin/vim.basic", 1);
	struct err err = ERR_INIT;
	char target[64] = "";

	put(bin, "vim.basic", "x");
	put(bin, "own", "x");
	CHECK(tree_link_alternatives(fd, all, &err) == 0);
	CHECK(readlinkat(bin, "vi", target, sizeof(target) - 1) == 9);
	CHECK_STR(target, "vim.basic");
	memset(target, 0, sizeof(target));
	CHECK(readlinkat(fd, "sbin/vi", target, sizeof(target) - 1) > 0);
	CHECK_STR(target, "../bin/vim.basic");
	CHECK(faccessat(bin, "none", F_OK, AT_SYMLINK_NOFOLLOW) < 0);
	CHECK(readlinkat(bin, "own", target, sizeof(target) - 1) < 0);
}

static void empty_store(void)
{
	cleanup_free char *path = xasprintf("%s/s/t/store", dir);
	cleanup_store struct store s = STORE_INIT;
	cleanup_strv struct strv bad = { NULL, 0 };
	cleanup_json json_t *m = NULL;
	struct err err = ERR_INIT;
	size_t packages = 7;

	CHECK(store_open(&s, path, false, &err) < 0 && err.num == ENOENT);
	err_clear(&err);
	CHECK(store_open(&s, path, true, &err) == 0 && store_lock(&s, &err) == 0);
	m = store_manifest(&s, &err);
	CHECK(m && json_array_size(json_at(m, "packages")) == 0);
	CHECK(store_verify(&s, &bad, &packages, &err) == 0 && packages == 0 && bad.n == 0);
	CHECK(symlinkat("generations/9", s.fd, "profile") == 0);
	CHECK(!store_manifest(&s, &err));
	CHECK_STR(err.hint, "'dbg toolbox reset' makes it anew");
	err_clear(&err);
	CHECK(store_reset(&s, &err) == 0);
	json_decref(m);
	m = store_manifest(&s, &err);
	CHECK(m != NULL);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	TAP_RUN(prune);
	TAP_RUN(sums_and_compare);
	TAP_RUN(remove_tree);
	TAP_RUN(alternatives);
	TAP_RUN(empty_store);
	(void)tree_remove(AT_FDCWD, dir);
	return tap_done();
}
