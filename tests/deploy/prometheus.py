"""A real Prometheus that scrapes given processes with the shipped rules."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from system import ROOT, STOP_SECONDS, wait_until

START_SECONDS = 30

CONFIGURATION = """\
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [rules.yaml]
scrape_configs:
  - job_name: stagecoach
    file_sd_configs:
      - files: [targets.json]
        refresh_interval: 1s
"""


class Prometheus:
    """Up inside a `with`."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir()
        (folder / "prometheus.yaml").write_text(CONFIGURATION)
        shutil.copy(ROOT / "deploy/prometheus/rules.yaml", folder)
        self.watch([])

    def watch(self, servers):
        """Scrapes these from now on."""
        groups = [
            {
                "targets": [server.metrics],
                "labels": {"namespace": "test", "instance": server.name},
            }
            for server in servers
        ]
        new = self._folder / "targets.new"
        new.write_text(json.dumps(groups))
        new.rename(self._folder / "targets.json")

    def __enter__(self):
        log = self._folder / "log"
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={self._folder}/prometheus.yaml",
                    f"--storage.tsdb.path={self._folder}/data",
                    "--web.listen-address=127.0.0.1:0",
                ],
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        listening = re.compile(r'msg="Listening on" address=(\S+)')
        found = wait_until(
            lambda: listening.search(log.read_text()),
            START_SECONDS,
            "listening",
        )
        self._address = found.group(1)
        wait_until(self._is_ready, START_SECONDS, "ready")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(STOP_SECONDS)

    def _is_ready(self):
        try:
            urllib.request.urlopen(f"http://{self._address}/-/ready").close()
        except urllib.error.URLError:
            return False
        return True

    def _ask(self, path, **parameters):
        text = urllib.parse.urlencode(parameters)
        url = f"http://{self._address}/api/v1/{path}?{text}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["error"]) from error

    def query(self, expression):
        """Returns [(labels, value)]; RuntimeError for one that makes no
        sense."""
        data = self._ask("query", query=expression)
        return [
            (sample["metric"], float(sample["value"][1]))
            for sample in data["result"]
        ]

    def query_range(self, expression, start, end, step=1):
        """Returns [(labels, [(time, value)])]."""
        data = self._ask(
            "query_range", query=expression, start=start, end=end, step=step
        )
        return [
            (s["metric"], [(float(t), float(v)) for t, v in s["values"]])
            for s in data["result"]
        ]

    def targets_up(self):
        return sum(value for _, value in self.query("up"))
