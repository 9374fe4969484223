"""The daily work in a real browser: a day of a rep, and a complaint that is on the map once the cube is built anew."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.seen import until

_BUSY = """SELECT rep_id FROM gcrm.activities WHERE state = 'planned' AND due_at < now() GROUP BY rep_id ORDER BY count(*) DESC, rep_id LIMIT 1"""
_FIRST = "SELECT activity_id FROM gcrm.activities WHERE state = 'planned' AND rep_id = %s AND due_at < now() ORDER BY due_at, activity_id LIMIT 1"
_QUIET = """SELECT min(account_id) FROM gcrm.accounts a
    WHERE cell IS NOT NULL AND NOT EXISTS (SELECT FROM gcrm.activities v WHERE v.account_id = a.account_id AND state = 'planned')"""


def _result(page: Page, text: str) -> None:
    expect(page.locator(".st-key-daily_result")).to_contain_text(text)


def _state(site: Site, activity: int) -> object:
    return site.value("SELECT state FROM gcrm.activities WHERE activity_id = %s", activity)


def test_a_day_is_done_put_off_and_taken_back(demo_site: Site, visit: Visit) -> None:
    rep = int(str(demo_site.value(_BUSY)))
    activity = int(str(demo_site.value(_FIRST, rep)))
    page = visit(demo_site, f"/my-day?rep={rep}")
    card = page.locator(f".st-key-activity-{activity}")
    card.get_by_placeholder("What came of it").fill("ordered two")
    card.get_by_placeholder("What came of it").press("Tab")
    card.get_by_role("button", name="Done").click()
    _result(page, "is done")
    expect(card).to_have_count(0)
    assert demo_site.value("SELECT state || ' ' || outcome FROM gcrm.activities WHERE activity_id = %s", activity) == "done ordered two"
    page.get_by_role("button", name="Undo").click()
    _result(page, "It is taken back")
    expect(card).to_be_visible()
    assert _state(demo_site, activity) == "planned"
    card.get_by_role("button", name="Cancel").click()
    _result(page, "is cancelled")
    assert _state(demo_site, activity) == "cancelled"
    page.get_by_role("button", name="Undo").click()
    _result(page, "It is taken back")
    assert _state(demo_site, activity) == "planned"


def test_a_task_is_planned_on_the_page_of_an_account_and_stands_there(demo_site: Site, visit: Visit) -> None:
    account = int(str(demo_site.value(_QUIET)))
    page = visit(demo_site, f"/account?account={account}")
    page.get_by_role("radio", name="Plan a task").or_(page.get_by_role("button", name="Plan a task")).first.click()
    page.get_by_label("About", exact=True).fill("Send the <b>catalogue</b>")
    page.get_by_role("button", name="Plan", exact=True).click()
    _result(page, "The task is planned for")
    expect(page.locator(".todo")).to_contain_text("Send the <b>catalogue</b>")
    page.get_by_role("button", name="Undo").click()
    _result(page, "It is taken back")
    expect(page.locator(".todo")).to_have_count(0)


def test_a_complaint_is_worked_on_and_is_on_the_map_once_the_cube_is_built(demo_site: Site, visit: Visit) -> None:
    account = int(str(demo_site.value(_QUIET)))
    cell = f"{int(str(demo_site.value('SELECT cell FROM gcrm.accounts WHERE account_id = %s', account))):x}"

    def complaints() -> int:
        told = demo_site.gcrm("cube", "query", "--rows", "case_kind", "--where", f"place={cell}", "--measures", "complaints")
        return sum(int(line.split()[-1]) for line in told.splitlines() if line.split()[:1] == ["complaint"])

    before = complaints()
    page = visit(demo_site, f"/account?account={account}")
    page.get_by_role("radio", name="Open a case").or_(page.get_by_role("button", name="Open a case")).first.click()
    page.get_by_label("About", exact=True).fill("Brake squeals")
    page.get_by_role("button", name="Open the case").click()
    _result(page, "The complaint is opened")
    expect(page.locator(".history").first).to_contain_text("Brake squeals")
    case = int(str(demo_site.value("SELECT max(case_id) FROM gcrm.cases")))
    page = visit(demo_site, f"/cases?case={case}")
    page.get_by_placeholder("What was said or done").fill("Called back")
    page.get_by_placeholder("What was said or done").press("Tab")
    page.get_by_role("button", name="Work on it").click()
    _result(page, "The case is open")
    expect(page.locator(".history")).to_contain_text("Called back")
    assert demo_site.value("SELECT status FROM gcrm.cases WHERE case_id = %s", case) == "open"
    demo_site.gcrm("cube", "build")
    assert complaints() == before + 1
    seen = visit(demo_site, f"/map?measure=complaints&level=10&cell={cell}")
    assert until(seen, lambda: "Complaints" in seen.locator(".legend").inner_text())


def test_without_reps_and_cases_the_pages_say_what_to_do(empty_site: Site, visit: Visit) -> None:
    for path, text in (("/my-day", "There are no reps yet"), ("/activities", "Nothing is planned"), ("/cases", "No case waits")):
        page = visit(empty_site, path)
        expect(page.get_by_text(text)).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
