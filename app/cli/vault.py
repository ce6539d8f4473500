"""`plumbline vault`: the encrypted originals of pseudonyms, for those who may see them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import Run, command, group, operator
from app.cli.output import print_json, print_table, print_text, remark
from knowledge.errors import InvalidInput

vault = group("vault", "The originals of pseudonyms, encrypted; off unless [desensitize] vault is true.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(vault)


@command(vault, "new-key")
def new_key(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
) -> None:
    """Put a fresh key on top of FILE, outside the workspace; older keys below it still open old values."""
    from ingest.desensitize.vault import new_key as fresh
    from ingest.desensitize.vault import read_keys

    folder = run.settings().workspace.resolve()
    place = file.expanduser().absolute()
    if place.resolve().is_relative_to(folder):
        raise InvalidInput(f"{file}: the key must not lie in the workspace; give a place outside {folder}")
    older = place.read_text(encoding="ascii") if place.is_file() else ""
    if older:
        read_keys(older, str(file))
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(f"{fresh()}\n{older}")
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(place)
    remark(f"wrote a key to {place}; keep a copy: without it nothing in the vault can be recovered")


@command(vault, "status", json=True)
def status(run: Run) -> None:
    """How many values the vault holds, by kind."""
    from app.reveals import vault_of

    with run.open() as workspace:
        counts = vault_of(workspace).count()
    if run.json:
        print_json({"values": counts})
        return
    print_table(("kind", "values"), sorted(counts.items()))


@command(vault, "rotate")
def rotate(run: Run) -> None:
    """Seal all values anew with the first key of the key file; the others can be deleted afterwards."""
    from app.reveals import vault_of

    with run.open() as workspace:
        changed = vault_of(workspace).rotate()
        workspace.audit.append("vault.rotate", operator(), {"values": changed})
    remark(f"sealed {changed} values anew")


@command(vault, "reveal", json=True)
def reveal(
    run: Run,
    placeholder: Annotated[str, typer.Argument(metavar="PLACEHOLDER", show_default=False)],
    user: Annotated[str, typer.Option(help="The account that asks; its role must be one of reveal_roles.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
) -> None:
    """What stood where there is a pseudonym now, such as ⟨PHONE·k3f9a2⟩. Written down in the audit log."""
    from app.reveals import reveal as reveal_for

    with run.open() as workspace:
        values = reveal_for(workspace, placeholder, workspace.accounts.user(user), reason, operator())
    if run.json:
        print_json({"placeholder": placeholder, "values": values})
        return
    for value in values:
        print_text(value)
