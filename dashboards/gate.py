"""The gate: whoever is not signed in sees the sign-in page and nothing else; every answer forbids what a page of ours does not need.

While no users are kept (`gcrm users add`), nobody is asked: one person on one machine.
"""

import html
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards import calendar_feed, oidc, session
from dashboards.session import COOKIE
from gcrm.config import settings
from gcrm.errors import AccessError, GcrmError
from gcrm.pipeline import sign_in

_STATE_COOKIE = "gcrm_sign_in"
_PAGE = Path(__file__).parent / "assets" / "sign_in.html"
_OPEN = ("/sign-in", "/sign-in/organisation", "/sign-in/back", "/_stcore/health")
_MOST_BYTES_OF_FORM = 4096
_NOBODY_THERE = 4403
"""Code that closes a websocket of somebody who is not signed in (4000 to 4999 are free for programs: RFC 6455, 7.4.2)."""

# Streamlit draws with inline styles, maps and charts compile expressions and work in blobs; nothing comes from another host.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; frame-src 'self'; frame-ancestors 'self'; form-action 'self'{forms}; "
    "base-uri 'self'; object-src 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=()",
}


def middleware() -> list[Middleware]:
    """What stands before Streamlit and all routes."""
    return [Middleware(_Gate)]


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [
        Route("/sign-in", _show, methods=["GET"]),
        Route("/sign-in", _enter, methods=["POST"]),
        Route("/sign-in/organisation", _go_out, methods=["GET"]),
        Route("/sign-in/back", _come_back, methods=["GET"]),
        Route("/sign-out", _leave, methods=["GET", "POST"]),
    ]


class _Gate:
    """Lets in whoever is signed in, and shows all others the way; a link to a calendar is a secret of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        is_open = scope["path"] in _OPEN or calendar_feed.is_link(scope["path"])
        if is_open or await run_in_threadpool(_let_through, HTTPConnection(scope).cookies.get(COOKIE, "")):
            await self._app(scope, receive, _guarded(send) if scope["type"] == "http" else send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _NOBODY_THERE})
        else:
            await _sent_away(scope)(scope, receive, _guarded(send))


def _let_through(token: str) -> bool:
    """Whether the session of a token lives, or nobody has to be signed in."""
    return not sign_in.users() or session.user_of(token) is not None


def _sent_away(scope: Scope) -> Response:
    """A page is answered with the way to sign in, which leads back to it; everything else with a refusal."""
    headers = Headers(scope=scope)
    if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
        query = scope["query_string"].decode("ascii", "replace")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303)
    return PlainTextResponse("Sign in first.", 401)


def _guarded(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", _policy())
        await send(message)

    return sending


def _policy() -> str:
    """A form may also lead to the organisation's sign-in, since browsers hold what a form is answered with to this too."""
    parts = urlsplit(settings().oidc_issuer)
    return _POLICY.format(forms=f" {parts.scheme}://{parts.netloc}" if oidc.offered() else "")


async def _show(request: Request) -> Response:
    token = request.cookies.get(COOKIE, "")
    if not await run_in_threadpool(sign_in.users) or (token and await run_in_threadpool(sign_in.user_of, token) is not None):
        return RedirectResponse(_next(request.query_params.get("next", "")), 303)
    return _page(request.query_params.get("next", ""))


def _page(wanted: str, name: str = "", problem: str = "", status: int = 200) -> HTMLResponse:
    outside = f'<a class="other" href="/sign-in/organisation?next={quote(wanted, safe="")}">Sign in through your organisation</a>' if oidc.offered() else ""
    said = f'<p class="problem" role="alert">{html.escape(problem)}</p>' if problem else ""
    text = _PAGE.read_text(encoding="utf-8")
    for mark, value in (("{{next}}", html.escape(wanted)), ("{{name}}", html.escape(name)), ("{{problem}}", said), ("{{organisation}}", outside)):
        text = text.replace(mark, value)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def _next(wanted: str) -> str:
    """Where to go on: a place on this server, and none that a link brought along from elsewhere."""
    parts = urlsplit(wanted)
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return wanted if local and not any(ord(letter) < ord(" ") for letter in wanted) else "/"


async def _enter(request: Request) -> Response:
    if not _from_here(request):
        return PlainTextResponse("This form was sent from another site.", 403)
    body = b""
    async for block in request.stream():
        body += block
        if len(body) > _MOST_BYTES_OF_FORM:
            return PlainTextResponse("This is more than a name and a password.", 413)
    form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
    wanted, name = form.get("next", ""), form.get("name", "")
    try:
        token = await run_in_threadpool(sign_in.sign_in, name, form.get("password", ""), _address(request))
    except GcrmError as error:
        return _page(wanted, name, str(error))
    return _let_in(request, token, wanted)


async def _go_out(request: Request) -> Response:
    wanted = request.query_params.get("next", "")
    try:
        if not oidc.offered():
            raise AccessError("No sign-in of an organisation is set; sign in with a name and a password.")
        address, state = await run_in_threadpool(oidc.begin, str(request.url_for("_come_back")))
    except GcrmError as error:
        return _page(wanted, problem=str(error), status=503)
    answer = RedirectResponse(address, 303)
    answer.set_cookie(
        _STATE_COOKIE, f"{state}|{quote(_next(wanted), safe='')}", max_age=600, path="/sign-in", httponly=True, samesite="lax", secure=_secure(request)
    )
    return answer


async def _come_back(request: Request) -> Response:
    state, _, wanted = request.cookies.get(_STATE_COOKIE, "").partition("|")
    given = request.query_params
    try:
        if not state or given.get("state") != state or "code" not in given:
            raise AccessError("Signing in through your organisation was broken off; try again.")
        mail = await run_in_threadpool(oidc.finish, state, given["code"])
        token = await run_in_threadpool(sign_in.sign_in_by_mail, mail, _address(request))
    except GcrmError as error:
        return _page("", problem=str(error), status=401)
    answer = _let_in(request, token, parse_qs(f"next={wanted}").get("next", ["/"])[0])
    answer.delete_cookie(_STATE_COOKIE, path="/sign-in")
    return answer


def _let_in(request: Request, token: str, wanted: str) -> Response:
    answer = RedirectResponse(_next(wanted), 303)
    answer.set_cookie(COOKIE, token, max_age=settings().session_hours * 3600, httponly=True, samesite="lax", secure=_secure(request))
    return answer


async def _leave(request: Request) -> Response:
    token = request.cookies.get(COOKIE, "")
    if request.method == "POST" and not _from_here(request):
        return PlainTextResponse("This form was sent from another site.", 403)
    if token:
        await run_in_threadpool(sign_in.sign_out, token)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer


def _from_here(request: Request) -> bool:
    """Whether a form comes from a page of this server: browsers say where a form was sent from."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
