"""What the public may see of the venue, folded from the same events as everything else (docs/market-data.md)."""
