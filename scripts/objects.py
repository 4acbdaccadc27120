# SPDX-License-Identifier: MIT
"""Who calls whom, as the objects of a build folder say: each object's external symbols by nm, and
what is linked with what by build.ninja. Used by scripts/check-layers."""

import os
import re
import subprocess

WORD = re.compile(r"(?:[^\s:|$]|\$.)+|:|\|+")
ESCAPE = re.compile(r"\$(.)")
# Object files to name in one call of nm.
CHUNK = 400


class Incomplete(Exception):
    """The build folder has no build.ninja, or an object of it has not been compiled."""


class Object:
    """One object file and the source that it is made of, relative to the tree."""

    def __init__(self, path, source):
        self.path, self.source = path, source
        self.strong, self.weak, self.undefined = set(), set(), set()

    def add(self, name, kind):
        """kind: nm's letter."""
        if kind in "Uwv":
            self.undefined.add(name)
        elif kind in "WVCu":
            self.weak.add(name)
        else:
            self.strong.add(name)


class Build:
    def __init__(self, root, folder):
        self.folder = os.path.abspath(folder)
        self.objects = {}  # by path
        self.links = {}  # what is linked: (its own objects, archives)
        self.default = []  # what ninja makes when it is not told what
        try:
            with open(os.path.join(folder, "build.ninja"), encoding="utf-8") as file:
                for line in file:
                    if line.startswith("build "):
                        self.add_rule(os.path.realpath(root), line[len("build "):])
        except FileNotFoundError:
            raise Incomplete(f"{folder} is no build folder") from None
        self.drop_what_is_not_built()
        self.read_symbols()

    def add_rule(self, root, line):
        words = [ESCAPE.sub(r"\1", word) if word != ":" else None for word in WORD.findall(line)]
        colon = words.index(None)
        output, rule, inputs = words[0], words[colon + 1], words[colon + 2:]
        if "||" in inputs:
            inputs = inputs[:inputs.index("||")]
        if rule.endswith("_COMPILER") and output.endswith(".o"):
            source = os.path.realpath(os.path.join(self.folder, inputs[0]))
            # What is generated into the build folder belongs to no folder of the tree.
            if not source.startswith(os.path.realpath(self.folder) + os.sep):
                self.objects[output] = Object(output, os.path.relpath(source, root))
        elif rule.endswith("_LINKER"):
            self.links[output] = ([name for name in inputs if name.endswith(".o")],
                                  [name for name in inputs if name.endswith(".a")])
        elif output == "all":
            self.default = inputs

    def exists(self, path):
        return os.path.exists(os.path.join(self.folder, path))

    def drop_what_is_not_built(self):
        """Some programs are built only by name."""
        absent = [name for name in self.default if name in self.links and not self.exists(name)]
        if absent:
            raise Incomplete(f"{absent[0]} is not built; run ninja -C {self.folder}")
        self.links = {name: parts for name, parts in self.links.items() if self.exists(name)}
        linked = {path for own, _ in self.links.values() for path in own}
        self.objects = {path: found for path, found in self.objects.items()
                        if path in linked and self.exists(path)}

    def read_symbols(self):
        paths = sorted(self.objects)
        for at in range(0, len(paths), CHUNK):
            command = ["nm", "-A", "-g", "--format=posix", *paths[at:at + CHUNK]]
            done = subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.PIPE,
                                  universal_newlines=True)
            for line in done.stdout.splitlines():
                path, _, rest = line.partition(": ")
                name, kind = rest.split()[:2]
                self.objects[path].add(name, kind)

    def archives_of(self, name, seen):
        for archive in self.links.get(name, ([], []))[1]:
            if archive in self.links and archive not in seen:
                seen.append(archive)
                self.archives_of(archive, seen)
        return seen

    def programs(self):
        """For each thing that is linked: its own objects, and those of the archives with it."""
        for name, (own, _) in self.links.items():
            archives = [self.objects[path] for archive in self.archives_of(name, [])
                        for path in self.links[archive][0] if path in self.objects]
            yield [self.objects[path] for path in own if path in self.objects], archives

    def calls(self):
        """{source: {source: {symbols}}}, functions and data alike."""
        calls = {}
        for own, archives in self.programs():
            where = {}
            # An archive gives what the program itself has not got; strong goes before weak.
            for objects in own, archives:
                for kind in "strong", "weak":
                    for found in objects:
                        for name in getattr(found, kind):
                            where.setdefault(name, found.source)
            for user in own + archives:
                for name in user.undefined:
                    target = where.get(name, user.source)
                    if target != user.source:
                        calls.setdefault(user.source, {}).setdefault(target, set()).add(name)
        return calls

    def definitions(self):
        """{symbol: {sources that define it}}, and {symbol: {sources that need it}}."""
        defined, needed = {}, {}
        for found in self.objects.values():
            for name in found.strong | found.weak:
                defined.setdefault(name, set()).add(found.source)
            for name in found.undefined:
                needed.setdefault(name, set()).add(found.source)
        return defined, needed


def components(edges):
    """The strongly connected components of {node: nodes} with more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        # With a stack of its own: a chain of calls may be longer than Python's.
        work = [(node, iter(sorted(edges.get(node, ()))))]
        index[node] = low[node] = len(index)
        stack.append(node)
        while work:
            node, following = work[-1]
            for target in following:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    work.append((target, iter(sorted(edges.get(target, ())))))
                    break
                if target in stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    at = stack.index(node)
                    if len(stack) - at > 1:
                        found.append(sorted(stack[at:]))
                    del stack[at:]

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def shortest_circle(edges, nodes):
    """The nodes of a shortest circle among those of a component, first node last again."""
    best = None
    for start in nodes:
        before, queue = {start: None}, [start]
        while queue and (best is None or start not in best):
            node = queue.pop(0)
            for target in sorted(edges.get(node, ())):
                if target == start:
                    path = [start]
                    while node is not None:
                        path.append(node)
                        node = before[node]
                    path.reverse()
                    if best is None or len(path) < len(best):
                        best = path
                    queue = []
                    break
                if target in nodes and target not in before:
                    before[target] = node
                    queue.append(target)
    return best


def ties(edges):
    """Circles that, each cut at its thinnest place, leave none: [[(from, to, symbols)]] for each
    component, as (nodes, circles)."""
    edges = {node: dict(targets) for node, targets in edges.items()}
    for nodes in components(edges):
        part = {node: {target: names for target, names in edges[node].items() if target in nodes}
                for node in nodes}
        circles = []
        while True:
            left = components(part)
            if not left:
                break
            for inner in left:
                path = shortest_circle(part, inner)
                circle = [(a, b, part[a][b]) for a, b in zip(path, path[1:])]
                circles.append(circle)
                a, b, _ = min(circle, key=lambda step: len(step[2]))
                del part[a][b]
        yield nodes, circles
