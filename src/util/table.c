/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows as a table or as JSON: see table.h. */
#include "util/table.h"

#include <stdio.h>
#include <string.h>

#include "util/json.h"
#include "util/str.h"

void table_init(struct table *t, const struct table_column *columns, size_t ncolumns)
{
	*t = (struct table){ .columns = columns, .ncolumns = ncolumns, .json = json_array() };
}

void table_row(struct table *t, const char *const *texts, json_t **values)
{
	json_t *obj = json_object();

	t->cells = xrealloc(t->cells, (t->nrows + 1) * t->ncolumns, sizeof(*t->cells));
	for (size_t i = 0; i < t->ncolumns; i++) {
		json_t *value = values ? values[i] : NULL;

		t->cells[t->nrows * t->ncolumns + i] = str_safe(texts[i] ? texts[i] : "-");
		if (!value)
			value = texts[i] ? json_bytes(texts[i]) : json_null();
		json_object_set_new(obj, t->columns[i].key, value);
	}
	t->nrows++;
	json_array_append_new(t->json, obj);
}

/* Characters, not bytes: cells are valid UTF-8 after escaping. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void add_cell(struct str *line, const char *cell, size_t width, bool last)
{
	size_t have = width_of(cell), shown = 0;
	const char *end = cell;

	while (*end != '\0' && (have <= width || shown < width - 1)) {
		do {
			end++;
		} while (((unsigned char)*end & 0xc0) == 0x80);
		shown++;
	}
	str_add(line, cell, (size_t)(end - cell));
	if (have > width) {
		str_adds(line, "…");
		shown++;
	}
	for (; !last && shown < width + 2; shown++)
		str_addc(line, ' ');
}

int table_print(const struct table *t, struct err *err)
{
	cleanup_free size_t *widths = xcalloc(t->ncolumns, sizeof(*widths));
	cleanup_str struct str out = { NULL, 0, 0 };

	for (size_t c = 0; c < t->ncolumns; c++) {
		widths[c] = width_of(t->columns[c].title);
		for (size_t r = 0; r < t->nrows; r++) {
			size_t w = width_of(t->cells[r * t->ncolumns + c]);

			if (t->columns[c].max && w > (size_t)t->columns[c].max)
				w = (size_t)t->columns[c].max;
			widths[c] = w > widths[c] ? w : widths[c];
		}
	}
	for (size_t r = 0; r <= t->nrows; r++) {
		for (size_t c = 0; c < t->ncolumns; c++)
			add_cell(&out, r ? t->cells[(r - 1) * t->ncolumns + c] : t->columns[c].title,
				 widths[c], c + 1 == t->ncolumns);
		str_addc(&out, '\n');
	}
	if (fwrite(out.buf, 1, out.len, stdout) != out.len || fflush(stdout) == EOF)
		return err_sys(err, errno, "write standard output");
	return 0;
}

int table_print_json(const struct table *t, struct err *err)
{
	return json_print(t->json, err);
}

void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->nrows * t->ncolumns; i++)
		free(t->cells[i]);
	free(t->cells);
	json_decref(t->json);
	*t = (struct table){ .columns = NULL };
}
