-- Texts as they are handed over: to whom how many, what they cost, and whether they arrived (rows H3, H4, TEXTS.md).

create table texts (
    id text primary key,
    user_id text not null references users (id),
    -- E.164
    number text not null,
    purpose text not null check (purpose in ('code', 'link')),
    parts integer not null check (parts > 0),
    -- In the hundredth part of the site's currency.
    cost integer not null check (cost >= 0),
    sent_at integer not null,
    -- What the carrier calls it. Not unique: a message centre may begin anew.
    name text,
    state text not null check (state in ('planned', 'handed', 'refused', 'delivered', 'failed')),
    state_at integer not null
) strict;
create index texts_by_user on texts (user_id, sent_at);
create index texts_by_number on texts (number, sent_at);
create index texts_by_age on texts (sent_at);
create index texts_by_name on texts (name) where name is not null;
