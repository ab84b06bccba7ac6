select "Customer ID" as client_id, "Order ID" as order_id, cast("Order Date" as date) as day, "Product ID" as product_id,
       "Sub-Category" as product_group, Sales as revenue, Sales / (1 - Discount) as list_revenue, Profit as margin
from Orders
