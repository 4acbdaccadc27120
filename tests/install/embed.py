# SPDX-License-Identifier: MIT
"""What the tests of the ways to embed the library share."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))

# What a kernel gives to each of its files.
KERNEL = ["-O2", "-ffreestanding", "-nostdlib", "-mgeneral-regs-only", "-mno-red-zone", "-fno-pie", "-fno-stack-protector"]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]
# Command and language of each compiler. C++ warns about { 0 }, which C does not.
COMPILERS = {
    "gcc": ["gcc", "-x", "c", "-std=gnu11"],
    "clang": ["clang", "-x", "c", "-std=gnu11"],
    "g++": ["g++", "-x", "c++", "-std=gnu++17", "-fno-exceptions", "-Wno-missing-field-initializers"],
}


def run(*command, **options):
    """The output of a command, which must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        print("FAILED:", *command)
        print(done.stdout + done.stderr)
        sys.exit(1)
    return done.stdout


def below_root(paths):
    return [os.path.relpath(os.path.realpath(path), os.path.realpath(ROOT)) for path in paths]


def readme(way):
    """The lines of code that README.md gives for a way to embed, below a sentence that begins so."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        blocks = re.findall(rf"^{way}[,:].*\n\n((?:    .*\n)+)", file.read(), re.M)
    if len(blocks) != 1:
        fail(f"README.md has {len(blocks)} blocks for: {way}")
    return [line.strip() for line in blocks[0].splitlines()]


def run_minimal_as(command, folder, **options):
    """Run a command of README.md that builds the minimal example in a folder, then the example."""
    shutil.copy(os.path.join(ROOT, "examples", "minimal.c"), folder)
    run("sh", "-c", command, cwd=folder, **options)
    run_minimal(os.path.join(folder, "a.out"))


def compilers():
    """Those that are here, by name; gcc always is."""
    for name, command in COMPILERS.items():
        if name == "gcc" or shutil.which(command[0]):
            yield name, command
        else:
            print(f"{name} is not installed")


def compile_example(command, source, out, *options):
    """An object of a file in examples/."""
    run(*command, *WARNINGS, *options, "-c", os.path.join(ROOT, "examples", source), "-o", out)


def link(out, *objects):
    run("gcc", "-no-pie", "-o", out, *objects)


def run_minimal(program):
    output = run(program)
    if output.count("5 MiB at 0x") != 3:
        fail(f"{program} printed: {output}")


def symbols(*arguments):
    """The names that nm prints."""
    return {line.split()[-1] for line in run("nm", *arguments).splitlines() if line.split() and not line.endswith(":")}


def fail(what):
    print("FAILED:", what)
    sys.exit(1)


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def scratch():
    """A folder, outside the tree, that goes when the test ends."""
    return tempfile.TemporaryDirectory(prefix="cvmem-embed-")


def copy_tree(to):
    """What a release's archive has: neither git's folder nor build folders."""
    ignored = shutil.ignore_patterns(".git", "build", "build-*", "__pycache__", "data", "corpus")
    shutil.copytree(ROOT, to, ignore=ignored)
