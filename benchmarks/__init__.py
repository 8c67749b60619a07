"""Benchmarks: one ``bench_*.py`` per claim, each beside its floor in the same run. ``python -m benchmarks --help``."""
