-- What bounds a sign-in prompt: when a yes was said, and from where, and from where prompts come (PROMPT.md).

-- When the phone's end of a call said yes; a request keeps its own time. Null before.
alter table proofs add column approved_at integer;
-- From where a device's last word came that decided it. Null where no device did.
alter table requests add column answered_from text;
-- The same of what confirmed a prompt: where the device was.
alter table prompts add column proven_from text;
