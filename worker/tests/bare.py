"""The same jobs without a protocol: one process that loads a model and makes clips as it is told. The other side of a comparison.

Comes in: lines of `{"load": …}` (once) and `{"jobs": [job, …]}`. Goes out: for each line one of `{"seconds": wall, "cpu": processor seconds}`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from ltx_worker import machine

machine.prepare_environment()
_out = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


class Deaf:
    """A report that tells nobody."""

    def phase(self, name: str) -> None: ...

    def step(self, step: int, of: int) -> None: ...

    def warning(self, text: str) -> None: ...

    def check(self) -> None: ...


def main() -> None:
    from ltx_worker.jobs import parse_job, parse_load
    from ltx_worker.make import make
    from ltx_worker.resident import Residents

    residents = Residents(machine.choose_device(os.environ.get("LTX_TEST_DEVICE", "cpu")), None)
    report: Any = Deaf()
    load: Any = None
    for line in sys.stdin:
        order = json.loads(line)
        wall, cpu = time.perf_counter(), time.process_time()
        if "load" in order:
            load = parse_load(order["load"])
            residents.acquire(load, report)
        for job in order.get("jobs", []):
            make(residents.acquire(load, report), load, parse_job(job), report)
        print(json.dumps({"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}), file=_out)


if __name__ == "__main__":
    main()
