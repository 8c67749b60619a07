"""``python -m tradeengine``: the command line."""

import sys

from tradeengine.cli import main

sys.exit(main())
