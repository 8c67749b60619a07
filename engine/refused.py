"""What an operator's command comes to where it cannot be carried out."""


class CommandRefused(Exception):
    """A command that the book does not carry out; ``str()`` says why, for whoever gave it."""
