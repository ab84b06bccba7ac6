"""The card of one client: what the steps say of it, in the study's words, and what is not known; and how a client is found."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_study import write_study

from clientbase.client_profile import MOST_GAPS, client_index, client_profile, find_clients, matches
from clientbase.errors import SettingError
from clientbase.study import open_study


@pytest.fixture(scope="module")
def demo():
    return open_study("demo")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return open_study(write_study(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def russian(tmp_path_factory):
    return open_study(write_study(tmp_path_factory.mktemp("russian"), language="ru"))


@pytest.fixture
def index():
    rows = [
        ("C7", "Café Noir", "c7", "cafe noir"),
        ("77", "Mill C7 & Sons", "77", "mill c7 & sons"),
        ("C70", "Кафе «Юг»", "c70", "кафе «юг»"),
        ("K1", "Noir, Café", "k1", "noir, cafe"),
    ]
    return pd.DataFrame(rows, columns=["client_id", "name", "code_key", "name_key"])


def card(study, client):
    return dict(client_profile(study, client))


def said(lines, label):
    """Return value and detail of the only line of this label, with plain spaces."""
    (line,) = [line for line in lines if line.label == label]
    return plain(line.value), plain(line.detail)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


# -- what the steps say -------------------------------------------------------------------------------------------------------
def test_the_card_agrees_with_the_tables_of_the_steps(demo):
    words, row = demo.words, demo.steps.client_card.iloc[0]
    found = card(demo, row["client_id"])
    size = said(found["Step 2: size of purchases"], "Size class")
    assert size == (words.value("size_class", row["size_class"]), words.value("size_reason", row["size_reason"]))
    assert said(found["Step 3: assortment"], "Lead group")[0] == row["lead_group"]
    relation = found["Step 4: relationship"]
    assert said(relation, "Relationship level")[0] == words.value("rel_level", row["rel_level"])
    assert said(relation, "Next step")[0] == words.value("next_step", row["next_step"])
    score = found["Step 5: class and score"]
    assert said(score, "Share class")[0] == words.value("share_class", row["share_class"])
    assert said(score, "Total score")[0] == words.number(row["total"])
    assert said(score, "Quadrant")[0] == words.value("quadrant", row["quadrant"])
    assert said(found["Purchases in the window"], "Revenue")[0] == plain(words.money(row["revenue"]))


def test_numbers_of_a_small_company_by_hand(small):  # K1: 2 deals a month of 900, cost 70 %, list price 1000
    found = card(small, "K1")
    assert list(found)[:3] == ["Who it is", "Purchases in the window", "Step 1: flow"]
    window = found["Purchases in the window"]
    assert [said(window, name)[0] for name in ("Revenue", "Margin", "Orders", "Average purchase")] == [
        "21,600 EUR", "6,480 EUR", "24", "900 EUR",
    ]  # fmt: skip
    discounts = found["Discounts"]
    assert [said(discounts, name)[0] for name in ("Discount", "Discount rate", "Margin rate")] == ["2,400 EUR", "10%", "30%"]
    assert said(found["Place in the base"], "Move") == ("Kept: grown or equal", "Change of revenue: 0 EUR")


def test_the_class_is_told_with_its_bounds(demo):
    bounds = demo.steps.size_bounds
    client = demo.steps.client_card["client_id"].iloc[0]
    detail = said(card(demo, client)["Step 2: size of purchases"], "Average purchase")[1]
    large, small = (plain(demo.words.money(bounds[name])) for name in ("large_from", "small_below"))
    assert detail == f"large from {large}; small below {small}"


def test_contributions_are_points_and_sum_to_the_total_of_a_client_scored_in_full(demo):
    whole = demo.steps.quadrants[np.isclose(demo.steps.quadrants["known_share"], 1)].iloc[0]
    lines = card(demo, whole["client_id"])["Step 5: class and score"]
    parts = [line for line in lines if line.label.startswith("Contribution: ")]
    assert len(parts) == len(demo.steps.criteria)
    assert sum(float(line.value) for line in parts) == pytest.approx(whole["total"])  # no currency in them
    assert [float(line.value) for line in parts] == sorted((float(line.value) for line in parts), reverse=True)


def test_gaps_are_the_largest_and_have_their_potential(demo):
    gap = demo.steps.gaps.iloc[0]
    lines = [
        line for line in card(demo, gap["client_id"])["Step 3: assortment"] if line.label == "Not bought, but by its peers"
    ]
    assert 1 <= len(lines) <= MOST_GAPS
    assert lines[0].value == gap["product_group"]
    assert f"Potential: {plain(demo.words.money(gap['potential']))}" in plain(lines[0].detail)


def test_the_load_is_told_with_the_rules_of_the_group_and_what_exceeds_them(demo):
    over = demo.load.over_service.iloc[0]
    found = card(demo, over["client_id"])
    assert said(found["Load and return"], "Load group")[0] == demo.words.value("load_group", over["load_group"])
    value, detail = said(found["Service of its load group"], "Free changes per order")
    assert value == "0"
    assert detail == f"Changes per order above the free ones: {demo.words.number(over['over_changes'])}"
    assert said(found["Service of its load group"], "Payment")[1] == ""


def test_a_client_without_purchases_has_rules_and_no_load_of_its_own(demo):
    idle = demo.load.groups.query("load_group == 'without purchases'").iloc[0]["client_id"]
    found = card(demo, idle)
    assert said(found["Load and return"], "Load group")[0] == "Without purchases"
    assert "Service of its load group" in found
    assert "Discounts" not in found


def test_likeness_is_told_for_those_it_is_sought_among(demo):
    target, title = demo.target, "Likeness to the target client"
    chosen = target.clients.loc[target.is_target, "client_id"].iloc[0]
    assert said(card(demo, chosen)[title], "Target client")[0] == "yes"
    like = target.look_alikes.iloc[0]
    value, detail = said(card(demo, like["client_id"])[title], "Match with the portrait")
    assert value == demo.words.percent(like["portrait_match"])
    assert detail == f"Lines matched: {like['n_matched']} of {like['n_portrait_lines']}"
    middle = demo.steps.share_classes.query("share_class == 'B'")["client_id"].iloc[0]
    assert said(card(demo, middle)[title], "Match with the portrait")[0] == "–"


# -- what is not known --------------------------------------------------------------------------------------------------------
def test_a_client_of_the_other_flow_has_no_steps_and_says_why(demo):
    private = demo.steps.company.query("flow == 'private'")["client_id"].iloc[0]
    found = card(demo, private)
    assert not [title for title in found if title.startswith(("Step 2", "Step 3", "Step 4", "Step 5"))]
    assert said(found["Step 1: flow"], "Flow") == ("Private", "not of the flow that the further steps analyse")


def test_missing_attributes_and_signs_are_named(demo):
    client = demo.steps.scores.loc[demo.steps.scores["score"].isna(), "client_id"].iloc[0]
    unknown = card(demo, client)["Not known"]
    facts = demo.steps.company.set_index("client_id").loc[client]
    assert pd.isna(facts["business_size"])
    assert "Business size" in said(unknown, "Attributes")[0]
    assert "Size of the business" in said(unknown, "Signs not scored")[0]
    assert not [line for line in card(demo, client)["Who it is"] if line.value == "–"]


def test_closed_parts_are_named_with_what_would_open_them(small):
    unknown = card(small, "K1")["Not known"]
    assert said(unknown, "Scoring") == (
        "Clients cannot be scored; classes stand alone.", "criteria (and scores, or columns that a rule can score)",
    )  # fmt: skip
    assert "Regions" in {line.label for line in unknown}
    assert "Margin" not in {line.label for line in unknown}
    assert "Load and return" not in card(small, "K1")
    assert "Return index" not in {line.label for line in card(small, "K1")["Step 1: flow"]}  # no time is known


def test_every_client_has_a_card(demo, small):
    for study in (demo, small):
        for client in study.steps.company["client_id"]:
            sections = client_profile(study, client)
            assert all(title and lines for title, lines in sections)
            assert all(isinstance(text, str) for _, lines in sections for line in lines for text in line)
            assert {line.label for _, lines in sections for line in lines}.isdisjoint({"", "nan"})
            assert not [line for _, lines in sections for line in lines if "nan" in (line.value, line.detail)]


def test_names_stay_as_they_are(small):
    assert said(card(small, "K3")["Who it is"], "Client")[0] == "=SUM(A1:A9)"
    assert said(card(small, "K2")["Who it is"], "Client")[0] == "Bakery <b>North</b>"


def test_headings_and_values_are_in_the_study_s_language(russian):
    lines = [line for _, lines in client_profile(russian, "K1") for line in lines]
    assert "Выручка" in {line.label for line in lines}
    assert "SA · регулярные крупные" in {plain(line.value) for line in lines}


def test_an_unknown_code_is_refused(small):
    with pytest.raises(SettingError, match="no client has the code 'K99'"):
        client_profile(small, "K99")


# -- finding a client ---------------------------------------------------------------------------------------------------------
def test_codes_come_before_names_and_whole_before_part(index):
    assert list(matches(index, "c7", 20)["client_id"]) == ["C7", "C70", "77"]
    assert list(matches(index, "7", 20)["client_id"]) == ["77", "C7", "C70"]


@pytest.mark.parametrize("text", ["cafe", "CAFÉ", "  café ", "cafe\u0301"])
def test_accents_capitals_and_spaces_do_not_matter(index, text):
    assert list(matches(index, text, 20)["client_id"]) == ["C7", "K1"]  # that begins with it first


def test_all_words_are_needed_in_any_order(index):
    assert list(matches(index, "noir cafe", 20)["client_id"]) == ["C7", "K1"]
    assert list(matches(index, "noir mill", 20)["client_id"]) == []


def test_letters_are_no_patterns(index):
    assert list(matches(index, "& sons", 20)["client_id"]) == ["77"]
    assert list(matches(index, ".*", 20)["client_id"]) == []
    assert list(matches(index, "«юг", 20)["client_id"]) == ["C70"]


def test_nothing_typed_lists_the_largest(small):
    assert list(find_clients(small, "", 3)["client_id"]) == ["K1", "K2", "K3"]
    assert list(find_clients(small, "zzz")["client_id"]) == []
    assert list(find_clients(small, "юг").iloc[0]) == ["K4", "Кафе «Юг»"]
    assert find_clients(small, "corner").equals(pd.DataFrame({"client_id": ["K5"], "name": ["Corner Shop"]}))


def test_clients_outside_the_analysed_flow_are_found_too(demo):
    private = demo.steps.company.query("flow == 'private'")["client_id"].iloc[0]
    assert private in set(find_clients(demo, private)["client_id"])


def test_without_names_codes_are_shown(tmp_path):
    folder = write_study(tmp_path)
    clients = pd.read_csv(folder / "clients.csv").drop(columns="client_name")
    clients.to_csv(folder / "clients.csv", index=False)
    assert list(find_clients(open_study(folder), "k1").iloc[0]) == ["K1", "K1"]


def test_the_facts_stay_as_they_were(small):
    before = small.steps.company.copy(deep=True)
    client_profile(small, "K1")
    client_index(small)
    pd.testing.assert_frame_equal(small.steps.company, before)


@given(st.text(alphabet="c7o mille&", max_size=6), st.integers(0, 5))
def test_at_most_n_are_found_and_none_twice(text, n):
    rows = [("C7", "Café", "c7", "cafe"), ("77", "Mill C7", "77", "mill c7"), ("C70", "Mole", "c70", "mole")]
    table = pd.DataFrame(rows, columns=["client_id", "name", "code_key", "name_key"])
    found = matches(table, text, n)
    assert len(found) <= n
    assert found["client_id"].is_unique
    asked = text.strip().split()
    assert all(all(word in row.name_key for word in asked) or text.strip() in row.code_key for row in found.itertuples())
