"""A Postgres for the stories: from Docker, or from the binaries of the machine.

TEST_POSTGRES=docker|local allows one of them alone, as for the other tests.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import psycopg

from .ports import free_port


def start():
    """Starts a server, sets PGHOST and PGPORT, and stops it when the process ends."""
    os.environ.update(PGHOST="127.0.0.1", PGPORT=str(free_port()))
    wanted = os.environ.get("TEST_POSTGRES")
    if wanted == "local":
        start_local()
    elif not start_container():
        if wanted == "docker":
            raise SystemExit("Docker starts no Postgres: see TEST_POSTGRES_IMAGE.")
        start_local()
    wait()


def start_container():
    """Whether it could."""
    name = f"aftermatch-test-{uuid4().hex[:16]}"
    image = os.environ.get("TEST_POSTGRES_IMAGE", "postgres:17")
    publish = f"127.0.0.1:{os.environ['PGPORT']}:5432"
    run = ["docker", "run", "--detach", "--name", name, "--publish", publish]
    run += ["--env", "POSTGRES_PASSWORD=postgres", "--env", "POSTGRES_HOST_AUTH_METHOD=trust"]
    if not shutil.which("docker"):
        return False
    atexit.register(subprocess.run, ["docker", "rm", "-fv", name], capture_output=True)
    command = [*run, image, "postgres", "-c", "max_connections=200"]
    return subprocess.run(command, capture_output=True).returncode == 0


def start_local():
    binaries = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    if not binaries:
        raise SystemExit(
            "The stories need a Docker engine or the binaries of Postgres 15 or newer."
        )
    folder = tempfile.mkdtemp(prefix="aftermatch-platform-")
    # Postgres does not run as root.
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres")

    def run(program, *arguments):
        command = [binaries[-1] / program, "-D", f"{folder}/data", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)

    run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
    options = f"-p {os.environ['PGPORT']} -k {folder} -c max_connections=200"
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(run, "pg_ctl", "-m", "immediate", "stop")
    run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")


def wait():
    deadline = time.monotonic() + 60
    while True:
        try:
            # The first server of a container has no port: it only makes the database.
            return connect("postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def connect(database, user="postgres"):
    return psycopg.connect(dbname=database, user=user, autocommit=True)
