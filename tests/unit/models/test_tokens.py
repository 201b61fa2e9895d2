"""Names of permissions."""

from __future__ import annotations

import pytest

from clouddrive2.errors import ConfigError
from clouddrive2.models.tokens import PERMISSIONS, PRESETS, Token, permissions_named
from clouddrive2.proto import clouddrive_pb2 as pb


def test_every_way_to_write_one() -> None:
    for name in ("allow_create_folder", "create_folder", "create-folder", " Create_Folder "):
        assert permissions_named([name]) == {"allow_create_folder"}


def test_presets_add_up() -> None:
    assert permissions_named(["reader", "push_message"]) == PRESETS["reader"] | {"allow_push_message"}
    assert permissions_named(["admin"]) == set(PERMISSIONS)
    assert PRESETS["reader"] < PRESETS["uploader"] < PRESETS["admin"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["list", "uplod"], r"'uplod' is no permission \(did you mean uploader\?\); .*reader, uploader, admin.*create_folder"),
        (["allow_lst"], r"did you mean list\?"),
        (["zzz"], r"'zzz' is no permission; there are"),
        ([], "a token needs a permission"),
    ],
)
def test_what_is_refused(names: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        permissions_named(names)


def test_a_token_does_not_tell_its_text() -> None:
    message = pb.TokenInfo(token="a-secret", expires_in=0, permissions=pb.TokenPermissions(allow_list=True))
    token = Token.from_proto(message)
    assert "a-secret" not in repr(token)
    assert (token.root_folder, token.expires_in, token.permissions) == ("/", None, {"allow_list"})
    assert len(token.id) == 12 and token.id == Token.from_proto(message).id
