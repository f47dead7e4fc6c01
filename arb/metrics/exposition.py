"""The metrics as Prometheus reads them."""

from collections.abc import Iterator

import attrs
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from arb.board import Board
from arb.metrics.table import METRICS, Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def expose(board: Board) -> bytes:
    """Write every metric of this moment."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reading(board))
    return generate_latest(registry)


@attrs.frozen(eq=False)
class _Reading(Collector):
    board: Board

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            yield self._family(metric)

    def _family(self, metric: Metric) -> Family:
        kind = CounterMetricFamily if metric.counts else GaugeMetricFamily
        family = kind(metric.name, metric.help, labels=metric.labels)
        for labels, value in metric.read(self.board):
            family.add_metric([labels[name] for name in metric.labels], float(value))
        return family
