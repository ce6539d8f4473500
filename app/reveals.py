"""Looking into the vault: only roles that may, and written down before anything is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.errors import InvalidInput, NotFound, NotPermitted

if TYPE_CHECKING:
    from app.wiring import Workspace
    from ingest.desensitize.vault import Vault
    from knowledge.types import User

_CODE = re.compile(r"(?:^|[\s·])([a-z0-9]{6})⟩?$")


def may_reveal(workspace: Workspace, user: User) -> bool:
    """Whether the user's role is one of `[desensitize] reveal_roles`."""
    return user.role.value in workspace.settings.desensitize.reveal_roles


def vault_of(workspace: Workspace) -> Vault:
    """The workspace's vault. Raises InvalidInput when it is off or has no key."""
    if workspace.vault is None:
        raise InvalidInput("vault: it is off; set [desensitize] vault = true and vault_key")
    return workspace.vault


def reveal(workspace: Workspace, placeholder: str, user: User, reason: str, by: str) -> list[str]:
    """The originals of a placeholder, nearly always one; `by` says through which door, for the audit log.

    `placeholder` may be written as it stands in texts (⟨PHONE·k3f9a2⟩), as PHONE·k3f9a2, or as the pages show it
    (phone number k3f9a2). Raises NotPermitted, which is written down too, and NotFound.
    """
    if not may_reveal(workspace, user):
        subject = placeholder if _as_written(placeholder) else ""
        workspace.audit.append("vault.refused", user.name, {"reason": _clean(workspace, reason)}, subject=subject)
        allowed = ", ".join(workspace.settings.desensitize.reveal_roles)
        raise NotPermitted(f"{user.name}: only {allowed or 'nobody'} may reveal originals")
    vault = vault_of(workspace)
    found = _known(vault, placeholder.strip())
    # First the audit row: a reveal that nobody can see later must not happen
    detail = {"reason": _clean(workspace, reason), "by": by}
    workspace.audit.append("vault.reveal", user.name, detail, subject=found)
    return vault.reveal(found)


def _known(vault: Vault, text: str) -> str:
    if _as_written(text):
        return text
    code = _CODE.search(text)
    known = vault.known(code[1]) if code else []
    if not known:
        raise NotFound(f"{text}: not in the vault; give a pseudonym such as ⟨PHONE·k3f9a2⟩")
    if len(known) > 1:
        raise InvalidInput(f"{text}: stands for {' and '.join(known)}; give one of them")
    return known[0]


def _as_written(text: str) -> bool:
    return text.startswith("⟨") and text.endswith("⟩")


def _clean(workspace: Workspace, reason: str) -> str:
    return workspace.desensitizer.desensitize(reason)[0]
