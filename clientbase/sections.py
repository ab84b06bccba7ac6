"""Every tunable number of the method: one frozen section a model, each field with meaning, unit, default and origin.

A field's name is unique over all sections, so that a report's parameter names it alone.
"""

from __future__ import annotations

import itertools
from typing import Any, ClassVar, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from clientbase.derived import note_reading


def setting(default: Any, meaning: str, *, unit: str, source: str, **limits: Any) -> Any:
    """Declare a field: its default, what it means, its unit, who set the default and the limits of its value."""
    return Field(default, description=meaning, json_schema_extra={"unit": unit, "source": source}, **limits)


class Section(BaseModel):
    """The settings of one model of the method."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: ClassVar[str] = ""

    def __getattribute__(self, name: str) -> Any:
        """Note each setting that is read for whoever computes with it, see clientbase.derived."""
        if not name.startswith("_") and name in type(self).model_fields:
            note_reading((name,))
        return super().__getattribute__(name)

    def _check_order(self, *names: str, may_be_equal: bool = False) -> None:
        """Refuse bounds that do not rise in this order, with the values they have."""
        values = [getattr(self, name) for name in names]
        if all(low < high or (may_be_equal and low == high) for low, high in itertools.pairwise(values)):
            return
        rule = f"the bounds must rise: {' < '.join(names)}"
        if len(names) == 2:
            rule = f"{names[0]} must {'not exceed' if may_be_equal else 'be less than'} {names[1]}"
        raise ValueError(f"{rule}; they are {' and '.join(f'{value:.15g}' for value in values)}")


class Preparation(Section):
    """M00: the window, the unit that counts as a client, what stops a run."""

    title: ClassVar[str] = "Periods and preparation"
    window_months: int = setting(12, "length of the analysed window", unit="complete months", source="ours", ge=1, le=60)
    min_clients: int = setting(
        3, "fewer clients with value than this get figures without advice", unit="clients", source="ours", ge=1
    )
    client_level: Literal["client", "group"] = setting(
        "client", "who is a client: each legal entity, or the group joined by parent_id", unit="choice", source="ours"
    )
    returns_at: Literal["own", "origin"] = setting(
        "own", "date of a return: its own, or that of the order it returns", unit="choice", source="ours"
    )
    max_unassigned_share: float = setting(
        0.05, "share of revenue without a client above which the run stops", unit="share", source="ours", ge=0, le=1
    )
    unassigned_warning: float = setting(
        0.01, "share of revenue without a client above which the report warns", unit="share", source="ours", ge=0, le=1
    )
    max_imputed_share: float = setting(
        0.20, "share of revenue with estimated cost above which margins are indicative", unit="share", source="ours", ge=0, le=1
    )
    grain: Literal["auto", "month", "quarter", "half-year", "year"] = setting(
        "auto", "period used for regularity and stability; auto follows the rhythm of the base", unit="choice", source="ours"
    )
    rhythm_clients: int = setting(
        10, "clients with three deal days needed to measure the rhythm", unit="clients", source="ours", ge=1
    )


class Flows(Section):
    """M01: when two kinds of clients are told apart."""

    title: ClassVar[str] = "Separation of flows"
    flow_column: str = setting("client_type", "column of the client list that names the flow", unit="column", source="ours")
    separate_from: float = setting(
        2.0, "contrast of returns per hour from which flows are separated", unit="times", source="ours", ge=1
    )
    standards_from: float = setting(
        1.25, "contrast from which separate service standards suffice", unit="times", source="ours", ge=1
    )
    min_time_share: float = setting(
        0.05, "flows with a smaller share of time are left out of the contrast", unit="share", source="ours", ge=0, le=1
    )
    moved_share: float = setting(0.5, "share of the low flow's time that is moved", unit="share", source="ours", ge=0, le=1)
    efficiency: float = setting(
        0.3, "return of an added hour in the high flow, as a part of its average hour", unit="share", source="ours", ge=0, le=1
    )
    loss: float = setting(
        0.5, "profit the low flow loses for each unit of time withdrawn", unit="share", source="ours", ge=0, le=1
    )
    time_shares: dict[str, float] = setting(
        {}, "share of working time of each flow, typed when no activities are recorded", unit="shares", source="ours"
    )
    scope_flow: str = setting(
        "auto", "flow that steps 2 to 5 analyse; auto takes the flow worth separating, all takes the whole base", unit="flow",
        source="S1",
    )  # fmt: skip

    @pydantic.field_validator("time_shares")
    @classmethod
    def _shares_sum_to_one(cls, shares: dict[str, float]) -> dict[str, float]:
        if shares and (min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 0.005):
            raise ValueError(f"the shares must lie between 0 and 1 and sum to 1; they sum to {sum(shares.values()):g}")
        return shares

    @pydantic.model_validator(mode="after")
    def _thresholds_in_order(self) -> Flows:
        self._check_order("standards_from", "separate_from", may_be_equal=True)
        return self


class PurchaseSize(Section):
    """M02: who buys large lots regularly, who is the middle, who is small."""

    title: ClassVar[str] = "Purchase-size classes"
    large_from: float = setting(
        0.0, "average purchase from which a client is large; 0 takes the quantile", unit="money", source="ours", ge=0
    )
    small_below: float = setting(
        0.0, "average purchase below which a client is small; 0 takes the quantile", unit="money", source="ours", ge=0
    )
    large_quantile: float = setting(
        0.80, "quantile of average purchases where large begins", unit="share", source="ours; aim of S1", gt=0, lt=1
    )
    small_quantile: float = setting(
        0.25, "quantile of average purchases where small ends", unit="share", source="ours; aim of S1", gt=0, lt=1
    )
    regular_from: float = setting(
        0.5, "share of periods with a deal from which a client is regular", unit="share", source="ours", gt=0, le=1
    )
    min_exposure_months: int = setting(3, "months of exposure a regular client needs", unit="months", source="ours", ge=1)
    launch_penetration: float = setting(
        0.15, "share of clients expected to buy a new product", unit="share", source="ours", ge=0, le=1
    )
    launch_purchase: float = setting(
        0.0, "expected yearly purchase of the new product per client; 0 leaves the test out", unit="money", source="ours", ge=0
    )
    launch_threshold: float = setting(
        0.0, "yearly sales from which a launch pays; 0 leaves the test out", unit="money", source="ours", ge=0
    )

    @pydantic.model_validator(mode="after")
    def _bounds_in_order(self) -> PurchaseSize:
        self._check_order("small_quantile", "large_quantile")
        if self.large_from > 0:
            self._check_order("small_below", "large_from")
        return self


class Assortment(Section):
    """M03: what each client buys and what is missing."""

    title: ClassVar[str] = "Assortment focus"
    mono_from: float = setting(
        0.8, "share of the lead group from which a client is mono", unit="share", source="ours", gt=0, le=1
    )
    core_from: float = setting(
        0.5, "share of the lead group from which a client has a core", unit="share", source="ours", gt=0, le=1
    )
    gap_from: float = setting(
        0.5, "share of peers that buy a group from which its absence is a gap", unit="share", source="ours", gt=0, le=1
    )
    min_peers: int = setting(
        5, "peers of the same group and size needed to compare with them", unit="clients", source="ours", ge=1
    )
    breadth_middle: int = setting(10, "products from which breadth scores 2", unit="products", source="S5", ge=1)
    breadth_wide: int = setting(20, "products from which breadth scores 3", unit="products", source="S5", ge=1)
    few_lines: int = setting(3, "fewer order lines than this are marked", unit="lines", source="ours", ge=1)
    full_wallet: float = setting(
        0.95, "share of the client's purchases from which a gap has no potential", unit="share", source="ours", gt=0, le=1
    )

    @pydantic.model_validator(mode="after")
    def _bounds_in_order(self) -> Assortment:
        self._check_order("core_from", "mono_from")
        self._check_order("breadth_middle", "breadth_wide")
        return self


class Relationship(Section):
    """M04: how far each client has come, from unaware to partner."""

    title: ClassVar[str] = "Relationship levels"
    partner_months: int = setting(
        6, "last periods that must each hold a deal of a partner", unit="periods", source="ours", ge=1, le=12
    )
    max_missed: int = setting(0, "periods a partner may miss", unit="periods", source="ours", ge=0, le=11)
    partner_every: Literal["month", "quarter", "half-year"] = setting(
        "month", "how often a partner must buy", unit="choice", source="S1"
    )
    cooling_factor: float = setting(
        2.0, "times the client's own gap without a deal after which it is cooling", unit="times", source="ours", gt=0
    )
    cooling_days: int = setting(180, "days without a deal after which any client is cooling", unit="days", source="ours", ge=1)
    min_row_clients: int = setting(
        5, "clients a row of the transition table needs for percentages", unit="clients", source="ours", ge=1
    )


class ShareClasses(Section):
    """M05: which clients make the result."""

    title: ClassVar[str] = "Share classes"
    basis: Literal["revenue", "margin"] = setting("revenue", "value that is shared out", unit="choice", source="S5")
    share_a: float = setting(0.80, "share of value where class A ends", unit="share", source="S5", gt=0, lt=1)
    share_b: float = setting(0.96, "share of value where class B ends", unit="share", source="S5", gt=0, lt=1)
    share_c: float = setting(0.999, "share of value where class C ends", unit="share", source="S5", gt=0, le=1)
    d_rule: Literal["cum", "own"] = setting(
        "cum", "class D by the cumulative share, or by the client's own share", unit="choice", source="S5"
    )
    d_own_share: float = setting(
        0.001, "own share below which a client is D under the rule own", unit="share", source="S5", ge=0, lt=1
    )
    ties: Literal["share", "order"] = setting(
        "share", "equal clients share a class, or are ordered by code", unit="choice", source="ours"
    )
    tie_warning: float = setting(
        0.05, "share of value of one group of equal clients that is warned of", unit="share", source="ours", gt=0, le=1
    )
    tail_share: float = setting(
        0.20, "joint share of the small clients listed as the tail", unit="share", source="S5", gt=0, lt=1
    )

    @pydantic.model_validator(mode="after")
    def _bounds_in_order(self) -> ShareClasses:
        self._check_order("share_a", "share_b", "share_c")
        return self


class Scoring(Section):
    """M12: does the class of a client agree with what the client could be."""

    title: ClassVar[str] = "Weighted scoring"
    score_low: float = setting(1.0, "lowest score", unit="points", source="S5")
    score_high: float = setting(3.0, "highest score", unit="points", source="S5")
    cut: str = setting(
        "mid_scale", "total from which a score is high: mid_scale, median, or a number", unit="points", source="ours"
    )
    sign_weights: dict[str, float] = setting(
        {}, "weights of signs that differ from the list's, by code of the sign", unit="weight", source="company"
    )
    known_from: float = setting(
        0.70, "share of the weight that must be scored for a total", unit="share", source="ours", gt=0, le=1
    )
    weight_low: float = setting(1.0, "weight of the weakest sign when weights are recomputed", unit="weight", source="S5", gt=0)
    weight_high: float = setting(
        1.5, "weight of the strongest sign when weights are recomputed", unit="weight", source="S5", gt=0
    )

    @pydantic.field_validator("sign_weights")
    @classmethod
    def _weights_are_not_negative(cls, weights: dict[str, float]) -> dict[str, float]:
        if weights and (min(weights.values()) < 0 or max(weights.values()) == 0):
            raise ValueError("needs weights of 0 or more, not all of them 0")
        return weights

    @pydantic.field_validator("cut")
    @classmethod
    def _cut_is_known(cls, cut: str) -> str:
        if cut not in ("mid_scale", "median"):
            try:
                float(cut)
            except ValueError:
                raise ValueError("needs mid_scale, median or a number such as 13.4") from None
        return cut

    @pydantic.model_validator(mode="after")
    def _bounds_in_order(self) -> Scoring:
        self._check_order("score_low", "score_high")
        self._check_order("weight_low", "weight_high", may_be_equal=True)
        return self


class Stability(Section):
    """M06: on whose purchases one can plan."""

    title: ClassVar[str] = "Stability of purchases"
    x_to: float = setting(
        0.5, "coefficient of variation up to which purchases are steady (X)", unit="times", source="ours", gt=0
    )
    y_to: float = setting(1.0, "coefficient of variation up to which purchases swing (Y)", unit="times", source="ours", gt=0)
    xyz_preset: Literal["clients", "goods"] = setting(
        "clients", "bounds in force: those typed for clients, or the textbook's for goods", unit="choice", source="ours"
    )
    min_periods: int = setting(6, "shorter series get no class", unit="periods", source="ours", ge=2)
    silent_months: int = setting(
        3, "last months without a deal after which a client is silent", unit="months", source="ours", ge=1
    )
    trailing: Literal["zeros", "cut"] = setting(
        "zeros", "periods after the last purchase: counted as they are, or cut off", unit="choice", source="ours"
    )
    is_seasonal: bool = setting(
        False,
        "removal of the season: revenue is first divided by the seasonal index of the company",
        unit="choice",
        source="ours",
    )

    @pydantic.model_validator(mode="after")
    def _bounds_in_order(self) -> Stability:
        self._check_order("x_to", "y_to")
        return self


class Concentration(Section):
    """M07: what happens if a key client leaves, and whether there is a middle."""

    title: ClassVar[str] = "Concentration"
    large_share: float = setting(0.05, "own share from which a client is large", unit="share", source="ours", gt=0, lt=1)
    middle_share: float = setting(0.01, "own share from which a client is of the middle", unit="share", source="S5", gt=0, lt=1)
    dust_share: float = setting(0.0001, "own share below which a client is dust", unit="share", source="S5", ge=0, lt=1)
    top_five_from: float = setting(
        0.70, "share of the five largest above which the middle is asked for", unit="share", source="S5", gt=0, le=1
    )
    middle_below: float = setting(
        0.15, "joint share of the middle below which it is missing", unit="share", source="ours", gt=0, le=1
    )
    fixed_costs: float = setting(
        0.0, "fixed costs of a window, which a lost client leaves as they are; 0 leaves break-even out", unit="money",
        source="company", ge=0,
    )  # fmt: skip
    lost_clients: int = setting(
        3, "number of the largest clients that the scenario loses", unit="clients", source="S5", ge=1, le=50
    )
    loss_probabilities: dict[str, float] = setting(
        {}, "chance that a client of a class leaves within a year; a class left out takes its past rate", unit="shares",
        source="company",
    )  # fmt: skip

    @pydantic.field_validator("loss_probabilities")
    @classmethod
    def _probabilities_of_classes(cls, chances: dict[str, float]) -> dict[str, float]:
        if unknown := sorted(set(chances) - set("ABCD")):
            raise ValueError(f"needs chances by share class A, B, C or D; found {', '.join(unknown)}")
        if chances and not 0 <= min(chances.values()) <= max(chances.values()) <= 1:
            raise ValueError("needs chances between 0 and 1")
        return chances

    @pydantic.model_validator(mode="after")
    def _bounds_in_order(self) -> Concentration:
        self._check_order("dust_share", "middle_share", "large_share")
        return self


class Cohorts(Section):
    """M08: whether new clients are as good as old ones."""

    title: ClassVar[str] = "Cohorts"
    min_cohort: int = setting(5, "clients a cohort needs for percentages", unit="clients", source="ours", ge=1)
    weak_below: float = setting(
        0.5, "revenue share over client share below which a cohort is weak", unit="times", source="ours", gt=0
    )
    age_months: int = setting(
        12, "first months of every client that cohorts are compared by", unit="months", source="ours", ge=1, le=36
    )


class Regions(Section):
    """M09: which regions carry sales, and whether effort is steady."""

    title: ClassVar[str] = "Regions"
    carrying_share: float = setting(
        0.80, "share of revenue that the carrying regions reach together", unit="share", source="S5", gt=0, lt=1
    )
    season_from: float = setting(
        0.5, "correlation of two years' profiles from which a region is seasonal", unit="points", source="ours", ge=0, le=1
    )
    amplitude_from: float = setting(
        1.5, "highest over lowest seasonal index from which a region is seasonal", unit="times", source="ours", ge=1
    )
    unsteady_from: float = setting(
        0.5, "coefficient of variation above which sales without season are unsteady", unit="times", source="ours", gt=0
    )


class Delivery(Section):
    """M10: who uses our delivery, and whether it is earned."""

    title: ClassVar[str] = "Delivery"
    core_share: float = setting(0.90, "share of revenue that the core clients make", unit="share", source="S5", gt=0, lt=1)
    delivered_from: float = setting(
        0.5, "share of a client's orders delivered by us from which it is a delivered client", unit="share", source="ours",
        gt=0, le=1,
    )  # fmt: skip
    allowed_share: float = setting(
        0.30, "part of an order's margin that its delivery may take", unit="share", source="ours", gt=0, le=1
    )


class Portrait(Section):
    """M13: what distinguishes the best clients."""

    title: ClassVar[str] = "Portrait of the target client"
    target: Literal["A", "A+B", "top_quarter", "A_high"] = setting(
        "A", "clients the portrait is drawn from: classes, the top quarter of totals, or class A with a high total",
        unit="choice", source="ours",
    )  # fmt: skip
    lift_from: float = setting(
        1.5, "share among target clients over share in the base from which a trait enters", unit="times", source="ours", gt=1
    )
    delta_from: float = setting(
        0.33, "Cliff's delta, up or down, from which a number enters", unit="points", source="ours", gt=0, le=1
    )
    q_to: float = setting(
        0.10, "false discoveries allowed among the traits that enter (q of Benjamini and Hochberg)", unit="share",
        source="ours", gt=0, lt=1,
    )  # fmt: skip
    min_target: int = setting(3, "target clients a trait needs", unit="clients", source="ours", ge=1)
    min_target_large: int = setting(5, "target clients a trait needs where these are many", unit="clients", source="ours", ge=1)
    large_target: int = setting(30, "target clients from which they are many", unit="clients", source="ours", ge=1)
    hints_below: int = setting(5, "fewer target clients than this give hints only", unit="clients", source="ours", ge=1)
    missing_from: float = setting(
        0.10, "share of clients without a value above which its absence is a trait too", unit="share", source="ours", ge=0, le=1
    )
    match_from: float = setting(
        0.60, "part of the portrait from which another client is a look-alike", unit="share", source="ours", gt=0, le=1
    )
    confirmed_from: float = setting(
        1.2, "share among target clients over share in the base from which a declared segment is confirmed", unit="times",
        source="ours", gt=1,
    )  # fmt: skip
    refuted_below: float = setting(
        0.8, "the same share below which a declared segment is not confirmed", unit="times", source="ours", gt=0, lt=1
    )
    declared_segments: dict[str, list[str]] = setting(
        {}, "segments the company says it serves: column of the client list with its values", unit="segments", source="S4"
    )


class Load(Section):
    """M14: what load each client puts on the departments, and what it returns."""

    title: ClassVar[str] = "Client load"
    practical_share: float = setting(
        0.80, "part of the paid hours that is fit for work, where the table of departments does not say", unit="share",
        source="convention", gt=0, le=1,
    )  # fmt: skip
    earned_rate: float = setting(
        0.0, "cost of service that a unit of return earns (kappa); 0 takes the actual one", unit="share", source="ours", ge=0
    )
    loyal_from: float = setting(0.6, "loyalty index from which a client is loyal", unit="points", source="ours", gt=0, le=1)
    growth_from: float = setting(
        0.10, "growth of revenue from which a client of the middle is growing", unit="share", source="ours", gt=0
    )
    loyal_years: float = setting(3.0, "years as a client that count as full tenure", unit="years", source="ours", gt=0)
    full_discount: float = setting(
        0.15, "discount rate from which a client counts as buying for the price alone", unit="share", source="ours", gt=0, le=1
    )
    high_from: float = setting(2.0, "times the average from which a habit is flagged", unit="times", source="ours", gt=1)
    typed_departments: dict[str, dict[str, float]] = setting(
        {}, "cost a year, heads and hours a year of each department, typed where no table has them", unit="departments",
        source="company",
    )  # fmt: skip
    typed_minutes: dict[str, dict[str, float]] = setting(
        {}, "minutes for an order, line, return, delivery, contact or complaint by department, typed where no work is recorded",
        unit="minutes", source="company",
    )  # fmt: skip
    service_rules: dict[str, dict[str, float | str]] = setting(
        {}, "service rules of a group of clients that differ from the table's", unit="rules", source="ours"
    )


class Parity(Section):
    """M15: what must come back for a discount."""

    title: ClassVar[str] = "Profit parity"
    negotiated_client: str = setting(
        "", "code of the client at the table; empty takes the largest by revenue", unit="client", source="ours"
    )
    asked_discount: float = setting(0.05, "discount asked for, on the present price", unit="share", source="ours", gt=-1, lt=1)
    margin_rate: float = setting(
        0.0, "variable margin rate of the calculation; 0 takes the client's own", unit="share", source="company", ge=0, le=1
    )
    offers: dict[str, float] = setting(
        {}, "offers of the client: volume, mix, payment, orders, pickup, portal, forecast, contract, referral, service",
        unit="offers", source="company",
    )  # fmt: skip
    capital_rate: float = setting(0.10, "cost of capital a year", unit="share", source="company", ge=0, le=1)
    realisation: float = setting(
        0.5, "part of the saved working time that becomes money", unit="share", source="ours", ge=0, le=1
    )
    holding_rate: float = setting(0.25, "cost of holding stock a year", unit="share", source="ours", ge=0, le=1)
    cost_per_order: float = setting(
        0.0, "cost of handling one order; 0 takes the one measured", unit="money", source="company", ge=0
    )
    extra_cost: float = setting(0.0, "extra fixed cost a year of the new terms", unit="money", source="company", ge=0)
    refusal_risk: float = setting(
        0.0, "chance that a refusal loses the client; 0 shows several", unit="share", source="company",
        ge=0, le=1,
    )  # fmt: skip
    table_discounts: list[float] = setting(
        [0.03, 0.05, 0.10], "discounts of the table for negotiations", unit="shares", source="ours"
    )
    table_margins: list[float] = setting(
        [0.2, 0.3, 0.4], "margin rates of the table for negotiations", unit="shares", source="ours"
    )
    shortfall: float = setting(0.20, "part of the plan that is missing", unit="share", source="S3", ge=0, lt=1)
    discounted_share: float = setting(
        1.0, "part of existing sales that the discount reaches", unit="share", source="ours", ge=0, le=1
    )
    commission_rate: float = setting(0.0, "commission on revenue", unit="share", source="company", ge=0, lt=1)
    deeper_from: float = setting(
        0.005,
        "change of the discount, on the former price, from which it counts as one",
        unit="share",
        source="ours",
        gt=0,
        lt=1,
    )

    @pydantic.field_validator("table_discounts", "table_margins")
    @classmethod
    def _shares_of_a_table(cls, shares: list[float]) -> list[float]:
        if not shares or not all(-1 < share < 1 for share in shares):
            raise ValueError("needs shares between -1 and 1, such as [0.03, 0.05]")
        return shares


class Economics(Section):
    """M21: what winning and keeping a client repays."""

    title: ClassVar[str] = "Economics of clients"
    channel_spend: dict[str, float] = setting(
        {}, "spend of the window on each source of clients, for clients without an acquisition cost of their own", unit="money",
        source="company",
    )  # fmt: skip
    retention_step: float = setting(0.05, "gain of retention whose effect is computed", unit="share", source="S2", gt=0, lt=1)
    saying_tolerance: float = setting(
        0.20, "relative distance within which a saying is confirmed", unit="share", source="ours", gt=0, lt=1
    )
    min_retention: int = setting(
        20, "clients of the base year below which retention is told as an interval only", unit="clients", source="ours", ge=1
    )


SECTIONS: dict[str, type[Section]] = {
    "preparation": Preparation,
    "flows": Flows,
    "purchase_size": PurchaseSize,
    "assortment": Assortment,
    "relationship": Relationship,
    "share_classes": ShareClasses,
    "scoring": Scoring,
    "stability": Stability,
    "concentration": Concentration,
    "cohorts": Cohorts,
    "regions": Regions,
    "delivery": Delivery,
    "portrait": Portrait,
    "load": Load,
    "parity": Parity,
    "economics": Economics,
}
SECTION_OF: dict[str, str] = {name: section for section, model in SECTIONS.items() for name in model.model_fields}
