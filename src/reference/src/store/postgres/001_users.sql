-- Users in the order of their creation: `sequence` is given once and never again.
-- Text is compared byte for byte, in every locale of the database.
CREATE TABLE users (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL CONSTRAINT users_id UNIQUE,
    name text NOT NULL,
    email text COLLATE "C" NOT NULL CONSTRAINT users_email UNIQUE,
    created_at bigint NOT NULL
);
