"""`plumbline users`: who may sign in."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.common import Run, command, group, operator
from app.cli.output import print_json, print_table, print_text, remark
from knowledge.errors import InvalidInput

users = group("users", "Accounts: who may sign in.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(users)


@command(users, "add")
def add(
    run: Run,
    name: NameArgument,
    role: Annotated[
        str, typer.Option(help="employee, analyst, knowledge_manager, operator or admin.", metavar="ROLE")
    ] = "employee",
    groups: Annotated[str, typer.Option(help="Groups as A,B: the access labels this user may read.")] = "",
    display_name: Annotated[str, typer.Option(help="The name that pages show.")] = "",
    language: Annotated[str, typer.Option(help="Language of the interface: zh or en.")] = "en",
    password_stdin: StdinOption = False,
) -> None:
    """Add an account; the password is asked for, or read from stdin with --password-stdin."""
    from app.accounts.names import checked_groups, checked_name, checked_role

    with run.open() as workspace:
        # Before anybody types a password in vain
        checked_name(name)
        checked_role(role)
        checked_groups(split_list(groups))
        user = workspace.accounts.add(
            name,
            _password(password_stdin),
            role=role,
            groups=split_list(groups),
            display_name=display_name,
            language=language,
            by=operator(),
        )
    remark(f"added {user.name} ({user.role})")


@command(users, "list", json=True)
def list_users(run: Run) -> None:
    """All accounts."""
    with run.open() as workspace:
        found = workspace.accounts.all()
    if run.json:
        print_json(
            {
                "users": [
                    {
                        "name": account.user.name,
                        "display_name": account.user.display_name,
                        "role": account.user.role.value,
                        "groups": sorted(account.user.groups),
                        "language": account.user.language,
                        "disabled": account.disabled,
                        "created_at": datetime.fromtimestamp(account.created_at, UTC).isoformat(timespec="seconds"),
                    }
                    for account in found
                ]
            }
        )
        return
    rows = [
        (
            account.user.name,
            account.user.role.value,
            ",".join(sorted(account.user.groups)),
            account.user.display_name,
            "disabled" if account.disabled else "",
        )
        for account in found
    ]
    print_table(("name", "role", "groups", "display name", ""), rows)


@command(users, "role")
def set_role(run: Run, name: NameArgument, role: Annotated[str, typer.Argument(metavar="ROLE")]) -> None:
    """Give an account another role: employee, analyst, knowledge_manager, operator or admin."""
    with run.open() as workspace:
        workspace.accounts.set_role(name, role, by=operator())


@command(users, "groups")
def set_groups(
    run: Run,
    name: NameArgument,
    groups: Annotated[str, typer.Argument(metavar="A,B", help='All groups of the user; "" for none.')],
) -> None:
    """Give an account other groups in place of the present ones, from its next query on."""
    with run.open() as workspace:
        workspace.accounts.set_groups(name, split_list(groups), by=operator())


@command(users, "password")
def set_password(run: Run, name: NameArgument, password_stdin: StdinOption = False) -> None:
    """Set a new password, end the account's sessions and lift its lock."""
    with run.open() as workspace:
        workspace.accounts.set_password(name, _password(password_stdin), by=operator())


@command(users, "disable")
def disable(run: Run, name: NameArgument) -> None:
    """Lock an account out; its sessions end at once."""
    with run.open() as workspace:
        workspace.accounts.disable(name, by=operator())


@command(users, "enable")
def enable(run: Run, name: NameArgument) -> None:
    """Let a disabled account sign in again."""
    with run.open() as workspace:
        workspace.accounts.enable(name, by=operator())


@command(users, "token")
def token(
    run: Run,
    name: NameArgument,
    label: Annotated[str, typer.Option(help="What the token is for, for the list.")] = "",
) -> None:
    """Issue a token for `plumbline serve`, shown this once; it acts with the account's rights."""
    with run.open() as workspace:
        print_text(workspace.tokens.issue(name, label, by=operator()))
    remark("keep it secret; it is not shown again, `plumbline users revoke ID` ends it")


@command(users, "tokens", json=True)
def tokens(
    run: Run,
    name: Annotated[str | None, typer.Argument(metavar="NAME", show_default="all accounts")] = None,
) -> None:
    """Tokens of an account, or of all, without their secrets."""
    with run.open() as workspace:
        if name is not None:
            workspace.accounts.user(name)
        found = workspace.tokens.all(name)
    if run.json:
        rows = [
            {"id": each.id, "name": each.name, "label": each.label, "created_at": _time(each.created_at),
             "used_at": _time(each.used_at)}
            for each in found
        ]  # fmt: skip
        print_json({"tokens": rows})
        return
    print_table(
        ("id", "name", "label", "created", "last used"),
        [
            (each.id, each.name, each.label, _time(each.created_at) or "", _time(each.used_at) or "never")
            for each in found
        ],
    )


@command(users, "revoke")
def revoke(run: Run, token_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)]) -> None:
    """End a token at once, by its id as `plumbline users tokens` shows it."""
    with run.open() as workspace:
        workspace.tokens.revoke(token_id, by=operator())


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def split_list(text: str) -> list[str]:
    """`A,B` as its parts; "" as none. An empty part stays, to be refused where it is used."""
    return text.split(",") if text else []


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidInput("password: there is no terminal to ask on; pipe it in and give --password-stdin")
    import getpass

    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise InvalidInput("password: the two are not the same; try again")
    return password
