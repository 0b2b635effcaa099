CREATE TABLE "secrets" (
	"name" text PRIMARY KEY,
	"version" integer NOT NULL,
	"servers" json,
	"key_version" integer NOT NULL,
	"nonce" text NOT NULL,
	"ciphertext" text NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL,
	"updated_at" bigint NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "seal_key" text;--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "runner_seal_key" text;--> statement-breakpoint
CREATE INDEX "secrets_by_key" ON "secrets" ("key_version","name");