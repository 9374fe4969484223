"""The planted structure is really there, found with other means than those that planted it."""

import h3
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from rapidfuzz.distance import DamerauLevenshtein

from gcrm.demo import structure
from gcrm.demo.city import CitySurroundings
from gcrm.ingest.readers import read
from tests.unit.demo.company import Company


def _shop_distance(company: Company) -> pd.Series:
    positions, geod = company.positions, pyproj.Geod(ellps="WGS84")
    distances = [
        geod.inv(positions.longitude, positions.latitude, np.full(len(positions), shop["longitude"]), np.full(len(positions), shop["latitude"]))[2]
        for shop in company.truth["shops"]
    ]
    return pd.Series(np.min(distances, axis=0), index=positions.index)


def _orders(company: Company) -> pd.DataFrame:
    """One row per order, with its account's segment."""
    orders = company.orders.drop_duplicates("order_key").copy()
    orders["segment"] = company.accounts["segment"].reindex(orders["account_key"]).to_numpy()
    orders["month"] = orders["ordered_at"].dt.strftime("%Y-%m")
    return orders


def test_demand_falls_with_distance_at_the_planted_rate(company: Company) -> None:
    accounts = company.accounts.assign(distance=_shop_distance(company), orders=company.orders.groupby("account_key")["order_key"].nunique())
    customers = accounts[(accounts["status"] == "customer") & ~accounts.index.isin([pair["duplicate"] for pair in company.truth["duplicates"]])]
    per_rate = customers["orders"].fillna(0) / customers["segment"].map(company.truth["order_rate_by_segment"]).astype(float)
    bands = per_rate.groupby((customers["distance"] // 50).astype(int)).agg(["mean", "size"])
    bands = bands[bands["size"] >= 50]
    slope, _ = np.polyfit(bands.index * 50 + 25, np.log(bands["mean"].astype(float)), 1, w=np.sqrt(bands["size"]))
    assert np.corrcoef(bands.index, np.log(bands["mean"].astype(float)))[0, 1] < -0.9
    assert slope == pytest.approx(-1 / company.truth["demand"]["lambda_m"], rel=0.15)


def test_prospects_order_nothing_and_lost_accounts_stop(company: Company) -> None:
    status = company.accounts["status"].reindex(company.orders["account_key"])
    assert "prospect" not in set(status)
    last = company.orders.loc[(status == "lost").to_numpy(), "ordered_at"].max()
    assert last < pd.Timestamp("2024-11-01", tz="UTC") + pd.DateOffset(months=structure.LOST_MONTHS[1])


def test_shares_of_status(company: Company) -> None:
    share = company.accounts["status"].value_counts(normalize=True)
    assert share["customer"] == pytest.approx(0.62, abs=0.02)
    assert share["prospect"] == pytest.approx(0.28, abs=0.02)
    assert share["lost"] == pytest.approx(0.07, abs=0.015)
    assert share["partner"] == pytest.approx(0.03, abs=0.01)


def test_season_channels_and_categories_are_the_planted_ones(company: Company) -> None:
    orders = _orders(company)
    for segment, shares in company.truth["channel_by_segment"].items():
        found = orders.loc[orders["segment"] == segment, "channel"].value_counts(normalize=True)
        assert found.reindex(list(shares)).fillna(0).to_numpy() == pytest.approx(list(shares.values()), abs=0.02)
    lines = company.orders
    category = pd.read_csv(company.files.products).set_index("product_key")["category"].reindex(lines["product_key"]).to_numpy()
    segment = company.accounts["segment"].reindex(lines["account_key"]).to_numpy()
    table = pd.crosstab(segment, category, normalize="index")
    for name, shares in company.truth["category_by_segment"].items():
        assert table.loc[name].reindex(list(shares)).to_numpy() == pytest.approx(list(shares.values()), abs=0.02)
    monthly = orders.groupby("month").size()
    assert monthly["2025-05"] > 2 * monthly["2025-01"]
    assert monthly["2026-05"] > 2 * monthly["2026-01"]


def test_segments_follow_the_residence_type_of_the_building_next_door(company: Company, helsinki: CitySurroundings) -> None:
    flats = helsinki.buildings[helsinki.buildings["residence_type"] == "flats"].union_all()
    in_flats = shapely.contains_xy(flats, company.positions["longitude"], company.positions["latitude"])
    private = company.accounts["kind"] != "company"
    singles = (company.accounts["segment"] == "urban singles")[private]
    assert in_flats.sum() > 500
    assert singles[in_flats[private]].mean() == pytest.approx(0.55, abs=0.06)
    assert singles[~in_flats[private]].mean() < singles[in_flats[private]].mean()


def test_two_areas_decline_and_one_grows(company: Company) -> None:
    level, areas = company.truth["trends"]["h3_level"], company.truth["trends"]["areas"]
    assert [area["role"] for area in areas] == ["declines", "declines", "grows"]
    cells = pd.Series([h3.latlng_to_cell(row.latitude, row.longitude, level) for row in company.positions.itertuples()], index=company.positions.index)
    orders = _orders(company)
    orders["cell"] = cells.reindex(orders["account_key"]).to_numpy()
    elsewhere = orders[~orders["cell"].isin([area["cell"] for area in areas])].groupby("month").size()
    for area in areas:
        monthly = orders[orders["cell"] == area["cell"]].groupby("month").size().reindex(elsewhere.index, fill_value=0)
        slope, _ = np.polyfit(range(24), np.log((monthly + 0.5) / elsewhere), 1, w=np.sqrt(monthly))
        # Lost accounts, more of them in the declining areas, add a little to the planted slope.
        assert slope == pytest.approx(np.log(area["factor_per_month"]), abs=0.015)


def test_one_territory_has_twice_the_mean(company: Company) -> None:
    counts = pd.Series(company.truth["territories"]["accounts"])
    assert counts.sum() == 12_000
    overloaded = company.truth["territories"]["overloaded"]
    assert counts[overloaded] / counts.mean() == pytest.approx(2.0, abs=0.1)
    assert counts.drop(overloaded).max() < 1.1 * counts.drop(overloaded).min()


def test_3_percent_are_duplicates_of_others_with_a_typo(company: Company) -> None:
    pairs, accounts = company.truth["duplicates"], company.accounts
    assert len(pairs) == 360
    assert len({key for pair in pairs for key in (pair["original"], pair["duplicate"])}) == 720
    changed = {"name_typo": "name", "name_order": "name", "name_upper_typo": "name", "street_typo": "street", "street_abbreviated": "street"}
    assert {pair["kind"] for pair in pairs} == set(changed)
    for pair in pairs:
        original, duplicate = accounts.loc[pair["original"]], accounts.loc[pair["duplicate"]]
        assert original[changed[pair["kind"]]] != duplicate[changed[pair["kind"]]]
        if pair["kind"].endswith("_typo"):
            column = changed[pair["kind"]]
            assert DamerauLevenshtein.distance(original[column].lower(), duplicate[column].lower()) == 1
        assert (company.positions.loc[pair["original"]] == company.positions.loc[pair["duplicate"]]).all()
        same = [column for column in ("kind", "status", "segment", "house_number", "city") if not pd.isna(original[column])]
        assert (original[same] == duplicate[same]).all()


def test_5_percent_of_the_addresses_are_damaged_and_no_other(company: Company, helsinki: CitySurroundings) -> None:
    damaged = pd.DataFrame(company.truth["damaged_addresses"]).set_index("account_key")
    assert len(damaged) == 600
    assert damaged["kind"].value_counts().min() > 60
    assert damaged[["longitude", "latitude"]].equals(company.positions.loc[damaged.index])
    real = set(zip(helsinki.address_points["street"], helsinki.address_points["house_number"], strict=True))
    known = pd.Series([address in real for address in zip(company.accounts["street"], company.accounts["house_number"], strict=True)], company.accounts.index)
    kind = damaged["kind"].reindex(company.accounts.index)
    assert not known[kind.isin(["street_typo", "street_abbreviated", "house_number_nonexistent"])].any()
    changed_street = [pair["duplicate"] for pair in company.truth["duplicates"] if pair["kind"].startswith("street")]
    assert known[kind.isna() & ~known.index.isin(changed_street)].all()
    assert company.accounts.loc[kind == "postcode_missing", "postcode"].isna().all()
    assert (company.accounts.loc[kind == "fields_swapped", "postcode"] == "Helsinki").all()


def test_true_positions_are_those_of_the_addresses(company: Company, helsinki: CitySurroundings) -> None:
    points = helsinki.address_points
    real = set(zip(points.geometry.x.round(7), points.geometry.y.round(7), strict=True))
    assert set(zip(company.positions.longitude, company.positions.latitude, strict=True)) <= real
    assert company.accounts[["longitude", "latitude"]].isna().all(axis=None)


def test_near_opportunities_are_won_more_often(company: Company) -> None:
    opportunities = pd.concat(list(read(company.files.opportunities)))
    closed = opportunities[opportunities["stage"].isin(["won", "lost"])]
    near = np.exp(-_shop_distance(company).reindex(closed["account_key"]) / company.truth["demand"]["lambda_m"]).to_numpy()
    won = (closed["stage"] == "won").to_numpy(float)
    slope, floor = np.polyfit(near, won, 1)
    assert (floor, slope) == (pytest.approx(0.2, abs=0.08), pytest.approx(0.4, abs=0.15))


def test_every_territory_has_as_many_activities(company: Company) -> None:
    activities = pd.read_csv(company.files.activities).dropna(subset="happened_at")
    territory = activities["rep_key"].map(pd.read_csv(company.files.reps).set_index("rep_key")["territory_key"])
    assert territory.value_counts().to_numpy() == pytest.approx(5_000, rel=0.05)


def test_complaints_about_the_faulty_products_come_from_where_demand_declines(company: Company) -> None:
    cases = pd.read_csv(company.files.cases).merge(pd.read_csv(company.files.products)[["product_key", "category"]], on="product_key")
    level = company.truth["trends"]["h3_level"]
    declines = {area["cell"] for area in company.truth["trends"]["areas"] if area["role"] == "declines"}
    places = company.positions.loc[cases["account_key"]]
    inside = np.array([h3.latlng_to_cell(latitude, longitude, level) in declines for longitude, latitude in places[["longitude", "latitude"]].to_numpy()])
    about = ((cases["kind"] == "complaint") & (cases["category"] == company.truth["cases"]["faulty"]["category"])).to_numpy()
    assert about[inside].mean() > 5 * about[~inside].mean()
    assert cases["solved_at"].isna().mean() < 0.05


def test_what_is_planned_lies_around_the_end_of_the_data(company: Company) -> None:
    activities = pd.read_csv(company.files.activities)
    due = pd.to_datetime(activities.loc[activities["happened_at"].isna(), "due_at"])
    assert len(due) == 900
    assert due.between(pd.Timestamp("2026-10-27", tz="UTC"), pd.Timestamp("2026-12-27", tz="UTC")).all()


def test_a_consent_is_withdrawn_only_after_it_was_given(company: Company) -> None:
    ledger = pd.read_csv(company.files.consents).sort_values("recorded_at", kind="stable")
    turns = ledger.groupby(["contact_key", "purpose", "channel"])["given"].agg(list)
    assert {tuple(each) for each in turns} == {(True,), (True, False), (True, False, True)}
    assert turns.map(len).gt(1).mean() == pytest.approx(0.18, abs=0.02)


def _members(company: Company) -> pd.DataFrame:
    """The members of the campaigns, with the channel of their campaign."""
    members = pd.read_csv(company.files.campaign_members, parse_dates=["sent_at", "responded_at"])
    return members.merge(pd.read_csv(company.files.campaigns)[["campaign_key", "channel"]], on="campaign_key")


def test_members_of_campaigns_react_by_segment_and_answer_by_nearness(company: Company) -> None:
    members, planted = _members(company), company.truth["campaigns"]
    mailed = members[(members["channel"] == "mail") & (members["response"] != "unsubscribed")]
    segment = company.accounts["segment"].reindex(mailed["account_key"]).to_numpy()
    reacted = (mailed["response"] != "none").groupby(segment).agg(["mean", "size"])
    for name, rate, size in reacted.itertuples():
        expected = planted["reacts"]["by_channel"]["mail"] * planted["reacts"]["factor_by_segment"][name]
        assert rate == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / size)), name
    told = mailed[mailed["response"].isin(["opened", "answered"])]
    near = np.exp(-_shop_distance(company).reindex(told["account_key"]) / company.truth["demand"]["lambda_m"]).to_numpy()
    slope, floor = np.polyfit(near, (told["response"] == "answered").to_numpy(float), 1)
    assert (floor, slope) == (pytest.approx(planted["answers"]["floor"], abs=0.05), pytest.approx(planted["answers"]["near"], abs=0.1))


def test_who_bought_has_ordered_and_who_unsubscribed_has_withdrawn(company: Company) -> None:
    members = _members(company)
    bought = members.loc[members["response"] == "bought", ["account_key", "responded_at"]].to_records(index=False).tolist()
    assert len(bought) > 500
    assert set(bought) <= set(company.orders[["account_key", "ordered_at"]].assign(ordered_at=company.orders["ordered_at"].astype("datetime64[ns, UTC]"))
                              .to_records(index=False).tolist())  # fmt: skip
    ledger = pd.read_csv(company.files.consents, parse_dates=["recorded_at"]).query("purpose == 'marketing'")
    withdrawn = ledger[~ledger["given"]].merge(
        members[members["response"] == "unsubscribed"], left_on=["contact_key", "channel", "recorded_at"], right_on=["contact_key", "channel", "responded_at"]
    )
    assert len(withdrawn) == (members["response"] == "unsubscribed").sum() > 50
    words = members.merge(ledger[["contact_key", "channel", "given", "recorded_at"]], on=["contact_key", "channel"])
    last = words[words["recorded_at"] <= words["sent_at"]].sort_values("recorded_at").groupby("member_key")["given"].last()
    assert len(last) == len(members)
    assert last.all()


def test_a_campaign_is_sent_to_the_segments_it_is_meant_for(company: Company) -> None:
    members = _members(company)
    segment = company.accounts["segment"].reindex(members["account_key"]).to_numpy()
    for number, campaign in enumerate(structure.CAMPAIGNS, 1):
        sent = (members["campaign_key"] == f"C{number:02}").to_numpy()
        assert set(segment[sent]) == set(campaign.segments)
        assert set(members.loc[sent, "wave"]) == set(range(1, campaign.waves + 1))
