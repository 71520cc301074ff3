/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What engine plugins share, all engines as one, and the OCI configuration. */
#include "engine/engine.h"

#include <sys/stat.h>

#include "engine/oci.h"
#include "plugin/dbg-storage.h"
#include "plugin/plugin.h"
#include "util/fds.h"
#include "util/proc.h"
#include "tests/lib/tap.h"

/* Named here so that they are linked: the list of built-in plugins refers to them weakly. */
extern const struct dbg_plugin dbg_plugin_docker, dbg_plugin_podman, dbg_plugin_crio,
	dbg_plugin_containerd, dbg_plugin_lxc, dbg_plugin_nspawn, dbg_plugin_runc, dbg_plugin_crun;
const struct dbg_plugin *const linked[] = { &dbg_plugin_docker, &dbg_plugin_podman, &dbg_plugin_crio,
					    &dbg_plugin_containerd, &dbg_plugin_lxc, &dbg_plugin_nspawn,
					    &dbg_plugin_runc, &dbg_plugin_crun };

static char dir[] = "/tmp/test-engine-XXXXXX";

static void put(const char *name, const char *text)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name);

	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0755); /* most exist */
		*p = '/';
	}
	FILE *f = fopen(path, "we");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void times(void)
{
	CHECK(dbg_time("2026-01-02T03:04:05.678901234Z") == 1767323045);
	CHECK(dbg_time("2026-01-02T03:04:05Z") == 1767323045);
	CHECK(dbg_time("2026-01-02T05:04:05.1+02:00") == 1767323045);
	CHECK(dbg_time("2026-01-02T01:34:05-01:30") == 1767323045);
	CHECK(dbg_time("0001-01-01T00:00:00Z") == 0);
	CHECK(dbg_time("yesterday") == 0);
	CHECK(dbg_time("") == 0);
	CHECK(dbg_time(NULL) == 0);
}

static void cgroup_hints_are_whole_words(void)
{
	CHECK(engine_cgroup_has("0::/machine.slice/libpod-abc.scope\n", "abc"));
	CHECK(engine_cgroup_has("1:x:/lxc.payload.web\n", "web"));
	CHECK(engine_cgroup_has("0::/a/web", "web"));
	CHECK(!engine_cgroup_has("0::/docker/web2\n", "web"));
	CHECK(!engine_cgroup_has("0::/docker/myweb\n", "web"));
	CHECK(engine_cgroup_has("0::/web2/web\n", "web"));
	CHECK(!engine_cgroup_has("0::/\n", "web"));
	CHECK(!engine_cgroup_has("0::/\n", ""));
}

static void numbers_in_json(void)
{
	CHECK(dbg_scan_int("{\"a\":1,\"pid\":42,\"x\":3}", "\"pid\":", 0) == 42);
	CHECK(dbg_scan_int("{\"pid\": 42}", "\"pid\":", 0) == 42);
	CHECK(dbg_scan_int("{\"pid\":\"42\"}", "\"pid\":", 7) == 7);
	CHECK(dbg_scan_int("{\"pid\":99999999999999999999}", "\"pid\":", 7) == 7);
	CHECK(dbg_scan_int("{}", "\"pid\":", 7) == 7);
}

static void toml_strings(void)
{
	cleanup_free char *path = xasprintf("%s/x.toml", dir);
	static const struct {
		const char *table, *key, *value;
	} cases[] = {
		{ "", "state", "/top" },
		{ "storage", "graphroot", "/a b" },
		{ "storage", "runroot", "/single" },
		{ "storage", "graph", NULL },
		{ "storage", "open", NULL },
		{ "engine", "graphroot", NULL },
		{ "engine", "tmp_dir", "/last" },
		{ "", "graphroot", NULL },
	};

	put("x.toml", "state = \"/top\"\n# graphroot = \"/no\"\n[storage]\n graphroot=\"/a b\" # why\nrunroot = '/single'\n"
		      "open = \"/never\n[storage.options]\ngraphroot = \"/other\"\n[engine]\ntmp_dir = \"/first\"\n"
		      "tmp_dir = \"/last\"\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_free char *got = dbg_toml_str(&plugin_host, path, cases[i].table, cases[i].key);

		if (cases[i].value)
			CHECK_STR(got, cases[i].value);
		else
			CHECK(!got);
	}
	CHECK(!dbg_toml_str(&plugin_host, "/nonexistent", "", "x"));
}

static void processes(void)
{
	pid_t pid = proc_fork("a) b (c", PROC_DEATHSIG), parent = 0;
	uint64_t start = 0, same = 0;

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	CHECK(dbg_process(pid, &parent, &start) && parent == getpid());
	CHECK(proc_starttime(pid, &same) == 0 && same == start);
	(void)kill(pid, SIGKILL);
	(void)proc_wait(pid);
	CHECK(!dbg_process(pid, &parent, &start));
}

static void list_of_engines(void)
{
	const char *const order[] = { "docker", "podman", "crio", "containerd", "lxc", "nspawn", "runc", "crun" };
	const struct dbg_plugin *p = NULL;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		p = engine_next(p);
		CHECK(p == linked[i]);
		CHECK_STR(p ? p->name : NULL, order[i]);
		CHECK(engine_by_name(order[i]) == p);
	}
	CHECK(!engine_next(p));
	CHECK(!engine_by_name("pid") && !engine_by_name(""));
}

/* A name in another field, a longer name and a name in a string do not count. */
static void find_is_exact(void)
{
	cleanup_containers struct containers all = { .v = NULL };

	put("graph/overlay-containers/containers.json",
	    "[{\"id\":\"aa\",\"names\":[\"web2\"],\"layer\":\"web\",\"metadata\":\"{\\\"name\\\":\\\"web\\\"}\"},"
	    "{\"id\":\"bb\",\"names\":[\"x\",\"web\"],\"image\":\"web\",\"layer\":\"l\"},"
	    "{\"id\":\"webid\",\"names\":[\"y\"]},{\"id\":\"cc\",\"names\":[\"web-3\"],\"image\":\"web\"}]");
	engine_collect(engine_by_name("podman"), "web", &all);
	CHECK(all.nfailures == 0);
	CHECK(all.n == 2);
	if (all.n == 2) { /* by the beginning of its id, then by name */
		CHECK_STR(all.v[0].id, "webid");
		CHECK_STR(all.v[1].id, "bb");
		CHECK_STR(all.v[1].upper + strlen(dir), "/graph/overlay/l/diff");
	}
}

static void oci_values(void)
{
	static const char text[] =
		"{\"process\":{\"env\":[\"A=b\",\"=x\",\"novalue\",7],\"args\":[\"a\",\"\"],\"cwd\":\"/w\","
		"\"user\":{\"uid\":1000,\"gid\":-5},\"noNewPrivileges\":true},\"linux\":{\"seccomp\":{},"
		"\"devices\":[{\"type\":\"u\",\"major\":1,\"minor\":3},{\"type\":\"p\",\"major\":1,\"minor\":3},"
		"{\"type\":\"\",\"major\":1,\"minor\":3},{\"type\":\"b\",\"major\":8,\"minor\":0},{\"type\":\"c\"}]}}";
	cleanup_oci_config struct oci_config c = { .root = NULL };
	struct err err = ERR_INIT;

	CHECK(oci_config_parse(text, sizeof(text) - 1, "x", &c, &err) == 0);
	CHECK(c.env.n == 1 && c.args.n == 2);
	CHECK_STR(c.env.v[0], "A=b");
	CHECK_STR(c.cwd, "/w");
	CHECK(c.uid == 1000 && c.gid == 0 && c.no_new_privs);
	CHECK_STR(c.seccomp, "{}");
	CHECK(c.ndevices == 2 && c.devices[0].type == 'c' && c.devices[1].type == 'b' && c.devices[1].major == 8);
}

/* The profile is cut out by brackets: those in strings and elsewhere must not count. */
static void oci_seccomp_is_cut_out_exactly(void)
{
	static const char text[] =
		"{ \"annotations\": {\"linux\": \"{\\\"seccomp\\\":{}}\", \"seccomp\": {}},\n"
		" \"linux\" : {\"x\": [{\"seccomp\": {\"no\": 1}}, \"]\"], \"seccomp\" : "
		"{\"a\": \"}]\\\"{\", \"b\": [{}, []]} , \"y\": 1}, \"process\": {\"cwd\": \"/w\"}}";
	static const char *const none[] = {
		"{\"linux\":{\"seccomp\":null}}", "{\"linux\":[]}", "{\"process\":{\"seccomp\":{}}}",
	};
	cleanup_oci_config struct oci_config c = { .root = NULL };
	struct err err = ERR_INIT;

	CHECK(oci_config_parse(text, sizeof(text) - 1, "x", &c, &err) == 0);
	CHECK_STR(c.seccomp, "{\"a\": \"}]\\\"{\", \"b\": [{}, []]}");
	CHECK_STR(c.cwd, "/w");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		cleanup_oci_config struct oci_config without = { .root = NULL };

		CHECK(oci_config_parse(none[i], strlen(none[i]), "x", &without, &err) == 0 && !without.seccomp);
	}
	CHECK(oci_config_parse("{\"linux\":{\"seccomp\":{", 22, "x", &c, &err) < 0);
}

static void oci_errors(void)
{
	struct oci_config c = { .root = NULL };
	struct err err = ERR_INIT;

	CHECK(oci_config_parse("[]", 2, "x", &c, &err) < 0);
	CHECK_STR(err.msg, "x: not an OCI configuration");
	CHECK(oci_config_parse("{", 1, "x", &c, &err) < 0);
	CHECK(str_has_prefix(err.msg, "x: line 1: "));
	CHECK(oci_config_read("/nonexistent", &c, &err) < 0);
	CHECK_STR(err.msg, "read /nonexistent/config.json: No such file or directory");
	CHECK(!c.root);
}

int main(void)
{
	cleanup_free char *conf = NULL;

	if (!mkdtemp(dir))
		return 1;
	conf = xasprintf("{\"engines\":{\"podman\":{\"graphroot\":\"%s/graph\",\"runroot\":\"%s/run\"}},"
			 "\"plugins\":\"%s/none\"}", dir, dir, dir);
	put("conf.json", conf);
	free(conf);
	conf = xasprintf("%s/conf.json", dir);
	(void)setenv("DBG_CONFIG", conf, 1);
	TAP_RUN(times);
	TAP_RUN(cgroup_hints_are_whole_words);
	TAP_RUN(numbers_in_json);
	TAP_RUN(toml_strings);
	TAP_RUN(processes);
	TAP_RUN(list_of_engines);
	TAP_RUN(find_is_exact);
	TAP_RUN(oci_values);
	TAP_RUN(oci_seccomp_is_cut_out_exactly);
	TAP_RUN(oci_errors);
	return tap_done();
}
