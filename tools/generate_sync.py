"""Writes ``client/sync.py``: the blocking client, one line per method, from the source of the async one.

Five shapes are known: a coroutine, a coroutine that gives a handle, an async iterator, an async context manager, and a plain
member. Whatever fits none of them stops the generator; so does a line in its tables that nothing needs any more.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
TARGET = SOURCE / "clouddrive2/client/sync.py"

# Module, class there, its blocking twin; handles first, the client last.
CLASSES = [
    ("clouddrive2.api.files", "AsyncFiles", "Files"),
    ("clouddrive2.api.system", "AsyncSystem", "System"),
    ("clouddrive2.api.transfers", "AsyncTransfers", "Transfers"),
    ("clouddrive2.api.events", "AsyncEvents", "Events"),
    ("clouddrive2.api.mounts", "AsyncMounts", "Mounts"),
    ("clouddrive2.api.tokens", "AsyncTokens", "Tokens"),
    ("clouddrive2.api.settings", "AsyncSettings", "Settings"),
    ("clouddrive2.api.accounts", "AsyncAccounts", "Accounts"),
    ("clouddrive2.api.sessions", "AsyncSessions", "Sessions"),
    ("clouddrive2.api.devices", "AsyncDevices", "Devices"),
    ("clouddrive2.api.plans", "AsyncPlans", "Plans"),
    ("clouddrive2.api.cloud_sync", "AsyncCloudSync", "CloudSync"),
    ("clouddrive2.api.backups", "AsyncBackups", "Backups"),
    ("clouddrive2.api.clouds", "AsyncClouds", "Clouds"),
    ("clouddrive2.api.cloud_logins", "AsyncCloudLogins", "CloudLogins"),
    ("clouddrive2.api.offline", "AsyncOffline", "Offline"),
    ("clouddrive2.api.archives", "AsyncArchives", "Archives"),
    ("clouddrive2.api.encrypted", "AsyncEncrypted", "Encrypted"),
    ("clouddrive2.api.cache", "AsyncCache", "Cache"),
    ("clouddrive2.api.webhooks", "AsyncWebhooks", "Webhooks"),
    ("clouddrive2.api.webdav", "AsyncWebdav", "Webdav"),
    ("clouddrive2.api.service", "AsyncService", "Service"),
    ("clouddrive2.upload.job", "UploadJob", "UploadJob"),
    ("clouddrive2.upload.batch", "UploadBatch", "UploadBatch"),
    ("clouddrive2.upload.stream", "UploadStream", "UploadStream"),
    ("clouddrive2.upload.uploads", "AsyncUploads", "Uploads"),
    ("clouddrive2.api.raw", "AsyncRaw", "Raw"),
    ("clouddrive2.client.aio", "AsyncClient", "Client"),
]
TWINS = {name: twin for _, name, twin in CLASSES}
HANDLES = {"UploadJob", "UploadBatch", "UploadStream"}
# Members that make sense only on the event loop.
LEFT_OUT = {
    "UploadJob.when_done": "calls back on the event loop",
    "UploadStream.begin": "client.uploads.stream does it",
    "AsyncUploads.close": "Client.close does it",
}
# Where the words of the async side would be wrong on this one.
REWORDED = [
    ("with ``async with``", "with ``with``"),
    (
        "It belongs to the event loop\n    of its first call and may be used by any number of that loop's tasks at once.",
        "Any number of threads\n    may use it at once. Ctrl-C ends a call cleanly.",
    ),
    ("Cancelling the task\n        stops here", "Ctrl-C\n        stops here"),
    ("Streams are async iterators; leaving", "Streams are iterators; leaving"),
]
HEAD = '''"""The blocking client: the same words as ``AsyncClient``, without ``await``. Generated from its source: do not edit.

Every call runs on one background event loop and waits for it; see ``client/_portal.py``.
"""

from __future__ import annotations

'''

CLIENT_TAIL = """\
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncClient", "Client", 1)"""


@dataclass
class Output:
    """Text of the classes, and what it needs imported: module to names."""

    needs: dict[str, set[str]] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    reworded: set[str] = field(default_factory=set)

    def need(self, module: str, name: str) -> None:
        self.needs.setdefault(module, set()).add(name)

    def words(self, text: str) -> str:
        for old, new in REWORDED:
            if old in text:
                self.reworded.add(old)
                text = text.replace(old, new)
        return text


class Module:
    """A source file: its tree, and where each of its names comes from."""

    def __init__(self, name: str) -> None:
        self.name = name
        path = SOURCE / (name.replace(".", "/") + ".py")
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.origins: dict[str, tuple[str, str]] = {}
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    full = alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"
                    self.origins[alias.asname or alias.name] = (node.module, full)
            elif isinstance(node, ast.ClassDef | ast.FunctionDef):
                self.origins[node.name] = (name, node.name)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.origins[target.id] = (name, target.id)

    def find(self, class_name: str) -> ast.ClassDef:
        return next(node for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name == class_name)


class Writer:
    """Writes the twin of one class."""

    def __init__(self, output: Output, module: Module, name: str) -> None:
        self.output = output
        self.module = module
        self.source = module.find(name)
        self.name = name
        self.twin = TWINS[name]
        self.inner = f"Async{self.twin}"
        imported = name if name == self.inner else f"{name} as {self.inner}"
        output.need(module.name, imported)

    def write(self) -> str:
        """The whole class."""
        body = [self.docstring(self.source, 4)]
        body += [self.client_head()] if self.name == "AsyncClient" else [self.wrapper_head()]
        for node in self.source.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                if f"{self.name}.{node.name}" in LEFT_OUT:
                    self.output.left_out.add(f"{self.name}.{node.name}")
                else:
                    body.append(self.member(node))
        if self.name == "AsyncClient":
            body.append(CLIENT_TAIL)
        return f"class {self.twin}:\n" + "\n\n".join(body)

    def wrapper_head(self) -> str:
        return f"    def __init__(self, asynchronous: {self.inner}) -> None:\n        self._async = asynchronous"

    def client_head(self) -> str:
        """Namespaces with their descriptions, and a constructor with the same arguments."""
        lines: list[str] = []
        namespaces: list[tuple[str, str]] = []
        for node, after in zip(self.source.body, self.source.body[1:], strict=False):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                twin = TWINS[ast.unparse(node.annotation)]
                namespaces.append((node.target.id, twin))
                assert isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                lines.append(f'    {node.target.id}: {twin}\n    """{after.value.value}"""')
        create = next(node for node in self.source.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
        self.output.need("clouddrive2.client._portal", "call")
        self.output.need("types", "TracebackType")
        self.output.need("typing", "Self")
        lines.append(f"\n    def __init__({self.parameters(create)}) -> None:")
        lines.append(f"        self._async = call({self.inner}{self.passed(create)})")
        lines += [f"        self.{name} = {twin}(self._async.{name})" for name, twin in namespaces]
        return "\n".join(lines)

    def member(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """One method or property."""
        decorators = {ast.unparse(each) for each in node.decorator_list}
        given = ast.unparse(node.returns) if node.returns else "None"
        inner = f"self._async.{node.name}"
        head = ""
        if decorators == {"property"}:
            head, returned, line = "    @property\n", self.shown(node.returns), f"return {inner}"
        elif decorators == {"asynccontextmanager"}:
            self.output.need("contextlib", "contextmanager")
            self.output.need("collections.abc", "Iterator")
            self.output.need("clouddrive2.client._portal", "entered")
            item = _item(node)
            head, returned = "    @contextmanager\n", f"Iterator[{self.shown(item)}]"
            line = f"with entered({inner}{self.passed(node)}) as held:\n            yield {self.handle(item, 'held')}"
        elif decorators:
            raise SystemExit(f"{self.name}.{node.name}: no shape for {', '.join(decorators)}")
        elif given.startswith(("AsyncGenerator[", "AsyncIterator[")):
            self.output.need("clouddrive2.client._portal", "BlockingIterator")
            self.output.need("clouddrive2.client._portal", "iterate")
            returned = f"BlockingIterator[{self.shown(_item(node))}]"
            line = f"return iterate({inner}{self.passed(node)})"
        else:
            how = "run" if isinstance(node, ast.AsyncFunctionDef) else "call"
            self.output.need("clouddrive2.client._portal", how)
            returned = self.shown(node.returns)
            called = f"{how}({inner}{self.passed(node)})"
            line = called if given == "None" else f"return {self.handle(node.returns, called)}"
        text = f"{head}    def {node.name}({self.parameters(node)}) -> {returned}:\n"
        return f"{text}{self.docstring(node, 8)}\n        {line}"

    def handle(self, annotation: ast.expr | None, value: str) -> str:
        name = ast.unparse(annotation) if annotation else ""
        return f"{TWINS[name]}({value})" if name in HANDLES else value

    def parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """The same parameters; a stream to send is an ordinary iterable here."""
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
            raise SystemExit(f"{self.name}.{node.name}: no shape for its parameters")
        for each in [*arguments.args, *arguments.kwonlyargs]:
            self.shown(each.annotation)
        text = ast.unparse(arguments).replace("AsyncIterable[", "Iterable[")
        if text.endswith("*"):
            raise SystemExit(f"{self.name}.{node.name}: a bare star")
        for default in [*arguments.defaults, *arguments.kw_defaults]:
            self.shown(default)
        return text

    def passed(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        positional = [self.value(each) for each in node.args.args[1:]]
        named = [f"{each.arg}={self.value(each)}" for each in node.args.kwonlyargs]
        return "".join(f", {each}" for each in [*positional, *named])

    def value(self, parameter: ast.arg) -> str:
        """What is handed on. Iterables are read in the caller's thread: they may call a blocking client themselves."""
        annotation = ast.unparse(parameter.annotation) if parameter.annotation else ""
        if annotation == "str | Iterable[str]":
            self.output.need("clouddrive2.client._portal", "taken")
            return f"taken({parameter.arg})"
        if annotation == "Iterable[str]":
            return f"[*{parameter.arg}]"
        if annotation.startswith("AsyncIterable["):
            self.output.need("clouddrive2.client._portal", "fed")
            return f"fed({parameter.arg})"
        return parameter.arg

    def shown(self, annotation: ast.expr | None) -> str:
        """An annotation or default as text, its names imported."""
        if annotation is None:
            return "None"
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id in self.module.origins and node.id not in TWINS:
                module, name = self.module.origins[node.id]
                self.output.need(module, "Iterable" if name == "AsyncIterable" else name)
        text = ast.unparse(annotation)
        return TWINS.get(text, text)

    def docstring(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, indent: int) -> str:
        text = ast.get_docstring(node, clean=False)
        if text is None:
            raise SystemExit(f"{self.name}: {node.name} says nothing about itself")
        text = self.output.words(text)
        cleaned = inspect.cleandoc(text)
        quoted = f'"""{cleaned}"""' if "\n" not in cleaned else f'"""{cleaned}\n"""'
        return textwrap.indent(quoted.replace("\\", "\\\\"), " " * indent)


def _item(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr:
    """What an iterator gives."""
    assert isinstance(node.returns, ast.Subscript)
    inside = node.returns.slice
    return inside.elts[0] if isinstance(inside, ast.Tuple) and ast.unparse(node.returns.value) == "AsyncGenerator" else inside


def imports(needs: dict[str, set[str]]) -> Iterator[str]:
    for module, names in needs.items():
        for name in sorted(names):
            yield f"from {module} import {name}\n"


def generated() -> str:
    """The whole file."""
    output = Output()
    for module, name, _ in CLASSES:
        output.parts.append(Writer(output, Module(module), name).write())
    unused = set(LEFT_OUT) - output.left_out | {old for old, _ in REWORDED} - output.reworded
    if unused:
        raise SystemExit(f"tables of {Path(__file__).name} that nothing needs: {', '.join(sorted(unused))}")
    names = ", ".join(f'"{twin}"' for _, _, twin in sorted(CLASSES, key=lambda row: row[2]))
    text = HEAD + "".join(imports(output.needs)) + f"\n__all__ = [{names}]\n\n\n" + "\n\n\n".join(output.parts) + "\n"
    for arguments in (["check", "--fix", "--exit-zero", "--quiet"], ["format"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(TARGET), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return text


def main() -> int:
    """Write the file, or with ``--check`` only compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare byte for byte, write nothing")
    text = generated()
    if TARGET.is_file() and TARGET.read_bytes() == text.encode():
        return 0
    if parser.parse_args().check:
        print(f"{TARGET.relative_to(ROOT)} differs from its source; run `make generate` and commit the result", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
