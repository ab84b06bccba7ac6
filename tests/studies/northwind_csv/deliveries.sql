-- whatever is ordered travels, and its freight is known of the order
select cast(order_id as varchar) as order_id, true as is_delivered, freight as delivery_cost from orders
