"""A table of terms as statements, row by row, with what is wrong in which row."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.graph import vocabulary as words
from knowledge.graph.mapping import Column, TableMapping
from knowledge.graph.normal import normalize
from knowledge.graph.shapes.tags import corrected_tag, tag_fault
from knowledge.graph.store import TermGraph
from knowledge.graph.tables import TermTable
from knowledge.graph.texts import MAX_LABEL_CHARACTERS, clean_label
from knowledge.graph.told import Told, is_iri, node
from knowledge.language import detect_language
from knowledge.types import LabelKind

NAMESPACE = "urn:plumbline:term:"
_LABELS: dict[LabelKind, str] = {kind: predicate for predicate, kind in words.LABEL_KINDS.items()}
_TEXTS = {"definition": words.DEFINITION, "note": words.SKOS + "note", "example": words.SKOS + "example"}
_LINKS = {
    "broader": words.BROADER, "narrower": words.NARROWER, "related": words.RELATED, "replaced_by": words.REPLACED_BY,
}  # fmt: skip
_TRUE = Literal("true", datatype=NamedNode(words.XSD + "boolean"))
_LABEL_STATUS: dict[str, LabelKind] = {
    **dict.fromkeys(("preferred", "preferredterm", "preferred term", "main", "首选", "推荐", "规范"), "preferred"),
    **dict.fromkeys(("admitted", "allowed", "synonym", "alias", "abbreviation"), "alternative"),
    **dict.fromkeys(("许用", "别名", "简称", "同义"), "alternative"),
    **dict.fromkeys(("superseded", "old", "obsolete term", "旧称", "曾用"), "deprecated"),
    **dict.fromkeys(("forbidden", "prohibited", "not recommended", "禁用", "禁止"), "forbidden"),
    **dict.fromkeys(("hidden", "隐藏"), "hidden"),
}  # fmt: skip
_OUT_OF_USE = frozenset(
    "deprecated obsolete retired withdrawn inactive invalid 停用 废弃 作废 弃用 已停用 已废止 废止".split()
)
_MEANT_AS_IRI = re.compile(r"https?://|urn:", re.IGNORECASE)
_IN_USE = frozenset(
    "active approved valid current published final accepted standard draft proposed new yes "
    "有效 启用 在用 使用中 已发布 已批准 生效 正常 草稿".split()
)


def told_by_table(table: TermTable, mapping: TableMapping, graph: TermGraph, namespace: str = NAMESPACE) -> Told:
    """What a table says, by a mapping of its columns. Rows that name nothing usable are left out, with the reason.

    Concepts without an id get one made of their first label, so that the same table gives the same ids.
    Raises InvalidInput when no column holds labels or ids, or the mapping names a column that is not there.
    """
    return _Reader(table, mapping.fitted(table.headers), graph, namespace).read()


class _Reader:
    def __init__(self, table: TermTable, mapping: TableMapping, graph: TermGraph, namespace: str) -> None:
        self._table, self._mapping, self._graph, self._namespace = table, mapping, graph, namespace
        self._columns = list(enumerate(mapping.columns))
        if not any(column.use in ("label", "id") for column in mapping.columns):
            raise InvalidInput("table: no column holds labels; say in the mapping which one does")
        for column in mapping.columns:
            if column.use == "relation":
                node(column.relation)
        self._told = Told(format="table", encoding=table.encoding, scope=frozenset(self._scope()))
        self._by_key: dict[str, NamedNode] = {}
        self._by_name: dict[str, set[NamedNode]] = defaultdict(set)
        self._preferred: dict[tuple[str, str], str] = {}
        node(f"{namespace}x")

    def _scope(self) -> Iterator[str]:
        for column in self._mapping.columns:
            if column.use == "label":
                yield from [_LABELS[column.kind]] if column.kind else [_LABELS["preferred"], _LABELS["alternative"]]
            elif column.use in _TEXTS:
                yield _TEXTS[column.use]
            elif column.use in _LINKS:
                yield _LINKS[column.use]
            elif column.use == "relation":
                yield column.relation
            elif column.use == "access":
                yield words.ACCESS
            elif column.use == "status":
                yield words.DEPRECATED

    def read(self) -> Told:
        """Names first, so that a row may point to one below it; then everything else."""
        subjects = [self._subject(row, line) for row, line in zip(self._table.rows, self._table.lines, strict=True)]
        for subject, row, line in zip(subjects, self._table.rows, self._table.lines, strict=True):
            if subject is not None:
                self._texts(subject, row, line)
                self._links(subject, row, line)
        return self._told

    # --- who is meant ---------------------------------------------------------------------------------------------

    def _subject(self, row: tuple[str, ...], line: int) -> NamedNode | None:
        told = self._told
        labels = list(self._labels(row, line))
        key = next((row[place] for place, column in self._columns if column.use == "id" and row[place]), "")
        if not key and not labels:
            told.wrong("row_without_label", "the row has neither a label nor an id; it is left out", line=line)
            return None
        if is_iri(key) or _MEANT_AS_IRI.match(key):
            subject = self._node(key, line)
        elif key:
            subject = self._node(self._namespace + quote(key, safe="-._~"), line)
        else:
            text, _, _, _ = next((one for one in labels if one[1] == "preferred"), labels[0])
            subject = self._node(self._namespace + _slug(text), line)
        if subject is None:
            return None
        if not key:
            told.guessed.add(subject.value)
        told.lines.setdefault(subject.value, line)
        self._by_key.setdefault(key or subject.value, subject)
        told.quads.add(Quad(subject, NamedNode(words.TYPE), NamedNode(words.CONCEPT)))
        for text, kind, tag, column in labels:
            self._by_name[normalize(text)].add(subject)
            other = self._preferred.setdefault((subject.value, tag), text) if kind == "preferred" else text
            if other != text:
                told.wrong(
                    "second_preferred",
                    f"{text!r} is a second preferred label in {tag} beside {other!r}; answers need one",
                    severity="warning",
                    line=line,
                    column=column,
                    values={"label": text, "other": other, "language": tag},
                )
            told.quads.add(Quad(subject, NamedNode(_LABELS[kind]), Literal(text, language=tag)))
        return subject

    def _node(self, iri: str, line: int) -> NamedNode | None:
        try:
            return node(iri)
        except InvalidInput as error:
            self._told.wrong("bad_iri", f"{error}; the row is left out", line=line, values={"value": iri[:100]})
            return None

    def _labels(self, row: tuple[str, ...], line: int) -> Iterator[tuple[str, LabelKind, str, str]]:
        """Labels of a row with kind, language tag and column, preferred ones of each language first."""
        status = self._status(row)
        spoken = next((row[place] for place, column in self._columns if column.use == "language"), "")
        seen: set[str] = set()
        for place, column in self._columns:
            for text in self._values(place, column, row) if column.use == "label" else ():
                label = clean_label(text)
                if not label or len(label) > MAX_LABEL_CHARACTERS:
                    self._told.wrong(
                        "unusable_label",
                        f"a label of {len(text)} characters is left out; labels have 1 to {MAX_LABEL_CHARACTERS}",
                        line=line,
                        column=column.header,
                        values={"label": text[:40]},
                    )
                    continue
                tag = self._tag(column.language or spoken, label, line, column.header)
                kind = column.kind or _LABEL_STATUS.get(status)
                if kind is None and spoken and status in _OUT_OF_USE:
                    kind = "deprecated"
                if kind is None:
                    kind = "alternative" if tag in seen else "preferred"
                if kind == "preferred":
                    seen.add(tag)
                yield label, kind, tag, column.header

    def _tag(self, tag: str, label: str, line: int, column: str) -> str:
        if not tag:
            return detect_language(label)
        if tag_fault(tag.lower()) != "invalid":
            return tag
        right = corrected_tag(tag.lower()) or detect_language(label)
        self._told.wrong(
            "bad_language",
            f"{tag!r} is no language tag; taken as {right!r}",
            severity="warning",
            line=line,
            column=column,
            values={"tag": tag, "right": right},
        )
        return right

    def _values(self, place: int, column: Column, row: tuple[str, ...]) -> list[str]:
        text = row[place]
        if column.use in _TEXTS:
            return [text] if text else []
        # A cell that a spreadsheet must not take for a formula begins with an apostrophe in our own exports
        return [re.sub(r"^'(?=[=+\-@])", "", one) for one in self._mapping.cells(text)]

    def _status(self, row: tuple[str, ...]) -> str:
        said = next((row[place] for place, column in self._columns if column.use == "status"), "")
        return said.strip().lower().removesuffix("-admn-sts")

    # --- what is said ---------------------------------------------------------------------------------------------

    def _texts(self, subject: NamedNode, row: tuple[str, ...], line: int) -> None:
        for place, column in self._columns:
            if column.use in _TEXTS:
                for text in self._values(place, column, row):
                    tag = self._tag(column.language, text, line, column.header)
                    self._told.quads.add(Quad(subject, NamedNode(_TEXTS[column.use]), Literal(text, language=tag)))
            elif column.use == "access":
                for text in self._values(place, column, row):
                    self._told.quads.add(Quad(subject, NamedNode(words.ACCESS), Literal(text)))
            elif column.use == "type":
                self._types(subject, self._values(place, column, row), line, column.header)
        status = self._status(row)
        by_label = any(column.use == "language" for _, column in self._columns)
        if status in _OUT_OF_USE and not by_label:
            self._told.quads.add(Quad(subject, NamedNode(words.DEPRECATED), _TRUE))
        elif status and status not in _IN_USE | _OUT_OF_USE | _LABEL_STATUS.keys():
            self._told.wrong(
                "unknown_status",
                f"the status {status!r} is not known; the concept is taken as one in use",
                severity="warning",
                line=line,
                values={"value": status},
            )

    def _types(self, subject: NamedNode, values: list[str], line: int, column: str) -> None:
        classes = {
            text.text.casefold(): name for name in self._graph.classes() for text in self._graph.class_names(name)
        }
        for value in values:
            iri = value if is_iri(value) else classes.get(value.casefold(), "")
            if iri:
                self._told.quads.add(Quad(subject, NamedNode(words.TYPE), NamedNode(iri)))
            else:
                self._told.wrong(
                    "unknown_class",
                    f"there is no class {value!r}; left out",
                    severity="warning",
                    line=line,
                    column=column,
                    values={"value": value},
                )

    def _links(self, subject: NamedNode, row: tuple[str, ...], line: int) -> None:
        for place, column in self._columns:
            predicate = column.relation if column.use == "relation" else _LINKS.get(column.use)
            if predicate is None:
                continue
            relation = self._graph.relation(predicate)
            for value in self._values(place, column, row):
                if column.use == "relation" and (relation is None or relation.literal):
                    datatype = relation.range[0] if relation and relation.range else ""
                    self._told.quads.add(Quad(subject, NamedNode(predicate), _literal(value, datatype)))
                    continue
                target = self._target(value, line, column.header)
                if target is not None:
                    self._told.quads.add(Quad(subject, NamedNode(predicate), target))

    def _target(self, value: str, line: int, column: str) -> NamedNode | None:
        """The concept that a cell names: by its id or label, in this table or else in the graph."""
        if value in self._by_key:
            return self._by_key[value]
        if is_iri(value):
            return self._node(value, line)
        own = self._by_name.get(normalize(value), set())
        found = own or {NamedNode(name) for name in self._graph.named(value)}
        if len(found) == 1:
            return next(iter(found))
        several = f"{len(found)} concepts are called {value!r}" if found else f"nothing is called {value!r}"
        self._told.wrong(
            "ambiguous_target" if found else "unknown_target",
            f"{several}; the link is left out",
            line=line,
            column=column,
            values={"value": value},
        )
        return None


def _literal(value: str, datatype: str) -> Literal:
    return Literal(value, datatype=NamedNode(datatype)) if datatype.startswith(words.XSD) else Literal(value)


def _slug(text: str) -> str:
    """A piece of an IRI that is the same for the same label, and readable where it is Latin."""
    name = normalize(text)
    readable = re.sub(r"[^a-z0-9]+", "-", name)[:40].strip("-")
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")
