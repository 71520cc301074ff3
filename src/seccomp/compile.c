/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An OCI "linux.seccomp" object to a BPF program: see seccomp.h. */
#include <seccomp.h>
#include <string.h>

#include "seccomp/seccomp.h"
#include "util/json.h"
#include "util/str.h"

static const struct { const char *name; uint32_t action; bool has_errno; } actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL, false },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP, false },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG, false },
	/* No supervisor of ours would answer: refused rather than hung. */
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_ERRNO(ENOSYS), false },
};

static const struct { const char *name; enum scmp_compare op; } operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE }, { "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static int action_of(const char *name, int64_t errnum, uint32_t *out, struct err *err)
{
	for (size_t i = 0; name && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, name) != 0)
			continue;
		*out = actions[i].action | (actions[i].has_errno ? (uint32_t)errnum & 0xffff : 0);
		return 0;
	}
	return err_set(err, "seccomp profile: unknown action '%s'", name ? name : "");
}

static int operator_of(const char *name, enum scmp_compare *out)
{
	for (size_t i = 0; name && i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (strcmp(operators[i].name, name) == 0) {
			*out = operators[i].op;
			return 0;
		}
	}
	return -EINVAL;
}

static int add_arches(scmp_filter_ctx ctx, const json_t *arches, struct err *err)
{
	size_t i;
	json_t *arch;

	json_array_foreach(arches, i, arch) {
		const char *name = json_string_value(arch);
		char lower[32];
		uint32_t token;
		size_t n = 0;

		if (!name || !str_has_prefix(name, "SCMP_ARCH_"))
			return err_set(err, "seccomp profile: unknown architecture");
		for (const char *p = name + strlen("SCMP_ARCH_"); *p && n < sizeof(lower) - 1; p++)
			lower[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
		lower[n] = '\0';
		token = seccomp_arch_resolve_name(lower);
		if (token == 0 || token == seccomp_arch_native())
			continue; /* an architecture this kernel does not run cannot be entered */
		if (seccomp_arch_add(ctx, token) < 0)
			continue;
	}
	return 0;
}

/*
 * One syscall name with its conditions. All conditions of a rule are joined by
 * "and", but libseccomp takes each argument once: runtimes then add one rule
 * for each condition ("or"), and so do we.
 */
static int add_rule(scmp_filter_ctx ctx, uint32_t action, int nr, const struct scmp_arg_cmp *args,
		    unsigned int n)
{
	unsigned int seen = 0;
	bool repeated = false;

	for (unsigned int i = 0; i < n; i++) {
		repeated = repeated || (seen & (1u << args[i].arg));
		seen |= 1u << args[i].arg;
	}
	if (!repeated)
		return seccomp_rule_add_array(ctx, action, nr, n, args);
	for (unsigned int i = 0; i < n; i++) {
		int r = seccomp_rule_add_array(ctx, action, nr, 1, &args[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_args(const json_t *list, struct scmp_arg_cmp *args, unsigned int *n, struct err *err)
{
	size_t i;
	json_t *arg;

	*n = 0;
	json_array_foreach(list, i, arg) {
		enum scmp_compare op;
		int64_t index = json_int(arg, "index", -1);

		if (i >= 6 || index < 0 || index > 5 || operator_of(json_str(arg, "op"), &op) < 0)
			return err_set(err, "seccomp profile: bad argument condition");
		args[(*n)++] = (struct scmp_arg_cmp){
			.arg = (unsigned int)index, .op = op,
			.datum_a = (scmp_datum_t)json_int(arg, "value", 0),
			.datum_b = (scmp_datum_t)json_int(arg, "valueTwo", 0),
		};
	}
	return 0;
}

static int add_syscalls(scmp_filter_ctx ctx, const json_t *rules, uint32_t fallback, struct err *err)
{
	size_t i, k;
	json_t *rule, *name;

	json_array_foreach(rules, i, rule) {
		struct scmp_arg_cmp args[6];
		unsigned int n;
		uint32_t action;

		if (action_of(json_str(rule, "action"), json_int(rule, "errnoRet", EPERM), &action, err) < 0 ||
		    read_args(json_at(rule, "args"), args, &n, err) < 0)
			return -1;
		if (action == fallback)
			continue; /* libseccomp refuses rules that change nothing */
		json_array_foreach(json_at(rule, "names"), k, name) {
			const char *text = json_string_value(name);
			int nr = text ? seccomp_syscall_resolve_name(text) : __NR_SCMP_ERROR, r;

			if (nr == __NR_SCMP_ERROR)
				continue; /* newer than this libseccomp: the default action holds */
			r = add_rule(ctx, action, nr, args, n);
			if (r < 0 && r != -EEXIST)
				return err_sys(err, -r, "seccomp profile: rule for %s", text);
		}
	}
	return 0;
}

int seccomp_compile(const json_t *profile, int out, struct err *err)
{
	uint32_t fallback;
	scmp_filter_ctx ctx;
	int r;

	if (action_of(json_str(profile, "defaultAction"), json_int(profile, "defaultErrnoRet", EPERM),
		      &fallback, err) < 0)
		return -1;
	ctx = seccomp_init(fallback);
	if (!ctx)
		return err_set(err, "seccomp: cannot start a filter");
	/* A binary tree over the numbers: fewer comparisons for every call. */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	r = add_arches(ctx, json_at(profile, "architectures"), err);
	if (r == 0)
		r = add_syscalls(ctx, json_at(profile, "syscalls"), fallback, err);
	if (r == 0) {
		r = seccomp_export_bpf(ctx, out);
		if (r < 0)
			r = err_sys(err, -r, "seccomp: write the filter");
	}
	seccomp_release(ctx);
	return r;
}
