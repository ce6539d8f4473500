"""A term graph that lives in a SPARQL 1.1 store of the company: read whole, and followed by the history here."""

from __future__ import annotations

import hashlib
import http.client
import io
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    parse_query_results,
)

from knowledge.errors import InvalidInput, Unavailable
from knowledge.graph.reading import MAX_LITERAL_CHARACTERS, read_lines, with_stable_blank_nodes
from knowledge.graph.store import TermGraph

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

AUTHOR = "sparql"
"""Revisions that follow an endpoint begin so, the endpoint's address after a colon."""

_EVERYTHING = "{ { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
_ALL = f"SELECT ?s ?p ?o ?g WHERE {_EVERYTHING}"
_COUNT = f"SELECT (COUNT(*) AS ?n) WHERE {_EVERYTHING}"
# How many statements fall under each beginning of their hash: content decides, not only the number of statements
_DIGEST = f"""SELECT ?h (COUNT(*) AS ?n) WHERE {{ {_EVERYTHING}
  BIND(SUBSTR(MD5(CONCAT(COALESCE(STR(?s), "_"), " ", STR(?p), " ", COALESCE(STR(?o), "_"), " ", COALESCE(LANG(?o), ""),
    " ", COALESCE(STR(DATATYPE(?o)), ""), " ", COALESCE(STR(?g), ""))), 1, 4) AS ?h) }} GROUP BY ?h"""
_JSON = "application/sparql-results+json"
_MAX_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A query endpoint by its address; `user` and `password` for HTTP basic authentication, empty: none.

    Redirects are not followed, so that a password goes nowhere else. `seconds` bound every wait for the store.
    """

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    seconds: float = 120.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise InvalidInput(
                f"{self.name!r}: a SPARQL endpoint is an http or https address without a name and password in it"
            )

    @property
    def name(self) -> str:
        """The address without a name, password or query in it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def revision(self) -> str:
        """A name for the endpoint's present content: the same content has the same, other content hardly ever."""
        counts = sorted(f"{_text(row[0])}:{_text(row[1])}" for row in self._rows(_DIGEST))
        return f"sparql-{hashlib.sha256(' '.join(counts).encode()).hexdigest()[:16]}"

    def quads(self) -> set[Quad]:
        """Every statement, of named graphs as well. Raises Unavailable when the store gives fewer than it counts."""
        count = sum(int(_text(row[0])) for row in self._rows(_COUNT))
        found = [_quad(row, self.name) for row in self._rows(_ALL)]
        if len(found) < count:
            raise Unavailable(
                f"{self.name}: it gave {len(found)} of {count} statements; raise the number of results that it allows"
            )
        return with_stable_blank_nodes(set(found))

    def graph(self) -> TermGraph:
        """The endpoint's content as a term graph, as of now."""
        revision = self.revision()
        return TermGraph(self.quads(), revision)

    def _rows(self, query: str) -> Iterator[list[object]]:
        headers = {"Accept": _JSON, "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "plumbline"}
        if self.user:
            headers["Authorization"] = f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"
        request = urllib.request.Request(  # noqa: S310 - __post_init__ lets http and https pass only
            self.url, urlencode({"query": query}).encode(), headers, method="POST"
        )
        opener = urllib.request.build_opener(_NoRedirect())
        try:
            with opener.open(request, timeout=self.seconds) as answer:
                body = answer.read(_MAX_BYTES + 1)
        except urllib.error.HTTPError as error:
            hint = "; check [terms] endpoint_user and endpoint_password" if error.code in (401, 403) else ""
            raise Unavailable(f"{self.name}: the SPARQL endpoint answered {error.code} {error.reason}{hint}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise Unavailable(f"{self.name}: the SPARQL endpoint cannot be reached: {_one_line(reason)}") from error
        if len(body) > _MAX_BYTES:
            raise Unavailable(f"{self.name}: an answer of more than {_MAX_BYTES >> 30} GiB")
        try:
            solutions = parse_query_results(io.BytesIO(body), format=QueryResultsFormat.JSON)
            if not isinstance(solutions, QuerySolutions):
                raise Unavailable(f"{self.name}: this is no answer to a SPARQL query for statements")
            names = [variable.value for variable in solutions.variables]
            for solution in solutions:
                yield [solution[name] for name in names]
        except (SyntaxError, ValueError) as error:
            raise Unavailable(f"{self.name}: this is no answer to a SPARQL query: {_one_line(error)}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Followed:
    """What following an endpoint did; `revision` is the newest one afterwards."""

    revision: str
    added: int
    removed: int

    @property
    def changed(self) -> bool:
        """Whether there is a new revision."""
        return bool(self.added or self.removed)


def follow(catalog: Catalog, endpoint: Endpoint) -> Followed:
    """Take over what changed at the endpoint since it was followed last, as one revision.

    Only what changed there changes here: what colleagues edited here stays, unless it was changed there as well. Raises
    Unavailable when the store cannot be read, InvalidInput when somebody changes the graph at the same moment.
    """
    author = f"{AUTHOR}:{endpoint.name}"
    parent = catalog.revisions.current_id()
    present = catalog.revisions.quads(parent) if parent else set()
    before: set[Quad] = set()
    for revision in catalog.revisions.since(0):
        if revision.author == author:
            before.difference_update(read_lines(revision.removed))
            before.update(read_lines(revision.added))
    now = endpoint.quads()
    added, removed = (now - before) - present, (before - now) & present
    if added or removed:
        comment = f"as the SPARQL endpoint {endpoint.name}"
        parent = catalog.revisions.append(added, removed, author=author, comment=comment, parent=parent).id
    return Followed(parent, len(added), len(removed))


def _quad(row: list[object], name: str) -> Quad:
    subject, predicate, target, graph = row
    if (
        not isinstance(subject, NamedNode | BlankNode)
        or not isinstance(predicate, NamedNode)
        or not isinstance(target, NamedNode | BlankNode | Literal)
    ):
        raise Unavailable(f"{name}: a statement that is none of RDF 1.1: {str(row)[:120]}")
    if isinstance(target, Literal) and len(target.value) > MAX_LITERAL_CHARACTERS:
        raise InvalidInput(f"{name}: a text of {len(target.value)} characters at {str(subject)[:120]}")
    return Quad(subject, predicate, target, graph if isinstance(graph, NamedNode | BlankNode) else DefaultGraph())


def _text(term: object) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]
