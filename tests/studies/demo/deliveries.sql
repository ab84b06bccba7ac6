select order_id, bool_or(delivery) as is_delivered, sum(delivery_cost) as delivery_cost
from (select distinct * from orders) group by order_id
