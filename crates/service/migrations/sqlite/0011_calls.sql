-- Telephone calls as they are placed: who is called how often, and what it costs (row H3, CALLS.md).

create table calls (
    id text primary key,
    user_id text not null references users (id),
    -- E.164. One call at a time for a number.
    number text not null,
    purpose text not null check (purpose in ('proof', 'code')),
    -- In the hundredth part of the site's currency: reserved when the call is placed, what it came to when it is over.
    cost integer not null check (cost >= 0),
    started_at integer not null,
    answered_at integer,
    ended_at integer,
    outcome text check (outcome in ('confirmed', 'wrong_number', 'reported', 'denied', 'no_answer', 'busy', 'failed', 'given_up')),
    check ((ended_at is null) = (outcome is null))
) strict;
create index calls_by_user on calls (user_id, started_at);
create index calls_by_number on calls (number, started_at);
create index calls_by_age on calls (started_at);
