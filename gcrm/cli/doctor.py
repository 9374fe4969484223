"""`gcrm doctor`: checks every part, and names the mend of what is wrong."""

import typer


def doctor() -> None:
    """Check every part of the installation, a line each; the exit code is 1 where there is a problem.

    Example: gcrm doctor
    """
    from gcrm.cli.checks import checks

    problems = 0
    for part, found in checks():
        problems += not found.well
        typer.echo(f"{'ok     ' if found.well else 'PROBLEM'} {part}: {found.text}")
    if problems:
        raise typer.Exit(1)
