"""Settings: every value legal, described, and known by where it comes from."""

import math

import pydantic
import pytest

from clientbase.errors import SettingError
from clientbase.sections import SECTION_OF, SECTIONS
from clientbase.settings import DEFAULT, RUN, STUDY, Settings, default_of, describe, near, read_settings


def test_names_are_unique_over_all_sections():
    names = [name for model in SECTIONS.values() for name in model.model_fields]
    assert len(names) == len(set(names)) == len(SECTION_OF)


@pytest.mark.parametrize("name", SECTION_OF)
def test_every_setting_says_what_it_is(name):
    meaning, unit, source = describe(name)
    assert meaning
    assert unit
    assert source.split("; ")[0] in ("ours", "company", "convention", "S1", "S2", "S3", "S4", "S5")


def test_the_numbers_of_the_method_are_the_defaults():
    expected = {
        "window_months": 12, "min_clients": 3, "client_level": "client", "returns_at": "own", "max_unassigned_share": 0.05,
        "unassigned_warning": 0.01, "max_imputed_share": 0.20, "rhythm_clients": 10, "share_a": 0.80, "share_b": 0.96,
        "share_c": 0.999, "known_from": 0.70, "breadth_middle": 10, "breadth_wide": 20, "partner_months": 6,
    }  # fmt: skip
    assert {name: default_of(name) for name in expected} == expected


def test_the_defaults_are_legal():
    for model in SECTIONS.values():
        assert model.model_validate(model().model_dump()) == model()


def test_a_section_is_frozen():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        Settings().preparation.window_months = 6


def test_values_know_where_they_come_from():
    study = read_settings({"preparation": {"window_months": 6}, "scoring": {"cut": "median"}}, where="study.toml")
    run = study.with_values({"share_a": 0.7}, RUN)
    assert [run.origin(name) for name in ("window_months", "share_a", "share_b")] == [STUDY, RUN, DEFAULT]
    assert [run.value(name) for name in ("window_months", "share_a", "share_b")] == [6, 0.7, 0.96]
    assert study.value("share_a") == 0.80  # the settings of the study stay
    assert run.record()["share_classes"]["share_a"] == {"value": 0.7, "default": 0.80, "origin": RUN}


def test_a_parameter_at_its_default_means_as_the_study_says():
    study = read_settings({"share_classes": {"share_a": 0.7}}, where="study.toml")
    assert study.with_changes({"share_a": 0.80, "share_b": 0.96}) is study
    changed = study.with_changes({"share_a": 0.75, "share_b": 0.96})
    assert (changed.value("share_a"), changed.origin("share_a"), changed.origin("share_b")) == (0.75, RUN, DEFAULT)
    assert study.with_changes({"share_a": 0.7}).origin("share_a") == STUDY


def test_several_changes_of_one_section_are_judged_together():
    assert Settings().with_values({"share_a": 0.97, "share_b": 0.98}, RUN).value("share_a") == 0.97
    with pytest.raises(SettingError, match=r"section \[share_classes\]: the bounds must rise: share_a < share_b < share_c"):
        Settings().with_values({"share_a": 0.97}, RUN)


ILLEGAL = {
    "unknown": ({"window_month": 6}, r"there is no setting 'window_month' \(did you mean 'window_months'"),
    "far from any": ({"zzz": 6}, "there is no setting 'zzz'; there are age_months, allowed_share"),
    "too small": ({"window_months": 0}, r"window_months = 0 needs to be greater than or equal to 1\. .*the default is 12\."),
    "too large": ({"share_a": 1.0}, "share_a = 1.0 needs to be less than 1"),
    "no number": ({"share_a": "much"}, "share_a = 'much' needs to be a valid number"),
    "not a number": ({"share_a": math.nan}, "share_a = nan needs to be"),
    "no choice": ({"grain": "week"}, "grain = 'week' needs to be 'auto', 'month', 'quarter', 'half-year' or 'year'"),
    "half a month": ({"window_months": 2.5}, "window_months = 2.5 needs to be a valid integer"),
    "quantiles": ({"small_quantile": 0.9}, "small_quantile must be less than large_quantile; they are 0.9 and 0.8"),
    "bounds of size": ({"large_from": 5, "small_below": 5}, "small_below must be less than large_from"),
    "focus": ({"core_from": 0.9}, "core_from must be less than mono_from"),
    "breadth": ({"breadth_middle": 20}, "breadth_middle must be less than breadth_wide"),
    "flows": ({"standards_from": 3}, "standards_from must not exceed separate_from; they are 3 and 2"),
    "scale": ({"score_low": 3}, "score_low must be less than score_high"),
    "weights": ({"weight_low": 2}, "weight_low must not exceed weight_high"),
    "cut": ({"cut": "middle"}, "cut = 'middle' needs mid_scale, median or a number such as 13.4"),
    "time": ({"time_shares": {"a": 1.2, "b": -0.2}}, "must lie between 0 and 1 and sum to 1"),
}


@pytest.mark.parametrize(("values", "message"), ILLEGAL.values(), ids=ILLEGAL)
def test_what_is_illegal_is_refused_with_a_sentence(values, message):
    with pytest.raises(SettingError, match=message):
        Settings().with_values(values, RUN)
    if "zzz" in values or "window_month" in values:
        with pytest.raises(SettingError, match="there is no setting"):
            Settings().with_changes(values)


def test_the_cut_may_be_a_number():
    assert Settings().with_values({"cut": "13.4"}, RUN).value("cut") == "13.4"


def test_an_unknown_setting_of_a_file_names_the_section():
    with pytest.raises(SettingError, match=r"study\.toml, section \[flows\]: there is no setting 'window_months'"):
        read_settings({"flows": {"window_months": 6}}, where="study.toml")


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("ordres", ["orders", "clients"], " (did you mean 'orders'?)"),
        ("q", ["b", "a"], "; there are a, b"),
        (5, [5], " (did you mean '5'?)"),
    ],
)
def test_near_names(name, known, said):
    assert near(name, known) == said
