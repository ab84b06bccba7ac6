-- What lines.sql, clients.sql and deliveries.sql make of the raw files of a study; what it does not have stays missing.
create table lines (client_id varchar, order_id varchar, day date, revenue double, margin double);
create table clients (
    client_id varchar, region varchar, client_type varchar, industry varchar, trade_kind varchar, business_size varchar,
    has_retail varchar, serves_target_consumer varchar, tech_level varchar, delivery_mode varchar, source varchar,
    brand_exclusive varchar, dealer_available varchar, wallet_share double, overdue_share double, first_purchase_date date
);
create table deliveries (order_id varchar, is_delivered boolean, delivery_cost double);
-- one row: the window's first and last day, the periods of the rhythm window and their months, the analysed flow, "all" for
-- the whole base
create table span (first_day date, last_day date, periods integer, length integer, flow varchar, fixed_costs double);
