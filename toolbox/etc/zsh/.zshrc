# SPDX-License-Identifier: GPL-2.0-or-later
# What zsh reads in a session (ZDOTDIR); see bashrc, whose rules and looks it follows.
HISTFILE=/dev/.session/history
HISTSIZE=20000
SAVEHIST=20000
setopt inc_append_history hist_ignore_dups hist_ignore_space no_hist_save_by_copy no_extended_history
setopt prompt_subst no_beep interactive_comments no_nomatch
export TMPDIR=${TMPDIR:-/dev/.session/tmp} LESSHISTFILE=-
[[ -e /dev/.session/home/.vimrc ]] || /dev/bin/ln -s /dev/.dbg/dbg/etc/home/.[a-z]* /dev/.session/home/ 2>/dev/null

__dbg_name=${${DBG_NAME:-dbg}//[^[:alnum:]._:@+\/-]/?}
__dbg_engine=${DBG_ENGINE//[^[:alnum:]._-]/?}
[[ $__dbg_name == $__dbg_engine:* ]] && __dbg_engine=
__dbg_user=${${DBG_USER:-$EUID}//[^[:alnum:]._-]/?}
if [[ $TERM == dumb || -n $NO_COLOR ]]; then
	PROMPT='${__dbg_name}${__dbg_engine:+ ($__dbg_engine)} ${__dbg_user}:%4~ %(?..[%?] )%# '
else
	PROMPT='%B%F{cyan}${__dbg_name}%f%b${__dbg_engine:+ %F{8\}($__dbg_engine)%f} ${__dbg_user}:%F{blue}%4~%f %(?..%B%F{red}[%?]%f%b )%# '
fi

__dbg_bin=/dev/.dbg/dbg/bin
for __dbg_word in $__dbg_bin/*(N:t); do
	case $__dbg_word in
	dbg-client | help | source | complete | version | *[^a-z-]*) continue ;;
	esac
	eval "$__dbg_word() { $__dbg_bin/$__dbg_word \"\$@\"; local s=\$?; rehash; return \$s }"
done
unset __dbg_word

command_not_found_handler() {
	print -ru2 -- "dbg: ${(V)1}: command not found"
	if [[ -t 2 && -x $__dbg_bin/install && $1 =~ '^[[:alnum:]][[:alnum:].+_-]*$' ]]; then
		print -ru2 -- "dbg: hint: 'install $1' looks for a package that has it"
	fi
	return 127
}

bindkey -e
bindkey '^[[A' history-beginning-search-backward '^[[B' history-beginning-search-forward
bindkey '^[[3~' delete-char '^[[H' beginning-of-line '^[[F' end-of-line
bindkey '^[[1;5C' forward-word '^[[1;5D' backward-word
__dbg_packages() {
	((${#PREFIX} >= 2)) && compadd -- ${${(f)"$($__dbg_bin/dbg complete packages "$PREFIX" 2>/dev/null)"}%%$'\t'*}
}
# Reading what completes a thousand commands takes a second: at the first TAB, not at every start.
# -u: the toolbox's files belong to whom they are mapped to here; -D: no dump file.
__dbg_first_tab() {
	bindkey '^I' expand-or-complete
	autoload -Uz compinit && compinit -u -D 2>/dev/null
	(($+functions[compdef])) && compdef __dbg_packages install uninstall
	zle expand-or-complete
}
zle -N __dbg_first_tab
bindkey '^I' __dbg_first_tab
[[ $commands[ls] == /dev/* ]] && alias ls='ls --color=auto' ll='ls -l --color=auto' la='ls -la --color=auto'
[[ $commands[grep] == /dev/* ]] && alias grep='grep --color=auto'
true
