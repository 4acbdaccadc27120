# SPDX-License-Identifier: MIT
"""The page that --report writes, as its reader's browser takes it apart."""

import html.parser
import json


class Page(html.parser.HTMLParser):
    """The texts of its scripts by their type, and each element's attributes."""

    def __init__(self, text):
        super().__init__()
        self.text, self.scripts, self.attributes, self.open, self.unmatched = text, {}, [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, *one) for one in attributes]
        if tag not in ("meta", "input", "html"):
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag != "html":
            if not self.open or self.open.pop()[0] != tag:
                self.unmatched.append(f"</{tag}> closes another element")

    def handle_data(self, data):
        if self.open and self.open[-1][0] == "script":
            kind = self.open[-1][1].get("type", "code")
            self.scripts[kind] = self.scripts.get(kind, "") + data

    def data(self):
        return json.loads(self.scripts["application/json"])

    def faults(self):
        """What keeps it from being one self-contained page."""
        yield from self.unmatched
        if self.open:
            yield f"not closed: {self.open}"
        if sorted(self.scripts) != ["application/json", "code"]:
            yield f"scripts: {sorted(self.scripts)}"
        for tag, name, value in self.attributes:
            if name in ("src", "href"):
                yield f"<{tag}> needs {value}"
        for word in ("http:", "https:", "@import", "url(", "fetch(", "import("):
            if word in self.text:
                yield f"the page has {word}"
