"""The compiled contract says exactly what the wire table says, and the comparison notices every kind of difference."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.empty_pb2 import Empty

from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.proto.methods import METHODS, Method

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data/clouddrive-1.1.2.json").read_text(encoding="utf-8"))

Facts = dict[str, object]


def differences(expected: Facts, found: Facts) -> list[str]:
    """One line per fact that is missing, extra or different."""
    lines = [f"missing: {name}" for name in expected if name not in found]
    lines += [f"extra: {name}" for name in found if name not in expected]
    lines += [
        f"{name}: {value} expected, {found[name]} found" for name, value in expected.items() if found.get(name, value) != value
    ]
    return lines


def facts_of_table(table: Mapping[str, Any]) -> Facts:
    """What the table states, one entry per name."""
    facts: Facts = {}
    for method in table["services"]["CloudDriveFileSrv"]["methods"]:
        rpc = f"rpc {method['name']}"
        facts[rpc] = (method["input"], method["output"], method["client_streaming"], method["server_streaming"])
        facts[f"{rpc} facts"] = (method["public"], tuple(method.get("permission", ())), method.get("since"))
    for name, message in table["messages"].items():
        facts[f"message {name}"] = set(message.get("reserved", ()))
        for field in message.get("fields", ()):
            facts[f"field {name}.{field['name']}"] = (field["number"], field["type"], field["label"], field.get("oneof"))
    for field in table["unknown"]["fields"]:
        reserved = facts[f"message {field['message']}"]
        assert isinstance(reserved, set)
        reserved.add(field["number"])
    for name, enum in table["enums"].items():
        facts[f"enum {name}"] = True
        facts |= {f"value {name}.{value['name']}": value["number"] for value in enum["values"]}
    return facts


def facts_of_contract(file: FileDescriptorProto, methods: Mapping[str, Method]) -> Facts:
    """What the compiled descriptors and the method table state."""
    facts: Facts = {}
    (service,) = file.service
    for method in service.method:
        streaming = (method.client_streaming, method.server_streaming)
        facts[f"rpc {method.name}"] = (local(method.input_type), local(method.output_type), *streaming)
    for row in methods.values():
        facts[f"rpc {row.name} facts"] = (row.public, row.permissions, row.since)
    for message in file.message_type:
        facts |= facts_of_message(message, message.name)
    for enum in file.enum_type:
        facts |= facts_of_enum(enum, enum.name)
    return facts


def facts_of_message(message: DescriptorProto, name: str) -> Facts:
    """A message with everything inside; map entries are told as the map they stand for."""
    facts: Facts = {f"message {name}": {number for span in message.reserved_range for number in range(span.start, span.end)}}
    entries = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    for field in message.field:
        kind, label = type_of(field), "singular"
        if entry := entries.get(kind.rpartition(".")[2]):
            kind, label = f"map<{type_of(entry.field[0])}, {type_of(entry.field[1])}>", "map"
        elif field.label == FieldDescriptorProto.LABEL_REPEATED:
            label = "repeated"
        elif field.proto3_optional:
            label = "optional"
        oneof = message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") and label != "optional" else None
        facts[f"field {name}.{field.name}"] = (field.number, kind, label, oneof)
    for nested in message.nested_type:
        if not nested.options.map_entry:
            facts |= facts_of_message(nested, f"{name}.{nested.name}")
    for enum in message.enum_type:
        facts |= facts_of_enum(enum, f"{name}.{enum.name}")
    return facts


def facts_of_enum(enum: EnumDescriptorProto, name: str) -> Facts:
    """An enum with its values."""
    return {f"enum {name}": True} | {f"value {name}.{value.name}": value.number for value in enum.value}


def type_of(field: FieldDescriptorProto) -> str:
    """A field's type as the table writes it."""
    return local(field.type_name) or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()


def local(name: str) -> str:
    """A full type name without the leading dot and our package."""
    return name.removeprefix(".").removeprefix("clouddrive.")


def compiled() -> FileDescriptorProto:
    """A copy of the compiled contract, free to be changed."""
    file = FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(file)
    return file


def message_of(file: FileDescriptorProto, name: str) -> DescriptorProto:
    return next(message for message in file.message_type if message.name == name)


def field_of(file: FileDescriptorProto, message: str, name: str) -> FieldDescriptorProto:
    return next(field for field in message_of(file, message).field if field.name == name)


def test_the_contract_is_the_wire_table() -> None:
    assert differences(facts_of_table(TABLE), facts_of_contract(compiled(), METHODS)) == []


def test_the_contract_has_the_size_the_table_states() -> None:
    found = [name.split()[0] for name in facts_of_contract(compiled(), {})]
    assert {kind: found.count(kind) for kind in ("rpc", "message", "field", "enum", "value")} == {
        "rpc": 258,
        "message": 328,
        "field": 1401,
        "enum": 58,
        "value": 253,
    }


def remove_message(file: FileDescriptorProto) -> None:
    file.message_type.remove(message_of(file, "RemoteReadDataReply"))


def add_message(file: FileDescriptorProto) -> None:
    file.message_type.add(name="Invented")


def rename_message(file: FileDescriptorProto) -> None:
    message_of(file, "SpaceInfo").name = "Space"


def remove_field(file: FileDescriptorProto) -> None:
    message_of(file, "JWTToken").field.pop()


def add_field(file: FileDescriptorProto) -> None:
    field = message_of(file, "JWTToken").field.add(name="extra", number=99)
    field.type, field.label = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.LABEL_OPTIONAL


def rename_field(file: FileDescriptorProto) -> None:
    field_of(file, "UploadFileInfo", "transferedBytes").name = "transferredBytes"


def change_field_number(file: FileDescriptorProto) -> None:
    field_of(file, "RemoteReadDataUpload", "offset").number = 2


def change_scalar_type(file: FileDescriptorProto) -> None:
    field_of(file, "WriteFileRequest", "startPos").type = FieldDescriptorProto.TYPE_INT64


def change_named_type(file: FileDescriptorProto) -> None:
    field_of(file, "SubFilesReply", "subFiles").type_name = ".clouddrive.CloudAPI"


def drop_presence(file: FileDescriptorProto) -> None:
    field = field_of(file, "GetTokenRequest", "totpCode")
    field.proto3_optional = False
    field.ClearField("oneof_index")


def make_repeated(file: FileDescriptorProto) -> None:
    field_of(file, "FindFileByPathRequest", "path").label = FieldDescriptorProto.LABEL_REPEATED


def make_singular(file: FileDescriptorProto) -> None:
    field_of(file, "SubFilesReply", "subFiles").label = FieldDescriptorProto.LABEL_OPTIONAL


def change_map_value(file: FileDescriptorProto) -> None:
    (entry,) = message_of(file, "StartRemoteUploadRequest").nested_type
    entry.field[1].type = FieldDescriptorProto.TYPE_BYTES


def leave_oneof(file: FileDescriptorProto) -> None:
    field_of(file, "RemoteUploadChannelReply", "hash_data").ClearField("oneof_index")


def rename_oneof(file: FileDescriptorProto) -> None:
    message_of(file, "RemoteUploadChannelReply").oneof_decl[0].name = "what"


def free_reserved_numbers(file: FileDescriptorProto) -> None:
    message_of(file, "RemoteAppRequest").ClearField("reserved_range")


def remove_enum(file: FileDescriptorProto) -> None:
    file.enum_type.pop()


def add_enum(file: FileDescriptorProto) -> None:
    message_of(file, "CopyTask").enum_type.add(name="Invented")


def remove_enum_value(file: FileDescriptorProto) -> None:
    message_of(file, "FileSystemChange").enum_type[0].value.pop()


def add_enum_value(file: FileDescriptorProto) -> None:
    file.enum_type[0].value.add(name="SOCKS6", number=9)


def rename_enum_value(file: FileDescriptorProto) -> None:
    message_of(file, "UploadFileInfo").enum_type[0].value[5].name = "Finished"


def change_enum_number(file: FileDescriptorProto) -> None:
    message_of(file, "UploadFileInfo").enum_type[0].value[5].number = 50


def remove_rpc(file: FileDescriptorProto) -> None:
    file.service[0].method.pop()


def add_rpc(file: FileDescriptorProto) -> None:
    file.service[0].method.add(name="Invented", input_type=".clouddrive.FileRequest", output_type=".clouddrive.FileRequest")


def rename_rpc(file: FileDescriptorProto) -> None:
    file.service[0].method[0].name = "GetInfo"


def change_request(file: FileDescriptorProto) -> None:
    file.service[0].method[1].input_type = ".clouddrive.FileRequest"


def change_reply(file: FileDescriptorProto) -> None:
    file.service[0].method[1].output_type = ".google.protobuf.Empty"


def change_server_streaming(file: FileDescriptorProto) -> None:
    next(method for method in file.service[0].method if method.name == "GetSubFiles").server_streaming = False


def change_client_streaming(file: FileDescriptorProto) -> None:
    next(method for method in file.service[0].method if method.name == "WriteToFile").client_streaming = True


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        (remove_message, "missing: message RemoteReadDataReply"),
        (add_message, "extra: message Invented"),
        (rename_message, "missing: message SpaceInfo"),
        (remove_field, "missing: field JWTToken.expiration"),
        (add_field, "extra: field JWTToken.extra"),
        (rename_field, "missing: field UploadFileInfo.transferedBytes"),
        (change_field_number, "field RemoteReadDataUpload.offset: (3,"),
        (change_scalar_type, "field WriteFileRequest.startPos: (2, 'uint64'"),
        (change_named_type, "field SubFilesReply.subFiles: (1, 'CloudDriveFile'"),
        (drop_presence, "field GetTokenRequest.totpCode: (3, 'string', 'optional'"),
        (make_repeated, "field FindFileByPathRequest.path: (2, 'string', 'singular'"),
        (make_singular, "field SubFilesReply.subFiles: (1, 'CloudDriveFile', 'repeated'"),
        (change_map_value, "field StartRemoteUploadRequest.known_hashes: (3, 'map<uint32, string>'"),
        (leave_oneof, "field RemoteUploadChannelReply.hash_data: (3, 'RemoteHashDataRequest', 'singular', 'request')"),
        (rename_oneof, "field RemoteUploadChannelReply.read_data: (2, 'RemoteReadDataRequest', 'singular', 'request')"),
        (free_reserved_numbers, "message RemoteAppRequest: {10, 11, 12} expected"),
        (remove_enum, "missing: enum "),
        (add_enum, "extra: enum CopyTask.Invented"),
        (remove_enum_value, "missing: value FileSystemChange.ChangeType.MODIFY"),
        (add_enum_value, "extra: value ProxyType.SOCKS6"),
        (rename_enum_value, "missing: value UploadFileInfo.Status.Finish"),
        (change_enum_number, "value UploadFileInfo.Status.Finish: 5 expected, 50 found"),
        (remove_rpc, "missing: rpc GetLoginHandoff"),
        (add_rpc, "extra: rpc Invented"),
        (rename_rpc, "missing: rpc GetSystemInfo"),
        (change_request, "rpc GetToken: ('GetTokenRequest'"),
        (change_reply, "rpc GetToken: ('GetTokenRequest', 'JWTToken'"),
        (change_server_streaming, "rpc GetSubFiles: ('ListSubFileRequest', 'SubFilesReply', False, True) expected"),
        (change_client_streaming, "rpc WriteToFile: ('WriteFileRequest', 'WriteFileResult', False, False) expected"),
    ],
)
def test_a_changed_descriptor_is_reported(change: Callable[[FileDescriptorProto], None], reported: str) -> None:
    file = compiled()
    change(file)
    assert any(line.startswith(reported) for line in differences(facts_of_table(TABLE), facts_of_contract(file, METHODS)))


@pytest.mark.parametrize(
    ("rpc", "change"),
    [
        ("GetToken", {"public": False}),
        ("GetSubFiles", {"public": True}),
        ("GetSubFiles", {"permissions": ()}),
        ("RenameFile", {"permissions": ("allow_move",)}),
        ("StartRemoteUpload", {"permissions": ("allow_write",)}),
        ("BackupTestFileRules", {"since": "1.1.1"}),
        ("BackupTestFileRules", {"since": None}),
        ("GetSubFiles", {"since": "1.0.0"}),
    ],
)
def test_a_changed_row_of_the_method_table_is_reported(rpc: str, change: dict[str, Any]) -> None:
    methods = dict(METHODS) | {rpc: dataclasses.replace(METHODS[rpc], **change)}
    (line,) = differences(facts_of_table(TABLE), facts_of_contract(compiled(), methods))
    assert line.startswith(f"rpc {rpc} facts: ")


def test_a_missing_and_an_extra_row_of_the_method_table_are_reported() -> None:
    methods = dict(METHODS)
    methods["Invented"] = dataclasses.replace(methods.pop("GetToken"), name="Invented")
    found = differences(facts_of_table(TABLE), facts_of_contract(compiled(), methods))
    assert found == ["missing: rpc GetToken facts", "extra: rpc Invented facts"]


def test_every_single_number_of_the_table_counts() -> None:
    found = facts_of_contract(compiled(), METHODS)
    for name, message in TABLE["messages"].items():
        if not message.get("fields"):
            continue
        table = {"services": TABLE["services"], "messages": dict(TABLE["messages"])} | {
            key: TABLE[key] for key in ("enums", "unknown")
        }
        changed = copy.deepcopy(message)
        for field in changed["fields"]:
            field["number"] += 1
        table["messages"][name] = changed
        assert len(differences(facts_of_table(table), found)) == len(message["fields"]), name


def test_the_method_table_names_the_classes_of_the_descriptors() -> None:
    (service,) = pb.DESCRIPTOR.services_by_name.values()
    assert [method.name for method in service.methods] == list(METHODS)
    for method in service.methods:
        row = METHODS[method.name]
        assert row.name == method.name
        assert (row.client_streaming, row.server_streaming) == (method.client_streaming, method.server_streaming)
        for descriptor, message_class in ((method.input_type, row.request), (method.output_type, row.reply)):
            if descriptor.full_name == "google.protobuf.Empty":
                assert message_class is Empty
            else:
                assert message_class is getattr(pb, descriptor.name)


def test_the_path_of_a_call_is_what_goes_over_the_wire() -> None:
    assert METHODS["GetToken"].path == "/clouddrive.CloudDriveFileSrv/GetToken"


def test_what_makes_or_takes_something_is_never_repeated() -> None:
    verbs = ("Add", "Create", "Delete", "Remove", "Copy", "Move", "Rename", "Start", "Write", "Join", "Transfer", "APILogin")
    writes = [method for method in METHODS.values() if method.name.lower().startswith(tuple(verb.lower() for verb in verbs))]
    assert len(writes) > 50
    assert [method.name for method in writes if method.repeatable and not method.name.startswith("Remote")] == []
    assert [method.name for method in METHODS.values() if method.repeatable and method.client_streaming] == []


def test_reads_and_the_answers_of_a_remote_upload_are_repeated() -> None:
    for name in (
        "GetSubFiles",
        "FindFileByPath",
        "GetUploadFileList",
        "RemoteReadData",
        "RemoteHashProgress",
        "RemoteUploadControl",
    ):
        assert METHODS[name].repeatable, name
