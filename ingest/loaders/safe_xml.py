"""XML read so that it can neither fetch nor grow: no entity of its own, nothing external."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from ingest.loaders.encoding import decode, larger_set
from ingest.types import Unreadable

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,100}encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})[\"']")


def parse_xml(data: bytes) -> Element:
    """The root of an XML file. Raises Unreadable for damage, declared entities and references to external ones."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    # The parser knows no Chinese encodings; text it takes as it is, without a declaration
    declared = _ENCODING.match(data)
    text, _ = decode(data, larger_set(declared[1].decode("ascii")) if declared else None)
    try:
        return fromstring(_DECLARATION.sub("", text.lstrip("\ufeff"), count=1))  # type: ignore[no-any-return] # no types
    except DefusedXmlException as error:
        raise Unreadable("XML that declares entities or refers to external ones") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable("damaged XML") from error


def local_name(element: Element) -> str:
    """The element's name without its namespace; empty for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
