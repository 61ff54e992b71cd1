-- Since when a device is suspended or removed, and why where it was not its owner who removed it: two copies at work, the help desk,
-- another device that said "not me", or one that took its place. Null for what was stopped before there was this column, and while a device is active.
alter table devices add column stopped_at integer;
alter table devices add column stopped_by text check (stopped_by in ('copied', 'desk', 'not_me', 'moved'));
