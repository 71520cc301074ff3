#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A shell in a container that has none: `sudo make demo`. Without a terminal a
# scripted tour that prints what it shows. Usage: demo.sh BUILD
set -u
build=${1:-build}
dbg=$build/dbg

say() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }
fail() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "needs root, for namespaces: sudo make demo"
[ -x "$build/demo/demo" ] || fail "not built: make demo"

# The container: it ends with this script, however that ends.
coproc CONTAINER { exec "$build/demo/demo" container; }
# shellcheck disable=SC2153  # bash sets CONTAINER_PID
made_by=$CONTAINER_PID
read -r pid <&"${CONTAINER[0]}" || fail "the container did not start"
cleanup() {
	kill "$made_by" 2>/dev/null
	wait "$made_by" 2>/dev/null
}
trap cleanup EXIT
trap 'exit 130' INT TERM
# What it looks like from outside, to compare at the end.
view() { cut -d' ' -f3- "/proc/$pid/mountinfo"; (cd "/proc/$pid/root" && ls -A . && ls -A dev); }
before=$(view)

say "A container with one static program in an empty root: no shell, no libc, no /bin."
printf '$ ls -A /proc/%s/root\n' "$pid"
(cd "/proc/$pid/root" && ls -A)
say "What it says to a program that needs more:"
printf "$ nsenter -a -t %s sh\n" "$pid"
nsenter -m -p -n -u -i -t "$pid" sh 2>&1 | head -1

if [ -t 0 ] && [ -t 1 ]; then
	cat <<T

A shell in it, by 'dbg attach pid:$pid'. Try:

    ps -ef                           its processes
    curl localhost:8080              its network
    echo changed > /greeting         its files, live; then curl again
    strace -p 1                      (and curl from a second terminal)
    install tree; tree /             tools it does not have yet
    exit
T
	"$dbg" attach "pid:$pid"
	status=$?
	[ $status -lt 125 ] || fail "dbg attach ended with status $status"
else
	step() {
		say "$1"
		printf "$ dbg attach pid:%s -c '%s'\n" "$pid" "$2"
		"$dbg" attach -q "pid:$pid" -c "$2" </dev/null || fail "the step ended with status $?"
	}
	step "Its processes:" "ps -ef"
	step "Its root, listed by a tool that it does not have:" "ls -A /"
	step "Its network:" "curl -s localhost:8080"
	step "Its files, live:" "echo changed from outside > /greeting && curl -s localhost:8080"
	step "A system call trace of its program:" \
		"(strace -qq -e trace=accept4 -p 1 2>&1 & sleep 0.3; curl -s localhost:8080 >/dev/null; sleep 0.2; kill %1) 2>&1 | head -2"
	say "Exit codes and binary data pass through:"
	printf "$ sha256sum < data; dbg attach pid:%s -c sha256sum < data\n" "$pid"
	data=$(mktemp) && trap 'rm -f "$data"; cleanup' EXIT
	head -c 100000 /dev/urandom >"$data"
	sha256sum <"$data"
	"$dbg" attach -q "pid:$pid" -c sha256sum <"$data" || fail "the step ended with status $?"
	"$dbg" attach -q "pid:$pid" -c 'exit 7'
	printf "$ dbg attach pid:%s -c 'exit 7'; echo \$?\n%s\n" "$pid" $?
fi

say "Nothing is left in the container: its mounts and files are what they were."
after=$(view)
[ "$before" = "$after" ] || fail "the container changed: $(diff <(echo "$before") <(echo "$after"))"
echo "same mounts, same files"
