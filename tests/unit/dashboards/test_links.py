"""Links to the map: there and back."""

from datetime import UTC, datetime

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.data import LEVELS, MEASURES, Filter, quality
from dashboards.data.lists import CASES, LISTS, ListType
from dashboards.data.reports import REPORTS, Choice
from dashboards.links import (
    BESIDE,
    MODES,
    REVIEW_STATUSES,
    WEEKDAYS,
    AccountView,
    Camera,
    DayView,
    DuplicatesView,
    ForecastView,
    ListView,
    MapView,
    PipelineView,
    PositionsView,
    QualityView,
    QuarantineView,
    ReachView,
    ReportsView,
    SurroundingsView,
)
from gcrm.errors import CrmError, CubeError, GcrmError

CELL = h3.latlng_to_cell(60.17, 24.94, 9)

cameras = st.builds(
    Camera,
    st.floats(-85, 85).map(lambda degrees: round(degrees, 6)),
    st.floats(-180, 180).map(lambda degrees: round(degrees, 6)),
    st.floats(0, 22).map(lambda zoom: round(zoom, 2)),
)
filters = st.lists(
    st.builds(Filter, st.sampled_from(["status", "segment", "territory"]), st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(tuple)),
    unique_by=lambda kept: kept.dimension,
).map(tuple)
views = st.builds(
    MapView,
    measure=st.sampled_from(sorted(MEASURES)),
    level=st.none() | st.sampled_from(LEVELS),
    where=filters,
    cell=st.none() | st.just(CELL),
    camera=st.none() | cameras,
    opacity=st.integers(2, 20).map(lambda step: step / 20),
)


@given(views)
def test_a_link_leads_back_to_its_view(view: MapView) -> None:
    parameters = {name: [value] if isinstance(value, str) else value for name, value in view.parameters().items()}
    assert MapView.from_parameters(parameters) == view


def test_no_link_is_the_first_view() -> None:
    assert MapView.from_parameters({}) == MapView()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("measure", "gold"), ("level", "11"), ("level", "-1"), ("level", "nine"), ("cell", "891"), ("where", "colour=red"), ("where", "segment"),
        ("at", "1,2"), ("at", "91,0,3"), ("at", "nan,0,3"), ("at", "a,b,c"), ("opacity", "much"), ("opacity", "nan"),
    ],
)  # fmt: skip
def test_what_a_link_cannot_ask_for_is_refused(name: str, text: str) -> None:
    with pytest.raises((CubeError, ValueError)):
        MapView.from_parameters({name: [text]})


def test_a_filter_takes_the_place_of_one_on_the_same_dimension() -> None:
    view = MapView().filtered("status", ("customer",)).filtered("status", ("lost", "partner"))
    assert view.members("status") == ("lost", "partner")
    assert view.filtered("status", ()).where == ()


words = st.none() | st.text(min_size=1, max_size=20)
quarantine_views = st.builds(
    QuarantineView, object_name=words, source=words, file_name=words, column=words, rule=words, page=st.integers(1, 10_000), discarded=st.booleans()
)
flaws = st.builds(quality.Flaw, st.just("missing"), st.sampled_from(sorted(quality.FIELDS))) | st.builds(quality.Flaw, st.just("warned"), st.text(min_size=1))
quality_views = st.builds(QualityView, flaw=st.none() | flaws, source=words, cell=st.none() | st.just(CELL))

positions_views = st.builds(PositionsView, st.sampled_from(REVIEW_STATUSES), st.integers(0, 10**18 - 1), st.integers(1, 100))

duplicates_views = st.builds(DuplicatesView, least=st.floats(0, 1), source=words)


@given(quarantine_views | quality_views | duplicates_views | positions_views)
def test_links_of_the_intake_lead_back_to_their_views(view: QuarantineView | QualityView | DuplicatesView | PositionsView) -> None:
    parameters = {name: [value] if isinstance(value, str) else value for name, value in view.parameters().items()}
    assert type(view).from_parameters(parameters) == view


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "99999999999", "1.5"])
def test_a_page_that_is_none_is_named(page: str) -> None:
    with pytest.raises(ValueError, match="is no page"):
        QuarantineView.from_parameters({"page": [page]})


@pytest.mark.parametrize("asked", [{"status": ["closed"]}, {"after": ["-1"]}, {"after": ["9" * 19]}, {"after": ["²"]}, {"candidate": ["two"]}])
def test_a_link_to_no_position_is_refused(asked: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="is no"):
        PositionsView.from_parameters(asked)


def test_a_cell_that_is_none_is_named() -> None:
    with pytest.raises(CubeError, match="is not an H3 cell"):
        QualityView.from_parameters({"cell": ["xyz"]})


@pytest.mark.parametrize("score", ["-0.1", "2", "nan", "inf", "x", ""])
def test_a_probability_that_is_none_is_named(score: str) -> None:
    with pytest.raises(ValueError, match="is no probability"):
        DuplicatesView.from_parameters({"score": [score]})


reach_views = st.builds(
    ReachView, origin=st.text(), destination=st.text(), mode=st.sampled_from(MODES), weekday=st.sampled_from(WEEKDAYS), hour=st.integers(0, 23),
    beside=st.sampled_from(sorted(BESIDE)), way=st.none() | st.integers(0, 10**18 - 1),
)  # fmt: skip
surroundings_views = st.builds(
    SurroundingsView, level=st.sampled_from(LEVELS), weekday=st.none() | st.integers(1, 7), hour=st.none() | st.integers(0, 23), cell=st.none() | st.just(CELL)
)
account_views = st.builds(AccountView, account_id=st.none() | st.integers(0, 10**18 - 1), text=st.text())


@given(reach_views | surroundings_views | account_views)
def test_links_of_places_lead_back_to_their_views(view: ReachView | SurroundingsView | AccountView) -> None:
    parameters = {name: [value] if isinstance(value, str) else value for name, value in view.parameters().items()}
    assert type(view).from_parameters(parameters) == view


@pytest.mark.parametrize(("name", "text"), [("level", "99"), ("weekday", "8"), ("hour", "24"), ("hour", "-1"), ("hour", "noon")])
def test_a_number_out_of_range_is_told_by_its_name(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is no {name}; there are "):
        SurroundingsView.from_parameters({name: [text]})


@pytest.mark.parametrize(
    "view",
    [
        PipelineView(), PipelineView(rep=3, territory=2, stage="proposal"), ForecastView(), ForecastView("rep", "USD"),
    ],
)  # fmt: skip
def test_links_of_sales_lead_back_to_their_views(view: PipelineView | ForecastView) -> None:
    assert type(view).from_parameters({name: [str(value)] for name, value in view.parameters().items()}) == view


@pytest.mark.parametrize(
    ("view", "asked", "sentence"),
    [
        (PipelineView, {"rep": ["x"]}, "'x' is no key of a rep"), (ForecastView, {"by": ["luck"]}, "is made by rep, territory, region"),
    ],
)  # fmt: skip
def test_a_link_of_sales_that_asks_for_what_is_not_there_is_refused(
    view: type[PipelineView | ForecastView], asked: dict[str, list[str]], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        view.from_parameters(asked)


names = st.lists(st.sampled_from(["Ada", "Böhm & Co", "a,b"]), unique=True).map(tuple)
since, until = st.sampled_from(["", "2025-01"]), st.sampled_from(["", "2025-03", "2026-01"])
report_views = st.sampled_from(sorted(REPORTS.values(), key=lambda each: each.name)).flatmap(
    lambda report: st.builds(
        ReportsView, st.just(report.name), st.none() | st.sampled_from(report.bys[1:]),
        st.builds(Choice, since, until, names if "rep" in report.filters else st.just(()), names, names, st.sampled_from(["", "EUR"])),
    )
)  # fmt: skip


@given(report_views)
def test_a_link_to_a_report_leads_back_to_it(view: ReportsView) -> None:
    given_parameters = {name: [said] if isinstance(said, str) else said for name, said in view.parameters().items()}
    assert ReportsView.from_parameters(given_parameters) == view


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"report": ["luck"]}, "There is no report 'luck'"), ({"by": ["product"]}, "is by rep, .*; not by 'product'"),
        ({"since": ["soon"]}, "'soon' is not a month"),
        ({"report": ["margin"], "rep": ["Ada"]}, "knows no rep"), ({"since": ["2025-02"], "until": ["2025-01"]}, "before it begins"),
    ],
)  # fmt: skip
def test_a_link_to_a_report_that_is_not_there_is_refused(asked: dict[str, list[str]], sentence: str) -> None:
    with pytest.raises((GcrmError, ValueError), match=sentence):
        ReportsView.from_parameters(asked)


def test_another_report_is_narrowed_to_what_it_knows() -> None:
    view = ReportsView("win-rate", "rep", Choice(since="2025-01", reps=("Ada",), regions=("South",)))
    assert view.to("margin") == ReportsView("margin", None, Choice(since="2025-01", regions=("South",)))
    assert view.to("leads") == ReportsView("leads", "rep", view.choice)


keys = st.none() | st.integers(0, 10**18 - 1)


@given(st.builds(DayView, rep=keys, day=st.none() | st.dates()))
def test_links_of_the_daily_work_lead_back_to_their_views(view: DayView) -> None:
    assert type(view).from_parameters({name: [str(value)] for name, value in view.parameters().items()}) == view


@st.composite
def lists_seen(draw: st.DrawFn) -> tuple[ListType, ListView]:
    """A list, and what is seen of it."""
    of = draw(st.sampled_from(list(LISTS.values())))
    where = []
    for column in of.filters:
        members = st.sampled_from(column.choices) if column.choices else st.integers(0, 99).map(str) if column.kind == "key" else st.sampled_from("abc")
        where.append((column.name, tuple(draw(st.lists(members, unique=True, max_size=3)))))
    sort = draw(st.just("") | st.sampled_from([f"{sign}{column.name}" for column in of.columns for sign in ("", "-")]))
    after = draw(st.just("") | st.integers(0, 10**18 - 1).map(str) | st.text(max_size=5).map(lambda value: f"7~{value}"))
    chosen = tuple(each for each in where if each[1])
    return of, ListView(chosen, draw(st.text()), draw(st.just("") | st.just(f"{CELL}+2")), sort, after, draw(keys))


@given(lists_seen())
def test_the_link_to_a_list_leads_back_to_what_is_seen(seen: tuple[ListType, ListView]) -> None:
    of, view = seen
    parameters = {name: [value] if isinstance(value, str) else value for name, value in view.parameters(of).items()}
    assert ListView.from_parameters(of, parameters) == view


def test_a_link_to_a_list_from_before_names_a_cell() -> None:
    assert ListView.from_parameters(CASES, {"cell": [CELL], "rep": ["3"]}) == ListView((("rep", ("3",)),), area=CELL)


@pytest.mark.parametrize(
    "asked", [{"status": ["old"]}, {"rep": ["x"]}, {"rep": ["-1"]}, {"sort": ["phone"]}, {"after": ["x"]}, {"case": ["-1"]}, {"case": ["9" * 19]}]
)
def test_a_link_to_a_list_that_asks_for_what_is_not_there_is_refused(asked: dict[str, list[str]]) -> None:
    with pytest.raises((CrmError, ValueError), match=r".+"):
        ListView.from_parameters(CASES, asked)


def test_a_page_of_a_history_is_kept_in_its_link() -> None:
    view = AccountView(7, shown=("orders", "cases"), before="2026-01-01T10:00:00+00:00~orders~12")
    assert AccountView.from_parameters({name: [value] if isinstance(value, str) else value for name, value in view.parameters().items()}) == view
    event = view.event
    assert event is not None
    assert (event.at, event.object, event.key) == (datetime(2026, 1, 1, 10, tzinfo=UTC), "orders", 12)


@pytest.mark.parametrize(
    ("view", "name", "text"),
    [
        (AccountView, "before", "yesterday"), (AccountView, "before", "2026-01-01T10:00:00~orders~1"), (AccountView, "before", "2026-01-01T10:00:00Z~wishes~1"),
        (AccountView, "show", "wishes"), (DayView, "day", "someday"), (DayView, "rep", "9" * 19),
    ],
)  # fmt: skip
def test_what_a_link_of_the_daily_work_cannot_say_is_refused(view: type[AccountView | DayView], name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        view.from_parameters({name: [text]})
