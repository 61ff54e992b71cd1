-- First devices that the help desk lets somebody add, and notices of its acts.

-- Until when the person may add a first device without a proof, once (row A4). The device that comes takes it back.
alter table users add column released_until integer not null default 0;

-- 1 beside `only_first`: by such a release, and of no use without it.
alter table activations add column released integer not null default 0 check (released in (0, 1));

-- Notices tell of the help desk's acts too, and those on the account are about no device.
create table notices_of_acts (
    -- Another one for each device that is told.
    id text primary key,
    -- Who is told.
    device_id text not null references devices (id),
    user_id text not null references users (id),
    -- Which device was changed, and its name at that time; null and empty for an act on the account.
    changed_id text references devices (id),
    changed_name text not null,
    kind text not null check (kind in ('device_added', 'device_reactivated', 'device_removed', 'device_suspended',
      'bypass_made', 'bypass_used', 'unlocked')),
    created_at integer not null,
    -- What the person said. It is said once.
    answer text check (answer in ('seen', 'not_me')),
    answered_at integer
) strict;
insert into notices_of_acts select id, device_id, user_id, changed_id, changed_name, kind, created_at, answer, answered_at
  from notices;
drop table notices;
alter table notices_of_acts rename to notices;
create index notices_open on notices (device_id, created_at) where answer is null;
create index notices_by_changed on notices (changed_id) where answer is null;
create index notices_by_user on notices (user_id, kind) where answer is null;
create index notices_by_age on notices (created_at);
