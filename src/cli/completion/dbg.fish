# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for dbg(1). What may follow is asked of dbg itself.

function __dbg_candidates
    set -l typed (commandline -opc) (commandline -ct)
    set -l cur $typed[-1]
    for line in ($typed[1] complete words -- $typed[2..-1] 2>/dev/null)
        switch $line
            case :files
                if string match -q -- '--*=*' $cur
                    set -l option (string replace -r -- '=.*' '=' $cur)
                    for path in (__fish_complete_path (string replace -r -- '^[^=]*=' '' $cur))
                        echo $option$path
                    end
                else
                    __fish_complete_path $cur
                end
            case :dirs
                if string match -q -- '--*=*' $cur
                    set -l option (string replace -r -- '=.*' '=' $cur)
                    for path in (__fish_complete_directories (string replace -r -- '^[^=]*=' '' $cur))
                        echo $option$path
                    end
                else
                    __fish_complete_directories $cur
                end
            case '*'
                echo $line
        end
    end
end

complete -c dbg -f -a '(__dbg_candidates)'
