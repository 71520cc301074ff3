/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one list of renamed environment variables, in byte order (a unit test checks it). */
#include "util/envnames.h"

#include <string.h>
#include <strings.h>

#define SHELLS "bash dash sh zsh zsh5 fish mksh busybox"

static const struct envname names[] = {
	{ "AWKLIBPATH", "gawk", NULL, "gawk extensions" },
	{ "AWKPATH", "gawk", NULL, "gawk sources" },
	{ "BASHOPTS", "bash", NULL, "shell options" },
	{ "BASH_COMPLETION_USER_DIR", NULL, NULL, "shell code" },
	{ "BASH_COMPLETION_USER_FILE", NULL, NULL, "shell code" },
	{ "BASH_ENV", NULL, NULL, "shell code" },
	{ "BASH_FUNC_", NULL, NULL, "shell functions: a prefix" },
	{ "BASH_LOADABLES_PATH", NULL, NULL, "shared objects" },
	{ "BASH_XTRACEFD", "bash", NULL, "redirects output" },
	{ "CURL_CA_BUNDLE", NULL, NULL, "trusted certificates" },
	{ "CURL_HOME", NULL, NULL, ".curlrc" },
	{ "CURL_SSL_BACKEND", NULL, NULL, "another TLS library" },
	{ "EDITRC", NULL, NULL, "key bindings" },
	{ "ENV", SHELLS, NULL, "shell code" },
	{ "EXINIT", NULL, NULL, "editor commands" },
	{ "FPATH", "zsh zsh5", NULL, "shell code" },
	{ "GCONV_PATH", NULL, NULL, "character set modules" },
	{ "GDBHISTFILE", "gdb", NULL, "file written" },
	{ "GETCONF_DIR", NULL, NULL, "programs" },
	{ "GIT_ASKPASS", NULL, NULL, "program" },
	{ "GIT_CONFIG", NULL, NULL, "configuration" },
	{ "GIT_CONFIG_COUNT", NULL, NULL, "configuration" },
	{ "GIT_CONFIG_GLOBAL", NULL, NULL, "configuration" },
	{ "GIT_CONFIG_PARAMETERS", NULL, NULL, "configuration" },
	{ "GIT_CONFIG_SYSTEM", NULL, NULL, "configuration" },
	{ "GIT_EDITOR", NULL, NULL, "program" },
	{ "GIT_EXEC_PATH", NULL, NULL, "programs" },
	{ "GIT_EXTERNAL_DIFF", NULL, NULL, "program" },
	{ "GIT_PAGER", NULL, NULL, "program" },
	{ "GIT_PROXY_COMMAND", NULL, NULL, "program" },
	{ "GIT_SEQUENCE_EDITOR", NULL, NULL, "program" },
	{ "GIT_SSH", NULL, NULL, "program" },
	{ "GIT_SSH_COMMAND", NULL, NULL, "program" },
	{ "GIT_TEMPLATE_DIR", NULL, NULL, "hooks" },
	{ "GSS_MECH_CONFIG", NULL, NULL, "shared objects" },
	{ "GUILE_LOAD_COMPILED_PATH", NULL, NULL, "code" },
	{ "GUILE_LOAD_PATH", NULL, NULL, "code" },
	{ "HOME", NULL, SHELLS " env coreutils ssh sudo su", "start-up files of every kind" },
	{ "HTOPRC", NULL, NULL, "configuration" },
	{ "INPUTRC", NULL, NULL, "key bindings" },
	{ "JQ_LIBRARY_PATH", NULL, NULL, "jq modules" },
	{ "KRB5_CONFIG", NULL, NULL, "configuration, shared objects" },
	{ "LDAPCONF", NULL, NULL, "configuration" },
	{ "LDAPRC", NULL, NULL, "configuration" },
	{ "LESS", "less", NULL, "options that write files and run programs" },
	{ "LESSCLOSE", NULL, NULL, "program" },
	{ "LESSEDIT", NULL, NULL, "program" },
	{ "LESSHISTFILE", NULL, NULL, "file written" },
	{ "LESSKEY", NULL, NULL, "key bindings" },
	{ "LESSKEYIN", NULL, NULL, "key bindings" },
	{ "LESSKEYIN_SYSTEM", NULL, NULL, "key bindings" },
	{ "LESSKEY_CONTENT", NULL, NULL, "key bindings" },
	{ "LESSKEY_SYSTEM", NULL, NULL, "key bindings" },
	{ "LESSOPEN", NULL, NULL, "program" },
	{ "LIBPROC_HIDE_KERNEL", NULL, NULL, "hides processes" },
	{ "LOCPATH", NULL, NULL, "locales" },
	{ "LUA_CPATH", NULL, NULL, "shared objects" },
	{ "LUA_INIT", NULL, NULL, "code" },
	{ "LUA_PATH", NULL, NULL, "code" },
	{ "MAGIC", "libmagic* file", NULL, "file types" },
	{ "MAGIC_MIME", "libmagic* file", NULL, "file types" },
	{ "MALLOC_TRACE", NULL, NULL, "file written" },
	{ "MYSQL_HOME", NULL, NULL, "configuration" },
	{ "MYSQL_TEST_LOGIN_FILE", NULL, NULL, "configuration" },
	{ "NLSPATH", NULL, NULL, "message catalogues" },
	{ "NMAPDIR", NULL, NULL, "scripts" },
	{ "NODE_EXTRA_CA_CERTS", NULL, NULL, "trusted certificates" },
	{ "NODE_OPTIONS", NULL, NULL, "code" },
	{ "NODE_PATH", NULL, NULL, "code" },
	{ "NODE_REPL_EXTERNAL_MODULE", NULL, NULL, "code" },
	{ "OPENSSL_CONF", NULL, NULL, "configuration, shared objects" },
	{ "OPENSSL_CONF_INCLUDE", NULL, NULL, "configuration" },
	{ "OPENSSL_ENGINES", NULL, NULL, "shared objects" },
	{ "OPENSSL_MODULES", NULL, NULL, "shared objects" },
	{ "PERL5DB", NULL, NULL, "code" },
	{ "PERL5LIB", NULL, NULL, "code" },
	{ "PERL5OPT", NULL, NULL, "code" },
	{ "PERL5SHELL", NULL, NULL, "program" },
	{ "PERLIO", "libperl* perl*", NULL, "input layers" },
	{ "PERLLIB", NULL, NULL, "code" },
	{ "PGSYSCONFDIR", NULL, NULL, "configuration" },
	{ "PROCPS_FROMLEN", NULL, NULL, "configuration" },
	{ "PSQLRC", NULL, NULL, "commands" },
	{ "PSQL_EDITOR", NULL, NULL, "program" },
	{ "PSQL_PAGER", NULL, NULL, "program" },
	{ "PYTHONBREAKPOINT", NULL, NULL, "code" },
	{ "PYTHONCASEOK", NULL, NULL, "other modules" },
	{ "PYTHONEXECUTABLE", NULL, NULL, "another prefix" },
	{ "PYTHONHOME", NULL, NULL, "code" },
	{ "PYTHONINSPECT", NULL, NULL, "prompt at the end" },
	{ "PYTHONIOENCODING", NULL, NULL, "code" },
	{ "PYTHONMALLOC", NULL, NULL, "debug hooks" },
	{ "PYTHONNOUSERSITE", NULL, NULL, "set by the session: no code of the user" },
	{ "PYTHONPATH", NULL, NULL, "code" },
	{ "PYTHONPLATLIBDIR", NULL, NULL, "code" },
	{ "PYTHONPYCACHEPREFIX", NULL, NULL, "code" },
	{ "PYTHONSTARTUP", NULL, NULL, "code" },
	{ "PYTHONUSERBASE", NULL, NULL, "code" },
	{ "PYTHONWARNINGS", NULL, NULL, "code" },
	{ "PYTHON_HISTORY", NULL, NULL, "file written" },
	{ "QEMU_GDB", NULL, NULL, "opens a port" },
	{ "QEMU_LD_PREFIX", NULL, NULL, "shared objects" },
	{ "QEMU_SET_ENV", NULL, NULL, "environment" },
	{ "REDISCLI_RCFILE", NULL, NULL, "commands" },
	{ "RIPGREP_CONFIG_PATH", NULL, NULL, "configuration" },
	{ "RSYNC_RSH", NULL, NULL, "program" },
	{ "RUBYLIB", NULL, NULL, "code" },
	{ "RUBYOPT", NULL, NULL, "code" },
	{ "SASL_CONF_PATH", NULL, NULL, "configuration" },
	{ "SASL_PATH", NULL, NULL, "shared objects" },
	{ "SCREENDIR", NULL, NULL, "set by the session: sockets" },
	{ "SCREENRC", NULL, NULL, "commands" },
	{ "SHELLOPTS", "bash", NULL, "shell options" },
	{ "SSH_ASKPASS", NULL, NULL, "program" },
	{ "SSLKEYLOGFILE", NULL, NULL, "file written with session keys" },
	{ "SSL_CERT_DIR", NULL, NULL, "trusted certificates" },
	{ "SSL_CERT_FILE", NULL, NULL, "trusted certificates" },
	{ "SYSSCREENRC", NULL, NULL, "commands" },
	{ "TAR_OPTIONS", NULL, NULL, "programs" },
	{ "TCLLIBPATH", NULL, NULL, "code" },
	{ "TERMCAP", NULL, NULL, "terminal description" },
	{ "TERMINFO", NULL, NULL, "terminal description" },
	{ "TERMINFO_DIRS", NULL, NULL, "terminal descriptions" },
	{ "TERMPATH", NULL, NULL, "terminal descriptions" },
	{ "TMUX_TMPDIR", NULL, NULL, "set by the session: sockets" },
	{ "VALGRIND_LIB", NULL, NULL, "programs" },
	{ "VALGRIND_OPTS", NULL, NULL, "options that load files" },
	{ "VIMINIT", NULL, NULL, "editor commands" },
	{ "WGETRC", NULL, NULL, "configuration" },
	{ "WIRESHARK_DATA_DIR", NULL, NULL, "code" },
	{ "WIRESHARK_EXTCAP_DIR", NULL, NULL, "programs" },
	{ "WIRESHARK_PLUGIN_DIR", NULL, NULL, "shared objects" },
	{ "XDG_CACHE_HOME", NULL, NULL, "files of programs" },
	{ "XDG_CONFIG_DIRS", NULL, NULL, "configuration" },
	{ "XDG_CONFIG_HOME", NULL, NULL, "configuration" },
	{ "XDG_DATA_DIRS", NULL, NULL, "code and data" },
	{ "XDG_DATA_HOME", NULL, NULL, "code and data" },
	{ "XDG_STATE_HOME", NULL, NULL, "files of programs" },
	{ "ZDOTDIR", "zsh zsh5", NULL, "shell code" },
};

#define N (sizeof(names) / sizeof(names[0]))

/*
 * Harmful under their own name, which the tools must keep: the loader would
 * list libraries instead of running a tool, bash would run shell code, vim
 * (which itself sets and reads VIM and VIMRUNTIME) would run another's scripts.
 */
static const char *const dropped[] = { "LD_TRACE_LOADED_OBJECTS", "PROMPT_COMMAND", "PS0", "PS1",
				       "PS2", "PS4", "VIM", "VIMRUNTIME" };

const struct envname *envnames_next(size_t *it)
{
	return *it < N ? &names[(*it)++] : NULL;
}

const struct envname *envnames_find(const char *name, size_t len)
{
	size_t low = 0, high = N;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = strncmp(names[mid].name, name, len);

		if (cmp == 0 && names[mid].name[len] != '\0')
			cmp = 1;
		if (cmp == 0)
			return &names[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Does a space-separated list of base names, each perhaps ending in *, have this one? */
static bool list_has(const char *list, const char *base)
{
	for (const char *word = list; *word;) {
		size_t len = strcspn(word, " ");

		if (len && word[len - 1] == '*') {
			if (strncmp(word, base, len - 1) == 0)
				return true;
		} else if (strncmp(word, base, len) == 0 && base[len] == '\0') {
			return true;
		}
		word += len;
		word += strspn(word, " ");
	}
	return false;
}

bool envnames_applies(const struct envname *e, const char *base)
{
	if (e->only && !list_has(e->only, base))
		return false;
	return !e->except || !list_has(e->except, base);
}

bool envnames_is_reserved(const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (strlen(dropped[i]) == len && strncmp(dropped[i], entry, len) == 0)
			return true;
	for (size_t i = 0; i < N; i++)
		if (strlen(names[i].name) == len && strncasecmp(names[i].name, entry, len) == 0 &&
		    strncmp(names[i].name, entry, len) != 0)
			return true;
	if (strncasecmp(entry, "BASH_FUNC_", 10) == 0 && strncmp(entry, "BASH_FUNC_", 10) != 0)
		return true;
	return false;
}
