"""No RPC is unlisted: each has a method of the client, or a reason why not; likewise in the emulator."""

from __future__ import annotations

import inspect
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import clouddrive2
from clouddrive2.emulator import Emulator
from clouddrive2.proto.methods import METHODS

ROOT = Path(__file__).parents[3]
STATED: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "proto/coverage.toml").read_text(encoding="utf-8"))
# Names of calls as whole words of the client's own source, without the files that have every one.
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (ROOT / "src/clouddrive2").rglob("*.py")
    if path.name not in ("raw.py", "sync.py", "policy.py") and not {"emulator", "proto"} & set(path.parts)
)


@pytest.fixture(scope="module")
def wrapped() -> dict[str, list[str]]:
    """What the generator finds in the sources."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import generate_coverage
    finally:
        sys.path.remove(str(ROOT / "tools"))
    found: dict[str, list[str]] = generate_coverage.wrapped(set(METHODS))
    return found


def test_every_call_has_a_method_or_a_reason(wrapped: dict[str, list[str]]) -> None:
    listed = [*wrapped, *STATED["inside"], *STATED["raw"]]
    assert sorted(listed) == sorted(METHODS), "each exactly once"


def test_the_methods_are_there(wrapped: dict[str, list[str]]) -> None:
    assert len(wrapped) > 170
    with clouddrive2.Client("nas") as client:
        for rpc, methods in {**wrapped, **STATED["inside"]}.items():
            assert f'"{rpc}"' in SOURCES, rpc
            for method in methods:
                namespace, _, name = method.partition(".")
                assert inspect.getdoc(getattr(getattr(client, namespace), name)), method


@pytest.mark.parametrize("rpc", STATED["raw"])
def test_what_is_raw_only_is_made_nowhere_else(rpc: str) -> None:
    assert f'"{rpc}"' not in SOURCES


def test_the_emulator_answers_the_rest() -> None:
    served = Emulator().registry.served
    assert served | set(STATED["not_emulated"]) == set(METHODS)
    assert not served & set(STATED["not_emulated"])


def test_every_reason_is_a_sentence_in_both_languages() -> None:
    reasons = {*STATED["raw"].values(), *STATED["not_emulated"].values()}
    assert all(len(reason) > 5 for reason in reasons)
    assert reasons == set(STATED["chinese"])
