"""What is handed in of saved views, which are for everybody who looks; the part of `intake` that keeps them."""

from dashboards.session import Permission, needs
from gcrm.pipeline import saved_views
from gcrm.pipeline.saved_views import LONGEST_NAME, Parameters, SavedView

__all__ = ["LONGEST_NAME"]


@needs(Permission.LOOK)
def save_view(name: str, page: str, parameters: Parameters) -> str:
    """Saves a new view; the name that it has.

    Raises:
        ViewError: the name is taken, or is none.
    """
    return saved_views.save(name, page, parameters)


@needs(Permission.LOOK)
def overwrite_view(name: str, page: str, parameters: Parameters) -> None:
    """Lets a view show something else.

    Raises:
        ViewError: there is none of this name.
    """
    saved_views.overwrite(name, page, parameters)


@needs(Permission.LOOK)
def rename_view(name: str, wanted: str) -> str:
    """Gives a view another name; the one that it has now.

    Raises:
        ViewError: there is none of this name, or the other is taken, or is none.
    """
    return saved_views.rename(name, wanted)


@needs(Permission.LOOK)
def delete_view(name: str) -> SavedView:
    """Deletes a view; what it was, for `restore_view`.

    Raises:
        ViewError: there is none of this name.
    """
    return saved_views.delete(name)


@needs(Permission.LOOK)
def restore_view(view: SavedView) -> None:
    """Brings a deleted view back as it was.

    Raises:
        ViewError: its name is taken since.
    """
    saved_views.restore(view)
