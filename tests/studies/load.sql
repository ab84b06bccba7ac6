-- The load of the clients counted again in plain DuckDB SQL on top of structure.sql, a view or table for each of the page.
-- Nothing here is the package's.

-- a piece of work without minutes takes its standard, as often as its quantity says; without a standard it has no time
create table spent as
select date, datediff('month', date, last_day) as back, client_id, department, activity_type, coalesce(quantity, 1) as quantity,
       coalesce(minutes, coalesce(quantity, 1) * standard_minutes) as minutes
from activities left join activity_standards using (department, activity_type), span where date <= last_day;

create table minute_rates as
with months as (
    select department, count(*) as n_months, sum(cost) as cost,
           sum(headcount * hours_per_head * 60 * practical_share) as capacity_minutes
    from departments, span where period between first_day and last_day group by department
),
worked as (
    select department, coalesce(sum(minutes) filter (client_id is not null), 0) as client_minutes,
           coalesce(sum(minutes) filter (client_id is null), 0) as internal_minutes
    from spent where back < 12 group by department
)
select *, client_minutes + internal_minutes as used_minutes, used_minutes / capacity_minutes as use_share,
       used_minutes > capacity_minutes as is_overloaded, cost / greatest(capacity_minutes, used_minutes) as minute_rate,
       minute_rate * client_minutes as client_cost, minute_rate * internal_minutes as internal_cost,
       cost - minute_rate * used_minutes as unused_cost
from months full join worked using (department);

-- deliveries stand in the orders too; they count from there where the table of direct costs has none
create table direct as
select client_id, cost_type, sum(amount) as amount
from direct_costs, span where date between first_day and last_day group by all
union all
select client_id, 'delivery', sum(delivery_cost) from placed join deliveries using (order_id)
where back < 12 and not exists (from direct_costs where cost_type = 'delivery')
group by client_id having sum(delivery_cost) <> 0;

create table serving as
with timed as (
    select client_id, sum(minutes) as minutes, sum(minutes * minute_rate) as time_cost, count(*) as n_work_rows,
           count(minutes * minute_rate) > 0 as is_load_known
    from spent left join minute_rates using (department) where back < 12 group by client_id
),
paid as (
    select client_id, sum(amount) as direct_cost from direct group by client_id
)
select client.*, coalesce(minutes, 0) as minutes, coalesce(time_cost, 0) as time_cost, coalesce(direct_cost, 0) as direct_cost,
       coalesce(time_cost, 0) + coalesce(direct_cost, 0) as cts, coalesce(n_work_rows, 0) as n_work_rows,
       coalesce(is_load_known, false) as is_load_known
from client left join timed using (client_id) left join paid using (client_id);

create view flow_load as
with sums as (
    select client_type as flow, count(*) filter (is_load_known or n_orders > 0) as n_clients, sum(minutes) as minutes,
           sum(cts) as cts, sum(revenue) as revenue, sum(margin) as margin
    from serving group by client_type
)
select *, cts / sum(cts) over () as load_share, margin / sum(margin) over () as return_share,
       (cts / sum(cts) over ()) / (margin / sum(margin) over ()) as load_ratio, margin - cts as net
from sums;

create table shares as
with parts as (
    select serving.*, cts / sum(cts) over () as load_share, margin / sum(margin) over () as return_share,
           sum(cts) over () / sum(margin) over () * margin as entitled
    from serving semi join scope using (client_id)
)
select *, cts - entitled as over_use, margin - cts as net,
       if(is_load_known and revenue > 1e-9, cts / revenue, null) as cts_to_revenue,
       case when not is_load_known then 0 when margin > 1e-9 then load_share / return_share when cts > 1e-9 then 'infinity'
            else 0 end as load_ratio
from parts;

create view whale as
select coalesce(sum(net) filter (net > 0), 0) as peak, sum(net) as total, peak / total as peak_share,
       count(*) filter (net > 0) as n_peak, coalesce(-sum(net) filter (net < 0), 0) as erosion,
       count(*) filter (net < 0) as n_below
from shares where n_orders > 0;

create view causes as
with work as (
    select client_id, department, activity_type, coalesce(sum(spent.minutes), 0) as minutes
    from spent semi join scope using (client_id) where back < 12 group by all
),
kinds as (
    select department, activity_type, sum(minutes) as total from work group by all
)
select client_id, department, activity_type, coalesce(work.minutes, 0) as minutes, total * return_share as earned_minutes,
       coalesce(work.minutes, 0) - total * return_share as over_minutes
from shares cross join kinds left join work using (client_id, department, activity_type);

create view cost_causes as
with items as (
    select client_id, department, activity_type as cost_item, coalesce(sum(minutes * minute_rate), 0) as amount
    from spent left join minute_rates using (department) where back < 12 group by all
    union all select client_id, '(direct costs)', cost_type, amount from direct
)
select client_id, department, cost_item, amount,
       amount - sum(amount) over (partition by department, cost_item) * return_share as over_cost
from items join shares using (client_id) qualify over_cost > 1e-9;

-- Loyalty and groups, rule by rule as METHOD section 16 has them

create table loyal as
with regular as (
    select client_id, count(distinct back // length) filter (is_deal and back // length < periods) as n_active
    from placed, span group by client_id
),
prices as (
    select client_id, sum(list_revenue) as list_revenue, sum(list_revenue - revenue) as discount
    from known where back < 12 group by client_id
),
known_parts as (
    select client_id, coalesce(n_active, 0) / n_series as loyalty_regularity, wallet_share as loyalty_wallet,
           cast(brand_exclusive = 'yes' as integer) as loyalty_exclusive,
           if(first_purchase is null, null, least(1, datediff('day', first_purchase, last_day) / 365.25 / 3)) as loyalty_tenure,
           if(list_revenue > 1e-9, 1 - least(1, greatest(0, discount / list_revenue / 0.15)), null) as loyalty_price
    from shares left join stability using (client_id) left join regular using (client_id) left join prices using (client_id)
         left join (select client_id, wallet_share, brand_exclusive from clients) using (client_id), span
),
gathered as (
    select *, list_filter([loyalty_regularity, loyalty_wallet, loyalty_exclusive, loyalty_tenure, loyalty_price],
                          lambda part: part is not null) as parts
    from known_parts
)
select * exclude (parts), len(parts) as n_loyalty_parts, if(len(parts) >= 2, list_avg(parts), null) as loyalty_score
from gathered;

create view groups as
with told as (
    select *, if(previous_revenue > 1e-9, revenue / previous_revenue - 1, null) as growth_share,
           coalesce(loyalty_score >= 0.6 - 1e-9, false) as is_loyal, load_ratio <= 1 + 1e-9 as is_light
    from shares join loyal using (client_id) left join (from classed where year = 'now') using (client_id)
)
select client_id, loyalty_regularity, loyalty_wallet, loyalty_exclusive, loyalty_tenure, loyalty_price, n_loyalty_parts,
       loyalty_score, growth_share,
       case when n_orders = 0 then 'without purchases'
            when margin <= 1e-9 or share_class = 'L' then 'loss-making'
            when not is_load_known then 'load not known'
            when share_class = 'A' and is_loyal and is_light then 'right'
            when share_class = 'A' and not is_light then 'heavy large'
            when share_class = 'A' then 'large at risk'
            when share_class = 'B' and growth_share >= 0.10 - 1e-9 then 'growing middle'
            when share_class = 'B' and not is_light then 'heavy middle'
            when share_class = 'B' then 'steady middle'
            when not is_light then 'price-only small'
            else 'light small' end as load_group
from told;

create view group_sums as
select load_group, count(*) as n_clients, count(*) / sum(count(*)) over () as client_share, sum(revenue) as revenue,
       sum(margin) as margin, sum(minutes) as minutes, sum(cts) as cts, sum(load_share) as load_share,
       sum(return_share) as return_share, sum(net) as net,
       if(sum(return_share) > 1e-9, sum(load_share) / sum(return_share), 'infinity') as load_ratio
from groups join shares using (client_id) group by load_group;

-- Habits as a list: a part over a whole, against that of all buyers together; fragmentation is told in times the average.
-- What shows in work is not known of a client without any.

create view habits as
with lined as (
    select client_id, count(*) as n_lines, -coalesce(sum(revenue) filter (revenue < 0), 0) as returned
    from known where back < 12 group by client_id
),
sent as (
    select client_id, count(*) filter (is_deal and is_delivered) as n_delivered, sum(delivery_cost) as delivery_cost
    from placed join deliveries using (order_id) where back < 12 group by client_id
),
done as (
    select client_id, coalesce(sum(quantity) filter (activity_type = 'order_change'), 0) as changes,
           coalesce(sum(quantity) filter (activity_type = 'urgent_order'), 0) as urgent,
           coalesce(sum(quantity) filter (activity_type = 'storage'), 0) as stored,
           coalesce(sum(quantity) filter (activity_type = 'complaint'), 0) as complaints
    from spent where back < 12 group by client_id
),
buyers as (
    select scope.*, n_lines, returned, n_delivered, delivery_cost, changes, urgent, stored, complaints
    from scope left join lined using (client_id) left join sent using (client_id) left join done using (client_id)
    where n_orders > 0
),
listed as (
    select client_id, unnest([
        {'habit': 'orders_month', 'part': n_orders / 12, 'whole': 1.0},
        {'habit': 'fragmentation', 'part': n_orders, 'whole': revenue},
        {'habit': 'changes_per_order', 'part': changes, 'whole': n_orders},
        {'habit': 'urgent_share', 'part': urgent, 'whole': n_orders},
        {'habit': 'storage_days', 'part': stored, 'whole': 1.0},
        {'habit': 'n_complaints', 'part': complaints, 'whole': 1.0},
        {'habit': 'lines_per_order', 'part': n_lines, 'whole': n_orders},
        {'habit': 'returned_share', 'part': returned, 'whole': revenue + returned},
        {'habit': 'delivery_to_revenue', 'part': delivery_cost, 'whole': revenue},
        {'habit': 'delivered_share', 'part': n_delivered, 'whole': n_deals}
    ], recursive := true)
    from buyers
),
rated as (
    select client_id, habit, if(whole > 1e-9, part / whole, null) as rate,
           sum(part) over each_habit / sum(whole) filter (part is not null) over each_habit as average
    from listed window each_habit as (partition by habit)
)
select client_id, habit, if(habit = 'fragmentation', rate / average, rate) as value,
       cast(coalesce(rate / nullif(average, 0) >= 2 - 1e-9, if(rate is null, null, false)) as integer) as is_high
from rated;

create view averages as
select client_id, revenue / n_deals as avg_purchase from scope where n_orders > 0 and n_deals > 0;

-- what each month cost to serve a client, its minutes at the rates of the window
create table client_months as
with items as (
    select client_id, date_trunc('month', date) as month, coalesce(minutes * minute_rate, 0) as amount
    from spent left join minute_rates using (department) where client_id is not null
    union all select client_id, date_trunc('month', date), amount from direct_costs
)
select client_id, cast(month as date) as month, sum(amount) as cts from items group by all;
