ALTER TABLE "audit" ADD COLUMN "mac" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolments" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "order_logs" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "answerable" json;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "placement_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "report_digest" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "instance" text;--> statement-breakpoint
ALTER TABLE "runners" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "schedules" ADD COLUMN "answerable" json;--> statement-breakpoint
ALTER TABLE "schedules" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "servers" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "row_seal" text DEFAULT '' NOT NULL;