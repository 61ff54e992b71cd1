-- Self-service: what a person has besides keys. Kind, number and what happens first at a sign-in; activations that a page
-- follows; numbers that are being confirmed.

-- 'phone', 'tablet' (a computer too), or 'landline', which is called and nothing else: its dialect is 'passcode' with an
-- empty seed, and every query for passcodes leaves it out.
alter table devices add column kind text not null default 'phone' check (kind in ('phone', 'tablet', 'landline'));
update devices set kind = 'tablet'
where model like 'iPad%' or lower(platform) in ('linux', 'windows', 'macos', 'mac os', 'ipados', 'chromeos');
-- E.164, and only once it was confirmed (row H1).
alter table devices add column number text;
alter table devices add column number_confirmed_at integer;
-- Digits dialled after the answer; empty for none.
alter table devices add column extension text not null default '';
-- What happens first when its owner signs in, if it is the default.
alter table devices add column first text not null default 'push' check (first in ('push', 'call', 'ask'));
-- The public key before the last activation, and when something was last signed with it: whoever does that was replaced
-- and does not know (row D3).
alter table devices add column replaced_key text;
alter table devices add column replaced_key_seen_at integer;
-- One telephone confirms for one person. Of two who add it at the same time, one comes too late.
create unique index devices_by_number on devices (number, extension) where number is not null and state <> 'removed';

-- The device that is asked first. Null: the longest-serving one.
alter table users add column default_device_id text references devices (id);

-- The name under which a page follows the activation; null where no page does.
alter table activations add column live_id text;
-- The session it was made in. With the session it ends: somebody else's code is of no use to anybody (row A2).
alter table activations add column session_id text;
-- What the new device will be. Null: as the device says itself.
alter table activations add column kind text check (kind in ('phone', 'tablet'));
alter table activations add column name text;
alter table activations add column number text;
alter table activations add column number_confirmed_at integer;
-- 1: made without a proof, for a person who never had a device, and of no use once there is one (rows A3, A4).
alter table activations add column only_first integer not null default 0 check (only_first in (0, 1));
-- Ended before its time; `expires_at` is that moment too.
alter table activations add column cancelled_at integer;
create unique index activations_by_live_id on activations (live_id) where live_id is not null;

create table numbers (
    id text primary key,
    session_id text not null references sessions (id) on delete cascade,
    user_id text not null references users (id),
    number text not null,
    landline integer not null check (landline in (0, 1)),
    extension text not null default '',
    -- The code that was sent last, sealed and bound to this row and its count: a hash of six digits hides nothing.
    code_sealed blob,
    codes_sent integer not null default 0,
    code_until integer,
    again_at integer,
    tries_left integer not null default 0,
    confirmed_at integer,
    created_at integer not null
) strict;
create index numbers_by_session on numbers (session_id);
