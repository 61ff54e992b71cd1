-- A sign-in that named no device: the device in `device_id` was asked, and with it every other that could answer. Once it is
-- decided, `device_id` is the one that answered.

alter table requests add column shared integer not null default 0 check (shared in (0, 1));
-- The device that was chosen and had not fetched it when another one answered: it is silent, though the request was not lost.
alter table requests add column unheard_by text references devices (id);
create index requests_shared on requests (user_id, expires_at) where shared = 1;
