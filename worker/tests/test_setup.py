"""What `ltx local setup` asks of a Python: sizes of downloads, versions, models of a hub. The hub here is a module of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ltx_setup import hub
from ltx_setup.download_size import size_of, size_of_report

WORKER = Path(__file__).parent.parent


class Heads(BaseHTTPRequestHandler):
    """Answers a HEAD with a size, and nothing else."""

    def __init__(self, asked: list[str], *more: Any) -> None:
        self.asked = asked
        super().__init__(*more)

    def do_HEAD(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        self.send_response(404 if "gone" in self.path else 200)
        if "sized" in self.path:
            self.send_header("Content-Length", "812000000")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Heads, asked)) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()


def test_only_the_head_is_asked_for(server: tuple[str, list[str]]) -> None:
    address, asked = server
    assert size_of(f"{address}/sized.whl") == 812_000_000
    assert size_of(f"{address}/gone-sized.whl") is None
    assert size_of(f"{address}/bare.whl") is None
    assert [word.split()[0] for word in asked] == ["HEAD"] * 3


def test_a_report_is_added_up_and_what_is_not_known_is_named(server: tuple[str, list[str]], tmp_path: Path) -> None:
    near = tmp_path / "near one.whl"
    near.write_bytes(b"x" * 1234)
    urls = {"near": near.as_uri(), "far": f"{server[0]}/sized.whl", "lost": f"{server[0]}/gone.whl", "closed": "http://127.0.0.1:9/x.whl"}
    report = {"install": [{"metadata": {"name": name}, "download_info": {"url": url}} for name, url in urls.items()]}
    assert size_of_report(report) == {"bytes": 812_001_234, "files": 4, "unknown": ["lost", "closed"]}
    assert size_of_report({}) == {"bytes": 0, "files": 0, "unknown": []}


def test_versions_are_those_that_can_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libcudart is missing')\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{WORKER}"}
    ended = subprocess.run([sys.executable, "-m", "ltx_setup.versions"], env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert json.loads(ended.stdout) == {"error": "torch cannot be loaded: OSError: libcudart is missing"}


HUB = '''
import os
from types import SimpleNamespace as Thing
class GatedRepoError(Exception): pass
class HfApi:
    def model_info(self, name, revision=None, files_metadata=False):
        if name == "o/gated": raise GatedRepoError("403")
        if name == "o/away": raise ConnectionError("no\\nroute")
        assert files_metadata
        names = {"model_index.json": 800, "vae/config.json": 400, "vae/model.safetensors": 5000, "README.md": 9, "vae/old/deep.json": 7, "run.py": 3}
        files = names.items() if name == "o/whole" else [("one-file.safetensors", 46)]
        return Thing(sha=f"sha-of-{revision}", siblings=[Thing(rfilename=path, size=size) for path, size in files])
def try_to_load_from_cache(name, path, revision=None):
    return "/cache/" + path if path.startswith("model_index") else None
def snapshot_download(name, revision=None, allow_patterns=(), ignore_patterns=()):
    print("progress is no answer", file=__import__("sys").stderr)
    return f"/cache/{name}@{revision} {sorted(allow_patterns)} {ignore_patterns}"
'''


def ask(tmp_path: Path, *argv: str) -> tuple[int, dict[str, Any]]:
    (tmp_path / "huggingface_hub.py").write_text(HUB)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{WORKER}"}
    ended = subprocess.run([sys.executable, "-m", "ltx_setup.hub", *argv], env=environment, capture_output=True, text=True)
    return ended.returncode, json.loads(ended.stdout)


def test_a_model_of_the_hub_is_sized_without_what_is_here_and_what_is_not_wanted(tmp_path: Path) -> None:
    assert ask(tmp_path, "look", "o/whole", "v2") == (
        0,
        {"revision": "sha-of-v2", "files": 3, "bytes": 6200, "missing": 5400, "pipeline": True},
    )
    assert ask(tmp_path, "look", "o/one-file")[1]["pipeline"] is False


def test_only_kinds_that_a_model_is_made_of_are_fetched(tmp_path: Path) -> None:
    code, said = ask(tmp_path, "fetch", "o/whole", "v2")
    assert code == 0
    assert said["folder"].startswith("/cache/o/whole@v2 ")
    assert "*.safetensors" in said["folder"] and ".py" not in said["folder"] and ".bin" not in said["folder"]


def test_trouble_with_the_hub_is_a_sentence(tmp_path: Path) -> None:
    assert ask(tmp_path, "look", "o/gated")[1]["next"] == "accept them on its page, then set HF_TOKEN"
    code, said = ask(tmp_path, "look", "o/away")
    assert code == 1
    assert said["error"] == "the hub cannot be reached: ConnectionError: no route"
    assert hub.refusal(type("RepositoryNotFoundError", (Exception,), {})("x"), "o/m")["error"] == "the hub has no model o/m"
