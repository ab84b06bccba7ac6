"""The economics of clients on one study: payback, unprofitable clients, retention and its value, sayings tested (M21)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from clientbase.derived import Derives, derived
from clientbase.errors import NothingToAnalyseError, SettingError
from clientbase.method import concentration, payback, retention, sayings
from clientbase.method.common import is_among
from clientbase.method.periods import month_number, month_start

if TYPE_CHECKING:
    from clientbase.load import Load
    from clientbase.steps import Steps

YEAR_MONTHS = 12
NO_MARGINS = "Margins are not known. This needs orders.cost."
NO_ACQUISITION = (
    "What winning a client cost is not known. This needs clients.acquisition_cost, or the spend by source of clients "
    "(channel_spend of economics in study.toml)."
)
NO_PAYBACK = "No client with a known cost of winning it can be followed from its first purchase."
HALF_OPEN = "Half of the clients have not repaid yet, so the middle one is not known."
NO_LOAD = "What serving a client costs is not known. This needs activities and departments."
NO_NET = "Of no client with purchases the cost to serve is known."
NO_CONTACT_COST = (
    "What calls and meetings with the clients that stayed cost is not known. This needs activities and departments."
)
NO_PREVIOUS = "The data do not hold the whole window before, so nobody can be seen to stay."
NOBODY_BEFORE = "Nobody bought in the window before."
FEW_BEFORE = "Too few clients bought in the window before for a rate (setting min_retention)."
ALL_STAYED = "So many clients stay that there is no room for five points more."
NO_TOP = "No client brings a positive margin."
NO_CONTACTS = "Contacts are not recorded. This needs activities with calls and meetings, or crm_facts."
NO_PROSPECTS = "The client list holds nobody who has not bought yet."
NO_BUYERS = "Nobody in the client list has bought yet."
NO_MARGIN_LEFT = "An average client brings nothing, so its value cannot be told."


class Economics(Derives):
    """The tables of the economics of clients in the analysed flow, computed when first asked for.

    Args:
        steps: the five steps of the study.
        load: the client load, whose results may be missing.
        contacts: one row per client_id x month: n_contacts; None where none are recorded.
    """

    def __init__(self, steps: Steps, load: Load, contacts: pd.DataFrame | None) -> None:
        self.steps = steps
        self.load = load
        self.contacts = contacts
        self._given = steps.settings.economics

    @property
    def end(self) -> int:
        """Return the number of the window's last month."""
        return month_number(self.steps.window.end)

    @property
    def first(self) -> int:
        """Return the number of the first month of the data."""
        return self.end - self.steps.history_months + 1

    @property
    def has_previous(self) -> bool:
        """Whether the data hold the whole window before."""
        return self.steps.history_months >= self.steps.window.months + self.steps.previous.months

    @property
    def interest(self) -> float:
        """The interest a year that later margins are discounted by."""
        return self.steps.settings.parity.capital_rate

    # Payback

    @derived
    def company(self) -> pd.DataFrame:
        """Facts of all clients of the company; is_before_data holds too where a given first purchase lies before the data."""
        facts = self.steps.company
        is_earlier = facts["first_purchase_date"] < pd.Timestamp(month_start(self.first))
        return facts.assign(is_before_data=facts["is_before_data"] | is_earlier)

    @derived
    def channel_costs(self) -> pd.DataFrame | None:
        """One row per source with typed spend: clients it brought in the window and the cost of one; None without spend."""
        spend = self._given.channel_spend
        if not spend:
            return None
        known = sorted(set(self.company["source"].dropna())) if "source" in self.company else []
        if unknown := sorted(set(spend) - set(known)):
            raise SettingError(
                f"channel_spend names {', '.join(map(repr, unknown))}; the sources of the client list are "
                f"{', '.join(map(repr, known)) or 'not known'}. Correct [economics] channel_spend in study.toml."
            )
        window = self.steps.window
        return payback.channel_costs(self.company, spend, start=window.start, end=window.end)

    @derived
    def clients(self) -> pd.DataFrame:
        """One row per client in scope: what winning it cost, where known, and whether it is gone (level S)."""
        spend = {} if self.channel_costs is None else self._given.channel_spend
        window = self.steps.window
        known = payback.acquisition_costs(self.company, spend, start=window.start, end=window.end)
        levels = self.steps.levels
        gone = levels.loc[levels["rel_level"] == "S", "client_id"]
        scope = known[is_among(known["client_id"], self.steps.facts["client_id"])].reset_index(drop=True)
        return scope.assign(is_gone=scope["client_id"].isin(gone))

    @derived
    def contributions(self) -> pd.DataFrame | None:
        """One row per client in scope and month: margin less the cost to serve where it is known; None without margins."""
        if not self.steps.has_margin:
            return None
        scope = self.steps.facts["client_id"]
        months, costs = self.steps.months, self.load.client_months
        costs = None if costs is None else costs[is_among(costs["client_id"], scope)]
        return payback.contributions(months[is_among(months["client_id"], scope)], costs)

    @derived
    def first_cost(self) -> pd.Timestamp | None:
        """The first month of which the cost to serve is known; None where it is not."""
        if self.contributions is None or "cts" not in self.contributions:
            return None
        known = self.contributions.loc[self.contributions["cts"].notna(), "month"]
        return pd.Timestamp(known.min()) if len(known) else None

    @derived
    def payback(self) -> pd.DataFrame | None:
        """One row per client with a known cost of winning it, the largest losses first; None where none is known."""
        if self.contributions is None or self.clients["acquisition_cost"].isna().all():
            return None
        found = payback.payback(self.clients, self.contributions, end=self.end)
        found = found.merge(self.clients[["client_id", "cost_origin"]], on="client_id", validate="1:1")
        return self.steps.named(found.sort_values(["gain", "client_id"], ignore_index=True))

    @derived
    def payback_summary(self) -> payback.Payback | None:
        """How many repaid, when, and what was lost; None where payback is."""
        return None if self.payback is None else payback.payback_summary(self.payback)

    @property
    def n_cost_unknown(self) -> int:
        """How many clients in scope that ever bought have no known cost of winning them."""
        return int((self.clients["acquisition_cost"].isna() & (self.clients["n_deals_total"] > 0)).sum())

    @derived
    def cohort_curves(self) -> pd.DataFrame | None:
        """One row per cohort in scope and month of age: what an average client has brought by then; None without margins."""
        if self.contributions is None:
            return None
        return payback.cumulative_by_cohort(self.clients, self.contributions, end=self.end)

    @derived
    def mean_acquisition_cost(self) -> float:
        """What winning a client in scope cost on average, NaN where it is not known of any."""
        return float(self.clients["acquisition_cost"].mean())

    def payback_reason(self) -> str:
        """Return why nothing is said of payback; empty when there is something."""
        if self.contributions is None:
            return NO_MARGINS
        if self.payback is None:
            return NO_ACQUISITION
        return "" if self.payback_summary.n_clients else NO_PAYBACK

    # Unprofitable clients

    @property
    def has_load(self) -> bool:
        """Whether the cost to serve is known, so that net is more than the margin."""
        return self.load.shares is not None

    @derived
    def nets(self) -> pd.DataFrame | None:
        """One row per client in scope: margin, cost to serve and net of the window; None without margins.

        Where work is recorded, a client without any of it has no net: its load is not known, which is not no load. Without
        any cost to serve the net is the margin.
        """
        if not self.steps.has_margin:
            return None
        facts = self.steps.facts[["client_id", "n_orders", "n_deals", "revenue", "margin"]]
        if not self.has_load:
            return facts.assign(net=facts["margin"])
        shares = self.load.shares
        known = shares.loc[shares["is_load_known"].astype(bool), ["client_id", "cts", "net"]]
        return facts.merge(known, on="client_id", how="left", validate="1:1")

    @derived
    def loss_causes(self) -> pd.DataFrame | None:
        """One row per client in scope with orders in the window, by rising net; None without margins."""
        return None if self.nets is None else self.steps.named(payback.loss_causes(self.nets))

    @derived
    def loss_makers(self) -> pd.DataFrame | None:
        """The clients that cost more than they bring, the largest losses first; None without margins.

        Without any cost to serve these are the clients with a negative margin, and there is no net beside it.
        """
        if self.loss_causes is None:
            return None
        found = self.loss_causes[self.loss_causes["loss_cause"].notna()].reset_index(drop=True)
        return found if self.has_load else found.drop(columns="net")

    @derived
    def unprofitable(self) -> payback.Unprofitable | None:
        """How many clients cost more than they bring, and why; None without margins."""
        return None if self.loss_causes is None else payback.unprofitable(self.loss_causes)

    # Retention and its value

    @derived
    def retention(self) -> retention.Retention | None:
        """How many clients in scope stayed; None where the data are too short or nobody bought before."""
        if not self.has_previous:
            return None
        found = retention.retention(self.steps.facts, window_months=self.steps.window.months)
        return found if found.n_before else None

    @property
    def is_rate_told(self) -> bool:
        """Whether enough clients stand behind the rate of retention to tell it as one number."""
        return self.retention is not None and self.retention.n_before >= self._given.min_retention

    @property
    def told_retention(self) -> float:
        """The retention a year, NaN where it is told as an interval only or not at all."""
        return self.retention.retention if self.is_rate_told else math.nan

    @derived
    def retention_years(self) -> pd.DataFrame | None:
        """One row per pair of successive windows that the data hold whole: retention; None where there is no pair."""
        if not self.has_previous:
            return None
        months = self.steps.months[is_among(self.steps.months["client_id"], self.steps.facts["client_id"])]
        window_months = self.steps.window.months
        found = retention.retention_by_year(months, first=self.first, end=self.end, window_months=window_months)
        found = found[found["n_before"] > 0].reset_index(drop=True)
        return found if len(found) else None

    def retention_reason(self) -> str:
        """Return why nothing is said of retention; empty when there is something."""
        if not self.has_previous:
            return NO_PREVIOUS
        return "" if self.retention is not None else NOBODY_BEFORE

    @derived
    def margin_a_year(self) -> float:
        """What a client in scope with deals brings a year: margin, less the cost to serve where known; NaN without margins."""
        if self.nets is None:
            return math.nan
        active = self.nets[self.nets["n_deals"] > 0]
        brought = active["net"].fillna(active["margin"])
        return float(brought.mean()) * YEAR_MONTHS / self.steps.window.months

    @derived
    def retention_effect(self) -> pd.DataFrame | None:
        """Two rows: what a step of retention is worth, in points and as a part of it; None where no rate is told."""
        if not self.is_rate_told:
            return None
        step = self._given.retention_step
        return retention.retention_effect(self.told_retention, interest=self.interest, step=step)

    @derived
    def value_curve(self) -> pd.DataFrame | None:
        """One row per rate of retention: the value of a client; None where an average client brings nothing."""
        if not self.margin_a_year > 0:
            return None
        return retention.value_by_retention(
            retention=self.told_retention,
            margin=self.margin_a_year,
            interest=self.interest,
            step=self._given.retention_step,
        )

    @derived
    def lifetime_value(self) -> float:
        """What an average client in scope is worth today, NaN where its margin or retention is not told."""
        if not self.margin_a_year > 0:
            return math.nan
        return float(retention.lifetime_value(self.margin_a_year, self.told_retention, interest=self.interest))

    @derived
    def retention_needed(self) -> tuple[float, float]:
        """The retention from which, and up to which, five points are worth what the saying claims."""
        claim = sayings.CLAIMS[sayings.RETENTION_PAYS]
        step = sayings.CLAIMED_STEP
        low, high = (
            float(retention.retention_needed(effect, interest=self.interest, step=step)) for effect in (claim.low, claim.high)
        )
        return low, high

    def value_reason(self) -> str:
        """Return why nothing is said of the value of a client; empty when there is something."""
        if not self.steps.has_margin:
            return NO_MARGINS
        return "" if self.value_curve is not None else NO_MARGIN_LEFT

    # Sayings

    @derived
    def contact_rates(self) -> pd.DataFrame | None:
        """Two rows: contacts a year with prospects and with clients in scope; None where none are recorded."""
        if self.contacts is None:
            return None
        first = month_number(self.steps.window.start)
        return sayings.contact_rates(self.steps.facts, self.contacts, first=first, end=self.end)

    @derived
    def sayings(self) -> pd.DataFrame:
        """One row per saying: what it claims, the base's own measure, the verdict or why there is none."""
        found = {
            "few bring most": self._top_fifth(),
            "new costs more": self._new_to_kept(),
            "half are lost": self._lost(),
            "repaid in a year": self._median(),
            "half unprofitable": self._unprofitable(),
            sayings.RETENTION_PAYS: self._five_points(),
            "contacts with prospects": self._contacts("prospects", NO_PROSPECTS),
            "contacts with clients": self._contacts("clients", NO_BUYERS),
        }
        measures = pd.DataFrame(
            [(saying, *answer) for saying, answer in found.items()], columns=["saying", "own_value", "reason"]
        )
        return sayings.sayings(measures, tolerance=self._given.saying_tolerance)

    def _top_fifth(self) -> tuple[float, str]:
        """Return the share of margin of the largest fifth of the clients."""
        if not self.steps.has_margin:
            return math.nan, NO_MARGINS
        try:
            return concentration.concentration(self.steps.facts, "margin").top_fifth_share, ""
        except NothingToAnalyseError:
            return math.nan, NO_TOP

    def _new_to_kept(self) -> tuple[float, str]:
        """Return how many times the cost of keeping a client for a year winning one costs."""
        if math.isnan(self.mean_acquisition_cost):
            return math.nan, NO_ACQUISITION
        spent = self.load.contact_cost
        if not spent > 0 or not self.load.n_kept:
            return math.nan, NO_CONTACT_COST
        kept = spent / self.load.n_kept * YEAR_MONTHS / self.steps.window.months
        return self.mean_acquisition_cost / kept, ""

    def _lost(self) -> tuple[float, str]:
        """Return the share of clients lost in five years, as many as would go at the present rate."""
        if not self.is_rate_told:
            return math.nan, self.retention_reason() or FEW_BEFORE
        return 1 - self.retention.survival_share, ""

    def _median(self) -> tuple[float, str]:
        """Return the months by which half of the clients repaid."""
        if reason := self.payback_reason():
            return math.nan, reason
        return self.payback_summary.median_month, HALF_OPEN

    def _unprofitable(self) -> tuple[float, str]:
        """Return the share of clients that cost more than they bring, their service counted."""
        if not self.steps.has_margin:
            return math.nan, NO_MARGINS
        return (self.unprofitable.unprofitable_share, NO_NET) if self.has_load else (math.nan, NO_LOAD)

    def _five_points(self) -> tuple[float, str]:
        """Return the part by which the value of a client grows with five points of retention."""
        if not self.is_rate_told:
            return math.nan, self.retention_reason() or FEW_BEFORE
        found = retention.retention_effect(self.told_retention, interest=self.interest, step=sayings.CLAIMED_STEP)
        return float(found.loc[found["step_kind"] == "points", "effect_share"].iloc[0]), ALL_STAYED

    def _contacts(self, kind: str, nobody: str) -> tuple[float, str]:
        """Return the contacts a year with one of those clients."""
        if self.contact_rates is None:
            return math.nan, NO_CONTACTS
        rates = self.contact_rates.set_index("contact_kind")["contact_rate"]
        return float(rates[kind]), nobody
