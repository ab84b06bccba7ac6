"""The columns that a page shows of a table; what is kept of it has all of them, and a table not named here is shown whole."""

CLIENT = ("client_id", "client_name")
VIEWS: dict[str, tuple[str, ...]] = {
    "flows": (
        "flow", "n_buyers", "revenue", "margin", "hours", "revenue_share", "profit_share", "time_share", "return_index",
        "margin_per_hour",
    ),
    "size_classes": (
        *CLIENT, "size_class", "size_reason", "n_deals", "avg_purchase", "regularity", "revenue", "is_one_order",
    ),
    "gaps": (*CLIENT, "product_group", "penetration_share", "n_peers", "peers", "typical_share", "potential"),
    "focus": (
        *CLIENT, "lead_group", "lead_share", "focus_type", "n_eff", "breadth", "breadth_score", "has_few_lines", "revenue",
    ),
    "level_summary": ("rel_level", "n_clients", "client_share", "revenue", "revenue_share"),
    "levels": (
        *CLIENT, "rel_level", "peak_level", "is_falling", "is_cooling", "is_on_track", "last_deal_date", "revenue", "next_step",
    ),
    "volume_without_profit": (
        *CLIENT, "share_class", "share_class_margin", "revenue", "margin", "discount", "discount_rate", "discount_to_margin",
    ),
    "weight_dependents": (
        *CLIENT, "share_class", "quadrant", "total", "lowest_gap", "highest_gap", "safe_ratio", "revenue",
    ),
    "xyz": (*CLIENT, "share_class", "xyz", "cv", "series_mean", "n_series", "is_silent", "revenue"),
    "abc_xyz": ("share_class", "xyz", "n_clients", "n_silent", "revenue", "revenue_share", "action"),
    "concentration": (
        "flow", "n_clients", "value", "top_1_share", "top_5_share", "hhi", "effective_number", "n_for_80_whole",
    ),
    "cohort_summary": (
        "cohort", "n_won", "n_clients", "client_share", "revenue", "revenue_share", "value_index", "revenue_per_client",
        "margin_per_client", "is_partial",
    ),
    "client_moves": (*CLIENT, "move", "previous_revenue", "revenue", "change"),
    "regions": ("region", "n_clients", "revenue", "revenue_share", "cum_share", "margin_share", "minutes_share"),
    "region_steadiness": (
        "region", "cv", "season_correlation", "amplitude", "peak_month", "verdict", "reason", "effort_correlation",
    ),
    "delivery_verdicts": (
        *CLIENT, "is_core", "n_delivered", "avg_purchase", "margin", "delivery_cost", "after_delivery",
        "delivery_verdict",
    ),
    "portrait": (
        "attribute", "trait", "line_kind", "n_target", "target_share", "base_share", "lift", "risk_ratio", "q_value",
    ),
    "portrait_numbers": (
        "attribute", "trait", "line_kind", "median_target", "median_rest", "cliffs_delta", "n_target", "n_base",
        "q_value",
    ),
    "look_alikes": (*CLIENT, "share_class", "quadrant", "n_matched", "portrait_match", "revenue"),
    "department_rates": (
        "department", "cost", "capacity_minutes", "client_minutes", "internal_minutes", "use_share", "minute_rate",
        "client_cost", "internal_cost", "unused_cost",
    ),
    "heaviest_clients": (*CLIENT, "load_group", "cts", "load_share", "return_share", "load_ratio", "net"),
    "heaviest_causes": (*CLIENT, "n_orders", "avg_purchase", "groups_bought", "department", "cost_item", "over_cost"),
    "client_load": (
        *CLIENT, "load_group", "group_rule", "cts", "load_ratio", "over_use", "loyalty_score", "growth_share",
    ),
    "load_groups": (
        "load_group", "n_clients", "client_share", "revenue", "margin", "cts", "load_share", "return_share", "load_ratio",
        "net",
    ),
    "flow_load": ("flow", "n_clients", "minutes", "cts", "load_share", "margin", "return_share", "load_ratio", "net"),
    "load_causes": (*CLIENT, "department", "activity_type", "minutes", "earned_minutes", "over_minutes"),
    "habits": (
        *CLIENT, "n_high", "orders_month", "fragmentation", "changes_per_order", "urgent_share", "storage_days", "n_complaints",
    ),
    "order_habits": (
        *CLIENT, "n_high", "n_orders", "avg_purchase", "fragmentation", "lines_per_order", "returned_share",
        "delivery_to_revenue", "revenue",
    ),
    "service_rules": ("load_group", "channel", "contacts_year", "free_changes", "free_urgent_month", "free_storage_days"),
    "service_terms": (
        "load_group", "reply_hours", "order_condition", "discount_condition", "payment_condition", "is_changed",
    ),
    "over_service": (*CLIENT, "load_group", "over_changes", "over_urgent_month", "over_storage_days"),
    "parity_table": (
        "margin_rate", "discount_share", "needed_growth_share", "revenue_change_share", "margin_rate_after",
        "compensation_share", "volume_verdict",
    ),
    "parity_lines": (
        "product_group", "revenue", "margin_rate", "given_margin", "growth_alone_share", "cross_sale", "is_sold_at_loss",
    ),
    "levers": ("offer_kind", "terms", "amount", "realised", "reached_share"),
    "bargain": ("offer_kind", "terms", "amount", "realised", "cumulative", "need", "ledger_gap"),
    "discount_audit": (
        *CLIENT, "discount", "discount_rate", "margin", "margin_rate", "owed_share", "audit_verdict",
    ),
    "discount_audit_groups": (
        "product_group", "list_revenue", "discount", "discount_rate", "margin", "margin_rate", "list_margin_rate", "owed_share",
        "audit_verdict",
    ),
    "discount_changes": (
        *CLIENT, "discount_rate_before", "discount_rate", "deeper_share", "needed_growth_share", "actual_growth_share",
        "margin_change", "outcome",
    ),
    "discount_changes_groups": (
        "product_group", "discount_rate_before", "discount_rate", "deeper_share", "margin_rate_before", "needed_growth_share",
        "actual_growth_share", "margin_change", "outcome",
    ),
    "payback": (*CLIENT, "payback_state", "acquisition_cost", "cum_contribution", "gain", "payback_month", "payback_reason"),
    "loss_makers": (*CLIENT, "loss_cause", "revenue", "margin", "cts", "net"),
    "client_card": (
        *CLIENT, "share_class", "size_class", "rel_level", "lead_group", "focus_type", "total", "quadrant", "revenue", "margin",
    ),
    "criteria": ("criterion_id", "label_en", "label_ru", "kind", "rule", "weight"),
    "quadrants_by_client": (*CLIENT, "share_class", "total", "total_norm", "known_share", "quadrant", "revenue"),
}  # fmt: skip
