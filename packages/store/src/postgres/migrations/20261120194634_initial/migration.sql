CREATE TABLE "audit" (
	"seq" bigint PRIMARY KEY,
	"at" bigint NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"data" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_head" (
	"id" smallint PRIMARY KEY DEFAULT 1,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "enrolments" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"scopes" json NOT NULL,
	"labels" jsonb NOT NULL,
	"concurrency" integer NOT NULL,
	"server_id" text,
	"token_hash" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"redeemed_at" bigint,
	"runner_id" text
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"actor" text,
	"key" text,
	"digest" text NOT NULL,
	"answer" json NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "idempotency_pkey" PRIMARY KEY("actor","key")
);
--> statement-breakpoint
CREATE TABLE "leadership" (
	"name" text PRIMARY KEY,
	"holder" text NOT NULL,
	"expires_at" bigint NOT NULL,
	"renewed_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order_logs" (
	"order_id" text,
	"attempt" integer,
	"seq" integer,
	"at" bigint NOT NULL,
	"bytes" integer NOT NULL,
	"lines" json NOT NULL,
	CONSTRAINT "order_logs_pkey" PRIMARY KEY("order_id","attempt","seq")
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "orders_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"type" text NOT NULL,
	"status" text NOT NULL,
	"status_reason" text,
	"target" text NOT NULL,
	"server_id" text,
	"runner_id" text,
	"retry_class" text NOT NULL,
	"attempt" integer NOT NULL,
	"lost_claims" integer NOT NULL,
	"max_attempts" integer NOT NULL,
	"timeout_sec" integer NOT NULL,
	"lease" text,
	"lease_expires_at" bigint,
	"run_at" bigint NOT NULL,
	"expires_at" bigint,
	"wait" text,
	"resource_key" text,
	"cancel_requested_at" bigint,
	"claimed_at" bigint,
	"started_at" bigint,
	"heartbeat_at" bigint,
	"completed_at" bigint,
	"finished_lease" text,
	"finished_digest" text,
	"due_at" bigint,
	"payload" json NOT NULL,
	"labels" jsonb NOT NULL,
	"risk" text NOT NULL,
	"priority" integer NOT NULL,
	"dry_run" boolean NOT NULL,
	"dedupe_key" text,
	"retry_of" text,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL,
	"seal" text NOT NULL,
	"report" json
);
--> statement-breakpoint
CREATE TABLE "runners" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"scopes" json NOT NULL,
	"labels" jsonb NOT NULL,
	"capabilities" json NOT NULL,
	"concurrency" integer NOT NULL,
	"disabled" boolean NOT NULL,
	"reported" text,
	"token_hash" text NOT NULL,
	"previous_token_hash" text,
	"previous_token_expires_at" bigint,
	"public_key" text,
	"version" text,
	"last_seen_at" bigint,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"cron" text NOT NULL,
	"time_zone" text NOT NULL,
	"order_body" json NOT NULL,
	"missed_runs" text NOT NULL,
	"alert_after_sec" integer,
	"paused" boolean NOT NULL,
	"next_run_at" bigint,
	"last_run_at" bigint,
	"last_order_id" text,
	"last_problem" text,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schema_migrations" (
	"tag" text PRIMARY KEY,
	"applied_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "servers" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"base_url" text,
	"tags" json NOT NULL,
	"metadata" json NOT NULL,
	"runner_id" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit" ("subject","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "enrolments_token" ON "enrolments" ("token_hash");--> statement-breakpoint
CREATE INDEX "idempotency_age" ON "idempotency" ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_id" ON "orders" ("id");--> statement-breakpoint
CREATE INDEX "orders_claimable" ON "orders" ("target",priority desc,"seq") WHERE status = 'QUEUED' and wait is null;--> statement-breakpoint
CREATE INDEX "orders_waiting_time" ON "orders" ("run_at") WHERE status = 'QUEUED' and wait = 'time';--> statement-breakpoint
CREATE INDEX "orders_waiting_turn" ON "orders" ("resource_key","seq") WHERE status = 'QUEUED' and wait = 'resource';--> statement-breakpoint
CREATE INDEX "orders_due" ON "orders" ("due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "orders_held" ON "orders" ("runner_id") WHERE status in ('CLAIMED', 'RUNNING');--> statement-breakpoint
CREATE UNIQUE INDEX "orders_in_turn" ON "orders" ("resource_key") WHERE resource_key is not null and (status in ('CLAIMED', 'RUNNING', 'STALE')
  or (status = 'QUEUED' and (wait is null or (wait = 'time' and attempt > 0))));--> statement-breakpoint
CREATE UNIQUE INDEX "orders_dedupe" ON "orders" ("dedupe_key") WHERE dedupe_key is not null and status in ('PENDING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING', 'STALE');--> statement-breakpoint
CREATE INDEX "orders_by_status" ON "orders" ("status","seq");--> statement-breakpoint
CREATE INDEX "orders_by_server" ON "orders" ("server_id","seq") WHERE server_id is not null;--> statement-breakpoint
CREATE INDEX "orders_by_runner" ON "orders" ("runner_id","seq") WHERE runner_id is not null;--> statement-breakpoint
CREATE INDEX "schedules_due" ON "schedules" ("next_run_at") WHERE not paused;--> statement-breakpoint
CREATE UNIQUE INDEX "servers_runner" ON "servers" ("runner_id") WHERE runner_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_hash" ON "tokens" ("token_hash");