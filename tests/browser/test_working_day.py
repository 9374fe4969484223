"""A working day: leads come in and are given to a rep, who converts one, calls, and wins; the order is in the account and the cube, a complaint on the map."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gcrm.access.users import EVERYTHING, User, write_users
from tests.browser.conftest import Site, Visit, gcrm, serving
from tests.browser.intake import SHOP
from tests.browser.seen import until
from tests.conftest import quick_home

_PASSWORD = "correct horse battery"  # noqa: S105 - of users that are made up
_USERS = (User("chief", "admin", (EVERYTHING,)), User("one", "rep", ("North",)), User("two", "rep", ("South",)), User("mara", "marketer", (EVERYTHING,)))
_LEADS = (
    "Lead ID,Company,Street,ZIP,Town,Country,Lat,Lng,Interest,Value,Currency,Created,made_up\n"
    "d1,Aamu Oy,Aamukatu,00530,Helsinki,FI,60.1850,24.9510,Two cargo bikes,6000,EUR,2026-01-05T08:00Z,yes\n"
    "d2,Etelä Oy,Etelätie,00150,Helsinki,FI,60.1560,24.9400,A city bike,900,EUR,2026-01-05T09:00Z,yes\n"
)


@pytest.fixture
def site() -> Iterator[Site]:
    """The shop's territories, reps, products, accounts and earlier orders, and four people who sign in."""
    with quick_home() as home:
        for name in ("territories", "reps", "products", "accounts", "orders"):
            gcrm(home, "import", name, SHOP / f"{name}.csv")
        write_users(home / "users.yaml", {user.name: user.with_password(_PASSWORD) for user in _USERS})
        with serving(home) as served:
            yield served


def _as(visit: Visit, site: Site, name: str, path: str) -> Page:
    """Somebody signs in, and is where the link leads."""
    page = visit(site, path, stranger=True)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".who")).to_contain_text(name)
    return page


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=option, exact=True).click()


def _write(page: Page, what: str) -> None:
    page.get_by_role("radio", name=what).or_(page.get_by_role("button", name=what)).first.click()


def _revenue(site: Site, territory: str) -> float:
    told = site.gcrm("cube", "query", "--rows", "territory", "--measures", "revenue")
    return sum(float(line.split()[-1].replace(",", "")) for line in told.splitlines() if line.split()[:1] == [territory])


def test_a_working_day(site: Site, visit: Visit, tmp_path: Path) -> None:
    _leads_come_in(site, visit, tmp_path)
    account = _converted_by_the_rep(site, visit)
    _called_and_won(site, visit, account)
    _ordered(site, visit, account, tmp_path)
    _complained(site, visit, account)


def _leads_come_in(site: Site, visit: Visit, folder: Path) -> None:
    """The chief hands in a file and lets the rules give the leads to reps."""
    file = folder / "fair.csv"
    file.write_text(_LEADS, encoding="utf-8")
    page = _as(visit, site, "chief", "/import")
    page.locator("input[type=file]").set_input_files(file)
    _choose(page, "It holds", "leads")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(re.compile(r"Job \d+ · .* · Done"))).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.leads") == 2
    page.goto(f"{site.url}/leads")
    page.get_by_role("button", name="Assign by the rules").click()
    expect(page.get_by_text("2 leads were given to reps")).to_be_visible()
    assert site.value("SELECT string_agg(r.name, ', ' ORDER BY l.source_key) FROM gcrm.leads l JOIN gcrm.reps r USING (rep_id)") == "Rep One, Rep Two"
    assert "North" in str(site.value("SELECT assigned_because FROM gcrm.leads WHERE source_key = 'd1'"))


def _converted_by_the_rep(site: Site, visit: Visit) -> int:
    """The rep of the south does not see the lead of the north; that of the north makes it a customer."""
    lead = site.value("SELECT lead_id FROM gcrm.leads WHERE source_key = 'd1'")
    page = _as(visit, site, "two", f"/leads?lead={lead}")
    expect(page.get_by_text("Aamu Oy")).to_have_count(0)
    page = _as(visit, site, "one", f"/leads?lead={lead}")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Aamu Oy is in work.")).to_be_visible()
    page.get_by_role("button", name="Convert", exact=True).click()
    expect(page.get_by_text("Aamu Oy is converted; its opportunity is on the board.")).to_be_visible()
    return int(str(site.value("SELECT converted_account_id FROM gcrm.leads WHERE source_key = 'd1'")))


def _called_and_won(site: Site, visit: Visit, account: int) -> None:
    page = _as(visit, site, "one", f"/account?account={account}")
    _write(page, "Log a call")
    page.get_by_label("What it was about").fill("The offer")
    page.get_by_label("What came of it").fill("takes both bikes")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".st-key-daily_result")).to_contain_text("The call is written down")
    expect(page.locator(".history").first).to_contain_text("takes both bikes")
    page.goto(f"{site.url}/pipeline")
    for stage in ("Proposal", "Won"):
        expect(page.locator(".deal").filter(has_text="Two cargo bikes")).to_be_visible()
        _choose(page, "Move Two cargo bikes", stage)
        expect(page.get_by_text(f"Two cargo bikes: {stage}.")).to_be_visible()
    page.goto(f"{site.url}/forecast")
    expect(page.locator(".figures").first).to_contain_text(re.compile(r"6,0?0?0?.* won"))


def _ordered(site: Site, visit: Visit, account: int, folder: Path) -> None:
    """The order comes out of the shop's own system, by the key under which the account is known here."""
    source, key = str(site.value("SELECT source || '|' || source_key FROM gcrm.accounts WHERE account_id = %s", account)).split("|", 1)
    file = folder / "orders.csv"
    file.write_text(f"Order number,Item,Customer,Order date,Channel,Qty,Amount,cost,Currency,made_up\n"
                    f"n1,1,{key},{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ},shop,2,6000.00,3000.00,EUR,yes\n", encoding="utf-8")  # fmt: skip
    site.gcrm("update")
    before = _revenue(site, "North")
    assert "1 created" in site.gcrm("import", "orders", str(file), "--source", source)
    page = _as(visit, site, "one", f"/account?account={account}")
    expect(page.locator(".history").first).to_contain_text("n1")
    site.gcrm("cube", "build")
    assert _revenue(site, "North") == pytest.approx(before + 6000)
    seen = _as(visit, site, "chief", "/cube?rows=territory&measures=revenue")
    assert until(seen, lambda: "North" in seen.locator("section.stMain, [data-testid=stMain]").first.inner_text())


def _complained(site: Site, visit: Visit, account: int) -> None:
    """The rep opens a case; the marketer sees the complaint on the map, and no more finely than her role may."""
    page = _as(visit, site, "one", f"/account?account={account}")
    _write(page, "Open a case")
    page.get_by_label("About", exact=True).fill("A wheel wobbles")
    page.get_by_role("button", name="Open the case").click()
    expect(page.locator(".st-key-daily_result")).to_contain_text("The complaint is opened")
    site.gcrm("cube", "build")
    map_page = _as(visit, site, "mara", "/map?measure=complaints&level=9")
    assert until(map_page, lambda: "Complaints" in map_page.locator(".legend").inner_text())
