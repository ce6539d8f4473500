"""Errors sorted by what the caller should do about them.

Every message is one line: what happened, where, and what to do. The command line maps each class to its exit
code; anything else that escapes is a programming mistake and is let through.
"""

from __future__ import annotations


class PlumblineError(Exception):
    """Base of all errors that a user may cause or can mend; `exit_code` is what the command line returns."""

    exit_code = 1


class InvalidInput(PlumblineError):
    """The caller gave something unusable: fix the input."""

    exit_code = 2


class NotFound(PlumblineError):
    """The named thing does not exist (or may not be seen, which must look the same)."""


class NotPermitted(PlumblineError):
    """The user is unknown, disabled or may not do this."""

    exit_code = 4


class Unavailable(PlumblineError):
    """Something that is needed is not there yet: a model, a package, a lease. Do what the message says, try again."""


class Damaged(PlumblineError):
    """Stored state does not match its checksum: `plumbline doctor` names it, `plumbline rebuild` mends it."""
