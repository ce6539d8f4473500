"""Pulling from a model hub: the real client against a small hub on this machine."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"pickled",
    "modeling_own.py": b"raise SystemExit",
    "onnx/model.json": b"{}",
}


def _name_of(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()  # noqa: S324 - as hubs do


class Hub(BaseHTTPRequestHandler):
    """What the client asks of a hub: the list of files, and each file."""

    files = FILES

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        name = self.path.partition("?")[0].partition(f"/resolve/{COMMIT}/")[2]
        if self.path.startswith("/api/models/some/model/revision/"):
            content, kind = json.dumps(self._listing()).encode(), "application/json"
        elif self.path.startswith(f"/api/models/some/model/tree/{COMMIT}"):
            content, kind = json.dumps(self._tree()).encode(), "application/json"
        elif name in self.files:
            content, kind = self.files[name], "application/octet-stream"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{_name_of(content)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _listing(self) -> dict[str, object]:
        return {"id": "some/model", "sha": COMMIT, "siblings": [{"rfilename": name} for name in self.files]}

    def _tree(self) -> list[dict[str, object]]:
        return [
            {"type": "file", "path": name, "size": len(content), "oid": _name_of(content)}
            for name, content in self.files.items()
        ]

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def hub() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OneHub", (Hub,), {"files": dict(FILES)}))
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


PULL = """
import sys
from pathlib import Path
from adapters.model_catalog import HubSource, ModelCatalog, ModelEntry
from knowledge.errors import PlumblineError
entry = ModelEntry("one", "embedder", "sentence-transformers", "MIT", (), (), False, 9, hub=HubSource("some/model"))
models = ModelCatalog((entry,), {}, Path(sys.argv[1]))
try:
    print(models.pull("one"), models.fingerprint("one"))
except PlumblineError as error:
    print(type(error).__name__, error)
"""


def pull(server: ThreadingHTTPServer, cache: Path) -> str:
    """The client reads the hub's address once, at import: so in a process of its own."""
    environment = {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(cache.parent / "hf"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    run = subprocess.run(
        [sys.executable, "-c", PULL, str(cache)], env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_only_weights_and_plain_text_are_taken(hub: ThreadingHTTPServer, tmp_path: Path) -> None:
    said = pull(hub, tmp_path / "cache")
    home = tmp_path / "cache" / "one"
    assert said.startswith(str(home))
    assert sorted(path.name for path in home.iterdir() if path.name[0] != ".") == [
        "config.json",
        "model.safetensors",
        "verified.json",
    ]


def test_pickled_weights_are_refused(hub: ThreadingHTTPServer, tmp_path: Path) -> None:
    del hub.RequestHandlerClass.files["model.safetensors"]  # type: ignore[attr-defined]
    assert "no weights as safetensors" in pull(hub, tmp_path / "cache")


def test_without_the_hub_nothing_half_is_taken_for_whole(hub: ThreadingHTTPServer, tmp_path: Path) -> None:
    left_over = tmp_path / "cache" / "one" / "model.safetensors"
    left_over.parent.mkdir(parents=True)
    left_over.write_bytes(b"half")
    hub.shutdown()
    hub.server_close()
    assert pull(hub, tmp_path / "cache").startswith("Unavailable one: no source has it: the hub repository some/model")
