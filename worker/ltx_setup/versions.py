"""What is installed and whether it can be loaded: nothing in, one line of JSON out, `{"versions": {"torch": "2.13.0", …}}`.

The packages are imported, not only looked up: a library that does not fit the machine shows itself here and not in a render.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from importlib import metadata


def main() -> int:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    versions = {"python": platform.python_version()}
    for name in ("torch", "diffusers", "transformers", "av", "safetensors", "ltx_worker"):
        try:
            module = importlib.import_module(name)
        except Exception as trouble:  # a library may fail in any way it likes; what matters is which, and its words
            print(json.dumps({"error": f"{name} cannot be loaded: {type(trouble).__name__}: {trouble}"}))
            return 1
        if name == "ltx_worker":
            versions["worker"] = str(module.WORKER_VERSION)
        else:
            versions[name] = metadata.version(name)
    print(json.dumps({"versions": versions}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
