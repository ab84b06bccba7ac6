-- The facts, months, groups and bands of clientbase as a person would write them in DuckDB, over lines.parquet and products.parquet.
create temp table order_days as
select client_id, order_id, date, sum(revenue) as revenue, sum(least(revenue, 0)) as returned, count(*) as n_lines,
       count(*) filter (revenue < 0) as n_returns, sum(qty) as qty,
       sum(list_revenue) as list_revenue, sum(list_revenue - revenue) as discount, sum(cost) as cost
from read_parquet('{lines}') where date <= date '2025-12-31' group by all;

create temp table orders as
select client_id, order_id, min(date) as date, sum(revenue) as net, sum(revenue) > 1e-9 as is_deal from order_days group by all;

create temp table months as
select client_id, month, sum(revenue) as revenue, sum(margin) as margin, sum(deal) as n_deals, sum(one) as n_orders
from (select client_id, date_trunc('month', date) as month, revenue, revenue - cost as margin, 0 as deal, 0 as one from order_days
      union all
      select client_id, date_trunc('month', date), 0, 0, is_deal::int, 1 from orders)
group by all;

create temp table client_products as
select client_id, product_group, product_id, count(*) filter (is_now) as n_lines,
       sum(revenue) filter (is_now) as revenue, sum(revenue) filter (not is_now) as previous_revenue,
       sum(list_revenue) filter (is_now) as list_revenue, sum(list_revenue) filter (not is_now) as previous_list_revenue,
       sum(list_revenue - revenue) filter (is_now) as discount, sum(list_revenue - revenue) filter (not is_now) as previous_discount,
       sum(revenue - cost) filter (is_now) as margin, sum(revenue - cost) filter (not is_now) as previous_margin
from (select *, date >= date '2025-01-01' as is_now
      from read_parquet('{lines}') as lines join read_parquet('{products}') as products using (product_id)
      where date between date '2024-01-01' and date '2025-12-31')
group by client_id, product_group, product_id;

create temp table facts as
with sums as (
    select client_id,
           sum(revenue) filter (date >= date '2025-01-01') as revenue,
           sum(returned) filter (date >= date '2025-01-01') as returned,
           sum(n_lines) filter (date >= date '2025-01-01') as n_lines,
           sum(n_returns) filter (date >= date '2025-01-01') as n_returns,
           sum(qty) filter (date >= date '2025-01-01') as qty,
           sum(list_revenue) filter (date >= date '2025-01-01') as list_revenue,
           sum(discount) filter (date >= date '2025-01-01') as discount,
           sum(cost) filter (date >= date '2025-01-01') as cost,
           sum(revenue - cost) filter (date >= date '2025-01-01') as margin,
           sum(revenue) filter (date between date '2024-01-01' and date '2024-12-31') as previous_revenue,
           sum(revenue - cost) filter (date between date '2024-01-01' and date '2024-12-31') as previous_margin
    from order_days group by client_id
), counts as (
    select client_id,
           count(*) filter (date >= date '2025-01-01') as n_orders,
           count(*) filter (date >= date '2025-01-01' and is_deal) as n_deals,
           max(net) filter (date >= date '2025-01-01') as largest_order,
           count(*) filter (date between date '2024-01-01' and date '2024-12-31' and is_deal) as previous_n_deals,
           count(*) filter (is_deal) as n_deals_total,
           min(date) as first_order_date, min(date) filter (is_deal) as first_deal_date, max(date) filter (is_deal) as last_deal_date
    from orders group by client_id
), gaps as (
    select client_id, count(*) as n_deal_days, median(gap) as median_gap_days
    from (select client_id, date - lag(date) over (partition by client_id order by date) as gap
          from (select distinct client_id, date from orders where is_deal))
    group by client_id
), active as (
    select client_id, count(*) filter (back < 12) as n_active_months,
           count(distinct back // 3) as n_active_periods_3, count(distinct back // 6) as n_active_periods_6,
           count(distinct back // 12) as n_active_periods_12
    from (select client_id, date_diff('month', month, date '2025-12-01') as back from months where n_deals > 0)
    group by client_id
), breadth as (
    select client_id, count(*) as n_products from client_products where revenue > 1e-9 group by client_id
)
select * from sums join counts using (client_id) left join gaps using (client_id) left join active using (client_id)
left join breadth using (client_id);

create temp table groups as
select client_id, product_group, sum(revenue) as revenue, sum(n_lines) as n_lines, count(*) filter (revenue > 1e-9) as n_products
from client_products where n_lines > 0 group by all order by all;

create temp table group_money as
select client_id, product_group, sum(columns(* exclude (client_id, product_group, product_id, n_lines)))
from client_products group by client_id, product_group order by client_id, product_group;

create temp table discount_bands as
select client_id, discount_band, count(*) as n_lines, sum(revenue) as revenue, sum(list_revenue) as list_revenue,
       sum(list_revenue - revenue) as discount, sum(revenue - cost) as margin
from (select *, case when part < 0 then 'surcharge' when part <= 0 then '0' when part <= 0.05 then '5' when part <= 0.1 then '10'
                     when part <= 0.2 then '20' when part <= 0.3 then '30' else 'beyond' end as discount_band
      from (select *, round((list_revenue - revenue) / list_revenue, 9) as part from read_parquet('{lines}')
            where date between date '2025-01-01' and date '2025-12-31' and list_revenue <> 0))
group by client_id, discount_band order by client_id, discount_band;
