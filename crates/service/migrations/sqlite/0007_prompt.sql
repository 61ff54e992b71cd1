-- The sign-in prompt of protected applications (PROMPT.md).

-- Where an application may have people sent back to; compared character by character.
create table redirect_uris (
    integration_id text not null references integrations (id),
    uri text not null,
    created_at integer not null,
    primary key (integration_id, uri)
) strict;

create table prompts (
    id text primary key,
    -- SHA-256 of the cookie's 256 random bits.
    secret_hash blob not null,
    -- What the page sends back with every call that changes something (row S8).
    csrf text not null,
    integration_id text not null references integrations (id),
    -- Null where nobody has that name.
    user_id text references users (id),
    -- As the application wrote it: it compares what it gets back character by character.
    username text not null,
    redirect_uri text not null,
    echo text not null,
    nonce text,
    -- 1: the answer's parameter is called `duo_code`.
    duo_code integer not null check (duo_code in (0, 1)),
    address text not null,
    state text not null check (state in ('open', 'confirmed', 'given_up', 'left', 'spent')),
    created_at integer not null,
    expires_at integer not null,
    proven_at integer,
    proven_by text check (proven_by in ('push', 'passcode', 'bypass', 'call', 'no_factor')),
    proven_device text references devices (id),
    proven_name text not null default '',
    -- SHA-256 of the code that the application exchanges.
    code_hash blob unique,
    code_until integer,
    check ((state in ('open', 'given_up')) or proven_at is not null)
) strict;
create index prompts_open on prompts (integration_id, created_at) where state = 'open';
create index prompts_by_age on prompts (created_at);

-- Proofs belong to a session of self-service or to a prompt, and go with it.
create table proofs_of_both (
    id text primary key,
    holder text not null,
    holder_kind text not null check (holder_kind in ('session', 'prompt')),
    way text not null check (way in ('push', 'passcode', 'call')),
    device_id text references devices (id),
    urgid text,
    number text,
    state text not null,
    name text not null,
    ending text,
    revision integer not null,
    created_at integer not null,
    expires_at integer not null
) strict;
insert into proofs_of_both
select id, session_id, 'session', way, device_id, urgid, number, state, name, ending, revision, created_at, expires_at
from proofs;
drop table proofs;
alter table proofs_of_both rename to proofs;
create index proofs_by_holder on proofs (holder);
create index proofs_by_request on proofs (urgid) where urgid is not null;
create trigger proofs_go_with_their_session after delete on sessions begin
    delete from proofs where holder = old.id and holder_kind = 'session';
end;
create trigger proofs_go_with_their_prompt after delete on prompts begin
    delete from proofs where holder = old.id and holder_kind = 'prompt';
end;
