select client_id, region, client_type, industry, trade_kind, business_size, cast(tech_level as varchar) as tech_level,
       delivery_mode, source, wallet_share, overdue_share, first_purchase_date,
       case when has_retail then 'yes' when not has_retail then 'no' end as has_retail,
       case when serves_target_consumer then 'yes' when not serves_target_consumer then 'no' end as serves_target_consumer,
       case when brand_exclusive then 'yes' when not brand_exclusive then 'no' end as brand_exclusive,
       case when dealer_available then 'yes' when not dealer_available then 'no' end as dealer_available
from clients
