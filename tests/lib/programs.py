# SPDX-License-Identifier: GPL-2.0-or-later
"""The commonest debugging programs beyond the base: (packages, a command for the session's shell, what
its output has). Each does its work on the container itself: its processes, its loopback device, a server
started on the spot. A server's client without a server shows that it came as far as the network.
SAMPLE is what `make check` runs."""

# Until a port of 127.0.0.1 answers.
UP = "until (: </dev/tcp/127.0.0.1/%d) 2>/dev/null; do sleep 0.05; done; "
SAMPLE = ("tcpdump", "gdb", "git", "python3", "perl", "openssh-client", "tmux", "ltrace", "sqlite3", "rsync", "ripgrep")

PROGRAMS = [
    ("gdb", "sleep 9 & gdb -q -batch -p $! -ex bt -ex 'python print(6*7)'; kill $!; "
            "gdb -q -batch -p 1 -ex 'info inferiors'",
     r"#0 .*nanosleep.*libc.*\n42\n(.*\n)*\* 1 +process 1 .* /app "),
    ("git", "cd $TMPDIR && git init -q g && cd g && git config user.email a@b && git config user.name n && "
            "echo x > x && git add x && git commit -qm first && git log --oneline", r"^[0-9a-f]{7} first\n$"),
    ("python3", "python3 -c 'import ssl, json, sqlite3, ctypes, lzma, curses, readline, asyncio, os; "
                "n = len(ssl.create_default_context().get_ca_certs()); "
                "print(json.dumps({\"a\": 6*7}), n > 99, os.path.expanduser(\"~\"))'",
     r'^\{"a": 42\} True /dev/\.session/home\n$'),
    ("perl", "perl -MPOSIX -MJSON::PP -MIO::Socket::INET -e 'print encode_json([floor(42.5)])'", r"^\[42\]$"),
    ("ltrace", "ltrace -e getenv ls / 2>&1; ltrace -S true 2>&1", r"ls->getenv\(.*SYS_.*exited \(status 0\)"),
    ("iperf3", "iperf3 -s -1 -B 127.0.0.1 -p 5201 >/dev/null 2>&1 & until ss -Htln | grep -q :5201; do sleep 0.05; done; "
               "iperf3 -t 1 -c 127.0.0.1", r"bits/sec +receiver"),
    ("mtr-tiny", "mtr -n -r -c 1 -i 0.1 127.0.0.1", r"1\.\|-- 127\.0\.0\.1 +0\.0%"),
    ("nmap", "nc -lk 127.0.0.1 77 & " + "until ss -Htln | grep -q :77; do sleep 0.05; done; nmap -sS -p 77 localhost; kill %1",
     r"77/tcp open"),
    ("tcpdump", "(sleep 0.4; ping -qc1 127.0.0.1 >/dev/null) & tcpdump -ni lo -c1 icmp 2>&1", r"ICMP echo request"),
    ("ngrep", "(sleep 0.4; ping -qc1 127.0.0.1 >/dev/null) & ngrep -n 1 -d lo '' icmp", r"127\.0\.0\.1"),
    ("iftop", "ping -qi 0.2 -c 20 127.0.0.1 >/dev/null & iftop -i lo -n -t -s 1 2>&1", r"Total send rate:"),
    ("iotop-c", "iotop-c -b -n 1", r"Total DISK READ", "admin"),
    ("sysstat", "iostat; mpstat 1 1; sar -r 1 1; pidstat -p ALL", r"avg-cpu.*%irq.*kbmemfree.*%CPU"),
    ("redis-tools", "(exec -a redis-server redis-check-rdb --port 7001 --bind 127.0.0.1 --save '' --dir $TMPDIR) >/dev/null & " +
     UP % 7001 + "redis-cli -p 7001 set k v; redis-cli -p 7001 get k; redis-cli -p 7001 shutdown nosave", r"^OK\nv\n$"),
    ("postgresql-client", "psql -h 127.0.0.1 -c 'select 1' 2>&1; pg_dump --version", r"port 5432 failed: Connection refused.*PostgreSQL"),
    ("mariadb-client", "mariadb -h 127.0.0.1 -e 'select 1' 2>&1", r"Can't connect to server on '127\.0\.0\.1'"),
    ("sqlite3", "sqlite3 $TMPDIR/x.db 'create table t(a); insert into t values(6*7); select * from t'", r"^42\n$"),
    ("rsync", "cd $TMPDIR; mkdir a; echo hi > a/f; rsync -a a/ b/; cat b/f", r"^hi\n$"),
    ("wget", "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello' | nc -Nl 127.0.0.1 8001 >/dev/null & "
             "until ss -Htln | grep -q :8001; do sleep 0.05; done; wget -qO- http://127.0.0.1:8001/", r"^hello$"),
    ("telnet", "echo welcome | nc -Nl 127.0.0.1 8002 & until ss -Htln | grep -q :8002; do sleep 0.05; done; "
               "(sleep 0.5) | telnet 127.0.0.1 8002 2>&1", r"Connected to 127\.0\.0\.1.*welcome"),
    ("openssh-client", "cd $TMPDIR; ssh-keygen -q -t ed25519 -N '' -f k && ssh-keygen -lf k; "
                       "ssh -o BatchMode=yes 127.0.0.1 true 2>&1; ssh -V 2>&1", r"ED25519.*port 22: Connection refused.*OpenSSH"),
    ("traceroute", "traceroute -n 127.0.0.1", r" 1  127\.0\.0\.1  \d"),
    ("ethtool", "ethtool lo; ethtool -k lo", r"Link detected: yes.*tx-checksumming"),
    ("tmux", "tmux -L t new-session -d 'sleep 9' && tmux -L t ls; tmux -L t kill-server", r"^0: 1 windows"),
    ("screen", "screen -dmS name sleep 9; screen -ls; screen -S name -X quit", r"\.name\t.*Detached"),
    ("ripgrep", "rg -n '^hosts' /dev/.dbg/nsswitch.conf", r"^\d+:hosts: files dbg dns\n$"),
    ("fd-find", "fdfind -d 1 nsswitch /dev/.dbg/", r"^/dev/\.dbg/nsswitch\.conf\n$"),
    ("bat", "batcat --paging=never -p /dev/.dbg/nsswitch.conf", r"passwd: files dbg"),
    ("hexedit", "(sleep 0.3; printf '\\003') | socat - EXEC:'hexedit /app',pty,setsid,ctty", r"7F 45 4C 46"),
    ("binutils", "readelf -h /app; objdump -d /app | tail -1; nm -D /dev/bin/bash | head -3; size /app; strings -n 9 /app | tail -1",
     r"ELF64.*[0-9a-f]+:\t.*NCURSES.*dec"),
    ("valgrind", "valgrind true 2>&1", r"in use at exit.*ERROR SUMMARY: \d"),
    ("fio", "cd $TMPDIR; fio --name=x --size=1M --rw=randrw", r"READ: bw="),
    ("stress-ng", "cd $TMPDIR; stress-ng --cpu 1 --vm 1 --vm-bytes 4M -t 1 2>&1", r"successful run completed"),
    ("inotify-tools", "cd $TMPDIR; (sleep 0.4; echo x > f) & inotifywait -q -e create .", r"\./ CREATE f"),
    ("conntrack nftables iptables", "nft add table ip t; nft list ruleset; iptables -L -n; conntrack -C", r"table ip t.*Chain INPUT", "admin"),
    ("linux-perf", "perf stat -e task-clock true 2>&1", r"task-clock.*seconds time elapsed"),
    ("pv parallel", "echo hi | pv -q; parallel -k echo ::: a b", r"^hi\na\nb\n$"),
    ("zsh fish", "zsh -fc 'echo zsh $ZSH_VERSION'; fish -c 'echo fish $version'", r"^zsh 5.*\nfish 3"),
    ("httpie", "http --ignore-stdin --offline http://localhost/ a=b", r'"a": ?"b"'),
    ("apache2-utils", "(while :; do printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi' | nc -Nl 127.0.0.1 8003 >/dev/null; done) & "
                      "until ss -Htln | grep -q :8003; do sleep 0.05; done; ab -q -n 1 http://127.0.0.1:8003/; kill %1", r"Complete requests: +1\n"),
    ("ncdu mc", "ncdu -o- -x /; mc --version", r'"progname":"ncdu".*Midnight Commander'),
]
