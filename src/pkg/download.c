/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verified package files. */
#include "pkg/pkg.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "util/fds.h"
#include "util/term.h"

static void on_progress(void *arg, uint64_t done)
{
	term_progress_update(arg, done);
}

int pkg_download(int dirfd, const struct pkg_sources *sources, const struct pkg_list *list,
		 struct err *err)
{
	cleanup_fd int fd = fd_open_nofollow(dirfd, "downloads", O_RDONLY | O_DIRECTORY, 0);
	cleanup_free struct http_file *files = xcalloc(list->n + 1, sizeof(*files));
	cleanup_strv struct strv urls = { NULL, 0 };
	struct term_progress bar;
	struct http_options options = { .progress = on_progress, .arg = &bar };
	uint64_t total = 0;
	char label[64], result[64];
	int r;

	if (fd < 0)
		return err_sys(err, -fd, "open downloads");
	for (size_t i = 0; i < list->n; i++) {
		const struct pkg *p = &list->v[i];
		const struct pkg_source *s = &sources->v[p->source];

		strv_take(&urls, pkg_url(&s->s, p->location));
		files[i] = (struct http_file){ .url = urls.v[i], .name = p->sha256, .sha256 = p->sha256,
					       .size = p->size };
		options.proxy = s->s.proxy ? s->s.proxy : options.proxy;
		total += p->size;
	}
	(void)snprintf(label, sizeof(label), "download %zu package%s", list->n, list->n == 1 ? "" : "s");
	(void)snprintf(result, sizeof(result), "%.1f MB", (double)total / 1e6);
	term_progress_start(&bar, label, total, -1);
	r = http_fetch(fd, files, list->n, &options, err);
	term_progress_end(&bar, r == 0 ? result : "failed");
	return r;
}
