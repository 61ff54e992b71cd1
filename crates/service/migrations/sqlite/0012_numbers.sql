-- The number that the organisation has for somebody: shown with its middle masked until it was confirmed.

alter table numbers add column listed integer not null default 0 check (listed in (0, 1));

-- A switchboard's number has many lines, told apart by their extensions: each has its own calls (row H3).

alter table calls add column extension text not null default '';
alter table calls add column line text
  generated always as (case extension when '' then number else number || ';ext=' || extension end) virtual;
drop index calls_by_number;
create index calls_by_line on calls (line, started_at);
