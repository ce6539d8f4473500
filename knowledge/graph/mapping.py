"""What the columns of a term table mean: guessed from their headers, kept as JSON, changed by whoever imports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from knowledge.errors import InvalidInput
from knowledge.graph.store import TermGraph
from knowledge.graph.tables import TermTable
from knowledge.graph.told import is_iri
from knowledge.types import LabelKind, Result

Use = Literal[
    "ignore", "id", "label", "language", "status", "definition", "note", "example", "broader", "narrower", "related",
    "replaced_by", "relation", "access", "type",
]  # fmt: skip
USES: tuple[Use, ...] = (
    "ignore", "id", "label", "language", "status", "definition", "note", "example", "broader", "narrower", "related",
    "replaced_by", "relation", "access", "type",
)  # fmt: skip


class Column(Result):
    """What one column holds. `kind` and `language` are of labels and texts, `relation` is the IRI of a relation.

    `kind` None: preferred for the first label of a language in a row, alternative for the others, unless the row's
    status says otherwise. `language` "": told by a language column, else by the letters.
    """

    header: str
    use: Use = "ignore"
    kind: LabelKind | None = None
    language: str = ""
    relation: str = ""


class TableMapping(Result):
    """The meaning of a table's columns, in order.

    `separator` stands between several values in a cell, with a backslash before it where it is meant as a letter;
    "" takes line ends, `|`, `;` and `；`.
    """

    columns: tuple[Column, ...]
    separator: str = ""

    def fitted(self, headers: tuple[str, ...]) -> TableMapping:
        """This mapping for a table with these headers. Raises InvalidInput when one of its columns is not there."""
        known = {column.header: column for column in self.columns}
        missing = sorted(known.keys() - set(headers))
        if missing:
            raise InvalidInput(f"mapping: no column {missing[0]!r}; the table has: {', '.join(headers)}")
        ordered = tuple(known.get(header, Column(header=header)) for header in headers)
        return self.model_copy(update={"columns": ordered})

    def cells(self, text: str) -> list[str]:
        """The values in a cell."""
        if not self.separator:
            parts = re.split(r"[\n\r|;；]", text)
        else:
            parts = re.split(rf"(?<!\\){re.escape(self.separator)}|[\n\r]", text)
            parts = [re.sub(rf"\\({re.escape(self.separator)}|\\)", r"\1", part) for part in parts]
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def mapping_from(value: Mapping[str, Any] | str) -> TableMapping:
    """The mapping that a JSON value or text describes. Raises InvalidInput saying where it is wrong."""
    try:
        return (
            TableMapping.model_validate_json(value)
            if isinstance(value, str)
            else TableMapping.model_validate(dict(value))
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the mapping"
        raise InvalidInput(f"mapping: {place}: {first['msg']}") from error


_ZH = re.compile(r"中文|汉语|汉字|漢語|chinese|\b(?:zh|cn|chs)\b", re.IGNORECASE)
_EN = re.compile(r"英文|英语|英語|english|\b(?:en|eng)\b", re.IGNORECASE)
_TAG = re.compile(r"[(\[（【@_ ]([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)[)\]）】]?$")
_PATTERNS: tuple[tuple[Use, LabelKind | None, str], ...] = (
    ("id", None, r"^(?:id|uri|iri|identifier|code|key|.*\bid|编号|序号|标识|标识符|代码|编码|.*编号|no\.?|#)$"),
    ("replaced_by", None, r"replaced|replacement|successor|use instead|替代|改用|取代|代替"),
    ("label", "forbidden", r"forbidden|prohibited|do not use|don't use|not recommended|禁用|禁止|不得使用|不推荐"),
    ("label", "deprecated", r"deprecated|obsolete|superseded|former|\bold\b|旧称|旧名|曾用|原名|废弃名|停用名|历史名"),
    ("label", "hidden", r"hidden|misspell|search only|隐藏|误写|错写|检索词|仅搜索"),
    ("label", "alternative", r"alternative|\balt|alias|synonym|abbrev|acronym|short (?:name|form)|also|variant"),
    ("label", "alternative", r"别名|同义|简称|缩写|又称|俗称|别称|英文缩写|其他名称|近义"),
    ("label", "preferred", r"preferred|\bpref|main (?:term|name)|official|首选|正式名|规范名|标准名|推荐"),
    ("definition", None, r"definition|description|meaning|explanation|定义|释义|解释|含义|描述|说明"),
    ("example", None, r"example|usage|例句|示例|用例|举例"),
    ("note", None, r"\bnotes?\b|comment|remark|备注|注释|注解|附注"),
    ("narrower", None, r"narrower|child|下位|下级|子类|子概念"),
    ("broader", None, r"broader|parent|category|subject field|domain|上位|上级|父|类目|分类|所属|领域"),
    ("related", None, r"related|see also|相关|参见|关联"),
    ("status", None, r"status|state|状态"),
    ("access", None, r"access|visible to|audience|group|permission|可见|权限|密级|访问"),
    ("language", None, r"^(?:lang|language|语言|语种|语言标签)$"),
    ("type", None, r"^(?:type|class|kind|category type|rdf:type|类型|类别|概念类型)$"),
    ("label", None, r"term|label|name|word|concept|entry|title|chinese|english"),
    ("label", None, r"术语|名称|词条|词汇|概念|用语|全称|中文|英文"),
)  # fmt: skip
"""What a header says, most telling first."""

_COMPILED = tuple((use, kind, re.compile(pattern, re.IGNORECASE)) for use, kind, pattern in _PATTERNS)
_RELATION = re.compile(r"^(?:relation|关系)\s*[:：]?\s*(\S.*)$", re.IGNORECASE)
OWN_SEPARATOR = "|"


def guess_mapping(table: TermTable, graph: TermGraph | None = None) -> TableMapping:
    """What the columns probably mean, by their headers; a relation of the graph is told by its name."""
    names = {
        text.text.casefold(): relation.id
        for relation in (graph.relations() if graph else ())
        for text in relation.labels
    }
    columns = tuple(_guessed(header, names) for header in table.headers)
    if not any(column.use == "label" for column in columns) and columns:
        # Whatever else it is, a table of terms has terms, and they stand in front
        first = next((place for place, column in enumerate(columns) if column.use == "ignore"), None)
        if first is not None:
            label = Column(header=columns[first].header, use="label")
            columns = (*columns[:first], label, *columns[first + 1 :])
    ours = "id" in table.headers and any(header.startswith("preferred label (") for header in table.headers)
    return TableMapping(columns=columns, separator=OWN_SEPARATOR if ours else "")


def _guessed(header: str, relations: Mapping[str, str]) -> Column:
    if header.casefold() in relations:
        return Column(header=header, use="relation", relation=relations[header.casefold()])
    match = _RELATION.match(header)
    if match:
        name = match[1].strip()
        iri = relations.get(name.casefold(), name)
        return Column(header=header, use="relation", relation=iri) if is_iri(iri) else Column(header=header)
    language = _language(header)
    for use, kind, pattern in _COMPILED:
        if pattern.search(header):
            of_text = use in ("label", "definition", "note", "example")
            return Column(header=header, use=use, kind=kind, language=language if of_text else "")
    # 中文, English, zh-Hant: a column named after a language holds the terms in it
    return Column(header=header, use="label", language=language) if language else Column(header=header)


def _language(header: str) -> str:
    tag = _TAG.search(f" {header}")
    if tag and (tag[1].islower() or "-" in tag[1]):
        return tag[1]
    return "zh" if _ZH.search(header) else "en" if _EN.search(header) else ""
