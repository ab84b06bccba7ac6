with kinds as (
    select *, 'standard' as kind, standard_amt_usd as amount from orders
    union all select *, 'gloss', gloss_amt_usd from orders
    union all select *, 'poster', poster_amt_usd from orders
)
select cast(account_id as varchar) as client_id, cast(id as varchar) as order_id,
       cast(timezone('UTC', occurred_at) as date) as day, kind as product_id,
       kind as product_group, amount as revenue, cast(null as double) as list_revenue, cast(null as double) as margin
from kinds where amount <> 0 or total_amt_usd = 0
