-- The facts of every client, counted again in plain DuckDB SQL from a view `lines` of raw order lines:
-- client_id, order_id, day, product_id, product_group, revenue, list_revenue, margin (missing where a base has none).
-- $first and $last are the days of the window, $periods x $length months its rhythm window. Nothing here is the package's.
with known as (
    select * from lines where client_id is not null and day <= $last
),
-- an order is a deal when something is left of it after its returns; it counts on its first day
orders as (
    select client_id, order_id, min(day) as day, sum(revenue) as net, datediff('month', min(day), $last) as back
    from known group by client_id, order_id
),
deals as (
    select * from orders where net > 1e-9
),
money as (
    select client_id, count(*) filter (day >= $first) as n_lines,
           coalesce(sum(revenue) filter (day >= $first), 0) as revenue,
           coalesce(sum(revenue) filter (day >= $first and revenue < 0), 0) as returned,
           coalesce(sum(margin) filter (day >= $first), 0) as margin,
           coalesce(sum(list_revenue - revenue) filter (day >= $first), 0) as discount,
           coalesce(sum(revenue) filter (day between $first - interval 1 year and $first - interval 1 day), 0) as previous_revenue
    from known group by client_id
),
ordered as (
    select client_id, count(*) filter (back < 12) as n_orders, coalesce(max(net) filter (back < 12), 0) as largest_order
    from orders group by client_id
),
dealt as (
    select client_id, count(*) filter (back < 12) as n_deals, count(*) as n_deals_total,
           count(distinct back) filter (back < 12) as n_active_months,
           count(distinct back) filter (back < 6) as n_last_six,
           count(distinct back // $length) filter (back // $length < $periods) as n_active_periods,
           max(back) + 1 as n_months_known, max(back) // $length + 1 as n_periods_known,
           datediff('day', max(day), $last) as days_since_deal,
           min(day) < (select min(day) from known) + interval 3 month as is_before_data,
           -- three-month blocks with a deal, the latest first: 1, 2, 4 and 8
           sum(distinct case back // 3 when 0 then 1 when 1 then 2 when 2 then 4 when 3 then 8 end) as blocks
    from deals group by client_id
),
gaps as (
    select client_id, count(*) as n_deal_days, median(gap) as median_gap_days
    from (
        select client_id, datediff('day', lag(day) over (partition by client_id order by day), day) as gap
        from (select distinct client_id, day from deals)
    ) group by client_id
),
bought as (
    select client_id, product_group, product_id, sum(revenue) as revenue
    from known where day >= $first and product_id is not null group by all having sum(revenue) > 1e-9
),
breadth as (
    select client_id, count(distinct product_id) as n_products from bought group by client_id
),
worth as (
    select client_id, round(revenue, 6) as value from money join ordered using (client_id)
    where n_orders > 0 and round(revenue, 6) > 0
),
shares as (
    select client_id, (select coalesce(sum(larger.value), 0) from worth as larger where larger.value > worth.value)
                      / (select sum(value) from worth) as before_share
    from worth
)
select client_id, n_lines, revenue, returned, margin, discount, previous_revenue, n_orders, largest_order,
       coalesce(n_deals, 0) as n_deals, coalesce(n_deals_total, 0) as n_deals_total,
       if(n_deals > 0, revenue / n_deals, null) as avg_purchase,
       coalesce(n_active_months, 0) as n_active_months, least(12, coalesce(n_months_known, 0)) as exposure_months,
       coalesce(n_active_periods, 0) as n_active_periods, least($periods, coalesce(n_periods_known, 0)) as exposure_periods,
       days_since_deal, coalesce(n_deal_days, 0) as n_deal_days, median_gap_days, coalesce(n_products, 0) as n_products,
       before_share, coalesce(is_before_data, false) as is_before_data,
       coalesce(days_since_deal > 180 or (n_deals_total >= 3 and days_since_deal > 2 * median_gap_days), false) as is_cooling,
       case when n_orders = 0 then '0' when before_share is null then 'L' when before_share < 0.80 - 1e-9 then 'A'
            when before_share < 0.96 - 1e-9 then 'B' when before_share < 0.999 - 1e-9 then 'C' else 'D' end as share_class,
       -- L5: a deal in each of the last 2, 3 or 4 blocks, as many as the client has been known for
       case when n_deals_total is null then 'L0'
            when n_deals = 0 then 'S'
            when n_months_known >= 6 and n_last_six = 6 then 'L6'
            when n_months_known >= 12 and blocks = 15 then 'L5'
            when n_months_known between 9 and 11 and blocks & 7 = 7 then 'L5'
            when n_months_known between 6 and 8 and blocks & 3 = 3 then 'L5'
            when n_deals >= 2 then 'L4'
            else 'L3' end as rel_level
from money join ordered using (client_id) left join dealt using (client_id) left join gaps using (client_id)
     left join breadth using (client_id) left join shares using (client_id)
