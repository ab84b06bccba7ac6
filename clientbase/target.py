"""The target client on one study: whom the portrait is drawn from, what distinguishes them, who is like them (M13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clientbase.derived import Derives, derived
from clientbase.errors import SettingError
from clientbase.method import look_alikes, portrait
from clientbase.method.periods import month_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clientbase.steps import Steps

# What a client is. What defines its class (revenue, deals, purchase, margin) and what it buys from us are left out, so that
# the portrait fits prospects too.
CATEGORIES = (
    "client_type", "region", "industry", "trade_kind", "business_size", "has_retail", "serves_target_consumer", "tech_level",
    "delivery_mode", "source", "brand_exclusive", "dealer_available",
)  # fmt: skip
NUMBERS = ("wallet_share", "overdue_share")
LOWER_CLASSES = ("C", "D", "0")
NEEDS_TOTALS = "This target needs total scores, which these data do not give. Set target to A or A+B."
NO_TARGET = "No client belongs to this target."
NO_ATTRIBUTE = "The clients do not differ in any attribute that is known of them."


class TargetClient(Derives):
    """The tables of the target client, computed when first asked for."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    @property
    def lift_from(self) -> float:
        """The lift from which a trait enters."""
        return self.steps.settings.portrait.lift_from

    @property
    def delta_from(self) -> float:
        """The delta from which a number enters."""
        return self.steps.settings.portrait.delta_from

    @derived
    def all_clients(self) -> pd.DataFrame:
        """One row per client in scope, prospects too: attributes, share class, total where there is one."""
        clients = self.steps.share_classes
        if self.steps.quadrants is not None:
            scored = self.steps.quadrants[["client_id", "total", "is_high", "quadrant"]]
            clients = clients.merge(scored, on="client_id", how="left", validate="1:1")
        first = clients["first_purchase_date"]
        months = month_number(self.steps.window.end) - (first.dt.year * 12 + first.dt.month - 1) + 1
        return self.steps.named(clients.assign(tenure_months=months.where(months > 0)))

    @derived
    def clients(self) -> pd.DataFrame:
        """The clients that are compared: those with orders in the window."""
        return self.all_clients[self.all_clients["n_orders"] > 0].reset_index(drop=True)

    @derived
    def categories(self) -> list[str]:
        """The categorical attributes known of any client that is compared."""
        return self._known(CATEGORIES)

    @derived
    def numbers(self) -> list[str]:
        """The numeric attributes known of any client that is compared."""
        return self._known(NUMBERS)

    def _known(self, names: Sequence[str]) -> list[str]:
        """Return those of the attributes that are known, told from the facts: every page asks, few need classes for it."""
        company = self.steps.company
        is_compared = self.steps.is_in_scope & (company["n_orders"] > 0).to_numpy()
        return [name for name in names if name in company and company.loc[is_compared, name].notna().any()]

    @derived
    def is_target(self) -> pd.Series | None:
        """Whether each of clients is a target client; None where the target cannot be told or is empty, see reason."""
        if self._lacks_totals:
            return None
        found = portrait.target_clients(self.clients, target=self.steps.settings.portrait.target)
        return found if found.any() else None

    @property
    def _lacks_totals(self) -> bool:
        return self.steps.settings.portrait.target in ("top_quarter", "A_high") and self.steps.quadrants is None

    @property
    def n_target(self) -> int:
        """How many target clients there are."""
        return 0 if self.is_target is None else int(self.is_target.sum())

    @derived
    def lines(self) -> pd.DataFrame | None:
        """One row per trait: how often target clients have it, and whether it enters the portrait; None without target."""
        if self.is_target is None:
            return None
        given = self.steps.settings.portrait
        found = portrait.portrait_lines(
            self.clients,
            self.is_target,
            category_attributes=self.categories,
            number_attributes=self.numbers,
            lift_from=given.lift_from,
            delta_from=given.delta_from,
            q_to=given.q_to,
            min_target=given.min_target,
            min_target_large=given.min_target_large,
            large_target=given.large_target,
            hints_below=given.hints_below,
            missing_from=given.missing_from,
        )
        return None if found.empty else found

    def reason(self) -> str:
        """Return why there is no portrait although clients have attributes; empty when there is one."""
        if self.lines is not None:
            return ""
        if self.is_target is not None:
            return NO_ATTRIBUTE
        return NEEDS_TOTALS if self._lacks_totals else NO_TARGET

    @derived
    def trait_lines(self) -> pd.DataFrame | None:
        """The lines of categories."""
        return None if self.lines is None else self.lines[self.lines["attribute_kind"] == "category"].reset_index(drop=True)

    @derived
    def number_lines(self) -> pd.DataFrame | None:
        """The lines of numbers."""
        return None if self.lines is None else self.lines[self.lines["attribute_kind"] == "number"].reset_index(drop=True)

    @derived
    def shown_lines(self) -> pd.DataFrame | None:
        """The lines of the portrait and the hints."""
        return None if self.lines is None else self.lines[self.lines["line_kind"] != "no difference"].reset_index(drop=True)

    @derived
    def segments(self) -> pd.DataFrame | None:
        """One row per declared segment, and per line of the portrait that nobody declared; None without declared segments."""
        given = self.steps.settings.portrait
        if self.lines is None or not given.declared_segments:
            return None
        if unknown := sorted(set(given.declared_segments) - set(self.all_clients)):
            raise SettingError(
                f"declared_segments names {', '.join(map(repr, unknown))}, which the client list does not have; it has "
                f"{', '.join(self.categories) or 'no attributes'}. Correct [portrait] declared_segments in study.toml."
            )
        return look_alikes.declared_segments(
            self.clients,
            self.is_target,
            self.lines,
            declared=given.declared_segments,
            confirmed_from=given.confirmed_from,
            refuted_below=given.refuted_below,
            min_target=given.min_target,
            missing_from=given.missing_from,
        )

    @derived
    def look_alikes(self) -> pd.DataFrame | None:
        """One row per client of the lower classes or prospect that has enough of the portrait; None without portrait."""
        if self.lines is None or not (self.lines["line_kind"] == "portrait").any():
            return None
        others = self.all_clients[self.all_clients["share_class"].isin(LOWER_CLASSES)]
        found = look_alikes.look_alikes(others, self.lines, match_from=self.steps.settings.portrait.match_from)
        known = [name for name in ("client_id", "share_class", "quadrant", "revenue") if name in others]
        found = found.merge(others[known], on="client_id", validate="1:1")
        return found.sort_values(["portrait_match", "revenue", "client_id"], ascending=[False, False, True], ignore_index=True)

    @derived
    def both_sides(self) -> pd.DataFrame | None:
        """One row per measure of what our terms look like from the clients' side; None without target."""
        return None if self.is_target is None else portrait.both_sides(self.clients, self.is_target)
