"""The panels, one per decision: what may be moved, the picture and sentences it gives, and the class it may change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from clientbase.figures import (
    assortment,
    client_load,
    concentration,
    data,
    delivery,
    economics,
    flows,
    parity,
    portrait,
    purchase_size,
    relationship,
    share_classes,
    stability,
    weighted_scoring,
)
from clientbase.panels.controls import share_slider, whole_slider
from clientbase.panels.panel import Panel, PanelSpec, Part, Picture
from clientbase.steps import WHOLE_BASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from clientbase.notebook import Page

LOWEST_WEIGHT, HIGHEST_WEIGHT = 0.0, 3.0
MOST_GROWTH, MOST_DAYS = 1.0, 120


def panel(page: Page, name: str) -> Panel:
    """Return the panel of this name on a page."""
    return Panel(page, PANELS[name])


def _flows(page: Page) -> Picture:
    found = page.findings
    return Picture(flows.profit_and_time, page.steps.flows_to_compare, found.flows_title(), found.flows(), {})


def _in_scope(page: Page) -> pd.DataFrame:
    """Tell for each client of the company whether it is analysed."""
    return page.steps.company[["client_id"]].assign(scope=np.where(page.steps.is_in_scope, "analysed", "left out"))


def _flow_choices(page: Page) -> dict[str, Any]:
    named = {
        page.words.category("flow", flow): flow for flow in sorted(page.steps.company["flow"].unique()) if flow != WHOLE_BASE
    }
    return {page.words.text("automatic"): "auto", page.words.text("all clients"): WHOLE_BASE} | named


def _data(page: Page) -> Picture:
    months = page.monthly_revenue()
    return Picture(data.monthly_revenue, months, page.findings.revenue_title(months), [page.findings.rhythm()], {})


def _sizes(page: Page) -> Picture:
    found, steps = page.findings, page.steps
    return Picture(purchase_size.size_map, steps.size_classes, found.sizes_title(), found.sizes(), steps.size_bounds)


def _gaps(page: Page) -> Picture:
    return Picture(assortment.gap_bars, page.steps.gap_summary, page.findings.gaps_title(), page.findings.focus(), {})


def _levels(page: Page) -> Picture:
    found = page.findings
    return Picture(relationship.ladder, page.steps.level_summary, found.ladder_title(), found.levels(), {})


def _shares(page: Page) -> Picture:
    found, steps = page.findings, page.steps
    return Picture(share_classes.cumulative_curve, steps.share_classes, found.shares_title(), found.shares(), {})


def _scores(page: Page) -> Picture:
    found, steps = page.findings, page.steps
    options = {"cut": steps.score_cut}
    return Picture(weighted_scoring.quadrant_map, steps.quadrants, found.quadrants_title(), found.quadrants(), options)


def _weights(page: Page) -> list[Part]:
    """Return a slider for the weight of each sign, as the study weighs it now."""
    criteria = page.steps.criteria
    if criteria is None or criteria["product_group"].notna().any():
        return []
    label = f"label_{page.words.language}"
    return [
        Part("sign_weights", row["criterion_id"], float(row["weight"]), _weight(row[label], float(row["weight"])))
        for _, row in criteria.iterrows()
    ]


def _weight(label: str, value: float) -> Any:
    slider = share_slider(value, label, low=LOWEST_WEIGHT, high=max(HIGHEST_WEIGHT, value))
    slider.step, slider.readout_format = 0.05, ".2f"
    return slider


def _stability(page: Page) -> Picture:
    found = page.structure_findings
    return Picture(stability.abc_xyz_matrix, page.structure.abc_xyz, found.stability_title(), found.stability(), {})


def _losses(page: Page) -> Picture:
    found = page.structure_findings
    options = {"label": page.structure.loss_label}
    return Picture(concentration.loss_staircase, page.structure.loss_steps, found.loss_title(), found.losses(), options)


def _delivery(page: Page) -> Picture:
    found = page.structure_findings
    return Picture(delivery.delivery_mosaic, page.structure.delivery_cross, found.delivery_title(), found.delivery(), {})


def _portrait(page: Page) -> Picture:
    found = page.target_findings
    options = {"lift_from": page.target.lift_from}
    return Picture(portrait.lift_dots, page.target.trait_lines, found.portrait_title(), found.portrait(), options)


def _load(page: Page) -> Picture:
    found = page.load_findings
    sentences = found.groups() + found.heavy() + found.earned_rate()
    return Picture(client_load.group_bars, page.load.group_summary, found.groups_title(), sentences, {})


def _deal(page: Page) -> Picture:
    deal, found = page.parity.negotiation, page.negotiation_findings
    sentences = found.client() + found.growth() + found.ledger()
    return Picture(parity.iso_profit_curve, deal.curve, found.curve_title(), sentences, deal.marks)


def _offers(page: Page) -> list[Part]:
    """Return the controls of what the client offers: volume, credit days and orders, where these are known."""
    deal, words = page.parity.negotiation, page.words
    parts = [
        _offer(deal, "volume", 0.0, lambda x: share_slider(x, words.text("Growth of volume offered"), low=0, high=MOST_GROWTH))
    ]
    if not np.isnan(deal.client.credit_days):
        now = round(deal.client.credit_days)
        high = max(MOST_DAYS, now)
        parts.append(
            _offer(deal, "payment", now, lambda x: whole_slider(x, words.text("Credit days offered"), low=-30, high=high))
        )
    if deal.client.n_orders >= 1:
        now = round(deal.client.n_orders)
        parts.append(
            _offer(deal, "orders", now, lambda x: whole_slider(x, words.text("Orders a year offered"), low=1, high=now))
        )
    return parts


def _offer(deal: Any, kind: str, present: float, build: Callable[[float], Any]) -> Part:
    value = deal.offers.get(kind, present)
    slider = build(value)
    return Part("offers", kind, slider.value, slider)


def _plan(page: Page) -> Picture:
    return Picture(None, None, "", page.parity_findings.plan(), {}, shown=page.parity.plan)


def _service(page: Page) -> Picture:
    found, numbers = page.economics_findings, page.economics
    options = {"own": numbers.told_retention}
    return Picture(economics.value_of_retention, numbers.value_curve, found.value_title(), found.value(), options)


PANELS = {
    "window": PanelSpec("00_data", "Window and rhythm", ("window_months", "grain"), _data),
    "flows": PanelSpec(
        "01_flow_separation",
        "Flows: which to analyse, and what moving time would bring",
        ("scope_flow", "separate_from", "moved_share", "efficiency", "loss"),
        _flows,
        column="scope",
        classes=_in_scope,
        choices={"scope_flow": _flow_choices},
    ),
    "sizes": PanelSpec(
        "02_purchase_size_classes",
        "Bounds of the size classes",
        ("large_quantile", "small_quantile", "large_from", "small_below", "regular_from"),
        _sizes,
        column="size_class",
        classes=lambda page: page.steps.size_classes,
        overruled={
            "large_quantile": lambda page: page.engagement.settings.purchase_size.large_from > 0,
            "small_quantile": lambda page: page.engagement.settings.purchase_size.small_below > 0,
        },
    ),
    "focus": PanelSpec(
        "03_assortment_focus",
        "Bounds of focus and gaps",
        ("mono_from", "core_from", "gap_from", "min_peers"),
        _gaps,
        column="focus_type",
        classes=lambda page: page.steps.focus,
    ),
    "levels": PanelSpec(
        "04_relationship_levels",
        "What makes a partner, and when a client is cooling",
        ("partner_months", "max_missed", "partner_every", "cooling_factor"),
        _levels,
        column="rel_level",
        classes=lambda page: page.steps.levels,
    ),
    "shares": PanelSpec(
        "05_weighted_scoring",
        "Bounds of the share classes",
        ("basis", "share_a", "share_b", "share_c", "d_rule"),
        _shares,
        column="share_class",
        classes=lambda page: page.steps.share_classes,
        overruled={"basis": lambda page: not page.steps.has_margin},
    ),
    "scores": PanelSpec(
        "05_weighted_scoring",
        "Weights of the signs and the cut",
        ("cut",),
        _scores,
        column="quadrant",
        classes=lambda page: page.steps.quadrants,
        parts=_weights,
    ),
    "stability": PanelSpec(
        "06_base_structure",
        "Bounds of stability",
        ("x_to", "y_to", "trailing", "is_seasonal", "silent_months"),
        _stability,
        column="xyz",
        classes=lambda page: page.structure.xyz,
    ),
    "losses": PanelSpec("06_base_structure", "Losing the largest clients", ("fixed_costs", "lost_clients"), _losses),
    "delivery": PanelSpec(
        "06_base_structure",
        "Core clients and earned delivery",
        ("core_share", "allowed_share", "delivered_from"),
        _delivery,
        column="delivery_verdict",
        classes=lambda page: page.structure.delivery_verdicts,
    ),
    "portrait": PanelSpec(
        "07_target_client", "Whom the portrait is drawn from", ("target", "lift_from", "delta_from", "q_to"), _portrait
    ),
    "load": PanelSpec(
        "08_client_load",
        "Capacity, earned service and groups",
        ("practical_share", "earned_rate", "loyal_from", "growth_from"),
        _load,
        column="load_group",
        classes=lambda page: page.load.groups,
        overruled={"practical_share": lambda page: page.load.is_capacity_stated},
    ),
    "deal": PanelSpec(
        "09_profit_parity",
        "The bargain",
        ("asked_discount", "margin_rate", "capital_rate", "realisation"),
        _deal,
        parts=_offers,
    ),
    "plan": PanelSpec("09_profit_parity", "A plan that is short", ("shortfall", "discounted_share", "commission_rate"), _plan),
    "service": PanelSpec("11_client_service", "What keeping clients is worth", ("retention_step", "capital_rate"), _service),
}
