-- Where each client's money goes, counted again in plain DuckDB SQL from the view `lines`; $first and $last bound the window.
with parts as (
    select client_id, product_group, sum(revenue) as revenue from lines
    where client_id is not null and day between $first and $last
    group by all having sum(revenue) > 1e-9
),
company as (
    select product_group, sum(revenue) as company from lines where day between $first and $last group by all
)
select client_id, product_group as lead_group, revenue / sum(revenue) over every_group as lead_share,
       1 / sum((revenue * revenue)) over every_group * power(sum(revenue) over every_group, 2) as n_eff,
       count(*) over every_group as n_groups
from parts join company using (product_group)
window every_group as (partition by client_id)
qualify row_number() over (partition by client_id order by round(revenue, 6) desc, round(company, 6) desc, product_group) = 1
