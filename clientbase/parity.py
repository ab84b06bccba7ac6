"""Profit parity on one study: the table for negotiations, a plan that is short, and the audit of discounts given (M15)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from clientbase.counterparty import Counterparty
from clientbase.derived import Derives, derived
from clientbase.method import discount_audit, parity
from clientbase.method.common import is_among
from clientbase.negotiation import Negotiation

if TYPE_CHECKING:
    from clientbase.ledger.reading import LedgerResult
    from clientbase.load import Load
    from clientbase.steps import Steps

MONEY = ("revenue", "list_revenue", "discount", "margin")


class Parity(Derives):
    """The tables of profit parity, computed when first asked for."""

    def __init__(self, steps: Steps, load: Load, ledger: LedgerResult) -> None:
        self.steps = steps
        self.load = load
        self._ledger = ledger
        self._given = steps.settings.parity

    # One client at the table

    @derived
    def negotiation(self) -> Negotiation:
        """The bargain that the settings describe."""
        given = self._given
        return self.bargain_with(given.negotiated_client, discount=given.asked_discount, offers=given.offers)

    def bargain_with(self, client: str, *, discount: float, offers: dict[str, float]) -> Negotiation:
        """Return the bargain with a client, by code or name; empty takes the largest of the analysed ones."""
        counterparty = Counterparty(self.steps, self.load, self._ledger.group_money, client)
        return Negotiation(self.steps, counterparty, discount, offers)

    @derived
    def table(self) -> pd.DataFrame:
        """One row per margin rate and discount: the growth that keeps the margin, the client's own pair among them."""
        own, given = self.negotiation, self._given
        rates = [*given.table_margins, *([] if math.isnan(own.client.margin_rate) else [round(own.client.margin_rate, 4)])]
        return parity.parity_table(rates, [*given.table_discounts, own.discount], headroom=own.client.headroom)

    # A plan that is short

    @property
    def margin_rate(self) -> float:
        """The margin rate of the analysed clients: as typed, or their own; NaN where margins are not known."""
        if self._given.margin_rate:
            return self._given.margin_rate
        revenue = self.steps.facts["revenue"].sum()
        return float(self.steps.facts["margin"].sum() / revenue) if self.steps.has_margin and revenue > 0 else math.nan

    @derived
    def plan(self) -> pd.DataFrame:
        """One row per meaning of "without losing profit": the deepest discount that reaches the plan."""
        given = self._given
        return parity.plan_discounts(
            margin_rate=self.margin_rate,
            shortfall=given.shortfall,
            discounted_share=given.discounted_share,
            commission_rate=given.commission_rate,
        )

    # The discounts given

    @property
    def has_discounts(self) -> bool:
        """Whether prices before discount are known."""
        return "list_revenue" in self.steps.facts

    @derived
    def audit(self) -> pd.DataFrame | None:
        """One row per client in scope, by falling discount: what was given and what margin was kept; None without prices."""
        if not self.has_discounts:
            return None
        return self.steps.named(discount_audit.discount_audit(self.steps.facts, key=["client_id"]))

    @property
    def margin_audit(self) -> pd.DataFrame | None:
        """The audit by client where margins are known too, which its picture needs."""
        return self.audit if self.steps.has_margin else None

    @derived
    def audit_totals(self) -> discount_audit.AuditTotals | None:
        """The discounts of all clients in scope together."""
        return None if self.audit is None else discount_audit.audit_totals(self.steps.facts)

    @derived
    def group_audit(self) -> pd.DataFrame | None:
        """One row per product group, for the clients in scope; None without prices or groups."""
        if self._group_sums is None:
            return None
        return discount_audit.discount_audit(self._group_sums, key=["product_group"])

    @derived
    def _group_sums(self) -> pd.DataFrame | None:
        money = self._ledger.group_money
        if money is None or not self.has_discounts:
            return None
        money = money[is_among(money["client_id"], self.steps.facts["client_id"])]
        return money.drop(columns="client_id").groupby("product_group", as_index=False).sum()

    @derived
    def bands(self) -> pd.DataFrame | None:
        """One row per band of the discount on a line, for the clients in scope; None without prices."""
        bands = self._ledger.discount_bands
        if bands is None:
            return None
        return discount_audit.band_table(bands[is_among(bands["client_id"], self.steps.facts["client_id"])])

    @property
    def margin_bands(self) -> pd.DataFrame | None:
        """The bands where margins are known too, which their picture needs."""
        return self.bands if self.steps.has_margin else None

    @derived
    def changes(self) -> pd.DataFrame | None:
        """One row per client with sales in both windows: the change of its discount, and whether the volume came."""
        if not self.has_discounts or "margin" not in self.steps.facts:
            return None
        found = discount_audit.discount_change(self.steps.facts, key=["client_id"], min_change=self._given.deeper_from)
        return self.steps.named(found)

    @derived
    def n_not_compared(self) -> int:
        """How many clients in scope have sales at list prices in one of the windows only."""
        return 0 if self.changes is None else discount_audit.n_not_compared(self.steps.facts)

    @derived
    def change_summary(self) -> pd.DataFrame | None:
        """One row per outcome of the changes."""
        return None if self.changes is None else discount_audit.change_summary(self.changes)

    @derived
    def group_changes(self) -> pd.DataFrame | None:
        """One row per product group sold in both windows."""
        if self._group_sums is None or "margin" not in self._group_sums:
            return None
        return discount_audit.discount_change(self._group_sums, key=["product_group"], min_change=self._given.deeper_from)
