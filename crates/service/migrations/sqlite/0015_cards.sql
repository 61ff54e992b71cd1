-- Recovery cards: bypass codes of another kind, which neither replace those of the help desk nor are replaced by them.

alter table bypass_codes add column kind text not null default 'desk' check (kind in ('desk', 'card'));

-- Notices tell of cards too.
create table notices_of_cards (
    -- Another one for each device that is told.
    id text primary key,
    -- Who is told.
    device_id text not null references devices (id),
    user_id text not null references users (id),
    -- Which device was changed, and its name at that time; null and empty for what was done to the account.
    changed_id text references devices (id),
    changed_name text not null,
    kind text not null check (kind in ('device_added', 'device_reactivated', 'device_removed', 'device_suspended',
      'bypass_made', 'bypass_used', 'card_made', 'card_used', 'card_stopped', 'unlocked')),
    created_at integer not null,
    -- What the person said. It is said once.
    answer text check (answer in ('seen', 'not_me')),
    answered_at integer
) strict;
insert into notices_of_cards select id, device_id, user_id, changed_id, changed_name, kind, created_at, answer, answered_at
  from notices;
drop table notices;
alter table notices_of_cards rename to notices;
create index notices_open on notices (device_id, created_at) where answer is null;
create index notices_by_changed on notices (changed_id) where answer is null;
create index notices_by_user on notices (user_id, kind) where answer is null;
create index notices_by_age on notices (created_at);
