"""What file systems refuse, and how that reads."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from clouddrive2 import errors
from clouddrive2.api.local_files import check_local_name, local_errors


@pytest.mark.parametrize("name", ["a", ".a", "a.", "a b", "中文", "a:b", "a\nb", "..."])
def test_names_that_can_be(name: str) -> None:
    assert check_local_name(name, "/Cloud/x") == name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "'' cannot be a local file name: it leads out of its folder"),
        (".", "'.' cannot be a local file name: it leads out of its folder"),
        ("..", "'..' cannot be a local file name: it leads out of its folder"),
        ("a/b", "'a/b' cannot be a local file name because of '/'"),
        ("../../etc/passwd", "'../../etc/passwd' cannot be a local file name because of '/'"),
        ("a\0b", r"'a\x00b' cannot be a local file name because of '\x00'"),
    ],
)
def test_names_that_cannot_be(name: str, sentence: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        check_local_name(name, "/Cloud/x")
    assert (str(caught.value), caught.value.path) == (sentence, "/Cloud/x")


@pytest.mark.parametrize(
    ("name", "number", "kind", "reason"),
    [
        ("a:b?.mkv", errno.EINVAL, errors.InvalidRequest, "this file system refuses ':', '?' in a name (Invalid argument)"),
        ("tab\there", errno.EINVAL, errors.InvalidRequest, r"this file system refuses '\t' in a name (Invalid argument)"),
        ("end.", errno.EINVAL, errors.InvalidRequest, "this file system refuses '.' at the end in a name (Invalid argument)"),
        ("plain", errno.EINVAL, errors.InvalidRequest, "Invalid argument"),
        ("plain", errno.EACCES, errors.PermissionDenied, "Permission denied"),
        ("plain", errno.ENOENT, errors.NotFound, "No such file or directory"),
        ("plain", errno.EIO, errors.OperationFailed, "Input/output error"),
        ("plain", errno.EROFS, errors.OperationFailed, "Read-only file system"),
    ],
)
def test_what_the_system_says(name: str, number: int, kind: type[errors.Error], reason: str) -> None:
    target = Path("folder") / name
    with pytest.raises(kind) as caught, local_errors(lambda: target):
        raise OSError(number, os.strerror(number))
    assert (str(caught.value), caught.value.path) == (f"{target} cannot be written: {reason}", str(target))
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_what_to_do(number: int) -> None:
    with pytest.raises(errors.OperationFailed, match="make room and run it again"), local_errors(lambda: Path("f")):
        raise OSError(number, os.strerror(number))


def test_our_own_errors_pass() -> None:
    with pytest.raises(errors.NotFound, match="ours"), local_errors(lambda: Path("f")):
        raise errors.NotFound("ours")
