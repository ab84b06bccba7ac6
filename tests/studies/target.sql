-- How often target clients (class A of the analysed flow) have each value of each attribute, counted again in plain DuckDB
-- SQL on top of structure.sql. Clients without a value are left out of an attribute; where they are more than a tenth, their
-- having none is a value.

create view compared as
select clients.*, share_class = 'A' as is_target
from classed join scope using (client_id) join clients using (client_id) where classed.year = 'now' and scope.n_orders > 0;

create view traits as
with said as (
    from compared unpivot include nulls (
        trait for attribute in (
            client_type, region, industry, trade_kind, business_size, has_retail, serves_target_consumer, tech_level,
            delivery_mode, source, brand_exclusive, dealer_available
        )
    )
),
known as (
    select attribute, is_target, count(trait) over each_attribute > 0 as is_known_of_any,
           if(trait is null and 1 - count(trait) over each_attribute / count(*) over each_attribute > 0.1 + 1e-9,
              '(unknown)', trait) as trait
    from said window each_attribute as (partition by attribute)
),
sizes as (
    select attribute, count(*) as base_size, count(*) filter (is_target) as target_size
    from known where trait is not null and is_known_of_any group by attribute
)
select attribute, trait, count(*) filter (is_target) as n_target, any_value(target_size) as target_size,
       count(*) as n_base, any_value(base_size) as base_size,
       (count(*) filter (is_target) / any_value(target_size)) / (count(*) / any_value(base_size)) as lift
from known join sizes using (attribute) where trait is not null group by attribute, trait;

-- the share of pairs in which the target client has more minus that in which it has less
create view numbers as
with said as (
    select is_target, unnest(['wallet_share', 'overdue_share']) as attribute, unnest([wallet_share, overdue_share]) as number
    from compared
),
known as (from said where number is not null)
select ours.attribute, avg(sign(ours.number - others.number)) as cliffs_delta, median(ours.number) as median_target,
       median(others.number) as median_rest, count(distinct ours.row) as n_target,
       count(distinct ours.row) + count(distinct others.row) as n_base
from (select *, row_number() over () as row from known where is_target) as ours
     join (select *, row_number() over () as row from known where not is_target) as others using (attribute)
group by ours.attribute;
