select cast(customerNumber as varchar) as client_id, cast(orderNumber as varchar) as order_id, orderDate as day,
       productCode as product_id, productLine as product_group, quantityOrdered * priceEach as revenue,
       quantityOrdered * MSRP as list_revenue, quantityOrdered * (priceEach - buyPrice) as margin
from orderdetails join orders using (orderNumber) join products using (productCode)
