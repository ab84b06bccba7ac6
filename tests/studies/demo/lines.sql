-- lines written twice count once; a line without cost takes its product's
select client_id, order_id, date as day, product_id, product_group, revenue, list_revenue,
       revenue - coalesce(cost, qty * unit_cost) as margin
from (select distinct * from orders) left join products using (product_id)
