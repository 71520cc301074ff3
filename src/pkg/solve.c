/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Solving with libsolv, in the throw-away process: it gets the indexes, what
 * is installed and the names in memory, and answers with one JSON object:
 * { packages: [...], already: [...], unknown: [...], near: [...], problem: "" }.
 */
#include "pkg/pkg.h"

#include <fcntl.h>
#include <solv/evr.h>
#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/repo_solv.h>
#include <solv/solver.h>
#include <solv/transaction.h>
#include <stdio.h>
#include <string.h>

#include "util/fds.h"
#include "util/json.h"
#include "util/proc.h"

enum { NEAR_MAX = 5, LIST_MAX = 4096 };
#define SOLV_MAX ((size_t)256 << 20)

struct job {
	const struct pkg_request *request;
	const char *arch;
	char **solv; /* one index each, in memory */
	size_t *len, n;
	/* in the child */
	Pool *pool;
	Solver *solver;
	Transaction *trans;
	json_t *answer;
};

/* --- in the child --------------------------------------------------------- */

static int load(struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		Repo *repo = repo_create(j->pool, "index");
		cleanup_file FILE *fp = fmemopen(j->solv[i], j->len[i], "r");

		repo->appdata = (void *)(uintptr_t)i;
		/* Of equal versions that of the first source is taken. */
		repo->priority = (int)(j->n - i);
		if (!fp || repo_add_solv(repo, fp, 0) != 0)
			return -1;
	}
	return 0;
}

/* "name", "name = evr": as pool_dep2str() writes them into a record. */
static Id provide_id(Pool *pool, const char *text)
{
	const char *eq = strstr(text, " = ");
	Id name, evr;

	if (!eq)
		return pool_str2id(pool, text, 1);
	name = pool_strn2id(pool, text, (unsigned int)(eq - text), 1);
	evr = pool_str2id(pool, eq + 3, 1);
	return pool_rel2id(pool, name, evr, REL_EQ, 1);
}

static void add_installed(struct job *j, Repo *repo, const char *name, const char *version,
			  const char *arch, const json_t *provides)
{
	Solvable *s = pool_id2solvable(j->pool, repo_add_solvable(repo));
	const json_t *item;
	size_t i;

	s->name = pool_str2id(j->pool, name, 1);
	s->evr = pool_str2id(j->pool, version, 1);
	s->arch = pool_str2id(j->pool, arch, 1);
	s->provides = repo_addid_dep(repo, s->provides, pool_rel2id(j->pool, s->name, s->evr, REL_EQ, 1), 0);
	json_array_foreach(provides, i, item)
		if (json_is_string(item))
			s->provides = repo_addid_dep(repo, s->provides,
						     provide_id(j->pool, json_string_value(item)), 0);
}

/* Skipped packages are there in the newest version that any index has. */
static void add_skipped(struct job *j, Repo *repo)
{
	const struct strv *skip = j->request->skip;

	for (size_t i = 0; skip && i < skip->n; i++) {
		Id name = pool_str2id(j->pool, skip->v[i], 0), p, evr = 0;

		if (name == 0 || strv_has(j->request->names, skip->v[i]))
			continue;
		for (p = 2; p < j->pool->nsolvables; p++) {
			Solvable *s = pool_id2solvable(j->pool, p);

			if (s->repo && s->name == name &&
			    (!evr || pool_evrcmp(j->pool, s->evr, evr, EVRCMP_COMPARE) > 0))
				evr = s->evr;
		}
		add_installed(j, repo, skip->v[i], evr ? pool_id2str(j->pool, evr) : "0", "all", NULL);
	}
}

static void load_installed(struct job *j)
{
	Repo *repo = repo_create(j->pool, "installed");
	const json_t *item;
	size_t i;

	json_array_foreach(j->request->installed, i, item) {
		const char *name = json_str(item, "name"), *version = json_str(item, "version"),
			   *arch = json_str(item, "arch");

		if (name && version && arch)
			add_installed(j, repo, name, version, arch, json_at(item, "provides"));
	}
	add_skipped(j, repo);
	pool_set_installed(j->pool, repo);
}

static void put_str(struct job *j, const char *list, const char *text)
{
	json_array_append_new(json_object_get(j->answer, list), json_bytes(text));
}

static void find_near(struct job *j, const char *name)
{
	unsigned int limit = strlen(name) <= 3 ? 1 : 2;

	for (unsigned int want = 1; want <= limit; want++)
		for (Id p = 2; p < j->pool->nsolvables; p++) {
			Solvable *s = pool_id2solvable(j->pool, p);

			if (s->repo && json_array_size(json_object_get(j->answer, "near")) < NEAR_MAX &&
			    str_distance(pool_id2str(j->pool, s->name), name, want) == want)
				put_str(j, "near", pool_id2str(j->pool, s->name));
		}
}

/* The jobs for the names; names that nothing has go to `unknown`. */
static void add_jobs(struct job *j, Queue *jobs)
{
	Pool *pool = j->pool; /* FOR_PROVIDES names it so */

	for (size_t i = 0; i < j->request->names->n; i++) {
		const char *text = j->request->names->v[i];
		Id name = pool_str2id(j->pool, text, 0), p, pp, any = 0, there = 0;

		if (name)
			FOR_PROVIDES(p, pp, name) {
				Solvable *s = pool_id2solvable(j->pool, p);

				if (s->name != name)
					continue;
				any = p;
				there = s->repo == j->pool->installed ? p : there;
			}
		if (there) {
			put_str(j, "already", text);
		} else if (any) {
			queue_push2(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, name);
		} else {
			put_str(j, "unknown", text);
			find_near(j, text);
		}
	}
}

/* Names of the packages that a dependency of s is met by, after the transaction. */
static json_t *needs_of(struct job *j, Solvable *s)
{
	json_t *list = json_array();
	Pool *pool = j->pool; /* FOR_PROVIDES names it so */
	Queue deps;

	queue_init(&deps);
	(void)solvable_lookup_deparray(s, SOLVABLE_REQUIRES, &deps, 0);
	for (int i = 0; i < deps.count; i++) {
		Id p, pp;

		FOR_PROVIDES(p, pp, deps.elements[i]) {
			if (solver_get_decisionlevel(j->solver, p) <= 0)
				continue;
			json_array_append_new(list,
				json_bytes(pool_id2str(j->pool, pool_id2solvable(j->pool, p)->name)));
			break;
		}
	}
	queue_free(&deps);
	return list;
}

static json_t *provides_of(struct job *j, Solvable *s)
{
	json_t *list = json_array();
	Queue deps;

	queue_init(&deps);
	(void)solvable_lookup_deparray(s, SOLVABLE_PROVIDES, &deps, -1);
	for (int i = 0; i < deps.count; i++) {
		Reldep *rel;

		if (!ISRELDEP(deps.elements[i])) {
			json_array_append_new(list, json_bytes(pool_id2str(j->pool, deps.elements[i])));
			continue;
		}
		rel = GETRELDEP(j->pool, deps.elements[i]);
		if (rel->flags == REL_EQ && rel->name != s->name)
			json_array_append_new(list, json_bytes(pool_dep2str(j->pool, deps.elements[i])));
	}
	queue_free(&deps);
	return list;
}

static int put_package(struct job *j, Solvable *s)
{
	unsigned int media;
	Id type = 0;
	const char *sum = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &type);
	const char *location = solvable_get_location(s, &media);
	json_t *item = json_object();

	if (!sum || type != REPOKEY_TYPE_SHA256 || !location) {
		cleanup_free char *why = xasprintf("the index has no SHA-256 for package %s",
						   pool_id2str(j->pool, s->name));

		json_decref(item);
		json_object_set_new(j->answer, "problem", json_bytes(why));
		return -1;
	}
	json_object_set_new(item, "name", json_bytes(pool_id2str(j->pool, s->name)));
	json_object_set_new(item, "version", json_bytes(pool_id2str(j->pool, s->evr)));
	json_object_set_new(item, "arch", json_bytes(pool_id2str(j->pool, s->arch)));
	json_object_set_new(item, "source", json_integer((json_int_t)(uintptr_t)s->repo->appdata));
	json_object_set_new(item, "location", json_bytes(location));
	json_object_set_new(item, "sha256", json_bytes(sum));
	json_object_set_new(item, "size",
			    json_integer((json_int_t)solvable_lookup_num(s, SOLVABLE_DOWNLOADSIZE, 0)));
	json_object_set_new(item, "provides", provides_of(j, s));
	json_object_set_new(item, "needs", needs_of(j, s));
	json_array_append_new(json_object_get(j->answer, "packages"), item);
	return 0;
}

static void solve(struct job *j)
{
	Queue jobs, added;

	queue_init(&jobs);
	queue_init(&added);
	add_jobs(j, &jobs);
	if (json_array_size(json_object_get(j->answer, "unknown")) > 0 || jobs.count == 0)
		return; /* the process ends soon: queues are left to it */
	j->solver = solver_create(j->pool);
	(void)solver_set_flag(j->solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	(void)solver_set_flag(j->solver, SOLVER_FLAG_NO_INFARCHCHECK, 1);
	if (solver_solve(j->solver, &jobs) != 0) {
		json_object_set_new(j->answer, "problem",
				    json_bytes(solver_problem2str(j->solver, 1)));
		return;
	}
	j->trans = solver_create_transaction(j->solver);
	(void)transaction_installedresult(j->trans, &added);
	for (int i = 0; i < added.count; i++) {
		Solvable *s = pool_id2solvable(j->pool, added.elements[i]);

		if (s->repo != j->pool->installed && put_package(j, s) < 0)
			return;
	}
}

static int solve_parser(int in, int out, void *arg)
{
	struct job *j = arg;
	cleanup_free char *text = NULL;

	(void)in; /* all is in memory, as it was at the fork */
	j->pool = pool_create();
	(void)pool_setdisttype(j->pool, DISTTYPE_DEB);
	pool_setarch(j->pool, j->arch);
	j->answer = json_pack("{s:[], s:[], s:[], s:[], s:s}", "packages", "already", "unknown", "near",
			      "problem", "");
	if (load(j) < 0)
		return -1;
	load_installed(j);
	pool_createwhatprovides(j->pool);
	solve(j);
	text = json_dumps(j->answer, JSON_COMPACT);
	return text ? fd_write_all(out, text, strlen(text)) : -1;
}

/* --- in the parent -------------------------------------------------------- */

void pkg_list_clear(struct pkg_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].version);
		free(l->v[i].arch);
		free(l->v[i].location);
		json_decref(l->v[i].record);
	}
	free(l->v);
	*l = (struct pkg_list){ .v = NULL };
}

void pkg_solution_clear(struct pkg_solution *s)
{
	pkg_list_clear(&s->packages);
	strv_clear(&s->already);
	strv_clear(&s->unknown);
	strv_clear(&s->near);
}

/* An answer's package becomes file names and URLs: nothing odd gets through. */
static int take_package(struct pkg_list *l, json_t *item, size_t nindexes, struct err *err)
{
	const char *name = json_str(item, "name"), *version = json_str(item, "version"),
		   *arch = json_str(item, "arch"), *location = json_str(item, "location"),
		   *sum = json_str(item, "sha256");
	int64_t size = json_int(item, "size", 0), source = json_int(item, "source", -1);
	struct pkg *p;

	if (!name || !version || !arch || !location || !sum || strlen(sum) != 64 ||
	    strspn(sum, "0123456789abcdef") != 64 || size <= 0 || source < 0 ||
	    (size_t)source >= nindexes || l->n >= LIST_MAX || strpbrk(name, "/ \n") ||
	    strlen(name) > 200 || strpbrk(location, " \n?#") || strstr(location, "../"))
		return err_set(err, "package %s: its entry in the index is malformed", name ? name : "?");
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	p = &l->v[l->n++];
	*p = (struct pkg){ .name = xstrdup(name), .version = xstrdup(version), .arch = xstrdup(arch),
			   .source = (size_t)source, .location = xstrdup(location),
			   .size = (uint64_t)size, .record = json_incref(item) };
	(void)snprintf(p->sha256, sizeof(p->sha256), "%s", sum);
	/* Where it came from is not part of what it is. */
	(void)json_object_del(item, "source");
	(void)json_object_del(item, "location");
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct pkg *)a)->name, ((const struct pkg *)b)->name);
}

static void take_names(struct strv *to, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_is_string(item))
			strv_add(to, json_string_value(item));
}

static int take_answer(const json_t *answer, size_t nindexes, struct pkg_solution *out,
		       struct err *err)
{
	const char *problem = json_str(answer, "problem");
	json_t *list = json_at(answer, "packages"), *item;
	size_t i;

	if (problem && *problem)
		return err_set(err, "cannot be installed: %s", problem);
	json_array_foreach(list, i, item)
		if (take_package(&out->packages, item, nindexes, err) < 0)
			return -1;
	if (out->packages.n > 0)
		qsort(out->packages.v, out->packages.n, sizeof(out->packages.v[0]), by_name);
	take_names(&out->already, json_at(answer, "already"));
	take_names(&out->unknown, json_at(answer, "unknown"));
	take_names(&out->near, json_at(answer, "near"));
	return 0;
}

static int slurp_all(int fd, const struct pkg_index *x, struct job *j, struct err *err)
{
	for (; j->n < x->n; j->n++) {
		int r = fd_slurp_at(fd, x->solv[j->n], SOLV_MAX, &j->solv[j->n], &j->len[j->n]);

		if (r < 0)
			return err_sys(err, -r, "read index/%s", x->solv[j->n]);
	}
	return 0;
}

int pkg_solve(int dirfd, const struct pkg_sources *sources, const struct pkg_index *x,
	      const struct pkg_request *request, struct pkg_solution *out, struct err *err)
{
	cleanup_pkg_solution struct pkg_solution found = { .packages = { NULL, 0 } };
	struct job j = { .request = request, .arch = sources->v[0].s.arch,
			 .solv = xcalloc(x->n + 1, sizeof(char *)), .len = xcalloc(x->n + 1, sizeof(size_t)) };
	const struct proc_parser parser = { .what = "package index", .parse = solve_parser, .arg = &j,
					    .mem = (size_t)2 << 30, .secs = 60 };
	cleanup_fd int fd = fd_open_nofollow(dirfd, "index", O_RDONLY | O_DIRECTORY, 0);
	cleanup_json json_t *answer = NULL;
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	r = fd < 0 ? err_sys(err, -fd, "open index") : slurp_all(fd, x, &j, err);
	if (r == 0) /* a descriptor must be handed over: the directory says nothing */
		r = proc_parse(&parser, fd, &text, &len, err);
	for (size_t i = 0; i < j.n; i++)
		free(j.solv[i]);
	free(j.solv);
	free(j.len);
	if (r == 0) {
		answer = json_parse(text, len, "solver's answer", err);
		r = answer ? take_answer(answer, x->n, &found, err) : -1;
	}
	if (r < 0)
		return -1;
	for (size_t i = 0; i < found.packages.n; i++) /* sources of the repositories in the index */
		found.packages.v[i].source = x->source[found.packages.v[i].source < x->n ?
							       found.packages.v[i].source : 0];
	*out = found;
	found = (struct pkg_solution){ .packages = { NULL, 0 } };
	return 0;
}
