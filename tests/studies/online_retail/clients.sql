-- a client belongs to the country of most of its lines, to the first by the alphabet of equals
select client_id, region
from (
    select cast(cast(CustomerID as bigint) as varchar) as client_id, Country as region, count(*) as n_lines
    from onlineretail where CustomerID is not null group by all
)
qualify row_number() over (partition by client_id order by n_lines desc, region) = 1
