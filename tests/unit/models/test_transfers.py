"""Rows of the server's upload list, and what the server says of itself."""

from __future__ import annotations

import pickle

import pytest

from clouddrive2.models.system import RuntimeInfo, SystemInfo, TokenDetails
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.proto import clouddrive_pb2 as pb

Status = pb.UploadFileInfo.Status


class TestStatus:
    @pytest.mark.parametrize("number", Status.values())
    def test_every_number_of_the_contract_has_a_name(self, number: int) -> None:
        assert not TransferStatus(number).name.startswith("UNKNOWN")

    def test_which_of_them_are_the_end(self) -> None:
        ends = {status.name for status in TransferStatus if status.is_terminal}
        assert ends == {"CANCELLED", "FINISHED", "SKIPPED", "IGNORED", "ERROR", "FATAL_ERROR"}

    def test_unknown_numbers_survive(self) -> None:
        odd = TransferStatus(99)
        assert (odd.name, int(odd), odd.is_terminal) == ("UNKNOWN_99", 99, False)
        assert odd == TransferStatus(99) == 99
        assert pickle.loads(pickle.dumps(odd)) == odd
        with pytest.raises(ValueError, match="not a valid TransferStatus"):
            TransferStatus("text")  # type: ignore[arg-type]


class TestRow:
    @pytest.mark.parametrize(("name", "number"), Status.items())
    def test_status_by_number_and_by_text(self, name: str, number: int) -> None:
        with_number = pb.UploadFileInfo(status=name, statusEnum=Status.ValueType(number))
        assert Transfer.from_proto(with_number).status == number
        # Old servers send the text alone.
        assert Transfer.from_proto(pb.UploadFileInfo(status=name)).status == number

    def test_a_text_nobody_knows(self) -> None:
        assert Transfer.from_proto(pb.UploadFileInfo(status="正在上传")).status is TransferStatus.WAITING

    def test_the_rest(self) -> None:
        message = pb.UploadFileInfo(
            key="k",
            destPath="/Cloud/f",
            size=10,
            transferedBytes=4,
            errorMessage="no",
            operatorType=pb.UploadFileInfo.RemoteUpload,
        )
        assert Transfer.from_proto(message) == Transfer(
            "k", "/Cloud/f", 10, 4, TransferStatus.WAITING, "no", Operator.REMOTE_UPLOAD
        )

    def test_an_operator_nobody_knows(self) -> None:
        message = pb.UploadFileInfo(operatorType=pb.UploadFileInfo.OperatorType.ValueType(77))
        assert Transfer.from_proto(message).operator is None


class TestServer:
    @pytest.mark.parametrize(
        ("message", "healthy"),
        [
            (pb.CloudDriveSystemInfo(IsLogin=True, SystemReady=True), True),
            (pb.CloudDriveSystemInfo(IsLogin=True), False),
            (pb.CloudDriveSystemInfo(SystemReady=True), False),
            (pb.CloudDriveSystemInfo(IsLogin=True, SystemReady=True, hasError=True, SystemMessage="disk"), False),
        ],
    )
    def test_health(self, message: pb.CloudDriveSystemInfo, healthy: bool) -> None:
        info = SystemInfo.from_proto(message)
        assert info.healthy is healthy
        assert info.message == message.SystemMessage

    def test_the_account(self) -> None:
        masked = SystemInfo.from_proto(pb.CloudDriveSystemInfo(UserName="some***.com"))
        assert (masked.username, masked.username_is_full) == ("some***.com", False)
        full = SystemInfo.from_proto(pb.CloudDriveSystemInfo(UserName="some***.com", fullUserName="somebody@x.com"))
        assert (full.username, full.username_is_full) == ("somebody@x.com", True)

    def test_versions(self) -> None:
        message = pb.RuntimeInfo(productName="p", productVersion="1", CloudAPIVersion="2", osInfo="o")
        assert RuntimeInfo.from_proto(message) == RuntimeInfo("p", "1", "2", "o")

    def test_tokens(self) -> None:
        permissions = pb.TokenPermissions(allow_list=True, allow_read=False)
        message = pb.TokenInfo(token="SECRET", rootDir="/x", permissions=permissions, expires_in=0, friendly_name="n")
        details = TokenDetails.from_proto(message)
        assert details == TokenDetails("/x", frozenset({"allow_list"}), None, "n")
        assert "SECRET" not in repr(details)
        assert TokenDetails.from_proto(pb.TokenInfo(expires_in=5)) == TokenDetails("/", frozenset(), 5, "")
