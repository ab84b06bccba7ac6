-- a client belongs to the region of most of its lines, to the first by the alphabet of equals
select client_id, region, client_type
from (
    select "Customer ID" as client_id, Region as region, any_value(Segment) as client_type, count(*) as n_lines
    from Orders group by client_id, Region
)
qualify row_number() over (partition by client_id order by n_lines desc, region) = 1
