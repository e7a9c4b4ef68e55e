"""XML from outside, read without entities or document types."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from core.domain.errors import InvalidInput
from core.domain.texts import Text


def parse_tree(name: str, data: bytes) -> Element:
    """The root element without namespaces. Raises InvalidInput for a DTD, an entity, or a file that ends too early."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise InvalidInput({name: Text("The file declares a document type or entities; a list has none")}) from None
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidInput(
            {name: Text("The XML is damaged or was not written to its end ({error})", error=error)}
        ) from None
    for node in root.iter():
        if isinstance(node.tag, str):
            node.tag = re.sub(r"^\{[^}]*\}", "", node.tag)
    return root
