# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for dbg(1). What may follow is asked of dbg itself; here is
# only what bash is particular about: it splits words at ':' and '=', and
# candidates must begin behind the last of those.
# shellcheck shell=bash

_dbg() {
	local -a words=()
	local i cur line strip='' candidate
	COMPREPLY=()

	# Put together again what COMP_WORDBREAKS took apart.
	line=$COMP_LINE
	for ((i = 0; i <= COMP_CWORD; i++)); do
		local word=${COMP_WORDS[i]} glued=no
		if ((i > 0)) && [[ $line != [[:space:]]* ]]; then
			glued=yes
		fi
		line=${line#"${line%%[![:space:]]*}"}
		line=${line#"$word"}
		if [[ $glued == yes ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
	done
	cur=${words[${#words[@]} - 1]}
	case $COMP_WORDBREAKS in *=*) strip=${cur%"${cur##*=}"} ;; esac
	case $COMP_WORDBREAKS in *:*) [[ $cur == *:* ]] && strip=${cur%"${cur##*:}"} ;; esac

	while IFS= read -r candidate; do
		case $candidate in
		:files)
			compopt -o filenames
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${cur#*=}")
			;;
		:dirs)
			compopt -o filenames
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "${cur#*=}")
			;;
		*)
			candidate=${candidate%%$'\t'*}
			COMPREPLY+=("${candidate#"$strip"}")
			;;
		esac
	done < <("${words[0]}" complete words -- "${words[@]:1}" 2>/dev/null)
	return 0
}

complete -F _dbg dbg
