"""Databases with the platform's tables, and a schema for the chat."""

from pathlib import Path
from uuid import uuid4

from django.core.management import call_command
from django.db import connection, connections

from .postgres import connect

SQL = Path(__file__).parent.parent / "sql"
TEMPLATES = {}
# The platform before its last migrations.
BEFORE = [("accounts", "0001"), ("brand", "0001"), ("chat", "0001")]


def use(name):
    """From now on Django works with this database, in all threads."""
    connections.close_all()
    connection.settings_dict["NAME"] = name


def migrated(before):
    """The name of a database with the platform's tables, which is a template of others."""
    if before not in TEMPLATES:
        name = "market_before" if before else "market"
        with connect("postgres") as server:
            if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = 'platform'").fetchone():
                server.execute("CREATE ROLE platform LOGIN")
            server.execute(f"CREATE DATABASE {name} OWNER platform")
        use(name)
        for app, migration in BEFORE if before else []:
            call_command("migrate", app, migration, verbosity=0)
        if not before:
            call_command("migrate", verbosity=0)
        connections.close_all()
        TEMPLATES[before] = name
    return TEMPLATES[before]


def make(before=False):
    """A new database of the platform, with the role and the schema of the chat."""
    template = migrated(before)
    name = f"market_{uuid4().hex[:12]}"
    with connect("postgres") as server:
        server.execute(f"CREATE DATABASE {name} OWNER platform TEMPLATE {template}")
        known = server.execute("SELECT 1 FROM pg_roles WHERE rolname = 'aftermatch'").fetchone()
    roles = (SQL / "roles.sql").read_text()
    if known:
        roles = roles.replace("CREATE ROLE aftermatch LOGIN;", "")
    with connect(name) as superuser:
        superuser.execute(roles)
    use(name)
    return name


def drop(name):
    connections.close_all()
    with connect("postgres") as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def sql(name, query, values=None, user="postgres"):
    """The rows of a query; of several statements the last one counts."""
    with connect(name, user) as session:
        cursor = session.execute(query, values)
        return cursor.fetchall() if cursor.description else []
