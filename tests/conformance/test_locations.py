"""Where a cloud may lie, as text; what is refused repeats no password."""

from __future__ import annotations

import pytest

from clouddrive2.emulator.storage.locations import check_location


@pytest.mark.parametrize(
    ("location", "kind"),
    [("s3://bucket", "S3"), ("s3://bucket/a/b", "S3"), ("dav://me@nas/files", "WebDAV"), ("davs://nas.lan:8443/", "WebDAV")],
)
def test_a_location_is_of_a_kind(location: str, kind: str) -> None:
    assert check_location(location) == kind


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("ftp://host/x", "a location of a cloud is s3://"),
        ("s3://", "a location of a cloud is s3://"),
        ("dav://host:port/x", "a location of a cloud is s3://"),
        ("dav://me:secret@nas/x", "holds no password"),
        ("s3://key:secret@bucket", "holds no password"),
        ("s3://key@bucket", "credentials and endpoint come from"),
        ("dav://nas/x?y", "has no '\\?'"),
    ],
)
def test_what_is_none_is_refused(location: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        check_location(location)
    assert "secret" not in str(refused.value)
