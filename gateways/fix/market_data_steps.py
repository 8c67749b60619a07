"""What an entry of an incremental refresh does: FIX 279 MDUpdateAction."""

NEW, CHANGE, DELETE = "0", "1", "2"
