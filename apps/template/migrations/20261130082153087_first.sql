-- Up Migration

CREATE TABLE "idempotency_keys" (
	"caller" text,
	"route" text,
	"key" text,
	"fingerprint" text NOT NULL,
	"owner" text NOT NULL,
	"locked_until" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"status" integer,
	"content_type" text,
	"location" text,
	"body" text,
	CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY("caller","route","key")
);
CREATE TABLE "notes" (
	"id" uuid PRIMARY KEY,
	"text" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);

-- Down Migration

DROP TABLE "idempotency_keys";
DROP TABLE "notes";
