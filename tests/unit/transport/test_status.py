"""The one table from what a server answers to our exceptions."""

from __future__ import annotations

import pickle

import pytest
from google.protobuf.message import Message

from clouddrive2 import errors
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS
from clouddrive2.transport.base import CallFailed, StatusCode
from clouddrive2.transport.status import TABLE, error_from_failure, raise_for_reply, without_secrets

CODES = {name: value for name, value in vars(StatusCode).items() if name.isupper()}


class TestStatusCodes:
    @pytest.mark.parametrize("code", CODES.values(), ids=CODES)
    def test_each_has_its_row_and_its_sentence(self, code: int) -> None:
        error = error_from_failure(CallFailed(code, "some details"), "FindFileByPath", "/Cloud/f")
        assert type(error) is TABLE[code][0]
        assert str(error).startswith("FindFileByPath: /Cloud/f: ")
        assert "(some details)" in str(error)
        assert (error.path, error.rpc) == ("/Cloud/f", "FindFileByPath")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.path, again.rpc) == (type(error), str(error), error.path, error.rpc)

    @pytest.mark.parametrize(
        ("code", "kind", "builtin"),
        [
            (StatusCode.UNAVAILABLE, errors.ConnectError, ConnectionError),
            (StatusCode.CANCELLED, errors.ConnectError, ConnectionError),
            (StatusCode.DEADLINE_EXCEEDED, errors.Timeout, TimeoutError),
            (StatusCode.NOT_FOUND, errors.NotFound, FileNotFoundError),
            (StatusCode.ALREADY_EXISTS, errors.AlreadyExists, FileExistsError),
            (StatusCode.PERMISSION_DENIED, errors.PermissionDenied, PermissionError),
            (StatusCode.UNAUTHENTICATED, errors.Unauthenticated, PermissionError),
            (StatusCode.INVALID_ARGUMENT, errors.InvalidRequest, ValueError),
            (StatusCode.OUT_OF_RANGE, errors.InvalidRequest, ValueError),
            (StatusCode.UNIMPLEMENTED, errors.Unsupported, errors.Refused),
            (StatusCode.RESOURCE_EXHAUSTED, errors.Throttled, errors.Refused),
            (StatusCode.UNKNOWN, errors.ServerFailed, errors.OperationFailed),
            (StatusCode.INTERNAL, errors.ServerFailed, errors.OperationFailed),
            (StatusCode.ABORTED, errors.ServerFailed, errors.OperationFailed),
        ],
    )
    def test_which_is_what(self, code: int, kind: type[errors.Error], builtin: type[Exception]) -> None:
        error = error_from_failure(CallFailed(code, ""), "X", None)
        assert type(error) is kind and isinstance(error, builtin)

    def test_a_number_nobody_knows(self) -> None:
        error = error_from_failure(CallFailed(99, "odd"), "X", None)
        assert type(error) is errors.OperationFailed
        assert str(error) == "X: status 99 (odd)"

    def test_without_a_path_and_without_details(self) -> None:
        error = error_from_failure(CallFailed(StatusCode.NOT_FOUND, ""), "GetRuntimeInfo", None)
        assert str(error) == "GetRuntimeInfo: does not exist"

    def test_without_a_path_the_server_names_what_is_not_there(self) -> None:
        error = error_from_failure(CallFailed(StatusCode.NOT_FOUND, "there is no webhook nope"), "RemoveWebhookConfig", None)
        assert str(error) == "RemoveWebhookConfig: there is no webhook nope"

    def test_details_that_say_the_same_are_left_out(self) -> None:
        error = error_from_failure(CallFailed(StatusCode.NOT_FOUND, "Does not exist"), "X", "/f")
        assert str(error) == "X: /f: does not exist"

    def test_a_cloud_that_limits_the_rate(self) -> None:
        for code in (StatusCode.UNKNOWN, StatusCode.INTERNAL, StatusCode.ABORTED):
            error = error_from_failure(CallFailed(code, "the cloud answered HTTP 429"), "X", None)
            assert type(error) is errors.Throttled
            assert "wait and try again" in str(error)
        assert type(error_from_failure(CallFailed(StatusCode.NOT_FOUND, "429"), "X", None)) is errors.NotFound
        assert type(error_from_failure(CallFailed(StatusCode.UNKNOWN, "file 14290"), "X", None)) is errors.ServerFailed

    def test_the_plan(self) -> None:
        error = error_from_failure(CallFailed(StatusCode.PERMISSION_DENIED, "invalid user plan"), "X", None)
        assert str(error) == "X: not allowed (invalid user plan); the account's plan does not include this"


class TestRepliesThatSayNo:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("already exists", errors.AlreadyExists),
            ("File Exists", errors.AlreadyExists),
            ("a folder of this name exists", errors.AlreadyExists),
            ("文件已存在", errors.AlreadyExists),
            ("upload session not found", errors.NotFound),
            ("No such file or directory", errors.NotFound),
            ("it does not exist", errors.NotFound),
            ("文件不存在", errors.NotFound),
            ("this cloud is read-only", errors.PermissionDenied),
            ("Read-only file system", errors.PermissionDenied),
            ("429", errors.Throttled),
            ("Too Many Requests", errors.Throttled),
            ("coexistence failed", errors.OperationFailed),
            ("", errors.OperationFailed),
        ],
    )
    def test_the_few_texts_that_mean_something(self, text: str, kind: type[errors.Error]) -> None:
        with pytest.raises(errors.Error) as caught:
            raise_for_reply(pb.FileOperationResult(success=False, errorMessage=text), "RenameFile", "/f")
        assert type(caught.value) is kind
        assert str(caught.value) == f"RenameFile: /f: {text or 'the server refused without a reason'}"

    def test_inside_another_message(self) -> None:
        reply = pb.CreateFolderResult(result=pb.FileOperationResult(success=False, errorMessage="already exists"))
        with pytest.raises(errors.AlreadyExists):
            raise_for_reply(reply, "CreateFolder", "/f")
        raise_for_reply(pb.CreateFolderResult(result=pb.FileOperationResult(success=True)), "CreateFolder", "/f")

    def test_signing_in(self) -> None:
        with pytest.raises(errors.Unauthenticated, match="wrong password"):
            raise_for_reply(pb.JWTToken(success=False, errorMessage="wrong password"), "GetToken", None)

    def test_what_the_upload_engine_judges_itself(self) -> None:
        raise_for_reply(pb.RemoteReadDataReply(success=False, error_message="not yet"), "RemoteReadData", None)

    @pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
    def test_every_reply_that_can_say_no_is_heard(self, method: object) -> None:
        reply: type[Message] = method.reply  # type: ignore[attr-defined]
        name: str = method.name  # type: ignore[attr-defined]
        if "success" not in reply.DESCRIPTOR.fields_by_name or name == "RemoteReadData":
            return
        # A sign-in at a browser that is not done yet has not failed.
        message = reply(done=True) if "done" in reply.DESCRIPTOR.fields_by_name else reply()
        with pytest.raises(errors.Error):
            raise_for_reply(message, name, None)

    def test_a_person_at_a_browser_is_waited_for(self) -> None:
        raise_for_reply(pb.LoginGoogleDriveFinishResult(done=False, success=False), "ApiLoginGoogleDriveFinish", None)


class TestSecrets:
    @pytest.mark.parametrize(
        "text",
        [
            "token=SECRET",
            "Authorization: Bearer SECRET",
            "GET /static/http/h/x?sign=SECRET&y=1",
            "password: SECRET, user: me",
            "bearer SECRET",
            '{"token":"SECRET"}',
            "token = SECRET",
        ],
    )
    def test_never_reach_a_message(self, text: str) -> None:
        assert "SECRET" not in without_secrets(text)
        error = error_from_failure(CallFailed(StatusCode.INTERNAL, text), "X", None)
        assert "SECRET" not in str(error)
        with pytest.raises(errors.OperationFailed) as caught:
            raise_for_reply(pb.FileOperationResult(errorMessage=text), "X", None)
        assert "SECRET" not in str(caught.value)

    def test_other_text_stays(self) -> None:
        assert without_secrets("the design of tokens is fine") == "the design of tokens is fine"
