"""A real Prometheus that scrapes a server, for tests."""

import json
import socket
import subprocess
import urllib.parse
import urllib.request

from tests.deploy.tools import tool
from tests.end_to_end.processes import DEADLINE_S, wait_until

PACKAGE = "prometheus"
CONFIGURATION = """
global: {{ scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }}
rule_files: {rules}
scrape_configs:
  - job_name: logstore
    static_configs: [{{ targets: ["{target}"] }}]
"""


def free_port():
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    """Scrapes `target` (`HOST:PORT`) twice a second; knows the rules in files."""

    def __init__(self, place, target, rules=()):
        program = tool("prometheus", PACKAGE)
        config = place / "prometheus.yml"
        config.write_text(CONFIGURATION.format(target=target, rules=json.dumps([str(path) for path in rules])))
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._log = place / "prometheus.log"
        command = [program, f"--config.file={config}", f"--storage.tsdb.path={place / 'tsdb'}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
            )
        try:
            wait_until(lambda: self._is_ready() and self.value("up") == 1, f"Prometheus scrapes:\n{self._log}")
        except BaseException:
            self.close()
            raise

    def _is_ready(self):
        assert self._process.poll() is None, self._log.read_text()
        try:
            with urllib.request.urlopen(f"{self._url}/-/ready", timeout=DEADLINE_S) as response:  # noqa: S310 (our own)
                return response.status == 200
        except OSError:
            return False

    def get(self, path, **parameters):
        """The data of an answer of its HTTP API."""
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as response:  # noqa: S310 (our own)
            return json.loads(response.read())["data"]

    def query(self, expression):
        """The answer to PromQL now, values by labels, without those of the scrape."""
        return {
            tuple(sorted((name, text) for name, text in each["metric"].items() if name not in _SCRAPED)): float(
                each["value"][1]
            )
            for each in self.get("query", query=expression)["result"]
        }

    def value(self, expression):
        """The only number that PromQL gives now; None where it gives none."""
        found = self.query(expression)
        return next(iter(found.values())) if found else None

    def close(self):
        """Ends it."""
        self._process.terminate()
        self._process.wait(DEADLINE_S)


_SCRAPED = ("__name__", "instance", "job")
