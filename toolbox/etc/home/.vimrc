" SPDX-License-Identifier: GPL-2.0-or-later
" A session's vim: state stays out of the container, files of the container are data.
if filereadable($VIMRUNTIME . '/defaults.vim')
	source $VIMRUNTIME/defaults.vim
endif
set viminfo= directory=/dev/.session/tmp// backupdir=/dev/.session/tmp// nobackup noundofile
" Written in place: a file that is a mount of its own cannot be replaced by another.
set backupcopy=yes
set nomodeline mouse=
if exists('&undodir')
	set undodir=/dev/.session/tmp//
endif
let g:netrw_dirhistmax = 0
