# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154,SC2034
# Functions that the scripts share. The caller has set -eu and root, the top of the source tree.

# Nothing may appear in the source tree.
export PYTHONDONTWRITEBYTECODE=1

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# Ends a step that cannot run on this machine; ./check counts and names it.
skip() {
	say "skipped: $*"
	if [ -n "${CHECK_NOTE:-}" ]; then
		printf '%s\n' "$*" >"$CHECK_NOTE"
	fi
	exit 77
}

need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# Where caches are, as in tools/vm/files.c: the base directory specification ignores relative paths.
cache_home() {
	case ${XDG_CACHE_HOME:-} in
	/*) printf '%s\n' "$XDG_CACHE_HOME" ;;
	*) printf '%s\n' "${HOME:-/var/tmp}/.cache" ;;
	esac
}

# Whether clang can link with an option: its runtimes are packages of their own.
clang_links_with() {
	command -v clang >/dev/null &&
		echo 'int LLVMFuzzerTestOneInput(const void *data, unsigned long size) { return 0; }' |
		clang "$1" -x c - -o /dev/null >/dev/null 2>&1
}

# Copies the files of a folder whose content differs, so that make compiles what has changed. By
# content: a file that is put back with its old time has changed too.
copy_changed() {
	(cd "$1" && find . -type f) | while IFS= read -r file; do
		if ! cmp -s "$1/$file" "$2/$file"; then
			mkdir -p "$2/$(dirname "$file")"
			cp "$1/$file" "$2/$file"
		fi
	done
}

# The files of the project, one a line, without what is ignored or deleted. Arguments: globs.
sources() {
	# Of this tree: an archive that is unpacked below another checkout is not what that one has.
	if [ -e "$root/.git" ] && git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git -C "$root" ls-files --cached --others --exclude-standard -- "$@" | sort -u
	else
		(cd "$root" && find . -type d \( -name .git -o -name build -o -name 'build-*' -o -name __pycache__ \) -prune -o -type f -print) |
			sed 's|^\./||' | sort | matching "$@"
	fi | while IFS= read -r file; do
		if [ -f "$root/$file" ]; then
			printf '%s\n' "$file"
		fi
	done
}

# Of the paths on stdin, those that match one of the globs (all without a glob). As in git, *
# also matches slashes.
matching() {
	while IFS= read -r file; do
		[ $# -gt 0 ] || printf '%s\n' "$file"
		for glob in "$@"; do
			# shellcheck disable=SC2254
			case $file in
			$glob)
				printf '%s\n' "$file"
				break
				;;
			esac
		done
	done
}

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
