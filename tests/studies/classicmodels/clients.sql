-- some countries end with blanks, Norway both with and without
select cast(customerNumber as varchar) as client_id, trim(country) as region from customers
