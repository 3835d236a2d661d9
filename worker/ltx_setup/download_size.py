"""How many bytes an installation will fetch: a report of `pip install --dry-run --report` in at standard input, one line of JSON out.

`{"bytes": 123, "files": 40, "unknown": ["name", …]}`. A file on this disk is looked at, of one at an address only the head is asked for.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Mapping

PATIENCE = 20


def size_of(url: str) -> int | None:
    """The size of what lies at an address, or None where that cannot be known."""
    parts = urllib.parse.urlsplit(url)
    try:
        if parts.scheme == "file":
            return os.path.getsize(urllib.request.url2pathname(parts.path))
        certificates = os.environ.get("PIP_CERT") or None
        context = ssl.create_default_context(cafile=certificates) if parts.scheme == "https" else None
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=PATIENCE, context=context) as answer:
            length = answer.headers.get("Content-Length")
            return int(length) if length is not None and length.isdigit() else None
    except (OSError, ValueError):
        return None


def size_of_report(report: Mapping[str, Any]) -> dict[str, Any]:
    entries = [(entry["metadata"]["name"], entry["download_info"]["url"]) for entry in report.get("install", [])]
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(size_of, (url for _, url in entries)))
    return {
        "bytes": sum(size for size in sizes if size is not None),
        "files": len(entries),
        "unknown": [name for (name, _), size in zip(entries, sizes) if size is None],
    }


if __name__ == "__main__":
    print(json.dumps(size_of_report(json.load(sys.stdin))))
