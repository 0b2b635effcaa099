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
ALTER TABLE "audit" ADD COLUMN "mac" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolments" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "order_logs" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "answerable" json;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "placement_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "report_digest" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "seal_key" text;--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "runner_seal_key" text;--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "instance" text;--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "schedules" ADD COLUMN "answerable" json;--> statement-breakpoint
ALTER TABLE "schedules" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "servers" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "secrets_by_key" ON "secrets" ("key_version","name");