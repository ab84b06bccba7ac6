"""Tables kept across a change of settings: what each rests on, and that what is kept equals what would be computed."""

import pandas as pd
import pytest

from clientbase.derived import Derives, Kept, derived
from clientbase.panels.catalogue import PANELS
from clientbase.sections import SECTION_OF
from clientbase.settings import Settings, default_of
from clientbase.study import PARTS, Run, open_study
from clientbase.target import NO_TARGET


class Doubled(Derives):
    """Two tables, one on the other, and one that reads nothing."""

    def __init__(self, settings):
        self.settings = settings
        self.computed = []

    @derived
    def steps(self):
        self.computed.append("steps")
        return self.settings.flows.moved_share * 2

    @derived
    def more(self):
        """More of it."""
        self.computed.append("more")
        return self.steps + self.settings.value("efficiency")

    @derived
    def whole_section(self):
        return len(self.settings.given("delivery"))

    @derived
    def fixed(self):
        self.computed.append("fixed")
        return 7

    @derived
    def fails(self):
        raise ValueError(self.settings.load.practical_share)

    @derived
    def survives(self):
        try:
            return self.fails
        except ValueError:
            return "nothing"

    @derived
    def inner(self):
        return Doubled(self.settings)


def rests_on(part, name):
    getattr(part, name)
    return part.__dict__["_derived"][name].settings


def test_a_table_is_computed_once_and_knows_what_it_rests_on():
    part = Doubled(Settings())
    assert part.steps == 1.0  # moved_share 0.5
    assert part.more == pytest.approx(1.3)  # efficiency 0.3
    assert part.more == pytest.approx(1.3)
    assert part.computed == ["steps", "more"]
    assert rests_on(part, "more") == {"moved_share", "efficiency"}  # also by the table that was there already
    assert rests_on(part, "fixed") == set()
    assert rests_on(part, "whole_section") >= {"core_share", "allowed_share", "delivered_from"}
    assert rests_on(part, "survives") == {"practical_share"}


def test_a_changed_setting_computes_only_what_rests_on_it():
    before = Doubled(Settings())
    kept = (before.more, before.fixed, before.inner)
    after = Doubled(Settings().with_values({"efficiency": 0.5}, "this run"))
    after.take_over(before.hand_over(), changed=["efficiency"])
    assert (after.steps, after.more, after.fixed) == (1.0, 1.5, 7)
    assert after.computed == ["more"]
    assert after.inner is not kept[2]  # what derives by itself holds the old settings
    assert after.inner.settings is after.settings


def test_a_part_without_result_knows_why_after_taking_over():
    """A reason is told from what is there, and not remembered by whoever computed it."""
    part = open_study("demo").target
    assert part.reason() == ""
    other = open_study("demo").target
    other.take_over({"is_target": Kept(None, frozenset()), "lines": Kept(None, frozenset())})
    assert other.reason() == NO_TARGET


def test_notebooks_of_a_run_take_over_what_the_run_has_computed(demo, tmp_path, monkeypatch):
    demo.keep_open(tmp_path / "opened")
    opened = open_study("demo", Run({}, opened=tmp_path / "opened", study="demo"))
    monkeypatch.setattr(derived, "_computed", None)  # would fail if a table were computed again
    assert opened.apply(efficiency=default_of("efficiency")).steps is opened.steps
    for (part, name), table in tables(demo).items():
        if not isinstance(table, Derives):
            assert_same(getattr(getattr(opened, part), name), table, (part, name))


def test_a_table_cannot_be_set_by_mistake():
    with pytest.raises(AttributeError, match="more is computed and cannot be set"):
        Doubled(Settings()).more = 3
    assert Doubled.more.__doc__ == "More of it."


@pytest.fixture(scope="module")
def demo():
    engagement = open_study("demo")
    tables(engagement)
    return engagement


def tables(engagement):
    """Compute every table of every part."""
    found = {}
    for part in PARTS:
        own = getattr(engagement, part)
        names = [name for name in dir(type(own)) if isinstance(getattr(type(own), name), derived)]
        found |= {(part, name): getattr(own, name) for name in names}
    return found


def moved(name, settings):
    """Return another legal value of a setting."""
    now = settings.value(name)
    if isinstance(now, bool):
        return not now
    if isinstance(now, str):
        return {"cut": "median", "grain": "quarter", "basis": "margin", "d_rule": "none", "trailing": "ignore"}.get(name, now)
    return now + 1 if isinstance(now, int) else now * 0.9 if now else 0.03


ONE_OF_EACH_SECTION = {SECTION_OF[name]: name for spec in reversed(PANELS.values()) for name in reversed(spec.settings)}
ONE_OF_EACH_SECTION |= {"preparation": "grain", "flows": "separate_from", "portrait": "lift_from"}


@pytest.mark.parametrize("name", sorted(ONE_OF_EACH_SECTION.values()))
def test_what_is_kept_equals_what_would_be_computed(demo, name):
    value = moved(name, demo.settings)
    assert value not in (demo.settings.value(name), default_of(name)), name
    other = demo.with_values({name: value})
    kept = {(part, table) for part in PARTS for table in getattr(other, part).__dict__["_derived"]}
    fresh = tables(open_study("demo").apply(**{name: value}))
    assert fresh.keys() > kept  # something rests on it
    again = tables(other)
    for place, table in fresh.items():
        if not isinstance(table, Derives):
            assert_same(again[place], table, place)


def assert_same(found, fresh, place):
    if isinstance(fresh, pd.DataFrame):
        pd.testing.assert_frame_equal(found, fresh, obj=str(place))
    elif isinstance(fresh, pd.Series):
        pd.testing.assert_series_equal(found, fresh, obj=str(place))
    else:
        assert repr(found) == repr(fresh), place
