"""Who may sign in: `Accounts`, and `TooManyAttempts` for those who guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.accounts.accounts import Accounts
    from app.accounts.errors import TooManyAttempts

__all__ = ["Accounts", "TooManyAttempts"]


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for, with argon2 and SQLAlchemy."""
    if name == "Accounts":
        from app.accounts.accounts import Accounts

        return Accounts
    if name == "TooManyAttempts":
        from app.accounts.errors import TooManyAttempts

        return TooManyAttempts
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
