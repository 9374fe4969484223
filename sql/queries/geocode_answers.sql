-- Answers of providers.

-- name: forget_expired()!
-- What may not be kept any longer.
DELETE FROM gcrm.geocode_answers WHERE expires_at <= now();

-- name: kept(provider, address_key)^
-- The answer that is kept: longitude, latitude, level, label, failure.
SELECT ST_X(position), ST_Y(position), level, label, failure
FROM gcrm.geocode_answers
WHERE provider = :provider AND address_key = :address_key AND expires_at > now();

-- name: keep(provider, address_key, longitude, latitude, level, label, failure, days)!
-- Keeps an answer. A failure is kept for a day, so that a provider in trouble is not asked at every run.
INSERT INTO gcrm.geocode_answers (provider, address_key, position, level, label, failure, expires_at)
VALUES (
    :provider, :address_key,
    CASE WHEN :longitude::float8 IS NOT NULL THEN ST_SetSRID(ST_MakePoint(:longitude::float8, :latitude::float8), 4326) END,
    :level, :label, :failure::text,
    now() + make_interval(days => CASE WHEN :failure::text IS NULL THEN :days::int ELSE 1 END)
)
ON CONFLICT (provider, address_key) DO UPDATE
SET position = EXCLUDED.position, level = EXCLUDED.level, label = EXCLUDED.label, failure = EXCLUDED.failure, asked_at = now(), expires_at = EXCLUDED.expires_at;
