/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dbg's own shell: text to words and operators to pipelines. */
#include <assert.h>
#include <string.h>

#include "shell/shell.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_list(const struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->v[i].n; j++) {
			const struct simple *s = &l->v[i].v[j];

			assert(s->nwords || s->nredirs);
			assert(!s->words || !s->words[s->nwords]);
			for (size_t k = 0; k < s->nwords; k++)
				assert(s->words[k][0] != '\0');
			for (size_t k = 0; k < s->nredirs; k++)
				assert(s->redirs[k].target && s->redirs[k].fd >= 0 && s->redirs[k].fd <= 2);
		}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_tokens struct tokens tokens = { NULL, 0 };
	cleanup_list struct list list = { NULL, 0 };
	const char *why = NULL;

	if (lex(text, &tokens, &why) < 0) {
		assert(why);
		return 0;
	}
	why = NULL;
	if (parse(&tokens, &list, &why) < 0)
		assert(why);
	else
		check_list(&list);
	return 0;
}
