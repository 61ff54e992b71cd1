-- Since when a device is suspended or removed, and by whom it was suspended: two copies at work, the help desk, or another device
-- that said "not me". Null for what was stopped before there was this column, and while a device is active.
alter table devices add column stopped_at integer;
alter table devices add column stopped_by text check (stopped_by in ('copied', 'desk', 'not_me'));
