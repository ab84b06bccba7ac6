"""The target client on whole studies: whom it is drawn from, what its tables hold, and what closes it."""

from pathlib import Path

import pytest
from small_study import write_study

from clientbase.errors import SettingError
from clientbase.findings import Questions, TargetFindings
from clientbase.study import open_study

DEMO = Path(__file__).parents[1] / "data" / "demo"


@pytest.fixture(scope="module")
def demo():
    return open_study(DEMO)


def tell(engagement):
    return TargetFindings(engagement.target, engagement.words)


def test_the_target_is_the_class_that_is_asked_for(demo):
    classes = demo.target.clients["share_class"]
    assert demo.target.n_target == (classes == "A").sum() == 30
    assert demo.apply(target="A+B").target.n_target == classes.isin(["A", "B"]).sum()
    high = demo.apply(target="A_high").target
    assert high.n_target == (high.clients["quadrant"].eq("in place") & (high.clients["share_class"] == "A")).sum()
    totals = demo.target.clients["total"].dropna()
    assert demo.apply(target="top_quarter").target.n_target == (totals >= totals.quantile(0.75) - 1e-9).sum()
    with pytest.raises(SettingError, match="target = 'best'"):
        demo.apply(target="best")


def test_what_defines_the_class_is_no_trait(demo):
    lines = demo.target.lines
    assert not set(lines["attribute"]) & {"revenue", "margin", "n_deals", "avg_purchase", "share_class", "total"}
    assert set(lines["attribute"]) == {*demo.target.categories, *demo.target.numbers}
    assert "client_type" in demo.target.categories  # one flow: the same for all, so no difference
    assert (lines.loc[lines["attribute"] == "client_type", "line_kind"] == "no difference").all()


def test_portrait_and_hints_are_apart(demo):
    lines = demo.target.lines
    portrait, hints = (lines[lines["line_kind"] == kind] for kind in ("portrait", "hint"))
    assert set(portrait["trait"]) >= {"meat", "large", "producer"}
    assert (portrait["q_value"] <= 0.10).all()
    assert len(demo.target.shown_lines) == len(portrait) + len(hints)
    assert tell(demo).portrait()[-1].startswith(f"{len(hints)} more traits are hints")


def test_look_alikes_are_of_the_lower_classes_and_have_enough_of_the_portrait(demo):
    found = demo.target.look_alikes
    assert len(found)
    assert set(found["share_class"].astype(str)) <= {"C", "D", "0"}
    assert (found["portrait_match"] >= 0.6).all()
    assert found["portrait_match"].is_monotonic_decreasing
    assert len(demo.apply(match_from=1.0).target.look_alikes) == (found["portrait_match"] == 1).sum()


def test_declared_segments_are_checked_and_what_nobody_declared_is_found(demo):
    found = demo.target.segments.set_index("trait")["segment_verdict"].astype(str)
    assert found["large"] == "confirmed"
    assert found["bakery"] == "not confirmed"
    assert found["meat"] == "found, not declared"
    absent = demo.apply(declared_segments={"industry": ["shipyard"]})
    assert "Nobody of those compared has: «industry: shipyard»" in tell(absent).segments()[1]
    with pytest.raises(SettingError, match=r"declared_segments names 'colour', which the client list does not have; it has"):
        demo.apply(declared_segments={"colour": ["red"]}).target.segments  # noqa: B018


def test_their_side_is_described(demo):
    found = demo.target.both_sides.set_index("measure")
    assert set(found.index) == {"complaints_per_100_deals", "credit_days", "tenure_months", "overdue_share"}
    facts = demo.target.clients[demo.target.is_target]
    assert found.loc["complaints_per_100_deals", "target_value"] == pytest.approx(
        100 * facts["n_complaints"].sum() / facts["n_deals"].sum()
    )


def test_without_attributes_the_page_says_what_would_open_it(tmp_path):
    folder = write_study(tmp_path)
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text().replace('[sources.clients]\nfile = "clients.csv"\n', ""), encoding="utf-8"
    )
    found = open_study(folder)
    assert found.gates["portrait"].is_open is False
    assert found.target.lines is None
    assert tell(found).portrait() == ["The clients do not differ in any attribute that is known of them."]
    assert tell(found).portrait_title() == tell(found).numbers_title() == ""
    assert found.target.look_alikes is found.target.segments is None


def test_a_target_that_needs_totals_is_closed_without_them(tmp_path):
    found = open_study(write_study(tmp_path)).apply(target="A_high")
    assert found.target.is_target is None
    assert tell(found).target() == ["This target needs total scores, which these data do not give. Set target to A or A+B."]
    assert tell(found).portrait() == tell(found).segments() == tell(found).look_alikes() == tell(found).both_sides() == []


def test_few_target_clients_give_hints_only(tmp_path):
    found = open_study(write_study(tmp_path))
    assert 0 < found.target.n_target < 5
    assert "everything here is a hint" in tell(found).target()[1]
    assert not (found.target.lines["line_kind"] == "portrait").any()


# -- the five questions -------------------------------------------------------------------------------------------------------
def test_the_five_questions_are_answered_from_the_tables(demo):
    largest, discounts, often, tail, consumer = Questions(demo.steps, demo.load, demo.words).all()
    assert "Dairy 330 Northfield" in largest.answer[0]
    assert "14 clients receive more discount than they bring margin." in discounts.answer
    assert "deals each in the window" in often.answer[0]
    assert tail.answer[0].startswith(f"{demo.steps.tail.n_clients} smallest clients")
    assert "of the load" in tail.answer[1]
    assert "of their margin is left" in tail.answer[2]
    assert "of class A" in consumer.answer[0]
    stems = [item.stem for item in (largest, discounts, often, tail, consumer)]
    assert stems == ["05_weighted_scoring", "08_client_load", "05_weighted_scoring", "08_client_load", "07_target_client"]


def test_a_question_the_data_cannot_answer_says_what_it_needs(tmp_path):
    folder = write_study(tmp_path)
    lines = (folder / "orders.csv").read_text().splitlines()
    (folder / "orders.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines), encoding="utf-8")  # no cost
    found = open_study(folder)
    answers = [item.answer for item in Questions(found.steps, found.load, found.words).all()]
    assert answers[1] == ["Margins are not known, so income after discounts cannot be told. This needs orders.cost."]
    assert answers[3][-1] == "What they cost is not known: no working time is recorded."
    assert answers[4] == ["Not recorded. This needs clients.serves_target_consumer."]
