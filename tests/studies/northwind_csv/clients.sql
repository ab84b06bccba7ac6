select customer_id as client_id, country as region from customers
