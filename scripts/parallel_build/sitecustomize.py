"""Python reads this at its start where PYTHONPATH names its folder: setuptools then compiles an extension's files side
by side, as ``make -j`` would, the largest first. By itself it compiles one after the other, and uses one core.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

try:
    import setuptools  # noqa: F401, I001  first: it puts its own distutils in the place of Python's
    from distutils.ccompiler import CCompiler
except ImportError:  # no build environment, or a setuptools of other parts: it compiles as it does by itself
    CCompiler = None


def compile_side_by_side(one_by_one: Any) -> Any:
    """The same as ``one_by_one``, a compiler's method ``compile``, with a thread per core."""

    def compile_all(self: Any, sources: Sequence[str], *args: Any, **kwargs: Any) -> list[str]:
        largest_first = sorted(sources, key=os.path.getsize, reverse=True)

        def compile_one(source: str) -> list[str]:
            return one_by_one(self, [source], *args, **kwargs)

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            objects = dict(zip(largest_first, pool.map(compile_one, largest_first), strict=True))
        return [name for source in sources for name in objects[source]]

    return compile_all


if CCompiler is not None:
    CCompiler.compile = compile_side_by_side(CCompiler.compile)
