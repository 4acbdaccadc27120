#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/check-layers against small trees: includes, and objects that are compiled here."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))
COMPILER = os.environ.get("CC", "cc").split()
# The note of the step that these tests run in is not theirs.
os.environ.pop("CHECK_NOTE", None)


def load():
    """The script as a module of its own, whose tables a test may change."""
    loader = importlib.machinery.SourceFileLoader("check_layers", SCRIPT)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    module.CIRCLES = {}
    return module


class Tree(unittest.TestCase):
    def setUp(self):
        self.layers = load()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.realpath(folder.name)
        self.build = os.path.join(self.root, "build")
        os.mkdir(self.build)
        self.rules = []

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def link(self, name, *parts, rule="c_LINKER"):
        """A program or, with .a, an archive of sources and archives, as Meson describes it."""
        own, archives = [], []
        for part in parts:
            if part.endswith(".a"):
                archives.append(part)
                continue
            output = f"{name}.p/{part.replace('/', '_')}.o"
            os.makedirs(os.path.join(self.build, f"{name}.p"), exist_ok=True)
            subprocess.run([*COMPILER, "-c", os.path.join(self.root, part), "-o",
                            os.path.join(self.build, output)], check=True)
            self.rules.append(f"build {output}: c_COMPILER ../{part}")
            own.append(output)
        self.write(f"build/{name}", "")
        after = f" | {' '.join(archives)}" if archives else ""
        self.rules.append(f"build {name}: {rule} {' '.join(own)}{after}")

    def archive(self, name, *parts):
        self.link(name, *parts, rule="STATIC_LINKER")

    def objects(self):
        """The problems that the objects have."""
        names = [rule.split(":")[0][len("build "):] for rule in self.rules if "_LINKER" in rule]
        self.write("build/build.ninja",
                   "\n".join([*self.rules, f"build all: phony {' '.join(names)}", ""]))
        problems, self.calls = self.layers.check_objects(self.root, self.build)
        return problems

    def one_problem(self, *words):
        problems = self.objects()
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])


class Includes(Tree):
    def test_allowed(self):
        self.write("include/cvmem/map.h", "#include <stdint.h>\n")
        self.write("lib/map.c", "#include <cvmem/map.h>\n")
        self.assertEqual(self.layers.check(self.root), ([], 2))

    def test_upwards(self):
        self.write("emu/pages.h", "")
        self.write("lib/map.c", '#include "../emu/pages.h"\n')
        self.assertEqual(self.layers.check(self.root)[0], ["lib/map.c:1: lib may not know emu/pages.h"])

    def test_system_header(self):
        self.write("lib/map.c", "\n#include <stdio.h>\n")
        self.assertEqual(self.layers.check(self.root)[0],
                         ["lib/map.c:2: <stdio.h> is not a freestanding header"])

    def test_folder_without_a_rule(self):
        self.write("new/map.c", "#include <stdio.h>\n")
        self.assertIn("new has no rule", self.layers.check(self.root)[0][0])

    def test_circle(self):
        self.write("tools/a/a.h", '#include "../b/b.h"\n')
        self.write("tools/b/b.h", '#include "../a/a.h"\n')
        self.layers.RULES["tools"] = ([], False)
        self.assertTrue(any("a circle: " in problem for problem in self.layers.check(self.root)[0]))


class Objects(Tree):
    def test_fine(self):
        self.write("lib/a.c", "int cvm_b(void); int cvm_a(void) { return cvm_b(); }")
        self.write("lib/b.c", "int cvm_data = 1; int cvm_b(void) { return cvm_data; }")
        self.write("tests/lib/test_a.c", "int cvm_a(void); extern int cvm_data;"
                   "int main(void) { return cvm_a() + cvm_data; }")
        self.archive("libcvmem.a", "lib/a.c", "lib/b.c")
        self.link("test", "tests/lib/test_a.c", "libcvmem.a")
        self.assertEqual(self.objects(), [])
        self.assertEqual(self.calls, 3)

    def circle(self):
        self.write("emu/a.c", "int b(void); int a(void) { return b(); }")
        self.write("emu/b.c", "int c(void); int b(void) { return c(); }")
        self.write("emu/c.c", "extern int (*hook)(void); int c(void) { return hook(); }")
        self.write("emu/d.c", "int a(void); int (*hook)(void) = a;")
        self.link("program", "emu/a.c", "emu/b.c", "emu/c.c", "emu/d.c")

    def test_circle_by_data(self):
        self.circle()
        self.one_problem("a circle of 4 files", "emu/a.c -> emu/b.c: b\n", "emu/c.c -> emu/d.c: hook",
                         "emu/d.c -> emu/a.c: a")

    def test_exception(self):
        self.circle()
        self.layers.CIRCLES = {("emu/d.c", "emu/a.c"): "for this test"}
        self.assertEqual(self.objects(), [])

    def test_exception_without_a_circle(self):
        self.circle()
        self.write("emu/d.c", "int nothing(void); int (*hook)(void) = nothing;")
        self.rules.clear()
        self.link("program", "emu/a.c", "emu/b.c", "emu/c.c", "emu/d.c")
        self.write("emu/e.c", "int a(void); int main(void) { return a(); }")
        self.link("other", "emu/a.c", "emu/b.c", "emu/c.c", "emu/d.c", "emu/e.c")
        self.layers.CIRCLES = {("emu/d.c", "emu/a.c"): "for this test"}
        self.one_problem("emu/d.c -> emu/a.c closes no circle")

    def test_two_circles_in_one_component(self):
        self.write("emu/a.c", "int b(void), c(void); int a(void) { return b() + c(); }")
        self.write("emu/b.c", "int a(void); int b(void) { return a(); }")
        self.write("emu/c.c", "int a(void); int c(void) { return a(); }")
        self.link("program", "emu/a.c", "emu/b.c", "emu/c.c")
        self.one_problem("a circle of 3 files", "emu/b.c -> emu/a.c: a", "emu/c.c -> emu/a.c: a")

    def test_circle_of_folders(self):
        self.write("tools/x/a.c", "int b(void); int main(void) { return b(); }")
        self.write("tools/y/b.c", "int c(void); int b(void) { return c(); }")
        self.write("tools/x/c.c", "int c(void) { return 0; }")
        self.link("program", "tools/x/a.c", "tools/x/c.c", "tools/y/b.c")
        self.one_problem("a circle of 2 folders: tools/x tools/y", "tools/y/b.c -> tools/x/c.c")

    def test_forbidden_call(self):
        """Through a declaration of its own, without an include."""
        self.write("emu/a.c", "int helper(void); int main(void) { return helper(); }")
        self.write("tools/b.c", "int helper(void) { return 0; }")
        self.link("program", "emu/a.c", "tools/b.c")
        self.one_problem("emu/a.c -> tools/b.c: helper: emu may not call tools")

    def test_through_a_public_header(self):
        """What a header of include/ lets one call is defined in lib/ or in platform/."""
        self.write("lib/a.c", "int cvm_a(void) { return 0; }")
        self.write("platform/b.c", "int cvm_b(void) { return 0; }")
        self.write("boot/c.c", "int cvm_a(void), cvm_b(void); int main(void) { return cvm_a() + cvm_b(); }")
        self.link("program", "boot/c.c", "lib/a.c", "platform/b.c")
        self.assertEqual(self.objects(), [])
        self.write("platform/b.c", "int cvm_a(void); int cvm_b(void) { return cvm_a(); }")
        self.link("program", "boot/c.c", "lib/a.c", "platform/b.c")
        self.one_problem("platform/b.c -> lib/a.c: cvm_a: platform may not call lib")

    def test_stand_in(self):
        """A test defines what the code calls, and a program has the real one."""
        self.write("emu/a.c", "int b(void); int a(void) { return b(); }")
        self.write("emu/b.c", "int b(void) { return 0; }")
        self.write("tests/emu/test_a.c", "int a(void); int b(void) { return 1; }"
                   "int main(void) { return a(); }")
        self.link("test", "tests/emu/test_a.c", "emu/a.c")
        self.link("program", "emu/a.c", "emu/b.c")
        self.assertEqual(self.objects(), [])

    def test_by_program(self):
        """Two programs, each with its own function of that name: no file calls the other's."""
        self.write("hosted/a.c", "int stop(void); int main(void) { return stop(); }")
        self.write("hosted/b.c", "int stop(void) { return 0; }")
        self.write("qemu/a.c", "int stop(void); int main(void) { return stop(); }")
        self.write("qemu/b.c", "int stop(void) { return 0; }")
        self.link("hosted-program", "hosted/a.c", "hosted/b.c")
        self.link("plugin", "qemu/a.c", "qemu/b.c")
        self.one_problem("stop is defined in hosted/b.c and in qemu/b.c")

    def test_weak_and_common(self):
        """The strong definition counts; a common one is a definition, too."""
        self.write("emu/a.c", "int b(void); extern int d; int main(void) { return b() + d; }")
        self.write("emu/b.c", "int a_is_weak; __attribute__((weak)) int b(void) { return 0; }"
                   "int d __attribute__((common)); int b_default(void) { return a_is_weak; }")
        self.write("emu/c.c", "extern int a_is_weak, b_default(void);"
                   "int b(void) { return a_is_weak + b_default(); }")
        self.link("program", "emu/b.c", "emu/a.c", "emu/c.c")
        build = self.layers.objects
        self.one_problem("b is defined in emu/b.c and in emu/c.c")
        calls = build.Build(self.root, self.build).calls()
        self.assertEqual(calls["emu/a.c"], {"emu/c.c": {"b"}, "emu/b.c": {"d"}})

    def test_used_by_nobody_else(self):
        self.write("emu/a.c", "int helper(void) { return 0; } int main(void) { return helper(); }")
        self.write("emu/a.h", "int helper(void);")
        self.link("program", "emu/a.c")
        self.one_problem("emu/a.c: helper is used in no other file; make it static")

    def test_public_and_left_out(self):
        """What is public, or used by a file that this build leaves out, is external for good."""
        self.write("lib/a.c", "int cvm_a(void) { return 0; } int cvm_fuzzed(void) { return 1; }")
        self.write("include/cvmem/a.h", "int cvm_a(void);")
        self.write("fuzz/fuzz_a.c", "int cvm_fuzzed(void); int x(void) { return cvm_fuzzed(); }")
        self.archive("libcvmem.a", "lib/a.c")
        self.assertEqual(self.objects(), [])

    def test_not_built(self):
        self.write("emu/a.c", "int main(void) { return 0; }")
        self.link("program", "emu/a.c")
        os.remove(os.path.join(self.build, "program"))
        with self.assertRaisesRegex(self.layers.objects.Incomplete, "program is not built"):
            self.objects()
        with self.assertRaisesRegex(self.layers.objects.Incomplete, "is no build folder"):
            self.layers.objects.Build(self.root, os.path.join(self.root, "absent"))

    def test_generated(self):
        """A file that the build makes belongs to no folder of the tree."""
        self.write("build/tools/page.c", "extern const char page[]; const char page[] = \"\";")
        self.write("tools/boot/a.c", "extern const char page[]; int main(void) { return *page; }")
        self.link("program", "tools/boot/a.c", "build/tools/page.c")
        self.rules = [rule.replace("../build/", "") for rule in self.rules]
        self.assertEqual(self.objects(), [])

    def test_without_a_build(self):
        self.write("lib/a.c", "#include <stdint.h>\n")
        sys.argv[1:] = ["--objects", self.build, self.root]
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(self.layers.main(), 77)
        self.assertIn("skipped: only the includes were checked", errors.getvalue())

    def test_command(self):
        self.circle()
        self.objects()
        errors = io.StringIO()
        self.write("lib/a.c", "#include <stdint.h>\n")
        sys.argv[1:] = ["--objects", self.build, self.root]
        with contextlib.redirect_stderr(errors):
            self.assertEqual(self.layers.main(), 1)
        self.assertIn("a circle of 4 files", errors.getvalue())
        self.assertIn("1 includes, 4 symbols of other files, 1 problems", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
