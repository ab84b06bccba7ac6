-- The economics of the analysed clients counted again in plain DuckDB SQL on top of load.sql: payback, unprofitable clients,
-- retention. Nothing here is the package's.

create table contributions as
with margins as (
    select client_id, cast(date_trunc('month', day) as date) as month, sum(margin) as margin from known group by all
)
select client_id, month, margin, cts, coalesce(margin, 0) - coalesce(cts, 0) as contribution
from margins full join client_months using (client_id, month) semi join scope using (client_id), span where month <= last_day;

-- month 1 is that of the first purchase; of who bought, or may have, before the data not all months are known
create view payback as
with won as (
    select client_id, acquisition_cost, first_purchase, n_deals = 0 and previous_n_deals + earlier_n_deals > 0 as is_gone,
           cohort <> 'before data' and first_purchase >= date_trunc('month', (select min(day) from lines)) as is_whole
    from scope join acquisition using (client_id) where acquisition_cost is not null
),
followed as (
    select client_id, acquisition_cost, datediff('month', first_purchase, month) + 1 as age,
           sum(contribution) over (partition by client_id order by month) as brought
    from won join contributions using (client_id) where is_whole and month >= date_trunc('month', first_purchase)
),
reached as (
    select client_id, min(age) filter (brought >= acquisition_cost - 1e-6) as payback_month,
           arg_max(brought, age) as cum_contribution
    from followed group by client_id
)
select client_id, acquisition_cost, is_gone, payback_month,
       if(is_whole, coalesce(cum_contribution, 0), null) as cum_contribution,
       if(is_whole, coalesce(cum_contribution, 0) - acquisition_cost, null) as gain,
       case when is_whole is not true then 'not computed' when payback_month is not null then 'repaid'
            when is_gone then 'gone before payback' else 'not yet' end as payback_state
from won left join reached using (client_id);

create view payback_counts as
select count(*) as n_clients, count(payback_month) as n_repaid, count(*) filter (payback_state = 'not yet') as n_open,
       count(*) filter (payback_state = 'gone before payback') as n_gone_before, count(*) filter (is_gone) as n_gone,
       n_gone_before / n_gone as lost_before_share,
       coalesce(-sum(gain) filter (payback_state = 'gone before payback'), 0) as lost_money,
       quantile_cont(coalesce(payback_month, 1e9), 0.5) as median_month
from payback where payback_state <> 'not computed';

-- without any record of work the net is the margin; with it, that of a client without any is not known
create view nets as
with worked as (select count(*) > 0 as has_load from spent)
select client_id, margin, if(has_load and not is_load_known, null, margin - if(has_load, cts, 0)) as net,
       case when net < -1e-9 then if(margin > 1e-9, 'service', 'price') end as loss_cause
from serving semi join scope using (client_id), worked where n_orders > 0;

create view unprofitable as
select count(net) as n_clients, count(loss_cause) as n_unprofitable, count(loss_cause) / count(net) as unprofitable_share,
       count(*) filter (loss_cause = 'service') as n_service,
       coalesce(-sum(net) filter (loss_cause = 'service'), 0) as service_loss,
       count(*) filter (loss_cause = 'price') as n_price,
       coalesce(-sum(net) filter (loss_cause = 'price'), 0) as price_loss, count(*) - count(net) as n_unknown
from nets;

-- the clients with deals in a window of twelve months that had deals in the one before; Wilson's interval at 1.96 deviations
create view stayed as
with whole as (
    select (datediff('month', min(day), any_value(last_day)) + 1) // 12 as n_windows from lines, span
),
active as (
    select distinct client_id, back // 12 as place from placed semi join scope using (client_id), whole
    where is_deal and back // 12 < n_windows
),
counts as (
    select before.place - 1 as place, count(*) as n_before, count(after.client_id) as n_kept
    from active as before left join active as after on after.client_id = before.client_id and after.place = before.place - 1
    where before.place > 0 group by before.place
)
select cast(last_day - to_months(12 * cast(place as integer)) as date) as period_end, place, n_before, n_kept,
       n_kept / n_before as retention, power(1.959963984540054, 2) as z2,
       (2 * n_kept + z2 - sqrt(z2 * (z2 + 4 * n_kept * (1 - retention)))) / 2 / (n_before + z2) as retention_low,
       (2 * n_kept + z2 + sqrt(z2 * (z2 + 4 * n_kept * (1 - retention)))) / 2 / (n_before + z2) as retention_high
from counts, span;
