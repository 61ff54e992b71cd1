-- People of the organisation's directory (DIRECTORY.md). Nobody here has a password in `passwords` that counts.
create table directory_people (
    -- The directory's own name for them for ever, objectGUID: a renamed account stays the same person, and another who is
    -- given an old name is another person.
    id text primary key,
    user_id text not null unique references users (id),
    -- E.164, as the directory has it. It was confirmed by nobody, so nothing is sent to it and nobody is let in by it.
    number text,
    -- What the user's status was before the directory barred them. Null: it does not, or an operator had a word since.
    status_before text check (status_before in ('active', 'bypass')),
    seen_at integer not null
) strict;
