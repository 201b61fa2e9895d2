"""Answers to PROPFIND as servers write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clouddrive2.transport.multistatus import NotMultiStatus, Resource, parse


def test_a_file_and_a_folder_in_two_dialects() -> None:
    body = b"""<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="urn:s">
 <d:response><d:href>/dav/a%20b/</d:href>
  <d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype><d:creationdate>2024-05-06T07:08:09Z</d:creationdate>
   <d:getcontentlength/></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
 </d:response>
 <response xmlns="DAV:"><href>http://h/dav/a%20b/f</href>
  <propstat><prop><getcontentlength> 12 </getcontentlength><resourcetype/>
   <getlastmodified>Mon, 06 May 2024 07:08:09 GMT</getlastmodified></prop><status>HTTP/1.1 200 OK</status></propstat>
  <propstat><prop><creationdate/><getcontentlength>99</getcontentlength></prop><status>HTTP/1.1 404 Not Found</status></propstat>
 </response>
</d:multistatus>"""
    at = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert parse(body) == [
        Resource("/dav/a%20b/", is_folder=True, created=at),
        Resource("http://h/dav/a%20b/f", size=12, modified=at),
    ]


def test_what_the_server_has_trouble_with_is_left_out() -> None:
    body = b"""<m:multistatus xmlns:m="DAV:"><m:response><m:href>/dav/x</m:href><m:status>HTTP/1.1 403 Forbidden</m:status>
</m:response></m:multistatus>"""
    assert parse(body) == []


def test_odd_values_are_unknown() -> None:
    body = b"""<m:multistatus xmlns:m="DAV:"><m:response><m:href>/f</m:href><m:propstat><m:prop><m:getcontentlength>-1
</m:getcontentlength><m:getlastmodified>yesterday</m:getlastmodified></m:prop><m:status>HTTP/1.1 200 OK</m:status></m:propstat>
</m:response></m:multistatus>"""
    assert parse(body) == [Resource("/f")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b'<multistatus xmlns="other:"/>',
        b'<m:multistatus xmlns:m="DAV:"><m:response>',
        b'<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><m:multistatus xmlns:m="DAV:">&b;</m:multistatus>',
        b'<!DOCTYPE m SYSTEM "file:///etc/passwd"><m:multistatus xmlns:m="DAV:"/>',
    ],
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(NotMultiStatus):
        parse(body)
