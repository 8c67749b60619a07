"""Benchmarks: one ``bench_*.py`` per claim, each beside its floor in the same run. ``python -m benchmarks --help``.

Ours and the floor take turns; the median of the rounds counts and every raw figure is printed. Figures are to be taken
on a machine that does nothing else. Needs a C compiler (``cc``) for the load generator, and Linux for placing processes
on cores. ``python -m benchmarks.profile_venue`` tells where an order's CPU time goes.
"""
