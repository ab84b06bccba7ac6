-- The discounts given to the analysed clients, counted again in plain DuckDB SQL on top of structure.sql: what was given and
-- what was kept, by client and by product group, and what became of a discount that changed. Nothing here is the package's.

create table prices as
with sold as (
    select known.* from known semi join scope using (client_id) where back < 24
),
keyed as (
    select 'client_id' as kind, client_id as key, * from sold
    union all select 'product_group', product_group, * from sold
)
select kind, key, coalesce(sum(revenue) filter (back < 12), 0) as revenue,
       coalesce(sum(list_revenue) filter (back < 12), 0) as list_revenue,
       if(count(margin) > 0, coalesce(sum(margin) filter (back < 12), 0), null) as margin,
       coalesce(sum(revenue) filter (back >= 12), 0) as previous_revenue,
       coalesce(sum(list_revenue) filter (back >= 12), 0) as previous_list_revenue,
       if(count(margin) > 0, coalesce(sum(margin) filter (back >= 12), 0), null) as previous_margin
from keyed group by kind, key;

create view audit as
with rated as (
    select *, list_revenue - revenue as discount, discount / list_revenue as discount_rate,
           (margin + discount) / list_revenue as list_margin_rate
    from prices where list_revenue > 1e-9
)
select kind, key, revenue, list_revenue, discount, discount_rate, margin, list_margin_rate,
       if(revenue > 1e-9, margin / revenue, null) as margin_rate,
       if(margin > 1e-6, discount / margin, null) as discount_to_margin,
       if(margin > 1e-6 and list_margin_rate > 1e-9, discount_rate / (list_margin_rate - discount_rate), null)
           as owed_volume_share,
       if(margin > 1e-6 and list_margin_rate > 1e-9, discount / (discount + margin), null) as owed_share,
       cast(discount_rate > 1e-9 and discount > margin + 1e-6 as integer) as has_discount_above_margin,
       case when discount_rate <= 1e-9 then 'no discount'
            when margin is null then 'not known'
            when list_margin_rate <= 1e-9 then 'loss at list too'
            when margin <= 1e-6 then 'sold at a loss'
            when discount > margin + 1e-6 then 'takes more than it leaves'
            else 'leaves more than it takes' end as audit_verdict
from rated;

create view totals as
select sum(discount) as discount, sum(list_revenue) as list_revenue, sum(discount) / sum(list_revenue) as discount_rate,
       sum(margin) as margin, coalesce(sum(discount) filter (discount_rate < -1e-9), 0) as surcharge, count(*) as n_keys,
       count(*) filter (discount_rate < -1e-9) as n_surcharge,
       if(count(margin) > 0, count(*) filter (audit_verdict = 'sold at a loss'), null) as n_loss,
       if(count(margin) > 0, coalesce(sum(margin) filter (audit_verdict = 'sold at a loss'), 0), null) as loss_money,
       count(*) filter (margin is null and discount_rate > 1e-9) as n_unknown,
       (select count(*) from prices where kind = 'client_id' and list_revenue <= 1e-9 and abs(revenue) > 1e-9) as n_left_out
from audit where kind = 'client_id';

-- by the discount of each line, to six digits: northwind keeps its discounts in single precision, 5 % as 0.05000000075
create view discount_bands as
with banded as (
    select *, round(1 - revenue / list_revenue, 6) as part,
           case when part < 0 then 'surcharge' when part = 0 then 'none' when part <= 0.05 then 'to 5'
                when part <= 0.10 then 'to 10' when part <= 0.15 then 'to 15' when part <= 0.20 then 'to 20'
                when part <= 0.30 then 'to 30' when part <= 0.50 then 'to 50' when part <= 1 then 'to 100'
                else 'beyond list' end as discount_band
    from known semi join scope using (client_id) where back < 12 and list_revenue <> 0
)
select discount_band, count(distinct client_id) as n_clients, count(*) as n_lines, sum(revenue) as revenue,
       sum(revenue) / sum(sum(revenue)) over () as revenue_share, sum(list_revenue) as list_revenue,
       sum(list_revenue) - sum(revenue) as discount,
       if(sum(list_revenue) > 1e-9, 1 - sum(revenue) / sum(list_revenue), null) as discount_rate, sum(margin) as margin,
       if(sum(revenue) > 1e-9, sum(margin) / sum(revenue), null) as margin_rate, cast(sum(margin) < -1e-6 as integer) as is_loss
from banded group by discount_band;

-- a is the discount of the window before, b that of this one, d what they come to on the former price, m the former margin
create view changes as
with rated as (
    select *, 1 - previous_revenue / previous_list_revenue as a, 1 - revenue / list_revenue as b, (b - a) / (1 - a) as d,
           previous_margin / previous_revenue as m, if(m > 1e-9 and m - d > 1e-9, d / (m - d), null) as x,
           list_revenue / previous_list_revenue - 1 as grown
    from prices where least(revenue, list_revenue, previous_revenue, previous_list_revenue) > 1e-9
)
select kind, key, previous_list_revenue, list_revenue, a as discount_rate_before, b as discount_rate,
       (list_revenue - revenue) - (previous_list_revenue - previous_revenue) as discount_change, d as deeper_share,
       m as margin_rate_before, x as needed_growth_share, grown as actual_growth_share,
       margin - previous_margin as margin_change,
       case when abs(d) < 0.005 - 1e-9 then 'no deeper discount'
            when m <= 1e-9 then 'no margin before'
            when m - d <= 1e-9 then 'impossible by volume'
            when d > 0 then if(grown >= x - 1e-9, 'came', 'did not come')
            else if(grown >= x - 1e-9, 'price rise held', 'price rise cost volume') end as outcome
from rated;

create view outcomes as
select outcome, count(*) as n_clients, sum(previous_list_revenue) as previous_list_revenue, sum(list_revenue) as list_revenue,
       sum(discount_change) as discount_change, sum(margin_change) as margin_change
from changes where kind = 'client_id' group by outcome;

create view not_compared as
select count(*) as n from prices
where kind = 'client_id' and greatest(abs(list_revenue), abs(previous_list_revenue)) > 1e-9
      and least(revenue, list_revenue, previous_revenue, previous_list_revenue) <= 1e-9;

-- Every client at the table, asking for 5 % of the present price: d = 0.05, m the margin rate of the client

create view bargains as
with sums as (
    select client_id, revenue, margin, margin / revenue as m from scope where revenue > 1e-9
)
select client_id, revenue, m as margin_rate, 0.05 * revenue as need,
       if(m > 1e-9 and m - 0.05 > 1e-9, 0.05 / (m - 0.05), null) as needed_growth,
       if(m > 1e-9, 0.05 * (1 - m) * revenue, null) as compensation,
       0.3 * greatest(margin, 0) / revenue as walk_away_share,  -- where a refusal loses the client in three cases of ten
       case when m <= 1e-9 then 'refused' when m <= 0.05 + 1e-9 then 'impossible by volume' else 'short' end as verdict
from sums;

-- what each product group gives away, and how it alone could pay for all: by its growth, or by more of it without a discount
create view bargain_lines as
with groups as (
    select client_id, product_group, sum(revenue) as revenue, sum(margin) as margin from known where back < 12
    group by all having sum(revenue) > 0
),
sums as (
    select *, margin / revenue as m, sum(margin) over each_client as whole_margin,
           if(whole_margin > 1e-9, 0.05 * sum(revenue) over each_client, null) as need
    from groups window each_client as (partition by client_id)
)
select client_id, product_group, revenue, m as margin_rate, 0.05 * revenue as given_margin,
       if(margin - 0.05 * revenue > 1e-9, need / (margin - 0.05 * revenue), null) as growth_alone_share,
       if(m > 1e-9, need / m, null) as cross_sale, m <= 0.05 + 1e-9 as is_sold_at_loss,
       if(whole_margin > 1e-9 and whole_margin - need > 1e-9, need / (whole_margin - need), null) as mixed_growth
from sums;
