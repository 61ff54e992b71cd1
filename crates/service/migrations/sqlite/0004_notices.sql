-- What devices are told about other devices of their user (row S5, PROTOCOL.md section 10).

create table notices (
    -- Another one for each device that is told.
    id text primary key,
    -- Who is told.
    device_id text not null references devices (id),
    user_id text not null references users (id),
    -- Which device was changed, and its name at that time.
    changed_id text not null references devices (id),
    changed_name text not null,
    kind text not null check (kind in ('device_added', 'device_reactivated', 'device_removed')),
    created_at integer not null,
    -- What the person said. It is said once.
    answer text check (answer in ('seen', 'not_me')),
    answered_at integer
) strict;
create index notices_open on notices (device_id, created_at) where answer is null;
create index notices_by_changed on notices (changed_id) where answer is null;
create index notices_by_age on notices (created_at);
