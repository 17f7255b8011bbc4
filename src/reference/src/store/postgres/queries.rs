//! The words that the store says to PostgreSQL. Each write is one statement, so that it needs one round trip and no
//! transaction of ours; with events, the same statement writes them.

/// A user by id.
pub(super) const GET: &str = "SELECT sequence, id, name, email, created_at FROM users WHERE id = $1";

/// Users behind `$1`, without the first `$2`, at most `$3`, and no more of them once those before have `$4` bytes.
/// The key's index is read from `$1` on: only what is skipped costs what it holds.
pub(super) const PAGE: &str = "
SELECT sequence, id, name, email, created_at
FROM (
    SELECT *, sum(octet_length(name) + octet_length(email)) OVER before AS bytes
    FROM (
        SELECT sequence, id, name, email, created_at FROM users
        WHERE sequence > $1 ORDER BY sequence OFFSET $2 LIMIT $3
    ) AS page
    WINDOW before AS (ORDER BY sequence ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) AS counted
WHERE coalesce(bytes, 0) < $4
ORDER BY sequence";

/// Waits for the lock `$1`, and holds it until the transaction ends.
pub(super) const ONE_IMPORT: &str = "SELECT pg_advisory_xact_lock($1)";

/// Whether it takes writes.
pub(super) const READY: &str = "SELECT pg_is_in_recovery()";

/// The writes.
#[derive(Debug)]
pub(super) struct Writes {
    /// Users from arrays of ids, names, emails and moments; returns the ids of those whose email was free.
    /// Their sequence numbers follow the arrays.
    pub(super) create: String,
    /// The name and the email of a user by id, where they are not null; returns what it became.
    pub(super) update: String,
    /// The end of a user by id; returns it.
    pub(super) delete: String,
}

impl Writes {
    /// With or without the events that say so.
    pub(super) fn new(events: bool) -> Self {
        let write = |kind: &str, change: &str| {
            let told = if events {
                format!(
                    ", told AS (
    INSERT INTO user_events (kind, id, name, email, created_at)
    SELECT '{kind}', id, name, email, created_at FROM changed ORDER BY sequence
)"
                )
            } else {
                String::new()
            };
            format!(
                "WITH changed AS (
    {change}
    RETURNING sequence, id, name, email, created_at
){told}
SELECT sequence, id, name, email, created_at FROM changed"
            )
        };
        Self {
            create: write(
                "created",
                "INSERT INTO users (id, name, email, created_at)
    SELECT id, name, email, created_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
        WITH ORDINALITY AS new (id, name, email, created_at, place)
    ORDER BY place
    ON CONFLICT (email) DO NOTHING",
            ),
            update: write(
                "updated",
                "UPDATE users SET name = coalesce($2, name), email = coalesce($3, email) WHERE id = $1",
            ),
            delete: write("deleted", "DELETE FROM users WHERE id = $1"),
        }
    }
}
