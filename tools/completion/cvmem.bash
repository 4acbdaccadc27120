# SPDX-License-Identifier: MIT
# Bash completion for cvmem.

# The platform that the command line names, anywhere. TDX has every attack that SNP has.
_cvmem_platform()
{
	local i platform=tdx

	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		[[ ${words[i]} == --platform ]] || continue
		platform=${words[i + 1]}
		# --platform=NAME is three words.
		[[ $platform != = ]] || platform=${words[i + 2]}
	done
	printf '%s' "$platform"
}

# Names in the first column; in those of `cvmem boot` the platforms follow.
_cvmem_attacks()
{
	local platform

	platform=$(_cvmem_platform)
	if [ "$1" = vm ]; then
		cvmem vm --platform "$platform" --attack list | cut -d ' ' -f 1
	else
		cvmem boot --attack list | awk -v name="$platform" '$2 == name || $3 == name { print $1 }'
	fi 2>/dev/null
}

_cvmem()
{
	local cur prev words cword
	_init_completion || return

	if [ "$cword" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'boot inspect map status vm warm --help --version' -- "$cur")
		return
	fi
	case ${words[1]} in
	boot)
		case $prev in
		--platform)
			mapfile -t COMPREPLY < <(compgen -W 'tdx snp' -- "$cur")
			return
			;;
		--policy)
			mapfile -t COMPREPLY < <(compgen -W 'lazy background eager' -- "$cur")
			return
			;;
		--firmware-accepts)
			mapfile -t COMPREPLY < <(compgen -W '128M 4G all' -- "$cur")
			return
			;;
		--accept-cost)
			mapfile -t COMPREPLY < <(compgen -W \
				'tdx snp tdx-early tdx-late none' -- "$cur")
			return
			;;
		--attack)
			mapfile -t COMPREPLY < <(compgen -W "list $(_cvmem_attacks boot)" -- "$cur")
			return
			;;
		--memory | --vcpus | --unit)
			return
			;;
		esac
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--map --memory --platform --policy \
				--compare --vcpus --firmware-accepts --accept-cost --host-4k --unit \
				--attack --workload --json --report --help' -- "$cur")
			return
		fi
		;;
	inspect)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--json --help' -- "$cur")
			return
		fi
		;;
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
	status)
		case $prev in
		-i | --interval | --count | --sample)
			return
			;;
		esac
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--watch --interval --count --sample --json \
				--prometheus --output --root --help' -- "$cur")
			return
		fi
		;;
	vm)
		case $prev in
		--gpa-width)
			mapfile -t COMPREPLY < <(compgen -W '48 52 53' -- "$cur")
			return
			;;
		--policy)
			mapfile -t COMPREPLY < <(compgen -W 'lazy eager' -- "$cur")
			return
			;;
		--platform)
			mapfile -t COMPREPLY < <(compgen -W 'tdx snp' -- "$cur")
			return
			;;
		--c-bit)
			mapfile -t COMPREPLY < <(compgen -W '47 51' -- "$cur")
			return
			;;
		--vc)
			mapfile -t COMPREPLY < <(compgen -W 'on off all' -- "$cur")
			return
			;;
		--ve)
			mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur")
			return
			;;
		--vmpl)
			mapfile -t COMPREPLY < <(compgen -W '0 1 2 3' -- "$cur")
			return
			;;
		--violation)
			mapfile -t COMPREPLY < <(compgen -W 'stop ve vc log' -- "$cur")
			return
			;;
		--attack)
			mapfile -t COMPREPLY < <(compgen -W "list $(_cvmem_attacks vm)" -- "$cur")
			return
			;;
		--accept-cost)
			mapfile -t COMPREPLY < <(compgen -W \
				'tdx snp tdx-early tdx-late none' -- "$cur")
			return
			;;
		--append | --forget-accept | --memory | --vcpus)
			return
			;;
		esac
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--kernel --initrd --append --demo --disk \
				--firmware --memory --vcpus --platform --c-bit --vc --vmpl --gpa-width --ve --policy --violation \
				--attack --forget-accept --host-4k --accept-cost --json --symbols --trace \
				--plain --setup --help' -- "$cur")
			return
		fi
		;;
	warm)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--rate --max-cpu --max-pressure --keep \
				--workers --burst --park --attempts --json --quiet --help' -- "$cur")
		fi
		return
		;;
	esac
	_filedir
}
complete -F _cvmem cvmem
