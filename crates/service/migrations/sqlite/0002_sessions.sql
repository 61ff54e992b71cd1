-- Self-service: who is signed in to My Settings & Devices, and by what they proved who they are (SELF-SERVICE.md).

-- As the organisation writes the person; empty: the name is shown.
alter table users add column display_name text not null default '';
-- May use the help desk's page (row K6).
alter table users add column operator integer not null default 0 check (operator in (0, 1));

-- Of the embedded directory. A PHC text of Argon2id, which names its own cost.
create table passwords (
    user_id text primary key references users (id),
    phc text not null,
    set_at integer not null
) strict;

-- A session ends by its row's deletion, and what belongs to it goes with it.
create table sessions (
    -- Names the session for as long as it lives; tokens change at sign-in and at a proof (row S7).
    id text primary key,
    -- SHA-256 of the token that works now. It has 256 random bits, so a plain hash is enough.
    token_hash blob not null unique,
    user_id text not null references users (id),
    -- The device that an app proved to be, and has to prove again with every call (row S9). Null in a browser.
    device_id text references devices (id),
    -- 1: an app, which names its session in a header and needs no word against other sites.
    app integer not null check (app in (0, 1)),
    -- What a page sends back with every call that changes something (row S8).
    csrf text not null,
    -- 1: a workstation that many people use.
    shared integer not null check (shared in (0, 1)),
    created_at integer not null,
    used_at integer not null,
    ends_at integer not null,
    -- The latest proof: when, how, and by which device. Null before the first, and the device for a bypass code.
    proven_at integer,
    proven_by text check (proven_by in ('push', 'passcode', 'bypass', 'call')),
    proven_device text references devices (id)
) strict;
create index sessions_by_user on sessions (user_id);
create index sessions_by_end on sessions (ends_at);

create table proofs (
    id text primary key,
    session_id text not null references sessions (id) on delete cascade,
    way text not null check (way in ('push', 'passcode', 'call')),
    device_id text references devices (id),
    -- The request that a push proof stands and falls with. It was made for this proof and for nothing else.
    urgid text,
    -- What is typed on the keypad; a push keeps its own in `requests`. Wiped once it is over.
    number text,
    -- As `ProofState` names it.
    state text not null,
    name text not null,
    ending text,
    revision integer not null,
    created_at integer not null,
    expires_at integer not null
) strict;
create index proofs_by_session on proofs (session_id);

-- What happened to a person, for the help desk, and how often an operator acted.
create index audit_by_object on audit (object);
create index audit_by_actor on audit (actor);

-- What a request is for: 'sign_in' to an integration, a 'test' that opens nothing, or a proof for 'self_service'.
alter table requests add column purpose text not null default 'sign_in' check (purpose in ('sign_in', 'test', 'self_service'));
update requests set purpose = 'test' where integration_id is null;
-- When its device first took it from its list. Null: the device never heard of it.
alter table requests add column fetched_at integer;
