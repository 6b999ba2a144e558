"""The commands of the bridge, as operators use them."""

import re
from pathlib import Path

from .database import SQL, sql
from .service import command
from .waiting import until

MAPPING = Path(__file__).parent.parent / "bridge.toml"


def bridge(name, what, mapping=MAPPING, *flags):
    return command(name, "bridge", what, mapping, *flags)


def succeed(name, *arguments):
    code, printed = command(name, *arguments)
    assert code == 0, f"{arguments}: exit code {code}\n{printed}"
    return printed


def grant(name, mapping=MAPPING):
    """Runs what `plan` says that the owner of the platform's tables must grant."""
    _, plan = bridge(name, "plan", mapping)
    grants = re.findall(r"^\s*(GRANT [^;]*;)", plan, re.MULTILINE)
    for statement in grants:
        sql(name, statement, user="platform")
    return grants


def adopt(name, mapping=MAPPING):
    """From a database of the platform to one that the service can serve."""
    succeed(name, "migrate")
    sql(name, (SQL / "grants.sql").read_text(), user="aftermatch")
    grant(name, mapping)
    succeed(name, "bridge", "plan", mapping)
    return succeed(name, "bridge", "install", mapping)


def drained(name, seconds=60):
    """Waits until no mark is left."""

    def waiting():
        return sql(
            name,
            "SELECT (SELECT count(*) FROM aftermatch.bridge_noted),"
            " (SELECT count(*) FROM aftermatch.bridge_moved),"
            " (SELECT count(*) FROM aftermatch.bridge_written)",
        )

    try:
        until(lambda: waiting() == [(0, 0, 0)], "no mark is left", seconds)
    except AssertionError as late:
        rows = sql(name, "SELECT to_jsonb(m) FROM aftermatch.bridge_moved m ORDER BY id LIMIT 20")
        raise AssertionError(f"{late}: {waiting()}\n" + "\n".join(map(str, rows))) from None
