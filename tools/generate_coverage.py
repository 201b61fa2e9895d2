"""Writes ``docs/reference/rpcs*.md``: for every RPC the method of the client that makes it, and whether the emulator answers it.

Both are read from the sources, everything else from ``proto/coverage.toml``, which gives a reason for what is missing.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generate_sync import CLASSES, Module

Nodes = dict[str, ast.AST]
FOLDER = Path("docs/reference")
MOST_SHOWN = 3
ENGLISH = """\
# Every call of the contract

[简体中文](rpcs.zh-CN.md)

Generated from the sources and `proto/coverage.toml` by `make generate`: do not edit. {wrapped} of the {all} calls have a method
of their own in the client; every one of them can be made through `client.raw` and `cd2 rpc`. The emulator answers {emulated}, the
others with UNIMPLEMENTED.

| RPC | since | permission | in the client | in the emulator |
|---|---|---|---|---|
"""
CHINESE = """\
# 协议的全部调用

[English](rpcs.md)

由 `make generate` 根据源码和 `proto/coverage.toml` 生成，请勿手改。{all} 个调用中有 {wrapped} 个在客户端有自己的方法；
每一个都可以通过 `client.raw` 和 `cd2 rpc` 调用。模拟器应答其中 {emulated} 个，其余返回 UNIMPLEMENTED。

| RPC | 起始版本 | 权限 | 客户端 | 模拟器 |
|---|---|---|---|---|
"""


def coverage_files(root: Path) -> dict[Path, str]:
    """The two pages."""
    facts: dict[str, dict[str, Any]] = tomllib.loads((root / "proto/methods.toml").read_text(encoding="utf-8"))
    stated = tomllib.loads((root / "proto/coverage.toml").read_text(encoding="utf-8"))
    found, answered = wrapped(set(facts)), emulated(root, set(facts))
    chinese: dict[str, str] = stated["chinese"]
    english: list[str] = []
    other: list[str] = []
    for rpc, fact in facts.items():
        methods = found.get(rpc) or stated["inside"].get(rpc)
        if methods is None and rpc not in stated["raw"]:
            raise SystemExit(f"proto/coverage.toml: no method of the client makes {rpc}; say why under [raw]")
        if rpc not in answered and rpc not in stated["not_emulated"]:
            raise SystemExit(f"proto/coverage.toml: the emulator has no {rpc}; say why under [not_emulated]")
        shown = ", ".join(f"`client.{method}`" for method in (methods or [])[:MOST_SHOWN])
        rights = " ".join(f"`{name}`" for name in fact.get("permissions", ()))
        cells = [f"`{rpc}`", fact.get("since", ""), "—" if fact.get("public") else rights]
        why, missing = stated["raw"].get(rpc, ""), stated["not_emulated"].get(rpc, "")
        english.append(row([*cells, shown or f"raw only: {why}", "yes" if rpc in answered else f"no: {missing}"]))
        in_chinese = (shown or f"仅 raw：{chinese.get(why)}", "有" if rpc in answered else f"无：{chinese.get(missing)}")
        other.append(row([*cells, *in_chinese]))
    counts = {"all": len(facts), "wrapped": len({*found, *stated["inside"]}), "emulated": len(answered)}
    return {
        FOLDER / "rpcs.md": ENGLISH.format(**counts) + "".join(english),
        FOLDER / "rpcs.zh-CN.md": CHINESE.format(**counts) + "".join(other),
    }


def row(cells: list[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |\n"


def emulated(root: Path, rpcs: set[str]) -> set[str]:
    """RPCs that a service of the emulator has a method for."""
    folder = root / "src/clouddrive2/emulator/services"
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))]
    return {node.name for tree in trees for node in functions(tree)} & rpcs


def wrapped(rpcs: set[str]) -> dict[str, list[str]]:
    """RPC to the public methods that make it, as ``files.list``: by themselves, or through a helper of their module."""
    found: dict[str, list[str]] = {}
    for namespace, module_name, class_name in namespaces():
        module = Module(module_name)
        helpers: Nodes = {node.name: node for node in functions(module.tree)} | dict(tables(module.tree))
        for name, node in {each.name: each for each in functions(module.find(class_name))}.items():
            if not name.startswith("_"):
                for rpc in sorted(calls(node, helpers, rpcs)):
                    found.setdefault(rpc, []).append(f"{namespace}.{name}")
    return found


def namespaces() -> Iterator[tuple[str, str, str]]:
    """Attribute of the client, module and class; ``raw``, which has every RPC, does not count."""
    homes = {name: module for module, name, _ in CLASSES}
    for node in Module("clouddrive2.client.aio").find("AsyncClient").body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id != "raw":
            class_name = ast.unparse(node.annotation)
            yield node.target.id, homes[class_name], class_name


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function in it, methods too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tables(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Constants of a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def calls(node: ast.AST, helpers: Nodes, rpcs: set[str], seen: frozenset[str] = frozenset()) -> set[str]:
    """RPC names a function mentions, or a helper it mentions."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and each.value in rpcs:
            found.add(str(each.value))
        name = each.attr if isinstance(each, ast.Attribute) else each.id if isinstance(each, ast.Name) else ""
        if (name.startswith("_") or name.isupper()) and name in helpers and name not in seen:
            found |= calls(helpers[name], helpers, rpcs, seen | {name})
    return found
