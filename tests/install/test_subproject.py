#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_subproject.py MESON

A project that has the library as a Meson subproject, found by either of its two names, from a tree
without git. There is no pkg-config and no other library for it; it builds the minimal example and nothing
of the tools.
"""
import os
import sys

import embed

MESON = sys.argv[1]

PROJECT = """
project('kernel', 'c', default_options: ['werror=true', 'warning_level=2'])
executable('{name}', 'minimal.c', dependencies: {dependency})
"""
DEPENDENCIES = {
    "fallback": embed.readme("A Meson subproject")[0],
    "variable": "subproject('cvmem').get_variable('cvmem_dep')",
}


def main():
    with embed.scratch() as top:
        embed.copy_tree(f"{top}/subprojects/cvmem")
        os.symlink(os.path.join(embed.ROOT, "examples", "minimal.c"), f"{top}/minimal.c")
        environment = dict(os.environ, PKG_CONFIG="/nonexistent", CC="gcc")
        for name, dependency in DEPENDENCIES.items():
            with open(f"{top}/meson.build", "w", encoding="utf-8") as file:
                file.write(PROJECT.format(name=name, dependency=dependency))
            build = f"{top}/build-{name}"
            embed.run(MESON, "setup", build, top, env=environment)
            embed.run("ninja", "-C", build, env=environment)
            embed.run_minimal(f"{build}/{name}")
            built = {file for _, _, files in os.walk(build) for file in files if file.endswith((".a", ".so"))}
            if built != {"libcvmem.a"}:
                embed.fail(f"built as a subproject: {sorted(built)}")
            installed = embed.run(MESON, "introspect", "--installed", build)
            if installed.strip() != "{}":
                embed.fail(f"installed by the embedder: {installed}")


main()
