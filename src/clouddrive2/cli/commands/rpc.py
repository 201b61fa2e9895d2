"""``cd2 rpc``: any call of the server's API, JSON in and out."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import typer

from clouddrive2.cli.context import Cli
from clouddrive2.cli.output import words
from clouddrive2.cli.output.json import dumps

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 rpc GetSystemInfo
cd2 rpc GetSpaceInfo '{"path": "/115"}'
echo '{"path": "/115"}' | cd2 rpc GetSubFiles -       request from standard input
cd2 rpc PushMessage                                   a stream: one JSON object per line, until Ctrl-C
cd2 rpc --list                                        all calls, with their messages
cd2 rpc --list token                                  those with "token" in a name
cd2 rpc --list -v GetToken                            and the fields of the request

Field names are the contract's. Defaults are printed too, so that an absent field can be told from false."""


def command(
    cli: Cli,
    method: Annotated[str | None, typer.Argument(metavar="METHOD", help="The call's name.")] = None,
    request: Annotated[
        str | None, typer.Argument(metavar="JSON", help="The request; {} by default, - reads standard input.")
    ] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List the calls instead of making one.")] = False,
) -> Any:
    """Make any call of the server's API, JSON in and out."""
    # The contract's 328 messages: loaded by this command only.
    from clouddrive2.proto.methods import METHODS

    if list_them:
        return list_methods(cli, METHODS, method)
    if method is None:
        raise typer.BadParameter("METHOD is needed, or --list")
    if method not in METHODS:
        raise typer.BadParameter(unknown(method, METHODS))
    return call(cli, METHODS[method], request)


def unknown(name: str, methods: Any) -> str:
    """What to say about a name nobody knows: the closest ones, whatever their letter case."""
    by_lower = {known.lower(): known for known in methods}
    close = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)
    parts = [known for lower, known in by_lower.items() if name.lower() in lower][:3]
    guesses = list(dict.fromkeys([by_lower[hit] for hit in close] + parts))[:4]
    hint = f"; did you mean {', '.join(guesses)}?" if guesses else "; 'cd2 rpc --list' shows all"
    return f"there is no call '{words.plain(name)}'{hint}"


def list_methods(cli: Cli, methods: Any, text: str | None) -> int:
    """The method table, or the rows that contain ``text``."""
    rows = []
    for method in methods.values():
        if text is not None and text.lower() not in method.name.lower():
            continue
        request, reply = kind(method.request, method.client_streaming), kind(method.reply, method.server_streaming)
        if cli.settings.json:
            cli.out.result(
                {
                    "name": method.name,
                    "request": method.request.DESCRIPTOR.name,
                    "reply": method.reply.DESCRIPTOR.name,
                    "client_streaming": method.client_streaming,
                    "server_streaming": method.server_streaming,
                    "public": method.public,
                    "permissions": list(method.permissions),
                    "since": method.since,
                    "repeatable": method.repeatable,
                },
                "",
            )
            continue
        rows.append((method.name, request, "->", reply, f"since {method.since}" if method.since else ""))
        if cli.settings.verbose:
            rows += [("", f"  {line}", "", "", "") for line in fields(method.request)]
    for line in words.columns(rows):
        cli.out.result({}, line)
    return 0


def kind(message: Any, streaming: bool) -> str:
    """A message's name, marked when there are many of them."""
    name: str = message.DESCRIPTOR.name
    return f"stream {name}" if streaming else name


def fields(message: Any) -> Iterator[str]:
    """A message's fields, with their types."""
    for field in message.DESCRIPTOR.fields:
        target = field.message_type or field.enum_type
        name = target.name if target is not None else TYPES[field.type]
        many = "[]" if is_repeated(field) else ""
        yield f"{field.name}: {name}{many}"


async def call(cli: Cli, method: Any, text: str | None) -> int:
    """Makes one call and prints its reply, or its replies as they come."""
    requests = parse(method, text) if text is not None or not method.client_streaming else parse(method, "-")
    cli.names_calls = True
    async with cli.client() as client:
        run = getattr(client.raw, method.name)
        if method.client_streaming:
            answer = run(each(requests))
        elif method.request.DESCRIPTOR.full_name == EMPTY:
            answer = run()
        else:
            answer = run(requests[0])
        if method.server_streaming:
            async for reply in answer:
                show(cli, reply)
        else:
            show(cli, await answer, lines=True)
    return 0


async def each(messages: list[Any]) -> AsyncIterator[Any]:
    """The messages as a stream."""
    for message in messages:
        yield message


def parse(method: Any, text: str | None) -> list[Any]:
    """The request, or with a client stream one request per line.

    Raises:
        typer.BadParameter: It is no JSON, or does not fit the request's message.
    """
    # Only this command turns messages into JSON and back.
    from google.protobuf import json_format

    given = sys.stdin.read() if text == "-" else text or "{}"
    documents = [line for line in given.splitlines() if line.strip()] if method.client_streaming else [given]
    messages = []
    for document in documents:
        try:
            messages.append(json_format.Parse(document, method.request()))
        except json_format.ParseError as error:
            name = method.request.DESCRIPTOR.name
            known = ", ".join(field.name for field in method.request.DESCRIPTOR.fields) or "none"
            why = str(error).partition("\n")[0].rstrip(". ")
            raise typer.BadParameter(f"the request is no {name}: {why}; its fields: {known}") from error
    return messages


def show(cli: Cli, message: Any, *, lines: bool = False) -> None:
    """One reply; a single one is indented for people, streams and ``--json`` take one line each."""
    from google.protobuf import json_format

    value = json_format.MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    text = json.dumps(value, ensure_ascii=False, indent=2) if lines else dumps(value)
    cli.out.result(value, text)


def is_repeated(field: Any) -> bool:
    """Whether a field holds many values (maps included)."""
    return bool(field.is_repeated)


EMPTY = "google.protobuf.Empty"
# FieldDescriptor.TYPE_*
TYPES = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
    12: "bytes", 13: "uint32", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64",
}  # fmt: skip
