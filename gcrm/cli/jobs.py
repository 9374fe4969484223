"""`gcrm jobs`: what was run over which file; stop it, go on with it, take it back."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.progress import progress

app = typer.Typer(no_args_is_help=True, help="Runs over files: see, cancel, resume and undo them.")

_JobId = Annotated[int, typer.Argument(metavar="JOB", help="Number of the job.")]


@app.command("list")
def list_(most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20) -> None:
    """List the last jobs with their counts.

    Example: `gcrm jobs list`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.jobs import jobs

    ensure_ready()
    found = jobs(most)
    if not found:
        typer.echo("No file has been imported yet; begin with `gcrm import`.")
        return
    table = Table("job", "file", "holds", "state", "read", "created", "updated", "refused", "warned", "seconds", box=None, header_style="bold")
    for each in found:
        counts = (each.rows_read, each.rows_created, each.rows_updated, each.rows_refused, each.rows_warned)
        seconds = "" if each.seconds is None else f"{each.seconds:,.1f}"
        table.add_row(str(each.job_id), escape(each.file_name), each.objects or "", each.shown_state, *(f"{count:,}" for count in counts), seconds)
    Console().print(table)


@app.command()
def cancel(job_id: _JobId) -> None:
    """Stop a job behind the chunk in hand; what is stored stays.

    Example: `gcrm jobs cancel 12`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.jobs import cancel

    ensure_ready()
    cancel(job_id)
    typer.echo(f"Job {job_id} stops behind the records in hand; go on with `gcrm jobs resume {job_id}`.")


@app.command()
def resume(job_id: _JobId) -> None:
    """Go on with a job that was cancelled, failed or was killed.

    Example: `gcrm jobs resume 12`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.imports import run_job
    from gcrm.pipeline.jobs import job

    ensure_ready()
    found = job(job_id)
    with progress(f"job {job_id}, {found.file_name}", total=found.rows_expected, unit="records") as advance:
        reports = run_job(job_id, advance)
    for name, report in reports.items():
        typer.echo(f"{name}: {report}")


@app.command()
def conflicts(job_id: _JobId, most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20) -> None:
    """Show what an undo would have to leave, and why.

    Example: `gcrm jobs conflicts 12`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.jobs import undo_conflicts

    ensure_ready()
    found = undo_conflicts(job_id)
    if not found:
        typer.echo(f"Job {job_id} can be undone without a conflict.")
        return
    table = Table("object", "source", "key", "why it stays", box=None, header_style="bold")
    for row in found[:most]:
        table.add_row(*map(escape, row))
    Console().print(table)
    if len(found) > most:
        typer.echo(f"{most:,} of {len(found):,}; see more with --most {len(found)}.")


@app.command()
def undo(job_id: _JobId, leave_conflicts: Annotated[bool, typer.Option("--leave-conflicts", help="Leave what was changed since.")] = False) -> None:
    """Take back what a job created and changed, updates too.

    Example: `gcrm jobs undo 12`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.jobs import undo

    ensure_ready()
    done = undo(job_id, leave_conflicts=leave_conflicts)
    typer.echo(f"{done.restored:,} restored, {done.removed:,} removed, {done.kept:,} kept.")
