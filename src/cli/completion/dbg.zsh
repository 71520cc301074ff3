#compdef dbg
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion for dbg(1). What may follow is asked of dbg itself.

_dbg() {
	local -a typed plain described
	local line name
	typed=("${(@Q)words[2,CURRENT]}")
	while IFS= read -r line; do
		case $line in
		:files)
			[[ $PREFIX == --*=* ]] && compset -P '*='
			_files
			;;
		:dirs)
			[[ $PREFIX == --*=* ]] && compset -P '*='
			_files -/
			;;
		*$'\t'*)
			name=${line%%$'\t'*}
			described+=("${name//:/\\:}:${line#*$'\t'}")
			;;
		*) plain+=("$line") ;;
		esac
	done < <("${(Q)words[1]}" complete words -- "${typed[@]}" 2>/dev/null)
	(($#described)) && _describe 'dbg' described
	(($#plain)) && compadd -- "${plain[@]}"
	return 0
}

# Autoloaded from fpath the file is the function; sourced, it is defined and bound.
if [[ ${funcstack[1]} == _dbg ]]; then
	_dbg "$@"
else
	compdef _dbg dbg
fi
