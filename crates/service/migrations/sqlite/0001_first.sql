-- The first schema. Columns are text, 64-bit integers and bytes; times are Unix milliseconds; ids are the text that
-- travels on the wire, so that a log line, a row and a request can be laid side by side. Flags are 0 or 1. Nothing here
-- is particular to SQLite except `strict` and the autoincrement of `audit`.

-- Who this service is. One row, made at first start: devices remember the id and the key from activation (row N2), so
-- neither may ever change by accident.
create table identity (
    only_one integer primary key check (only_one = 1),
    id text not null,
    -- PKCS#8 of the P-256 signing key, sealed under the master key that lives outside this file.
    signing_key_sealed blob not null,
    created_at integer not null
) strict;

create table users (
    id text primary key,
    -- As it was given, to show.
    name text not null,
    -- Without case, spaces and domain, in Unicode NFKC: two spellings of one name are one user and one count of
    -- failures (row O5).
    canonical_name text not null unique,
    status text not null check (status in ('active', 'bypass', 'disabled')),
    -- No pushes before this time: too many were denied or unanswered (row C5), or one was reported (row C7).
    pushes_paused_until integer not null default 0,
    -- The last time a second factor succeeded; failures before it no longer count.
    last_success_at integer not null default 0,
    created_at integer not null
) strict;

create table integrations (
    -- The `ikey` itself: it is public, random and already unique.
    id text primary key,
    name text not null,
    -- An HMAC key cannot be hashed, so it is sealed, bound to the id and the version (row K1).
    skey_sealed blob not null,
    skey_version integer not null,
    -- 0 means plain push is allowed: weak, and listed as such.
    number_digits integer not null check (number_digits = 0 or number_digits between 3 and 6),
    allow_legacy integer not null,
    allow_sha1 integer not null,
    created_at integer not null
) strict;

create table devices (
    id text primary key,
    -- Names the latest activation.
    akey text not null unique,
    user_id text not null references users (id),
    name text not null,
    platform text not null,
    model text not null,
    app_version text not null,
    -- 'countersign/1' signs with P-256 and may answer everywhere; 'legacy' signs with RSA and only where an integration
    -- allows it; 'passcode' has no key and cannot answer.
    dialect text not null check (dialect in ('countersign/1', 'legacy', 'passcode')),
    -- PEM SubjectPublicKeyInfo. Null for 'passcode'.
    push_key text,
    -- Where the private half lives, as the device said.
    key_storage text not null,
    -- Sealed, bound to the device and its generation (row K4).
    otp_sealed blob not null,
    otp_kind text not null check (otp_kind in ('totp', 'hotp')),
    -- The last time step or counter that was accepted, -1 for none: only a later one is ever taken (rows O3, O4).
    otp_last integer not null,
    -- A counter far ahead that was seen: its follower, how many came in a row, and when the first did (RFC 4226
    -- section 7.4). Three within five minutes are believed.
    resync_next integer not null default -1,
    resync_hits integer not null default 0,
    resync_since integer not null default 0,
    -- The last sequence this device sent; it only rises (row D4).
    sequence integer not null,
    -- SHA-256 of the last answer it signed: the same message again is a retry, not a second copy of the device.
    answer_digest blob,
    -- Rises with each activation: a call signed by an earlier key cannot act after a later one took over (row C9).
    generation integer not null,
    state text not null check (state in ('active', 'suspended', 'removed')),
    created_at integer not null,
    activated_at integer not null,
    last_seen_at integer not null
) strict;
create index devices_by_user on devices (user_id, state);

create table activations (
    -- Hex SHA-256 of the code. It has 119 random bits, so a plain hash is enough and keeps activation fast.
    code_hash text primary key,
    user_id text not null references users (id),
    -- The device that is activated again; null when a new one is made.
    device_id text references devices (id),
    -- 1: only a client of the plain dialect may use it. The app is then told that its key cannot be used, as a host that
    -- knows no other dialect would, and falls back.
    plain integer not null check (plain in (0, 1)),
    created_at integer not null,
    expires_at integer not null,
    used_at integer,
    -- What came of it. The same public key may ask again for a lost answer, no other.
    made_device_id text references devices (id),
    made_generation integer
) strict;
create index activations_by_device on activations (device_id) where device_id is not null;
create index activations_by_expiry on activations (expires_at);

create table requests (
    urgid text primary key,
    txid text not null unique,
    user_id text not null references users (id),
    -- Null for a test request, which the service makes itself, and then no client can ask for its state.
    integration_id text references integrations (id),
    -- Null while prepared by `preauth`, and for a passcode.
    device_id text references devices (id),
    kind text not null,
    state text not null check (state in ('prepared', 'pending', 'decided')),
    -- How a decided request ended; null before.
    outcome text check (outcome in ('approved', 'denied', 'timed_out', 'cancelled', 'refused', 'locked')),
    factor text not null check (factor in ('push', 'passcode')),
    number_digits integer not null,
    -- Lives as long as the request is open; wiped when it is decided.
    number text,
    -- What a client is told about a request that the service refused; empty for all others.
    message text not null default '',
    tries_left integer not null,
    nonce text not null,
    -- What the device shows, as JSON, and its hash (PROTOCOL.md section 5).
    context text not null,
    context_hash text not null,
    unusual integer not null,
    address text not null,
    created_at integer not null,
    expires_at integer not null,
    decided_at integer,
    -- SHA-256 of what the device signed: the same request again gets the same answer (row C2).
    answer_digest blob,
    reported_at integer,
    report_digest blob,
    -- How often a client asked while it was undecided (the 20-poll trap).
    polls integer not null default 0
) strict;
create index requests_open on requests (device_id, expires_at) where state = 'pending';
create index requests_by_user on requests (user_id, created_at);
create index requests_by_expiry on requests (expires_at) where state <> 'decided';
create index requests_by_age on requests (created_at);

-- Failures of any factor, one row a user or an unknown name (row O5), and of activation (row A5). Counted before the
-- check, in a transaction of its own.
create table throttles (
    subject text primary key,
    failures integer not null,
    blocked_until integer not null,
    touched_at integer not null
) strict;
create index throttles_by_age on throttles (touched_at);

create table bypass_codes (
    id text primary key,
    user_id text not null references users (id),
    -- Argon2id (row O7). The codes of one batch share a salt, so that a check costs one derivation a batch.
    salt blob not null,
    hash blob not null,
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict;
create index bypass_codes_by_user on bypass_codes (user_id) where used_at is null;

-- One-use nonces of polls (row C10). In the database, not in memory: a restart must not make a captured poll new, and
-- several nodes must share them. A poll is held for up to 50 s, so this costs little.
create table nonces (
    device_id text not null,
    nonce text not null,
    expires_at integer not null,
    primary key (device_id, nonce)
) strict;
create index nonces_by_expiry on nonces (expires_at);

-- Signed calls that change something, with their first answer (row K2).
create table replays (
    integration_id text not null,
    signature text not null,
    claimed_at integer not null,
    -- Null while the first call is at work.
    status integer,
    -- Sealed: an answer may hold an activation code.
    body blob,
    primary key (integration_id, signature)
) strict;
create index replays_by_age on replays (claimed_at);

-- Addresses from which a user has confirmed before; the app marks the others as unusual.
create table confirmed_addresses (
    user_id text not null,
    address text not null,
    confirmed_at integer not null,
    primary key (user_id, address)
) strict;

-- Append only; each row holds the hash of the one before it, so that an edit, a deletion or a swap shows (row G1).
create table audit (
    seq integer primary key autoincrement,
    at integer not null,
    actor text not null,
    action text not null,
    object text not null,
    result text not null,
    source text not null,
    prev blob not null,
    hash blob not null
) strict;
create trigger audit_is_append_only_update before update on audit begin select raise(abort, 'audit is append only'); end;
create trigger audit_is_append_only_delete before delete on audit begin select raise(abort, 'audit is append only'); end;
