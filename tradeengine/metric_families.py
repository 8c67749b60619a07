"""Prometheus families of metrics under this program's prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

PREFIX = "tradeengine_"
_WORDS = re.compile(r"_")


def counters_of(name: str, counters: msgspec.Struct) -> Iterator[Metric]:
    """Every counter of a gateway under its own name, e.g. ``tradeengine_fix_logons_accepted_total``."""
    for field in counters.__struct_fields__:
        help_text = f"{_WORDS.sub(' ', field).capitalize()} by the {name} gateway since the start."
        yield counter(f"{name}_{field}", help_text, getattr(counters, field))


def counter(name: str, help_text: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, help_text, value=value)


def gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help_text, value=value)


def counter_family(name: str, help_text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, help_text, labels=labels)


def gauge_family(name: str, help_text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help_text, labels=labels)


def labelled_gauge(name: str, help_text: str, samples: list[tuple[dict[str, str], int]]) -> GaugeMetricFamily:
    labels = list(samples[0][0]) if samples else []
    family = GaugeMetricFamily(PREFIX + name, help_text, labels=labels)
    for values, number in samples:
        family.add_metric(list(values.values()), number)
    return family
