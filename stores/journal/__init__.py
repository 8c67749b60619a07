"""The venue's journal: append-only segments of checksummed records under one global sequence.

`Journal` owns the files and commits to them, `CommitThread` groups commits for durability "fsync", `read_directory`,
`inspect_directory` and `JournalTail` read them from any process. Records are opaque bytes.
"""
