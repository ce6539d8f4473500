"""A term graph in a real SPARQL store: `oxigraph serve`, started here."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pyoxigraph import RdfFormat, serialize

from knowledge.catalog import Catalog
from knowledge.errors import InvalidInput, Unavailable
from knowledge.graph import Linker, TermGraph
from knowledge.graph.endpoint import Endpoint, follow
from knowledge.graph.exchange import import_file

Make = Callable[[str], TermGraph]
TERMS = """
ex:a a skos:Concept ; skos:prefLabel "Agate"@en, "玛瑙"@zh ; ex:owner ex:b ; ex:note [ ex:by "me" ] ;
  plb:accessLabel "board" .
ex:b a skos:Concept ; skos:prefLabel "Gem"@en ; skos:definition "A \\"stone\\"\\n."@en .
ex:owner a owl:ObjectProperty ; rdfs:label "owner"@en .
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty store."""
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    if program is None:
        pytest.skip("no SPARQL server here; `pip install oxigraph` brings one")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
    process = subprocess.Popen(
        [program, "serve", "--bind", place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://{place}/", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < until, "the server does not answer"
                time.sleep(0.05)
        yield f"http://{place}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def put(server: str, graph: TermGraph, named: str = "") -> None:
    """Make the store hold this and nothing else (Graph Store Protocol), or add to a named graph."""
    data = serialize(dict.fromkeys(quad.triple for quad in graph.quads), format=RdfFormat.N_TRIPLES)
    address = f"{server}/store?graph={named}" if named else f"{server}/store?default"
    request = urllib.request.Request(address, data, {"Content-Type": "application/n-triples"}, method="PUT")  # noqa: S310 - our own server
    urllib.request.urlopen(request, timeout=60).close()  # noqa: S310 - our own server


def test_it_is_the_same_graph(server: str, graph_of: Make) -> None:
    here = graph_of(TERMS)
    put(server, here)
    there = Endpoint(f"{server}/query").graph()
    assert set(there.quads) == set(here.quads)
    assert [there.concept(name) for name in there.concepts()] == [here.concept(name) for name in here.concepts()]
    assert there.facts("urn:ex:a") == here.facts("urn:ex:a")
    assert [one.concept for one in Linker(there).link("玛瑙 and Gem")] == ["urn:ex:a", "urn:ex:b"]
    assert there.revision.startswith("sparql-")


def test_its_revision_follows_its_content(server: str, graph_of: Make) -> None:
    endpoint = Endpoint(f"{server}/query")
    put(server, graph_of('ex:a skos:prefLabel "Agate"@en .'))
    first = endpoint.revision()
    assert endpoint.revision() == first
    for other in (
        'ex:a skos:prefLabel "Agate"@fr .',
        'ex:a skos:prefLabel "Agbte"@en .',
        'ex:a skos:altLabel "Agate"@en .',
    ):
        put(server, graph_of(other))
        assert endpoint.revision() != first, other
    put(server, graph_of('ex:a skos:prefLabel "Agate"@en .'))
    assert endpoint.revision() == first


def test_named_graphs_come_along(server: str, graph_of: Make) -> None:
    put(server, graph_of('ex:a skos:prefLabel "Agate"@en .'))
    put(server, graph_of('ex:n skos:prefLabel "Named"@en .'), named="urn:g")
    assert sorted(str(quad.graph_name) for quad in Endpoint(f"{server}/query").quads()) == ["<urn:g>", "DEFAULT"]
    request = urllib.request.Request(f"{server}/store?graph=urn:g", method="DELETE")  # noqa: S310 - our own server
    urllib.request.urlopen(request, timeout=60).close()  # noqa: S310 - our own server


def test_following_keeps_what_was_edited_here(server: str, graph_of: Make, tmp_path: Path) -> None:
    endpoint = Endpoint(f"{server}/query")
    put(server, graph_of(TERMS))
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        first = follow(catalog, endpoint)
        assert first.changed
        assert set(TermGraph.load(catalog).quads) == endpoint.quads()
        assert not follow(catalog, endpoint).changed
        (tmp_path / "own.ttl").write_text(
            '<urn:ex:own> <http://www.w3.org/2004/02/skos/core#prefLabel> "Own"@en .', "utf-8"
        )
        import_file(catalog, tmp_path / "own.ttl", author="eva")
        put(server, graph_of('ex:b a skos:Concept ; skos:prefLabel "Gemstone"@en .'))
        second = follow(catalog, endpoint)
        graph = TermGraph.load(catalog)
        assert {name: graph.label(name, "en") for name in graph.concepts()} == {
            "urn:ex:b": "Gemstone",
            "urn:ex:own": "Own",
        }
        assert [one.author.partition(":")[0] for one in catalog.revisions.history()] == ["sparql", "eva", "sparql"]
        assert second.revision == catalog.revisions.current_id()


@pytest.mark.parametrize("url", ["ftp://a/b", "file:///etc/passwd", "nothing", "http://user:secret@a/b"])
def test_what_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Endpoint(url)
    assert "secret" not in str(caught.value)


class _Odd(BaseHTTPRequestHandler):
    """A server that gives the answer that its path asks for."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/code"):
            self.send_response(int(self.path[-3:]))
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"<html>hello" if self.path == "/html" else b'{"head":{"vars":["n"]},"results":{"bindings":[]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Odd)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/code401", "401.*endpoint_user"),
        ("/code500", "500"),
        ("/code302", "302"),
        ("/html", "no answer"),
        ("/cut", "no answer"),
    ],
)
def test_an_odd_answer_is_one_clear_line(odd: str, path: str, message: str) -> None:
    with pytest.raises(Unavailable, match=message) as caught:
        Endpoint(f"{odd}{path}", "eva", "secret", seconds=20).graph()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_nobody_there() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        Endpoint("http://127.0.0.1:9/query", seconds=5).quads()
