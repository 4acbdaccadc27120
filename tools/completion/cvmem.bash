# SPDX-License-Identifier: MIT
# Bash completion for cvmem.

_cvmem()
{
	local cur prev words cword
	_init_completion || return

	if [ "$cword" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'map --help --version' -- "$cur")
		return
	fi
	case ${words[1]} in
	map)
		case $prev in
		-f | --format)
			mapfile -t COMPREPLY < <(compgen -W 'text e820 efi efi:48 memmap' -- "$cur")
			return
			;;
		-t | --to)
			mapfile -t COMPREPLY < <(compgen -W 'e820 efi' -- "$cur")
			return
			;;
		-m | --map)
			return
			;;
		esac
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W \
				'--json --format --to --output --map --help' -- "$cur")
			return
		fi
		;;
	esac
	_filedir
}
complete -F _cvmem cvmem
