"""The commands of the bridge, as operators use them."""

import re
from pathlib import Path

from .database import SQL, sql
from .service import command

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
    assert grants, f"`bridge plan` names no grants:\n{plan}"
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


def holes(name):
    """The rooms whose events are not numbered 1, 2, 3, … up to the last one."""
    return sql(
        name,
        """
        SELECT r.id, r.last_seq, count(e.seq), count(DISTINCT e.seq), max(e.seq)
        FROM aftermatch.rooms r LEFT JOIN (
            SELECT room_id, seq FROM aftermatch.messages
            UNION ALL SELECT room_id, seq FROM aftermatch.events
        ) e ON e.room_id = r.id
        GROUP BY r.id
        HAVING NOT (count(e.seq) = r.last_seq AND count(DISTINCT e.seq) = r.last_seq
            AND coalesce(max(e.seq), 0) = r.last_seq)
        """,
    )
