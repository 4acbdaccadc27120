# SPDX-License-Identifier: MIT
"""A Debian archive made for a test: signed with a key of its own, and served by a web server that
counts, tampers, and fails on request."""

import hashlib
import http.server
import os
import shutil
import subprocess
import tempfile
import threading
import unittest


class Package:
    """One of an archive: its fields, and {path: content}."""

    def __init__(self, name, files, depends=None, version="1:1.0-1", arch="amd64"):
        self.name, self.files, self.arch = name, files, arch
        self.control = (
            f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\n"
            "Maintainer: n <n@example.invalid>\n"
        )
        self.control += f"Depends: {depends}\n" if depends else ""
        self.control += "Description: a test\n"


class Archive:
    """A Debian archive in a folder, of {suite: packages}."""

    def __init__(self, folder, suites):
        self.root = os.path.join(folder, "archive")
        self.keyring = os.path.join(folder, "keyring.gpg")
        self.gnupg = tempfile.mkdtemp(prefix="gpg")
        self.gpg("--quick-gen-key", "--passphrase", "", "archive@example.invalid", "ed25519")
        with open(self.keyring, "wb") as keyring:
            keyring.write(self.gpg("--export").stdout)
        for suite, packages in suites.items():
            self.write_suite(suite, packages)

    def gpg(self, *arguments):
        return subprocess.run(
            ["gpg", "--batch", "--quiet", "--homedir", self.gnupg, *arguments],
            check=True,
            capture_output=True,
        )

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.gnupg, "--kill", "all"], check=False)
        shutil.rmtree(self.gnupg, ignore_errors=True)

    def write_package(self, package):
        """Its record in the index."""
        tree = tempfile.mkdtemp()
        for path, content in {"DEBIAN/control": package.control, **package.files}.items():
            os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
            with open(os.path.join(tree, path), "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
        os.makedirs(os.path.join(self.root, "pool"), exist_ok=True)
        pool = f"pool/{package.name}.deb"
        path = os.path.join(self.root, pool)
        subprocess.run(["dpkg-deb", "-Znone", "-b", tree, path], check=True, capture_output=True)
        shutil.rmtree(tree)
        with open(path, "rb") as deb:
            data = deb.read()
        return (
            f"{package.control}Filename: {pool}\nSize: {len(data)}\n"
            f"SHA256: {hashlib.sha256(data).hexdigest()}\n\n"
        )

    def write_index(self, dists, arch, packages):
        """Its line in the release file."""
        index = f"main/binary-{arch}/Packages"
        os.makedirs(os.path.join(dists, f"main/binary-{arch}"))
        text = "".join(self.write_package(package) for package in packages if package.arch == arch)
        with open(os.path.join(dists, index), "w", encoding="ascii") as file:
            file.write(text)
        return f" {hashlib.sha256(text.encode()).hexdigest()} {len(text)} {index}\n"

    def write_suite(self, suite, packages):
        dists = os.path.join(self.root, "dists", suite)
        archs = sorted({package.arch for package in packages})
        sums = "".join(self.write_index(dists, arch, packages) for arch in archs)
        release = (
            f"Origin: Debian\nLabel: Debian\nSuite: {suite}\nCodename: {suite}\n"
            f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nArchitectures: {' '.join(archs)}\n"
            "Components: main\n"
        )
        # What a rolling suite looks like on a mirror that is behind.
        release += "Valid-Until: Thu, 08 Jan 2026 00:00:00 UTC\n" if suite == "forky" else ""
        release += f"SHA256:\n{sums}"
        with open(os.path.join(dists, "Release"), "w", encoding="ascii") as file:
            file.write(release)
        signed = os.path.join(dists, "InRelease")
        self.gpg("--clearsign", "--output", signed, os.path.join(dists, "Release"))
        os.unlink(os.path.join(dists, "Release"))


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.requests.append(self.path)
        if any(part in self.path for part in self.server.missing):
            self.send_error(404)
            return
        if self.server.hangs_after and len(self.server.packages_asked()) > self.server.hangs_after:
            self.server.reached.set()
            self.server.release.wait()
            return
        super().do_GET()

    def copyfile(self, source, outputfile):
        data = source.read()
        if self.server.tampered and self.server.tampered in self.path:
            data = data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]
        try:
            outputfile.write(data)
        except ConnectionError:
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, root):
        super().__init__(
            ("127.0.0.1", 0), lambda *a, **k: Handler(*a, directory=root, **k)
        )
        self.forget()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def forget(self):
        self.requests, self.missing, self.tampered, self.hangs_after = [], [], None, 0
        self.reached, self.release = threading.Event(), threading.Event()

    def uri(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def packages_asked(self):
        return {os.path.basename(path)[:-4].replace("%2b", "+") for path in self.requests if "/pool/" in path}


class TestWithArchive(unittest.TestCase):
    """All tests of a class have one archive of its `suites`, and one server of that."""

    suites = None

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.mkdtemp()
        cls.archive = Archive(cls.shared, cls.suites)
        cls.server = Server(cls.archive.root)

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        cls.archive.close()
        shutil.rmtree(cls.shared)

    def setUp(self):
        self.server.forget()
