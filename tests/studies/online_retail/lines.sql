select cast(cast(CustomerID as bigint) as varchar) as client_id, InvoiceNo as order_id, cast(InvoiceDate as date) as day,
       StockCode as product_id, cast(null as varchar) as product_group, Quantity * UnitPrice as revenue,
       cast(null as double) as list_revenue, cast(null as double) as margin
from onlineretail
