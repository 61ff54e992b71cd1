-- What bounds a sign-in prompt: when a yes was said, and from where, and from where prompts come (PROMPT.md).

-- When the phone's end of a call said yes; a request keeps its own time. Null before.
alter table proofs add column approved_at integer;
-- From where a device's last word came that decided it. Null where no device did.
alter table requests add column answered_from text;
-- The same of what confirmed a prompt: where the device was.
alter table prompts add column proven_from text;

-- From which network a prompt was begun, as prompts are counted: an IPv4 address, or the first 64 bits of an IPv6 address.
alter table prompts add column network text not null default '';
update prompts set network = address;
-- SHA-256 of the link that began it.
alter table prompts add column link_hash blob not null default x'';
-- When a further one beside it was refused and that was noted, which is once a minute.
alter table prompts add column refused_at integer;
-- They are counted whatever their state, by the name as written and by whoever has it.
drop index prompts_open;
create index prompts_of_name on prompts (integration_id, username, created_at);
create index prompts_of_user on prompts (integration_id, user_id, created_at);
