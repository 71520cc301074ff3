# SPDX-License-Identifier: GPL-2.0-or-later
# Build, demo, check, lint, fuzz, bench, install: the whole of it, not recursive.
# Knobs: CC= PREFIX= DESTDIR= WERROR=1 SAN=1 (AddressSanitizer and UBSan, in build/san)

ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
VERSION := 0.1.0
# Of the manual pages.
DATE := 2026-11-22
O := $(if $(SAN),build/san,build)

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wundef -Wvla \
	-Wwrite-strings -Wpointer-arith -Wold-style-definition $(if $(WERROR),-Werror)
comma := ,
SANITIZERS := $(if $(SAN)$(FUZZING),address$(comma)undefined$(if $(FUZZING),$(comma)fuzzer-no-link))
SANFLAGS := $(if $(SANITIZERS),-fsanitize=$(SANITIZERS) -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
BASE_CFLAGS := -std=gnu17 -D_GNU_SOURCE -O2 -g $(WARN) -fvisibility=hidden -Isrc -I. -DDBG_VERSION='"$(VERSION)"' -DDBG_DATE='"$(DATE)"'
HARDEN := $(if $(SANITIZERS),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong
ALL_CFLAGS = $(BASE_CFLAGS) $(HARDEN) -fPIE $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,--as-needed,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)
# The static programs: musl keeps them at some 50 KB; any static libc will do.
STATIC_CC ?= $(shell command -v musl-gcc >/dev/null 2>&1 && echo musl-gcc || echo $(CC))
# AddressSanitizer has no static runtime; UBSan needs none when it traps.
STATIC_SAN := $(if $(SAN),-fsanitize=undefined -fsanitize-undefined-trap-on-error)
STATIC_CFLAGS = -std=gnu17 -D_GNU_SOURCE -Os -g $(WARN) -Isrc -I. -fno-stack-protector -fno-pie $(STATIC_SAN) \
	$(if $(findstring musl,$(STATIC_CC)),-idirafter /usr/include -idirafter /usr/include/$(shell $(STATIC_CC) -dumpmachine))
STATIC_LDFLAGS = -s -static -Wl,-z,noexecstack
# The loader shim: no C library, no relocation; it keeps its symbols for debuggers.
LD_CFLAGS = -std=gnu17 -D_GNU_SOURCE -O2 -g $(WARN) -ffreestanding -fPIE -fvisibility=hidden -fno-stack-protector \
	-fno-asynchronous-unwind-tables $(if $(filter x86_64,$(ARCH)),-fcf-protection=none)
LD_LDFLAGS = -nostdlib -static-pie -Wl,--no-dynamic-linker,--build-id=none,-z,noexecstack,-z,separate-code,-z,norelro
ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))

# --- what each program is made of -------------------------------------------
# dbg: starts in under a millisecond, so: libc and jansson only.
DBG_MODULES := util plugin engine target ns mnt trace session
DBG_SRC := $(foreach m,$(DBG_MODULES),$(wildcard src/$m/*.c)) $(wildcard src/cli/*.c src/cli/dbg/*.c plugins/engine_*.c)
# jansson statically: one shared object less to map and relocate at each start.
DBG_LIBS := -Wl,-Bstatic -ljansson -Wl,-Bdynamic -ldl
# dbg-pkg: everything that downloads, verifies, unpacks and relocates.
PKG_MODULES := util plugin http archive elf pkg store mnt
PKG_SRC := src/plugin/dynamic/dl.c $(foreach m,$(PKG_MODULES),$(wildcard src/$m/*.c)) $(wildcard src/cli/*.c src/cli/pkg/*.c plugins/source_*.c)
PKG_LIBS := -lcurl -lsolvext -lsolv -larchive -lelf -lcrypto -ljansson -lz -ldl
# dbg-seccomp: one OCI profile in, one BPF program out.
SECCOMP_SRC := $(wildcard src/seccomp/*.c) $(wildcard src/util/*.c)
SECCOMP_LIBS := -lseccomp -ljansson
# Static programs.
HELPER_SRC := $(wildcard toolbox/helper/*.c) src/session/sweep.c
CLIENT_SRC := $(wildcard toolbox/client/*.c)
LD_SRC := $(wildcard toolbox/ld/*.c toolbox/ld/*.S)
NSS_SRC := $(wildcard toolbox/nss/*.c)
SHELL_SRC := $(wildcard src/shell/*.c) toolbox/client/request.c src/util/str.c src/util/fds.c
# readline would read the container's locale, NSS and (by libtinfo) terminfo files:
# it gets src/shell/utf8.c and termcap.c instead, by other names for what it calls.
READLINE_RENAMES := setlocale nl_langinfo mbrtowc mbrlen wcrtomb wcwidth getpwnam getpwuid getpwent \
	setpwent endpwent xmalloc xrealloc xfree

PROGRAMS := $O/dbg $O/libexec/dbg/dbg-dynamic $O/libexec/dbg/dbg-pkg \
	$(if $(SECCOMP_SRC:src/util/%=),$O/libexec/dbg/dbg-seccomp) \
	$(if $(HELPER_SRC),$O/libexec/dbg/dbg-helper) \
	$(if $(CLIENT_SRC),$O/libexec/dbg/dbg-client) \
	$(if $(LD_SRC),$O/libexec/dbg/dbg-ld) \
	$(if $(NSS_SRC),$O/libexec/dbg/dbg-nss) \
	$(if $(SHELL_SRC),$O/libexec/dbg/dbg-shell)

OBJCOPY ?= objcopy

# V=1 shows the commands.
Q := $(if $(V),,@)

# Manual pages and completions: the pages come from the program's own table, with docs/man/PAGE.md merged in.
MAN_STAMP := $O/share/man/.stamp
COMPLETIONS := $O/share/bash-completion/completions/dbg $O/share/zsh/site-functions/_dbg \
	$O/share/fish/vendor_completions.d/dbg.fish

.PHONY: all clean
all: $(PROGRAMS) $(MAN_STAMP) $(COMPLETIONS)

$(MAN_STAMP): $O/dbg $(wildcard docs/man/*.md)
	@rm -rf $O/share/man && mkdir -p $O/share/man/man1
	$(Q)for page in $$($O/dbg gen man list); do \
		extra=docs/man/$$page.md; [ -e "$$extra" ] && extra="--extra=$$extra" || extra=; \
		$O/dbg gen man $$extra "$$page" > "$O/share/man/man1/$$page.1" || exit 1; \
	done; touch $@
$O/share/bash-completion/completions/dbg: src/cli/completion/dbg.bash
	$(Q)install -D -m 644 $< $@
$O/share/zsh/site-functions/_dbg: src/cli/completion/dbg.zsh
	$(Q)install -D -m 644 $< $@
$O/share/fish/vendor_completions.d/dbg.fish: src/cli/completion/dbg.fish
	$(Q)install -D -m 644 $< $@

objs = $(patsubst %.c,$O/$(2)/%.o,$(1))
DBG_OBJ := $(call objs,$(DBG_SRC),obj-dbg)
DBG_STATIC_OBJ := $(call objs,src/plugin/static/twin.c,obj-dbg)
DBG_DYNAMIC_OBJ := $(call objs,src/plugin/dynamic/dl.c,obj-dbg)
PKG_OBJ := $(call objs,$(PKG_SRC),obj-pkg)
SECCOMP_OBJ := $(call objs,$(SECCOMP_SRC),obj-dbg)

$O/obj-dbg/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DDBG_PROGRAM='"dbg"' -MMD -MP -c -o $@ $<
$O/obj-pkg/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DDBG_PROGRAM='"dbg-pkg"' -MMD -MP -c -o $@ $<

# Twice: static, which starts in half the time, and dynamic for hosts with plugins.
$O/libexec/dbg/dbg-dynamic: $(DBG_OBJ) $(DBG_DYNAMIC_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DBG_LIBS)
ifdef SAN
$O/dbg: $(DBG_OBJ) $(DBG_DYNAMIC_OBJ)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DBG_LIBS)
else
$O/dbg: $(DBG_OBJ) $(DBG_STATIC_OBJ)
	$(Q)$(CC) -static -Wl,-z,relro,-z,noexecstack $(LDFLAGS) -o $@ $^ -ljansson
endif
$O/libexec/dbg/dbg-pkg: $(PKG_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)
$O/libexec/dbg/dbg-seccomp: $(SECCOMP_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SECCOMP_LIBS)
$O/libexec/dbg/dbg-helper: $(HELPER_SRC) $(wildcard toolbox/helper/*.h src/sys/*.h src/session/*.h)
	@mkdir -p $(@D)
	$(Q)$(STATIC_CC) $(STATIC_CFLAGS) $(STATIC_LDFLAGS) -o $@ $(HELPER_SRC)
$O/libexec/dbg/dbg-client: $(CLIENT_SRC) $(wildcard toolbox/client/*.h src/sys/*.h src/session/*.h)
	@mkdir -p $(@D)
	$(Q)$(STATIC_CC) $(STATIC_CFLAGS) $(STATIC_LDFLAGS) -o $@ $(CLIENT_SRC)
$O/libexec/dbg/dbg-ld: $(LD_SRC) $(wildcard toolbox/ld/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LD_CFLAGS) $(LD_LDFLAGS) -o $@ $(LD_SRC)
# A shared object that is given to the toolbox's libc, of whatever version that is.
$O/libexec/dbg/dbg-nss: $(NSS_SRC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LD_CFLAGS) -fPIC -nostdlib -shared -s -Wl,--build-id=none,-z,noexecstack,-z,relro,-z,now \
		-Wl,-soname,libnss_dbg.so.2 -o $@ $(NSS_SRC)
$O/readline.a:
	@mkdir -p $(@D)
	$(Q)$(OBJCOPY) $(foreach f,$(READLINE_RENAMES),--redefine-sym $f=shell_$f) \
		--redefine-sym __mbrlen=shell_mbrlen_inline --redefine-sym __ctype_get_mb_cur_max=shell_mb_cur_max \
		$$($(CC) -print-file-name=libreadline.a) $@
$O/libexec/dbg/dbg-shell: $(SHELL_SRC) $(wildcard src/shell/*.h src/session/inside_proto.h) $O/readline.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(HARDEN) $(STATIC_SAN) $(filter-out -no-pie,$(STATIC_LDFLAGS)) -o $@ $(SHELL_SRC) $O/readline.a

-include $(DBG_OBJ:.o=.d) $(PKG_OBJ:.o=.d) $(SECCOMP_OBJ:.o=.d)

# --- the base toolbox ----------------------------------------------------------
# Packages first (docs/ARCHITECTURE.md "The toolbox root"), made anew only when a list or relocation
# changes; then dbg's own part: start-up files and the inside commands. One toolbox for every build.
TOOLBOX := build/lib/dbg/toolbox
INSIDE_NAMES = $(shell sed -n 's/^\t{ "\([a-z]*\)".*/\1/p' src/session/inside_parse.c)
.PHONY: toolbox
toolbox: $(TOOLBOX)/base.own
$(TOOLBOX)/base.list: toolbox/base.list toolbox/skip.list $(wildcard src/elf/*.[ch]) src/util/envnames.c src/store/build.c src/store/unpack.c \
		$(LD_SRC) $(NSS_SRC) \
		| $(PROGRAMS)
	@mkdir -p $(@D) build/downloads
	$(Q)$O/dbg toolbox build toolbox/base.list --skip toolbox/skip.list --cache build/downloads -o $(TOOLBOX)/base
	$(Q)mkdir -p $(TOOLBOX)/empty
	$(Q)cp toolbox/base.list $@
$(TOOLBOX)/base.own: $(TOOLBOX)/base.list $O/libexec/dbg/dbg-client src/session/inside_parse.c $(shell find toolbox/etc -type f)
	$(Q)rm -rf $(TOOLBOX)/base/dbg/etc $(TOOLBOX)/base/dbg/bin && mkdir -p $(TOOLBOX)/base/dbg/bin
	$(Q)cp -r toolbox/etc $(TOOLBOX)/base/dbg/etc
	$(Q)install -m 755 $O/libexec/dbg/dbg-client $(TOOLBOX)/base/dbg/bin/dbg-client
	$(Q)for name in dbg $(INSIDE_NAMES); do ln -sf dbg-client $(TOOLBOX)/base/dbg/bin/$$name; done
	$(Q)touch $@

# --- dependencies (Debian and Ubuntu names) ----------------------------------
BUILD_DEPS := gcc libc6-dev linux-libc-dev make pkgconf libjansson-dev libseccomp-dev libelf-dev \
	libreadline-dev libncurses-dev libarchive-dev libcurl4-openssl-dev libsolv-dev libsolvext-dev \
	libssl-dev zlib1g-dev libcap-dev musl-tools gpgv gnupg ca-certificates
TEST_DEPS := clang python3 strace valgrind vim less file openssl curl ncurses-bin util-linux busybox-static iproute2 procps \
	shellcheck cppcheck mandoc zsh fish bash-static docker.io podman containerd runc crun lxc \
	systemd-container

.PHONY: deps test-deps
deps:
	@build-aux/deps $(BUILD_DEPS)
test-deps:
	@build-aux/deps $(BUILD_DEPS) $(TEST_DEPS)

# --- tests -------------------------------------------------------------------
# A unit test is linked with what it needs of an archive of both programs' objects; what both have
# comes from dbg.
# Of the static programs what needs nothing of its own.
TEST_STATIC_OBJ := $(call objs,toolbox/helper/check.c src/shell/lex.c src/shell/parse.c,obj-dbg)
-include $(TEST_STATIC_OBJ:.o=.d)
TEST_OBJ := $(filter-out $O/obj-dbg/src/cli/dbg/main.o,$(DBG_OBJ)) \
	$(filter-out $O/obj-pkg/src/cli/pkg/main.o $(DBG_OBJ:$O/obj-dbg/%=$O/obj-pkg/%),$(PKG_OBJ)) \
	$(filter-out %/main.o $(DBG_OBJ),$(SECCOMP_OBJ)) $(TEST_STATIC_OBJ)
TEST_LIBS := $(PKG_LIBS) $(SECCOMP_LIBS)
UNIT := $(patsubst tests/unit/%.c,$O/tests/unit/%,$(wildcard tests/unit/test_*.c))
TEST_TOOLS := $O/tests/lib/zoo $O/tests/lib/app $O/tests/lib/evil.so $O/tests/lib/openfds.so $O/tests/lib/naive
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAY := $(FUZZ:%=$O/tests/fuzz/replay_%)
FUZZER := $(FUZZ:%=$O/tests/fuzz/fuzz_%)

$O/tests/libdbg-test.a: $(TEST_OBJ)
	@mkdir -p $(@D) && rm -f $@
	$(Q)$(AR) rcs $@ $^
$O/tests/unit/%: tests/unit/%.c tests/lib/tap.h $O/tests/libdbg-test.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DDBG_PROGRAM='"dbg"' $(ALL_LDFLAGS) -o $@ $< $O/tests/libdbg-test.a $(TEST_LIBS)
$O/tests/lib/%.so: tests/lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 $(WARN) -fPIC -shared -o $@ $<
$O/tests/lib/%: tests/lib/%.c
	@mkdir -p $(@D)
	$(Q)$(STATIC_CC) $(STATIC_CFLAGS) $(STATIC_LDFLAGS) -o $@ $<
# The corpus runs through each fuzz target under gcc's sanitizers; no fuzzing engine is needed.
$O/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/lib/replay.c $O/tests/libdbg-test.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< tests/lib/replay.c $O/tests/libdbg-test.a $(TEST_LIBS)
$O/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $O/tests/libdbg-test.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $O/tests/libdbg-test.a $(TEST_LIBS)

.PHONY: tests replays fuzzers check check-full check-sanitized check-builds check-run fuzz
tests: all $(UNIT) $(TEST_TOOLS)
replays: $(REPLAY)
fuzzers: $(FUZZER)

# GROUP=cli and FILTER=attach narrow it down; SAN=1 runs the same tests on the build with
# AddressSanitizer and UBSan. A second make, because dependencies decide what make finds.
check:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then $(MAKE) -s test-deps; fi
	@$(MAKE) -s check-builds
	@$(if $(GROUP)$(FILTER)$(SAN),:,$(MAKE) -s check-sanitized)
	@$(MAKE) -s check-run
check-full:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then $(MAKE) -s test-deps; fi
	@$(MAKE) -s check-builds
	@echo "all tests under AddressSanitizer and UBSan"
	@DBG_TESTS_FULL=1 $(MAKE) -s check-run SAN=1
	@echo "all tests"
	@DBG_TESTS_FULL=1 $(MAKE) -s check-run
# The part of `make check-full` that every check can afford.
check-sanitized:
	@echo "sanitizers: unit tests, attacks, attach"
	@$(MAKE) -s check-run SAN=1 GROUP="unit attacks cli" FILTER="unit/ attacks/ cli/attach"
	@echo "all tests"
check-builds:
	@echo "build: $(CC), no warning"
	@$(MAKE) -s WERROR=1 tests
	@echo "build: base toolbox"
	@$(MAKE) -s toolbox
	@echo "build: clang, no warning"
	@$(MAKE) -s WERROR=1 CC=clang SAN= O=build/clang $(filter-out %.stamp,$(PROGRAMS:$O/%=build/clang/%)) $(UNIT:$O/%=build/clang/%)
	@echo "build: fuzz targets, AddressSanitizer and UBSan"
	@$(MAKE) -s WERROR=1 SAN=1 replays
check-run: tests
	@DBG_BUILD=$O $(if $(SAN),DBG_TESTS_SAN=1) tests/run $(addprefix --group ,$(GROUP)) $(FILTER)

FUZZ_SECONDS ?= 60
fuzz:
	@$(MAKE) -s CC=clang FUZZING=1 O=build/fuzz fuzzers
	@for f in $(FUZZ); do mkdir -p build/fuzz/corpus/$$f tests/fuzz/corpus/$$f; echo "fuzz: $$f, $(FUZZ_SECONDS) s"; \
		build/fuzz/tests/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -print_final_stats=0 \
			-verbosity=0 -artifact_prefix=build/fuzz/crash-$$f- build/fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; \
	done

# --- install ----------------------------------------------------------------
# What the running program looks for beside itself (src/util/paths.c): bin, libexec/dbg, lib/dbg.
.PHONY: install uninstall lint
D := $(DESTDIR)$(PREFIX)
install: all
	install -d $D/bin $D/libexec/dbg $D/lib/dbg/plugins $D/share/man/man1 $D/share/doc/dbg
	install -m 755 $O/dbg $D/bin/dbg
	install -m 755 $(filter $O/libexec/dbg/%,$(PROGRAMS)) $D/libexec/dbg/
	install -m 644 $O/share/man/man1/*.1 $D/share/man/man1/
	install -D -m 644 $O/share/bash-completion/completions/dbg $D/share/bash-completion/completions/dbg
	install -D -m 644 $O/share/zsh/site-functions/_dbg $D/share/zsh/site-functions/_dbg
	install -D -m 644 $O/share/fish/vendor_completions.d/dbg.fish $D/share/fish/vendor_completions.d/dbg.fish
	install -d $D/include/dbg/plugin
	install -m 644 $(wildcard src/plugin/dbg-*.h) $D/include/dbg/plugin/
	install -m 644 $(wildcard README.md docs/*.md) $D/share/doc/dbg/
	@if [ -d build/lib/dbg/toolbox/base ]; then \
		rm -rf $D/lib/dbg/toolbox && install -d $D/lib/dbg/toolbox && \
		cp -a build/lib/dbg/toolbox/base $D/lib/dbg/toolbox/base && \
		install -d $D/lib/dbg/toolbox/empty; \
	else echo "make: no base toolbox yet ('make toolbox' builds it): installed without" >&2; fi

# The store and its tools (dbg uninstall, dbg toolbox) are the user's: they stay.
uninstall:
	rm -f $D/bin/dbg $D/share/man/man1/dbg.1 $D/share/man/man1/dbg-*.1
	rm -f $D/share/bash-completion/completions/dbg $D/share/zsh/site-functions/_dbg $D/share/fish/vendor_completions.d/dbg.fish
	rm -rf $D/libexec/dbg $D/lib/dbg $D/share/doc/dbg $D/include/dbg

# --- demo -------------------------------------------------------------------
.PHONY: demo
$O/demo/demo: toolbox/demo/demo.c
	@mkdir -p $(@D)
	$(Q)$(STATIC_CC) $(STATIC_CFLAGS) $(STATIC_LDFLAGS) -o $@ $<
# A second make, because dependencies decide what make finds.
demo:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then $(MAKE) -s deps; fi
	@$(MAKE) -s all toolbox $O/demo/demo
	@toolbox/demo/demo.sh $O

# --- bench ------------------------------------------------------------------
.PHONY: bench
bench: tests
	@tests/bench/bench.py --out docs/benchmarks.md $(if $(RUNS),--runs $(RUNS))

lint: all
	@tests/run --group lint

clean:
	rm -rf build
