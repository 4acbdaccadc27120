# SPDX-License-Identifier: MIT
"""Where caches are, by the same rule as in tools/vm/files.c and scripts/common.sh."""

import os


def cache_home():
    """The base directory specification: relative paths are ignored."""
    path = os.environ.get("XDG_CACHE_HOME", "")
    if path.startswith("/"):
        return path
    return os.path.join(os.environ.get("HOME") or "/var/tmp", ".cache")
