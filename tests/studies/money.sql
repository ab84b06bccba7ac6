-- What the money pages need beyond tables.sql: the price before discount and the group of a line, and the records of work.
-- A base without such records leaves their tables empty.
alter table lines add column product_group varchar;
alter table lines add column list_revenue double;
create table activities (
    date date, client_id varchar, department varchar, activity_type varchar, minutes double, quantity double
);
create table activity_standards (department varchar, activity_type varchar, standard_minutes double);
create table departments (
    department varchar, period date, cost double, headcount double, hours_per_head double, practical_share double
);
create table direct_costs (client_id varchar, date date, cost_type varchar, amount double);
create table acquisition (client_id varchar, acquisition_cost double);
