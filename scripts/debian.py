# SPDX-License-Identifier: MIT
"""A Debian in a folder, by debootstrap and from this machine's apt configuration."""

import os
import subprocess


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def repositories():
    """(URI, suite) of Debian's repositories in this machine's apt, the release's own first. Without
    package lists it is unknown which are Debian's: then all."""
    form = "$(ORIGIN)|$(COMPONENT)|$(REPO_URI)|$(RELEASE)"
    for options in [], ["--no-release-info"]:
        lines = output_of("apt-get", "indextargets", *options, "--format", form, "Created-By: Packages")
        found = []
        for line in lines.splitlines():
            origin, component, uri, suite = line.split("|")
            if component == "main" and (options or origin == "Debian") and (uri, suite) not in found:
                found.append((uri, suite))
        if found:
            return sorted(found, key=lambda one: "-" in one[1])
    raise RuntimeError("apt's configuration names no Debian mirror, or has no package lists: apt-get update")


def debootstrap(folder, packages):
    """The command, and the repositories that it is to have afterwards."""
    sources = repositories()
    mirror, suite = sources[0]
    if mirror.startswith("https:"):
        packages = [*packages, "ca-certificates"]
    command = ["debootstrap", "--variant=minbase", "--include=" + ",".join(packages), suite, folder, mirror]
    return command, sources


def set_sources(folder, sources):
    with open(os.path.join(folder, "etc/apt/sources.list"), "w", encoding="ascii") as file:
        file.writelines(f"deb {uri} {name} main\n" for uri, name in sources)
    with open(os.path.join(folder, "etc/apt/apt.conf.d/90machine"), "w", encoding="utf-8") as file:
        file.writelines(
            line + "\n"
            for line in output_of("apt-config", "dump").splitlines()
            if line.startswith(("Acquire::http::Proxy ", "Acquire::https::Proxy "))
        )
