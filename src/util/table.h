/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of rows shown as an aligned table or as JSON from one column table.
 * Cells are foreign text: the table view escapes them, JSON keeps them.
 */
#ifndef DBG_UTIL_TABLE_H
#define DBG_UTIL_TABLE_H

#include <jansson.h>
#include <stddef.h>

#include "util/cleanup.h"
#include "util/err.h"

struct table_column {
	const char *title; /* "NAME" */
	const char *key;   /* "name" in JSON */
	int max;           /* columns shown at most, 0: no limit */
};

struct table {
	const struct table_column *columns;
	size_t ncolumns;
	char **cells; /* ncolumns a row, owned */
	json_t *json; /* array of objects */
	size_t nrows;
};
void table_init(struct table *t, const struct table_column *columns, size_t ncolumns);
/*
 * `texts` has ncolumns strings (NULL: "-"), copied. `values` has ncolumns JSON
 * values for the JSON view, references taken over; NULL as a whole or per
 * value: the text.
 */
void table_row(struct table *t, const char *const *texts, json_t **values);
int table_print(const struct table *t, struct err *err);
int table_print_json(const struct table *t, struct err *err);
void table_clear(struct table *t);
#define cleanup_table cleanup_(table_clear)

#endif
