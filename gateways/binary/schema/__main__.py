"""``python -m gateways.binary.schema [--check]``: renew what is made from the schemas, or only tell what differs."""

from __future__ import annotations

import sys

from gateways.binary.schema.artifacts import ROOT, made


def main(arguments: list[str]) -> int:
    """The exit status; with ``--check`` nothing is written, and it is 1 if anything would be."""
    stale = False
    for path, text in made().items():
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale = True
        print(path.relative_to(ROOT))
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    if stale and "--check" in arguments:
        print("not what the schemas say: run python -m gateways.binary.schema")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
