"""The program that is tested: `aftermatch serve` and its commands."""

import os
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

from django.conf import settings

from .ports import free_port
from .waiting import until

PROGRAM = os.environ["AFTERMATCH"]


def environment(database, **more):
    server = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"postgres://aftermatch@{server}/{database}",
        "CHAT_JWT_SECRET": settings.SIMPLE_JWT["SIGNING_KEY"],
        "CHAT_ALLOWED_ORIGINS": "localhost",
        **more,
    }


def command(database, *arguments):
    """Runs a command of the program, and returns its exit code and what it printed."""
    run = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        env=environment(database),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
    )
    return run.returncode, run.stdout


class Service:
    """A process of the service, at the same port each time it is started."""

    def __init__(self, database, bridge=None, **more):
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        if bridge:
            more["CHAT_BRIDGE"] = str(bridge)
        self.environment = environment(database, CHAT_LISTEN=f"127.0.0.1:{self.port}", **more)
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "serve"], env=self.environment, stdout=self.log, stderr=self.log
        )
        until(self.is_ready, "the service is ready", 30)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the service ended:\n{self.logged()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as page:
            return page.read().decode()

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)

    def logged(self):
        with open(self.log.name) as log:
            lines = [line for line in log if "handshake refused" not in line]
        return "".join(lines[-20:])
