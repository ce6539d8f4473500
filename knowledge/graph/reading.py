"""RDF files and texts in and out: the one place where they are parsed, with one clear line for what is wrong."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
    serialize,
)

from knowledge.errors import InvalidInput
from knowledge.graph.vocabulary import PREFIXES

FORMATS: dict[str, RdfFormat] = {
    "ttl": RdfFormat.TURTLE,
    "turtle": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "rdf": RdfFormat.RDF_XML,
    "owl": RdfFormat.RDF_XML,
    "xml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
    "json": RdfFormat.JSON_LD,
}
"""Formats by file name ending, which is also how the command line calls them."""

MAX_FILE_BYTES = 2 << 30
MAX_LITERAL_CHARACTERS = 1_000_000
_XML_HEAD_BYTES = 1 << 20
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?(\S+)\s+(SYSTEM|PUBLIC|\"[^\"]*\"|'[^']*')", re.IGNORECASE)


def format_of(path: Path) -> RdfFormat:
    """The format that a file's ending names. Raises InvalidInput for another ending."""
    ending = path.suffix.lower().lstrip(".")
    if ending not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise InvalidInput(f"{path}: no term graph format ends in {path.suffix or 'nothing'!r}; known: {known}")
    return FORMATS[ending]


def format_named(name: str) -> RdfFormat:
    """The format of that name. Raises InvalidInput for an unknown one."""
    if name.lower() not in FORMATS:
        raise InvalidInput(f"format {name!r} is not known; known: {', '.join(FORMATS)}")
    return FORMATS[name.lower()]


def read_file(path: Path) -> set[Quad]:
    """All statements of a file; its blank nodes get names that depend on nothing but what is said about them.

    Raises InvalidInput (file, line, what is wrong) for a file that cannot be read as what its ending says.
    """
    rdf_format = format_of(path)
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InvalidInput(f"{path}: {size >> 20} MiB; term graph files may have {MAX_FILE_BYTES >> 20} MiB")
        if rdf_format == RdfFormat.RDF_XML:
            refuse_entities(path)
        with path.open("rb") as stream:
            quads = set(_checked(parse(stream, rdf_format, base_iri=_base(path)), path))
    except SyntaxError as error:
        raise InvalidInput(_syntax_message(path, error)) from error
    except FileNotFoundError as error:
        raise InvalidInput(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path}: {_one_line(error)}") from error
    return with_stable_blank_nodes(quads)


def read_lines(text: str) -> Iterator[Quad]:
    """The statements of our own N-Quads; blank nodes keep their names."""
    return iter(parse(text, RdfFormat.N_QUADS))


def write_lines(quads: Iterable[Quad]) -> str:
    """Statements as N-Quads, sorted, one a line."""
    return "".join(sorted(f"{quad} .\n" for quad in quads))


def write(quads: Iterable[Quad], stream: IO[bytes], rdf_format: RdfFormat) -> None:
    """Write statements, sorted, to `stream`.

    A format that holds a single graph gets all statements without their graphs' names.
    """
    ordered = sorted(set(quads), key=str)
    if rdf_format.supports_datasets:
        serialize(ordered, stream, rdf_format, prefixes=PREFIXES)
    else:
        triples = dict.fromkeys(quad.triple for quad in ordered)
        serialize(triples, stream, rdf_format, prefixes=PREFIXES)


def with_stable_blank_nodes(quads: set[Quad]) -> set[Quad]:
    """The same statements with blank nodes named after what is said about them: reading a file twice gives equals."""
    nameless = {quad for quad in quads if _blanks(quad)}
    if not nameless:
        return quads
    canonical = Dataset(nameless)
    canonical.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    lines = list(canonical)
    names: dict[str, BlankNode] = {}
    for members, component in _components(lines):
        order = {name: place for place, name in enumerate(sorted(members))}
        told = "\n".join(sorted(_with_places(str(quad), order) for quad in component))
        digest = hashlib.sha256(told.encode()).hexdigest()[:16]
        names.update({name: BlankNode(f"b{digest}n{order[name]}") for name in members})
    return (quads - nameless) | {_renamed(quad, names) for quad in lines}


def _with_places(line: str, order: dict[str, int]) -> str:
    """A statement with its blank nodes called by their place among those of their component."""
    return re.sub(r"_:(\w+)", lambda match: f"_:{order.get(match[1], match[1])}", line)


def _components(quads: Iterable[Quad]) -> Iterator[tuple[set[str], list[Quad]]]:
    """Blank nodes that are connected by statements, with these statements."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    quads = list(quads)
    for quad in quads:
        first, *others = _blanks(quad)
        for other in others:
            parent[root(other)] = root(first)
        root(first)
    members: dict[str, set[str]] = defaultdict(set)
    said: dict[str, list[Quad]] = defaultdict(list)
    for name in list(parent):
        members[root(name)].add(name)
    for quad in quads:
        said[root(_blanks(quad)[0])].append(quad)
    for key, names in members.items():
        yield names, said[key]


def _blanks(quad: Quad) -> list[str]:
    return [term.value for term in (quad.subject, quad.object, quad.graph_name) if isinstance(term, BlankNode)]


def _renamed(quad: Quad, names: dict[str, BlankNode]) -> Quad:
    subject, target, graph = quad.subject, quad.object, quad.graph_name
    return Quad(
        names[subject.value] if isinstance(subject, BlankNode) else subject,
        quad.predicate,
        names[target.value] if isinstance(target, BlankNode) else target,
        names[graph.value] if isinstance(graph, BlankNode) else graph,
    )


def _checked(quads: Iterable[Quad], path: Path) -> Iterator[Quad]:
    for quad in quads:
        if isinstance(quad.object, Literal) and len(quad.object.value) > MAX_LITERAL_CHARACTERS:
            raise InvalidInput(
                f"{path}: a text of {len(quad.object.value)} characters at {_shown(quad.subject)}; "
                f"texts may have {MAX_LITERAL_CHARACTERS}"
            )
        if isinstance(quad.object, Triple) or isinstance(quad.subject, Triple):
            raise InvalidInput(f"{path}: statements about statements in RDF-star are not read; use rdf:Statement")
        yield quad


def _shown(term: NamedNode | BlankNode | Triple) -> str:
    return str(term)[:200]


def refuse_entities(path: Path) -> None:
    """Raises InvalidInput for an XML file whose entities lead outside or hold other ones.

    Internal entities that stand for plain text are common in RDF/XML; all others are an attack or a mistake.
    """
    with path.open("rb") as stream:
        head = stream.read(_XML_HEAD_BYTES)
    for match in _ENTITY.finditer(head):
        value = match[3]
        if match[1] or value.upper() in (b"SYSTEM", b"PUBLIC"):
            raise InvalidInput(f"{path}: line {_line(head, match.start())}: external XML entities are refused")
        if b"&" in value or b"%" in value:
            raise InvalidInput(f"{path}: line {_line(head, match.start())}: XML entities within entities are refused")


def _line(text: bytes, offset: int) -> int:
    return text.count(b"\n", 0, offset) + 1


def _base(path: Path) -> str:
    # Relative IRIs then mean the same wherever the file lies
    return f"urn:plumbline:file:{re.sub(r'[^A-Za-z0-9._-]', '-', path.name)}"


def _syntax_message(path: Path, error: SyntaxError) -> str:
    place = f": line {error.lineno}" if error.lineno else ""
    hint = _encoding_hint(path)
    return f"{path}{place}: {_one_line(error.msg or error)}{hint}"


def _encoding_hint(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "; the file is UTF-16, save it as UTF-8"
    try:
        head[: len(head) - 4 if len(head) > 4 else None].decode()  # noqa: PLR2004 - a character cut at the end
    except UnicodeDecodeError as error:
        # A character that is merely cut off at the end of what was read is no fault
        return "; the file is not UTF-8, save it as UTF-8" if error.start < len(head) - 8 else ""
    return ""


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
