-- The structure of a base counted again in plain DuckDB SQL over the tables of tables.sql, a view for each table of the page.
-- Nothing here is the package's.

-- the lines of clients; back is how many months they lie before the window's last
create table known as
select lines.*, datediff('month', day, last_day) as back from lines, span where client_id is not null and day <= last_day;

-- an order counts on its first day; it is a deal when something is left of it after its returns
create table placed as
select client_id, order_id, min(day) as day, max(back) as back, sum(revenue) as net, sum(revenue) > 1e-6 as is_deal
from known group by client_id, order_id;

create table client as
with money as (
    select client_id, sum(revenue) filter (back < 12) as revenue, sum(margin) filter (back < 12) as margin,
           sum(revenue) filter (back between 12 and 23) as previous_revenue
    from known group by client_id
),
counts as (
    select client_id, count(*) filter (back < 12) as n_orders, count(*) filter (is_deal and back < 12) as n_deals,
           count(*) filter (is_deal and back between 12 and 23) as previous_n_deals,
           count(*) filter (is_deal and back > 23) as earlier_n_deals, min(day) filter (is_deal) as first_deal
    from placed group by client_id
),
purchased as (  -- who buys within three months of the first line, and of whom no date is given, may have bought before
    select client_id, least(first_purchase_date, first_deal) as first_purchase,
           first_purchase_date is null and first_deal < (select min(day) from known) + interval 3 month as is_before_data
    from clients full join counts using (client_id)
)
select client_id, coalesce(region, '(unknown)') as region, client_type, delivery_mode,
       coalesce(revenue, 0) as revenue, coalesce(margin, 0) as margin, coalesce(previous_revenue, 0) as previous_revenue,
       coalesce(n_orders, 0) as n_orders, coalesce(n_deals, 0) as n_deals, coalesce(previous_n_deals, 0) as previous_n_deals,
       coalesce(earlier_n_deals, 0) as earlier_n_deals,
       if(first_purchase <= last_day, first_purchase, null) as first_purchase,
       if(is_before_data, 'before data', cast(year(first_purchase) as varchar)) as cohort
from purchased left join clients using (client_id) left join money using (client_id) left join counts using (client_id), span;

create table scope as
select client.* from client, span where flow = 'all' or client_type = flow;

-- M06: the periods of the rhythm window from that of the first purchase on, those without lines written out as zeros

create view stability as
with series as (
    select client_id, unnest(range(least(periods, datediff('month', first_purchase, last_day) // length + 1))) as period
    from scope, span where first_purchase is not null
),
sums as (
    select client_id, back // length as period, sum(revenue) as revenue from known, span group by all
)
select client_id, count(*) as n_series, avg(coalesce(revenue, 0)) as series_mean,
       if(series_mean > 1e-9, stddev_pop(coalesce(revenue, 0)) / series_mean, null) as cv
from series left join sums using (client_id, period) group by client_id;

-- clients with orders; of whom the data show returns alone, there is no series, and it is as short as can be
create view stability_classes as
select client_id, case when coalesce(n_series, 0) < 6 then 'n' when series_mean <= 1e-9 then 'Z' when cv <= 0.5 + 1e-9 then 'X'
                       when cv <= 1 + 1e-9 then 'Y' else 'Z' end as xyz
from scope left join stability using (client_id) where n_orders > 0;

-- M07: the clients that share the total, of the analysed flow and of the company; before is the share of those
-- placed before a client, front that of the strictly larger ones

create table sharing as
with flows as (
    select 'all' as flow, client.* from client union all by name
    select span.flow, scope.* from scope, span where span.flow <> 'all'
)
select *, count(*) over each_flow as n, revenue / sum(revenue) over each_flow as own_share,
       row_number() over in_order as place, revenue / lead(revenue) over in_order as step,
       coalesce(sum(revenue) over before, 0) / sum(revenue) over each_flow as before,
       coalesce(sum(revenue) over larger, 0) / sum(revenue) over each_flow as front
from flows where n_orders > 0 and revenue > 1e-9
window each_flow as (partition by flow), in_order as (partition by flow order by revenue desc, client_id),
       before as (in_order rows between unbounded preceding and 1 preceding),
       larger as (partition by flow order by round(revenue, 6) desc groups between unbounded preceding and 1 preceding);

create view concentration as
with gaps as (  -- Gini's coefficient as half of the mean difference of all pairs over the mean
    select flow, sum(abs(one.revenue - other.revenue)) / 2 / count(*) / avg(one.revenue) as gini
    from sharing as one join sharing as other using (flow) group by flow
)
select flow, count(*) as n_clients, sum(revenue) as value, sum(own_share) filter (place <= 1) as top_1_share,
       sum(own_share) filter (place <= 3) as top_3_share, sum(own_share) filter (place <= 5) as top_5_share,
       sum(own_share) filter (place <= 10) as top_10_share, sum(own_share * own_share) as hhi,
       1 / sum(own_share * own_share) as effective_number, any_value(gini) as gini,
       sum(own_share * least(1, greatest(0, 0.2 * n - place + 1))) as top_fifth_share,
       sum(least(1, greatest(0, (0.8 - before) / own_share))) as n_for_80,
       count(*) filter (before < 0.8 - 1e-9) as n_for_80_whole, max(step) filter (place <= 10) as gap_ratio
from sharing join gaps using (flow) group by flow;

create view loss_makers as
select count(*) as n_loss_makers, coalesce(sum(revenue), 0) as loss_sum from scope where n_orders > 0 and revenue <= 1e-9;

create view bands as
select case when own_share >= 0.05 - 1e-9 then 'large' when own_share >= 0.01 - 1e-9 then 'middle'
            when own_share < 0.0001 - 1e-9 then 'dust' else 'small' end as size_band,
       count(*) as n_clients, sum(revenue) as value, sum(own_share) as value_share
from sharing, span where sharing.flow = span.flow group by size_band;

create view losses as
with kept as (select sum(margin) as margin from client),
lost as (
    select 0 as n_lost, null as client_id, 0 as lost_margin
    union all select place, client_id, sum(margin) over (order by place) from sharing where flow = 'all'
)
select n_lost, client_id, lost_margin, kept.margin - lost_margin - fixed_costs as profit from lost, kept, span;

-- the share class by the share of strictly larger clients, of this window and of the one before
create table classed as
with worth as (
    select 'now' as year, client_id, round(revenue, 6) as value from scope where n_orders > 0
    union all select 'before', client_id, round(previous_revenue, 6) from scope where previous_n_deals > 0
),
shares as (
    select year, client_id, coalesce(sum(value) over larger, 0) / sum(value) over (partition by year) as front
    from worth where value > 0
    window larger as (partition by year order by value desc groups between unbounded preceding and 1 preceding)
)
select year, client_id, case when front is null then 'L' when front < 0.8 - 1e-9 then 'A' when front < 0.96 - 1e-9 then 'B'
                           when front < 0.999 - 1e-9 then 'C' else 'D' end as share_class
from worth left join shares using (year, client_id);

create view replacement as
with lost as (
    select sum(margin) as margin from sharing, span where sharing.flow = span.flow and place <= 3
)
select any_value(lost.margin) as lost_margin, median(scope.margin) as median_margin,
       ceil(any_value(lost.margin) / median(scope.margin)) as n_clients
from scope join classed using (client_id), lost where year = 'now' and share_class = 'B';

create view loss_rates as
select share_class, count(*) as n_clients, count(*) filter (n_deals = 0) as n_lost
from classed join scope using (client_id) where year = 'before' group by share_class;

-- M08

create view cohorts as
with sums as (
    select cohort, count(*) as n_won, count(*) filter (n_deals > 0) as n_clients, sum(revenue) as revenue, sum(margin) as margin
    from client where first_purchase is not null group by cohort
)
select *, n_clients / sum(n_clients) over () as client_share, revenue / sum(revenue) over () as revenue_share,
       (revenue / sum(revenue) over ()) / (n_clients / sum(n_clients) over ()) as value_index,
       revenue / n_clients as revenue_per_client, margin / n_clients as margin_per_client, n_won < 5 as is_small
from sums;

create view retention as
with years as (
    select unnest(range(year(min(day)), year(any_value(last_day)) + 1)) as year from known, span
),
active as (
    select distinct client_id, year(day) as year from placed where is_deal
)
select cohort, year, count(*) as n_won, count(active.client_id) as n_active,
       count(active.client_id) / count(*) as retention_share
from client join years on cohort = 'before data' or year >= try_cast(cohort as integer)
     left join active using (client_id, year)
where first_purchase is not null group by cohort, year;

-- the first twelve months of those all of whose first months the data show
create view same_age as
with grown as (
    select client_id, cohort, datediff('month', first_purchase, last_day) as since from client, span
    where cohort <> 'before data' and datediff('month', first_purchase, last_day) >= 11
          and date_trunc('month', first_purchase) >= (select date_trunc('month', min(day)) from lines)
),
brought as (
    select client_id, sum(revenue) as revenue, sum(margin) as margin
    from known join grown using (client_id) where back between since - 11 and since group by client_id
),
by_cohort as (
    select cohort, count(*) as n_clients, sum(revenue) as revenue, sum(margin) as margin
    from grown left join brought using (client_id) group by cohort
)
select cohort, n_clients, revenue / n_clients as revenue_per_client, margin / n_clients as margin_per_client,
       revenue / n_clients / (sum(revenue) over older / sum(n_clients) over older) as to_older
from by_cohort window older as (order by cohort rows between unbounded preceding and 1 preceding);

create view moves as
select client_id, previous_revenue, revenue, revenue - previous_revenue as change,
       case when n_deals > 0 and previous_n_deals > 0 then if(revenue - previous_revenue >= -1e-9, 'grown', 'declined')
            when previous_n_deals > 0 then 'lost'
            when n_deals > 0 then if(earlier_n_deals > 0 or first_purchase < first_day - interval 1 year, 'returned', 'new')
            else 'returns only' end as move
from client, span where n_deals > 0 or previous_n_deals > 0 or revenue <> 0 or previous_revenue <> 0;

create view move_summary as
select move, count(*) as n_clients, sum(previous_revenue) as previous_revenue, sum(revenue) as revenue, sum(change) as change
from moves group by move;

create view rates as
select avg(cast(move <> 'lost' as integer)) as client_retention, sum(revenue) / sum(previous_revenue) as nrr,
       sum(least(revenue, previous_revenue)) / sum(previous_revenue) as grr
from moves where move in ('lost', 'grown', 'declined');

-- M09

create view region_sales as
with sums as (
    select region, count(*) filter (n_orders > 0) as n_clients, sum(revenue) as revenue, sum(margin) as margin
    from client group by region
),
gains as (
    select region, sum(revenue) over down as reached,
           coalesce(sum(revenue) over (down rows between unbounded preceding and 1 preceding), 0) as before
    from sums where revenue > 1e-9 window down as (order by revenue desc)
),
total as (select sum(revenue) as total from gains join sums using (region))
select region, n_clients, revenue, margin, revenue / total as revenue_share, reached / total as cum_share,
       coalesce(before / total < 0.8 - 1e-9, false) as is_carrying
from sums left join gains using (region), total;

-- the series of a region begins with its first deal; back counts months, the window's last being 0
create view region_series as
with since as (
    select region, max(back) as since from placed join client using (client_id) where is_deal group by region
),
sums as (
    select region, back, sum(known.revenue) as revenue from known join client using (client_id) group by all
),
months as (
    select region, since, unnest(range(since + 1)) as back from since
)
select region, since, back, coalesce(revenue, 0) as revenue from months left join sums using (region, back);

create view region_steadiness as
with swings as (
    select region, count(*) as n_months,
           if(count(*) >= 6 and avg(revenue) > 1e-9, stddev_pop(revenue) / avg(revenue), null) as cv
    from region_series where back < 12 group by region
),
years as (
    select region, back % 12 as month, back // 12 as year, revenue, revenue / avg(revenue) over each_year as index
    from region_series where since >= 23 and back < 24
    window each_year as (partition by region, back // 12)
),
profile as (
    select region, month, avg(index) as index, sum(revenue) filter (year = 0) as later,
           sum(revenue) filter (year = 1) as earlier
    from years group by region, month
),
seasons as (
    select region, corr(later, earlier) as season_correlation,
           if(min(index) > 1e-9, max(index) / min(index), 'infinity') as amplitude,
           (month(any_value(last_day)) - arg_max(month, index) + 11) % 12 + 1 as peak_month
    from profile, span group by region
)
select region, n_months, cv, season_correlation, amplitude, peak_month from swings left join seasons using (region);

-- M10

create view delivery as
with sent as (
    select client_id, count(*) filter (is_deal and is_delivered) as n_delivered, sum(delivery_cost) as delivery_cost
    from placed join deliveries using (order_id) where back < 12 group by client_id
),
rates as (
    select client.*, n_delivered, delivery_cost, coalesce(front < 0.9 - 1e-9, false) as is_core,
           coalesce(client.delivery_mode = 'company', false) or coalesce(n_delivered / nullif(client.n_deals, 0) >= 0.5, false)
               as is_delivered
    from client join sent using (client_id) left join (from sharing where flow = 'all') as sharing using (client_id)
    where client.n_orders > 0
)
select client_id, is_delivered, is_core, revenue, margin, n_delivered, delivery_cost,
       margin - delivery_cost as after_delivery, revenue / nullif(n_deals, 0) as avg_purchase
from rates;

create view delivery_cross as
select if(is_core, 'core', 'rest') as part, is_delivered, count(*) as n_clients, sum(revenue) as revenue,
       count(*) / sum(count(*)) over () as client_share, sum(revenue) / sum(sum(revenue)) over () as revenue_share
from delivery group by all;

create view delivery_prices as
with company as (select sum(margin) / sum(revenue) as margin_rate from client)
select sum(delivery_cost) / sum(n_delivered) as cost_per_delivery,
       sum(delivery_cost) / sum(n_delivered) / (any_value(margin_rate) * 0.30) as free_delivery_order
from delivery, company;
