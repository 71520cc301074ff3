/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Relocation's rules on small texts and data, the layout of names, the list of variables. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/elf.h"
#include "tests/lib/tap.h"
#include "util/envnames.h"
#include "util/fds.h"

static char *relocate(const char *name, const char *bytes, size_t len)
{
	cleanup_elf_patches struct elf_patches p = { 0 };
	cleanup_free char *copy = xmalloc(len + 1);
	struct str out = { 0 };
	size_t done = 0;

	memcpy(copy, bytes, len);
	elf_scan(name, copy, len, &p);
	for (size_t i = 0; i < p.n; i++) {
		str_add(&out, bytes + done, p.v[i].off - done);
		str_add(&out, p.text.buf + p.v[i].text, p.v[i].new_len);
		done = p.v[i].off + p.v[i].old_len;
	}
	str_add(&out, bytes + done, len - done);
	return str_take(&out);
}

static void text_paths(void)
{
	static const char *const cases[][2] = {
		{ "#!/bin/bash\n", "#!/dev/bash\n" },
		{ "#! /bin/sh -e\n", "#! /dev/sh -e\n" },
		{ "#!/usr/bin/env perl\n", "#!/dev/bin/env perl\n" },
		{ "exec /bin/ls /sbin/ip\n", "exec /dev/bin/ls /dev/sbin/ip\n" },
		{ "/bin/shred", "/dev/bin/shred" },
		{ "PATH=/usr/bin:/usr/sbin/", "PATH=/dev/bin:/dev/sbin/" },
		{ "$prefix/usr/lib ${x}/usr/lib ./usr/x a/usr/x %s/usr/",
		  "$prefix/usr/lib ${x}/usr/lib ./usr/x a/usr/x %s/usr/" },
		{ "http://a.b/usr/x file:///usr/x", "http://a.b/usr/x file:///dev/x" },
		{ "-I/usr/include", "-I/dev/include" },
		{ ". /etc/profile.d/x", ". /dev/profile.d/x" },
		{ "/etc/passwd /etc/hosts /etc/resolv.conf.", "/etc/passwd /etc/hosts /etc/resolv.conf." },
		{ "/etc/%s /etc/ /etc/.pwd.lock", "/etc/%s /etc/ /etc/.pwd.lock" },
		{ "RTLD=/lib64/ld-linux-x86-64.so.2", "RTLD=/dev/ld-linux-x86-64.so.2" },
		{ "/lib/x86_64-linux-gnu/x /lib/modules", "/dev/x86_64-linux-gnu/x /lib/modules" },
		{ "HOME=$HOME GCONV_PATH", "HOME=$HOME GCONV_PATH" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_free char *got = relocate("x", cases[i][0], strlen(cases[i][0]));

		CHECK_STR(got, cases[i][1]);
	}
}

#define DATA(in, out)                                                              \
	do {                                                                       \
		cleanup_free char *got_ = relocate("x.cache", in, sizeof(in));     \
		CHECK(memcmp(got_, out, sizeof(in)) == 0);                         \
	} while (0)

static void data_keeps_its_length(void)
{
	DATA("\0\0/usr/lib\0/usr", "\0\0/dev/lib\0/dev");
	DATA("\xff\xff/etc/nsswitch.co<", "\xff\xff/dev/nsswitch.co<");
	DATA("\0/bin/ls\0/bin/sh -c\0/bin/show", "\0/bin/ls\0/dev/sh -c\0/bin/show");
	DATA("\0/lib64/ld-linux-x86-64.so.2\0x", "\0/dev/ld-linux-x86-64.so.2\0\0\0x");
	DATA("\0/lib/terminfo:/lib/terminfos", "\0/dev/terminfo:/lib/terminfos");
}

static void data_renames_variables(void)
{
	DATA("\0GCONV_PATH\0XGCONV_PATH\0GCONV_PATHS", "\0gCONV_PATH\0XGCONV_PATH\0GCONV_PATHS");
	DATA("\0CURL_HOME\0JAVA_HOME\0MY HOME", "\0cURL_hOME\0JAVA_hOME\0MY hOME");
	DATA("\0cannot decode PYTHONPATH\0x", "\0cannot decode pYTHONPATH\0x");
	DATA("\0/usr/x HOME\0MY HOME", "\0/dev/x hOME\0MY hOME");
	DATA("\0\xda\x0e" "ENV_PYTHONHOMEr\0", "\0\xda\x0e" "ENV_pYTHONHOMEr\0");
	DATA("x\xda\nPYTHONPATH\xda\nstartswith", "x\xda\npYTHONPATH\xda\nstartswith");
	DATA("\xfa\4HOMEr\xfa\5HOMEr\xfa\3HOMEr\xfa", "\xfa\4hOMEr\xfa\5HOMEr\xfa\3HOMEr\xfa");
	DATA("\0$HOME/.vimrc\0${HOME}", "\0$hOME/.vimrc\0${hOME}");
	DATA("\0MAGIC\0ENV", "\0MAGIC\0ENV");
}

static void layout_names(void)
{
	static const char *const cases[][2] = {
		{ "./usr/bin/vi", "bin/vi" }, { "/bin/ls", "bin/ls" },
		{ "usr/lib/x86_64-linux-gnu/libz.so.1", "lib/x86_64-linux-gnu/libz.so.1" },
		{ "./etc/ssl/openssl.cnf", "ssl/openssl.cnf" }, { "./usr/share/vim/", "share/vim" },
		{ "./etc/passwd", NULL }, { "./etc/init.d/x", NULL }, { "./usr/share/doc/x", NULL },
		{ "./var/lib/x", NULL }, { "./usr/../etc/x", NULL }, { "./usr//bin", NULL },
		{ ".", NULL }, { "./usr", NULL }, { "", NULL }, { "etc/null", NULL },
		{ "usr/share/docs", "share/docs" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_str struct str out = { 0 };
		bool taken = elf_layout_path(cases[i][0], &out);

		CHECK(taken == (cases[i][1] != NULL));
		if (cases[i][1])
			CHECK_STR(out.buf, cases[i][1]);
	}
}

static void layout_links(void)
{
	static const char *const cases[][3] = {
		{ "usr/bin/vi", "vim.basic", "vim.basic" },
		{ "usr/lib/x/libz.so", "/lib/x/libz.so.1", "libz.so.1" },
		{ "usr/lib/x/libz.so", "../../../lib/x/libz.so.1", "libz.so.1" },
		{ "usr/lib/ssl/certs", "/etc/ssl/certs", "../../ssl/certs" },
		{ "etc/rmt", "/usr/sbin/rmt", "sbin/rmt" },
		{ "usr/share/zoneinfo/localtime", "/etc/localtime", "/etc/localtime" },
		{ "usr/bin/x", "/var/lib/x", "/var/lib/x" },
		{ "bin/x", "../../../../usr/bin/y", "../../../../usr/bin/y" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_str struct str out = { 0 };

		elf_layout_link(cases[i][0], cases[i][1], &out);
		CHECK_STR(out.buf, cases[i][2]);
	}
}

static void variables_are_sorted_and_found(void)
{
	const struct envname *last = NULL, *e;
	size_t it = 0, n = 0;

	while ((e = envnames_next(&it))) {
		CHECK(!last || strcmp(last->name, e->name) < 0);
		CHECK(envnames_find(e->name, strlen(e->name)) == e);
		CHECK(e->name[0] >= 'A' && e->name[0] <= 'Z' && e->why[0]);
		last = e;
		n++;
	}
	CHECK(n > 100);
	CHECK(!envnames_find("HOM", 3) && !envnames_find("HOMER", 5) && !envnames_find("", 0));
	CHECK(!envnames_applies(envnames_find("HOME", 4), "bash"));
	CHECK(envnames_applies(envnames_find("HOME", 4), "curl"));
	CHECK(envnames_applies(envnames_find("MAGIC", 5), "libmagic.so.1.0.0"));
	CHECK(envnames_is_reserved("hOME=/x") && envnames_is_reserved("cURL_hOME=/x"));
	CHECK(envnames_is_reserved("bASH_FUNC_x%%=() {") && envnames_is_reserved("LD_TRACE_LOADED_OBJECTS"));
	CHECK(!envnames_is_reserved("HOME=/x") && !envnames_is_reserved("PATH=/x"));
}

static void put(int dirfd, const char *name, const char *text, mode_t mode)
{
	cleanup_fd int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && fd_write_all(fd, text, strlen(text)) == 0 && fchmod(fd, mode) == 0);
}

static void tree_in_place(void)
{
	char dir[] = "/tmp/test-elf-XXXXXX", target[64] = "";
	struct elf_report report = { 0 };
	struct err err = ERR_INIT;
	struct stat st;

	CHECK(mkdtemp(dir) != NULL);

	cleanup_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *text = NULL, *text2 = NULL;

	put(fd, "a", "#!/bin/ls /usr/x\n", 0555);
	put(fd, "b", "nothing\n", 0644);
	CHECK(mkdirat(fd, "d", 0755) == 0);
	put(fd, "d/c", "/sbin/x /etc/y /sbin/z\n", 0640);
	CHECK(symlinkat("/usr/x", fd, "l") == 0 && symlinkat("a", fd, "m") == 0);
	CHECK(elf_relocate_tree(fd, &report, &err) == 0);
	CHECK(report.files == 3 && report.patched == 2);
	CHECK(fd_slurp_at(fd, "a", 100, &text, NULL) == 0);
	CHECK_STR(text, "#!/dev/bin/ls /dev/x\n");
	CHECK(fd_slurp_at(fd, "d/c", 100, &text2, NULL) == 0);
	CHECK_STR(text2, "/dev/sbin/x /dev/y /dev/sbin/z\n");
	CHECK(fstatat(fd, "a", &st, 0) == 0 && (st.st_mode & 07777) == 0555);
	CHECK(readlinkat(fd, "l", target, sizeof(target) - 1) == 6);
	CHECK_STR(target, "/dev/x");
	CHECK(elf_relocate_tree(fd, &report, &err) == 0 && report.patched == 0);
	for (const char *const *p = (const char *const[]){ "a", "b", "d/c", "l", "m", NULL }; *p; p++)
		CHECK(unlinkat(fd, *p, 0) == 0);
	CHECK(unlinkat(fd, "d", AT_REMOVEDIR) == 0 && rmdir(dir) == 0);
}

int main(void)
{
	TAP_RUN(text_paths);
	TAP_RUN(data_keeps_its_length);
	TAP_RUN(data_renames_variables);
	TAP_RUN(layout_names);
	TAP_RUN(layout_links);
	TAP_RUN(variables_are_sorted_and_found);
	TAP_RUN(tree_in_place);
	return tap_done();
}
