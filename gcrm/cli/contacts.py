"""`gcrm contacts`: the people of an account, and their roles at others."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from gcrm.cli.records import show_records

app = typer.Typer(no_args_is_help=True, help="People: the contacts of an account, and their roles at other accounts.")

_Contact = Annotated[int, typer.Argument(metavar="CONTACT", help="Key of the contact, as `gcrm contacts list` names it.")]
_Account = Annotated[int, typer.Argument(metavar="ACCOUNT", help="Key of the account.")]
_Role = Annotated[int, typer.Argument(metavar="ROLE", help="Key of the role, as `gcrm contacts list` names it.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]
_DATES = ["%Y-%m-%d"]


@app.command("list")
def list_(account: _Account) -> None:
    """List the people of an account: its contacts, and who has a role there.

    Example: `gcrm contacts list 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.contact_roles import people

    ensure_ready()
    found = people(account, Scope.everything())
    if found.empty:
        typer.echo(f"Nobody is known at account {account}; import contacts, or give one a role with `gcrm contacts give CONTACT {account} ROLE`.")
        return
    heads = ("contact", "name", "role", "phone", "mail", "of account", "role key", "since", "until")
    columns = ("contact_id", "name", "role", "phone", "email", "own_account", "contact_role_id", "since", "until")
    show_records(heads, ([each[name] for name in columns] for each in found.astype(object).to_dict("records")))


@app.command()
def find(text: Annotated[str, typer.Argument(metavar="TEXT", help="Words of the person or of its account, a telephone number, a mail address.")]) -> None:
    """Find contacts.

    Example: `gcrm contacts find "virtanen"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.contact_roles import find_contacts

    ensure_ready()
    found = find_contacts(text, Scope.everything())
    if found.empty:
        typer.echo("No contact is like that; write fewer words, or the beginnings of them.")
        return
    columns = ("contact_id", "name", "role", "account_id", "account")
    show_records(("contact", "name", "role", "account key", "account"), ([each[name] for name in columns] for each in found.astype(object).to_dict("records")))


@app.command()
def give(
    contact: _Contact,
    account: _Account,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Such as accountant.")],
    by: _Actor,
    since: Annotated[datetime | None, typer.Option(formats=_DATES, help="The first day; today if left out.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DATES, help="The first day on which the contact has it no more.")] = None,
) -> None:
    """Give a contact a role at another account.

    Example: `gcrm contacts give 7 12 accountant`
    """
    from gcrm.access.scope import Scope
    from gcrm.crm.contact_roles import Role
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.contact_roles import give as write_down

    ensure_ready()
    terms = Role(role, (since or datetime.now(UTC)).date(), None if until is None else until.date())
    key = write_down(contact, account, terms, Scope.everything(), actor=by, through="command")
    typer.echo(f"Contact {contact} is {terms.name} of account {account} (role {key}).")


@app.command()
def end(
    role: _Role,
    by: _Actor,
    until: Annotated[datetime | None, typer.Option(formats=_DATES, help="The first day on which the contact has it no more; today if left out.")] = None,
) -> None:
    """End a role of a contact.

    Example: `gcrm contacts end 3 --until 2026-12-31`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.contact_roles import end as stop

    ensure_ready()
    day = (until or datetime.now(UTC)).date()
    stop(role, day, Scope.everything(), actor=by, through="command")
    typer.echo(f"Role {role} ends on {day}.")


@app.command()
def remove(role: _Role, by: _Actor) -> None:
    """Take a role away that was written down by mistake.

    Example: `gcrm contacts remove 3`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.contact_roles import remove as take_away

    ensure_ready()
    take_away(role, Scope.everything(), actor=by, through="command")
    typer.echo(f"Role {role} is removed.")
