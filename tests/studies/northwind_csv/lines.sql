select customer_id as client_id, cast(order_id as varchar) as order_id, cast(order_date as date) as day,
       cast(product_id as varchar) as product_id, category_name as product_group,
       lines.unit_price * quantity * (1 - discount) as revenue, lines.unit_price * quantity as list_revenue,
       cast(null as double) as margin
from order_details as lines
     join orders using (order_id) join products using (product_id) join categories using (category_id)
