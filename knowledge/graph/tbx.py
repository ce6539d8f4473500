"""TBX-Basic, the exchange format of term bases: v2 (martif) and v3 (ISO 30042:2019, both of its styles)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.graph import vocabulary as words
from knowledge.graph.reading import MAX_FILE_BYTES, refuse_entities
from knowledge.graph.shapes.tags import corrected_tag, tag_fault
from knowledge.graph.store import TermGraph
from knowledge.graph.texts import MAX_LABEL_CHARACTERS, clean_label
from knowledge.graph.told import Told, is_iri, node
from knowledge.language import detect_language
from knowledge.types import LabelKind

TBX_ENDINGS = frozenset({".tbx", ".tbxm", ".martif", ".mtf"})
NAMESPACE_V3 = "urn:iso:std:iso:30042:ed-2"
OTHER = "urn:plumbline:tbx#"
"""Data categories that we have no word for are kept under this name."""

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_CONCEPTS, _LANGUAGES, _TERMS = ("termEntry", "conceptEntry"), ("langSet", "langSec"), ("tig", "ntig", "termSec")
_STATUSES: dict[str, LabelKind] = {
    "preferredTerm": "preferred", "admittedTerm": "alternative", "legalTerm": "preferred", "regulatedTerm": "preferred",
    "standardizedTerm": "preferred", "deprecatedTerm": "deprecated", "supersededTerm": "deprecated",
}  # fmt: skip
_WRITTEN: dict[LabelKind, str] = {
    "preferred": "preferredTerm-admn-sts", "alternative": "admittedTerm-admn-sts",
    "deprecated": "supersededTerm-admn-sts", "forbidden": "deprecatedTerm-admn-sts",
}  # fmt: skip
_STATUS_NAMES = frozenset({"administrativeStatus", "normativeAuthorization"})
_TEXTS = {
    "definition": words.DEFINITION, "note": words.SKOS + "note", "context": words.SKOS + "example",
    "example": words.SKOS + "example", "source": words.DCTERMS + "source",
}  # fmt: skip
_LINKS = {
    "crossReference": words.RELATED, "relatedConcept": words.RELATED, "superordinateConceptGeneric": words.BROADER,
    "relatedConceptBroader": words.BROADER, "relatedConceptNarrower": words.NARROWER,
    "subordinateConceptGeneric": words.NARROWER, "antonymConcept": words.RELATED,
}  # fmt: skip
_OURS = {"plumbline:accessLabel": words.ACCESS, "plumbline:deprecated": words.DEPRECATED}
"""Administrative notes of our own: without them an exported concept would lose who may see it."""

_WRITTEN_TEXTS = {words.DEFINITION: "definition", words.SKOS + "note": "note", words.SKOS + "example": "context"}
_WRITTEN_LINKS = {words.BROADER: "superordinateConceptGeneric", words.RELATED: "crossReference"}
_LABELS: dict[LabelKind, str] = {kind: predicate for predicate, kind in words.LABEL_KINDS.items()}
_KIND_NOTE = "plumbline: "
_SCOPE = frozenset({
    *words.LABEL_KINDS, words.DEFINITION, words.SKOS + "note", words.SKOS + "example", words.BROADER, words.RELATED,
})  # fmt: skip
"""What an export of ours writes: what is missing there is no longer so. Anything else in a file only adds."""


def read_tbx(path: Path, namespace: str) -> Told:
    """What a TBX file says. Concepts get `namespace` and their id in the file, or the id itself where it is an IRI.

    Statuses become kinds of labels; a term without one is preferred if it is the first of its language. What belongs to
    a single term (part of speech, gender) is counted and not taken over. Raises InvalidInput with the line for a file
    that cannot be read, holds entities of its own or is no TBX.
    """
    root = _parsed(path)
    told = Told(format="TBX", scope=_SCOPE)
    left_out: Counter[str] = Counter()
    entries = [entry for entry in root.iter() if _name(entry) in _CONCEPTS]
    if not entries:
        raise InvalidInput(f"{path}: no TBX: there is no termEntry or conceptEntry in it")
    ids = {entry.get("id") or entry.get(_XML_ID) for entry in entries}
    for number, entry in enumerate(entries, 1):
        _Entry(entry, number, told, namespace, ids, left_out).read()
    for name, count in sorted(left_out.items()):
        told.wrong(
            "not_taken_over",
            f"{count} × {name} of single terms: not taken over",
            severity="info",
            values={"name": name, "count": str(count)},
        )
    return told


class _Entry:
    def __init__(
        self, entry: Any, number: int, told: Told, namespace: str, ids: set[str | None], left_out: Counter[str]
    ) -> None:
        self._entry, self._told, self._namespace, self._ids, self._left_out = entry, told, namespace, ids, left_out
        self._line = entry.sourceline
        self._id = entry.get("id") or entry.get(_XML_ID) or f"entry-{number}"
        self._guessed = not (entry.get("id") or entry.get(_XML_ID))

    def read(self) -> None:
        subject = self._node(self._id)
        if subject is None:
            return
        if self._guessed or not is_iri(self._id):
            # An id that is unique in its file only: names tell which concept of the graph is meant
            self._told.guessed.add(subject.value)
        if subject.value in self._told.lines:
            self._told.wrong("repeated_id", f"the id {self._id!r} was used before", severity="warning", line=self._line)
        self._told.lines.setdefault(subject.value, self._line)
        self._add(subject, words.TYPE, NamedNode(words.CONCEPT))
        self._details(subject, self._entry, "")
        named = False
        for section in self._entry.iter():
            if _name(section) in _LANGUAGES:
                named = self._language(subject, section) or named
        if not named:
            self._told.wrong("entry_without_term", f"the entry {self._id!r} has no term", line=self._line)

    def _language(self, subject: NamedNode, section: Any) -> bool:
        """Labels and texts of one language; whether it had any label."""
        terms = [child for child in section.iter() if _name(child) in _TERMS]
        labels = [(text, self._kind(term), term) for term in terms for text in self._term(term)]
        tag = self._tag(section.get(_XML_LANG) or section.get("lang") or "", labels[0][0] if labels else "", section)
        self._details(subject, section, tag)
        preferred = any(kind == "preferred" for _, kind, _ in labels)
        for text, known, term in labels:
            kind = known or ("alternative" if preferred else "preferred")
            if kind == "preferred" and known is None:
                preferred = True
            self._add(subject, _LABELS[kind], Literal(text, language=tag))
            self._details(subject, term, tag)
        return bool(labels)

    def _term(self, term: Any) -> Iterator[str]:
        for child in term.iter():
            if _name(child) == "term":
                text = clean_label("".join(child.itertext()))
                if text and len(text) <= MAX_LABEL_CHARACTERS:
                    yield text
                else:
                    self._told.wrong(
                        "unusable_label", f"a term of {len(text)} characters is left out", line=child.sourceline
                    )
                return

    def _kind(self, term: Any) -> LabelKind | None:
        found: LabelKind | None = None
        for child in term.iter():
            name = _category(child)
            text = "".join(child.itertext()).strip()
            if name in _STATUS_NAMES:
                found = _STATUSES.get(text.removesuffix("-admn-sts"))
                if found is None:
                    self._told.wrong(
                        "unknown_status",
                        f"the status {text[:40]!r} is not known",
                        severity="warning",
                        line=child.sourceline,
                        values={"value": text[:40]},
                    )
            elif name == "note" and text.startswith(_KIND_NOTE) and text.removeprefix(_KIND_NOTE) in _LABELS:
                return _kind_named(text.removeprefix(_KIND_NOTE))
        return found

    def _details(self, subject: NamedNode, parent: Any, tag: str) -> None:
        """Everything that is said on this level; levels below speak for themselves."""
        of_term = _name(parent) in _TERMS
        for child in _level(parent):
            name = _category(child)
            text = " ".join("".join(child.itertext()).split())
            if not name or name in _STATUS_NAMES or (not text and not child.get("target")):
                continue
            if name == "note" and text.startswith(_KIND_NOTE):
                continue
            if name in _LINKS:
                self._link(subject, name, child.get("target") or text, child)
            elif name in _TEXTS:
                self._add(subject, _TEXTS[name], Literal(text, language=tag or detect_language(text)))
            elif name in _OURS:
                boolean = NamedNode(words.XSD + "boolean")
                value = Literal(text, datatype=boolean) if _OURS[name] == words.DEPRECATED else Literal(text)
                self._add(subject, _OURS[name], value)
            elif of_term:
                self._left_out[name] += 1
            else:
                predicate = NamedNode(OTHER + quote(name, safe=""))
                kept = Literal(text, language=tag) if tag else Literal(text)
                self._told.quads.add(Quad(subject, predicate, kept))

    def _link(self, subject: NamedNode, name: str, target: str, child: Any) -> None:
        target = target.removeprefix("#")
        found = self._node(target) if target in self._ids or is_iri(target) else None
        if found is None:
            self._told.wrong(
                "unknown_target",
                f"{name} leads to {target[:80]!r}, which is no entry of the file",
                severity="warning",
                line=child.sourceline,
                values={"value": target[:80]},
            )
        else:
            self._add(subject, _LINKS[name], found)

    def _tag(self, tag: str, text: str, section: Any) -> str:
        if tag and tag_fault(tag.lower()) != "invalid":
            return tag
        right = corrected_tag(tag.lower()) or detect_language(text)
        self._told.wrong(
            "bad_language",
            f"{tag!r} is no language tag; taken as {right!r}",
            severity="warning",
            line=section.sourceline,
            values={"tag": tag, "right": right},
        )
        return right

    def _node(self, name: str) -> NamedNode | None:
        try:
            return node(name if is_iri(name) else self._namespace + quote(name, safe="-._~"))
        except InvalidInput as error:
            self._told.wrong("bad_iri", f"{error}; the entry is left out", line=self._line)
            return None

    def _add(self, subject: NamedNode, predicate: str, value: NamedNode | Literal) -> None:
        self._told.quads.add(Quad(subject, NamedNode(predicate), value))


def _parsed(path: Path) -> Any:
    from lxml import etree

    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidInput(f"{path}: term base files may have {MAX_FILE_BYTES >> 20} MiB")
        refuse_entities(path)
        # A TBX v2 file names the DTD of its dialect: it is not looked for
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        tree = etree.parse(str(path), parser)
    except etree.XMLSyntaxError as error:
        line = f" line {error.lineno}:" if error.lineno else ""
        raise InvalidInput(f"{path}:{line} {' '.join(str(error.msg).split())[:200]}") from error
    except OSError as error:
        reason = "no such file" if not path.exists() else " ".join(str(error).split())[:200]
        raise InvalidInput(f"{path}: {reason}") from error
    return tree.getroot()


def _name(element: Any) -> str:
    """An element's name without namespace; "" for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


_LEVELS = frozenset({*_CONCEPTS, *_LANGUAGES, *_TERMS})
_GROUPS = frozenset({"descripGrp", "termNoteGrp", "adminGrp", "transacGrp", "termGrp"})
_BY_TYPE = frozenset(
    {"descrip", "termNote", "admin", "ref", "xref", "descripNote", "adminNote", "transac", "transacNote"}
)


def _level(parent: Any) -> Iterator[Any]:
    for child in parent:
        if _name(child) in _GROUPS:
            yield from _level(child)
        elif _name(child) and _name(child) not in _LEVELS:
            yield child


def _category(element: Any) -> str:
    """The data category: the `type` of a general element, or the name of one of its own (style "dct")."""
    name = _name(element)
    if name in _BY_TYPE:
        return str(element.get("type") or "")
    return "" if name in _LEVELS | _GROUPS | {"term", "date", "martif", "tbx"} else name


def _kind_named(name: str) -> LabelKind | None:
    return next((kind for kind in _LABELS if kind == name), None)


# --- writing --------------------------------------------------------------------------------------------------------


def write_tbx(quads: Iterable[Quad], stream: IO[bytes]) -> None:
    """Concepts as TBX v3, dialect TBX-Basic, style dca: labels with their statuses, definitions, notes and links.

    Facts and statements that TBX-Basic has no data category for are not written.
    """
    from lxml import etree

    graph = TermGraph(quads)
    root = etree.Element(
        f"{{{NAMESPACE_V3}}}tbx", {"type": "TBX-Basic", "style": "dca", _XML_LANG: "en"}, nsmap={None: NAMESPACE_V3}
    )
    header = _sub(root, "tbxHeader")
    _sub(_sub(_sub(header, "fileDesc"), "sourceDesc"), "p", "Exported by Plumbline")
    body = _sub(_sub(root, "text"), "body")
    for concept in graph.concepts():
        _write_entry(body, graph, concept)
    etree.ElementTree(root).write(stream, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _write_entry(body: Any, graph: TermGraph, concept: str) -> None:
    """One concept; nothing for one without labels, which TBX cannot hold."""
    labels: dict[str, list[tuple[LabelKind, str]]] = defaultdict(list)
    texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    links: list[tuple[str, str]] = []
    for quad in sorted(graph.statements(NamedNode(concept), None, None), key=str):
        predicate, value = quad.predicate.value, quad.object
        kind = words.LABEL_KINDS.get(predicate)
        if kind is not None and isinstance(value, Literal):
            labels[value.language or detect_language(value.value)].append((kind, _xml_text(value.value)))
        elif predicate in _WRITTEN_TEXTS and isinstance(value, Literal):
            texts[value.language or ""].append((_WRITTEN_TEXTS[predicate], _xml_text(value.value)))
        elif isinstance(value, NamedNode) and predicate in _WRITTEN_LINKS:
            links.append((_WRITTEN_LINKS[predicate], value.value))
    if labels:
        _write_parts(_sub(body, "conceptEntry", id=concept), graph, concept, labels, texts, links)


def _write_parts(
    entry: Any,
    graph: TermGraph,
    concept: str,
    labels: dict[str, list[tuple[LabelKind, str]]],
    texts: dict[str, list[tuple[str, str]]],
    links: list[tuple[str, str]],
) -> None:
    """What is told of a concept, as a whole and by language."""
    for name, predicate in _OURS.items():
        values = graph.statements(NamedNode(concept), NamedNode(predicate), None)
        for text in sorted(quad.object.value for quad in values if isinstance(quad.object, Literal)):
            _sub(entry, "admin", _xml_text(text), type=name)
    for category, target in links:
        _sub(entry, "ref", target, type=category, target=target)
    _write_texts(entry, texts.pop("", []))
    for tag in sorted({*labels, *texts}):
        section = _sub(entry, "langSec")
        section.set(_XML_LANG, tag)
        _write_texts(section, texts.get(tag, []))
        for kind, text in sorted(labels.get(tag, [])):
            _write_term(section, kind, text)


def _write_texts(parent: Any, texts: Iterable[tuple[str, str]]) -> None:
    for category, text in texts:
        if category == "note":
            _sub(parent, "note", text)
        else:
            _sub(parent, "descrip", text, type=category)


def _write_term(section: Any, kind: LabelKind, text: str) -> None:
    term = _sub(section, "termSec")
    _sub(term, "term", text)
    if kind in _WRITTEN:
        _sub(term, "termNote", _WRITTEN[kind], type="administrativeStatus")
    if kind in ("hidden", "forbidden"):
        _sub(term, "note", f"{_KIND_NOTE}{kind}")


def _sub(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
    from lxml import etree

    element = etree.SubElement(parent, f"{{{NAMESPACE_V3}}}{name}", attributes)
    element.text = text or None
    return element


def _xml_text(text: str) -> str:
    """A text without the control characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "", text)
