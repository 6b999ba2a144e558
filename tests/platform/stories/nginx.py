"""The balancer in front of the old and the new service."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from .ports import free_port
from .waiting import until

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{target};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_set_header Host $host;
        }}
    }}
}}
"""


class Nginx:
    def __init__(self, target):
        self.folder = Path(tempfile.mkdtemp(prefix="aftermatch-nginx-"))
        self.folder.chmod(0o777)
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        self.configure(target)
        self.process = subprocess.Popen(self.command())
        until((self.folder / "nginx.pid").exists, "nginx runs")

    def command(self, *arguments):
        return ["nginx", "-p", self.folder, "-e", "error.log", "-c", "nginx.conf", *arguments]

    def configure(self, target):
        text = CONFIGURATION.format(folder=self.folder, port=self.port, target=target)
        (self.folder / "nginx.conf").write_text(text)

    def lead_to(self, target):
        """New connections go to this port; those that are open stay where they are."""
        self.configure(target)
        subprocess.run(self.command("-s", "reload"), check=True)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder)
