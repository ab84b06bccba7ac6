select cast(CustomerId as varchar) as client_id, cast(InvoiceId as varchar) as order_id,
       cast(left(InvoiceDate, 10) as date) as day, cast(TrackId as varchar) as product_id, Genre.Name as product_group,
       InvoiceLine.UnitPrice * Quantity as revenue, cast(null as double) as list_revenue, cast(null as double) as margin
from InvoiceLine join Invoice using (InvoiceId) join Track using (TrackId) join Genre using (GenreId)
