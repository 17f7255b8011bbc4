-- What happened to users, written in the transaction in which it happened, until it has been published.
CREATE TABLE user_events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    created_at bigint NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now()
);

-- Wakes who publishes. Sent when the transaction is committed, once however often it was asked for.
CREATE FUNCTION user_events_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('user_events', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER user_events_tell AFTER INSERT ON user_events
    FOR EACH STATEMENT EXECUTE FUNCTION user_events_tell();
