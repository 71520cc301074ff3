# SPDX-License-Identifier: GPL-2.0-or-later
# What fish reads in a session (fish --no-config --init-command 'source .../config.fish'); see bashrc.
set -g fish_greeting
# They kept fish's own files out of the container; its programs do not get them.
set -e XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME
# --no-config leaves these to us; nothing is loaded from a home directory.
set -g fish_function_path /dev/share/fish/functions
set -g fish_complete_path /dev/share/fish/vendor_completions.d /dev/share/fish/completions
# Nor are the keys set: without them not even the arrow keys reach the history.
fish_default_key_bindings
set -gx LESSHISTFILE -
set -q TMPDIR; or set -gx TMPDIR /dev/.session/tmp
test -e /dev/.session/home/.vimrc; or /dev/bin/ln -s /dev/.dbg/dbg/etc/home/.vimrc /dev/.dbg/dbg/etc/home/.nanorc /dev/.session/home/ 2>/dev/null
set -q DBG_NAME; or set -g DBG_NAME dbg
set -g __dbg_name (string replace -ra '[^A-Za-z0-9._:@+/-]' '?' -- "$DBG_NAME")
set -g __dbg_engine (string replace -ra '[^A-Za-z0-9._-]' '?' -- "$DBG_ENGINE")
string match -q -- "$__dbg_engine:*" $__dbg_name; and set -g __dbg_engine
set -g __dbg_user (string replace -ra '[^A-Za-z0-9._-]' '?' -- "$DBG_USER")
set -g __dbg_bin /dev/.dbg/dbg/bin

# One history for all shells: fish's own file is made of it, and each line goes back to it.
# (--no-config has made it private: none is read then.)
set -eg fish_private_mode
set -g fish_history dbg
if test -s /dev/.session/history
    /dev/bin/mkdir -p /dev/.session/home/.data/fish
    string replace -a '\\' '\\\\' </dev/.session/history | string replace -r -- '^' '- cmd: ' |
        string replace -r '$' '\n  when: 1' >/dev/.session/home/.data/fish/dbg_history
    history merge
end
function __dbg_remember --on-event fish_preexec
    string match -qr '^\s|\n' -- "$argv"; or string match -qr '^\s*$' -- "$argv"
    or echo -- "$argv" >>/dev/.session/history
end

function fish_prompt
    set -l last $status
    set_color -o cyan; echo -n $__dbg_name
    set_color normal
    test -n "$__dbg_engine"; and echo -n " ($__dbg_engine)"
    echo -n " $__dbg_user:"
    set_color blue; echo -n (prompt_pwd)
    set_color normal
    if test $last -ne 0
        set_color -o red; echo -n " [$last]"
        set_color normal
    end
    fish_is_root_user; and echo -n ' # '; or echo -n ' $ '
end

for word in (path basename $__dbg_bin/* 2>/dev/null; or string replace -r '.*/' '' -- $__dbg_bin/*)
    contains -- $word dbg-client help source complete version; and continue
    string match -qr '^[a-z-]+$' -- $word; or continue
    function $word --inherit-variable word
        /dev/.dbg/dbg/bin/$word $argv
    end
end

function fish_command_not_found
    echo "dbg: "(string escape -- $argv[1])": command not found" >&2
    if isatty stderr; and test -x $__dbg_bin/install; and string match -qr '^[A-Za-z0-9][A-Za-z0-9.+_-]*$' -- $argv[1]
        echo "dbg: hint: 'install $argv[1]' looks for a package that has it" >&2
    end
end

function __dbg_packages
    set -l word (commandline -ct)
    test (string length -- "$word") -ge 2; and $__dbg_bin/dbg complete packages $word 2>/dev/null
end
complete -c install -f -a '(__dbg_packages)'
complete -c uninstall -f -a '(__dbg_packages)'
