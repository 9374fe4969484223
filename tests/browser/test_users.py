"""The page of the users: the first one locks the door, others are added, changed, brought back; the audit tells it all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit, serving
from tests.conftest import quick_home

_PASSWORD = "correct horse battery"  # noqa: S105 - of users that are made up


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Dashboards with nothing in them, and no users."""
    with quick_home() as home, serving(home) as served:
        yield served


def _add(page: Page, name: str, mail: str = "") -> None:
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("textbox", name="Mail address", exact=True).fill(mail)
    page.get_by_role("textbox", name="Password", exact=True).fill(_PASSWORD)
    page.get_by_role("button", name="Add", exact=True).click()


def test_the_first_user_locks_the_door_and_lets_others_in(site: Site, visit: Visit) -> None:
    (site.home / "users.yaml").unlink(missing_ok=True)
    page = visit(site, "/users")
    expect(page.get_by_text("Nobody has to sign in yet")).to_be_visible()
    _add(page, "Anna")
    expect(page.get_by_text("small letters, digits")).to_be_visible()
    _add(page, "anna")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("anna")
    page.get_by_role("textbox", name="Password", exact=True).fill(_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Click a user to change it")).to_be_visible()
    page.get_by_role("combobox", name="Sees").click()
    page.get_by_role("option", name="all").click()
    page.keyboard.press("Escape")
    _add(page, "ben", "ben@example.org")
    expect(page.get_by_text("ben may sign in as rep")).to_be_visible()
    assert "ben@example.org" in site.gcrm("users", "list")
    audit = site.gcrm("audit")
    assert "user ben" in audit
    assert _PASSWORD not in audit
