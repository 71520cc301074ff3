# SPDX-License-Identifier: GPL-2.0-or-later
"""dbg's own shell, driven directly: libexec/dbg/dbg-shell."""
import os
import re

from dbgtest import requires


def shell(t, text, **kw):
    return t.run([t.build + "/libexec/dbg/dbg-shell", "-c", text], **kw)


def start(t, **env):
    term = t.pty(argv=[t.build + "/libexec/dbg/dbg-shell"],
                 env={"DBG_NAME": "web", "DBG_ENGINE": "docker", "DBG_USER": "root", "NO_COLOR": "1",
                      "HISTFILE": t.path("history"), **env})
    term.expect(" # ")
    return term


def test_statuses(t):
    for text, status in (("true", 0), ("false", 1), ("exit 7", 7), ("sh -c 'exit 9'", 9), ("nonesuch", 127),
                         ("/etc/passwd", 126), ("/nonesuch", 127), ("sh -c 'kill -TERM $$'", 143),
                         ("echo \"x", 2), ("| x", 2), ("a &&", 2), ("(x)", 2), ("! true", 1),
                         ("false; true", 0), ("false | true", 0), ("true | false", 1), ("exit 7; false", 7)):
        t.eq((text, shell(t, text).status), (text, status))


def test_messages(t):
    shell(t, "nonesuch").check(127, b"", b"nonesuch: command not found\n")
    shell(t, "/etc/passwd").check(126, b"", b"dbg-shell: /etc/passwd: Permission denied\n")
    shell(t, "echo 'x").check(2, b"", b"dbg-shell: not understood: a quote that is not closed\n")
    shell(t, "echo $(id)").check(2, b"", b"dbg-shell: not understood: $(\n")
    shell(t, "echo |").check(2, b"", b"dbg-shell: unexpected the end of the line\n")
    shell(t, "cat /nonesuch").check(1)
    t.run([t.build + "/libexec/dbg/dbg-shell", "-x"]).check(
        2, b"", b"dbg-shell: usage: dbg-shell [-i | -c COMMAND | FILE]\n")


def test_words(t):
    os.mkdir(t.path("d"))
    for name in ("a1", "a2", "b 3", ".hidden"):
        t.write("d/" + name, "")
    for text, out in ((r"""echo "a  b" 'c  $HOME' d\ e""", "a  b c  $HOME d e\n"),
                      ("X=1; echo $X${X}2 \"$X\" '$X'", "112 1 $X\n"),
                      ("E=; echo [$E] \"\" x", "[]  x\n"),
                      ("X='a   b'; echo $X \"$X\"", "a b a   b\n"),
                      ("echo d/*", "d/a1 d/a2 d/b 3\n"), ("echo d/a? 'd/*' d/x*", "d/a1 d/a2 d/* d/x*\n"),
                      ("echo ~/x $?", t.home + "/x 0\n"), ("false; echo $?", "1\n"),
                      ("X='*'; echo \"$X\" '*'", "* *\n"), ("echo a#b # c", "a#b\n"),
                      ("echo x; # y", "x\n"), ("echo 2>&1 a", "a\n"), ("echo a2>f; cat f", "a2\n")):
        t.eq((text, shell(t, text).out.decode()), (text, out))


def test_pipes_and_redirections(t):
    shell(t, "echo a > f; echo b >> f; cat < f | cat | cat").check(0, b"a\nb\n", b"")
    shell(t, "ls /nonesuch 2> e; cat e").check(0, re.compile(rb".*No such file or directory\n"), b"")
    shell(t, "ls /nonesuch > e 2>&1; cat e").check(0, re.compile(rb".*No such file or directory\n"), b"")
    shell(t, "cd / > e; pwd").check(0, b"/\n", b"")
    shell(t, "cat < /nonesuch").check(1, b"", b"dbg-shell: /nonesuch: No such file or directory\n")
    shell(t, "yes | head -n 1").check(0, b"y\n", b"")
    shell(t, "false || echo or && echo and; true && echo yes || echo no").check(0, b"or\nand\nyes\n", b"")


def test_binary_data_passes_untouched(t):
    data = bytes(range(256)) * 4096
    t.eq(shell(t, "cat | cat", input=data).out, data)
    t.eq(shell(t, "builtin cat", input=data).out, data)


def test_lines_from_a_pipe(t):
    """What follows a line belongs to the command that reads it."""
    t.run([t.build + "/libexec/dbg/dbg-shell"],
          input=b"echo a\n/bin/sh -c 'read x; echo got $x'\nfor read\nexit 3\n").check(3, b"a\ngot for read\n", b"")


def test_file_commands_without_any_program(t):
    env = {"PATH": "/nonesuch"}
    text = ("mkdir -p a/b; echo hello > a/b/f; cp -r a c; mv c/b/f c/g; ln -s g c/l; readlink c/l; cat c/l; ls c;"
            "chmod 600 c/g; touch n; rm -r a; find . -name 'g*' -type f; grep -n ell c/g; wc c/g; rm -f none;"
            "echo 'a b' | hexdump; tail -n 1 c/g; tail -c 3 c/g; head -c 2 c/g; rm c")
    r = shell(t, text, env=env)
    r.check(1, b"g\nhello\nb\ng\nl\n./c/g\n1:hello\n1 1 6 c/g\n"
               b"00000000  61 20 62 0a                                       |a b.|\n00000004\n"
               b"hello\nlo\nhe", b"rm: c: Is a directory\n")
    t.eq(os.stat(t.path("c/g")).st_mode & 0o777, 0o600)
    t.eq(os.path.exists(t.path("a")), False)


def test_system_commands_without_any_program(t):
    env = {"PATH": "/nonesuch"}
    out = shell(t, "ps", env=env).check(0, None, b"").out.decode()
    t.eq(out.splitlines()[0], "    PID    PPID    UID S  COMMAND")
    t.eq(bool(re.search(r"dbg-shell -c ps$", out, re.M)), True)
    shell(t, "id", env=env).check(0, re.compile(rb"uid=\d+ gid=\d+ groups=.*\n"), b"")
    shell(t, "mount", env=env).check(0, re.compile(rb"(?s).* on /proc type proc \(.*"), b"")
    shell(t, "df", env=env).check(0, re.compile(rb"(?s) +KiB +used .*"), b"")
    shell(t, "kill -NOSUCH 1", env=env).check(2, b"", b"kill: no such signal\n")


def test_foreign_bytes_reach_no_terminal(t):
    t.write("d/x\x1b[31m", "")
    term = start(t)
    term.send("builtin ls d\n")
    term.expect("x\\x1b[31m")
    term.send("exit\n")
    t.eq(term.wait(), 0)


def test_noexec(t):
    env = {"DBG_SHELL_NOEXEC": "1"}
    shell(t, "/bin/true", env=env).check(126, b"", b"/bin/true: programs of this image are not run here\n")
    shell(t, "exec sh", env=env).check(126, b"", b"sh: programs of this image are not run here\n")
    shell(t, "echo a | cat | wc", env=env).check(0, b"1 1 2 -\n", b"")


def test_a_program_for_another_machine_gives_way(t):
    """exec format error: our own command of the same name is better than none."""
    t.write("bin/cat", b"\x7fELF" + b"\0" * 60, mode=0o755)
    t.write("f", "x\n")
    shell(t, "cat f", env={"PATH": t.path("bin")}).check(0, b"x\n", b"")
    t.write("bin/odd", "#!/nonesuch/sh\n", mode=0o755)
    shell(t, "odd", env={"PATH": t.path("bin")}).check(126, b"", b"odd: its interpreter or loader is missing\n")


def test_prompt_and_status(t):
    term = start(t)
    t.eq(term.all.replace(b"\x1b[?2004h", b"").decode(), "web (docker) root:%s # " % t.tmp)
    term.send("false\n")
    term.expect(" [1] # ")
    term.send("\x04")
    t.eq(term.wait(), 1)


def test_hostile_name_in_the_prompt(t):
    term = start(t, DBG_NAME="a\x1b]0;x\x07$(id)\x01")
    t.eq(b"a\\x1b]0;x\\x07$(id)\\x01 (docker)" in term.all, True)


def test_completion(t):
    t.write("unusual file", "")
    term = start(t, PATH="/nonesuch")
    term.send("unin\t\n")
    term.expect("uninstall ")
    term.expect(" # ")
    term.send("builtin cat unus\t\n")
    term.expect(re.compile(rb"[\"']unusual file[\"'] "))
    term.expect(" # ")
    term.send("echo $DBG_NA\t\n")
    term.expect("\rweb\r\n")


def test_utf8_editing(t):
    """The cursor moves by characters, and a character is deleted whole."""
    term = start(t)
    term.send("echo aé日b\x1b[D\x7f\n")
    term.expect("\raéb\r\n".encode())


def test_history(t):
    t.write("history", "echo from before\n")
    term = start(t)
    term.send("\x1b[A\n")
    term.expect("\rfrom before\r\n")
    term.expect(" # ")
    term.send("echo one\n")
    term.expect("\rone\r\n")
    term.expect(" # ")
    term.send(" echo secret\n")
    term.expect("\rsecret\r\n")
    term.expect(" # ")
    term.send("exit\n")
    term.wait()
    with open(t.path("history")) as f:
        t.eq(f.read(), "echo from before\necho one\nexit\n")


def test_ctrl_c(t):
    term = start(t)
    term.send("half a line\x03")
    term.expect(" [130] # ")
    term.send("sleep 100; echo not this\n")
    t.poll_until(lambda: term.foreground() != term.pid, 5, "sleep in the foreground")
    term.send("\x03")
    seen = term.expect(" [130] # ")
    t.eq(b"\rnot this" in seen, False)
    term.send("exit 0\n")
    t.eq(term.wait(), 0)


def test_ctrl_z_and_fg(t):
    term = start(t)
    term.send("cat\n")
    t.poll_until(lambda: term.foreground() != term.pid, 5, "cat in the foreground")
    term.send("\x1a")
    term.expect("[1] stopped  cat")
    term.expect(" [148] # ")
    term.send("jobs\n")
    term.expect("\r[1] stopped  cat")
    term.expect(" # ")
    term.send("fg\n")
    t.poll_until(lambda: term.foreground() != term.pid, 5, "cat in the foreground again")
    term.send("here\n")
    term.expect("here\r\nhere\r\n")
    term.send("\x04")
    term.expect(" # ")
    term.send("exit 0\n")
    t.eq(term.wait(), 0)


def test_background(t):
    term = start(t)
    term.send("sh -c 'exit 3' &\n")
    term.expect("[1] sh -c 'exit 3'")
    term.expect(" # ")
    t.poll_until(lambda: (term.send("\n"), b"[1] ended with 3" in term.all or term._read(0.05))[1] and
                 b"[1] ended with 3" in term.all, 5, "the job's end")
    term.send("exit 0\n")
    t.eq(term.wait(), 0)


@requires("strace")
def test_nothing_of_the_container_is_read(t):
    """A9: no locale, NSS, terminfo, inputrc or profile file, on a terminal either."""
    term = t.pty(argv=["strace", "-f", "-o", t.path("log"), "-e", "trace=open,openat,execve,connect",
                       t.build + "/libexec/dbg/dbg-shell"],
                 env={"LANG": "de_DE.UTF-8", "LOCPATH": "/evil", "TERMINFO": "/evil", "INPUTRC": "/evil",
                      "ENV": "/evil", "BASH_ENV": "/evil", "LD_PRELOAD": "/evil.so", "HISTFILE": t.path("history")})
    term.expect(" # ")
    term.send("echo ~roo\t x\n")
    term.expect(" # ")
    term.send("exit 0\n")
    t.eq(term.wait(), 0)
    with open(t.path("log")) as f:
        paths = re.findall(r'open(?:at)?\(.*?"([^"]*)"', f.read())
    known = ("/dev/null", "/dev/tty", t.path("history"), ".", t.tmp)
    # strace itself is a dynamic program, but only what it traces is in the log.
    t.eq([p for p in paths if p not in known], [])
