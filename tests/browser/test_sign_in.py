"""Signing in: from the link that somebody was sent to the page, as each role, and out again; nothing is shown to anybody else."""

import json
import re
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from oidc_provider_mock import User as Vouched
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import Locator, Page, expect

from gcrm.access.roles import USER_ROLES
from gcrm.access.users import User, write_users
from tests.browser.conftest import Site, Visit, free_port, gcrm, serving
from tests.conftest import quick_home

_PASSWORD = "correct horse battery"  # noqa: S105 - of users that are made up
_REGION = "North"
_PAGES_OF_ALL = {"Start", "My day", "Map", "Surroundings", "Reach", "Account", "Accounts", "Pipeline", "Cube", "Reports", "Data quality"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The demo city with a user of each role, all but the admin in one region, and an organisation's sign-in."""
    vouched = [Vouched(sub="1", claims={"email": "rep@example.org", "email_verified": True}), Vouched(sub="2", claims={"email": "stranger@example.org"})]
    with quick_home() as home, run_server_in_thread(free_port(), user_claims=vouched) as provider:
        gcrm(home, "demo", "--scale", "0.1")
        users = [User(name, name, ("all",) if name == "admin" else (_REGION,), mail=f"{name}@example.org") for name in USER_ROLES]
        write_users(home / "users.yaml", {user.name: user.with_password(_PASSWORD) for user in users})
        issuer = f"http://localhost:{provider.server_port}"
        with serving(home, GCRM_OIDC_ISSUER=issuer, GCRM_OIDC_CLIENT_ID="gcrm", GCRM_OIDC_CLIENT_SECRET="shared") as served:  # noqa: S106 - the provider is made up too
            yield served


def _ask(site: Site, method: str, path: str, headers: dict[str, str] | None = None, body: str = "") -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(site.url.removeprefix("http://"), timeout=60)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    headers_given = {name.lower(): value for name, value in reversed(answer.getheaders())}  # of several cookies the first
    found = answer.status, headers_given, answer.read().decode("utf-8", "replace")
    connection.close()
    return found


def _enter(page: Page, name: str, password: str = _PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def _cookie(site: Site, name: str) -> dict[str, str]:
    _, headers, _ = _ask(site, "POST", "/sign-in", _FORM, urlencode({"name": name, "password": _PASSWORD}))
    return {"Cookie": headers["set-cookie"].split(";")[0]}


def test_a_link_leads_through_the_sign_in_to_its_page_and_out_again(site: Site, visit: Visit) -> None:
    page = visit(site, "/cube?rows=region&measures=revenue")
    expect(page).to_have_title(re.compile("Sign in"))
    _enter(page, "analyst", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Name")).to_have_value("analyst")
    _enter(page, "analyst")
    expect(page).to_have_url(re.compile(r"/cube\?rows=region&measures=revenue"))
    expect(page.locator(".who")).to_contain_text("analyst · Analyst")
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(site.url + "/cube")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def _titles(links: Locator) -> set[str]:
    """What links of the bar on top are called: the line below the name of their icon."""
    return {text.split("\n")[-1] for text in links.all_inner_texts()}


@pytest.mark.parametrize("role", sorted(USER_ROLES))
def test_each_role_has_its_pages_and_its_territories(site: Site, visit: Visit, role: str) -> None:
    page = visit(site, "/")
    _enter(page, role)
    expect(page.locator(".who")).to_contain_text(USER_ROLES[role].label)
    expect(page.locator(".figures").first).to_be_visible()
    shown = _titles(page.get_by_test_id("stTopNavLink"))
    for section in page.get_by_test_id("stTopNavSection").all():
        section.click()
        pages = page.get_by_test_id("stTopNavDropdownLink")
        expect(pages.first).to_be_visible()
        shown |= _titles(pages)
        page.keyboard.press("Escape")
        expect(pages).to_have_count(0)
    assert shown >= _PAGES_OF_ALL
    assert ("Import" in shown) == (role == "admin")
    where = (
        ""
        if role == "admin"
        else f"WHERE territory_id IN (SELECT territory_id FROM gcrm.territories JOIN gcrm.regions r USING (region_id) WHERE r.name = '{_REGION}')"
    )
    expect(page.locator(".figures > div").first).to_contain_text(f"{site.value(f'SELECT count(*) FROM gcrm.accounts {where}'):,}")


def test_a_page_that_a_role_does_not_have_is_not_there(site: Site, visit: Visit) -> None:
    page = visit(site, "/import")
    _enter(page, "rep")
    expect(page.get_by_text("The role rep does not have this page")).to_be_visible()
    expect(page.get_by_test_id("stFileUploader")).to_have_count(0)


@pytest.mark.parametrize(("subject", "known"), [("1", True), ("2", False)])
def test_the_organisation_signs_in_whom_it_knows_and_gcrm_too(site: Site, subject: str, *, known: bool) -> None:
    _, sent, _ = _ask(site, "GET", "/sign-in/organisation?next=%2Fcube")
    assert "code_challenge_method=S256" in sent["location"]
    vouched = requests.post(sent["location"], data={"sub": subject}, allow_redirects=False, timeout=60)
    back = urlsplit(vouched.headers["location"])
    status, headers, body = _ask(site, "GET", f"{back.path}?{back.query}", {"Cookie": sent["set-cookie"].split(";")[0]})
    if not known:
        assert status == 401
        assert "not to gcrm" in body
        return
    assert (status, headers["location"]) == (303, "/cube")
    cookie = {"Cookie": headers["set-cookie"].split(";")[0]}
    assert _ask(site, "GET", "/_stcore/host-config", cookie)[0] == 200
    again = _ask(site, "GET", f"{back.path}?{back.query}", {"Cookie": sent["set-cookie"].split(";")[0]})
    assert again[0] == 401


def test_what_comes_back_from_elsewhere_is_refused(site: Site) -> None:
    status, headers, body = _ask(site, "GET", "/sign-in/back?state=forged&code=x", {"Cookie": "gcrm_sign_in=other|%2F"})
    assert status == 401
    assert "set-cookie" not in headers
    assert "broken off" in body


@pytest.mark.parametrize("path", [
    "/", "/cube", "/_stcore/host-config", "/media/x", "/download/x", "/tiles/1/0/0/0.mvt", "/cells/x/y.arrow", "/map-component/x/map.js",
    "/_stcore/upload_file/a/b", "/static/x",
])  # fmt: skip
def test_nothing_is_shown_to_whoever_is_not_signed_in(site: Site, path: str) -> None:
    assert _ask(site, "GET", path)[0] == 401
    status, headers, _ = _ask(site, "GET", path, {"Accept": "text/html", "Cookie": "gcrm_session=guessed"})
    assert status == 303
    assert headers["location"].startswith("/sign-in?next=%2F")


def test_the_live_connection_is_closed_to_whoever_is_not_signed_in(site: Site) -> None:
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert _ask(site, "GET", "/_stcore/stream", asked)[0] == 403
    assert _ask(site, "GET", "/_stcore/stream", asked | {"Cookie": "gcrm_session=guessed"})[0] == 403


def test_a_session_that_is_ended_by_a_command_is_over(site: Site) -> None:
    cookie = _cookie(site, "marketer")
    assert _ask(site, "GET", "/_stcore/host-config", cookie)[0] == 200
    assert "ended" in site.gcrm("users", "end", "marketer")
    assert json.dumps([line for line in site.gcrm("audit", "--user", "marketer").splitlines() if "sign in" in line])
    for _ in range(60):  # it is known for some seconds (session.py)
        if _ask(site, "GET", "/_stcore/host-config", cookie)[0] == 401:
            return
        time.sleep(0.5)
    pytest.fail("the session goes on")


def test_every_answer_forbids_what_no_page_needs(site: Site) -> None:
    for path, headers in (("/sign-in", {}), ("/", _cookie(site, "analyst"))):
        _, given, _ = _ask(site, "GET", path, headers)
        assert given["x-content-type-options"] == "nosniff"
        assert given["x-frame-options"] == "SAMEORIGIN"
        assert given["referrer-policy"] == "same-origin"
        assert "object-src 'none'" in given["content-security-policy"]


def test_a_form_of_another_site_is_refused_and_a_link_leads_nowhere_else(site: Site) -> None:
    form = urlencode({"name": "analyst", "password": _PASSWORD, "next": "//elsewhere.example/"})
    assert _ask(site, "POST", "/sign-in", {**_FORM, "Origin": "https://elsewhere.example"}, form)[0] == 403
    status, headers, _ = _ask(site, "POST", "/sign-in", _FORM, form)
    assert (status, headers["location"]) == (303, "/")
    assert "HttpOnly" in headers["set-cookie"]
    assert "samesite=lax" in headers["set-cookie"].lower()
