# SPDX-License-Identifier: MIT
"""The experiment beside the reading: images of packages, booted by `cvmem inspect --try` on both
platforms. A result is kept by the contents of the files that took part, so that a run that was
interrupted goes on where it was, and the same image in two suites boots once."""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import textwrap

PLATFORMS = ["tdx", "snp"]
# A boot takes half a minute on an idle machine; one that hangs ends here, and firmware that finds
# nothing to start hangs.
SECONDS = 600

# Differences with a reason: (package, file, version, platform), each a pattern, and the sentence.
EXPLAINED = [
    (r"^linux-image-6\.(1|12)\..*-rt-", "", "", "",
     "`real-time-dmi` of the known bad versions, which is a warning and no answer: with `efi=runtime` "
     "on its command line it boots. `dmi_decode_table()` reads the tables as shared memory"),
    ("^ovmf", "^OVMF_CODE_4M", "", "snp",
     "no firmware by itself: of a size that `-bios` does not take, and for a flash device, which no "
     "such guest has"),
]


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Boot:
    """An image, and what is booted with it."""

    def __init__(self, row, files):
        self.row, self.files = row, files
        self.key = "-".join(digest(path)[:24] for path in files)

    def text(self):
        return f"{self.row['suite']}: {self.row['package']} {self.row['file']}"

    def why(self, platform):
        """Why reading and experiment differ on it; None: that is a fault of one of them."""
        names = [self.row[key] for key in ("package", "file", "version")] + [platform]
        for *patterns, sentence in EXPLAINED:
            if all(re.search(pattern, name) for pattern, name in zip(patterns, names)):
                return sentence
        return None


class Boots:
    """All that have been done or are to be done."""

    def __init__(self, cvmem, folder, say):
        self.cvmem, self.folder, self.say = cvmem, folder, say
        os.makedirs(folder, exist_ok=True)

    def place(self, boot):
        return os.path.join(self.folder, boot.key + ".json")

    def result(self, boot):
        """{platform: element of `try`}; None: it has not been tried."""
        try:
            with open(self.place(boot), encoding="utf-8") as file:
                return {one["platform"]: one for one in json.load(file)}
        except FileNotFoundError:
            return None

    def run(self, boot):
        done = subprocess.run(
            [self.cvmem, "inspect", "--try", "--json", f"--timeout={SECONDS}", *boot.files],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )
        try:
            tried = json.loads(done.stdout)["try"]
        except (ValueError, KeyError):
            raise SystemExit(f"error: {boot.text()}: {done.stdout}{done.stderr}") from None
        with open(self.place(boot) + ".new", "w", encoding="utf-8") as file:
            json.dump(tried, file)
        os.rename(file.name, self.place(boot))

    def run_all(self, boots, jobs, again):
        """Those that no earlier run has done, each once; the first and last of each kind first."""
        todo = {}
        for boot in sorted(boots, key=rank_of(boots)):
            if again or self.result(boot) is None:
                todo.setdefault(boot.key, boot)
        count = 0
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            running = {pool.submit(self.run, boot): boot for boot in todo.values()}
            try:
                for one in concurrent.futures.as_completed(running):
                    one.result()
                    count += 1
                    boot = running[one]
                    self.say(f"booted {count} of {len(todo)}: {boot.text()}: {self.words(boot)}")
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def words(self, boot):
        result = self.result(boot)
        return ", ".join(f"{name} {result[name]['outcome']}" for name in PLATFORMS)

    def differences(self, boots):
        """Texts: what was read and what happened where they differ without a reason."""
        found = []
        for boot in boots:
            for platform, one in (self.result(boot) or {}).items():
                if not one["agree"] and not boot.why(platform):
                    found.append(f"{boot.text()}: {platform}: read {one['read']}, tried {one['outcome']}"
                                 f" ({one.get('last_line', one.get('ended', ''))})")
        return found

    def table(self, boots, what):
        """Markdown; a line for all with the same suite, kind and outcomes. what: of such rows."""
        groups, notes = {}, []
        for boot in boots:
            result = self.result(boot)
            if result is None:
                key = (boot.row["suite"], kind_of(boot), *["not tried"] * len(PLATFORMS))
            else:
                key = (boot.row["suite"], kind_of(boot),
                       *[cell(boot, name, result[name], notes) for name in PLATFORMS])
            groups.setdefault(key, []).append(boot.row)
        lines = ["| suite | what | images | TDX | SEV-SNP |", "|---|---|---|---|---|"]
        for (suite, _, *cells), rows in groups.items():
            lines.append(f"| {suite} | {what(rows)} | {len(rows)} | " + " | ".join(cells) + " |")
        if notes:
            lines.append("")
        for i, note in enumerate(notes):
            lines += textwrap.wrap(f"{i + 1}. {note}", 100, subsequent_indent="   ")
        return lines


def kind_of(boot):
    """Kernels of one flavour; images of one package."""
    row = boot.row
    return re.sub(r"\d[^-]*(-\d+)?-", "", row["package"]) if row["kernel"] else row["package"]


def rank_of(boots):
    """The first and the last of each suite's kind before those between them."""
    ranks, groups = {}, {}
    for boot in boots:
        groups.setdefault((boot.row["suite"], kind_of(boot)), []).append(boot)
    for group in groups.values():
        group.sort(key=lambda boot: [int(part) for part in re.findall(r"\d+", boot.row["version"])])
        for i, boot in enumerate(group):
            ranks[id(boot)] = min(i, len(group) - 1 - i)
    return lambda boot: ranks[id(boot)]


def cell(boot, platform, one, notes):
    if one["agree"]:
        return one["outcome"]
    why = boot.why(platform)
    if not why:
        return f"**{one['outcome']}, read {one['read']}**"
    if why not in notes:
        notes.append(why)
    return f"{one['outcome']}, read {one['read']} ({notes.index(why) + 1})"
