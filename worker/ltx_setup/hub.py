"""Models of the hub: `look ID [REVISION]` says which files a model has and how large they are, `fetch ID [REVISION]` brings them.

Goes out: one line of JSON, `{"folder": …, "bytes": …, "missing": …}`, or `{"error": …, "next": …}` with exit code 1; progress goes to standard error.
To know: the hub's own library does the work, its cache folder and its token are those of every other program of this user.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

KINDS = ("*.json", "*.jinja", "*.model", "*.txt", "*.safetensors")
"""What a model folder is made of: what the worker hashes, and nothing that could be code."""


def _wanted(path: str) -> bool:
    """Files of the folder itself and of its components, of the listed kinds."""
    return path.count("/") <= 1 and any(path.endswith(kind[1:]) for kind in KINDS)


def look(name: str, revision: str | None) -> dict[str, Any]:
    """What the model has at the hub, and how much of it is not here yet."""
    from huggingface_hub import HfApi, try_to_load_from_cache

    info = HfApi().model_info(name, revision=revision, files_metadata=True)
    files = [(file.rfilename, file.size or 0) for file in info.siblings or [] if _wanted(file.rfilename)]
    away = [(path, size) for path, size in files if not isinstance(try_to_load_from_cache(name, path, revision=info.sha), str)]
    return {
        "revision": info.sha,
        "files": len(files),
        "bytes": sum(size for _, size in files),
        "missing": sum(size for _, size in away),
        "pipeline": any(path == "model_index.json" for path, _ in files),
    }


def fetch(name: str, revision: str | None) -> dict[str, Any]:
    """Brings what is not here yet; what was begun before is gone on with."""
    from huggingface_hub import snapshot_download

    patterns = [pattern for kind in KINDS for pattern in (kind, f"*/{kind}")]
    return {"folder": snapshot_download(name, revision=revision, allow_patterns=patterns, ignore_patterns=["*/*/*"])}


def refusal(trouble: Exception, name: str) -> dict[str, str]:
    """The hub's trouble in the words of a person."""
    kind = type(trouble).__name__
    if kind == "GatedRepoError":
        return {"error": f"{name} is given only to those who have accepted its terms", "next": "accept them on its page, then set HF_TOKEN"}
    if kind in ("RepositoryNotFoundError", "RevisionNotFoundError", "HFValidationError"):
        return {"error": f"the hub has no model {name}", "next": "check the name; of a private one HF_TOKEN is needed"}
    words = " ".join(str(trouble).split())[:300]
    return {"error": f"the hub cannot be reached: {kind}: {words}", "next": "bring the model's folder here by other means, and name the folder"}


def main(argv: list[str]) -> int:
    action, name, *rest = argv
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        print(json.dumps({"look": look, "fetch": fetch}[action](name, rest[0] if rest else None)))
        return 0
    except Exception as trouble:  # the library's errors have no common parent but this
        print(json.dumps(refusal(trouble, name)))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
