"""What a WebDAV server says of its resources: the multi-status answer to PROPFIND (RFC 4918 §13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.parsers import expat

__all__ = ["ASKED", "NotMultiStatus", "Resource", "parse"]

# What is asked of each resource.
ASKED = (
    b'<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/>'
    b"<D:getlastmodified/><D:creationdate/></D:prop></D:propfind>"
)
DAV = "DAV:\n"
RESPONSE, HREF, STATUS, PROPSTAT = f"{DAV}response", f"{DAV}href", f"{DAV}status", f"{DAV}propstat"
COLLECTION, LENGTH, MODIFIED, CREATED = (
    f"{DAV}{name}" for name in ("collection", "getcontentlength", "getlastmodified", "creationdate")
)


class NotMultiStatus(ValueError):
    """The answer is something else."""


@dataclass(slots=True)
class Resource:
    """One file or folder.

    Attributes:
        href: Its address as the server wrote it, percent-encoded.
        is_folder: Whether it is a collection.
        size: Bytes, where the server says.
        modified, created: In UTC, where it says.
    """

    href: str = ""
    is_folder: bool = False
    size: int | None = None
    modified: datetime | None = None
    created: datetime | None = None


def parse(body: bytes) -> list[Resource]:
    """The resources in an answer; those the server has trouble with are left out.

    Raises:
        NotMultiStatus: It is no such answer. One that declares entities of its own is none: it could grow without end.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotMultiStatus(str(error)) from error
    if not reader.is_multistatus:
        raise NotMultiStatus("it is XML of another kind")
    return reader.found


class _Reader:
    """Puts the resources together as their parts come by."""

    def __init__(self) -> None:
        self.found: list[Resource] = []
        self.is_multistatus = False
        self._path: list[str] = []
        self._text: list[str] = []
        self._resource = Resource()
        self._properties: dict[str, str] = {}
        self._good = self._all_good = True
        # Between namespace and name goes what neither can contain.
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.StartElementHandler = self._started
        self.parser.EndElementHandler = self._ended
        self.parser.CharacterDataHandler = self._text.append
        self.parser.StartDoctypeDeclHandler = self._refused

    def _refused(self, *declaration: object) -> None:
        raise NotMultiStatus("it has a document type declaration")

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self.is_multistatus = name == f"{DAV}multistatus"
        self._path.append(name)
        self._text.clear()
        if name == RESPONSE:
            self._resource, self._all_good = Resource(), True
        elif name == PROPSTAT:
            self._properties, self._good = {}, True
        elif name == COLLECTION:
            self._properties[COLLECTION] = ""

    def _ended(self, name: str) -> None:
        self._path.pop()
        around = self._path[-1] if self._path else ""
        text = "".join(self._text).strip()
        self._text.clear()
        if name == HREF and around == RESPONSE:
            self._resource.href = text
        elif name == STATUS and around == PROPSTAT:
            self._good = " 200" in text
        elif name == STATUS and around == RESPONSE:
            self._all_good = " 200" in text
        elif name in (LENGTH, MODIFIED, CREATED):
            self._properties[name] = text
        elif name == PROPSTAT and self._good:
            self._take()
        elif name == RESPONSE and self._all_good and self._resource.href:
            self.found.append(self._resource)

    def _take(self) -> None:
        resource, properties = self._resource, self._properties
        resource.is_folder |= COLLECTION in properties
        if (length := properties.get(LENGTH, "")).isdecimal():
            resource.size = int(length)
        resource.modified = _time(properties.get(MODIFIED)) or resource.modified
        resource.created = _time(properties.get(CREATED)) or resource.created


def _time(text: str | None) -> datetime | None:
    """Modification times come as HTTP writes them, creation times as ISO 8601 does; servers mix them up."""
    if not text:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = read(text)
        except ValueError:
            continue
        return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return None
