"""XML from strangers, read without letting it do anything but be read.

A first pass by expat, which builds nothing, refuses what could do harm before any of it takes effect: document types (and
with them entities), too many bytes, elements or levels. Only then lxml reads it, with everything that expands or fetches
switched off.

>>> read(b'<a><b/></a>').tag
'a'
>>> try:
...     read(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
... except Refused as refused:
...     print(refused.code)
doctype
"""
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree


@dataclass(frozen=True)
class Limits:
    """How much is read at most."""

    size: int = 5_000_000
    elements: int = 50_000
    depth: int = 100


USUAL = Limits()


class Refused(ValueError):
    """A file that is not read: ``code`` says why, ``details`` what the sentence about it fills in."""

    def __init__(self, code, **details):
        super().__init__(code)
        self.code, self.details = code, details


def read(content, limits=USUAL):
    """Return the root element of an XML file given as bytes; comments and processing instructions are dropped.

    :raises Refused: with codes too_big, too_deep, too_many, doctype, broken
    """
    if len(content) > limits.size:
        raise Refused('too_big', limit=limits.size)
    _look_through(content, limits)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, attribute_defaults=False, huge_tree=False,
        remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Refused('broken', line=getattr(error, 'lineno', None) or 1, reason=str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise Refused('doctype')
    return root


def _look_through(content, limits):
    depth = elements = 0

    def start(_name, _attributes):
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > limits.depth:
            raise Refused('too_deep', limit=limits.depth)
        if elements > limits.elements:
            raise Refused('too_many', limit=limits.elements)

    def end(_name):
        nonlocal depth
        depth -= 1

    def refuse(*_declaration):
        raise Refused('doctype')

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Refused('broken', line=error.lineno, reason=expat.ErrorString(error.code)) from error
    except (ValueError, LookupError, UnicodeError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused('broken', line=1, reason=str(error)) from error
