# SPDX-License-Identifier: GPL-2.0-or-later
"""The commonest debugging programs beyond the base, as `install` gets them: (packages, command run by
the session's shell in a root with nothing but /etc/passwd, what its output has). Each really does its work, not --version
alone, where that needs no server or device."""

PROGRAMS = [
    ("gdb", "gdb -q -batch -ex 'break main' -ex run -ex 'info sharedlibrary' -ex 'python print(6*7)' "
            "--args /dev/bin/sleep 0", "42"),
    ("git", "cd $TMPDIR && git init -q g && cd g && git config user.email a@b && git config user.name n && "
            "echo x > x && git add x && git commit -qm m && git log --oneline", " m"),
    ("python3", "python3 -c 'import ssl, json, sqlite3, ctypes; print(json.dumps({\"a\": 6*7}))'", '{"a": 42}'),
    ("perl", "perl -MPOSIX -MJSON::PP -e 'print encode_json([floor(42.5)])'", "[42]"),
    ("ltrace", "ltrace -V 2>&1", "ltrace"),
    ("iperf3", "iperf3 -s -1 -B 127.0.0.1 >/dev/null 2>&1 & sleep 0.5; iperf3 -t 1 -c 127.0.0.1", "receiver"),
    ("mtr-tiny", "mtr --version", "mtr"),
    ("nmap", "nmap -sT -p 1 127.0.0.1", "1 IP address"),
    ("iftop", "iftop -h 2>&1; true", "iftop"),
    ("iotop", "iotop --version", "iotop"),
    ("sysstat", "iostat; pidstat 1 1", "avg-cpu"),
    ("redis-tools", "redis-cli --version", "redis-cli"),
    ("postgresql-client", "psql --version", "PostgreSQL"),
    ("mariadb-client", "mariadb --version", "MariaDB"),
    ("sqlite3", "sqlite3 :memory: 'select 6*7'", "42"),
    ("rsync", "mkdir $TMPDIR/a; echo hi > $TMPDIR/a/f; rsync -a $TMPDIR/a/ $TMPDIR/b/; cat $TMPDIR/b/f", "hi"),
    ("wget", "wget --version", "GNU Wget"),
    ("telnet", "telnet 127.0.0.1 1 2>&1; true", "Connection refused"),
    # Wants an account: where there is no /etc/passwd it ends with "No user exists for uid 0".
    ("openssh-client", "ssh-keygen -q -t ed25519 -N '' -f $TMPDIR/k && ssh-keygen -lf $TMPDIR/k", "ED25519"),
    ("traceroute", "traceroute --version", "traceroute"),
    ("ethtool", "ethtool --version", "ethtool"),
    ("tmux", "tmux -L t new-session -d 'sleep 5' && tmux -L t ls; tmux -L t kill-server", "1 windows"),
    ("screen", "screen --version", "Screen version"),
    ("ripgrep", "rg root /dev/.dbg/nsswitch.conf; rg -c passwd /dev/.dbg/nsswitch.conf", "1"),
    ("fd-find", "fdfind nsswitch /dev/.dbg/", "nsswitch.conf"),
    ("bat", "batcat --paging=never -p /dev/.dbg/nsswitch.conf", "passwd: files"),
    ("hexedit", "hexedit --help 2>&1; true", "hexedit"),
    ("binutils", "readelf -h /dev/bin/bash; objdump -d /dev/bin/true | head -20; nm -D /dev/bin/bash", "ELF64"),
    ("valgrind libc6-dbg", "valgrind /dev/bin/true 2>&1", "ERROR SUMMARY"),
    ("bsdextrautils", "hexdump -C -n 4 /dev/bin/bash", "7f 45 4c 46"),
    ("bpftrace", "bpftrace --version", "bpftrace"),
    ("ngrep", "ngrep -V", "ngrep"),
    ("inotify-tools", "inotifywait --help; true", "inotifywait"),
    ("man-db", "man --version", "man 2"),
]
