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
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
BASE_CFLAGS := -std=gnu17 -D_GNU_SOURCE -O2 -g $(WARN) -fvisibility=hidden -Isrc -I. -DDBG_VERSION='"$(VERSION)"' -DDBG_DATE='"$(DATE)"'
HARDEN := $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong
ALL_CFLAGS = $(BASE_CFLAGS) $(HARDEN) -fPIE $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,--as-needed,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)
# The static programs: musl keeps them at some 50 KB; any static libc will do.
STATIC_CC ?= $(shell command -v musl-gcc >/dev/null 2>&1 && echo musl-gcc || echo $(CC))
STATIC_CFLAGS = -std=gnu17 -D_GNU_SOURCE -Os -g $(WARN) -Isrc -I. -fno-stack-protector -fno-pie \
	$(if $(findstring musl,$(STATIC_CC)),-idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -dumpmachine))
STATIC_LDFLAGS = -static -no-pie -Wl,-z,noexecstack

# --- what each program is made of -------------------------------------------
# dbg: starts in under a millisecond, so: libc and jansson only.
DBG_MODULES := util plugin engine target ns mnt session
DBG_SRC := $(foreach m,$(DBG_MODULES),$(wildcard src/$m/*.c)) $(wildcard src/cli/*.c src/cli/dbg/*.c plugins/engine_*.c)
DBG_LIBS := -ljansson -ldl
# dbg-pkg: everything that downloads, verifies, unpacks and relocates.
PKG_MODULES := util plugin http archive elf pkg store mnt
PKG_SRC := $(foreach m,$(PKG_MODULES),$(wildcard src/$m/*.c)) $(wildcard src/cli/*.c src/cli/pkg/*.c plugins/source_*.c)
PKG_LIBS := -lcurl -lsolvext -lsolv -larchive -lelf -lcrypto -ljansson -lz -ldl
# dbg-seccomp: one OCI profile in, one BPF program out.
SECCOMP_SRC := $(wildcard src/seccomp/*.c) $(wildcard src/util/*.c)
SECCOMP_LIBS := -lseccomp -ljansson
# Static programs.
HELPER_SRC := $(wildcard toolbox/helper/*.c)
CLIENT_SRC := $(wildcard toolbox/client/*.c)
LD_SRC := $(wildcard toolbox/ld/*.c toolbox/ld/*.S)
SHELL_SRC := $(wildcard src/shell/*.c)
SHELL_LIBS := -lreadline -ltinfo

PROGRAMS := $O/dbg $O/libexec/dbg/dbg-pkg \
	$(if $(SECCOMP_SRC:src/util/%=),$O/libexec/dbg/dbg-seccomp) \
	$(if $(HELPER_SRC),$O/libexec/dbg/dbg-helper) \
	$(if $(CLIENT_SRC),$O/libexec/dbg/dbg-client) \
	$(if $(LD_SRC),$O/libexec/dbg/dbg-ld) \
	$(if $(SHELL_SRC),$O/libexec/dbg/dbg-shell)

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
PKG_OBJ := $(call objs,$(PKG_SRC),obj-pkg)
SECCOMP_OBJ := $(call objs,$(SECCOMP_SRC),obj-dbg)

$O/obj-dbg/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DDBG_PROGRAM='"dbg"' -MMD -MP -c -o $@ $<
$O/obj-pkg/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DDBG_PROGRAM='"dbg-pkg"' -MMD -MP -c -o $@ $<

$O/dbg: $(DBG_OBJ)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DBG_LIBS)
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
$O/libexec/dbg/dbg-shell: $(SHELL_SRC) $(wildcard src/shell/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(HARDEN) $(STATIC_LDFLAGS) -o $@ $(SHELL_SRC) $(SHELL_LIBS)

-include $(DBG_OBJ:.o=.d) $(PKG_OBJ:.o=.d)

clean:
	rm -rf build
