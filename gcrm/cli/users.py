"""`gcrm users`: who may sign in to the pages, as what, and what of; `gcrm audit`: who did what."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The people who may sign in to the pages. While there are none, nobody is asked to.")

_Name = Annotated[str, typer.Argument(help="Name of the user, in small letters.")]
_Territory = Annotated[list[str] | None, typer.Option("--territory", help="A territory or region that the user sees; again for more; all for every account.")]
_RoleName = Annotated[str | None, typer.Option("--role", help="admin, regional_manager, territory_planner, marketer, analyst, rep or read_only.")]
_Mail = Annotated[str | None, typer.Option("--mail", help="Mail address by which the organisation's own sign-in knows the user.")]
_PasswordFrom = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input in place of asking for it.")]
_NoPassword = Annotated[bool, typer.Option("--no-password", help="The user signs in through the organisation only.")]


@app.command()
def add(
    name: _Name,
    role: _RoleName = None,
    territory: _Territory = None,
    mail: _Mail = None,
    password_stdin: _PasswordFrom = False,
    no_password: _NoPassword = False,
) -> None:
    """Add a user. The first one has to be an admin who sees all; from then on everybody has to sign in.

    Example: `gcrm users add anna --role admin --territory all`
    """
    from gcrm.access.users import User
    from gcrm.db.connection import ensure_ready
    from gcrm.errors import AccessError
    from gcrm.pipeline import sign_in

    ensure_ready()
    if name in sign_in.users():
        raise AccessError(f"There is a user {name} already; change it with `gcrm users change {name}`.")
    user = User(name, role or "", tuple(territory or ()), mail or "")
    sign_in.keep_user(user if no_password else user.with_password(_password(from_stdin=password_stdin)))
    typer.echo(f"{name} may sign in as {user.user_role.label.lower()}.")


@app.command()
def change(name: _Name, role: _RoleName = None, territory: _Territory = None, mail: _Mail = None) -> None:
    """Change the role, the territories or the mail address of a user; whoever is signed in has to do so again.

    Example: `gcrm users change anna --role rep --territory South`
    """
    from dataclasses import replace

    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import sign_in

    ensure_ready()
    user = sign_in.named(name)
    territories = tuple(territory) if territory else user.territories
    changed = replace(user, role=role or user.role, territories=territories, mail=user.mail if mail is None else mail)
    sign_in.keep_user(changed)
    typer.echo(f"{name} is {changed.user_role.label.lower()} of {', '.join(changed.territories)}.")


@app.command()
def password(name: _Name, password_stdin: _PasswordFrom = False) -> None:
    """Give a user another password; its sessions end.

    Example: `gcrm users password anna`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import sign_in

    ensure_ready()
    sign_in.keep_user(sign_in.named(name).with_password(_password(from_stdin=password_stdin)))
    typer.echo(f"{name} has another password.")


@app.command()
def remove(name: _Name) -> None:
    """Remove a user; its sessions end. What the user did stays in the audit.

    Example: `gcrm users remove anna`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import sign_in

    ensure_ready()
    sign_in.remove_user(name)
    typer.echo(f"{name} may not sign in any more.")


@app.command("list")
def list_() -> None:
    """List the users.

    Example: `gcrm users list`
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import sign_in

    ensure_ready()
    known = sign_in.users()
    if not known:
        typer.echo("There are no users, and nobody has to sign in. Make one with `gcrm users add NAME --role admin --territory all`.")
        return
    open_sessions = [session.user_name for session in sign_in.sessions()]
    table = Table("user", "role", "territories", "signs in with", "sessions", box=None, header_style="bold")
    for user in known.values():
        ways = " or ".join([*(["password"] if user.password else []), *([user.mail] if user.mail else [])]) or "nothing"
        table.add_row(user.name, user.user_role.label, escape(", ".join(user.territories)), escape(ways), str(open_sessions.count(user.name)))
    Console().print(table)


@app.command()
def end(name: _Name) -> None:
    """End all sessions of a user, on every device.

    Example: `gcrm users end anna`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import sign_in

    ensure_ready()
    ended = sign_in.end_sessions(sign_in.named(name).name)
    typer.echo(f"{ended} session{'' if ended == 1 else 's'} of {name} ended.")


def audit(
    user: Annotated[str | None, typer.Option(help="What this user did only.")] = None,
    action: Annotated[str | None, typer.Option(help="One action only, such as export.")] = None,
    most: Annotated[int, typer.Option(min=1, help="So many lines at most.")] = 50,
) -> None:
    """Show who signed in, read personal data, took tables along and changed rights; the newest first.

    Example: `gcrm audit --action export`
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audit import lines

    ensure_ready()
    table = Table("when", "who", "did", "with", "more", box=None, header_style="bold")
    for line in lines(user_name=user, action=action, most=most):
        more = ", ".join(f"{key} {value}" for key, value in line.detail.items())
        table.add_row(f"{line.happened_at:%Y-%m-%d %H:%M:%S}", escape(line.user_name), line.action, escape(line.subject), escape(more))
    Console().print(table)


def _password(*, from_stdin: bool) -> str:
    import sys

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed
