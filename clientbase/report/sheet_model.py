"""What a negotiation sheet shows: finished words for one page, composed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

VerdictKind = Literal["good", "short", "impossible", "open"]


@dataclass(frozen=True)
class Line:
    """One thing to know: what it is, its value, and a line that puts it in proportion.

    is_internal marks what gives our costs or margin away, as does a needed volume beside a known discount.
    """

    label: str
    value: str
    detail: str = ""
    is_internal: bool = False


@dataclass(frozen=True)
class LedgerRow:
    """One offer of the client: what it is, on which terms, what it is worth to us, how far it has come.

    is_internal marks a worth that follows from our costs or margin; offer, terms and state are said at the table.
    """

    offer: str
    terms: str
    worth: str = ""
    state: str = ""
    is_internal: bool = False


@dataclass(frozen=True)
class Ledger:
    """The offers against what is needed, and what they come to; verdict is a sentence, its kind chooses mark and heading."""

    rows: list[LedgerRow]
    need: str
    offered: str
    gap: str
    verdict: str
    verdict_kind: VerdictKind

    def without_own_costs(self) -> Ledger:
        """Return the ledger without worths that follow from our costs.

        Where there were any, totals and sentence go too: what is left of a total is the sum of what was taken out.
        """
        if not any(row.is_internal for row in self.rows):
            return self
        rows = [replace(row, worth="") if row.is_internal else row for row in self.rows]
        return replace(self, rows=rows, offered="", gap="", verdict="")


@dataclass(frozen=True)
class Sheet:
    """The page. An empty text or list leaves its part out.

    Shown to the client only as without_own_costs() returns it, so title, subtitle, note, ask_next, limits and confidential
    must hold nothing of our costs or margin; sentences that do are own_notes.

    title: what the page is. client: its name. subtitle: window and flow. note: the warning that data are invented.
    facts: what the client buys and brings. own_costs, own_notes: what serving it costs us, for our side only. asked: the
    discount. needed: what must come back, in volume, terms, or nothing possible. picture: PNG, with picture_alt as its
    words. language: as HTML names it. made_on: a date. confidential: for whom the page is.
    """

    title: str
    client: str
    ledger: Ledger
    language: str
    subtitle: str = ""
    note: str = ""
    facts: list[Line] = field(default_factory=list)
    own_costs: list[Line] = field(default_factory=list)
    own_notes: list[str] = field(default_factory=list)
    asked: list[Line] = field(default_factory=list)
    needed: list[Line] = field(default_factory=list)
    ask_next: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    picture: bytes | None = None
    picture_alt: str = ""
    made_on: str = ""
    confidential: str = ""

    def without_own_costs(self) -> Sheet:
        """Return a copy that may lie on the table: nothing in it tells what the client costs us or what we earn on it."""
        facts, asked, needed = (
            [line for line in lines if not line.is_internal] for lines in (self.facts, self.asked, self.needed)
        )
        return replace(
            self,
            ledger=self.ledger.without_own_costs(),
            facts=facts,
            own_costs=[],
            own_notes=[],
            asked=asked,
            needed=needed,
            picture=None,
            picture_alt="",
        )
