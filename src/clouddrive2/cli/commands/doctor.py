"""``cd2 doctor``: what works, what does not, and what to do about it."""

from __future__ import annotations

import textwrap

from clouddrive2.cli.context import Cli
from clouddrive2.cli.exit_codes import ExitCode
from clouddrive2.cli.output import words

__all__ = ["EXAMPLES", "command"]

EXAMPLES = """\
cd2 doctor
cd2 doctor --url nas:19798
CLOUDDRIVE2_MOUNT_POINT=/mnt/cloud cd2 doctor      is the mount really there?
cd2 --json doctor | jq 'select(.mark != "ok")'

Each line says ok, warn or fail. The exit code is that of the first failure: 3 no connection, 4 sign-in, 1 anything else."""


async def command(cli: Cli) -> int:
    """Check address, sign-in, permissions, mount and clock; say what to do."""
    # The checks need the client; the help text does not.
    from clouddrive2.cli.checks import Mark, examine

    code, counts = ExitCode.OK, dict.fromkeys(Mark, 0)
    async for check in examine(cli, cli.config()):
        counts[check.mark] += 1
        if check.mark is Mark.FAIL and code is ExitCode.OK:
            code = check.code
        record = {"check": check.name, "mark": str(check.mark), "found": check.found, "advice": check.advice or None}
        text = f"{check.mark:<4}  {check.name:<13} {words.plain(check.found)}"
        if check.advice:
            text += "\n" + textwrap.fill(check.advice, 100, initial_indent=" " * 20, subsequent_indent=" " * 20)
        cli.out.result(record, text)
    failed, warned = counts[Mark.FAIL], counts[Mark.WARN]
    if failed:
        cli.out.note(f"{words.plural(failed, 'check')} failed")
    else:
        cli.out.note(f"all well, with {words.plural(warned, 'warning')}" if warned else "all well")
    return code
