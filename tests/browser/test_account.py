"""The account page, in a real browser: what is around an account is what the database knows, each with its hour, quality and version."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.intake import click_cell
from tests.browser.seen import number, rows_of, until

_RICH = """SELECT min(account_id) FROM gcrm.account_surroundings
    WHERE site_drive_minutes > 0.5 AND site_walk_minutes > 1 AND competitors_near > 0 AND footfall_morning_per_hour > 0 AND road_name IS NOT NULL"""

_SOURCES = "(SELECT count(*) FROM gcrm.layer_versions WHERE layer_version_id = ANY(s.layer_version_ids) AND feature_count > 0)"


def _value(page: Page, label: str) -> str:
    return page.locator(".place li").filter(has_text=label).locator("b").inner_text()


def _of(site: Site, account: int, expression: str) -> object:
    return site.value(f"SELECT {expression} FROM gcrm.account_surroundings s JOIN gcrm.accounts a USING (account_id) WHERE account_id = %s", account)


def test_everything_around_an_account_is_shown(demo_site: Site, visit: Visit) -> None:
    account = int(str(demo_site.value(_RICH)))
    page = visit(demo_site, f"/account?account={account}")
    expect(page.locator(".heading h1")).to_have_text(str(_of(demo_site, account, "name")))
    for title in ("Street", "Your sites", "Competitors", "Building", "Who lives around", "People in the street, per hour", "Trading areas"):
        expect(page.locator(".place h4").filter(has_text=re.compile(f"^{title}"))).to_be_visible()
    assert number(_value(page, "Soonest by car (Tue 08:00)")) == round(float(str(_of(demo_site, account, "site_drive_minutes"))), 1)
    assert number(_value(page, "Soonest on foot (Tue 08:00)")) == round(float(str(_of(demo_site, account, "site_walk_minutes"))), 1)
    assert "Sample shop" in _value(page, "Soonest by car")
    assert number(_value(page, "Within 3 min by car (Tue 08:00)")) == _of(demo_site, account, "competitors_near")
    assert number(_value(page, "6 to 10")) == round(float(str(_of(demo_site, account, "footfall_morning_per_hour"))))
    expect(page.locator(".place").filter(has_text=str(_of(demo_site, account, "road_name"))).first).to_contain_text("m away")
    qualities = {
        title: page.locator(".place h4").filter(has_text=re.compile(f"^{title}")).locator("i").inner_text()
        for title in ("Street", "Your sites", "People in the street")
    }
    assert qualities == {"Street": "measured", "Your sites": "modelled", "People in the street": "measured"}
    assert until(page, lambda: rows_of(page) == _of(demo_site, account, _SOURCES))


_UNSUBSCRIBED = """SELECT min(m.account_id) FROM gcrm.campaign_members m JOIN gcrm.campaigns c USING (campaign_id)
    WHERE m.response = 'unsubscribed' AND NOT (SELECT given FROM gcrm.consents s WHERE s.contact_id = m.contact_id AND s.purpose = 'marketing'
        AND s.channel = c.channel ORDER BY recorded_at DESC LIMIT 1)"""
_UNSENT = "SELECT min(account_id) FROM gcrm.accounts a WHERE NOT EXISTS (SELECT FROM gcrm.campaign_members m WHERE m.account_id = a.account_id)"


def test_what_was_sent_to_an_account_is_shown_and_who_may_not_be_contacted_now(demo_site: Site, visit: Visit) -> None:
    account = int(str(demo_site.value(_UNSUBSCRIBED)))
    page = visit(demo_site, f"/account?account={account}")
    card = page.locator(".place").filter(has=page.locator("h4").filter(has_text="Campaigns"))
    sent = int(str(demo_site.value("SELECT count(*) FROM gcrm.campaign_members WHERE account_id = %s", account)))
    expect(card.locator("li")).to_have_count(sent)
    expect(card.locator("li").filter(has_text="unsubscribed on").first).to_contain_text("Consent to marketing by ")
    unsent = int(str(demo_site.value(_UNSENT)))
    expect(visit(demo_site, f"/account?account={unsent}").get_by_text("No campaign was sent to this account.")).to_be_visible()


def test_a_layer_that_changed_since_is_said(demo_site: Site, visit: Visit) -> None:
    account = int(str(demo_site.value(_RICH)))
    works = demo_site.home / "works.geojson"
    corners = [[24.0, 60.0], [24.001, 60.0], [24.001, 60.001], [24.0, 60.0]]
    feature = {"type": "Feature", "properties": {"kind": "closure"}, "geometry": {"type": "Polygon", "coordinates": [corners]}}
    works.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    hint = "Layers or road conditions have changed since"
    before = visit(demo_site, f"/account?account={account}")
    expect(before.locator(".place").last).to_be_visible()
    expect(before.get_by_text(hint)).to_have_count(0)
    demo_site.gcrm("load", "conditions", str(works), "--name", "works")
    try:
        expect(visit(demo_site, f"/account?account={account}").get_by_text(hint)).to_be_visible()
    finally:
        demo_site.gcrm("roads", "lift", "works")
        demo_site.gcrm("enrich")
    after = visit(demo_site, f"/account?account={account}")
    expect(after.locator(".place").last).to_be_visible()
    expect(after.get_by_text(hint)).to_have_count(0)


def test_an_account_is_looked_for_by_its_name(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/account")
    page.get_by_label("Account", exact=True).fill("sample bak")
    page.get_by_label("Account", exact=True).press("Enter")
    named = demo_site.value("SELECT count(*) FROM gcrm.accounts WHERE starts_with(lower(name), 'sample bak')")
    assert until(page, lambda: rows_of(page) == min(int(str(named)), 50))
    click_cell(page.get_by_test_id("stDataFrame"), 0, 15)
    expect(page.locator(".heading h1")).to_contain_text("Sample Bak")
    expect(visit(demo_site, "/account?account=999999999").get_by_text("There is no such account")).to_be_visible()
    expect(visit(demo_site, "/account?find=Nobody+is+called+so").get_by_text("No account is called or lies like")).to_be_visible()


def test_where_there_is_no_account_the_page_says_what_to_do(empty_site: Site, visit: Visit) -> None:
    page = visit(empty_site, "/account")
    expect(page.get_by_text("There is nothing here yet")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


_WITHDRAWN = """SELECT min(c.account_id) FROM gcrm.contacts c JOIN gcrm.consents s USING (contact_id)
    WHERE NOT s.given AND s.purpose = 'marketing' AND s.channel = 'mail'
        AND NOT EXISTS (SELECT FROM gcrm.consents l WHERE l.contact_id = s.contact_id AND l.purpose = s.purpose AND l.recorded_at > s.recorded_at)"""


def test_who_may_be_contacted_is_shown_with_the_reason(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/account?account={demo_site.value(_WITHDRAWN)}")
    card = page.locator(".place").filter(has=page.locator("h4").filter(has_text="Consents"))
    expect(card.locator("li").filter(has_text="marketing by mail").first).to_contain_text("no. Consent to marketing by mail was withdrawn on ")


_REACHED = """SELECT concat_ws(' ', given_name, family_name), phone, account_id, contact_id FROM gcrm.contacts
    WHERE phone IS NOT NULL AND given_name IS NOT NULL ORDER BY contact_id LIMIT 1"""


def test_a_contact_of_another_account_gets_a_role_here_which_is_taken_back(demo_site: Site, visit: Visit) -> None:
    name, phone, own, contact = (str(each) for each in demo_site.row(_REACHED))
    other = int(str(demo_site.value("SELECT min(account_id) FROM gcrm.accounts WHERE account_id <> %s AND status = 'customer'", own)))
    page = visit(demo_site, f"/account?account={own}")
    expect(page.locator(".person").filter(has_text=name).get_by_role("link", name=phone)).to_have_attribute("href", f"tel:{phone}")
    page.goto(f"{demo_site.url}/account?account={other}")
    page.get_by_role("button", name="Somebody of another account").click()
    page.get_by_label("Who").fill(phone)
    page.get_by_label("Who").press("Enter")
    page.get_by_label("Role here").fill("accountant")
    page.get_by_role("option", name="accountant").click()
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("is accountant here.")).to_be_visible()
    assert demo_site.value("SELECT role FROM gcrm.contact_roles WHERE contact_id = %s AND account_id = %s", contact, other) == "accountant"
    expect(page.locator(".person").filter(has_text="accountant")).to_contain_text(name)
    expect(visit(demo_site, f"/account?account={own}").locator(".person").filter(has_text=name)).to_contain_text("accountant of")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".person").filter(has_text="accountant")).to_have_count(0)
    assert demo_site.value("SELECT count(*) FROM gcrm.contact_roles") == 0
