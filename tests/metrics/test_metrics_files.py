"""Alert rules and dashboard use metrics that exist, and Prometheus' own tool accepts them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from arb.board import Board
from arb.market.units import Ns
from arb.metrics.exposition import expose
from arb.metrics.table import METRICS
from tests.test_board import Clock

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "arb.rules.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "arb.json"


def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    return found


def used(text: str) -> set[str]:
    return set(re.findall(r"\barb_[a-z_]+", text))


def test_rules_and_dashboard_name_only_metrics_that_exist() -> None:
    known = {metric.name for metric in METRICS}
    assert used(RULES.read_text(encoding="utf-8")) <= known
    assert used(DASHBOARD.read_text(encoding="utf-8")) <= known


def test_the_dashboard_shows_every_metric_but_the_age_of_the_program() -> None:
    shown = used(DASHBOARD.read_text(encoding="utf-8"))
    assert {metric.name for metric in METRICS} - shown == {"arb_uptime_seconds"}


def test_the_dashboards_panels_do_not_overlap() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(panels)


def test_every_runbook_that_an_alert_names_is_there() -> None:
    named = set(re.findall(r"runbook: (\S+)", RULES.read_text(encoding="utf-8")))
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_promtool_accepts_rules_and_configuration() -> None:
    for what in (["rules", str(RULES)], ["config", str(RULES.with_name("prometheus.yml"))]):
        done = subprocess.run(  # noqa: S603 - a tool of our own choice
            [promtool(), "check", *what], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_nothing_to_improve_in_the_metrics() -> None:
    done = subprocess.run(  # noqa: S603 - a tool of our own choice
        [promtool(), "check", "metrics"],
        input=expose(Board(Clock(), Ns(0))),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
