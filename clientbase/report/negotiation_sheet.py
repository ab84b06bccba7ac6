"""The negotiation sheet of one client, composed from a study: finished words for one page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clientbase.findings.negotiation import VOLUME, NegotiationFindings
from clientbase.method.bargaining import DESERVED, NOT_KNOWN, SHORT
from clientbase.method.common import TOLERANCE
from clientbase.report.sheet_model import Ledger, LedgerRow, Line, Sheet

if TYPE_CHECKING:
    import datetime as dt

    from clientbase.negotiation import Negotiation
    from clientbase.report.sheet_model import VerdictKind
    from clientbase.study import Engagement
    from clientbase.words import Words

GROUPS_NAMED = 3
PREFERRED = "Preferred form: a bonus afterwards, or a step on the increment, so that nothing is given before it is earned."


def compose(engagement: Engagement, negotiation: Negotiation, *, made_on: dt.date, with_own_costs: bool) -> Sheet:
    """Return the sheet of a bargain.

    Args:
        engagement: the opened study.
        negotiation: the bargain with the client.
        made_on: the day that stands on the sheet.
        with_own_costs: whether the sheet holds our costs and margin; without them the client may see it.
    """
    words, findings = engagement.words, NegotiationFindings(negotiation, engagement.words)
    sheet = Sheet(
        title=words.text("Negotiation sheet"),
        client=negotiation.client.name,
        language=words.language,
        subtitle=words.text(
            "From {start} to {end}; amounts are a year's.",
            start=words.date(engagement.window.start),
            end=words.date(engagement.window.end),
        ),
        note=engagement.file.heading.note,
        facts=_facts(negotiation, words),
        own_costs=_own_costs(negotiation, words),
        own_notes=findings.growth() + findings.refusal()[:-1] + findings.caveats(),
        asked=_asked(negotiation, words),
        needed=_needed(negotiation, words),
        ledger=_ledger(negotiation, findings, words),
        ask_next=_ask_next(negotiation, findings, with_own_costs=with_own_costs),
        limits=[
            words.text(PREFERRED),
            words.text("Agreed offers are checked after a quarter; the discount follows what came."),
        ],
        made_on=words.date(made_on),
        confidential=words.text("For our side only: holds our costs and margin.") if with_own_costs else "",
    )
    return sheet if with_own_costs else sheet.without_own_costs()


def _facts(negotiation: Negotiation, words: Words) -> list[Line]:
    """Say what the client buys and brings."""
    client, facts = negotiation.client, negotiation.client.facts
    before = float(facts["previous_revenue"])
    change = (
        words.text("{x} against the window before", x=_signed(float(facts["revenue"]) / before - 1, words))
        if before > 0
        else ""
    )
    average = words.text("{x} each on average", x=words.money(client.revenue / client.n_orders)) if client.n_orders > 0 else ""
    lines = [
        Line(words.text("Revenue"), words.money(client.revenue), change),
        Line(words.label("n_orders"), words.whole(client.n_orders), average),
    ]
    if (bought := _groups(negotiation, words)) is not None:
        lines.append(bought)
    listed = float(facts.get("list_revenue", math.nan))
    if listed > 0:
        rate = float(facts["discount"]) / listed
        lines.append(Line(words.text("Discount now, on list prices"), words.percent(rate), ""))
    if not math.isnan(client.credit_days):
        lines.append(Line(words.text("Credit, days"), words.number(client.credit_days, 0), ""))
    if not math.isnan(client.margin_rate):
        rate = words.text("{x} of revenue", x=words.percent(client.margin_rate, 1))
        lines.append(Line(words.text("Margin"), words.money(client.margin), rate, is_internal=True))
    return lines


def _groups(negotiation: Negotiation, words: Words) -> Line | None:
    money = negotiation.client.group_money
    if money is None:
        return None
    own = money[(money["client_id"] == negotiation.client.client_id) & (money["revenue"] > 0)]
    if own.empty:
        return None
    own = own.sort_values(["revenue", "product_group"], ascending=[False, True])
    shares = own["revenue"] / own["revenue"].sum()
    named = [f"{group} {words.percent(part)}" for group, part in zip(own["product_group"], shares, strict=True)]
    count = words.text("{n} product {n:group|groups}", n=len(named))
    return Line(words.text("Buys"), count, words.listing(named, limit=GROUPS_NAMED))


def _own_costs(negotiation: Negotiation, words: Words) -> list[Line]:
    """Say what serving the client costs us, as far as it is known."""
    client = negotiation.client
    if math.isnan(client.cost_to_serve):
        return []
    part = words.text("{x} of revenue", x=words.percent(client.cost_to_serve / client.revenue)) if client.revenue > 0 else ""
    indicative = words.text("indicative") if client.load.is_indicative else ""
    lines = [Line(words.text("Cost to serve"), words.money(client.cost_to_serve), "; ".join(filter(None, (part, indicative))))]
    if not math.isnan(client.cost_per_order):
        lines.append(Line(words.text("Handling of one order"), words.money(client.cost_per_order)))
    if not math.isnan(client.delivery_cost):
        lines.append(Line(words.text("Deliveries"), words.money(client.delivery_cost)))
    if not math.isnan(client.net):
        lines.append(Line(words.text("Margin after service"), words.money(client.net)))
    return lines


def _asked(negotiation: Negotiation, words: Words) -> list[Line]:
    gives = words.text("{x} a year at the present volume", x=words.money(abs(negotiation.need)))
    name = "Discount on the present price" if negotiation.discount >= 0 else "Rise of the present price"
    return [Line(words.text(name), words.percent(abs(negotiation.discount), 1), gives)]


def _needed(negotiation: Negotiation, words: Words) -> list[Line]:
    """Say what alone would pay for the discount: volume, or terms."""
    client, growth = negotiation.client, negotiation.needed_growth
    if negotiation.discount == 0:
        return []
    if math.isnan(growth):
        return [Line(words.text("By volume alone"), words.text(_why_none(negotiation)), is_internal=True)]
    if negotiation.discount < 0:
        return [Line(words.text("May be lost of the volume"), words.percent(-growth), is_internal=True)]
    room = "" if math.isnan(client.headroom) else words.text("room for {x} at most", x=words.percent(client.headroom))
    lines = [Line(words.text("By volume alone"), words.text("{x} more", x=words.percent(growth)), room, is_internal=True)]
    days = negotiation.days_that_pay
    if not math.isnan(days):
        text = "payment after {n} {n:day|days}" if days >= 0 else "prepayment by {n} {n:day|days}"
        now = words.text("now {n} {n:day|days}", n=round(client.credit_days))
        lines.append(Line(words.text("By payment terms alone"), words.text(text, n=round(abs(days))), now, is_internal=True))
    return lines


def _why_none(negotiation: Negotiation) -> str:
    """Say why no growth pays."""
    client = negotiation.client
    if not client.revenue > 0:
        return "cannot be told: no purchases in the window"
    if math.isnan(client.margin_rate):
        return "cannot be told: margins are not known"
    return (
        "no discount: nothing is earned"
        if client.margin_rate <= TOLERANCE
        else "impossible: the discount takes the whole margin"
    )


def _kind(negotiation: Negotiation) -> VerdictKind:
    verdict = negotiation.bargain.verdict
    if negotiation.discount <= 0 or verdict == NOT_KNOWN or not negotiation.client.revenue > 0:
        return "open"
    return "good" if verdict == DESERVED else "short" if verdict == SHORT else "impossible"


def _ledger(negotiation: Negotiation, findings: NegotiationFindings, words: Words) -> Ledger:
    found, rows = negotiation.bargain, []
    for _, row in negotiation.ledger.iterrows():
        kind = row["offer_kind"]
        rows.append(
            LedgerRow(
                words.category("offer_kind", kind),
                findings.offer(kind, row["offered_terms"]),
                words.money(row["realised"]),
                is_internal=True,
            )
        )
    said = findings.ledger() if negotiation.offers else []
    told = [sentence for sentence in said if sentence not in findings.caveats()]
    return Ledger(
        rows=rows,
        need=words.money(found.need),
        offered=words.money(found.offered) if rows else "",
        gap=words.money_change(found.gap) if rows else "",
        verdict=" ".join(told),
        verdict_kind=_kind(negotiation),
    )


def _ask_next(negotiation: Negotiation, findings: NegotiationFindings, *, with_own_costs: bool) -> list[str]:
    """Name what has not been offered and would be worth most, in the terms of its best case.

    The growth that pays tells the margin of whoever knows the discount, so without our costs it stands without a number.
    """
    levers = negotiation.levers[~negotiation.levers["offer_kind"].isin(negotiation.offers)]
    terms = []
    for kind, best in zip(levers["offer_kind"], levers["best_terms"], strict=True):
        is_telling = kind == VOLUME and not with_own_costs
        terms.append(findings.words.category("offer_kind", kind) if is_telling else findings.offer(kind, best))
    return [f"{term[:1].upper()}{term[1:]}" for term in terms]


def _signed(change: float, words: Words) -> str:
    return f"+{words.percent(change)}" if change > 0 else words.percent(change)
